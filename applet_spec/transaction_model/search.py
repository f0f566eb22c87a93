"""The enumeration: breadth first, so that what is found is found by the shortest way."""

from collections import Counter
from dataclasses import dataclass, field

from applet_spec.transaction_model.canonical import canonical
from applet_spec.transaction_model.card import (
    ABSENT,
    COMMITTED,
    NAME_USED,
    NO_SESSION,
    NOTHING_TO_REVERSE,
    NUMBER_STALE,
    OTHER,
    SAME,
    STORED_ANSWER,
)
from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.events import (
    EVENTS,
    RECEIPT_FATES,
    Move,
    first_world,
    moves,
)
from applet_spec.transaction_model.exchange import FATES, QUERY_FATES
from applet_spec.transaction_model.terminal import HAPPENED, LEFT, NOT_HAPPENED
from applet_spec.transaction_model.values import World

Parents = dict[World, tuple[World, int] | None]
"""Of each world the one that it was first reached from, and by which of its moves."""
WORDS = (
    COMMITTED, STORED_ANSWER, NAME_USED, NUMBER_STALE, NOTHING_TO_REVERSE, NO_SESSION, SAME, OTHER,
    ABSENT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The shortest way to where an invariant does not hold, from the beginning."""

    invariant: str
    path: tuple[Move, ...]


@dataclass(slots=True)
class Enumeration:
    """What was seen: worlds, transitions and how often each event; or what broke.

    ``depth`` is that of the last new world; ``whole`` says that nothing was left to look at.
    """

    worlds: int
    transitions: int = 0
    depth: int = 0
    whole: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    counterexample: Counterexample | None = None

    @property
    def never(self) -> list[str]:
        """Return what should have happened and never did."""
        expected = [f"event: {event}" for event in EVENTS]
        expected += [f"fate: {fate}" for fate in {*FATES, *QUERY_FATES, *RECEIPT_FATES}]
        expected += [f"card: {word}" for word in WORDS]
        expected += [f"terminal: {verdict}" for verdict in (HAPPENED, NOT_HAPPENED, LEFT)]
        return sorted(what for what in expected if not self.counts[what])


def enumerate_model(design: Design, bounds: Bounds) -> Enumeration:
    """Look at every world within the bounds, or stop at the first that breaks an invariant."""
    first = canonical(design, bounds, first_world(bounds))
    parents: Parents = {first: None}
    level = [first]
    found = Enumeration(worlds=1)
    while level and (not bounds.depth or found.depth < bounds.depth):
        following: list[World] = []
        for world in level:
            broken = _followed(design, bounds, world, found, parents, following)
            if broken is not None:
                path = _path(design, bounds, [*_ways(parents, world), broken])
                found.counterexample = Counterexample(path[-1].broken, tuple(path))
                return found
        level = following
        found.depth += bool(level)
        found.worlds = len(parents)
    found.whole = not level
    return found


def _followed(
    design: Design,
    bounds: Bounds,
    world: World,
    found: Enumeration,
    parents: Parents,
    following: list[World],
) -> tuple[World, int] | None:
    """Do every move of a world and keep what is new; return one that breaks an invariant."""
    for index, move in enumerate(moves(design, bounds, world)):
        found.transitions += 1
        _count(found.counts, move)
        if move.broken:
            return world, index
        if move.world is world:
            continue
        after = canonical(design, bounds, move.world)
        if after not in parents:
            parents[after] = (world, index)
            following.append(after)
    return None


def _count(counts: Counter[str], move: Move) -> None:
    counts[f"event: {move.event}"] += 1
    if move.fate:
        counts[f"fate: {move.fate}"] += 1
    if move.word:
        counts[f"card: {move.word}"] += 1
    if move.verdict:
        counts[f"terminal: {move.verdict}"] += 1


def _ways(parents: Parents, world: World) -> list[tuple[World, int]]:
    """Return the worlds that led to one, each with the number of its move."""
    steps = []
    step = parents[world]
    while step is not None:
        steps.append(step)
        step = parents[step[0]]
    return steps[::-1]


def _path(design: Design, bounds: Bounds, steps: list[tuple[World, int]]) -> list[Move]:
    """Return moves between worlds with names of their own, not those that stand for others."""
    world, path = first_world(bounds), list[Move]()
    for stands_for, index in steps:
        wanted = list(moves(design, bounds, stands_for))[index]
        after = canonical(design, bounds, wanted.world)
        move = next(
            move
            for move in moves(design, bounds, world)
            if (move.event, move.role, *move[3:6]) == (wanted.event, wanted.role, *wanted[3:6])
            and move.broken == wanted.broken
            and canonical(design, bounds, move.world) == after
        )
        path.append(move)
        world = move.world
    return path
