"""A run's results in a person's words: a line a group, each failure in full, what did not run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from card_conformance.catalogue import group_of
from card_conformance.formats import Json

if TYPE_CHECKING:
    from rich.console import Console

_COLUMNS = ("passed", "partly", "failed", "not run")
_ELSEWHERE = "shown elsewhere"
_LEFT_OUT = ("not selected", "not applicable", "draft")
_HEADINGS = ("Group", "Requirements", "Passed", "Partly", "Failed", "Not run", "Elsewhere")
_LEGEND = (
    "Partly: some tests of the requirement did not run.",
    "Elsewhere: not shown by this suite; below is where.",
    "Left out: not selected, not applicable or a draft.",
)


def draw(console: "Console", results: Json) -> None:
    """Draw the results on a console."""
    from rich.table import Table

    table = Table(*_HEADINGS, "Left out")
    for row in _groups(results):
        table.add_row(*row)
    console.print(table)
    for line in (*_LEGEND, *_failures(results), *_left_out(results), *_apart(results)):
        console.print(line)
    console.print(last_line(results))


def last_line(results: Json) -> str:
    """Return the verdict with the count of tests behind it."""
    tally = results["counts"]
    parts = ", ".join(f"{count} {name}" for name, count in tally.items() if count)
    return f"{results['verdict']}: {parts or 'no test'} ({_where(results)})"


def _where(results: Json) -> str:
    card = results["card"]
    cards = results["cards_used"]
    if cards > 1:
        return f"{results['profile']} profile on {cards} cards of {results['reader']}"
    serial = card["chip_serial"] if card else "none"
    return f"{results['profile']} profile on card {serial} in {results['reader']}"


def _groups(results: Json) -> Iterator[tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for requirement in results["requirements"]:
        groups.setdefault(group_of(requirement["id"]), []).append(requirement["outcome"])
    for group, outcomes in groups.items():
        if any(outcome in _COLUMNS for outcome in outcomes):
            left_out = sum(outcome in _LEFT_OUT for outcome in outcomes)
            counts = (*(outcomes.count(name) for name in (*_COLUMNS, _ELSEWHERE)), left_out)
            yield group, str(len(outcomes)), *(str(count) if count else "" for count in counts)


def _failures(results: Json) -> Iterator[str]:
    for test in results["tests"]:
        if test["outcome"] not in ("failed", "error"):
            continue
        numbers = ", ".join(test["requirements"])
        yield f"{test['outcome'].upper()} {numbers}: {test['name']}"
        if failure := test["failure"]:
            yield f"  sent      {failure['sent']}"
            yield f"  came      {failure['came']}"
            yield f"  expected  {failure['expected']}"
        else:
            yield f"  {test['reason']}"


def _left_out(results: Json) -> Iterator[str]:
    """Say what did not run, one line a reason."""
    reasons: dict[str, set[str]] = {}
    for test in results["tests"]:
        if test["outcome"] == "not run":
            reasons.setdefault(test["reason"], set()).update(test["requirements"])
    for reason, numbers in reasons.items():
        yield f"not run: {_listed(sorted(numbers))}: {reason}"


def _apart(results: Json) -> Iterator[str]:
    for outcome, word in (("not applicable", "not applicable"), (_ELSEWHERE, "elsewhere")):
        for requirement in results["requirements"]:
            if requirement["outcome"] == outcome:
                yield f"{word}: {requirement['id']}: {requirement['reason']}"


def _listed(numbers: list[str]) -> str:
    if len(numbers) <= 12:
        return ", ".join(numbers)
    return f"{', '.join(numbers[:12])} and {len(numbers) - 12} more requirements"
