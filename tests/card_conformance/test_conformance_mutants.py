"""The suite notices wrong cards, each by a test of the requirement that the card fails."""

import pytest

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


@pytest.mark.proof
def test_the_whole_suite_notices_each_wrong_card(monkeypatch: pytest.MonkeyPatch) -> None:
    right = outcomes_of(run_suite())
    assert set(right) == {"passed", "not run"}
    counts = {"tests passed by the right card": right["passed"], "wrong cards": len(MUTANTS)}
    caught = failed = 0
    for mutant in MUTANTS:
        with monkeypatch.context() as patch:
            switch = Switch(mutant, patch)
            statement = statement_of(mutant.profile)
            events = run_suite(statement=statement, opener=switch.open, plugins=(switch,))
        results = results_of(events)
        failures = [result for result in results if result["outcome"] == "failed"]
        failed += len(failures)
        caught += any(mutant.requirement in result["requirements"] for result in failures)
    assert caught == len(MUTANTS)
    counts |= {"wrong cards caught by the requirement they break": caught, "failed tests": failed}
    evidence("conformance-mutants", counts)
