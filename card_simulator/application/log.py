"""The log of transactions: a ring of one slot more than it has records.

A transaction's receipt goes to the slot that no record is in, before the commit that makes the
transaction's number the card's: only then it is the newest record. Slot names are ``log.N``.
"""

from __future__ import annotations

from collections.abc import Iterator

from applet_spec import spec
from card_simulator.application import state as cell
from card_simulator.application.receipt import Receipt
from card_simulator.application.state import State


class Log:
    """The newest transactions in the application's cells."""

    def __init__(self, state: State) -> None:
        self._cells = state.cells
        self._most = spec().limits["log_records"]
        self._slots = [f"log.{slot}" for slot in range(self._most + 1)]

    @property
    def newest(self) -> int:
        """The card's transaction number, 0 before its first transaction."""
        return int.from_bytes(self._cells.read(cell.TRANSACTION_NUMBER), "big")

    def receipts(self) -> Iterator[Receipt]:
        """Yield the receipts, the newest first."""
        newest = self.newest
        for number in range(newest, max(0, newest - self._most), -1):
            held = self._cells.read(self._slot(number))
            if not held:
                return
            receipt = Receipt.decode(held)
            if receipt.number != number:
                return
            yield receipt

    def find(self, name: bytes) -> Receipt | None:
        """Return the receipt of the transaction of this name, None where the log has none."""
        return next((receipt for receipt in self.receipts() if receipt.name == name), None)

    def count(self) -> bytes:
        """Return how many records there are, as one byte."""
        return bytes((sum(1 for _ in self.receipts()),))

    def write(self, receipt: Receipt) -> None:
        """Write a receipt to the free slot; it counts once its number is the card's."""
        self._cells.write_non_atomic(self._slot(receipt.number), receipt.encode())

    def _slot(self, number: int) -> str:
        return self._slots[number % len(self._slots)]
