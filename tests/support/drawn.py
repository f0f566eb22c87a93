"""What hypothesis draws, checked so many times, the same each time."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

T = TypeVar("T")


def check_drawn(
    check: Callable[[T], None], draws: st.SearchStrategy[T], count: int, seed: int
) -> None:
    """Check so many draws; hypothesis shows one that fails as short as it can be."""

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(drawn=draws)
    def holds(drawn: T) -> None:
        check(drawn)

    holds()
