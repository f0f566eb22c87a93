"""What every generator of Java sources needs: names and the length of lines."""

import re
from collections.abc import Iterable

LINE = 100
"""Longest line of a source, in characters."""


def constant(name: str) -> str:
    """Return a name as Java writes constants: ``pseudo-random`` is ``PSEUDO_RANDOM``."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def wrapped(values: Iterable[str], indent: int) -> str:
    """Return values with commas in lines no longer than ``LINE``, each indented and ended."""
    lines = [""]
    for value in values:
        item = f"{value}, "
        if indent + len(lines[-1]) + len(item) > LINE:
            lines.append("")
        lines[-1] += item
    return "".join(" " * indent + line.rstrip() + "\n" for line in lines if line)
