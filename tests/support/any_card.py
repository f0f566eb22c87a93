"""A card as the tests of card manager and application hold it, whichever card it is.

The same tests run on each kind; what a kind shows of its inside is tested elsewhere.
"""

from collections.abc import Hashable
from contextlib import suppress
from typing import Protocol

from applet_spec import CardProfile
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.chip import Chip, Interface
from card_simulator.memory import PowerCut


class PowerLost(Exception):
    """The card has no power, or lost it before it had answered."""


class AnyCard(Protocol):
    """One card, powered; `transmit` and `reset` raise `PowerLost`.

    ``contactless`` counts from the next reset on. ``writes`` are physical writes to persistent
    memory since some moment, and `cut_power_at` makes the power fail instead of the n-th from now
    on. `kept` is equal again as long as nothing that outlasts a reset has changed.
    """

    contactless: bool

    @property
    def powered(self) -> bool: ...
    @property
    def writes(self) -> int: ...
    @property
    def kept(self) -> Hashable: ...
    def transmit(self, command: bytes) -> bytes: ...
    def reset(self) -> bytes: ...
    def power_off(self) -> None: ...
    def cut_power_at(self, write: int) -> None: ...
    def keep_power(self) -> None: ...
    def checkpoint(self) -> None: ...
    def restore(self) -> None: ...


class MakeCard(Protocol):
    """Makes new cards of one kind, one after the other: a new one takes the last one's place."""

    kind: str

    def __call__(self, profile: CardProfile | None = None) -> AnyCard:
        """Return a new card of this type, reset; the reference card's where none is given."""


def chip_of(profile: CardProfile | None = None) -> Chip:
    """Return the chip under every card of a type that these tests make."""
    (chip,) = new_chips(1, seed=1, profile=profile)
    return chip


class SimCard:
    """A software card."""

    def __init__(self, profile: CardProfile | None = None) -> None:
        self._card = Card(blank_image(chip_of(profile), profile))
        self._saved = self._card.memory.image
        self._writes_before = 0
        self.reset()

    @property
    def contactless(self) -> bool:
        """Whether the card is on a contactless reader."""
        return self._card.interface is Interface.CONTACTLESS

    @contactless.setter
    def contactless(self, contactless: bool) -> None:
        self._card.interface = Interface.CONTACTLESS if contactless else Interface.CONTACT

    @property
    def powered(self) -> bool:
        """Whether the card has power."""
        return self._card.powered

    @property
    def writes(self) -> int:
        """How often the card has written to its memory."""
        return self._writes_before + self._card.memory.writes

    @property
    def kept(self) -> Hashable:
        """What is in the card's memory."""
        image = self._card.memory.image
        return tuple(sorted(image.cells.items())), image.journal, image.journal_valid

    def transmit(self, command: bytes) -> bytes:
        """Run one command."""
        try:
            return self._card.transmit(command)
        except PowerCut as error:
            raise PowerLost from error

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        try:
            return self._card.reset()
        except PowerCut as error:
            raise PowerLost from error

    def power_off(self) -> None:
        """Take the power away."""
        self._card.power_off()

    def cut_power_at(self, write: int) -> None:
        """Make the power fail; a write that can tear is torn in its first bytes."""
        self._card.memory.cut_power_at(write, torn_bytes=7 * write)

    def keep_power(self) -> None:
        """Take `cut_power_at` back."""
        self._card.memory.keep_power()

    def checkpoint(self) -> None:
        """Remember the memory."""
        self._saved = self._card.memory.image

    def restore(self) -> None:
        """Put the memory back to the checkpoint; the card needs a reset."""
        interface, self._writes_before = self._card.interface, self.writes
        self._card = Card(self._saved, interface)


class SimCards:
    """Makes software cards."""

    kind = "sim"

    def __call__(self, profile: CardProfile | None = None) -> SimCard:
        """Return a new card."""
        return SimCard(profile)


def recovered(card: AnyCard) -> None:
    """Give power back to a card that lost it, and take it once more while it recovers."""
    card.cut_power_at(1)
    with suppress(PowerLost):
        card.reset()
    card.keep_power()
    if not card.powered:
        card.reset()
