"""The bureau's command line: `unicard personalize …`."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unicard_console import (
    Output,
    Planning,
    SecretSource,
    draw_plan,
    output_options,
    passphrase_option,
    plan_options,
    store_option,
)

if TYPE_CHECKING:
    from rich.console import Console

    from host_lib.secret import SecretBytes
    from personalization.line import Job
    from personalization.outcome import CardResult, StationFailure
    from personalization.problems import Problem

_FILE = click.Path(path_type=Path)
_SHOWN_PROBLEMS = 50


def _journal_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "-j",
        "--journal",
        "journal_path",
        type=_FILE,
        envvar="UNICARD_JOURNAL",
        show_envvar=True,
        default="bureau.journal",
        show_default=True,
        help="The bureau's journal; made by the first prepare.",
    )(command)


@click.group()
def personalize() -> None:
    """Turn blank cards into issued ones."""


@personalize.command()
@click.argument("list_path", metavar="LIST", type=_FILE)
@output_options
def check(out: Output, list_path: Path) -> None:
    """Check an enrolment list and report every fault in it."""
    from personalization.enrolment import EnrolmentInvalid, check_list

    count, problems = check_list(list_path)
    if problems:
        _show_problems(out, problems)
        raise EnrolmentInvalid(list_path, problems, count)
    out.result(
        {"list": list_path, "records": count, "problems": []},
        lambda console: console.print(f"{list_path}: {count} records, no fault."),
    )


def _show_problems(out: Output, problems: "tuple[Problem, ...]") -> None:
    """Draw the faults on stderr: under ``--json`` they are in the error itself."""
    for problem in problems[:_SHOWN_PROBLEMS]:
        value = f" [{problem.value}]" if problem.value else ""
        out.note(
            f"line {problem.line}, record {problem.record}, {problem.field or 'whole record'}: "
            f"{problem.message}{value}"
        )
    if len(problems) > _SHOWN_PROBLEMS:
        out.note(f"… and {len(problems) - _SHOWN_PROBLEMS} more faults; --json lists all of them")


@personalize.command()
@click.argument("list_path", metavar="LIST", type=_FILE)
@click.option("--out", "out_path", required=True, type=_FILE, help="Production file to write.")
@click.option("--mailers", required=True, type=_FILE, help="File of PIN mailers to write.")
@click.option(
    "--spoiled",
    is_flag=True,
    help="Prepare only those of the list whose card was spoiled; they get new numbers and PINs.",
)
@_journal_option
@store_option
@passphrase_option
@output_options
def prepare(
    out: Output,
    list_path: Path,
    out_path: Path,
    mailers: Path,
    spoiled: bool,
    journal_path: Path,
    store: str,
    passphrase: SecretSource,
) -> None:
    """Make the production file and the PIN mailers of a list."""
    from keys_tool import open_store
    from personalization.enrolment import EnrolmentInvalid, read_list
    from personalization.journal import journal_for_preparing
    from personalization.prepare import HaveCards, only_spoiled
    from personalization.prepare import prepare as prepare_batch

    try:
        enrolments = read_list(list_path)
    except EnrolmentInvalid as error:
        _show_problems(out, error.problems)
        raise
    with (
        open_store(store, _secret(passphrase)) as keys,
        journal_for_preparing(journal_path) as journal,
    ):
        if spoiled:
            enrolments = only_spoiled(enrolments, journal)
        with out.progress(len(enrolments), "preparing") as progress:
            try:
                done = prepare_batch(
                    enrolments, keys, journal, out_path, mailers, advance=progress.advance
                )
            except HaveCards as error:
                for enrolment_id in error.enrolments:
                    out.note(f"{enrolment_id}: has a card already, or one in the making")
                raise
    for enrolment_id, note in done.notes:
        out.note(f"{enrolment_id}: {note}")
    batch = done.batch
    out.result(
        {
            "batch": batch.id,
            "cards": batch.count,
            "production_file": out_path,
            "mailer_file": mailers,
            "journal": journal_path,
            "effective": done.effective,
            "expiry": done.expiry,
            "issuer_key_version": f"{batch.issuer_version:02X}",
            "notes": [{"enrolment_id": e, "note": note} for e, note in done.notes],
        },
        lambda console: console.print(
            f"Batch {batch.id.hex().upper()}: {batch.count} cards, valid from {done.effective} "
            f"to {done.expiry}.\nProduction file {out_path}, PIN mailers {mailers}, "
            f"journal {journal_path}."
        ),
    )


def _secret(passphrase: SecretSource) -> "SecretBytes":
    from keys_tool.passphrase import from_text

    return from_text(passphrase())


@personalize.command()
@click.argument("file", type=_FILE)
@click.option(
    "-r",
    "--reader",
    "readers",
    required=True,
    multiple=True,
    metavar="NAME",
    help="Reader, or a box of software cards as in 'sim:cards/blank-*.json'; once per station.",
)
@click.option("--transport", type=int, help="Version of the blank stock's keys; else the newest.")
@click.option(
    "--failures",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Stop a station after so many failures in a row.",
)
@plan_options
@_journal_option
@store_option
@passphrase_option
@output_options
def run(
    out: Output,
    file: Path,
    readers: tuple[str, ...],
    transport: int | None,
    failures: int,
    journal_path: Path,
    store: str,
    passphrase: SecretSource,
    planning: Planning,
) -> None:
    """Personalize cards from a production file.

    Ctrl-C finishes the card in hand; the exit code is 1 where records are left. After any
    interruption the same command goes on where it was. --dry-run looks at the card in one reader
    and at the journal, and shows what a station would send to it.
    """
    from personalization.boxes import check_reader
    from personalization.line import Job, cards_left
    from personalization.side_by_side import stations
    from personalization.stopping import stop_on_signal

    for reader in readers:
        check_reader(reader)
    job = Job(file, journal_path, store, transport, failures, planning.saved)
    secret = _secret(passphrase)
    if planning.dry_run or planning.saved is not None:
        _require_one_card(readers)
    if planning.dry_run:
        _foresee(out, planning, job, secret, readers[0])
        return
    left = cards_left(job, secret)
    with stop_on_signal(out.note) as stop:
        said = _told(out, stations(job, secret, readers, stop, out.note), left)
        stopped = stop()
    _finish_run(out, job, said, stopped)


def _require_one_card(readers: tuple[str, ...]) -> None:
    from personalization.boxes import readers_of_box

    if len(readers) > 1 or len(readers_of_box(readers[0])) > 1:
        raise click.UsageError("A plan is for one card: name one reader with one card.")


def _foresee(
    out: Output, planning: Planning, job: "Job", secret: "SecretBytes", reader: str
) -> None:
    from host_lib.plan_file import as_document
    from personalization.line import plan_of_station

    delivery = () if job.transport is None else ("--transport", str(job.transport))
    plan = plan_of_station(job, secret, reader, (str(job.production), *delivery))
    planning.show(out, as_document(plan, planning.saved))


def _told(
    out: Output, stations: "Generator[CardResult | StationFailure, None, None]", left: int
) -> "list[CardResult | StationFailure]":
    """Collect what stations say, showing how far the batch is and everything that went wrong."""
    from personalization.outcome import CardResult, Outcome, StationFailure

    kept = list[CardResult | StationFailure]()
    with out.progress(left, "personalizing") as progress, closing(stations):
        try:
            for word in stations:
                kept.append(word)
                if isinstance(word, StationFailure):
                    out.note(f"{word.reader}: the station failed: {word.message}")
                elif word.outcome.failed:
                    out.note(f"{word.reader}: {word.outcome.value}: {word.message}")
                elif word.outcome is Outcome.ISSUED:
                    progress.advance()
        except KeyboardInterrupt:
            kept.append(StationFailure.interrupted())
    return kept


def _finish_run(
    out: Output, job: "Job", said: "list[CardResult | StationFailure]", stopped: bool
) -> None:
    from personalization.journal import Journal
    from personalization.report import progress
    from personalization.run_summary import RunSummary
    from personalization.sealed_file import batch_of

    batch = batch_of(job.production)
    with Journal(job.journal) as journal:
        records = progress(journal.entries(batch))
    summary = RunSummary.of(said, records, stopped=stopped)
    out.result(summary.as_dict(batch), summary.draw)
    for advice in summary.advice():
        out.note(advice)
    raise click.exceptions.Exit(int(summary.exit_code))


@personalize.command()
@click.argument("file", type=_FILE)
@click.option("--card", help="Show everything that happened to one card number.")
@_journal_option
@output_options
def status(out: Output, file: Path, card: str | None, journal_path: Path) -> None:
    """Show how far the cards of a production file have come."""
    from personalization.journal import Journal
    from personalization.sealed_file import batch_of
    from personalization.status import batch_status, card_history, draw_history, draw_status

    batch = batch_of(file)
    with Journal(journal_path) as journal:
        if card is None:
            data = batch_status(journal, batch)
            out.result(data, lambda console: draw_status(console, data))
        else:
            history = card_history(journal, batch, card)
            out.result(history, lambda console: draw_history(console, history))


@personalize.command()
@click.argument("file", type=_FILE)
@click.option("--out", "out_path", type=_FILE, help="Write the report to this new file as well.")
@click.option("--blanks", type=click.IntRange(0), help="How many blanks were handed out for it.")
@_journal_option
@output_options
def report(
    out: Output, file: Path, out_path: Path | None, blanks: int | None, journal_path: Path
) -> None:
    """Account for every record and blank of a production file."""
    import json

    from personalization.journal import Journal
    from personalization.new_file import write_new
    from personalization.report import production_report
    from personalization.sealed_file import batch_of
    from personalization.status import draw_report

    with Journal(journal_path) as journal:
        data = production_report(journal, batch_of(file), stock=blanks)
    if out_path is not None:
        text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        write_new(out_path, text.encode("utf-8"))
        out.note(f"Written to {out_path}.")
    out.result(data, lambda console: draw_report(console, data))


@personalize.command()
@click.argument("file", type=_FILE)
@click.option("--chip", required=True, help="Chip serial, as status shows it.")
@click.option("--reason", required=True, help="What happened to the card; goes into the report.")
@_journal_option
@output_options
def spoil(out: Output, file: Path, chip: str, reason: str, journal_path: Path) -> None:
    """Declare a card spoiled that will not come back: lost, broken, destroyed before a witness."""
    from personalization.discard import declare_spoiled
    from personalization.journal import Journal
    from personalization.sealed_file import batch_of

    with Journal(journal_path) as journal:
        entry = declare_spoiled(journal, batch_of(file), chip, reason)
    out.result(
        {"chip": chip.upper(), "record": entry.place + 1, "state": entry.state},
        lambda console: console.print(
            f"Chip {chip.upper()} is spoiled; record {entry.place + 1} is {entry.state.value}."
        ),
    )


@personalize.command()
@click.argument("file", type=_FILE)
@click.option("--card", required=True, metavar="NUMBER", help="Card number.")
@store_option
@passphrase_option
@output_options
def mailer(out: Output, file: Path, card: str, store: str, passphrase: SecretSource) -> None:
    """Open the PIN mailer of one card. It shows a PIN: for the mail room's printer only."""
    from keys_tool import open_store
    from personalization.mailers import find_mailer

    with open_store(store, _secret(passphrase)) as keys:
        found = find_mailer(file, keys, card)
    digits = found.pin.reveal().decode("ascii")
    out.result(
        {"card_number": card, "enrolment_id": found.enrolment_id, "pin": digits},
        lambda console: console.print(
            f"Card {card}\nEnrolment {found.enrolment_id}\nTransport PIN {digits}"
        ),
    )


@personalize.command()
@click.argument("file", type=_FILE)
@click.option("--card", required=True, metavar="NUMBER", help="Card number.")
@store_option
@passphrase_option
@output_options
def plan(out: Output, file: Path, card: str, store: str, passphrase: SecretSource) -> None:
    """Show the commands, steps without return and bytes of one card, without touching any."""
    from host_lib.plan_file import as_document
    from keys_tool import open_store
    from personalization.plan import totals
    from personalization.production import Production
    from personalization.status import draw_phases
    from personalization.visit_plan import plan_of_record

    with open_store(store, _secret(passphrase)) as keys, Production(file, keys) as production:
        made = plan_of_record(production, keys, card, ("--card", card))
    document = as_document(made)

    def human(console: "Console") -> None:
        draw_plan(console, document)
        draw_phases(console, totals(made.commands))

    out.result(document, human)
