"""Cards whose answers are damaged on the way, and cards that count wrongly."""

from collections.abc import Callable

import pytest

from card_simulator.apdu import Command
from card_simulator.reader import SimReader
from card_simulator.scp03 import Session

INITIALIZE_UPDATE = 0x50


def damaging(reader: SimReader, at: int, damage: Callable[[bytes], bytes]) -> list[int]:
    """Damage the answer to one INITIALIZE UPDATE, counted from 1; return what is sent."""
    sent: list[int] = []
    transmit = reader.transmit

    def damaged(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command[1])
        answer = transmit(command, timeout)
        hit = command[1] == INITIALIZE_UPDATE and sent.count(INITIALIZE_UPDATE) == at
        return damage(answer) if hit else answer

    reader.transmit = damaged  # type: ignore[method-assign]
    return sent


def flipped(place: int) -> Callable[[bytes], bytes]:
    """Return what flips a bit of the byte at this place of an answer."""
    return lambda answer: answer[:place] + bytes((answer[place] ^ 0x01,)) + answer[place + 1 :]


def miscount(patch: pytest.MonkeyPatch) -> None:
    """Let every card leave commands without data out of its encryption counter."""
    unwrap = Session.unwrap

    def miscounted(self: Session, command: Command) -> Command:
        plain = unwrap(self, command)
        self._counter -= not plain.data
        return plain

    patch.setattr(Session, "unwrap", miscounted)
