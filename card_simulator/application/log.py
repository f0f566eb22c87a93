"""The log of transactions: a ring of one slot more than it has records.

A transaction's receipt goes to the slot that no record is in, before the commit that makes the
transaction's number the card's: only then it is the newest record. Slot names are ``log.N``.
"""

from __future__ import annotations

from applet_spec import spec
from card_simulator.application import state as cell
from card_simulator.application.receipt import Receipt, name_of, number_of
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

    def receipt(self, record: int) -> Receipt | None:
        """Return the receipt of a record, 1 the newest; None where there is no such record."""
        number = self.newest - record + 1
        if not 1 <= record <= self._most or number < 1:
            return None
        held = self._cells.read(self._slot(number))
        return Receipt.decode(held) if held and number_of(held) == number else None

    def find(self, name: bytes) -> Receipt | None:
        """Return the receipt of the transaction of this name, None where the log has none."""
        newest = self.newest
        for number in range(newest, max(0, newest - self._most), -1):
            held = self._cells.read(self._slot(number))
            if name_of(held) == name and number_of(held) == number:
                return Receipt.decode(held)
        return None

    def count(self) -> bytes:
        """Return how many records there are, as one byte."""
        records = range(1, self._most + 1)
        return bytes((next((n - 1 for n in records if self.receipt(n) is None), self._most),))

    def write(self, receipt: Receipt) -> None:
        """Write a receipt to the free slot; it counts once its number is the card's."""
        self._cells.write_non_atomic(self._slot(receipt.number), receipt.encode())

    def _slot(self, number: int) -> str:
        return self._slots[number % len(self._slots)]
