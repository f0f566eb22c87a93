"""What every generator of Java sources needs: names and the length of lines."""

import re

LINE = 100
"""Longest line of a source, in characters."""


def constant(name: str) -> str:
    """Return a name as Java writes constants: ``pseudo-random`` is ``PSEUDO_RANDOM``."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
