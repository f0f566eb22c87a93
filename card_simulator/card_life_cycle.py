"""The card's own life cycle (GlobalPlatform Card 2.3.1, 5.1), which SET STATUS moves."""

from __future__ import annotations

from applet_spec import spec
from applet_spec.model import CardState
from card_simulator.apdu import SW, StatusError
from card_simulator.memory import Memory

STATE_CELL = "isd.state"

_FIRST, _LOCKED, _TERMINATED = "OP_READY", "CARD_LOCKED", "TERMINATED"


class CardLifeCycle:
    """The state in the card's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._states = spec().card_states

    @property
    def state(self) -> CardState:
        """The present state."""
        code = self._memory.read(STATE_CELL)[0]
        return next(state for state in self._states.values() if state.code == code)

    @property
    def locked(self) -> bool:
        """Whether the issuer has locked the card for everything but getting it out of there."""
        return self.state.name == _LOCKED

    @property
    def terminated(self) -> bool:
        """Whether the card has come to its end."""
        return self.state.name == _TERMINATED

    def begin(self) -> None:
        """Put a new card into its first state."""
        self._write(self._states[_FIRST])

    def move(self, code: int) -> None:
        """Go to another state; raises `StatusError` 6985 where no step leads there."""
        wanted = next((s for s in self._states.values() if s.code == code), None)
        if wanted is None or wanted.name not in self.state.next:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._write(wanted)

    def _write(self, state: CardState) -> None:
        self._memory.write(STATE_CELL, bytes((state.code,)))
