"""The suite notices wrong cards, each by a test of the requirement that the card fails."""

import pytest

from tests.card_conformance.conftest import Score, Switch, results_of, run_suite
from tests.card_conformance.mutants import Mutant, behaviour_mutants, status_mutants

MUTANTS = (*status_mutants(), *behaviour_mutants())


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_card_fails_the_requirement_that_it_breaks(
    mutant: Mutant, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = Switch(mutant, monkeypatch)
    events = run_suite(mutant.requirement, opener=switch.open, plugins=(switch,))
    outcomes = {result["name"]: result["outcome"] for result in results_of(events)}
    if "failed" in outcomes.values():
        score.caught += 1
        return
    score.survived.append(str(mutant))
    pytest.fail(f"{mutant} was not noticed: {outcomes}")
