"""What holds for every test: no skips under CI, the same examples each time, no real reader.

A test that uses pyscard meets only the private pcscd of the fixture ``pcscd``: the client library
looks for its socket where PCSCLITE_CSOCK_NAME says, and reads that name once, at its first call.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from java_card.build import JavaCardMissing, find_runtime
from tests.support.any_card import AnyCard, MakeCard, SimCards
from tests.support.java_test_card import JavaCards
from tests.support.pcscd import Pcscd, missing_for_pcscd, running_pcscd
from tests.support.skips import SKIPS_ARE_FAILURES, skip_to_failure

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

PCSC_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="unicard-pcscd-"))  # short: a socket's path is limited
    config.stash[PCSC_FOLDER] = folder
    os.environ["PCSCLITE_CSOCK_NAME"] = str(folder / "pcscd.comm")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[PCSC_FOLDER], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return skip_to_failure(report) if SKIPS_ARE_FAILURES else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return skip_to_failure(report) if SKIPS_ARE_FAILURES else report


@pytest.fixture(scope="session")
def pcscd(pytestconfig: pytest.Config) -> Iterator[Pcscd]:
    """Give a real pcscd with two empty virtual readers, of the tests' own."""
    if missing := missing_for_pcscd():
        pytest.skip(missing)
    with running_pcscd(pytestconfig.stash[PCSC_FOLDER]) as pcscd:
        yield pcscd


@pytest.fixture(scope="session")
def java_cards() -> Iterator[JavaCards]:
    """Give what makes Java cards, skip where they are not built."""
    try:
        find_runtime()
    except JavaCardMissing as error:
        pytest.skip(f"{error.message}; {error.advice}")
    cards = JavaCards()
    yield cards
    cards.close()


@pytest.fixture(scope="module", params=["sim", "java"])
def make_card(request: pytest.FixtureRequest) -> MakeCard:
    """Give what makes cards of one kind after the other."""
    if request.param == "sim":
        return SimCards()
    cards = request.getfixturevalue("java_cards")
    assert isinstance(cards, JavaCards)
    return cards


@pytest.fixture
def card(make_card: MakeCard) -> AnyCard:
    """Give a new card of the reference type."""
    return make_card()
