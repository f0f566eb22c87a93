"""The application as the card sees it: selected, deselected, and given one command at a time."""

from __future__ import annotations

from collections.abc import Callable

from applet_spec import spec
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.life_cycle import LifeCycle
from card_simulator.application.objects import Objects
from card_simulator.application.personalization import Personalization
from card_simulator.application.pin import Pin
from card_simulator.application.state import State
from card_simulator.cells import Cells
from card_simulator.chip import Chip, Interface
from card_simulator.dispatch import CommandTable, Situation, select_in_session
from card_simulator.secure_channel import (
    SecureChannel,
    is_external_authenticate,
    is_initialize_update,
)

_ROLE_SLOTS = ("role slot A", "role slot B")


class Application:
    """One installed instance of the application; ``cells`` is its part of the memory."""

    def __init__(
        self,
        aid: bytes,
        cells: Cells,
        chip: Chip,
        channel: SecureChannel,
        interface: Callable[[], Interface],
    ) -> None:
        self.aid = aid
        self._channel = channel
        self._state = State(cells, spec(), chip, channel, interface)
        self._objects = objects = Objects(self._state)
        self._pin = pin = Pin(self._state)
        self._key_pair = KeyPair(self._state, objects)
        self._life_cycle = LifeCycle(self._state, objects, pin, self._key_pair)
        self._personalization = Personalization(self._state, objects, pin, self._key_pair)
        self._store_data = spec().commands["STORE DATA"].ins
        self._role_slots = [spec().key_ranges[name] for name in _ROLE_SLOTS]
        self._table = CommandTable(
            spec().commands,
            {
                "SELECT": select_in_session,
                "GET DATA": objects.get_data,
                "GET DATA PART": objects.get_data_part,
                "PUT DATA": objects.put_data,
                "VERIFY": pin.verify,
                "CHANGE REFERENCE DATA": pin.change,
                "RESET RETRY COUNTER": pin.reset,
                "INTERNAL AUTHENTICATE": self._key_pair.authenticate,
                "GENERATE ASYMMETRIC KEY PAIR": self._key_pair.generate,
                "INITIALIZE UPDATE": self._initialize_update,
                "EXTERNAL AUTHENTICATE": channel.external_authenticate,
                "STORE DATA": self._personalization.store_data,
                "SET STATUS": self._life_cycle.set_status,
            },
            secret=frozenset({"PUT DATA", "RESET RETRY COUNTER", "STORE DATA", "SET STATUS"}),
        )

    @property
    def state(self) -> str:
        """Name of the life cycle state."""
        return self._state.name

    @property
    def pin_tries(self) -> int:
        """Tries left of the PIN."""
        return self._pin.tries

    def value(self, tag: int) -> bytes:
        """Return the value of a data object, whatever its read rule, empty where it has none."""
        return self._objects.value(tag)

    @property
    def state_code(self) -> int:
        """Life cycle code, which GET STATUS of the card manager shows."""
        return self._state.code

    def select(self) -> Answer:
        """Begin anew and answer the FCI."""
        self.deselect()
        return self._life_cycle.select(self.aid)

    def deselect(self) -> None:
        """Clear everything transient."""
        self._state.clear_verified()
        self._personalization.forget_stream()
        self._key_pair.forget()

    def process(self, command: Command) -> bytes:
        """Run one command and return its answer as it leaves the card.

        A terminated one knows no instruction, with or without secure messaging. The verified flags
        and a stream of STORE DATA end with the session that they belong to.
        """
        if self._state.name == "TERMINATED":
            return Answer(sw=SW.INS_NOT_SUPPORTED).encode()
        session = self._channel.session
        encoded = self._channel.run(command, self._run)
        about_session = is_initialize_update(command) or is_external_authenticate(command)
        if about_session or self._channel.session is not session:
            self._state.clear_verified()
            self._personalization.forget_stream()
        return encoded

    def store_data(self, command: Command) -> Answer:
        """Run a STORE DATA that came to the issuer security domain, without its protection."""
        if self._state.name == "TERMINATED":
            raise StatusError(SW.INS_NOT_SUPPORTED)
        return self._run(command)

    def _run(self, command: Command) -> Answer:
        situation = Situation(
            state=self._state.name,
            pending=self._channel.pending,
            session=self._channel.session is not None,
            secret=self._channel.has(self._state.spec.secure_channel.write_level),
            contactless=self._state.interface() is Interface.CONTACTLESS,
            levels=self._channel.options.levels,
        )
        try:
            return self._table.run(command, situation)
        except StatusError:
            if command.ins == self._store_data:
                self._personalization.forget_stream()
            raise

    def _initialize_update(self, command: Command) -> Answer:
        """Refuse the key versions of terminal roles, also where version 00 stands for one.

        A set of the card manager's with such a version opens sessions there, but none here.
        """
        kvn = self._channel.choose(command.p1)
        if any(slot.first <= kvn <= slot.last for slot in self._role_slots):
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return self._channel.initialize_update(command, self.aid)
