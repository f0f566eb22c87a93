"""The issuer security domain (GlobalPlatform Card 2.3.1): what a card answers before and beside
the application.
"""

from __future__ import annotations

from collections.abc import Callable

from applet_spec import CardProfile, spec
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import Application
from card_simulator.card_data import CardData
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.chip import Chip
from card_simulator.content import Content
from card_simulator.dispatch import CommandTable, Handler, Situation, select_in_session
from card_simulator.forwarding import Forwarding
from card_simulator.key_sets import KeySets
from card_simulator.listing import Listing
from card_simulator.loading import Loading
from card_simulator.memory import Image, Memory
from card_simulator.profiles import REFERENCE, factory_keys
from card_simulator.registry import Instance, Registry
from card_simulator.scp03_options import OPTIONS_CELL
from card_simulator.secure_channel import SecureChannel
from card_simulator.store_data import DomainData

CPLC_CELL = "chip.cplc"

SELECTED_BUT_LOCKED = 0x6283

_NOT_SUPPORTED = 0x6A81
_CARD = 0x80
"""P1 of SET STATUS for the card's own life cycle."""


def blank_image(
    chip: Chip, profile: CardProfile | None = None, *, installed: bool = False
) -> Image:
    """Return the memory of a new card: OP_READY, transport keys, the application only loaded.

    The card is of the type ``profile``, the reference card where none is given; ValueError for a
    type whose parameter i is not known. ``installed`` cards come with an instance, still blank.
    """
    profile = profile or spec().card_profiles[REFERENCE]
    if profile.i is None:
        raise ValueError(f"what i the cards of {profile.name} have is not known")
    memory = Memory()
    memory.write(CPLC_CELL, chip.cplc)
    CardLifeCycle(memory).begin()
    memory.write(OPTIONS_CELL, bytes((profile.i,)))
    KeySets(memory).store(profile.factory_version, factory_keys(profile))
    if installed:
        aids = spec().aids
        Registry(memory).put_instance(Instance(aids.instance, aids.package, aids.module))
    return memory.image


class CardManager:
    """The issuer security domain as a selectable application.

    ``application`` is the program behind the AID of an installed instance of our own module.
    """

    def __init__(
        self,
        memory: Memory,
        chip: Chip,
        key_sets: KeySets,
        content: Content,
        channel: SecureChannel,
        application: Callable[[bytes], Application],
    ) -> None:
        self.aid = spec().aids.isd
        self._channel = channel
        self._key_sets = key_sets
        self._content = content
        self._life_cycle = CardLifeCycle(memory)
        self._domain = DomainData(memory)
        self._card_data = CardData(chip, key_sets, channel, self._domain)
        self._listing = Listing(content.registry, self._life_cycle, content.state_code)
        self._loading = Loading(content.registry)
        self._forwarding = Forwarding(content, application)
        self._install = self._installs()
        self._table = CommandTable(
            spec().card_manager,
            {
                "SELECT": select_in_session,
                "GET DATA": self._card_data.get_data,
                "INITIALIZE UPDATE": lambda command: channel.initialize_update(command, self.aid),
                "EXTERNAL AUTHENTICATE": channel.external_authenticate,
                "PUT KEY": self._put_key,
                "DELETE KEY": lambda command: key_sets.delete(command, channel.kvn),
                "DELETE": content.delete,
                "INSTALL": lambda command: self._install[command.p1](command),
                "LOAD": self._loading.load,
                "STORE DATA": self._domain.store,
                "GET STATUS": self._listing.get_status,
                "SET STATUS": self._set_status,
            },
            secret=frozenset(),
        )
        instructions = {name: each.ins for name, each in spec().card_manager.items()}
        self._store_data = instructions["STORE DATA"]
        self._sequences = (
            (instructions["LOAD"], self._loading.forget),
            (instructions["GET STATUS"], self._listing.forget),
            (self._store_data, self._domain.forget),
            (self._store_data, self._forwarding.forget),
        )

    def select(self) -> Answer:
        """Answer the FCI, with a warning when the card is locked."""
        return Answer(
            self._card_data.fci(), SELECTED_BUT_LOCKED if self._life_cycle.locked else SW.OK
        )

    def deselect(self) -> None:
        """Forget what lasts only while the security domain is selected."""
        self.end_sequences()

    def end_sequences(self, but: int | None = None) -> None:
        """Drop what several commands in a row make up, except for the instruction of one."""
        for instruction, forget in self._sequences:
            if instruction != but:
                forget()

    def process(self, command: Command) -> bytes:
        """Run one command and return its answer as it leaves the card.

        A load file, a list, or stored data that takes several commands ends with any other command;
        the end of the session counts, for only INITIALIZE UPDATE can begin another.
        """
        self.end_sequences(but=command.ins)
        return self._channel.run(command, self._run)

    def _run(self, command: Command) -> Answer:
        if command.ins == self._store_data and self._forwarding.open:
            return self._forwarding.forward(command)
        situation = Situation(
            state=self._life_cycle.state.name,
            pending=self._channel.pending,
            session=self._channel.session is not None,
            issuer=self._channel.issuer,
            secret=False,
            contactless=False,
            levels=self._channel.levels,
        )
        try:
            return self._table.run(command, situation)
        except StatusError:
            self.end_sequences()
            raise

    def _installs(self) -> dict[int, Handler]:
        """Return what each form of INSTALL does, by its P1."""
        handlers: dict[str, Handler] = {
            "load": self._loading.begin,
            "install": self._content.install,
            "make selectable": self._content.make_selectable,
            "install and make selectable": self._content.install,
            "personalization": self._forwarding.begin,
            "extradition": _refuse,
            "registry update": _refuse,
        }
        variants = spec().card_manager["INSTALL"].variants
        return {int(variant.p1, 16): handlers[variant.name] for variant in variants}

    def _put_key(self, command: Command) -> Answer:
        """Let the session's own set keep its protection when it gets another version."""
        answer = self._key_sets.put(command, self._channel.decrypt_data)
        self._channel.renumbered(command.p1, command.data[0])
        return answer

    def _set_status(self, command: Command) -> Answer:
        if command.p1 != _CARD:
            return self._content.set_status(command)
        self._life_cycle.move(command.p2)
        return Answer()


def _refuse(_command: Command) -> Answer:
    """Refuse what needs a second security domain."""
    raise StatusError(_NOT_SUPPORTED)
