"""Dry runs: options of commands that change a card, and plans as tables.

A plan comes here as its document (``applet_spec/formats/card-plan.schema.json``), because this
package knows nothing of cards.
"""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from applet_spec.errors import ExitCode, UnicardError
from unicard_console.jsonout import to_json
from unicard_console.output import Output

if TYPE_CHECKING:
    from rich.console import Console

R = TypeVar("R")

PLAN_TO_FOLLOW = "unicard.plan"
"""Key in a click context's ``meta``: the plan that `unicard apply` carries out."""
_PRIVATE = 0o600
_SAVE_PLAN = "save_plan"


class PlanFileError(UnicardError):
    """A plan cannot be written; no card was changed."""

    exit_code = ExitCode.USAGE
    advice = "Name a file that is not there yet, in a folder that can be written."


class Planning:
    """Whether a command is to show its plan, to keep it, or to carry out one that was kept.

    ``saved`` is the plan that `unicard apply` carries out, of the type that the room reads plans
    as; None where the command was typed by itself.
    """

    def __init__(self, only_shown: bool, save_to: Path | None, saved: Any) -> None:
        self.dry_run = only_shown or save_to is not None
        self.saved = saved
        self._save_to = save_to

    def show(self, out: Output, document: Mapping[str, Any]) -> None:
        """Show a plan, and keep it where that was asked for. Raises `PlanFileError`."""
        if self._save_to is not None:
            write_new(self._save_to, to_json(document) + "\n")
            out.note(
                f"The plan is in {self._save_to}; `unicard apply {self._save_to}` carries it out."
            )
        out.result(document, lambda console: draw_plan(console, document))


def plan_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add ``--dry-run`` and ``--save-plan``; pass ``planning``."""

    @click.option(
        "--dry-run",
        is_flag=True,
        help="Show what would be sent, and change nothing: the card is only read.",
    )
    @click.option(
        "--save-plan",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="As --dry-run, and keep the plan in this new file for `unicard apply`.",
    )
    @functools.wraps(command)
    def with_planning(*args: Any, dry_run: bool, save_plan: Path | None, **kwargs: Any) -> R:
        saved = click.get_current_context().meta.get(PLAN_TO_FOLLOW)
        return command(*args, planning=Planning(dry_run, save_plan, saved), **kwargs)

    return with_planning


def is_planned(root: click.Context, operation: str) -> bool:
    """Say whether the words after the program's name lead to a command with `plan_options`.

    Nothing else may be run by way of a file: it would not look at the plan.
    """
    command: click.Command | None = root.command
    for word in operation.split():
        command = command.get_command(root, word) if isinstance(command, click.Group) else None
    return command is not None and any(option.name == _SAVE_PLAN for option in command.params)


def write_new(path: Path, text: str) -> None:
    """Write a new file, readable by its owner only; what is there stays. Raises `PlanFileError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError as error:
        raise PlanFileError(f"{path} exists already, and is not overwritten") from error
    except OSError as error:
        raise PlanFileError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise PlanFileError(f"{path} cannot be written: {error.strerror}") from error


def draw_plan(console: "Console", document: Mapping[str, Any]) -> None:
    """Draw a plan: its commands with what they do to the card, and its sums."""
    from rich.table import Table
    from rich.text import Text

    words = " ".join(("unicard", document["operation"], *document["arguments"]))
    console.print(f"Plan of `{words}`")
    if document["card"] is not None:
        state = ", ".join(f"{name} {value}" for name, value in document["card"]["state"].items())
        console.print(f"Card {document['card']['chip_serial']}: {state}")
    commands = document["commands"]
    if not commands:
        console.print("There is nothing to do: no command would be sent.")
    else:
        phases = any(command["phase"] for command in commands)
        first = ("phase",) if phases else ()
        table = Table(
            "", *first, "command", "", "level", "effect", "sent", "received", "ms",
            "what cannot be taken back, or what it costs",
        )  # fmt: skip
        for number, command in enumerate(commands, 1):
            style = "bold" if command["effect"] == "irreversible" else ""
            cells = [str(number), *([command["phase"]] if phases else []), *_cells(command)]
            table.add_row(*(Text(cell, style=style) for cell in cells))
        console.print(table)
        _draw_totals(console, document)
    for remark in document["remarks"]:
        console.print(remark)


def _cells(command: Mapping[str, Any]) -> tuple[str, ...]:
    session = command["session"]
    about = "" if command["answer"] == "exact" else "~"
    occurs = "" if command["occurs"] == "once" else f" ({command['occurs']})"
    effect = command["effect"]
    return (
        command["name"],
        command["note"] + occurs,
        session["level"] if session else "clear",
        "! irreversible" if effect == "irreversible" else effect,
        str(command["sent"]),
        about + str(command["received"]),
        str(command["milliseconds"]),
        command["warning"],
    )


def _draw_totals(console: "Console", document: Mapping[str, Any]) -> None:
    totals = document["totals"]
    about = "about " if totals["estimated"] else ""
    console.print(
        f"{totals['commands']} commands, {totals['irreversible']} of them irreversible (!); "
        f"{totals['sent']} bytes to the card, {about}{totals['received']} back; "
        f"about {totals['milliseconds'] / 1000:.1f} s at {document['interface_rate']} bytes/s."
    )
    if totals["estimated"]:
        console.print("~: the length of the answer depends on the card.")
