"""The model's results as values and as text."""

from collections.abc import Iterator
from dataclasses import dataclass

from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.events import Move
from applet_spec.transaction_model.search import Counterexample, Enumeration, enumerate_model
from applet_spec.transaction_model.wrong import WRONG_DESIGNS, WrongDesign


@dataclass(frozen=True, slots=True)
class Examined:
    """The enumeration of the right design, and of each wrong one what became of it."""

    bounds: Bounds
    right: Enumeration
    wrong: tuple[tuple[WrongDesign, Counterexample | None], ...]

    @property
    def good(self) -> bool:
        """Whether the right design holds and each wrong one violates its invariant."""
        noticed = all(
            found is not None and found.invariant == design.invariant
            for design, found in self.wrong
        )
        return noticed and self.right.counterexample is None

    @property
    def facts(self) -> dict[str, object]:
        """All of it as values that JSON has."""
        right = self.right
        return {
            "log": self.bounds.log,
            "roles": self.bounds.roles,
            "worlds": right.worlds,
            "transitions": right.transitions,
            "depth": right.depth,
            "whole": right.whole,
            "counts": dict(sorted(right.counts.items())),
            "never": right.never,
            "counterexample": list(_steps(right.counterexample)),
            "wrong_designs": [
                {
                    "design": design.text,
                    "violates": found.invariant if found else "",
                    "counterexample": list(_steps(found)),
                }
                for design, found in self.wrong
            ],
        }


def examined(bounds: Bounds) -> Examined:
    """Enumerate the right design within the bounds, and look for what breaks the wrong ones."""
    wrong = tuple(
        (design, enumerate_model(design.design, design.bounds).counterexample)
        for design in WRONG_DESIGNS
    )
    return Examined(bounds, enumerate_model(Design(), bounds), wrong)


def lines(found: Examined) -> list[str]:
    """Return all of it as lines of text."""
    return [*_right(found), "", *_wrong(found)]


def _right(found: Examined) -> Iterator[str]:
    right, bounds = found.right, found.bounds
    end = "nothing new after that" if right.whole else "and no further"
    yield (
        f"{right.worlds} worlds, {right.transitions} transitions; log of {bounds.log}, roles: "
        f"{bounds.roles}; {right.depth} events deep, {end}."
    )
    yield "Every invariant holds." if right.counterexample is None else "An invariant is violated:"
    yield from (f"  {step}" for step in _steps(right.counterexample))
    yield from (f"  {what:44}{count:>9}" for what, count in sorted(right.counts.items()))
    yield from (f"  {what:44}    never" for what in right.never)


def _wrong(found: Examined) -> Iterator[str]:
    for design, counterexample in found.wrong:
        yield f"{design.text}: violates *{counterexample.invariant if counterexample else 'none'}*"
        yield from (f"  {step}" for step in _steps(counterexample))


def _steps(counterexample: Counterexample | None) -> Iterator[str]:
    path = counterexample.path if counterexample else ()
    for number, move in enumerate(path, 1):
        yield f"{number}. {said(move)}"


def said(move: Move) -> str:
    """Return an event as a line: who, what, what became of it, what was answered and concluded."""
    parts = [f"terminal {'AB'[move.terminal]}{', other role' * move.role}: {move.event}"]
    parts += [move.fate] if move.fate not in ("", "fine") else []
    parts += [f"card: {move.word}"] if move.word else []
    parts += [f"terminal: {move.verdict}"] if move.verdict else []
    parts += [f"violated: {move.broken}"] if move.broken else []
    return "; ".join(parts)
