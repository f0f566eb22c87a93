"""The command line `unicard`: finds each room's commands.py when it is asked for, and nothing else.

Start-up is kept to click alone: a room, rich, the card's contract and the package metadata are
imported only by the command that needs them.
"""

import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NAME = "unicard"
_COMPLETE_VARIABLE = "_UNICARD_COMPLETE"

GROUPS: dict[str, tuple[str, str]] = {
    "reader": ("host_lib.commands:reader", "List readers and see what is in them."),
    "card": (
        "host_lib.commands:card card_administration.commands:card",
        "Show a card and its services; pay, load, change PINs, suspend.",
    ),
    "personalize": ("personalization.commands:personalize", "Turn blank cards into issued ones."),
    "keys": ("keys_tool.commands:keys", "Make key stores, list keys, rotate a card's keys."),
    "admin": (
        "card_administration.commands:admin",
        "Load, install, delete, lock; lead a card through its life.",
    ),
    "conformance": ("card_conformance.commands:conformance", "Prove what a card does."),
    "apply": ("host_lib.commands:apply", "Carry out a plan that --save-plan kept."),
    "spec": (
        "applet_spec.commands:spec",
        "Check the card's contract, write its reference, look things up.",
    ),
    "sim": (
        "card_simulator.commands:sim",
        "Make software cards, look at them and serve them to pcscd.",
    ),
}
"""Each group of commands, and the command for all of them: where its rooms keep it, and the line
that `unicard --help` shows. Rooms that share a group are asked for a command in this order."""


class Rooms(click.Group):
    """The groups of all rooms, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the groups and of the commands that stand here."""
        return [*GROUPS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its room; None when there is no such name."""
        if cmd_name in GROUPS:
            return _load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing a room."""
        with formatter.section("Commands"):
            formatter.write_dl(self._lines(ctx))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete a group's name from the table, without importing a room."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line)
            for name, line in self._lines(ctx)
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def _lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        return [(name, self._line(name)) for name in self.list_commands(ctx)]

    def _line(self, name: str) -> str:
        return (
            GROUPS[name][1] if name in GROUPS else self.commands[name].get_short_help_str(limit=100)
        )


class Shared(click.Group):
    """A group whose commands lie in several rooms; a room is imported when those before lack it."""

    def __init__(self, name: str, places: Sequence[str]) -> None:
        super().__init__(name, help=GROUPS[name][1])
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands of all rooms, sorted."""
        return sorted(name for room in self._rooms() for name in room.list_commands(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command from the first room that has it."""
        found = (room.get_command(ctx, cmd_name) for room in self._rooms())
        return next((command for command in found if command is not None), None)

    def _rooms(self) -> Iterator[click.Group]:
        for place in self._places:
            room = _imported(str(self.name), place)
            assert isinstance(room, click.Group)
            yield room


def _load(name: str) -> click.Command:
    places = GROUPS[name][0].split()
    return _imported(name, places[0]) if len(places) == 1 else Shared(name, places)


def _imported(name: str, place: str) -> click.Command:
    from importlib import import_module

    module_name, attribute = place.split(":")
    try:
        command: click.Command = getattr(import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        from unicard_console.failures import missing_part

        raise missing_part(name, module_name, error) from error
    return command


@click.group(cls=Rooms, name=NAME, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=NAME, prog_name=NAME, message="%(prog)s %(version)s")
def unicard() -> None:
    """Issue, use and check government service cards.

    Results go to stdout, remarks and questions to stderr; with --json a result is one JSON
    document. Exit codes: 0 done, 1 failed and nothing changed, 2 usage, 3 refused by the card,
    4 outcome uncertain, 5 card spoiled.
    """


@unicard.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in a shell.

    For bash: put `eval "$(unicard completion bash)"` into ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(unicard, {}, NAME, _COMPLETE_VARIABLE).source())


def _complete() -> int:
    """Answer a shell that completes a command; what fails offers nothing."""
    try:
        unicard.main(prog_name=NAME, complete_var=_COMPLETE_VARIABLE)
    except Exception:
        return 1


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; ``args`` are the words after `unicard`."""
    if _COMPLETE_VARIABLE in os.environ:
        return _complete()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Arabic names on a terminal that knows none
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if args is None else args)
    exit_code = 0
    ctx: click.Context | None = None
    try:
        try:
            with unicard.make_context(NAME, words.copy()) as ctx:
                unicard.invoke(ctx)
        except click.exceptions.Exit as done:
            exit_code = done.exit_code
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        from unicard_console.failures import report

        return report(error, ctx, words)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
