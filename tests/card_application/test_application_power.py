"""Power cut at every write of what changes the application: afterwards it shows the old or the new.

Comments name the requirements that a test shows.
"""

from collections import Counter

import pytest

from tests.card_application.application_changes import ALL
from tests.card_application.application_tears import BytewiseSims, Tears, all_of, sample
from tests.support.any_card import MakeCard
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards

CUTS, SECOND_CUTS = 3, 1
"""Of each change so many writes are cut, and of each recovery so many; a proof cuts all."""


@pytest.fixture(scope="module", params=["sim", "java"])
def make_torn(request: pytest.FixtureRequest) -> MakeCard:
    """Give what makes cards on which each byte that can be torn off is a write of its own."""
    if request.param == "sim":
        return BytewiseSims()
    cards = request.getfixturevalue("java_cards")
    assert isinstance(cards, JavaCards)
    return cards


@pytest.mark.parametrize("name", ALL)
def test_a_change_happens_whole_or_not_at_all(make_torn: MakeCard, name: str) -> None:
    # PIN-06, CHG-01, STD-09, STA-05, RPK-05, RDK-05, DEL-08
    change = ALL[name]
    if make_torn.kind in change.kinds:
        Tears(make_torn, change).run(sample(name, CUTS), sample(name, SECOND_CUTS))


@pytest.mark.proof
def test_power_cut_at_every_write_and_byte_leaves_the_old_or_the_new(
    make_torn: MakeCard,
) -> None:
    counts: Counter[str] = Counter()
    for name, change in ALL.items():
        if make_torn.kind in change.kinds:
            found = Tears(make_torn, change).run(all_of, all_of)
            counts += Counter({f"{name}: {what}": count for what, count in found.items()})
    evidence(f"application-power-{make_torn.kind}", counts)
