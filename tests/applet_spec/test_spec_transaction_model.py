"""The model of transactions holds, and notices each wrong design."""

import random
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from applet_spec.transaction_model import (
    EVENTS,
    INVARIANTS,
    WRONG_DESIGNS,
    Bounds,
    Counterexample,
    Design,
    Move,
    WrongDesign,
    canonical,
    enumerate_model,
    first_world,
    moves,
)
from applet_spec.transaction_model.told import said
from applet_spec.transaction_model.values import World
from tests.support.evidence import ROOT, evidence

RIGHT = Design()
WHOLE = Bounds(log=1)
DEEP = (Bounds(log=2, depth=10), Bounds(log=1, depth=8, roles=2), Bounds(log=3, depth=9))


@cache
def counterexample(wrong: WrongDesign) -> Counterexample:
    found = enumerate_model(wrong.design, wrong.bounds).counterexample
    assert found is not None
    return found


@pytest.mark.parametrize(
    "bounds", [Bounds(log=1, depth=7), Bounds(log=2, depth=6), Bounds(log=1, depth=5, roles=2)]
)
def test_every_invariant_holds_and_every_event_happens(bounds: Bounds) -> None:
    found = enumerate_model(RIGHT, bounds)
    assert found.counterexample is None
    assert found.depth == bounds.depth
    assert found.transitions > found.worlds > 2_500
    far_enough = bounds.depth > 3 * bounds.log + 2
    assert found.never == [] if far_enough else ["terminal: left to clearing"]


@pytest.mark.parametrize("wrong", WRONG_DESIGNS, ids=lambda wrong: wrong.text)
def test_a_wrong_design_is_noticed(wrong: WrongDesign) -> None:
    found = counterexample(wrong)
    assert found.invariant == wrong.invariant
    assert [move.broken for move in found.path] == [""] * (len(found.path) - 1) + [wrong.invariant]
    assert all(said(move) for move in found.path)


@pytest.mark.parametrize("wrong", WRONG_DESIGNS, ids=lambda wrong: wrong.text)
def test_a_counterexample_leads_from_the_beginning_step_by_step(wrong: WrongDesign) -> None:
    found = counterexample(wrong)
    worlds = [first_world(wrong.bounds), *(move.world for move in found.path)]
    for (before, _), move in zip(pairwise(worlds), found.path, strict=True):
        assert move in list(moves(wrong.design, wrong.bounds, before))


def test_no_wrong_design_is_noticed_one_step_before_its_counterexample() -> None:
    wrong = WRONG_DESIGNS[0]
    found = counterexample(wrong)
    shallower = replace(wrong.bounds, depth=len(found.path) - 1)
    assert enumerate_model(wrong.design, shallower).counterexample is None


def test_each_invariant_has_a_design_that_violates_it() -> None:
    assert {wrong.invariant for wrong in WRONG_DESIGNS} == set(INVARIANTS)


def test_the_page_names_each_invariant_and_each_wrong_design() -> None:
    page = (ROOT / "docs" / "transactions.md").read_text(encoding="utf-8")
    assert [name for name in INVARIANTS if f"| {name} |" not in page] == []
    assert [w.text for w in WRONG_DESIGNS if f"| {w.text} | {w.invariant} |" not in page] == []


def test_an_enumeration_says_what_never_happened() -> None:
    assert "event: reverse" in enumerate_model(RIGHT, Bounds(depth=1)).never
    assert enumerate_model(RIGHT, Bounds(depth=1)).counts["event: session"]


def seen(move: Move, bounds: Bounds) -> tuple[object, ...]:
    """Return what of a move does not depend on names."""
    return move.event, move.role, move.fate, move.word, move.verdict, move.broken, canonical(
        RIGHT, bounds, move.world
    )  # fmt: skip


def walk(bounds: Bounds, seed: str, steps: int) -> list[World]:
    chance, world, worlds = random.Random(seed), first_world(bounds), list[World]()
    for _ in range(steps):
        world = chance.choice(list(moves(RIGHT, bounds, world))).world
        worlds.append(world)
    return worlds


@pytest.mark.parametrize("bounds", [Bounds(log=1, roles=2), Bounds(log=3)])
def test_what_can_happen_does_not_depend_on_names(bounds: Bounds) -> None:
    """The world that stands for others has the same future: so none is looked at for nothing."""
    for world in walk(bounds, "names", 300):
        stands_for = canonical(RIGHT, bounds, world)
        assert canonical(RIGHT, bounds, stands_for) == stands_for
        ours = Counter(seen(move, bounds) for move in moves(RIGHT, bounds, world))
        theirs = Counter(seen(move, bounds) for move in moves(RIGHT, bounds, stands_for))
        assert set(ours) == set(theirs)


def test_the_model_knows_every_event_that_it_names() -> None:
    happened = {
        move.event
        for world in walk(Bounds(log=1), "events", 400)
        for move in moves(RIGHT, Bounds(log=1), world)
    }
    assert happened == set(EVENTS)


@pytest.mark.proof
def test_the_whole_model_with_one_record_and_the_beginning_of_larger_ones() -> None:
    """With one record nothing new comes any more: it holds for any number of transactions."""
    found = enumerate_model(RIGHT, WHOLE)
    assert found.counterexample is None
    assert found.whole
    assert found.never == []
    counts = Counter({f"whole, {what}": count for what, count in found.counts.items()})
    counts["whole: worlds"], counts["whole: transitions"] = found.worlds, found.transitions
    counts["whole: events deep"] = found.depth
    for bounds in DEEP:
        found = enumerate_model(RIGHT, bounds)
        assert found.counterexample is None
        assert found.never == []
        name = f"log {bounds.log}, roles {bounds.roles}, {bounds.depth} events deep"
        counts[f"{name}: worlds"] = found.worlds
        counts[f"{name}: transitions"] = found.transitions
    counts["wrong designs noticed"] = len(WRONG_DESIGNS)
    evidence("transaction-model", dict(sorted(counts.items())))
