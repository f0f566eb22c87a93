"""Without a built Java card these tests say what builds it."""

import pytest

from tests.support.java_cards import missing_for_java


@pytest.fixture(scope="session")
def java() -> None:
    """Need a built Java card."""
    if missing := missing_for_java():
        pytest.skip(missing)
