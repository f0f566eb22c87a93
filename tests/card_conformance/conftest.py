"""Runs of the suite inside this process, on cards that a test makes."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from applet_spec import spec
from card_conformance import engine
from card_conformance.catalogue import selected
from card_conformance.formats import Json
from card_conformance.invented import new_record
from card_conformance.keyring import StoreKeyring
from card_conformance.needs import Profile, Stage
from card_conformance.plan import Plan, StoreAccess
from card_conformance.prepare import advance
from card_conformance.statement import Statement
from card_simulator import card_file
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.reader import SIM, SimReader
from host_lib.reader import Reader, open_reader
from host_lib.secret import Pin, SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.store import open_store
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.card_conformance.mutants.base import Mutant

CAUGHT = pytest.StashKey[dict[str, list[str]]]()


@dataclass
class Score:
    """How many wrong cards the suite noticed, and which it did not."""

    caught: int = 0
    survived: list[str] = field(default_factory=list)


SCORE = pytest.StashKey[Score]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SCORE] = Score()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    score = config.stash[SCORE]
    total = score.caught + len(score.survived)
    if total:
        terminalreporter.write_line(f"conformance mutants: {score.caught} caught of {total}")
        for name in score.survived:
            terminalreporter.write_line(f"  survived: {name}")


@pytest.fixture
def score(pytestconfig: pytest.Config) -> Score:
    """The score of the wrong cards so far."""
    return pytestconfig.stash[SCORE]


def run_suite(
    *chosen: str,
    reader: str = "sim",
    profile: Profile = Profile.DESTRUCTIVE,
    statement: Statement | None = None,
    opener: Callable[[str], Reader] = open_reader,
    plugins: tuple[object, ...] = (),
    keys: StoreAccess | None = None,
    pin: Pin | None = None,
    card: bytes | None = None,
) -> list[Json]:
    """Run the suite in this process and return its events."""
    events: list[Json] = []
    plan = Plan(reader, profile, selected(chosen), statement or Statement(), keys, pin, card)
    engine.run(plan, events.append, opener=opener, plugins=plugins)
    return events


def fresh_card(profile: str) -> SimReader:
    """Return a reader with a new blank software card of a type in it."""
    kind = spec().card_profiles[profile]
    (chip,) = new_chips(1, None, kind)
    return SimReader("sim", Card(blank_image(chip, kind)))


def statement_of(profile: str) -> Statement:
    """Return what the makers of a type of software card claim."""
    return Statement(profile=profile, i=spec().card_profiles[profile].i)


def outcomes_of(events: list[Json]) -> dict[str, int]:
    """Return how many tests had each outcome."""
    return dict(Counter(result["outcome"] for result in results_of(events)))


def results_of(events: list[Json]) -> list[Json]:
    """Return the test results among the events."""
    return [event["test"] for event in events if event["event"] == "test"]


@dataclass(frozen=True)
class BlankCard:
    """A blank software card in a file."""

    path: Path
    serial: bytes

    @property
    def reader(self) -> str:
        """The reader's name."""
        return f"sim:{self.path}"

    def cells(self) -> dict[str, bytes]:
        """Return what the card's memory holds."""
        return dict(card_file.read(self.path).cells)


def new_store(path: Path) -> StoreAccess:
    """Make a key store that opens blank software cards."""
    passphrase = SecretBytes(b"invented words for tests only")
    contents = initial_contents("Test issuer", globalplatform_default())
    FileStore.create(path, passphrase, contents=contents, cost=ScryptCost(n=1024)).close()
    return StoreAccess(str(path), passphrase)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> StoreAccess:
    """A key store."""
    return new_store(tmp_path_factory.mktemp("keys") / "keys.unicard")


@pytest.fixture
def blank(tmp_path: Path) -> BlankCard:
    """A blank card in a file."""
    (chip,) = new_chips(1)
    path = tmp_path / "card.json"
    card_file.create(path, blank_image(chip))
    return BlankCard(path, chip.serial)


@pytest.fixture
def installed(tmp_path: Path) -> BlankCard:
    """A blank card in a file that comes with the application installed."""
    (chip,) = new_chips(1)
    path = tmp_path / "installed.json"
    card_file.create(path, blank_image(chip, installed=True))
    return BlankCard(path, chip.serial)


@dataclass(frozen=True)
class IssuedCard(BlankCard):
    """A personalized card in a file, and its transport PIN."""

    pin: Pin


@pytest.fixture
def issued(blank: BlankCard, keys: StoreAccess) -> IssuedCard:
    """An issued card in a file, under the keys of the store."""
    record = new_record(finger=True)
    with (
        open_store(keys.location, keys.passphrase) as store,
        open_reader(blank.reader) as reader,
    ):
        advance(reader, StoreKeyring(store), record, Stage.BLANK, Stage.ISSUED)
    return IssuedCard(blank.path, blank.serial, record.pin)


class WiredReader:
    """A reader whose answers are changed on their way, while ``active``."""

    def __init__(self, reader: Reader, mutant: Mutant, switch: "Switch") -> None:
        self._reader = reader
        self._mutant = mutant
        self._switch = switch

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send a command, and change its answer."""
        answer = self._reader.transmit(command, timeout)
        if self._mutant.wire is not None and self._switch.on:
            return self._mutant.wire(bytes(command), answer)
        return answer


class Switch:
    """A pytest plug-in that makes the card wrong while a test's body runs, and only then.

    Preparation and clean-up meet the right card, so that a wrong one is noticed by the test that
    is about it and not because nothing works. Functions are replaced before any card is made,
    because cards keep tables of their methods.
    """

    def __init__(self, mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
        self._mutant = mutant
        self._monkeypatch = monkeypatch
        self._values: list[tuple[object, str, object]] = []
        self.on = False
        if mutant.patch is not None:
            mutant.patch(self)

    def setattr(self, target: object, name: str, value: object) -> None:
        """Replace a function by one that is wrong while switched on; keep other values for then."""
        original = getattr(target, name)
        if not callable(value) or not callable(original):
            self._values.append((target, name, value))
            return
        wrong, right = value, original

        def either(*args: object, **options: object) -> object:
            return (wrong if self.on else right)(*args, **options)

        self._monkeypatch.setattr(target, name, either)

    def open(self, name: str) -> Reader:
        """Open a reader with this wrong card in it."""
        kind, _, argument = name.partition(":")
        assert kind == "sim"
        reader = SIM.open(argument) if argument else fresh_card(self._mutant.profile)
        wired: object = WiredReader(reader, self._mutant, self)
        return wired  # type: ignore[return-value]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Make the card wrong during the test."""
        self.on = True
        with pytest.MonkeyPatch.context() as patch:
            for target, name, value in self._values:
                patch.setattr(target, name, value)
            try:
                return (yield)
            finally:
                self.on = False
