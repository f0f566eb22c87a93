"""Consoles that draw tables on a terminal and plain columns into a pipe."""

import os
from typing import IO, Any

from rich.console import Console
from rich.table import Table

_NEVER_WRAP = 4096
"""Columns of a console that is read by a program: wide enough for any line of ours."""


class OurConsole(Console):
    """A console that leaves a closed pipe to `unicard_console.failures`, like everything else."""

    def on_broken_pipe(self) -> None:
        """Let the error go on: rich would end the program with 1 here."""
        raise BrokenPipeError


class PlainConsole(OurConsole):
    """A console for pipes and files: no colour, no frames, no wrapping."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as ``rich.console.Console.print`` does, with the frames of tables taken off."""
        for thing in objects:
            if isinstance(thing, Table):
                thing.box = None
                thing.pad_edge = False
                thing.expand = False
                thing.title_justify = thing.caption_justify = "left"
        super().print(*objects, **options)


def result_console(stream: IO[str]) -> Console:
    """Return the console for results on ``stream``: drawn on a terminal, plain elsewhere.

    Text is taken literally: no markup, no emoji codes, no guessed highlighting.
    """
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return OurConsole(file=stream, markup=False, emoji=False, highlight=False)
    return PlainConsole(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        color_system=None,
        force_terminal=False,
        width=_NEVER_WRAP,
    )
