"""Where the cards for tests come from: one that is led through its life, or ever fresh ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from applet_spec import UnicardError
from card_conformance.card_under_test import CardUnderTest, KnownPin, open_card
from card_conformance.failure import NotRun
from card_conformance.invented import Record, new_record
from card_conformance.keyring import Keyring
from card_conformance.needs import Needs, Stage
from card_conformance.prepare import advance, make_bare, stage_of
from card_conformance.statement import Statement
from host_lib.errors import ReaderError
from host_lib.flow.identify import CardFacts
from host_lib.reader import Reader
from host_lib.refusals import Refused

FRESH = frozenset({"sim", "java"})
"""Readers, by their full name, that give a new blank card each time they are opened."""

BARE = frozenset({Stage.BLANK, Stage.KEYED})
"""How far a card without the application comes."""


class CannotPrepare(UnicardError):
    """A card could not be brought to the stage that a test needs."""


class CardSource(Protocol):
    """Lends cards to tests."""

    @property
    def disposable(self) -> bool:
        """Whether a card may be left as anything: another one is there for the next test."""

    @property
    def start(self) -> Stage:
        """Where the card is before the first test."""

    @property
    def cards(self) -> int:
        """How many cards have been used."""

    @property
    def facts(self) -> CardFacts:
        """What the (first) card says about itself, before the first test."""

    def card_for(self, needs: Needs) -> CardUnderTest:
        """Return a card at a fitting stage, just reset. Raises NotRun, CannotPrepare."""

    def take_back(self, needs: Needs, *, sound: bool) -> None:
        """End a test; ``sound`` says that the card is as the test promises to leave it."""

    def close(self) -> None:
        """Close every reader."""


class OneCard:
    """One card in one reader. It can only go forward, and only where ``may_advance`` allows it."""

    cards = 1
    disposable = False

    def __init__(
        self,
        reader: Reader,
        statement: Statement,
        keyring: Keyring | None,
        *,
        may_advance: bool,
    ) -> None:
        self._record = new_record(finger=statement.finger)
        self._card = open_card(reader, statement, keyring, None)
        self._keyring = keyring
        self._may_advance = may_advance
        with self._card.reader.unobserved():
            self.facts = self._card.facts()
        self.start = self._stage = stage_of(self.facts)

    @property
    def card(self) -> CardUnderTest:
        """The card."""
        return self._card

    def make_bare(self) -> None:
        """Delete an application in which nothing is stored, as blank stock may come with one.

        Does nothing where the run may not lead the card through its life, and leaves a card as it
        is that refuses.
        """
        if not self._may_advance or self._stage is not Stage.INSTALLED or self._keyring is None:
            return
        with self._card.reader.unobserved():
            with suppress(Refused):
                make_bare(self._card.reader, self._keyring, self._card.key_version())
            self.start = self._stage = stage_of(self._card.facts())

    def card_for(self, needs: Needs) -> CardUnderTest:
        """Return the card, led forward where that is needed and allowed."""
        if needs.last:
            raise NotRun("would end this card's life; runs on fresh software cards")
        target = needs.stage_from(self._stage)
        if target is None:
            raise NotRun(f"needs a card that is {_either(needs)}; this one is {self._stage.words}")
        if target is not self._stage:
            self._advance(target)
        self._card.reader.reset()
        return self._card

    def take_back(self, needs: Needs, *, sound: bool) -> None:
        """Note where the card is now."""
        if needs.leaves is None and sound:
            return
        self._card.forget_version()
        with self._card.reader.unobserved():
            stage = stage_of(self._card.facts())
        # A card says no more than BLANK; that the suite's anchor is there, only the test can say.
        self._stage = max(stage, needs.leaves or stage) if sound else stage
        if self._stage is Stage.ISSUED and self._card.record is not None:
            self._card.pin = KnownPin(self._record.pin, transport=True)

    def close(self) -> None:
        """Close the reader."""
        self._card.reader.close()

    def _advance(self, target: Stage) -> None:
        if not self._may_advance or target > Stage.ISSUED or self._keyring is None:
            raise NotRun(f"needs a card that is {target.words}; this one is {self._stage.words}")
        if self.start > Stage.KEYED:
            raise NotRun("somebody else began to personalize this card")
        with prepared(self._card):
            advance(self._card.reader, self._keyring, self._record, self._stage, target)
        self._card.forget_version()
        self._card.record = self._record
        self._stage = target
        if target is Stage.ISSUED:
            self._card.pin = KnownPin(self._record.pin, transport=True)


class FreshCards:
    """A reader kind that gives a new card each time: every test can have what it needs.

    Tests that leave a card as it was share one for each stage, until one of them fails.
    """

    start = Stage.BLANK
    disposable = True

    def __init__(
        self, opener: Callable[[], Reader], statement: Statement, keyring: Keyring
    ) -> None:
        self._opener = opener
        self._statement = statement
        self._keyring = keyring
        self._kept: dict[Stage, CardUnderTest] = {}
        self._lent: tuple[Stage, CardUnderTest] | None = None
        self.cards = 0
        first = self._new()
        with first.reader.unobserved():
            self.facts = first.facts()
        self._kept[Stage.BLANK] = first

    def card_for(self, needs: Needs) -> CardUnderTest:
        """Return a card at the stage, a new one where the test will change it for good."""
        stages = needs.stages if self._statement.application else needs.stages & BARE
        if not stages:
            raise NotRun("needs the application, which this card does not have")
        stage = Stage.ISSUED if Stage.ISSUED in stages else min(stages)
        if stage > Stage.ISSUED:
            raise NotRun(f"needs a card that is {stage.words}")
        kept = self._kept.pop(stage, None) if needs.leaves is None else None
        card = kept or self._made(stage)
        card.reader.reset()
        self._lent = stage, card
        return card

    def take_back(self, needs: Needs, *, sound: bool) -> None:
        """Keep the card for the next test, or throw it away."""
        if self._lent is None:
            return
        (stage, card), self._lent = self._lent, None
        if sound and needs.leaves is None:
            self._kept[stage] = card
        else:
            card.reader.close()

    def close(self) -> None:
        """Throw all cards away."""
        for card in self._kept.values():
            with suppress(ReaderError):
                card.reader.close()
        self._kept.clear()

    def _made(self, stage: Stage) -> CardUnderTest:
        card = self._new()
        record = card.record
        assert record is not None, "a fresh card has the suite's record"
        with prepared(card):
            advance(card.reader, self._keyring, record, Stage.BLANK, stage)
        if stage is Stage.ISSUED:
            card.pin = KnownPin(record.pin, transport=True)
        return card

    def _new(self) -> CardUnderTest:
        self.cards += 1
        record: Record = new_record(finger=self._statement.finger)
        return open_card(self._opener(), self._statement, self._keyring, record)


@contextmanager
def prepared(card: CardUnderTest) -> Iterator[None]:
    """Do preparations outside the trace; what the card refuses becomes CannotPrepare."""
    with card.reader.unobserved():
        try:
            yield
        except ReaderError:
            raise
        except UnicardError as error:
            raise CannotPrepare(
                f"the card could not be brought to where the test needs it: {error.message}",
                changed=error.changed,
                advice=error.advice,
            ) from error


def _either(needs: Needs) -> str:
    return " or ".join(stage.words for stage in sorted(needs.stages))
