"""What a terminal hands in: the receipts in its journal, as a file for the issuer."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_administration.commands.card import card, open_terminal, terminal_options
from unicard_console import Output, output_options

if TYPE_CHECKING:
    from host_lib.transaction import Receipt


@card.command()
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A new file for the receipts, not standard output.",
)
@click.option(
    "--mark-sent",
    is_flag=True,
    help="Once the file is on the disk, count its receipts as sent: they are not written again.",
)
@click.option("--all", "every", is_flag=True, help="Those that count as sent, too.")
@terminal_options
@output_options
def receipts(
    out: Output,
    target: Path | None,
    mark_sent: bool,
    every: bool,
    terminal: str,
    journal: Path,
) -> None:
    """Write the receipts that the issuer does not have yet.

    One a line (JSON Lines); no card is asked. The issuer reads them with `unicard keys
    verify-receipts`. One that is written twice names the same card transaction: it pays once.

    \b
    Example:
      unicard card receipts --terminal BAKERY01 --out monday.jsonl --mark-sent
    """
    from card_administration.receipt_file import write_receipts

    if mark_sent and target is None:
        raise click.UsageError("--mark-sent wants --out: sent is what is in a file on the disk")
    if not journal.exists():
        raise click.BadParameter(f"there is no journal {journal}", param_hint="--journal")
    with open_terminal(terminal, journal) as opened:
        waiting = opened.journal.unsent(None)
        found = tuple(opened.journal.receipts() if every else (one.receipt for one in waiting))
        unsettled = len(opened.journal.pending())
        if target is not None and found:
            write_receipts(target, found)
            if mark_sent:
                opened.journal.mark_sent(*waiting)
    _tell(out, terminal, target if found else None, found, marked=mark_sent and bool(found))
    if unsettled:
        out.note(
            f"Not settled yet: {unsettled}. With the card in the reader type "
            "`unicard card recover`: a receipt may come of it."
        )


def _tell(
    out: Output,
    terminal: str,
    target: Path | None,
    found: "tuple[Receipt, ...]",
    *,
    marked: bool,
) -> None:
    from card_administration.baskets import receipt_facts
    from card_administration.receipt_file import receipt_line

    if out.as_json or target is not None:
        data = {
            "terminal_id": terminal,
            "file": target,
            "receipts": [receipt_facts(one) for one in found],
            "marked_as_sent": marked,
        }
        written = f"{len(found)} {'receipt' if len(found) == 1 else 'receipts'} in {target}"
        sent = ", marked as sent" if marked else ""
        out.result(data, lambda console: console.print(written + sent))
        return
    for one in found:
        click.echo(receipt_line(one), nl=False)
    if not found:
        out.note("No receipt waits.")
