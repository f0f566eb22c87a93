"""Runs the suite in a child process and makes results of what the child tells.

The child is a Python of its own, so that neither the caller's pytest, nor plug-ins, configuration
or environment reach it. It gets its plan, with the secrets, through a pipe.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import IO

from applet_spec import Changed, ExitCode, UnicardError
from card_conformance.catalogue import matrix
from card_conformance.formats import Json
from card_conformance.needs import Profile
from card_conformance.plan import Plan
from card_conformance.results import (
    Outcome,
    TestResult,
    Verdict,
    counts,
    requirement_results,
    verdict_of,
)
from card_conformance.source import FRESH
from card_conformance.statement import spec_version
from host_lib.interrupt import first_interrupt

_FOREIGN_VARIABLES = ("PYTEST_", "PY_COLORS", "COV_")
Progress = Callable[[TestResult], None]


class EngineFailed(UnicardError):
    """The child process ended without saying so."""


class CannotRun(UnicardError):
    """The suite could not begin, for the reason that the child process gave."""

    def __init__(self, told: Json) -> None:
        super().__init__(
            told["message"],
            changed=Changed[told["changed"].upper()],
            advice=told["advice"],
            exit_code=ExitCode(told["exit_code"]),
        )
        self.kind = told["kind"]

    def as_dict(self) -> dict[str, object]:
        """Return the error as the child named it."""
        return super().as_dict() | {"kind": self.kind}


@dataclass
class _Told:
    """What the child has told so far."""

    card: Json | None = None
    cards: int = 0
    tests: list[TestResult] = field(default_factory=list)
    ended: bool = False
    stopped: Json | None = None


def run(plan: Plan, progress: Progress = lambda _result: None) -> Json:
    """Run the suite and return its results, of the format ``conformance-results``.

    ``progress`` is called with each test's result as it comes. Raises CannotRun when nothing could
    be tried.
    """
    started = datetime.now(UTC)
    told = _Told()
    # The child gets the signal too, gives the card back and tells the rest.
    with first_interrupt(lambda: None):
        for event in _events(plan):
            _take_in(event, told, progress)
    return _results(plan, told, started)


def _take_in(event: Json, told: _Told, progress: Progress) -> None:
    if event["event"] == "card":
        told.card = event["card"]
    elif event["event"] == "test":
        result = TestResult.from_json(event["test"])
        told.tests.append(result)
        progress(result)
    elif event["event"] == "ended":
        told.ended, told.cards, told.stopped = True, event["cards"], event["stopped"]
    elif told.card is None:
        raise CannotRun(event["error"])
    else:
        told.stopped = event["error"]


def _events(plan: Plan) -> Iterator[Json]:
    """Start the child, hand it the plan and yield its events; end it whatever happens."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "card_conformance.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What a crashing interpreter prints may hold a secret.
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    with child:
        assert child.stdin is not None, "Popen was asked for pipes"
        assert child.stdout is not None, "Popen was asked for pipes"
        try:
            yield from _conversation(plan, child.stdin, child.stdout)
        except KeyboardInterrupt:
            # The child got the signal too: let it give the card back and tell the rest.
            yield from map(json.loads, child.stdout)
        finally:
            child.stdout.close()


def _conversation(plan: Plan, to_child: IO[bytes], from_child: IO[bytes]) -> Iterator[Json]:
    try:
        to_child.write(plan.to_child())
        to_child.close()
    except BrokenPipeError:
        pass
    for line in from_child:
        yield json.loads(line)


def _environment() -> dict[str, str]:
    """Return the child's environment: the caller's without what would steer pytest.

    The module path is handed on as it is here, so that the child runs the same installation.
    """
    kept = {n: v for n, v in os.environ.items() if not n.startswith(_FOREIGN_VARIABLES)}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}


def _results(plan: Plan, told: _Told, started: datetime) -> Json:
    stopped = told.stopped
    if not told.ended and stopped is None:
        stopped = EngineFailed(
            "the process that ran the tests ended without a word",
            changed=Changed.NO if _harmless(plan) else Changed.UNKNOWN,
            advice="look at the card with `unicard card show`, then run the suite again",
            exit_code=ExitCode.FAILED if _harmless(plan) else ExitCode.UNCERTAIN,
        ).as_dict()
    complete = told.ended and stopped is None
    verdict = verdict_of(told.tests, complete=complete, may_have_changed=not _harmless(plan))
    return {
        "format": "unicard-conformance-results",
        "version": 1,
        "suite_version": _suite_version(),
        "spec_version": spec_version(),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": plan.reader,
        "profile": plan.profile.value,
        "statement": plan.statement.as_json(),
        "card": told.card,
        "cards_used": max(told.cards, 1 if told.card else 0),
        "verdict": verdict.value,
        "stopped": stopped,
        "counts": counts(told.tests),
        "requirements": requirement_results(matrix(), told.tests, plan.selected, plan.statement),
        "tests": [result.as_json() for result in told.tests],
    }


def _harmless(plan: Plan) -> bool:
    """Say whether a run that ends early leaves nothing changed that anyone would miss."""
    return plan.profile is Profile.READ_ONLY or plan.reader in FRESH


def _suite_version() -> str:
    try:
        return version("unicard")
    except PackageNotFoundError:
        return "unknown"


def error_of(results: Json) -> UnicardError | None:
    """Return the error that a run's results end the command line with; None for a good run."""
    verdict = Verdict(results["verdict"])
    if verdict is Verdict.PASSED:
        return None
    error = _error(results, verdict)
    if used_fresh_cards(results):
        error.changed = Changed.YES
    return error


def used_fresh_cards(results: Json) -> bool:
    """Say whether tests ran on software cards made for the run, which are gone with it."""
    ran = any(test["outcome"] != Outcome.NOT_RUN.value for test in results["tests"])
    return ran and results["reader"] in FRESH


def _error(results: Json, verdict: Verdict) -> UnicardError:
    stopped = results["stopped"]
    if stopped is not None:
        changed = stopped["changed"].upper() if verdict is Verdict.UNCERTAIN else "NO"
        return UnicardError(
            stopped["message"],
            changed=Changed[changed],
            advice=stopped["advice"],
            exit_code=verdict.exit_code,
        )
    error = _shortfall(results, verdict)
    if results["profile"] == Profile.DESTRUCTIVE.value and results["reader"] not in FRESH:
        error.changed = Changed.YES
    return error


def _shortfall(results: Json, verdict: Verdict) -> UnicardError:
    """Return the error for a run that came to its end and is no success."""
    tally = results["counts"]
    if verdict is Verdict.FAILED:
        failed = [r["id"] for r in results["requirements"] if r["outcome"] == "failed"]
        return UnicardError(
            f"the card fails {len(failed)} requirement{'s' * (len(failed) != 1)}: "
            f"{', '.join(failed)}",
            advice="the results say for each what was sent, what came and what was expected",
            exit_code=verdict.exit_code,
        )
    if tally[Outcome.ERROR.value]:
        first = next(t for t in results["tests"] if t["outcome"] == Outcome.ERROR.value)
        return UnicardError(
            f"{tally['error']} test{'s' * (tally['error'] != 1)} could not be carried out; "
            f"the first: {first['reason']}",
            advice="see the results; a run that shows nothing is not a passed one",
            exit_code=verdict.exit_code,
        )
    reasons = {t["reason"] for t in results["tests"]} or {"none was selected"}
    return UnicardError(
        f"no test was run: {'; '.join(sorted(reasons))}",
        advice="give what the tests need, or select other requirements",
        exit_code=verdict.exit_code,
    )
