"""Run the benchmarks: ``python -m benchmarks [ONLY]``. Exit code 1 when a goal is missed."""

import pkgutil
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from rich.console import Console
from rich.table import Column, Table

import benchmarks
from benchmarks.figure import Figure
from benchmarks.results import RESULTS, write_results


class Benchmark(Protocol):
    """A module of this package that measures something."""

    def measure(self) -> Iterable[Figure]:
        """Yield figures that are named ``BENCHMARK.what``."""


def benchmarks_found() -> dict[str, Benchmark]:
    """Return the benchmarks by name: the modules of this package that can ``measure``."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    modules = {name: import_module(f"benchmarks.{name}") for name in names if name != "__main__"}
    return {
        name: cast(Benchmark, module)
        for name, module in modules.items()
        if hasattr(module, "measure")
    }


def table_of(figures: list[Figure]) -> Table:
    """Return the figures as a table for people."""
    table = Table(Column("figure", no_wrap=True), "value", "goal", "met", "against")
    words = {True: "yes", False: "NO", None: ""}
    for figure in figures:
        value = f"{figure.value:g} {figure.unit}".strip()
        table.add_row(figure.name, value, figure.goal_text, words[figure.met], figure.against)
    return table


def main(words: list[str]) -> int:
    """Run all benchmarks, or the one that is named; return the exit code."""
    known = benchmarks_found()
    chosen = words or list(known)
    if unknown := set(chosen) - set(known):
        print(f"No benchmark {', '.join(sorted(unknown))}: there is {', '.join(known)}.")
        return 2
    figures = [figure for name in chosen for figure in known[name].measure()]
    write_results(figures)
    Console(markup=False, highlight=False).print(table_of(figures))
    print(f"Written to {RESULTS.parent.name}/{RESULTS.name}.")
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
