"""The PIN: VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (ISO/IEC 7816-4:2020, 11.5).

The block of ISO 9564-1 format 2 is compared whole. A try is taken before the comparison, in a
write of its own, and given back afterwards: power that fails in between never gains a try.
"""

from __future__ import annotations

from hmac import compare_digest

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import state as cell
from card_simulator.application.formats import is_pin_block
from card_simulator.application.state import State, Verified

TRIES_LEFT = 0x63C0
BLOCKED = 0x6983

BLOCK = 8

_OWN, _TRANSPORT = b"\x00", b"\x01"


class Pin:
    """The card's one PIN with its try counter."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cells = state.cells
        self._most = state.spec.limits["pin_tries"]

    @property
    def tries(self) -> int:
        """Tries left; 0 where no PIN is stored."""
        return int.from_bytes(self._cells.read(cell.PIN_TRIES), "big")

    @property
    def stored(self) -> bool:
        """Whether the card has a PIN."""
        return cell.PIN in self._cells

    def store_transport(self, block: bytes) -> None:
        """Set a transport PIN with all its tries; to be called in a transaction."""
        self._cells.write(cell.PIN, _TRANSPORT + block)
        self._restore()

    def erase(self) -> None:
        """Erase PIN and try counter."""
        self._cells.erase(cell.PIN)
        self._cells.erase(cell.PIN_TRIES)

    def verify(self, command: Command) -> Answer:
        """VERIFY: compare, or without data answer the tries left."""
        if not command.data:
            if self._state.verified & Verified.PIN:
                return Answer()
            raise StatusError(TRIES_LEFT | self.tries if self.tries else BLOCKED)
        self._need_tries()
        if self._is_transport():
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._compare(command.data)
        self._restore()
        self._state.verified |= Verified.PIN
        return Answer()

    def change(self, command: Command) -> Answer:
        """CHANGE REFERENCE DATA: old block, then the new one, which is the holder's own PIN."""
        old, new = command.data[:BLOCK], command.data[BLOCK:]
        self._need_tries()
        if not is_pin_block(new) or compare_digest(old, new):
            raise StatusError(SW.WRONG_DATA)
        self._compare(old)
        with self._cells.transaction():
            self._cells.write(cell.PIN, _OWN + new)
            self._restore()
        return Answer()

    def reset(self, command: Command) -> Answer:
        """RESET RETRY COUNTER: all tries again, with data for a new transport PIN."""
        if command.data and not is_pin_block(command.data):
            raise StatusError(SW.WRONG_DATA)
        with self._cells.transaction():
            if command.data:
                self.store_transport(command.data)
            else:
                self._restore()
        if command.data:
            self._state.verified &= ~Verified.PIN
        return Answer()

    def _compare(self, block: bytes) -> None:
        """Take a try and compare; a wrong block clears the PIN flag and raises 63Cx."""
        left = self.tries - 1
        self._cells.write(cell.PIN_TRIES, bytes((left,)))
        if not compare_digest(self._cells.read(cell.PIN)[1:], block):
            self._state.verified &= ~Verified.PIN
            raise StatusError(TRIES_LEFT | left)

    def _restore(self) -> None:
        self._cells.write(cell.PIN_TRIES, bytes((self._most,)))

    def _need_tries(self) -> None:
        if not self.tries:
            raise StatusError(BLOCKED)

    def _is_transport(self) -> bool:
        return self._cells.read(cell.PIN)[:1] == _TRANSPORT
