"""The child process: opens the card, hands the suite to pytest, and tells what happens as it does.

Reads its plan from standard input and writes one JSON event a line to standard output: ``card``
once the card has been asked who it is, ``test`` for each result, ``ended``; or ``error`` where the
run cannot begin.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from card_conformance import suite
from card_conformance.catalogue import SuiteDefect, check_coverage, matrix
from card_conformance.formats import Json
from card_conformance.opening import Opener, facts_json, keys, open_source
from card_conformance.plan import Plan
from card_conformance.plugin import SuitePlugin
from card_conformance.results import TestResult
from card_conformance.source import CardSource
from host_lib.interrupt import first_interrupt
from host_lib.reader import open_reader

Emit = Callable[[Json], None]
SUITE = Path(next(iter(suite.__path__)))


class Interrupted(UnicardError):
    """Somebody stopped the run."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "look at the card before it is used: `unicard card show`"


def run(
    plan: Plan,
    emit: Emit,
    *,
    opener: Opener = open_reader,
    folder: Path = SUITE,
    plugins: Sequence[object] = (),
) -> None:
    """Carry out a plan and emit its events. Raises UnicardError when it cannot begin.

    ``opener`` opens readers by name; ``folder`` holds the tests; ``plugins`` come on top of the
    suite's own.
    """
    if folder == SUITE:
        check_coverage(matrix())
    with ExitStack() as stack:
        keyring = stack.enter_context(keys(plan))
        source = open_source(plan, keyring, opener)
        stack.callback(source.close)
        emit({"event": "card", "card": facts_json(source.facts)})
        _Session(plan, source, emit).run(_where(folder, plan.selected), plugins)


def _where(folder: Path, selected: frozenset[str]) -> list[Path]:
    """Return what pytest is to look through: of the suite, the modules with selected tests."""
    if folder != SUITE:
        return [folder]
    chosen = (test for row in matrix() if row.requirement.id in selected for test in row.tests)
    modules = {f"test_{test.name.partition('::')[0]}.py" for test in chosen}
    return [SUITE / name for name in sorted(modules)]


class _Session:
    """One run of pytest over the suite."""

    def __init__(self, plan: Plan, source: CardSource, emit: Emit) -> None:
        self._source = source
        self._emit = emit
        self._reported: set[str] = set()
        self._plugin = SuitePlugin(plan, source, self._tell)

    def run(self, where: Sequence[Path], plugins: Sequence[object]) -> None:
        """Run the tests, emit a result for each and say how the run ended."""
        seen = _Collected()
        code = pytest.ExitCode(
            pytest.main(_arguments(where), plugins=[self._plugin, seen, *plugins])
        )
        stopped = self._plugin.stopped
        if isinstance(stopped, SuiteDefect):
            raise stopped
        if code == pytest.ExitCode.INTERRUPTED and stopped is None:
            stopped = KeyboardInterrupt()
        if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) or seen.faults:
            raise SuiteDefect(f"the suite cannot be collected: {seen.faults or code.name}")
        for result in self._plugin.missing(seen.items, self._reported):
            self._tell(result)
        error = _as_error(stopped)
        self._emit(
            {"event": "ended", "cards": self._source.cards, "stopped": error and error.as_dict()}
        )

    def _tell(self, result: TestResult) -> None:
        self._reported.add(result.name)
        self._emit({"event": "test", "test": result.as_json()})


class _StopAfterTest:
    """Ends the run once the test at hand has given the card back."""

    def __init__(self) -> None:
        self._session: pytest.Session | None = None
        self._asked = False

    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Remember the run that can be asked to end, if it has not been already."""
        self._session = session
        if self._asked:
            self.ask()

    def ask(self) -> None:
        """End the run after the test at hand; before there is one, after the first."""
        self._asked = True
        if self._session is not None:
            self._session.shouldstop = "stopped from the keyboard"


class _Collected:
    """Remembers what pytest collected, and what it could not."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []
        self.faults = ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the tests in the order in which they will run."""
        self.items = list(session.items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the name of a module that cannot be imported."""
        if report.failed:
            self.faults = report.nodeid


_SWITCHED_OFF = (
    "cacheprovider",
    "terminal",
    "junitxml",
    "logging",
    "doctest",
    "faulthandler",
    # These two collect garbage many times at the end of a run, for a third of its time.
    "unraisableexception",
    "threadexception",
)


def _arguments(where: Sequence[Path]) -> list[str]:
    """Return pytest's arguments: its own configuration, nothing cached, printed or rewritten."""
    return [
        *(str(path) for path in where),
        "-c",
        str(SUITE / "pytest.ini"),
        f"--rootdir={SUITE}",
        "--noconftest",
        "--strict-markers",
        "--strict-config",
        "--import-mode=importlib",
        # A rewritten assert would show values in its message, and so perhaps a secret.
        "--assert=plain",
        "--capture=no",
        *(word for name in _SWITCHED_OFF for word in ("-p", f"no:{name}")),
    ]


def _as_error(stopped: BaseException | None) -> UnicardError | None:
    if stopped is None or isinstance(stopped, UnicardError):
        return stopped
    return Interrupted("the run was stopped")


# The process


def main() -> int:
    """Carry out the plan on standard input; the events go to standard output."""
    plan = Plan.from_parent(sys.stdin.buffer.read())
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever the engine or a library prints is not an event, and may hold a secret.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)

    def emit(event: Json) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    stop = _StopAfterTest()
    try:
        with first_interrupt(stop.ask):
            run(plan, emit, plugins=(stop,))
    except KeyboardInterrupt:
        emit({"event": "error", "error": Interrupted("the run was stopped").as_dict()})
    except UnicardError as error:
        emit({"event": "error", "error": error.as_dict()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
