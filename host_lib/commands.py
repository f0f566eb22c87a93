"""Command line of the card library: `unicard reader` and `unicard card`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from applet_spec import spec
from host_lib.annotate import annotate
from host_lib.card import Card
from host_lib.command import ChangePin, VerifyPin
from host_lib.drive import drive, only_asking
from host_lib.errors import ReaderError
from host_lib.flow.identify import CardFacts
from host_lib.flow.probe import probe as probe_card
from host_lib.interrupt import stopping_between_commands
from host_lib.pin_work import ANY_PIN, PinWork
from host_lib.plan_file import PlanUnreadable, as_document, carrying_out, read_plan
from host_lib.probe_view import print_probe, shown_probe
from host_lib.reader import open_reader, reader_kinds
from host_lib.refusals import NotFound
from host_lib.secret import Pin
from host_lib.services import ServiceRecord
from host_lib.trace import read_trace
from unicard_console import (
    PLAN_TO_FOLLOW,
    Output,
    Planning,
    SecretSource,
    is_planned,
    output_options,
    plan_options,
    reader_option,
    secret_option,
)

if TYPE_CHECKING:
    from rich.console import Console

last_try_option = click.option(
    "--spend-last-try", is_flag=True, help="Send the PIN even if the card has one try left."
)


@click.group()
def reader() -> None:
    """List readers and see what is in them."""


@reader.command("list")
@output_options
def list_readers(out: Output) -> None:
    """List the readers that can be opened now, by kind."""
    found: list[dict[str, object]] = []
    for kind, opener in reader_kinds():
        try:
            names = list(opener.names())
            found.append({"kind": kind, "names": names, "problem": None})
        except ReaderError as error:
            problem = f"{error.message} ({error.advice})"
            found.append({"kind": kind, "names": [], "problem": problem})

    def human(console: "Console") -> None:
        from rich.table import Table

        table = Table("Kind", "Readers")
        for entry in found:
            names = entry["names"]
            assert isinstance(names, list)
            table.add_row(str(entry["kind"]), str(entry["problem"] or "\n".join(names) or "-"))
        console.print(table)

    out.result({"readers": found}, human)


@reader.command()
@output_options
@click.argument("file", type=click.Path())
def trace(out: Output, file: str) -> None:
    """Show a trace in words; `--reader record:FILE:READER` writes one with any command."""
    lines = list(annotate(read_trace(file)))

    def human(console: "Console") -> None:
        for line in lines:
            console.print(line)

    out.result({"trace": lines}, human)


@click.group()
def card() -> None:
    """Show a card, verify and change its PIN."""


@card.command()
@output_options
@reader_option
@click.option("--with-pin", is_flag=True, help="Verify the PIN and show the holder's data too.")
@secret_option("pin", "PIN of the card", "UNICARD_PIN")
@last_try_option
def show(
    out: Output, reader: str | None, with_pin: bool, pin: SecretSource, spend_last_try: bool
) -> None:
    """Show what a card says about itself."""
    with open_reader(reader) as place:
        one = Card(place)
        facts = one.identify()
        shown = _facts(facts)
        if facts.application is not None and facts.application.state != "TERMINATED":
            shown |= _public_objects(one)
            if with_pin:
                one.verify_pin(_pin(pin), spend_last_try=spend_last_try)
                shown |= _holder(one)
    out.result(shown, _table(shown))


@card.command()
@output_options
@reader_option
def probe(out: Output, reader: str | None) -> None:
    """Say which type of card this is.

    And what will be used with it; changes nothing.
    """
    with open_reader(reader) as place, only_asking():
        probed = drive(probe_card(place.atr), place)
    out.result(shown_probe(probed), lambda console: print_probe(probed, console))


@card.command("change-pin")
@output_options
@reader_option
@secret_option("pin", "present PIN of the card", "UNICARD_PIN")
@secret_option("new_pin", "new PIN of the card", "UNICARD_NEW_PIN")
@last_try_option
@plan_options
def change_pin(
    out: Output,
    reader: str | None,
    pin: SecretSource,
    new_pin: SecretSource,
    spend_last_try: bool,
    planning: Planning,
) -> None:
    """Change the PIN, the transport PIN of a new card too."""
    with open_reader(reader) as place:
        if planning.dry_run:
            work = PinWork(ChangePin(ANY_PIN, ANY_PIN), spend_last_try)
            planning.show(out, as_document(work.plan(place), planning.saved))
            return
        command = ChangePin(_pin(pin), _pin(new_pin, confirm=True))
        with stopping_between_commands(place) as stoppable:
            PinWork(command, spend_last_try).send(stoppable, planning.saved)
            done = {"pin": "changed"}
            out.result(done, lambda console: console.print("The PIN is changed."))


@card.command("verify-pin")
@output_options
@reader_option
@secret_option("pin", "PIN of the card", "UNICARD_PIN")
@last_try_option
@plan_options
def verify_pin(
    out: Output,
    reader: str | None,
    pin: SecretSource,
    spend_last_try: bool,
    planning: Planning,
) -> None:
    """Verify the PIN; a wrong one costs a try."""
    with open_reader(reader) as place:
        if planning.dry_run:
            work = PinWork(VerifyPin(ANY_PIN), spend_last_try)
            planning.show(out, as_document(work.plan(place), planning.saved))
            return
        command = VerifyPin(_pin(pin))
        with stopping_between_commands(place) as stoppable:
            PinWork(command, spend_last_try).send(stoppable, planning.saved)
            out.result({"pin": "verified"}, lambda console: console.print("The PIN is right."))


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
@output_options
@click.pass_context
def apply(ctx: click.Context, _out: Output, plan: Path) -> None:
    """Carry out a plan that --save-plan kept.

    After PLAN come the options of the command that made it and that no plan holds: --reader,
    --store, the files of secrets. The card is asked first: it must be the plan's, in the state that
    the plan was made for, else nothing is changed.
    """
    if plan.name.startswith("-"):
        raise click.UsageError("name the plan first, options after it")
    saved = read_plan(plan)
    ctx.meta[PLAN_TO_FOLLOW] = saved
    root = ctx.find_root()
    words = [*saved.operation.split(), *saved.arguments, *ctx.args]
    with carrying_out(saved):
        if not is_planned(root, saved.operation):
            raise PlanUnreadable(
                f"{plan}: `unicard {saved.operation}` is no command that makes plans"
            )
        with root.command.make_context(root.info_name, words, parent=ctx) as again:
            root.command.invoke(again)


def _pin(source: SecretSource, *, confirm: bool = False) -> Pin:
    try:
        return Pin(source(confirm=confirm))
    except ValueError as error:
        raise click.UsageError(f"{error}; nothing was sent to the card") from error


def _facts(facts: CardFacts) -> dict[str, object]:
    shown: dict[str, object] = {
        "chip_serial": facts.cplc.chip_serial.hex().upper(),
        "issuer_key_versions": [f"{version:02X}" for version in facts.key_versions],
    }
    fci = facts.application
    if fci is None:
        return shown | {"application": "not installed, or locked"}
    major, minor = fci.version
    return shown | {
        "application": f"profile {major}.{minor}",
        "state": fci.state,
        "pin_tries_left": fci.pin_tries,
        "finger_tries_left": fci.finger_tries,
        "transaction_number": fci.transaction_number,
    }


def _public_objects(one: Card) -> dict[str, object]:
    """Read what anyone may read; a card that is not personalized yet has none of it."""
    shown: dict[str, object] = {}
    try:
        shown["card_serial"] = one.read("card serial").hex().upper()
        validity = one.validity()
        shown["valid"] = f"{validity.effective} to {validity.expiry}"
    except NotFound:
        shown["card_serial"] = "none yet"
    return shown


def _holder(one: Card) -> dict[str, object]:
    holder = one.cardholder()
    return {
        "name": holder.name,
        "birth_date": str(holder.birth_date),
        "national_id": holder.national_id,
        "governorate": holder.governorate,
        "mobile": holder.mobile,
        "services": [_service(record) for record in one.services()],
    }


def _service(record: ServiceRecord) -> str:
    """One line a service: what is left of it, or until when it is good."""
    rule = f"verification: {record.verification}"
    known = {entry.label: entry for entry in spec().services.profile}
    unit = known[record.label].unit if record.label in known else "units"
    if "balance" in record.values:
        return f"{record.label}: {record.values['balance']} {unit} ({rule})"
    return f"{record.label}: valid to {record.values.get('valid to')} ({rule})"


def _table(shown: dict[str, object]) -> Callable[["Console"], None]:
    def human(console: "Console") -> None:
        from rich.table import Table

        table = Table(show_header=False)
        for name, value in shown.items():
            text = "\n".join(value) if isinstance(value, list) else str(value)
            table.add_row(name.replace("_", " "), text)
        console.print(table)

    return human
