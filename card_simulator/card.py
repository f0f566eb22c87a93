"""The card as a whole: power, reset, and who gets a command."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from applet_spec import spec
from card_simulator.apdu import SW, Answer, Command, StatusError, check_class, parse
from card_simulator.application import Application
from card_simulator.card_manager import CPLC_CELL, CardManager
from card_simulator.cells import Cells
from card_simulator.chip import ATR, Chip, Interface
from card_simulator.content import Content
from card_simulator.key_sets import KeySets
from card_simulator.memory import Image, Memory, PowerCut
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel

_SELECT = 0xA4
_BY_NAME = 0x0400
_NAME_LENGTHS = (0, *range(5, 17))


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
        self._channel = SecureChannel(self.chip, self.key_sets, Options.of(self.memory))
        secured = spec().limits["secured_data"]
        self.content = Content(self.memory, lambda aid: self.application(aid).state_code, secured)
        self._manager = CardManager(
            self.memory, self.chip, self.key_sets, self.content, self._channel
        )
        self._applications: dict[bytes, Application] = {}
        self._selected: Application | CardManager = self._manager
        self._powered = False

    @property
    def powered(self) -> bool:
        """Whether the card has power and answers commands."""
        return self._powered and not self.memory.dead

    def reset(self) -> bytes:
        """Give power or reset, and return the ATR (bytes).

        An unfinished transaction is completed or dropped, transient state cleared, and the issuer
        security domain selected. Raises `PowerCut` if the power fails again meanwhile.
        """
        self._powered = True
        self._channel.close()
        self._selected.deselect()
        self._selected = self._manager
        self.memory.recover()
        return ATR

    def power_off(self) -> None:
        """Take the power away; what is not in persistent memory is lost."""
        self._powered = False
        self._channel.close()
        self._selected.deselect()

    def transmit(self, raw: bytes) -> bytes:
        """Run one command APDU and return its response APDU.

        Raises `PowerCut` without power, or when the power fails meanwhile.
        """
        if not self.powered:
            raise PowerCut
        try:
            if raw:
                check_class(raw[0])
            command = parse(raw)
        except StatusError as error:
            self._channel.forget_pending()
            return Answer(sw=error.sw).encode()
        if command.ins == _SELECT and command.cla == 0x00:
            return self._select(command)
        return self._selected.process(command)

    def _select(self, command: Command) -> bytes:
        """SELECT by name: an application, or with no name the issuer security domain.

        A name that nothing has leaves selection and session as they were.
        """
        self._channel.forget_pending()
        try:
            if command.p1p2 != _BY_NAME:
                raise StatusError(SW.WRONG_P1P2)
            if len(command.data) not in _NAME_LENGTHS:
                raise StatusError(SW.WRONG_LENGTH)
            aid = self.content.find(command.data)
            if aid is None:
                raise StatusError(SW.NOT_FOUND)
        except StatusError as error:
            return Answer(sw=error.sw).encode()
        self._channel.close()
        self._selected.deselect()
        self._selected = self._manager if aid == self._manager.aid else self.application(aid)
        return self._selected.select().encode()

    def application(self, aid: bytes) -> Application:
        """Return the application of an installed AID."""
        if aid not in self._applications:
            cells = Cells(self.memory, f"app.{aid.hex().upper()}.")
            self._applications[aid] = Application(
                aid, cells, self.chip, self._channel, lambda: self.interface
            )
        return self._applications[aid]
