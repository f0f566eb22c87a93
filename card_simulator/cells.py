"""One owner's part of the card's memory."""

from __future__ import annotations

from card_simulator.memory import Memory


class Cells:
    """The cells whose names begin with an owner's prefix, named without it."""

    def __init__(self, memory: Memory, prefix: str) -> None:
        self._memory = memory
        self._prefix = prefix
        self.transaction = memory.transaction

    def read(self, cell: str, default: bytes = b"") -> bytes:
        """Return the cell's value; see `Memory.read`."""
        return self._memory.read(self._prefix + cell, default)

    def write(self, cell: str, value: bytes) -> None:
        """Write the cell as one atomic step; see `Memory.write`."""
        self._memory.write(self._prefix + cell, value)

    def write_non_atomic(self, cell: str, value: bytes) -> None:
        """Copy bytes into the cell; see `Memory.write_non_atomic`."""
        self._memory.write_non_atomic(self._prefix + cell, value)

    def erase(self, cell: str) -> None:
        """Erase the cell; see `Memory.erase`."""
        self._memory.erase(self._prefix + cell)

    def __contains__(self, cell: str) -> bool:
        return self._prefix + cell in self._memory
