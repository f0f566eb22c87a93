"""Which writes are cut, and cards on which each byte that can be torn off is a write of its own."""

import random
from collections.abc import Callable, Iterable, Mapping

from applet_spec import CardProfile
from card_simulator.memory import Memory
from tests.support.any_card import SimCard

UNSTEADY = 40
"""Of so many writes one may be missing with another key pair, whose numbers may be shorter."""
Some = Callable[[int], Iterable[int]]
"""Which of so many writes are cut, from 1."""
SomeOfRecovery = Callable[[int, int, int], Iterable[int]]
"""The same of a recovery, after the cut of this write of so many."""


class BytewiseSim(SimCard):
    """A software card on which each byte of a copy that is not atomic is a write of its own."""

    def __init__(self, profile: CardProfile | None = None) -> None:
        super().__init__(profile)
        _bytewise(self._card.memory)

    @property
    def cells(self) -> Mapping[str, bytes]:
        """What is in the card's memory, by name."""
        return self._card.memory.image.cells

    def restore(self) -> None:
        """Put the memory back to the checkpoint; the card needs a reset."""
        super().restore()
        _bytewise(self._card.memory)


class BytewiseSims:
    """Makes such cards."""

    kind = "sim"

    def __call__(self, profile: CardProfile | None = None) -> BytewiseSim:
        """Return a new card."""
        return BytewiseSim(profile)


def _bytewise(memory: Memory) -> None:
    whole = memory.write_non_atomic

    def each_byte(cell: str, value: bytes, offset: int = 0) -> None:
        for at in range(len(value)):
            whole(cell, value[at : at + 1], offset + at)

    memory.write_non_atomic = each_byte  # type: ignore[method-assign]


def all_of(count: int) -> Iterable[int]:
    """Cut each write."""
    return range(1, count + 1)


def sample(seed: str, last: int, others: int, *, steady: bool = True) -> Some:
    """Return what cuts the first write, the last ones, and some between.

    Long copies come first; what makes them count comes last. Where they are not ``steady`` a
    few may be missing the next time: the last of the others are taken for the last.
    """

    def some(count: int) -> Iterable[int]:
        end = count if steady else count - count // UNSTEADY
        edges = {1, *range(max(1, end - last + 1), end + 1)} if count else set()
        inner = [write for write in range(1, end + 1) if write not in edges]
        return sorted({*edges, *random.Random(seed).sample(inner, min(len(inner), others))})

    return some


def sample_of_recovery(seed: str, last: int, others: int) -> SomeOfRecovery:
    """Return what cuts as `sample` does."""
    some = sample(seed, last, others)
    return lambda _write, _writes, count: some(count)


def in_turn(most: int) -> SomeOfRecovery:
    """Return what cuts each write of each recovery, or about so many of all.

    Of many it takes others after each write, so that each place has its turn.
    """

    def some(write: int, writes: int, count: int) -> Iterable[int]:
        step = max(1, writes * count // most)
        return range(1 + write % step, count + 1, step)

    return some
