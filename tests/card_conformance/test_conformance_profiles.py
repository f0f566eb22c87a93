"""The suite passes on every type of software card, in the dialect that its i announces."""

import pytest

from applet_spec import spec
from card_simulator.profiles import software_profiles
from tests.card_conformance.conftest import (
    fresh_card,
    outcomes_of,
    results_of,
    run_suite,
    statement_of,
)


@pytest.mark.parametrize("profile", software_profiles())
def test_a_right_card_of_every_type_passes_its_dialect(profile: str) -> None:
    events = run_suite(
        *("SCP", "SM", "PUK", "DLK"),
        statement=statement_of(profile),
        opener=lambda _name: fresh_card(profile),
    )
    assert set(outcomes_of(events)) <= {"passed", "not run"}
    passed = {
        number
        for r in results_of(events)
        if r["outcome"] == "passed"
        for number in r["requirements"]
    }
    counting = spec().secure_channel.is_pseudo_random(spec().card_profiles[profile].i or 0)
    assert {"SCP-03", "SCP-09", "SCP-10", "PUK-11"} <= passed
    assert ("SCP-11" in passed) == counting


@pytest.mark.proof
@pytest.mark.parametrize("profile", software_profiles())
def test_a_right_card_of_every_type_passes_everything(profile: str) -> None:
    events = run_suite(statement=statement_of(profile), opener=lambda _name: fresh_card(profile))
    assert set(outcomes_of(events)) <= {"passed", "not run"}


def test_a_card_that_has_another_i_than_its_statement_fails() -> None:
    statement = statement_of("unicard-reference")
    events = run_suite(
        "SCP-01",
        statement=statement,
        opener=lambda _name: fresh_card("unicard-pseudo-random"),
    )
    assert outcomes_of(events)["failed"] == 1
