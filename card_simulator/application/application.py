"""The application as the card sees it: selected, deselected, and given one command at a time."""

from __future__ import annotations

from collections.abc import Callable

from applet_spec import spec
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.life_cycle import LifeCycle
from card_simulator.application.log import Log
from card_simulator.application.objects import Objects
from card_simulator.application.personalization import Personalization
from card_simulator.application.pin import Pin
from card_simulator.application.receipt_keys import ReceiptKeys
from card_simulator.application.role_keys import RoleKeys, RoleKeySet
from card_simulator.application.role_session import NAME as INITIALIZE_UPDATE
from card_simulator.application.role_session import RoleSession, role_form
from card_simulator.application.secrets import Secrets
from card_simulator.application.services import Services
from card_simulator.application.state import State
from card_simulator.application.transactions import Transactions
from card_simulator.cells import Cells
from card_simulator.chip import Chip, Interface
from card_simulator.dispatch import CommandTable, Situation, select_in_session
from card_simulator.secure_channel import (
    SecureChannel,
    is_external_authenticate,
    is_initialize_update,
)

_SECRET = frozenset({"RESET RETRY COUNTER", "STORE DATA", "PUT KEY", "DELETE KEY", "SET STATUS"})


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
        self._role_keys = role_keys = RoleKeys(self._state)
        self._receipt_keys = receipt_keys = ReceiptKeys(self._state)
        services, log, named = Services(self._state), Log(self._state), spec().object_named
        computed = {
            named("role key sets").tag: role_keys.listed,
            named("receipt key version").tag: receipt_keys.version,
            named("transaction log").tag: log.count,
            **services.computed(),
        }
        self._objects = objects = Objects(self._state, computed, services.written())
        self._pin = pin = Pin(self._state)
        self._key_pair = KeyPair(self._state, objects)
        secrets = Secrets(self._key_pair, pin, role_keys, receipt_keys)
        self._life_cycle = LifeCycle(self._state, objects, services, secrets)
        self._personalization = Personalization(self._state, objects, services, secrets)
        self._transactions = transactions = Transactions(
            self._state, objects, services, log, receipt_keys
        )
        self._select = (spec().commands["SELECT"].cla, spec().commands["SELECT"].ins)
        self._store_data = spec().commands["STORE DATA"].ins
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
                INITIALIZE_UPDATE: lambda command: channel.initialize_update(command, aid),
                "EXTERNAL AUTHENTICATE": channel.external_authenticate,
                "STORE DATA": self._personalization.store_data,
                "PUT KEY": role_keys.put,
                "DELETE KEY": role_keys.delete,
                "PERFORM TRANSACTION": transactions.perform,
                "READ RECORD": transactions.read_record,
                "SET STATUS": self._life_cycle.set_status,
            },
            secret=_SECRET,
        )
        role_session = RoleSession(self._state, objects, role_keys)
        self._role_table = CommandTable(
            {INITIALIZE_UPDATE: role_form()},
            {INITIALIZE_UPDATE: role_session.initialize_update},
            secret=frozenset(),
        )

    @property
    def state(self) -> str:
        """Name of the life cycle state."""
        return self._state.name

    @property
    def pin_tries(self) -> int:
        """Tries left of the PIN."""
        return self._pin.tries

    @property
    def role_key_sets(self) -> list[RoleKeySet]:
        """The key sets of terminal roles that are there, in the order of their versions."""
        return self._role_keys.sets()

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
        self._transactions.forget()
        self._receipt_keys.forget()
        self._key_pair.forget()

    def interrupted(self) -> None:
        """Take note of a command that was refused for its class, or of a SELECT not by name."""
        self._transactions.disarm()

    def process(self, command: Command) -> bytes:
        """Run one command and return its answer as it leaves the card.

        A terminated one knows no instruction, with or without secure messaging. The verified
        flags, a stream of STORE DATA and what can be taken back end with the session that they
        belong to.
        """
        if self._state.name == "TERMINATED":
            return Answer(sw=SW.INS_NOT_SUPPORTED).encode()
        session = self._channel.session
        self._transactions.hear(command)
        encoded = self._channel.run(command, self._run)
        about_session = is_initialize_update(command) or is_external_authenticate(command)
        if about_session or self._channel.session is not session:
            self._state.clear_verified()
            self._personalization.forget_stream()
            self._transactions.forget()
        return encoded

    def store_data(self, command: Command) -> Answer:
        """Run a STORE DATA that came to the issuer security domain, without its protection.

        The session is the domain's: the application cannot end it.
        """
        if self._state.name == "TERMINATED":
            raise StatusError(SW.INS_NOT_SUPPORTED)
        answer = self._run(command)
        self._channel.keep_open()
        return answer

    def _run(self, command: Command) -> Answer:
        situation = Situation(
            state=self._state.name,
            pending=self._channel.pending,
            session=self._channel.session is not None,
            issuer=self._channel.issuer,
            secret=self._state.in_secret_session,
            contactless=self._state.interface() is Interface.CONTACTLESS,
            levels=self._channel.levels,
            role=self._channel.role is not None,
        )
        if situation.session and (command.cla, command.ins) == self._select:
            raise StatusError(SW.SECURE_MESSAGING_NOT_SUPPORTED)
        of_role = is_initialize_update(command) and self._role_keys.owns(command.p1)
        table = self._role_table if of_role else self._table
        try:
            return table.run(command, situation)
        except StatusError:
            if command.ins == self._store_data:
                self._personalization.forget_stream()
            raise
