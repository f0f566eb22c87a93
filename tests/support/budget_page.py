"""The applet's budget: its limits, what exceeds them, and the page that shows both."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.applet_budget import Measured
from tests.support.budget_meter import Cost, Memory
from tests.support.code_size import CodeSize
from tests.support.tree import ROOT

LIMITS = ROOT / "applet" / "application" / "budget.json"
PAGE = ROOT / "docs" / "reference" / "applet-budget.md"
COMMAND = "python -m scripts.budget"

_FIGURES = {
    "writes": "writes",
    "commit_bytes": "bytes in the commit buffer",
    "bytecodes": "bytecodes",
}

Case = tuple[str, str, str]
"""Command, variant of the contract, and what is special."""


@dataclass(frozen=True)
class Limits:
    """What the applet may cost; ``exceptions`` replace the figures of every command."""

    load_file_bytes: int
    persistent_bytes: int
    transient_bytes: int
    every_command: Cost
    exceptions: dict[Case, tuple[Cost, str]] = field(default_factory=dict)

    def of(self, case: Case) -> Cost:
        """Return the limits of one case."""
        return self.exceptions.get(case, (self.every_command, ""))[0]


def read_limits(path: Path = LIMITS) -> Limits:
    """Read the limits file, whose format is ``applet-budget.schema.json``."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    every = content["every_command"]
    return Limits(
        content["load_file_bytes"],
        content["persistent_bytes"],
        content["transient_bytes"],
        Cost(**every),
        {_case(one): (_replaced(every, one), one["why"]) for one in content["exceptions"]},
    )


def _case(one: dict[str, Any]) -> Case:
    return one["command"], one.get("variant", ""), one.get("case", "")


def _replaced(every: dict[str, int], one: dict[str, Any]) -> Cost:
    return Cost(**{name: one.get(name, every[name]) for name in _FIGURES})


def exceeded(code: CodeSize, measured: Measured, limits: Limits) -> Iterator[str]:
    """Yield what is over its limit: whose figure it is, the figure, the limit."""
    transient = max(_transient(m) for m in (measured.installed, measured.ended))
    persistent = max(measured.personalized.persistent, measured.ended.persistent)
    memory = (
        ("load file", code.total, limits.load_file_bytes, "bytes"),
        ("applet", persistent, limits.persistent_bytes, "persistent bytes"),
        ("applet", transient, limits.transient_bytes, "transient bytes"),
    )
    for whose, figure, limit, unit in memory:
        if figure > limit:
            yield f"{whose}: {figure} {unit}, and the limit is {limit}"
    for case, cost in measured.costs.items():
        for name, unit in _FIGURES.items():
            figure, limit = getattr(cost, name), getattr(limits.of(case), name)
            if figure > limit:
                yield f"{_named(case)}: {figure} {unit}, and the limit is {limit}"
    for case in limits.exceptions.keys() - measured.costs.keys():
        yield f"{_named(case)}: has limits of its own, and is not measured"


def _transient(memory: Memory) -> int:
    return memory.cleared_on_reset + memory.cleared_on_deselect


def _named(case: Case) -> str:
    command, *rest = case
    more = ", ".join(word for word in rest if word)
    return f"{command} ({more})" if more else command


def page(code: CodeSize, measured: Measured, limits: Limits) -> str:
    """Return the page with figures and limits."""
    return _PAGE.format(
        command=COMMAND,
        memory=_table(("", "bytes", "limit"), _memory(code, measured, limits)),
        code=_table(("part of the load file", "bytes"), _code(code)),
        costs=_table(("command", "case", "writes", "commit buffer", "bytecodes"), _costs(measured)),
        every=_limit_words(limits.every_command),
        exceptions=_table(("command", "limits", "why"), _exceptions(limits)),
    )


_PAGE = """\
<!-- Written by `{command}`, which measures the applet on the Java card: change the applet, or its \
limits in applet/application/budget.json. -->

# What the applet costs a card

Measured on the [Java card](../java-card.md), each command where it costs most: full objects, blocks
as full as they get, all role key slots filled. A test measures again, and fails where a figure is
not this page's or is above its limit.

## Memory

{memory}

Charged as [the runtime](../../applet/runtime/README.md) charges: 8 bytes for an object or array, 32
for one of the API, and what they hold. Everything is allocated at INSTALL. What comes later is no
allocation of the applet's: the Java card counts the constant tables of a class when it is first
used, which a real card has in the load file, and the key pair's bytes when they are set.

## Code

{code}

Reckoned from the class files: Java's code as it is, and four bytes for each name that it uses; a
converter shortens operands, jumps and switches. No converter has been asked: take the sum for an
upper estimate.

## Commands

{costs}

*Writes* are places where the power can be cut: an element of a torn copy is one, a byte of a key is
one. Real cards write whole pages, so take them for an order, not for a time. *Commit buffer* is the
fullest that it was, in bytes, each entry charged its length and 6. *Bytecodes* are Java's, of the
applet alone: what the API and the card manager do, cryptography above all, is in none. The figures
are the same in every run.

## Limits

Of every command: {every}. Other limits:

{exceptions}
"""


def _memory(code: CodeSize, measured: Measured, limits: Limits) -> Iterator[tuple[object, ...]]:
    yield "load file", code.total, limits.load_file_bytes
    yield "persistent, after INSTALL", measured.installed.persistent, limits.persistent_bytes
    yield (
        "persistent, personalized",
        measured.personalized.persistent,
        limits.persistent_bytes,
    )
    yield "transient, cleared at reset", measured.ended.cleared_on_reset, limits.transient_bytes
    yield "transient, cleared at deselection", measured.ended.cleared_on_deselect, "with these"


def _code(code: CodeSize) -> Iterator[tuple[object, ...]]:
    yield "methods", code.methods
    yield "names and their places", code.constants
    yield "constant arrays", code.arrays
    yield "classes", code.classes
    yield "all, with headers", code.total


def _costs(measured: Measured) -> Iterator[tuple[object, ...]]:
    for case, cost in sorted(measured.costs.items()):
        command, *rest = case
        words = ", ".join(word for word in rest if word)
        yield command, words, cost.writes, cost.commit_bytes, cost.bytecodes


def _exceptions(limits: Limits) -> Iterator[tuple[object, ...]]:
    for case, (cost, why) in limits.exceptions.items():
        yield _named(case), _limit_words(cost, limits.every_command), why


def _limit_words(cost: Cost, usual: Cost | None = None) -> str:
    """Return the figures that are not the usual ones."""
    return ", ".join(
        f"{getattr(cost, name)} {unit}"
        for name, unit in _FIGURES.items()
        if usual is None or getattr(cost, name) != getattr(usual, name)
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *(tuple(map(str, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
