"""The suite on the Java card, which has the card manager and not yet the application."""

import pytest

from card_conformance.statement import Statement
from java_card.build import JavaCardMissing, find_runtime
from tests.card_conformance.conftest import outcomes_of, results_of, run_suite

WITHOUT_APPLICATION = Statement(card="the Java card", application=False)


def test_what_the_suite_asks_of_a_card_manager_alone_passes_on_the_java_card() -> None:
    try:
        find_runtime()
    except JavaCardMissing as error:
        pytest.skip(f"{error.message}; {error.advice}")
    java, sim = (run_suite(reader=name, statement=WITHOUT_APPLICATION) for name in ("java", "sim"))
    assert outcomes_of(java) == outcomes_of(sim)
    assert outcomes_of(java).keys() == {"passed", "not run"}
    reasons = {r["reason"] for r in results_of(java) if r["outcome"] == "not run"}
    assert reasons == {
        "needs the application, which this card does not have",
        "the card's challenges are random",
    }
    passed = {r["name"] for r in results_of(java) if r["outcome"] == "passed"}
    assert {r["name"] for r in results_of(sim) if r["outcome"] == "passed"} == passed
    assert len(passed) > 120
