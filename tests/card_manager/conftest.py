"""The terminals that the card manager's tests have; the cards come from `tests.conftest`."""

import pytest

from tests.support.any_card import AnyCard
from tests.support.terminal import Terminal


@pytest.fixture
def host(card: AnyCard) -> Terminal:
    """Give a terminal with the new card in it."""
    return Terminal(card.transmit)


@pytest.fixture
def issuer(host: Terminal) -> Terminal:
    """Give that terminal with a session of the factory keys, at level 33."""
    host.authenticate()
    return host
