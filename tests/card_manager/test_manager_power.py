"""Power cut at every write of what changes a card: afterwards it shows the old or the new.

Comments name the requirements that a test shows.
"""

from collections import Counter

import pytest

from tests.card_manager.manager_changes import (
    ALL,
    FIRST_SETS,
    KNOWN,
    Change,
    session,
)
from tests.card_manager.manager_cuts import Shown, assert_old_or_new, outcomes
from tests.support.any_card import MakeCard
from tests.support.content import install_for
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.terminal import Terminal

Found = list[Shown]


def cut(make_card: MakeCard, change: Change, every: Counter[str] | None = None) -> Found:
    """Cut a change and check that it is never half done; what the card showed each time."""
    found = outcomes(change.make(make_card), change.prepare, change.act, KNOWN, every=every)
    assert_old_or_new(found)
    return found


@pytest.mark.parametrize("change", ALL.values(), ids=ALL)
def test_each_change_happens_whole_or_not_at_all(make_card: MakeCard, change: Change) -> None:
    # DEL-08
    cut(make_card, change)


@pytest.mark.parametrize("change", FIRST_SETS.values(), ids=FIRST_SETS)
def test_after_any_cut_of_the_first_key_set_exactly_one_set_opens_a_session(
    make_card: MakeCard, change: Change
) -> None:
    # PUK-07
    found = cut(make_card, change)
    assert {tuple(version for version, _, _ in each.proven) for each in found} == {(0x30,), (0xFF,)}


def test_a_deleted_application_can_be_installed_again_after_a_cut(make_card: MakeCard) -> None:
    # DEL-08
    change = ALL["delete an application"]
    card = change.make(make_card)
    outcomes(card, change.prepare, change.act, KNOWN)
    host = Terminal(card.transmit)
    card.reset()
    session(host)
    assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000


@pytest.mark.proof
def test_power_cut_at_every_write_of_every_change_and_of_its_recovery_leaves_old_or_new(
    java_cards: JavaCards,
) -> None:
    counts: Counter[str] = Counter()
    for name, change in ALL.items():
        found = cut(java_cards, change, counts)
        counts[f"power cuts: {name}"] = len(found) - 2
        counts["power cuts that left the old"] += found[1:-1].count(found[0])
        counts["power cuts that left the new"] += found[1:-1].count(found[-1])
        counts["changes"] += 1
    evidence("java-card-power", counts)
