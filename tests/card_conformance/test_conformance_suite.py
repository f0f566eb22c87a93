"""What the suite says of a right card, what it leaves out and why, and what it cannot overlook."""

from pathlib import Path
from types import MappingProxyType

import pytest

from applet_spec import spec
from card_conformance import engine
from card_conformance.catalogue import (
    SuiteDefect,
    TestEntry,
    UnknownRequirement,
    check_coverage,
    checked_claim,
    matrix,
    selected,
)
from card_conformance.formats import Json
from card_conformance.needs import ANY_CARD, Needs, Profile, Stage
from card_conformance.plan import Plan
from card_conformance.requirement import Claim, requirement
from card_conformance.results import (
    Outcome,
    TestResult,
    Verdict,
    requirement_results,
    verdict_of,
)
from card_conformance.statement import Statement
from card_simulator.chip import Interface
from card_simulator.reader import SIM, SimReader
from host_lib.reader import Reader, open_reader
from tests.card_conformance.conftest import IssuedCard, outcomes_of, results_of, run_suite

CONTACTLESS = Statement(interface="contactless")


def _requirements(events: list[Json], chosen: tuple[str, ...] = ()) -> dict[str, str]:
    tests = [TestResult.from_json(result) for result in results_of(events)]
    rows = requirement_results(matrix(), tests, selected(chosen), Statement())
    return {row["id"]: row["outcome"] for row in rows}


def test_one_command_covers_every_requirement_on_fresh_software_cards() -> None:
    events = run_suite()
    found = _requirements(events)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    for number, requirement_ in spec().requirements.items():
        if requirement_.draft:
            assert found[number] == "draft"
        elif number == "PIN-07":
            assert found[number] == "not run", "the card is asked over the contact interface"
        elif number == "SCP-11":
            assert found[number] == "not run", "the reference card's challenges are random"
        else:
            assert found[number] in ("passed", "shown elsewhere"), number
    assert events[-1]["stopped"] is None


def test_the_standard_profile_leaves_out_what_consumes_a_card() -> None:
    events = run_suite("DLK", "PIN", profile=Profile.STANDARD)
    reasons = {r["reason"] for r in results_of(events) if r["outcome"] == "not run"}
    assert "needs the destructive profile" in reasons
    assert outcomes_of(events)["passed"] > 10
    assert _requirements(events, ("DLK", "PIN"))["DLK-04"] == "not run"


def _contactless(_name: str) -> Reader:
    reader = SIM.open("")
    reader.card.interface = Interface.CONTACTLESS
    return reader


def _in_contact(_name: str) -> Reader:
    return SIM.open("")


def test_pin_rules_of_contactless_are_shown_on_a_contactless_card() -> None:
    events = run_suite("PIN", statement=CONTACTLESS, opener=_contactless)
    passed = {r["name"] for r in results_of(events) if r["outcome"] == "passed"}
    assert passed == {"pin::over_contactless_the_pin_is_taken_in_a_session_only"}
    assert "failed" not in outcomes_of(events)


def test_a_card_that_takes_a_pin_over_contactless_is_noticed() -> None:
    events = run_suite("PIN-07", statement=CONTACTLESS, opener=_in_contact)
    assert outcomes_of(events) == {"failed": 1}


def test_the_statement_selects_what_applies() -> None:
    statement = Statement(
        levels=(0x33,),
        finger=False,
        key_length=32,
        not_applicable=MappingProxyType({"SST-01": "this product leaves the factory SECURED"}),
    )
    events = run_suite("SCP-03", "SST", "PUK-01", "SM-05", statement=statement)
    not_run = {r["reason"] for r in results_of(events) if r["outcome"] == "not run"}
    assert "the card does not offer level 11" in not_run
    assert any("SST-01 does not apply" in reason for reason in not_run)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    tests = [TestResult.from_json(result) for result in results_of(events)]
    rows = requirement_results(matrix(), tests, selected(()), statement)
    row = next(row for row in rows if row["id"] == "SST-01")
    assert (row["outcome"], row["reason"]) == (
        "not applicable",
        "this product leaves the factory SECURED",
    )


def test_a_run_in_which_no_test_ran_is_not_a_passed_one() -> None:
    statement = Statement(not_applicable=MappingProxyType({"SEL-05": "not claimed"}))
    events = run_suite("SEL-05", statement=statement)
    assert outcomes_of(events) == {"not run": 2}
    tests = [TestResult.from_json(result) for result in results_of(events)]
    verdict = verdict_of(tests, complete=True, may_have_changed=False)
    assert verdict is Verdict.NOT_DONE
    assert verdict.exit_code == 1


def _result(outcome: Outcome) -> TestResult:
    return TestResult("pin::x", ("PIN-01",), outcome, "", None, 0.0, ())


@pytest.mark.parametrize(
    ("outcomes", "complete", "may_have_changed", "verdict"),
    [
        ((Outcome.PASSED, Outcome.NOT_RUN), True, True, Verdict.PASSED),
        ((Outcome.PASSED, Outcome.FAILED), True, True, Verdict.FAILED),
        ((Outcome.PASSED, Outcome.ERROR), True, False, Verdict.NOT_DONE),
        ((Outcome.PASSED, Outcome.ERROR), True, True, Verdict.UNCERTAIN),
        ((Outcome.FAILED, Outcome.ERROR), True, True, Verdict.FAILED),
        ((Outcome.PASSED,), False, False, Verdict.NOT_DONE),
        ((Outcome.FAILED,), False, True, Verdict.UNCERTAIN),
        ((Outcome.NOT_RUN,), True, True, Verdict.NOT_DONE),
        ((), True, True, Verdict.NOT_DONE),
    ],
)
def test_the_verdict_never_says_more_than_was_shown(
    outcomes: tuple[Outcome, ...], complete: bool, may_have_changed: bool, verdict: Verdict
) -> None:
    tests = [_result(outcome) for outcome in outcomes]
    assert verdict_of(tests, complete=complete, may_have_changed=may_have_changed) is verdict


