"""The suite's one pytest plug-in: orders tests, lends them cards, and says what came of each."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from applet_spec import UnicardError
from card_conformance.card_under_test import CardNotRestored, CardUnderTest
from card_conformance.catalogue import SuiteDefect, checked_claim, entry_name
from card_conformance.failure import Failure, NotConform, NotRun
from card_conformance.needs import Stage
from card_conformance.plan import Plan
from card_conformance.requirement import Claim
from card_conformance.results import Outcome, TestResult
from card_conformance.source import CardSource
from host_lib.errors import ReaderError
from host_lib.secret import Pin

_RESTORING = "teardown"


class SuitePlugin:
    """Runs the tests of one plan on cards of one source; ``emit`` gets each result at once.

    ``stopped`` is the error that ended the run early, None for a run that came to its end.
    """

    def __init__(self, plan: Plan, source: CardSource, emit: Callable[[TestResult], None]) -> None:
        self._plan = plan
        self._source = source
        self._emit = emit
        self._claims: dict[str, Claim] = {}
        self._running: _Running | None = None
        self.stopped: BaseException | None = None

    # What is run, in which order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Check that each test names requirements, keep those selected and put them in order."""
        for item in items:
            try:
                self._claims[item.nodeid] = checked_claim(_name(item), _function(item))
            except SuiteDefect as error:
                self.stopped = error
                raise pytest.UsageError(error.message) from error
        chosen = [i for i in items if self._plan.selected & {*self._claim(i).requirements}]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        # A card only goes forward, so what changes it for good comes last at each stage.
        items[:] = sorted(chosen, key=self._place)

    def _place(self, item: pytest.Item) -> tuple[int, int]:
        needs = self._claim(item).needs
        stage = needs.stage_from(self._source.start)
        return stage or max(Stage), needs.leaves or 0

    def _claim(self, item: pytest.Item) -> Claim:
        return self._claims[item.nodeid]

    # What a test gets

    @pytest.fixture
    def card(self, request: pytest.FixtureRequest) -> CardUnderTest:
        """A card at the stage that the test needs, just reset."""
        claim = self._claim(request.node)
        self._refuse(claim)
        card = self._source.card_for(claim.needs)
        if claim.needs.level:
            card.need_level(claim.needs.level)
        if self._running is not None:
            self._running.card = card
        if claim.needs.keys:
            card.key_version()
        return card

    @pytest.fixture
    def holder_pin(self, card: CardUnderTest) -> Iterator[Pin]:
        """The card's PIN, which is the holder's own; not verified yet."""
        self._refuse_contactless()
        with card.pin_as(transport=False) as pin:
            yield pin

    @pytest.fixture
    def transport_pin(self, card: CardUnderTest) -> Iterator[Pin]:
        """The card's PIN, which is a transport PIN."""
        self._refuse_contactless()
        with card.pin_as(transport=True) as pin:
            yield pin

    def _refuse(self, claim: Claim) -> None:
        for number in claim.requirements:
            reason = self._plan.statement.not_applicable.get(number)
            if reason is not None:
                raise NotRun(f"{number} does not apply to this card: {reason}")
        needed = claim.needs.profile
        if needed.rank > self._plan.profile.rank:
            raise NotRun(f"needs the {needed.value} profile")

    def _refuse_contactless(self) -> None:
        if self._plan.statement.interface == "contactless":
            raise NotRun("PIN commands in clear need the contact interface")

    # What came of it

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Follow one test through its phases and report it."""
        running = self._running = _Running(disposable=self._source.disposable)
        try:
            return (yield)
        except BaseException as error:
            running.note("call", error)
            self.stopped = self.stopped or error
            raise
        finally:
            self._running = None
            self._take_back(item, running)
            self._emit(running.result(_name(item), self._claim(item)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[Any]:
        """Note how one phase of a test ended; a card that is gone ends the run."""
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if self._running is not None and error is not None:
            self._running.note(call.when, error)
            if self._ends_run(error):
                self._stop(item, error)
        return report

    def _ends_run(self, error: BaseException) -> bool:
        if isinstance(error, CardNotRestored):
            return not self._source.disposable
        return isinstance(error, ReaderError | KeyboardInterrupt)

    def _take_back(self, item: pytest.Item, running: "_Running") -> None:
        if self.stopped is not None or running.card is None:
            return
        needs = self._claim(item).needs
        untouched = running.outcome is Outcome.NOT_RUN and needs.leaves is None
        sound = untouched or running.outcome is Outcome.PASSED
        try:
            self._source.take_back(needs, sound=sound)
        except UnicardError as error:
            running.note(_RESTORING, error)
            if isinstance(error, ReaderError):
                self._stop(item, error)

    def _stop(self, item: pytest.Item, error: BaseException) -> None:
        self.stopped = self.stopped or error
        item.session.shouldstop = type(error).__name__

    def missing(self, items: list[pytest.Item], reported: set[str]) -> Iterator[TestResult]:
        """Yield a result for each test that the run did not come to."""
        why = "the run ended before this test"
        for item in items:
            if (name := _name(item)) not in reported:
                yield TestResult(
                    name, self._claim(item).requirements, Outcome.NOT_RUN, why, None, 0.0, ()
                )


class _Running:
    """The test that is being carried out; ``disposable``: on a card made for the run."""

    def __init__(self, *, disposable: bool) -> None:
        self._disposable = disposable
        self.card: CardUnderTest | None = None
        self.outcome = Outcome.PASSED
        self._reason = ""
        self._failure: Failure | None = None
        self._start = time.perf_counter()

    def note(self, phase: str, error: BaseException) -> None:
        """Take in how a phase ended; the first fault decides, but for a card not restored."""
        if self.outcome is Outcome.PASSED or isinstance(error, CardNotRestored):
            first = f"{self._reason}; then: " if self._reason else ""
            outcome, reason, failure = self._classified(phase, error)
            if self.outcome in (Outcome.PASSED, Outcome.NOT_RUN):
                self.outcome, self._failure = outcome, failure
            self._reason = first + reason

    def result(self, name: str, claim: Claim) -> TestResult:
        """Return what came of the test."""
        exchanges = self.card.reader.take() if self.card is not None else ()
        return TestResult(
            name,
            claim.requirements,
            self.outcome,
            self._reason,
            self._failure.as_json() if self._failure is not None else None,
            round(time.perf_counter() - self._start, 4),
            [exchange.as_json() for exchange in exchanges],
        )

    def _classified(self, phase: str, error: BaseException) -> tuple[Outcome, str, Failure | None]:
        if isinstance(error, CardNotRestored):
            return _not_restored(error, self._last_sent(), disposable=self._disposable)
        return _classified(phase, error, self._last_sent())

    def _last_sent(self) -> str:
        last = self.card.reader.last if self.card is not None else None
        return f"{last.name} {last.command}".strip() if last is not None else "nothing"


def _classified(
    phase: str, error: BaseException, last_sent: str
) -> tuple[Outcome, str, Failure | None]:
    """Return outcome, reason and failure that an error in a phase of a test stands for."""
    if isinstance(error, NotRun):
        return Outcome.NOT_RUN, str(error), None
    if isinstance(error, NotConform):
        return Outcome.FAILED, str(error), error.failure
    if isinstance(error, UnicardError):
        if phase != "call" or isinstance(error, ReaderError):
            return Outcome.ERROR, error.message, None
        failure = Failure(last_sent, error.message, "what the contract says of this command")
        return Outcome.FAILED, error.message, failure
    # The text of a foreign error may hold a secret; its place is enough to find the defect.
    return Outcome.ERROR, f"a defect of the suite: {type(error).__name__} {_place(error)}", None


def _not_restored(
    error: CardNotRestored, last_sent: str, *, disposable: bool
) -> tuple[Outcome, str, Failure | None]:
    """Return what a card stands for that is not as it was before its test.

    A card that was new for this run did all that led there itself, so the failure is its own; what
    somebody else's card had been through before, nobody knows.
    """
    if (fault := _not_conform_before(error)) is not None:
        return Outcome.FAILED, f"{fault}; then: {error.message}", fault.failure
    if not disposable or isinstance(error.__cause__, ReaderError):
        return Outcome.ERROR, error.message, None
    failure = Failure(last_sent, error.message, "the card takes back what the test changed")
    return Outcome.FAILED, error.message, failure


def _not_conform_before(error: BaseException | None) -> NotConform | None:
    """Return the card's failure in whose wake something could not be changed back."""
    while error is not None and not isinstance(error, NotConform):
        error = error.__context__
    return error


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "somewhere"
    return f"at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _function(item: pytest.Item) -> object:
    return getattr(item, "function", None)


def _name(item: pytest.Item) -> str:
    """Return module, function and parameters of a test as results name it."""
    function, bracket, parameters = item.name.partition("[")
    return entry_name(item.path.stem, function) + bracket + parameters
