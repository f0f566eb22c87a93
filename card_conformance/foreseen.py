"""What a run may do to a card, said before any card is touched: its tests and what they leave."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from card_conformance.catalogue import TestEntry, tests
from card_conformance.formats import Json
from card_conformance.needs import Profile, Stage

if TYPE_CHECKING:
    from rich.console import Console

_NO_WAY_BACK = Stage.TERMINATED


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The tests that a run may make, in the order of a card's life.

    Which of them run is decided by the card: where it stands, and whether keys and PIN are there.
    """

    profile: Profile
    tests: tuple[TestEntry, ...]

    @property
    def leaving(self) -> dict[Stage, tuple[TestEntry, ...]]:
        """The tests that leave the card changed for good, by the stage that they leave it at."""
        stages = sorted({t.claim.needs.leaves for t in self.tests if t.claim.needs.leaves})
        return {
            stage: tuple(t for t in self.tests if t.claim.needs.leaves is stage) for stage in stages
        }

    @property
    def effect(self) -> str:
        """One sentence on what becomes of the card."""
        leaving = self.leaving
        if not leaving:
            return _EFFECTS[self.profile]
        worst = max(leaving)
        end = " for ever" if worst is _NO_WAY_BACK else ""
        return f"The card is consumed: it is changed for good, and may end {worst.words}{end}."

    def as_dict(self) -> Json:
        """Return it for ``--json``."""
        return {
            "profile": self.profile.value,
            "effect": self.effect,
            "tests": [
                {
                    "name": test.name,
                    "requirements": list(test.claim.requirements),
                    "profile": test.claim.needs.profile.value,
                    "leaves": _leaves(test),
                    "irreversible": test.claim.needs.leaves is not None,
                }
                for test in self.tests
            ],
        }

    def draw(self, console: "Console") -> None:
        """Draw the tests that change the card for good, and count the others."""
        from rich.table import Table
        from rich.text import Text

        console.print(f"A {self.profile.value} run makes at most {len(self.tests)} tests.")
        console.print(self.effect)
        marked = [test for tests in self.leaving.values() for test in tests]
        if marked:
            table = Table("", "test", "requirements", "leaves the card")
            for test in marked:
                cells = ("!", test.sentence, ", ".join(test.claim.requirements), _leaves(test))
                table.add_row(*(Text(cell) for cell in cells))
            console.print(table)
        others = len(self.tests) - len(marked)
        console.print(f"{others} other tests leave it as they found it.")
        console.print("Nothing was sent to any card.")


_EFFECTS = {
    Profile.READ_ONLY: "The card is asked and not changed; no try is spent.",
    Profile.STANDARD: "What is changed is changed back: PIN, tries, key sets, role keys.",
    Profile.DESTRUCTIVE: "None of these tests leaves the card changed.",
}


def _leaves(test: TestEntry) -> str:
    needs = test.claim.needs
    if needs.leaves is None:
        return ""
    return "out of use: only where a new card follows" if needs.last else needs.leaves.words


def foresee(
    profile: Profile, numbers: Collection[str], entries: Iterable[TestEntry] | None = None
) -> Foreseen:
    """Return what a run of a profile may do that shows these requirements."""
    chosen = (
        test
        for test in (tests() if entries is None else entries)
        if test.claim.needs.profile.rank <= profile.rank
        and any(number in numbers for number in test.claim.requirements)
    )
    return Foreseen(profile, tuple(sorted(chosen, key=_place)))


def _place(test: TestEntry) -> tuple[int, int, str]:
    needs = test.claim.needs
    return min(needs.stages), needs.leaves or 0, test.name
