"""The application's life cycle: SELECT's answer, SET STATUS, and the erasure after termination."""

from __future__ import annotations

from card_simulator import tlv
from card_simulator.apdu import Answer, Command
from card_simulator.application import state as cell
from card_simulator.application.objects import Objects
from card_simulator.application.secrets import Secrets
from card_simulator.application.services import Services
from card_simulator.application.state import State

TERMINATED_WARNING = 0x6285

_OF_CARD = 0x40
"""P1 of SET STATUS that changes the life cycle."""


class LifeCycle:
    """Where the application stands and how it gets elsewhere."""

    def __init__(
        self, state: State, objects: Objects, services: Services, secrets: Secrets
    ) -> None:
        self._state = state
        self._objects = objects
        self._services = services
        self._secrets = secrets
        named = state.spec.object_named
        self._fingers = [named(f"finger template {n}").tag for n in (1, 2)]
        self._codes = {name: each.code for name, each in state.spec.states.items()}

    def select(self, aid: bytes) -> Answer:
        """Answer the FCI (card.json, fci); complete a termination that lost power."""
        terminated = self._state.name == "TERMINATED"
        if terminated:
            self._erase_secrets()
        fci = tlv.write(
            0x6F,
            tlv.write(0x84, aid),
            tlv.write(
                0xA5,
                tlv.write(0x80, bytes(self._state.spec.version)),
                tlv.write(0x81, bytes((self._state.code,))),
                tlv.write(0x82, bytes((self._secrets.pin.tries, self._finger_tries()))),
                tlv.write(0x83, self._state.cells.read(cell.TRANSACTION_NUMBER, bytes(3))),
            ),
        )
        return Answer(fci, TERMINATED_WARNING) if terminated else Answer(fci)

    def set_status(self, command: Command) -> Answer:
        """SET STATUS of the card or of one service; the session ends after the answer."""
        cells = self._state.cells
        if command.p1 != _OF_CARD:
            self._services.set_status(command)
        elif command.p2 == self._codes["TERMINATED"]:
            cells.write(cell.TERMINATED, cell.MARK)
            self._erase_secrets()
        elif command.p2 == self._codes["SUSPENDED"]:
            cells.write(cell.SUSPENDED, cell.MARK)
        else:
            cells.erase(cell.SUSPENDED)
        self._state.clear_verified()
        self._state.channel.close_after_answer()
        return Answer()

    def _finger_tries(self) -> int:
        """Tries left with a finger; 0 where no template is stored."""
        stored = any(self._objects.value(tag) for tag in self._fingers)
        return self._state.spec.limits["finger_tries"] if stored else 0

    def _erase_secrets(self) -> None:
        """Erase keys, PIN and templates; done again at SELECT for what is left."""
        self._secrets.erase()
        for tag in self._fingers:
            self._objects.erase(tag)
