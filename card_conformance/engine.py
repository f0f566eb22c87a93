"""The child process: opens the card, hands the suite to pytest, and tells what happens as it does.

Reads its plan from standard input and writes one JSON event a line to standard output: ``card``
once the card has been asked who it is, ``test`` for each result, ``ended``; or ``error`` where the
run cannot begin.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError, spec
from card_conformance import suite
from card_conformance.catalogue import SuiteDefect, check_coverage, matrix
from card_conformance.formats import Json
from card_conformance.keyring import InventedKeyring, Keyring, StoreKeyring
from card_conformance.needs import Profile, Stage
from card_conformance.plan import Plan
from card_conformance.plugin import SuitePlugin
from card_conformance.prepare import stage_of
from card_conformance.results import TestResult
from card_conformance.source import FRESH, CardSource, FreshCards, OneCard
from card_conformance.statement import spec_version
from host_lib.flow.identify import CardFacts
from host_lib.reader import Reader, open_reader
from keys_tool.store import open_store

Emit = Callable[[Json], None]
Opener = Callable[[str], Reader]
SUITE = Path(next(iter(suite.__path__)))
WAIT_FOR_CARD = 10.0
"""Seconds that a reader without a card is given."""


class WrongCard(UnicardError):
    """A destructive run was allowed for another card than the one in the reader."""

    exit_code = ExitCode.USAGE
    advice = "repeat the chip serial of the card that may be consumed: --card SERIAL"


class CardNewer(UnicardError):
    """The card follows another major version of the contract than this suite."""

    advice = "use the suite of the card's version"


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
        keyring = stack.enter_context(_keys(plan))
        source = _source(plan, keyring, opener)
        stack.callback(source.close)
        emit({"event": "card", "card": _facts(source.facts)})
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


# Keys and cards


@contextmanager
def _keys(plan: Plan) -> Iterator[Keyring | None]:
    if plan.store is not None:
        with open_store(plan.store.location, plan.store.passphrase) as store:
            yield StoreKeyring(store)
    else:
        fresh = plan.reader in FRESH
        yield InventedKeyring(plan.statement.key_length) if fresh else None


def _source(plan: Plan, keyring: Keyring | None, opener: Opener) -> CardSource:
    if plan.reader in FRESH and keyring is not None:
        return FreshCards(lambda: opener(plan.reader), plan.statement, keyring)
    reader = opener(plan.reader)
    try:
        reader.wait_for_card(WAIT_FOR_CARD)
        destructive = plan.profile is Profile.DESTRUCTIVE
        source = OneCard(reader, plan.statement, keyring, may_advance=destructive)
        _check_card(plan, source)
    except BaseException:
        reader.close()
        raise
    return source


def _check_card(plan: Plan, source: OneCard) -> None:
    """Make sure, before any test, that it is the right card and that keys and PIN are its own.

    Raises WrongCard, CardNewer, `CardCryptogramError` (the one attempt ends before EXTERNAL
    AUTHENTICATE), `WrongPin`.
    """
    serial = source.facts.cplc.chip_serial
    if plan.profile is Profile.DESTRUCTIVE and plan.card != serial:
        named = plan.card.hex().upper() if plan.card else "none"
        raise WrongCard(
            f"a destructive run was allowed for card {named}; in the reader is "
            f"{serial.hex().upper()}"
        )
    application = source.facts.application
    if application is not None and application.version[0] != spec().version[0]:
        major, minor = application.version
        raise CardNewer(
            f"the card follows version {major}.{minor} of the contract, the suite {spec_version()}"
        )
    card = source.card
    if plan.profile is Profile.READ_ONLY or plan.store is None:
        return
    with card.reader.unobserved():
        if source.start is not Stage.TERMINATED:
            card.session(on_manager=True)
        if plan.pin is not None and source.start is Stage.ISSUED:
            card.prove_pin(plan.pin)


def _facts(facts: CardFacts) -> Json:
    application = facts.application
    version = ".".join(str(n) for n in application.version) if application else None
    return {
        "chip_serial": facts.cplc.chip_serial.hex().upper(),
        "key_versions": [f"{version:02X}" for version in facts.key_versions],
        "profile_version": version,
        "state": application.state if application else None,
        "stage": stage_of(facts).name,
    }


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

    try:
        run(plan, emit)
    except KeyboardInterrupt:
        emit({"event": "error", "error": Interrupted("the run was stopped").as_dict()})
    except UnicardError as error:
        emit({"event": "error", "error": error.as_dict()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
