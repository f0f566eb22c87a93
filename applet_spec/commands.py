"""The command line of the contract: check it, write its reference, look something up in it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from applet_spec.errors import Changed, ExitCode, UnicardError
from unicard_console import Output, output_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console

Callback = TypeVar("Callback", bound=Callable[..., object])

DEFAULT_PAGES = Path("docs/reference")
DEFAULT_SOURCES = Path("applet")


class StalePagesError(UnicardError):
    """Files that are written from the contract differ from it."""


class PageNotWrittenError(UnicardError):
    """A file that is written from the contract cannot be."""

    changed = Changed.UNKNOWN
    advice = "Name a folder that can be written to with --output."


@click.group()
def spec() -> None:
    """Check the card's contract, write its reference, look things up."""


@spec.command()
@output_options
def check(out: Output) -> None:
    """Check the contract's files against their schemas and each other.

    Exit code 1 when there are findings; --json lists them all the same.
    """
    from dataclasses import asdict

    from applet_spec.check import check as find

    findings = find()
    lines = [str(finding) for finding in findings] or ["The contract's files hold together."]
    out.result({"findings": [asdict(finding) for finding in findings]}, _printer(lines))
    if findings:
        raise click.exceptions.Exit(ExitCode.FAILED)


def _folder_options(default: Path, what: str) -> Callable[[Callback], Callback]:
    """Add --output and --check to a command that writes files from the contract."""

    def decorate(function: Callback) -> Callback:
        output = click.option(
            "--output",
            "folder",
            type=click.Path(path_type=Path, file_okay=False),
            default=default,
            show_default=True,
            metavar="DIR",
            help=f"Folder of the {what}.",
        )
        check = click.option(
            "--check", "only_check", is_flag=True, help="Write nothing; fail if a file is stale."
        )
        return output(check(function))

    return decorate


@spec.command()
@_folder_options(DEFAULT_PAGES, "pages")
@output_options
def docs(out: Output, folder: Path, only_check: bool) -> None:
    """Write the APDU reference and the requirements as Markdown."""
    from applet_spec.reference import COMMAND, pages

    _bring_up_to_date(out, COMMAND, folder, pages(), only_check)


@spec.command()
@_folder_options(DEFAULT_SOURCES, "Maven project")
@output_options
def java(out: Output, folder: Path, only_check: bool) -> None:
    """Write the constants of the cards that are written in Java."""
    from applet_spec.java_sources import COMMAND, sources

    _bring_up_to_date(out, COMMAND, folder, sources(), only_check)


def _bring_up_to_date(
    out: Output, command: str, folder: Path, files: Mapping[str, str], only_check: bool
) -> None:
    stale = {name: text for name, text in files.items() if _differs(folder / name, text)}
    paths = [str(folder / name) for name in stale]
    if only_check and stale:
        raise StalePagesError(
            f"Not what the contract says: {', '.join(paths)}.",
            advice=f"Run `{command} --output {folder}`.",
        )
    for name, text in stale.items():
        _write(folder / name, text)
    lines = [f"Written: {path}" for path in paths] or [f"{folder} is up to date."]
    out.result({"written": paths}, _printer(lines))


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_bytes() != text.encode()


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PageNotWrittenError(f"{path} cannot be written: {error.strerror}.") from error


def _complete(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    from applet_spec.loader import spec as contract
    from applet_spec.lookup import names

    return [
        CompletionItem(name)
        for name in names(contract())
        if name.upper().startswith(incomplete.upper())
    ]


@spec.command()
@click.argument("name", nargs=-1, required=True, shell_complete=_complete)
@click.option("--command", "-c", metavar="NAME", help="Only what the status word means for it.")
@output_options
def show(out: Output, name: tuple[str, ...], command: str | None) -> None:
    """Show what NAME stands for: command, object, DGI, tag, status word, requirement.

    \b
    Examples:
      unicard spec show 6985 --command VERIFY
      unicard spec show GET DATA
      unicard spec show DF51
    """
    from applet_spec.loader import spec as contract
    from applet_spec.lookup import look_up
    from applet_spec.shown import shown

    found = [shown(contract(), entry) for entry in look_up(contract(), " ".join(name), command)]

    def draw(console: "Console") -> None:
        meanings = [facts for facts in found if "requirement_text" in facts]
        for facts in found:
            if len(meanings) == 1 or facts not in meanings:
                _draw(console, facts)
        if len(meanings) > 1:
            _draw_table(console, "what it means", [_brief(facts) for facts in meanings])

    out.result({"found": found}, draw)


@spec.command()
@click.option(
    "--log",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    metavar="N",
    help="Records in the model's log.",
)
@click.option(
    "--depth",
    type=click.IntRange(0),
    default=8,
    show_default=True,
    metavar="N",
    help="Most events after the beginning; 0: until nothing new comes.",
)
@click.option(
    "--roles",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    metavar="N",
    help="Roles that the terminals open sessions in.",
)
@output_options
def model(out: Output, log: int, depth: int, roles: int) -> None:
    """Enumerate the model of transactions, and what becomes of wrong designs.

    Exit code 1 when an invariant does not hold, or a wrong design is not noticed.
    """
    from applet_spec.transaction_model import Bounds
    from applet_spec.transaction_model.told import examined, lines

    found = examined(Bounds(log, depth, roles))
    out.result(found.facts, _printer(lines(found)))
    if not found.good:
        raise click.exceptions.Exit(ExitCode.FAILED)


def _printer(lines: list[str]) -> "Callable[[Console], None]":
    def draw(console: "Console") -> None:
        for line in lines:
            console.print(line)

    return draw


def _brief(meaning: Mapping[str, object]) -> dict[str, object]:
    members = ("command", "of", "meaning", "changed", "advice", "requirement")
    return {member: meaning[member] for member in members}


def _draw(console: "Console", facts: Mapping[str, object]) -> None:
    """Draw an entry: its name, its facts in two columns, its lists of facts as tables."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{facts['name']}", style="bold"), Text(f"({facts['kind']})"))
    grid = Table.grid(padding=(0, 2))
    for label, value in facts.items():
        if label not in ("name", "kind") and not (_is_empty(value) or _is_table(value)):
            grid.add_row(f"  {label.replace('_', ' ')}", _text(value))
    console.print(grid)
    for label, value in facts.items():
        if _is_table(value):
            _draw_table(console, label.replace("_", " "), value)


def _is_empty(value: object) -> bool:
    return value is False or value == "" or value == []


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _draw_table(console: "Console", title: str, rows: Any) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    labels = list(dict.fromkeys(label for row in rows for label in row))
    for label in labels:
        table.add_column(label)
    for row in rows:
        table.add_row(*(_text(row.get(label, "")) for label in labels))
    console.print(table)


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{key}: {part}" for key, part in value.items())
        case list():
            return ", ".join(map(str, value))
    return str(value)
