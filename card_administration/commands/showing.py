"""What is on a card for its holder: services and log."""

from itertools import zip_longest
from typing import TYPE_CHECKING

import click

from card_administration.commands.card import Place, card, place_options, read_role
from unicard_console import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from host_lib.flow.services import PurseCounters
    from host_lib.services import ServiceRecord
    from host_lib.transaction import Receipt


@card.command()
@click.option(
    "--role", callback=read_role, metavar="ROLE", help="Read in a session of this role, not by PIN."
)
@place_options
def services(out: Output, place: Place, role: int | None) -> None:
    """Show the services of a card with what is left of them.

    With --with-pin the holder's PIN opens them, with --role a terminal's keys.
    """
    from card_administration.showing import read_table, service_facts

    table = place.read(read_table(), role)
    data = [service_facts(one, table.counters.get(one.id)) for one in table.records]

    def human(console: "Console") -> None:
        from rich.table import Table

        drawn = Table("id", "service", "left", "verification", "more")
        for one in table.records:
            more = "\n".join(_more(one, table.counters.get(one.id)))
            drawn.add_row(str(one.id), one.label, _left(one), one.verification, more)
        console.print(drawn if table.records else "The card has no services.")

    out.result({"services": data}, human)


@card.command()
@click.option(
    "--role",
    callback=read_role,
    metavar="ROLE",
    help="Read in a session of this role (INSPECT), not by PIN.",
)
@place_options
def log(out: Output, place: Place, role: int | None) -> None:
    """Show the newest transactions of a card, up to 20.

    With --with-pin the holder's PIN opens it, with --role inspect an office's keys.
    """
    from card_administration.baskets import receipt_facts
    from host_lib.flow.transaction import read_log

    receipts = place.read(read_log(), role)

    def human(console: "Console") -> None:
        from rich.table import Table

        drawn = Table("no.", "when", "terminal", "what", "left")
        for one, before in zip_longest(receipts, receipts[1:]):
            for row in _rows(one, before):
                drawn.add_row(*row)
        console.print(drawn if receipts else "The card has had no transaction yet.")

    out.result({"log": [receipt_facts(one) for one in receipts]}, human)


def _left(record: "ServiceRecord") -> str:
    from card_administration.baskets import shown_record_amount

    if "balance" in record.values:
        balance = record.values["balance"]
        assert isinstance(balance, int)
        return shown_record_amount(record, balance)
    return f"to {record.values['valid to']}"


def _more(record: "ServiceRecord", counters: "PurseCounters | None") -> "Iterator[str]":
    from card_administration.baskets import money

    if not record.enabled:
        yield "disabled by the issuer"
    if "current period" in record.values:
        yield from _periods(record)
    if "uses" in record.values:
        yield f"used {record.values['uses']} times, class {record.values['class of cover']}"
    if counters is not None:
        yield f"unverified {money(counters.unverified_spent)}"
        yield f"since load {money(counters.debits_since_load)}"


def _periods(record: "ServiceRecord") -> "Iterator[str]":
    from card_administration.periods import LENGTHS, shown_period

    kind = record.values["period kind"]
    assert isinstance(kind, int)
    yield f"{record.values['allowance']} a {LENGTHS[kind]}" if kind else "no periods"
    if kind:
        yield f"now {shown_period(kind, record.values['current period'])}"
        yield f"last {shown_period(kind, record.values['horizon'])}"


def _rows(receipt: "Receipt", before: "Receipt | None") -> "Iterator[tuple[str, ...]]":
    """Yield a row of the log for each operation: a narrow terminal breaks both halves of one."""
    from card_administration.baskets import balances_of, shown_amount, shown_operation

    left = (shown_amount(service, balance) for service, balance in balances_of(receipt, before))
    head = (
        str(receipt.number),
        f"{receipt.when:%Y-%m-%d %H:%M}",
        receipt.terminal_id.decode("ascii", "backslashreplace").rstrip(),
    )
    operations = map(shown_operation, receipt.operations)
    for what, balance in zip_longest(operations, left, fillvalue=""):
        yield (*head, what, balance)
        head = ("", "", "")
