"""Receipts verified in bulk, against the two CMACs that each cannot do without.

Programs run by turns over the same receipts, each of another card, on one core, whose time it is
that counts:

- ``bare``: the library's own calls and nothing else, over inputs that are cut and joined
  beforehand: one CMAC under a kept context of the master, one under a fresh key.
- ``encoded``: `keys_tool.receipts.verify_receipts` over the receipts' 89 bytes, as files and
  terminals bring them, to verdicts; this has the goal.
- ``values``: the same over `host_lib.transaction.Receipt` values, which are encoded again.
- ``lines``: the same over a file's lines, from JSON to verdicts, as `unicard keys verify-receipts`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from benchmarks.figure import Figure, Goal
from benchmarks.turns import Run, microseconds
from host_lib.secret import AesKey
from host_lib.transaction import Debit, Receipt
from keys_tool.contents import Contents
from keys_tool.derivation import RECEIPT_ROLE, RoleKey, derive_receipt_key, role_key_block
from keys_tool.entry import Entry
from keys_tool.file_store import FileStore
from keys_tool.passphrase import from_text
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.receipt_file import verify_file
from keys_tool.receipts import Verdict, verify_receipts
from keys_tool.vault import ScryptCost

RECEIPTS = 512
ROUNDS = 60
MASTER = AesKey(bytes(range(0x60, 0x70)))
"""A master that never was."""
SIGNED = 81


def measure() -> Iterator[Figure]:
    """Yield receipts a second and core, and what part of the bare rate that is."""
    with TemporaryDirectory() as folder, _store(Path(folder) / "keys") as store:
        case = _Case.new(store, Path(folder) / "receipts.jsonl")
        times = microseconds(
            {
                "bare": case.bare,
                "encoded": case.encoded,
                "values": case.values,
                "lines": case.lines,
            },
            RECEIPTS,
            ROUNDS,
            thread_time,
        )
    for name, time in times.items():
        yield Figure(f"receipts.{name}", 1e6 / time, "/s", _WORDS[name])
    for name in ("encoded", "values", "lines"):
        goal = 0.5 if name == "encoded" else None
        yield Figure(
            f"receipts.{name}_of_bare",
            times["bare"] / times[name],
            "",
            "rate over that of the two bare CMACs, same run, one core",
            goal,
            Goal.AT_LEAST,
        )


_WORDS = {
    "bare": "two CMACs of a receipt, inputs ready, one core, median",
    "encoded": "verified from 89 bytes, each of another card, one core, median",
    "values": "verified from values, one core, median",
    "lines": "verified from lines of a file, one core, median",
}


@dataclass(frozen=True)
class _Case:
    """Receipts as values, bytes and lines, and a store with their master."""

    store: FileStore
    receipts: tuple[Receipt, ...]
    path: Path

    @classmethod
    def new(cls, store: FileStore, path: Path) -> "_Case":
        receipts = tuple(_receipt(number) for number in range(RECEIPTS))
        lines = (json.dumps({"receipt": one.encode().hex()}) + "\n" for one in receipts)
        path.write_text("".join(lines), encoding="ascii")
        return cls(store, receipts, path)

    def bare(self) -> Run:
        master = CMAC(algorithms.AES(MASTER.reveal()))
        blocks = [_block(one) for one in self.receipts]
        signed = [one.signed_bytes() for one in self.receipts]

        def run() -> None:
            for block, data in zip(blocks, signed, strict=True):
                derivation = master.copy()
                derivation.update(block)
                mac = CMAC(algorithms.AES(derivation.finalize()))
                mac.update(data)
                mac.finalize()

        return run

    def encoded(self) -> Run:
        receipts = [one.encode() for one in self.receipts]

        def run() -> None:
            for _, verdict in verify_receipts(receipts, self.store):
                assert verdict is Verdict.VALID

        return run

    def values(self) -> Run:
        def run() -> None:
            for _, verdict in verify_receipts(self.receipts, self.store):
                assert verdict is Verdict.VALID

        return run

    def lines(self) -> Run:
        def run() -> None:
            assert verify_file(self.path, self.store).valid == RECEIPTS

        return run


def _block(receipt: Receipt) -> bytes:
    return role_key_block(RoleKey.RECEIPT, RECEIPT_ROLE, 1, receipt.card_serial)


def _receipt(number: int) -> Receipt:
    """Return a receipt for bread and its price, of a card of its own."""
    serial = number.to_bytes(8, "big")
    unsigned = Receipt(
        key_version=1,
        role=4,
        card_serial=serial,
        number=number + 1,
        terminal_id=b"BAKERY 1",
        terminal_number=number,
        when=datetime(2026, 11, 23, 8, 30),
        operations=(Debit("bread", 20), Debit("wallet", 400)),
        balances=(40, 9600),
        flags=0,
        replaced_card_number=None,
        mac=bytes(8),
    )
    key = derive_receipt_key(MASTER, 1, serial)
    mac = CMAC(algorithms.AES(key.reveal()))
    mac.update(unsigned.signed_bytes())
    return Receipt.decode(unsigned.signed_bytes() + mac.finalize()[:8])


def _store(path: Path) -> FileStore:
    created = datetime.now(UTC)
    entry = Entry.of(Purpose.RECEIPT, 1, Algorithm.AES_128_UC1, created, MASTER)
    secret, cost = from_text("invented words for benchmarks"), ScryptCost(n=1024)
    return FileStore.create(path, secret, contents=Contents().with_entry(entry), cost=cost)
