"""The command line of the conformance suite: `unicard conformance …`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_conformance import formats
from card_conformance.catalogue import Row, matrix, selected
from card_conformance.foreseen import foresee
from card_conformance.needs import Profile
from card_conformance.output import output_folder, write_results
from card_conformance.page import matrix_page
from card_conformance.plan import Plan, StoreAccess
from card_conformance.results import TestResult, Verdict
from card_conformance.source import FRESH
from card_conformance.statement import Statement, load_statement
from card_conformance.summary import draw
from host_lib.secret import Pin, SecretBytes
from unicard_console import (
    CHIP_SERIAL,
    Output,
    SecretSource,
    output_options,
    passphrase_option,
    reader_option,
    secret_option,
)

if TYPE_CHECKING:
    from rich.console import Console

_PIN_VARIABLE = "UNICARD_PIN"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_CARDS_GONE = "The software cards were made for this run and are gone."
_NOT_IN_JSON = ("tests", "statement", "format", "version")


@click.group()
def conformance() -> None:
    """Prove what a card does."""


@conformance.command()
@output_options
@reader_option
@click.option(
    "-s",
    "--store",
    metavar="STORE",
    envvar="UNICARD_STORE",
    show_envvar=True,
    help="Key store with the card's keys; without one only the read-only profile can run.",
)
@passphrase_option
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    help="What the run may do to the card. Default: standard with keys, else read-only.",
)
@click.option(
    "--card",
    type=CHIP_SERIAL,
    help="Chip serial of the card that a destructive run may consume.",
)
@click.option(
    "--select",
    "chosen",
    multiple=True,
    metavar="REQ",
    help="Only this requirement or group: PIN-03, SM. Can be repeated.",
)
@click.option(
    "--statement",
    "statement_file",
    type=_FILE,
    help="Implementation statement (JSON): what the card claims, and so what is tested.",
)
@secret_option("pin", "PIN of the card", _PIN_VARIABLE)
@click.option("--ask-pin", is_flag=True, help="Ask for the PIN of the card.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say which tests would run and what they leave behind; no card is touched.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for results.json and junit.xml, without those of an earlier run; made if it is "
    "not there.",
)
@click.pass_context
def run(
    ctx: click.Context,
    out: Output,
    reader: str | None,
    store: str | None,
    passphrase: SecretSource,
    profile: str | None,
    card: bytes | None,
    chosen: tuple[str, ...],
    statement_file: Path | None,
    pin: SecretSource,
    ask_pin: bool,
    dry_run: bool,
    folder: Path | None,
) -> None:
    """Run the suite against a card and write what came of it.

    Exit code 0: every test that ran passed. 3: the card failed a requirement. 1: the run could not
    be done. 4: it ended early and the card may be changed.
    """
    from card_conformance import runner

    numbers = selected(chosen)
    if dry_run:
        told = foresee(_wished(profile, keys=store is not None or reader in FRESH), numbers)
        out.result(told.as_dict(), told.draw)
        return
    if reader is None:
        raise click.UsageError("No reader is named: give --reader, for example --reader sim.")
    allowed = _profile(profile, reader, store, card)
    if folder is None:
        raise click.UsageError("No folder for the results is named: give --out.")
    statement = load_statement(statement_file) if statement_file is not None else Statement()
    with_pin = ask_pin or bool(ctx.params.get("pin_file") or os.environ.get(_PIN_VARIABLE))
    with output_folder(folder):
        plan = Plan(
            reader=reader,
            profile=allowed,
            selected=numbers,
            statement=statement,
            store=StoreAccess(store, SecretBytes(passphrase().encode())) if store else None,
            pin=_pin(pin) if with_pin else None,
            card=card,
        )
        with out.progress(None, "Tests") as progress:

            def advance(_result: TestResult) -> None:
                progress.advance()

            results = runner.run(plan, advance)
    files = write_results(folder, results)
    error = runner.error_of(results)

    def human(console: "Console") -> None:
        draw(console, results)
        for path in files:
            console.print(f"written: {path}")

    shown = {name: value for name, value in results.items() if name not in _NOT_IN_JSON}
    failures = [t for t in results["tests"] if t["outcome"] in ("failed", "error")]
    shown["failures"] = [{n: v for n, v in t.items() if n != "trace"} for t in failures]
    shown["files"] = [str(path) for path in files]
    shown["error"] = error and error.as_dict()
    out.result(shown, human)
    if error is not None:
        fresh = runner.used_fresh_cards(results)
        changed = _CARDS_GONE if fresh else _sentence(error.changed.value)
        out.note(f"Error: {error.message}\n  {changed}\n  {error.advice}")
        ctx.exit(int(error.exit_code))


def _wished(name: str | None, *, keys: bool) -> Profile:
    """Return the profile of a name; without one, what can be done with or without keys."""
    if name is None:
        return Profile.STANDARD if keys else Profile.READ_ONLY
    return Profile(name)


def _profile(name: str | None, reader: str, store: str | None, card: bytes | None) -> Profile:
    """Return the profile, and refuse a destructive run of a card that is not named."""
    fresh = reader in FRESH
    keys = store is not None or fresh
    profile = _wished(name, keys=keys)
    if name is None:
        return profile
    if profile is not Profile.READ_ONLY and not keys:
        raise click.UsageError(f"The {name} profile needs keys: name a key store with --store.")
    if profile is Profile.DESTRUCTIVE and not fresh and card is None:
        raise click.UsageError(
            "A destructive run consumes the card: repeat its chip serial with --card "
            "(`unicard card show` prints it); --dry-run says what becomes of it."
        )
    return profile


def _pin(source: SecretSource) -> Pin:
    try:
        return Pin(source())
    except ValueError as error:
        raise click.UsageError(f"That is no PIN: {error}.") from error


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


@conformance.command("list")
@output_options
@click.option("--markdown", is_flag=True, help="Print the matrix as Markdown tables.")
def list_requirements(out: Output, markdown: bool) -> None:
    """List the requirements of the contract with the tests that show them."""
    rows = matrix()
    if markdown:
        click.echo(matrix_page(rows), nl=False)
        return

    def human(console: "Console") -> None:
        from rich.table import Table

        table = Table("Requirement", "Profile", "Tests", "What it says")
        for row in rows:
            shown = str(len(row.tests)) if row.tests else row.status
            table.add_row(row.requirement.id, row.profile, shown, row.requirement.text)
        console.print(table)

    out.result({"requirements": [_row(row) for row in rows]}, human)


def _row(row: Row) -> dict[str, object]:
    one = row.requirement
    return {
        "id": one.id,
        "text": one.text,
        "source": one.source,
        "status": row.status,
        "reason": one.shown_elsewhere,
        "tests": [
            {"name": test.name, "profile": test.claim.needs.profile.value} for test in row.tests
        ],
    }


@conformance.command()
@output_options
@click.argument("file", type=_FILE)
def report(out: Output, file: Path) -> None:
    """Show the results of an earlier run once more."""
    results = formats.read(file, formats.RESULTS)
    code = int(Verdict(results["verdict"]).exit_code)
    out.result({**results, "exit_code": code}, lambda console: draw(console, results))
