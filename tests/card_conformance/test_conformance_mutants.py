"""The suite notices wrong cards, each by a test of the requirement that the card fails."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from applet_spec import spec
from card_conformance.catalogue import matrix
from tests.card_conformance.conftest import (
    Score,
    Switch,
    outcomes_of,
    results_of,
    run_suite,
    statement_of,
)
from tests.card_conformance.mutants.base import Mutant
from tests.card_conformance.mutants.every import MUTANTS
from tests.support.evidence import evidence


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_card_fails_the_requirement_that_it_breaks(
    mutant: Mutant, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = Switch(mutant, monkeypatch)
    statement = statement_of(mutant.profile)
    events = run_suite(
        mutant.requirement, statement=statement, opener=switch.open, plugins=(switch,)
    )
    outcomes = {result["name"]: result["outcome"] for result in results_of(events)}
    if "failed" in outcomes.values():
        score.caught += 1
        return
    score.survived.append(str(mutant))
    pytest.fail(f"{mutant} was not noticed: {outcomes}")


def test_every_requirement_that_the_suite_shows_has_a_card_that_breaks_it() -> None:
    shown = {row.requirement.id for row in matrix() if row.tests}
    broken = {mutant.requirement for mutant in MUTANTS}
    assert shown - broken == {"PIN-07"}, "PIN-07's wrong card is in test_conformance_suite"


TRADE = frozenset(
    {"TRX", "PUR", "QUO", "ENT", "DAT", "QRY", "REV", "LOG", "SVC", "RKY"},
)
"""Groups whose tests open tills, which take most of the suite's time."""


def half_of(mutant: Mutant) -> list[str]:
    """Return the groups of trade for a card that is wrong in trade, else all the others."""
    groups = dict.fromkeys(number.partition("-")[0] for number in spec().requirements)
    trades = mutant.requirement.partition("-")[0] in TRADE
    return [group for group in groups if (group in TRADE) is trades]


def failures_of(place: int) -> tuple[bool, int]:
    """Say of a wrong card whether its own requirement failed, and how many tests did."""
    mutant = MUTANTS[place]
    with pytest.MonkeyPatch.context() as patch:
        switch = Switch(mutant, patch)
        statement = statement_of(mutant.profile)
        chosen = half_of(mutant)
        events = run_suite(*chosen, statement=statement, opener=switch.open, plugins=(switch,))
    failures = [result for result in results_of(events) if result["outcome"] == "failed"]
    return any(mutant.requirement in result["requirements"] for result in failures), len(failures)


@pytest.mark.proof
def test_half_of_the_suite_notices_each_wrong_card() -> None:
    right = outcomes_of(run_suite())
    assert set(right) == {"passed", "not run"}
    counts = {"tests passed by the right card": right["passed"], "wrong cards": len(MUTANTS)}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(failures_of, range(len(MUTANTS))))
    survived = [
        str(mutant) for mutant, (caught, _) in zip(MUTANTS, found, strict=True) if not caught
    ]
    assert survived == []
    failed = sum(tests for _, tests in found)
    counts |= {
        "wrong cards caught by the requirement they break": len(found),
        "failed tests": failed,
    }
    evidence("conformance-mutants", counts)
