"""A terminal as the contract means it: a journal, a session, and what it concludes from answers.

Written from the contract alone. It keeps what it must never forget in `Pending` and ``receipts``.
"""

from dataclasses import dataclass, field

from applet_spec import spec
from tests.support.terminal import (
    AIDS,
    CARD_SERIAL,
    SessionEndedError,
    Terminal,
    apdu,
    role_keys,
)
from tests.support.transactions import NOON, PERFORM_TRANSACTION, Operation, request
from tests.transactions.trx_line import FINE, Line

LOG_RECORDS = spec().limits["log_records"]
HAPPENED, NOT_HAPPENED, UNDECIDED, OPEN = "happened", "did not happen", "left to clearing", ""
ROLE_OF = {0x50: 0, 0x51: 1, 0x61: 1, 0x62: 2, 0x53: 3, 0x64: 4, 0x65: 5, 0x56: 6}
"""Roles of the key sets that `stages.ROLE_SLOTS` fills."""
NOT_IN_LOG, SAME, OTHER = 0, 1, 2


class ForgedAnswer(AssertionError):
    """An authentic answer that contradicts its request: the card is wrong."""


@dataclass(frozen=True)
class Pending:
    """A request whose outcome is not known, as the journal has it."""

    data: bytes
    kvn: int

    @property
    def card_number(self) -> int:
        """The card's transaction number that it was made for."""
        return int.from_bytes(self.data[12:15], "big")


@dataclass
class Pos:
    """A terminal; ``told`` is the card's transaction number as it last heard of it."""

    line: Line
    name: bytes
    count: int = 0
    told: int = 0
    kvn: int = 0
    host: Terminal | None = None
    pending: Pending | None = None
    receipts: list[bytes] = field(default_factory=list)
    undecided: list[Pending] = field(default_factory=list)
    refused: list[Pending] = field(default_factory=list)
    said: str = ""

    def open(self, kvn: int, lie: int = 0) -> None:
        """Select and open a session; somebody changes the number that SELECT shows by ``lie``."""
        self.host = Terminal(self.line.card.transmit, keys=role_keys(kvn))
        fci, word = self.host.select(AIDS.instance)
        assert word == 0x9000, f"{word:04X}"
        self.told = max(number_in(fci) + lie, 0)
        self.host.authenticate(kvn)
        self.kvn = kvn

    def new(self, operations: tuple[Operation, ...], day: str, name: int | None = None) -> Pending:
        """Write a request into the journal; ``name`` is a number used again."""
        assert self.pending is None
        if name is None:
            name, self.count = self.count, self.count + 1
        data = request(self.told, operations, (self.name, name), day, NOON)
        self.pending = Pending(data, self.kvn)
        return self.pending

    def send(self, fate: str = FINE, write: int = 1) -> str:
        """Send what is pending, for the first time or again; return what is said of it then."""
        pending = self.pending
        assert pending is not None
        answer = self._exchange(0, pending.data, fate, write)
        if answer is None:
            return OPEN
        return self._happened(pending, answer)

    def query(self, fate: str = FINE, write: int = 1) -> str:
        """Ask what became of what is pending; return what is said of it then."""
        pending = self.pending
        assert pending is not None
        answer = self._exchange(1, pending.data, fate, write)
        if answer is None:
            return OPEN
        result, number = answer[0], int.from_bytes(answer[1:4], "big")
        self.told = number
        if result == SAME:
            return self._happened(pending, answer[4:], number)
        if result not in (NOT_IN_LOG, OTHER) or len(answer) != 4:
            raise ForgedAnswer(answer.hex())
        self.pending = None
        if number - pending.card_number <= LOG_RECORDS:
            self.refused.append(pending)
            return NOT_HAPPENED
        self.undecided.append(pending)
        return UNDECIDED

    def recover(self) -> str:
        """Open a session, and ask what became of what is pending."""
        assert self.pending is not None
        self.open(self.pending.kvn)
        verdict = self.query()
        assert verdict, "a recovery that nobody disturbs ends"
        return verdict

    def wrap(self, query: int, data: bytes) -> bytes:
        """Protect PERFORM TRANSACTION in the session."""
        assert self.host is not None
        return self.host.wrap(0x80, PERFORM_TRANSACTION, query, 0, data)

    def _exchange(self, query: int, data: bytes, fate: str, write: int) -> bytes | None:
        """Return the answer's data; None where it is lost, an error, or not believed."""
        assert self.host is not None
        answer = self.line.send(self.wrap(query, data), fate, write)
        if answer is None:
            return None
        try:
            opened, word = self.host.unwrap(answer)
        except SessionEndedError:
            self.line.counts["answers that were not believed"] += 1
            return None
        return opened if word == 0x9000 else None

    def _happened(self, pending: Pending, answer: bytes, number: int = 0) -> str:
        receipt = receipt_of(ROLE_OF[pending.kvn], pending.data, answer)
        own = int.from_bytes(receipt[10:13], "big")
        if own != pending.card_number + 1 or 0 < number < own:
            raise ForgedAnswer(f"transaction {own} after {pending.card_number}")
        self.told = number or own
        self.receipts.append(receipt)
        self.pending = None
        return HAPPENED


def number_in(fci: bytes) -> int:
    """Return the transaction number in a SELECT answer."""
    assert fci[-5:-3] == b"\x83\x03", fci.hex()
    return int.from_bytes(fci[-3:], "big")


def shown_number(line: Line) -> int:
    """Return the transaction number that the card shows at SELECT, which ends any session."""
    answer = line.card.transmit(apdu(0, 0xA4, 4, 0, AIDS.instance, b"\x00"))
    assert answer[-2:] == b"\x90\x00"
    return number_in(answer[:-2])


def receipt_of(role: int, data: bytes, answer: bytes) -> bytes:
    """Return the receipt (89 bytes) that a request and its answer make."""
    number, version, flags, mac = answer[:3], answer[3:4], answer[4], answer[5:13]
    balances, replaced = answer[13:], bytes(8)
    if flags & 0x80:
        balances, replaced = balances[:-8], balances[-8:]
    head = version + bytes([role]) + CARD_SERIAL + number + data[:12] + data[15:22]
    body = data[22:].ljust(24, b"\x00") + balances.ljust(16, b"\x00")
    return head + body + bytes([flags]) + replaced + mac
