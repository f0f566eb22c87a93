"""Timing by turns: programs that are compared run one after the other, again and again.

A busy machine then slows all alike, and a ratio of medians means something.
"""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

ROUNDS = 300
REPEATS = 20
WARM_UP = 20
"""Rounds that are not counted."""


def microseconds(
    actions: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, repeats: int = REPEATS
) -> dict[str, float]:
    """Run each action ``repeats`` times a round; return the median of one run in microseconds."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(WARM_UP + rounds):
        order = list(actions) if turn % 2 else list(actions)[::-1]
        for name in order:
            action = actions[name]
            start = perf_counter()
            for _ in range(repeats):
                action()
            seconds = perf_counter() - start
            if turn >= WARM_UP:
                times[name].append(seconds)
    return {name: 1e6 * median(seconds) / repeats for name, seconds in times.items()}
