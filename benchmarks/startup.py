"""Start-up of `unicard --help` against a bare click program.

Both are console scripts as pip writes them, run by the same interpreter in the same environment,
by turns, so that a busy machine slows both alike. The figure with a goal is the ratio of medians.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figure import Figure

ROUNDS = 60
WARM_UP = 5
"""Rounds that are not counted: they write the bytecode files and fill the caches."""

BARE = '''\
import click


@click.command()
def main():
    """Do nothing."""
'''


def measure() -> Iterator[Figure]:
    """Yield both medians in milliseconds and their ratio."""
    script = Path(sys.executable).with_name("unicard")
    with tempfile.TemporaryDirectory() as folder:
        bare = bare_program(Path(folder), script)
        environment = {**os.environ, "PYTHONPATH": folder}
        times = by_turns([script, bare], environment)
    ours, theirs = (median(seconds) for seconds in times)
    yield Figure("startup.unicard", 1000 * ours, "ms", "`unicard --help`, median")
    yield Figure("startup.click", 1000 * theirs, "ms", "a click command, --help, median")
    yield Figure("startup.ratio", ours / theirs, "", "a bare click program's --help", goal=1.5)


def bare_program(folder: Path, script: Path) -> Path:
    """Write the bare program and its console script, a copy of ``script`` with another module."""
    (folder / "bare_click_program.py").write_text(BARE, encoding="utf-8")
    bare = folder / "bare"
    text = script.read_text(encoding="utf-8")
    assert "from cli import" in text
    bare.write_text(text.replace("from cli import", "from bare_click_program import"))
    bare.chmod(0o755)
    return bare


def by_turns(programs: list[Path], environment: dict[str, str]) -> list[list[float]]:
    """Run each program with ``--help`` once a round; return the seconds that each took."""
    times: list[list[float]] = [[] for _ in programs]
    for turn in range(WARM_UP + ROUNDS):
        order = range(len(programs)) if turn % 2 else reversed(range(len(programs)))
        for which in order:
            seconds = timed(programs[which], environment)
            if turn >= WARM_UP:
                times[which].append(seconds)
    return times


def timed(program: Path, environment: dict[str, str]) -> float:
    """Return the seconds from starting ``program --help`` to its end."""
    start = perf_counter()
    subprocess.run([program, "--help"], env=environment, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - start
