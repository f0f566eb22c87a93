"""The log and the purse counters in a card's memory, as the tests' model sees them."""

from collections.abc import Mapping
from dataclasses import dataclass

Spent = Mapping[int, tuple[int, int]]


@dataclass(frozen=True)
class Entry:
    """One transaction as the log has it: role and request, what it answered, and its record."""

    role: int
    request: bytes
    answer: bytes
    record: bytes


def log_of(cells: Mapping[str, bytes], prefix: str, number: int) -> tuple[Entry, ...]:
    """Read the log out of a card's memory; the requests are put together from the receipts."""
    found = []
    for each in range(number, max(0, number - 20), -1):
        held = cells.get(f"{prefix}log.{each % 21}", b"")
        if int.from_bytes(held[10:13], "big") != each:
            break
        found.append(_entry(held))
    return tuple(found)


def _entry(held: bytes) -> Entry:
    record, count = held[:89], held[89]
    fields, mac = record[:81], record[81:]
    number = int.from_bytes(fields[10:13], "big")
    operations = fields[32:56]
    while not operations[-6]:
        operations = operations[:-6]
    request = fields[13:25] + (number - 1).to_bytes(3, "big") + fields[25:32] + operations
    replaced = fields[73:81] if fields[72] & 0x80 else b""
    told = fields[56 : 56 + 4 * count]
    answer = fields[10:13] + fields[:1] + fields[72:73] + mac + told + replaced
    return Entry(fields[1], request, answer, record)


def spent_of(table: bytes) -> Spent:
    """Read what purses have counted out of a card's memory."""
    halves = [int.from_bytes(table[at : at + 4], "big") for at in range(0, len(table), 4)]
    pairs = enumerate(zip(halves[::2], halves[1::2], strict=True), start=1)
    return {place: pair for place, pair in pairs if any(pair)}
