"""The suite on the Java card, which has the card manager and not yet the application."""

import pytest

from applet_spec import spec
from applet_spec.simulated import software_profiles
from card_conformance.catalogue import group_of, matrix
from card_conformance.formats import Json
from card_conformance.statement import Statement
from host_lib.reader import Reader, open_reader
from java_card.build import JavaCardMissing, find_runtime
from tests.card_conformance.conftest import outcomes_of, results_of, run_suite

WITHOUT_APPLICATION = Statement(card="the Java card", application=False)
OF_THE_APPLICATION = {
    "SEL", "GDA", "GDP", "PDA", "PIN", "CHG", "RRC", "AUT", "KEY", "STD", "STA", "ROL", "RPK", "RDK"
}  # fmt: skip
"""Groups of requirements about what the card manager does not have."""
NEEDS_THE_APPLICATION = {
    "DEL-07": "what the Unicard application stored is erased with it",
    "SDI-06": "what a loaded file without code makes is nothing to be personalized",
    "SST-07": "what the Unicard application holds outlasts a lock",
}
"""Requirements of the card manager's groups that a card with it alone cannot show."""
PSEUDO_RANDOM = "SCP-11"
"""Shown on a card type whose challenges are pseudo-random."""


@pytest.fixture(autouse=True)
def _built() -> None:
    try:
        find_runtime()
    except JavaCardMissing as error:
        pytest.skip(f"{error.message}; {error.advice}")


def of_the_card_manager() -> set[str]:
    """Return what a card with the card manager alone can show through commands."""
    shown = {row.requirement.id for row in matrix() if row.tests} - NEEDS_THE_APPLICATION.keys()
    return {number for number in shown if group_of(number) not in OF_THE_APPLICATION}


def passed(events: list[Json]) -> set[str]:
    """Return the requirements of which a test passed."""
    results = (result for result in results_of(events) if result["outcome"] == "passed")
    return {number for result in results for number in result["requirements"]}


def test_what_the_suite_asks_of_a_card_manager_alone_passes_on_the_java_card() -> None:
    java, sim = (run_suite(reader=name, statement=WITHOUT_APPLICATION) for name in ("java", "sim"))
    assert outcomes_of(java) == outcomes_of(sim)
    assert outcomes_of(java).keys() == {"passed", "not run"}
    reasons = {r["reason"] for r in results_of(java) if r["outcome"] == "not run"}
    assert reasons == {
        "needs the application, which this card does not have",
        "the card's challenges are random",
    }
    assert passed(java) == passed(sim)
    assert passed(java) - {"SEL-02", "SEL-04"} == of_the_card_manager() - {PSEUDO_RANDOM}


@pytest.mark.parametrize("name", software_profiles()[1:])
def test_sessions_with_each_other_type_of_java_card_are_as_the_suite_asks(name: str) -> None:
    def opener(_: str) -> Reader:
        return open_reader(f"java:{name}")

    i = spec().card_profiles[name].i
    statement = Statement(card="the Java card", profile=name, i=i, application=False)
    events = run_suite("SCP", "SM", reader="java", statement=statement, opener=opener)
    assert outcomes_of(events).keys() == {"passed", "not run"}
    assert (PSEUDO_RANDOM in passed(events)) == spec().secure_channel.is_pseudo_random(i or 0)
    assert {"SCP-03", "SCP-10", "SM-03", "SM-11"} <= passed(events)