def test_a_requirement_with_a_test_that_did_not_run_is_not_passed() -> None:
    tests = [_result(Outcome.PASSED), _result(Outcome.NOT_RUN)]
    rows = requirement_results(matrix(), tests, selected(["PIN"]), Statement())
    assert next(row for row in rows if row["id"] == "PIN-01")["outcome"] == "partly"


def test_every_requirement_has_a_test_or_says_where_else_it_is_shown() -> None:
    check_coverage(matrix())


def test_a_requirement_without_test_is_found() -> None:
    without = [row for row in matrix(()) if not row.requirement.draft]
    with pytest.raises(SuiteDefect, match="GEN-01"):
        check_coverage(without)


def test_a_test_that_names_an_unknown_requirement_is_found() -> None:
    @requirement("PIN-99")
    def wrong() -> None: ...

    with pytest.raises(SuiteDefect, match="PIN-99"):
        checked_claim("pin::wrong", wrong)
    with pytest.raises(SuiteDefect, match="names no requirement"):
        checked_claim("pin::nothing", lambda: None)


@pytest.mark.parametrize(
    ("decorator", "complaint"),
    [
        ('@requirement("PIN-99")', "PIN-99"),
        ("@requirement()", "names no requirement"),
        ("", "names no requirement"),
        ("import no_such_module_here", "cannot be collected"),
    ],
)
def test_a_suite_that_does_not_fit_the_contract_is_not_run(
    tmp_path: Path, decorator: str, complaint: str
) -> None:
    module = tmp_path / "test_added.py"
    module.write_text(
        "from card_conformance.requirement import requirement\n"
        f"{decorator}\ndef test_something(card): pass\n",
        encoding="utf-8",
    )
    plan = Plan("sim", Profile.READ_ONLY, selected(()), Statement())
    events: list[Json] = []
    with pytest.raises(SuiteDefect, match=complaint):
        engine.run(plan, events.append, folder=tmp_path)
    assert not results_of(events)


def test_a_defect_of_a_test_is_an_error_and_shows_no_value(tmp_path: Path) -> None:
    (tmp_path / "test_added.py").write_text(
        "from card_conformance.requirement import requirement\n"
        "@requirement('PIN-01')\n"
        "def test_something(card):\n    raise ValueError('the PIN is 987123')\n",
        encoding="utf-8",
    )
    plan = Plan("sim", Profile.READ_ONLY, selected(()), Statement())
    events: list[Json] = []
    engine.run(plan, events.append, folder=tmp_path)
    (result,) = results_of(events)
    assert result["outcome"] == "error"
    assert result["reason"] == "a defect of the suite: ValueError at test_added.py:4"


def test_groups_and_numbers_select_and_unknown_ones_are_refused() -> None:
    assert selected(["pin-03", "KEY"]) == {"PIN-03", "KEY-01", "KEY-02", "KEY-03", "KEY-04"}
    assert selected([]) == set(spec().requirements)
    with pytest.raises(UnknownRequirement, match="PIN-99") as caught:
        selected(["PIN-99"])
    assert caught.value.exit_code == 2


def test_what_a_test_may_do_follows_from_its_needs() -> None:
    assert ANY_CARD.profile is Profile.READ_ONLY
    assert Needs(frozenset({Stage.ISSUED}), keys=True).profile is Profile.STANDARD
    assert Needs(frozenset({Stage.KEYED}), keys=True).profile is Profile.DESTRUCTIVE
    assert Needs(frozenset({Stage.ISSUED}), leaves=Stage.ISSUED).profile is Profile.DESTRUCTIVE


def test_no_test_of_the_read_only_profile_asks_for_keys_or_a_pin() -> None:
    entries = {entry for row in matrix() for entry in row.tests}
    read_only = [e for e in entries if e.claim.needs.profile is Profile.READ_ONLY]
    assert len(read_only) > 20
    assert not any(e.claim.needs.keys or e.claim.needs.pin for e in read_only)


class _Instructions:
    """A reader that remembers which commands in clear could cost a PIN try or change the card."""

    def __init__(self, reader: Reader, sent: set[int]) -> None:
        self._reader = reader
        self._sent = sent

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        if len(command) > 5:
            self._sent.add(command[1])
        return self._reader.transmit(command, timeout)


def test_the_read_only_profile_sends_no_pin_and_no_host_cryptogram(issued: IssuedCard) -> None:
    sent: set[int] = set()

    def opener(name: str) -> Reader:
        reader: object = _Instructions(open_reader(name), sent)
        return reader  # type: ignore[return-value]

    run_suite(reader=issued.reader, profile=Profile.READ_ONLY, opener=opener)
    assert 0x50 in sent
    assert not sent & {0x20, 0x24, 0x2C}


def test_the_name_of_a_test_is_its_sentence() -> None:
    entry = TestEntry("pin::a_wrong_pin_costs_one_try", Claim(("PIN-02",), ANY_CARD))
    assert entry.sentence == "a wrong pin costs one try"


class _RefusesKeys(SimReader):
    """A card that refuses what the suite needs to prepare it."""

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == 0xD8:
            return b"\x6a\x80"
        return super().transmit(command, timeout)


def test_a_card_that_cannot_be_prepared_shows_nothing() -> None:
    def opener(_name: str) -> Reader:
        reader = SIM.open("")
        return _RefusesKeys("sim", reader.card)

    events = run_suite("AUT-02", opener=opener)
    (result,) = results_of(events)
    assert result["outcome"] == "error"
    assert "could not be brought to where the test needs it" in result["reason"]
