"""The card as a whole: power, reset, and who gets a command."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from card_simulator.apdu import SW, Answer, Command, StatusError, check_class, parse
from card_simulator.application import Application
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.card_manager import CPLC_CELL, CardManager
from card_simulator.cells import Cells
from card_simulator.chip import ATR, Chip, Interface
from card_simulator.content import Content
from card_simulator.inert import InertApplication
from card_simulator.key_sets import KeySets
from card_simulator.memory import Image, Memory, PowerCut
from card_simulator.registry import Registry, cells_of
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel
from card_simulator.selection import Selection

_SELECT, _MANAGE_CHANNEL = 0xA4, 0x70
_BY_NAME = 0x04
_INVALID_CLASS = 0xFF

Selectable = Application | CardManager | InertApplication


class Card:
    """A software card: bytes in, bytes out.

    ``image`` is what its memory holds, ``interface`` how it is reached, ``random`` where its random
    numbers come from. The card starts without power. An unexpected exception in it is a defect and
    is never turned into a status word.
    """

    def __init__(
        self,
        image: Image,
        interface: Interface = Interface.CONTACT,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.interface = interface
        self.memory = Memory(image)
        self.chip = Chip(self.memory.read(CPLC_CELL), random)
        self.key_sets = KeySets(self.memory)
        self.options = Options.of(self.memory)
        self._channel = SecureChannel(self.chip, self.key_sets, self.options)
        self._registry = Registry(self.memory)
        self.content = Content(self._registry, lambda aid: self.application(aid).state_code)
        self._selection = Selection(self._registry, CardLifeCycle(self.memory))
        self._manager = CardManager(
            self.memory, self.chip, self.key_sets, self.content, self._channel, self.application
        )
        self._applications: dict[bytes, Application] = {}
        self._selected: Selectable = self._manager
        self._powered = False

    @property
    def powered(self) -> bool:
        """Whether the card has power and answers commands."""
        return self._powered and not self.memory.dead

    def reset(self) -> bytes:
        """Give power or reset, and return the ATR (bytes).

        An unfinished transaction is completed or dropped, an unfinished deletion completed,
        transient state cleared, and the issuer security domain selected. Raises `PowerCut` if the
        power fails again meanwhile.
        """
        self._powered = True
        self._forget()
        self._selected = self._manager
        self.memory.recover()
        self._registry.complete_deletions()
        return ATR

    def power_off(self) -> None:
        """Take the power away; what is not in persistent memory is lost."""
        self._powered = False
        self._forget()

    def _forget(self) -> None:
        """Clear what does not outlast the power."""
        self._channel.close()
        self._selected.deselect()
        for application in self._applications.values():
            application.deselect()

    def transmit(self, raw: bytes) -> bytes:
        """Run one command APDU and return its response APDU.

        Raises `PowerCut` without power, or when the power fails meanwhile.
        """
        if not self.powered:
            raise PowerCut
        try:
            command = parse(raw)
            check_class(command.cla)
            if command.cla == 0x00 and command.ins == _MANAGE_CHANNEL:
                raise StatusError(SW.CHANNEL_NOT_SUPPORTED)
        except StatusError as error:
            heard = error.sw in (SW.CHAINING_NOT_SUPPORTED, SW.CLA_NOT_SUPPORTED)
            self._refused_before_selected(heard=heard and raw[0] != _INVALID_CLASS)
            return Answer(sw=error.sw).encode()
        if command.ins == _SELECT and command.cla == 0x00:
            return self._select(command)
        return self._selected.process(command)

    def application(self, aid: bytes) -> Application:
        """Return the program behind an installed instance of our own module."""
        if aid not in self._applications:
            self._applications[aid] = Application(
                aid, Cells(self.memory, cells_of(aid)), self.chip, self._channel, self._interface
            )
        return self._applications[aid]

    def _interface(self) -> Interface:
        return self.interface

    def _select(self, command: Command) -> bytes:
        """SELECT by name; one that finds nothing leaves selection and session as they were."""
        try:
            aid = self._selection.find(command, self._selected.aid)
        except StatusError as error:
            self._refused_before_selected(heard=command.p1 != _BY_NAME)
            return Answer(sw=error.sw).encode()
        self._channel.close()
        self._selected.deselect()
        self._selected = self._behind(aid)
        return self._selected.select().encode()

    def _behind(self, aid: bytes) -> Selectable:
        """Return what runs behind an AID that can be selected."""
        if aid == self._manager.aid:
            return self._manager
        instance = self._registry.instance(aid)
        return InertApplication(aid) if instance and instance.inert else self.application(aid)

    def _refused_before_selected(self, *, heard: bool) -> None:
        """Let a refused command come between two that belong together.

        Some of them a real application would have ``heard`` of, and refused by itself.
        """
        if heard:
            self._channel.forget_pending()
            if isinstance(self._selected, Application):
                self._selected.interrupted()
        else:
            self._channel.interrupted()
        self._manager.end_sequences()
