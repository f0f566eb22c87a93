"""The reader kind ``sim``: a software card in this process, fresh in memory or kept in a file.

Tests can make it fail: power that is cut at a write, an answer that is lost, a card that is taken
out. A card that lost its power is dead until `SimReader.reset` or `SimReader.wait_for_card`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import inf
from pathlib import Path

from applet_spec import Changed
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_file import CardFile
from card_simulator.card_manager import blank_image
from card_simulator.chip import ATR, Interface
from card_simulator.memory import PowerCut
from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.reader import SelfClosing

POLL_SECONDS = 0.05


@dataclass
class Faults:
    """What shall go wrong, counted in commands from now on; None for nothing.

    ``lose_answer_of``: this command is run, its answer never arrives. ``answer_late``: this command
    is run, its answer takes ``late_by`` seconds, which nobody really waits. ``remove_before``: this
    command finds no card. Power is cut with ``reader.card.memory.cut_power_at(write)``.
    """

    lose_answer_of: int | None = None
    answer_late: int | None = None
    late_by: float = 304.0
    remove_before: int | None = None


class SimReader(SelfClosing):
    """One software card as a reader; ``file`` keeps its memory, None for a card in memory only."""

    def __init__(self, name: str, card: Card, file: CardFile | None = None) -> None:
        self._name = name
        self.card = card
        self._file = file
        self._saved_writes = 0
        self._faults = Faults()
        self._commands = 0
        self._inserted = True
        self._closed = False
        self.reset()

    @property
    def name(self) -> str:
        """The name under which this reader can be opened."""
        return self._name

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card. Raises CardRemoved when there is none."""
        self._need_card()
        return ATR

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Run one command; the card's new state is on disk before the answer is returned.

        Raises CardRemoved when the card is gone or has lost power, ReaderTimeout when the answer
        is made to be lost, or to be later than ``timeout``.
        """
        self._commands += 1
        if self._commands == self._faults.remove_before:
            self.remove()
        self._need_card()
        answer = self._powered(lambda: self.card.transmit(command))
        if self._commands == self._faults.lose_answer_of:
            raise ReaderTimeout("the answer of the card was lost")
        if self._commands == self._faults.answer_late and self._faults.late_by > (timeout or inf):
            raise ReaderTimeout(f"the card takes {self._faults.late_by:g} seconds")
        return answer

    def reset(self) -> bytes:
        """Reset the card, or give it power again, and return its ATR."""
        self._need_card()
        return self._powered(self.card.reset)

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is there, take it into use and power it."""
        if self._is_there():
            if not self.card.powered:
                self.reset()
            return
        _poll(self._insert_again, timeout, "no card was inserted")

    def wait_for_removal(self, timeout: float | None) -> None:
        """Wait until the card is gone: its file vanished or was replaced, or a test removed it."""
        _poll(lambda: not self._is_there(), timeout, "the card was not removed")

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else can reach this card: nothing to do."""
        return nullcontext()

    def close(self) -> None:
        """Take the power away and unlock the file."""
        if not self._closed:
            self._closed = True
            self.card.power_off()
            if self._file:
                self._file.close()

    # For tests

    def inject(self, faults: Faults) -> None:
        """Make things go wrong, counted from the next command on, in place of what was to come."""
        self._commands = 0
        self._faults = faults

    def remove(self) -> None:
        """Take the card out; it loses its power."""
        self._inserted = False
        self.card.power_off()

    def insert(self) -> None:
        """Put a removed card back; `reset` or `wait_for_card` gives it power."""
        self._inserted = True

    # Inside

    def _powered(self, action: Callable[[], bytes]) -> bytes:
        """Let the card do something, and save what it wrote whether it kept its power or not."""
        try:
            answer = action()
        except PowerCut as error:
            self._save()
            raise CardRemoved(f"{self._name}: the card lost its power") from error
        self._save()
        return answer

    def _save(self) -> None:
        writes = self.card.memory.writes
        if self._file and writes != self._saved_writes:
            if not self._file.is_present():
                self.remove()
                raise CardRemoved(f"{self._name}: the card file vanished", changed=Changed.UNKNOWN)
            try:
                self._file.save(self.card.memory.image)
            except ReaderError:
                self.remove()
                raise
            self._saved_writes = writes

    def _is_there(self) -> bool:
        return self._inserted and (self._file is None or self._file.is_present())

    def _need_card(self) -> None:
        if self._closed:
            raise ReaderError(f"{self._name} is closed", advice="open the reader again")
        if not self._is_there():
            self.card.power_off()
            raise CardRemoved(f"{self._name}: the card was removed")

    def _insert_again(self) -> bool:
        if self._file and not self._file.is_present() and self._file.path.exists():
            self._file.close()
            self._file = CardFile(self._file.path)
            self.card = Card(self._file.image, self.card.interface)
            self._saved_writes = 0
            self._inserted = True
        if self._is_there():
            self.reset()
            return True
        return False


def _poll(done: Callable[[], bool], timeout: float | None, message: str) -> None:
    end = None if timeout is None else time.monotonic() + timeout
    while not done():
        if end is not None and time.monotonic() >= end:
            raise ReaderTimeout(
                message, changed=Changed.NO, advice="try again when the card is where it should be"
            )
        time.sleep(POLL_SECONDS)


def open_card(path: Path, interface: Interface = Interface.CONTACT) -> SimReader:
    """Open a card file as a reader; errors as of `CardFile`."""
    file = CardFile(path)
    try:
        return SimReader(f"sim:{path}", Card(file.image, interface), file)
    except BaseException:
        file.close()
        raise


class _SimKind:
    """The entry point ``sim`` of the group ``unicard.readers``."""

    def open(self, argument: str) -> SimReader:
        """Open a card file, or with an empty argument a fresh blank card in memory."""
        if not argument:
            (chip,) = new_chips(1)
            return SimReader("sim", Card(blank_image(chip)))
        return open_card(Path(argument))

    def names(self) -> Iterable[str]:
        """Yield ``sim``, which can always be opened; card files are not looked for."""
        yield "sim"


SIM = _SimKind()
