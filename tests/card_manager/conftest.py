"""The cards that the card manager's tests run on."""

import pytest

from tests.support.any_card import AnyCard, MakeCard, SimCards
from tests.support.terminal import Terminal


@pytest.fixture(scope="module", params=["sim"])
def make_card(request: pytest.FixtureRequest) -> MakeCard:
    """Give what makes cards of one kind after the other."""
    assert request.param == "sim"
    return SimCards()


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
