"""What came of a run: each test, each requirement, the verdict. Values only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from applet_spec import ExitCode
from card_conformance.catalogue import Row
from card_conformance.formats import Json
from card_conformance.statement import Statement


class Outcome(Enum):
    """What came of one test."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """The test could not be carried out, through no known fault of the card."""
    NOT_RUN = "not run"


class Verdict(Enum):
    """What came of the run."""

    PASSED = "passed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    NOT_DONE = "not done"

    @property
    def exit_code(self) -> ExitCode:
        """What the command line ends with."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.PASSED: ExitCode.DONE,
    Verdict.FAILED: ExitCode.REFUSED,
    Verdict.UNCERTAIN: ExitCode.UNCERTAIN,
    Verdict.NOT_DONE: ExitCode.FAILED,
}


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's result; ``failure`` and ``trace`` as results files hold them."""

    __test__ = False
    name: str
    requirements: tuple[str, ...]
    outcome: Outcome
    reason: str
    failure: Json | None
    seconds: float
    trace: Sequence[Json]

    def as_json(self) -> Json:
        """Return the result as results files hold it."""
        return {
            "name": self.name,
            "requirements": list(self.requirements),
            "outcome": self.outcome.value,
            "reason": self.reason,
            "failure": self.failure,
            "seconds": self.seconds,
            "trace": list(self.trace),
        }

    @classmethod
    def from_json(cls, content: Json) -> "TestResult":
        """Read what `as_json` wrote."""
        return cls(
            content["name"],
            tuple(content["requirements"]),
            Outcome(content["outcome"]),
            content["reason"],
            content["failure"],
            content["seconds"],
            content["trace"],
        )


def verdict_of(tests: Iterable[TestResult], *, complete: bool, may_have_changed: bool) -> Verdict:
    """Return the verdict. ``complete``: the run came to its end by itself.

    ``may_have_changed``: the card of a run that did not may differ from before.
    """
    outcomes = {test.outcome for test in tests}
    if complete and Outcome.FAILED in outcomes:
        return Verdict.FAILED
    if not complete or Outcome.ERROR in outcomes:
        return Verdict.UNCERTAIN if may_have_changed else Verdict.NOT_DONE
    return Verdict.PASSED if Outcome.PASSED in outcomes else Verdict.NOT_DONE


def counts(tests: Iterable[TestResult]) -> dict[str, int]:
    """Return the number of tests by outcome."""
    found = [test.outcome for test in tests]
    return {outcome.value: found.count(outcome) for outcome in Outcome}


def requirement_results(
    rows: Iterable[Row],
    tests: Sequence[TestResult],
    selected: frozenset[str],
    statement: Statement,
) -> list[Json]:
    """Return what came of each requirement of the contract, as results files hold it."""
    return [_requirement(row, tests, selected, statement) for row in rows]


def _requirement(
    row: Row, tests: Sequence[TestResult], selected: frozenset[str], statement: Statement
) -> Json:
    number = row.requirement.id
    own = [test for test in tests if number in test.requirements]
    if number in statement.not_applicable:
        outcome, reason = "not applicable", statement.not_applicable[number]
    elif number not in selected:
        outcome, reason = "not selected", ""
    elif own:
        outcome, reason = _summed(own)
    elif row.requirement.shown_elsewhere:
        outcome, reason = "shown elsewhere", row.requirement.shown_elsewhere
    elif row.requirement.draft:
        outcome, reason = "draft", "not in this version of the contract yet"
    else:
        outcome, reason = "not run", "the run ended before its tests"
    return {
        "id": number,
        "outcome": outcome,
        "tests": [test.name for test in own],
        "reason": reason,
    }


def _summed(own: Sequence[TestResult]) -> tuple[str, str]:
    """Return outcome and reason of a requirement from those of its tests."""
    reasons = {
        outcome: next((t.reason for t in own if t.outcome is outcome), None) for outcome in Outcome
    }
    failed = reasons[Outcome.FAILED]
    if failed is not None:
        return "failed", failed
    left_out = reasons[Outcome.ERROR] or reasons[Outcome.NOT_RUN]
    if left_out is None:
        return "passed", ""
    return ("not run" if reasons[Outcome.PASSED] is None else "partly"), left_out
