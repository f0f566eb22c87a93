"""Timing by turns: programs that are compared run one after the other, again and again.

A busy machine then slows all alike, and a ratio of medians means something.
"""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

Run = Callable[[], object]
"""Does the same thing a fixed number of times."""

ROUNDS = 300
WARM_UP = 20
"""Rounds that are not counted."""


def microseconds(
    prepare: Mapping[str, Callable[[], Run]],
    repeats: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, float]:
    """Return the median time of one repetition of each program, in microseconds.

    ``clock`` gives seconds: `time.thread_time` is for programs that only compute, whose time on a
    busy machine would be that of others too.
    ``prepare`` makes a program ready, which is not timed; what it returns does its work
    ``repeats`` times.
    """
    times: dict[str, list[float]] = {name: [] for name in prepare}
    for turn in range(WARM_UP + rounds):
        order = list(prepare) if turn % 2 else list(prepare)[::-1]
        for name in order:
            run = prepare[name]()
            start = clock()
            run()
            seconds = clock() - start
            if turn >= WARM_UP:
                times[name].append(seconds)
    return {name: 1e6 * median(seconds) / repeats for name, seconds in times.items()}
