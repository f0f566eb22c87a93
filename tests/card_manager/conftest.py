"""The cards that the card manager's tests run on."""

from collections.abc import Iterator

import pytest

from java_card.build import JavaCardMissing, find_runtime
from tests.support.any_card import AnyCard, MakeCard, SimCards
from tests.support.java_test_card import JavaCards
from tests.support.terminal import Terminal


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


@pytest.fixture
def host(card: AnyCard) -> Terminal:
    """Give a terminal with the new card in it."""
    return Terminal(card.transmit)


@pytest.fixture
def issuer(host: Terminal) -> Terminal:
    """Give that terminal with a session of the factory keys, at level 33."""
    host.authenticate()
    return host
