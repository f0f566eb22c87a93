"""Java cards for the tests that run on any card: one process, one card after the other."""

from collections.abc import Hashable

from applet_spec import CardProfile
from host_lib.errors import CardRemoved
from java_card.reader import JavaReader
from java_card.settings import Wiring, blank_card
from tests.support.any_card import PowerLost


class JavaTestCard:
    """The card that a process has now, until another takes its place."""

    def __init__(self, reader: JavaReader) -> None:
        self._reader = reader
        self._control = reader.control
        self._contactless = False
        self.gone = False
        self.reset()

    @property
    def contactless(self) -> bool:
        """Whether the card is on a contactless reader."""
        return self._contactless

    @contactless.setter
    def contactless(self, contactless: bool) -> None:
        self._contactless = contactless
        self.wire(Wiring.CONTACTLESS if contactless else Wiring.CONTACT_T1)

    def wire(self, wiring: Wiring) -> None:
        """Put the card on another interface and protocol; takes effect at the next reset."""
        self._control.wire(wiring)

    @property
    def powered(self) -> bool:
        """Whether the card has power."""
        return self._control.powered()

    @property
    def writes(self) -> int:
        """How often the card has written to its persistent memory."""
        return self._control.measures().total_writes

    @property
    def kept(self) -> Hashable:
        """What stays equal while nothing is written; nobody looks into this card's memory."""
        return self.writes

    def transmit(self, command: bytes) -> bytes:
        """Run one command."""
        assert not self.gone, "another card has taken this one's place"
        try:
            return self._reader.transmit(command)
        except CardRemoved as error:
            raise PowerLost(error.message) from error

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        try:
            return self._reader.reset()
        except CardRemoved as error:
            raise PowerLost(error.message) from error

    def power_off(self) -> None:
        """Take the power away."""
        self._control.power_off()

    def cut_power_at(self, write: int) -> None:
        """Make the power fail."""
        self._control.cut_power_at(write)

    def keep_power(self) -> None:
        """Take `cut_power_at` back."""
        self._control.keep_power()

    def checkpoint(self) -> None:
        """Remember the memory."""
        self._control.checkpoint()

    def restore(self) -> None:
        """Put the memory back to the checkpoint; the card needs a reset."""
        self._control.restore()


class JavaCards:
    """Makes Java cards in one process."""

    kind = "java"

    def __init__(self) -> None:
        self._reader = JavaReader("java", blank_card(seed=1))
        self._last: JavaTestCard | None = None

    def __call__(self, profile: CardProfile | None = None) -> JavaTestCard:
        """Return a new card; the last one is gone."""
        self._reader.control.replace(blank_card(profile, seed=1))
        if self._last:
            self._last.gone = True
        self._last = JavaTestCard(self._reader)
        return self._last

    def close(self) -> None:
        """End the process."""
        self._reader.close()
