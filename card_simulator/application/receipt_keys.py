"""The key that receipts are signed with: two slots, and a byte that says which one counts.

A new key goes to the spare slot, ``receipt.0`` or ``receipt.1``, outside the transaction that then
switches ``receipt``. A slot holds the key's version (1) and the AES key (16).
"""

from __future__ import annotations

from card_simulator.application.state import State
from host_lib.primitives import AesContext

_MARK = "receipt"


class ReceiptKeys:
    """The receipt key, and what is kept of it in volatile memory to sign fast."""

    def __init__(self, state: State) -> None:
        self._cells = state.cells
        self._loaded: tuple[bytes, AesContext] | None = None

    @property
    def stored(self) -> bool:
        """Whether there is a key."""
        return _MARK in self._cells

    def version(self) -> bytes:
        """Return the version of the key that signs, empty where there is none."""
        return self._current()[:1]

    def stage(self, secret: bytes) -> bytes:
        """Write version and key to the spare slot; return what `switch` is to be given."""
        held = self._cells.read(_MARK)
        spare = bytes((1 - held[0] if held else 0,))
        self._cells.write_non_atomic(_slot(spare), secret)
        return spare

    def switch(self, staged: bytes) -> None:
        """Sign with a staged key from now on; to be called in a transaction."""
        self._cells.write(_MARK, staged)

    def erase(self) -> None:
        """Erase both slots."""
        self.forget()
        for cell in (_slot(b"\x00"), _slot(b"\x01"), _MARK):
            self._cells.erase(cell)

    def forget(self) -> None:
        """Drop what was loaded into volatile memory; the power is gone."""
        self._loaded = None

    def sign(self, message: bytes) -> bytes:
        """Return the AES-CMAC (16 bytes) of a message."""
        current = self._current()
        if self._loaded is None or self._loaded[0] != current:
            self._loaded = current, AesContext(current[1:])
        return self._loaded[1].cmac(message)

    def _current(self) -> bytes:
        held = self._cells.read(_MARK)
        return self._cells.read(_slot(held)) if held else b""


def _slot(number: bytes) -> str:
    return f"receipt.{number[0]}"
