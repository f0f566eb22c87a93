"""Results on stdout, for people or as JSON; remarks, prompts and progress on stderr."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from unicard_console.jsonout import to_json
from unicard_console.progress import Progress, no_progress, terminal_progress
from unicard_console.secrets import ask_secret

if TYPE_CHECKING:
    from rich.console import Console


class Output:
    """Where one command says what it did. With ``as_json`` stdout carries one JSON document."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def result(self, data: Mapping[str, object], human: Callable[["Console"], None]) -> None:
        """Print the result: ``data`` under ``--json``, else what ``human`` draws on a console.

        The console takes text literally: square brackets in data are no markup, so styles are
        given with ``rich.text.Text`` or ``style=``. On a terminal tables are drawn; piped into
        another program they are plain columns, never wrapped.
        """
        if self.as_json:
            click.echo(to_json(data))
            return
        from unicard_console.drawing import result_console

        human(result_console(sys.stdout))

    def note(self, text: str) -> None:
        """Remark on the progress of the work, on stderr; silent under ``--json``."""
        if not self.as_json:
            click.echo(text, err=True)

    def progress(self, total: int | None, label: str) -> AbstractContextManager[Progress]:
        """Show how far ``label`` has come: count, rate and time left, on stderr.

        Call ``advance()`` on what the ``with`` statement gives, once per finished piece. Nothing is
        shown when stderr is no terminal or under ``--json``. ``total`` None: not known.
        """
        if self.as_json or not sys.stderr.isatty():
            return no_progress()
        return terminal_progress(total, label)

    def ask_secret(self, prompt: str, *, confirm: bool = False) -> str:
        """Ask for a secret without showing it; ``confirm`` asks twice on a terminal.

        When stdin is no terminal, one line of it is read. Raises ``NoSecretError`` when nothing
        comes, and ``SecretsDifferError`` when the two answers are not the same.
        """
        return ask_secret(prompt, confirm=confirm)
