"""Transactions from the command line: pay, load, withdraw, and recover what was interrupted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_administration.commands.card import (
    Place,
    card,
    place_options,
    place_without_pin,
    read_role,
    terminal_options,
)
from unicard_console import Output

if TYPE_CHECKING:
    from rich.console import Console

    from host_lib.flow.transaction import Outcome
    from host_lib.transaction import Operation, Pending, Receipt


@card.command()
@click.argument("operations", nargs=-1, required=True, metavar="SERVICE=AMOUNT...")
@click.option(
    "--role", callback=read_role, required=True, metavar="ROLE", help="The terminal's role."
)
@terminal_options
@place_options
def pay(
    out: Output,
    place: Place,
    operations: tuple[str, ...],
    role: int,
    terminal: str,
    journal: Path,
) -> None:
    """Debit services, all or nothing.

    \b
    Examples:
      unicard card pay bread=20 wallet=4.00 --role bread --terminal BAKERY01
      unicard card pay wallet=120 --role merchant --terminal SHOP0007 --with-pin
    """
    from card_administration.baskets import basket

    _transact(out, place, role, basket(operations), terminal, journal)


@card.command()
@click.argument("operations", nargs=-1, required=True, metavar="SERVICE=AMOUNT...")
@terminal_options
@place_options
def load(
    out: Output, place: Place, operations: tuple[str, ...], terminal: str, journal: Path
) -> None:
    """Credit services, in a session of the role LOAD.

    \b
    Example:
      unicard card load wallet=250.00 --terminal OFFICE01 --with-pin
    """
    from card_administration.baskets import basket
    from host_lib.roles import Role
    from host_lib.transaction import Credit

    _transact(out, place, Role.LOAD, basket(operations, Credit), terminal, journal)


@card.command()
@click.argument("amount", metavar="AMOUNT")
@click.option("--service", default="wallet", show_default=True, help="The purse to draw from.")
@terminal_options
@place_options
def withdraw(
    out: Output, place: Place, amount: str, service: str, terminal: str, journal: Path
) -> None:
    """Withdraw cash; ask whether it was given out.

    Where it was not, the card takes the debit back in the same session, one of the role CASH.
    """
    from card_administration.baskets import basket, shown_operation
    from host_lib.interrupt import first_interrupt
    from host_lib.roles import Role
    from host_lib.transaction import Debit

    (debit,) = basket((f"{service}={amount}",))
    assert isinstance(debit, Debit)

    def dispense(_receipt: "Receipt") -> None:
        try:
            given = click.confirm(f"{shown_operation(debit)}: was the cash given out?", err=True)
        except click.Abort:
            click.echo(err=True)  # nobody ended the line of the question
            raise
        if not given:
            raise click.Abort

    pin = place.pin()
    again = "Ctrl-C once more is the answer no: the card takes the debit back."
    # The reversal must find its way to the card after a Ctrl-C at the question.
    with (
        first_interrupt(lambda: out.note(again)),
        place.till(terminal, journal, stoppable=False) as till,
    ):
        settled = till.settle()
        _tell_settled(out, settled)
        with till.session(Role.CASH, pin) as session:
            receipt = session.withdraw(
                debit.amount, dispense, terminal=till.terminal, service=debit.service
            )
        _tell(out, receipt, settled)


@card.command()
@terminal_options
@place_without_pin
def recover(out: Output, place: Place, terminal: str, journal: Path) -> None:
    """Ask the card what became of interrupted transactions.

    Those of this terminal with this card. Nothing is changed on it; the journal then knows. What
    no card can tell any more is left to the issuer's clearing, and ends with exit code 4.
    """
    from applet_spec import ExitCode
    from host_lib.flow.transaction import Undecided

    with place.till(terminal, journal) as till:
        settled = till.settle()
        left = till.terminal.journal.pending()
        clearing = till.terminal.journal.left_to_clearing()
    outcomes = [_outcome(pending, outcome) for pending, outcome in settled]
    data = {
        "settled": outcomes,
        "pending_with_other_cards": [_request(one) for one in left],
        "left_to_clearing": [_request(one) for one in clearing],
    }

    def human(console: "Console") -> None:
        for one in outcomes:
            console.print(f"transaction {one['terminal_number']}: {one['outcome']}", markup=False)
        if not outcomes:
            console.print("Nothing is open between this terminal and this card.")
        for other in left:
            serial = other.card_serial.hex().upper()
            number = other.request.terminal_number
            console.print(f"open with another card: transaction {number} with {serial}")
        for lost in clearing:
            console.print(f"left to the clearing: transaction {lost.request.terminal_number}")

    out.result(data, human)
    if any(isinstance(outcome, Undecided) for _, outcome in settled):
        click.get_current_context().exit(int(ExitCode.UNCERTAIN))


def _transact(
    out: Output,
    place: Place,
    role: int,
    operations: "tuple[Operation, ...]",
    terminal: str,
    journal: Path,
) -> None:
    pin = place.pin()
    with place.till(terminal, journal) as till:
        settled = till.settle()
        _tell_settled(out, settled)
        receipt = till.transact(role, operations, pin)
        _tell(out, receipt, settled)


def _tell_settled(out: Output, settled: "Sequence[tuple[Pending, Outcome]]") -> None:
    for pending, outcome in settled:
        facts = _outcome(pending, outcome)
        out.note(f"earlier transaction {facts['terminal_number']}: {facts['outcome']}")


def _tell(out: Output, receipt: "Receipt", settled: "Sequence[tuple[Pending, Outcome]]") -> None:
    from card_administration.baskets import receipt_facts

    data = receipt_facts(receipt) | {"settled_before": [_outcome(*one) for one in settled]}
    out.result(data, _receipt_drawing(receipt))


def _receipt_drawing(receipt: "Receipt") -> "Callable[[Console], None]":
    from card_administration.baskets import label_of, shown_amount, shown_operation
    from host_lib.transaction import Reverse, service_id

    def human(console: "Console") -> None:
        from rich.table import Table

        table = Table(show_header=False)
        for operation, balance in zip(receipt.operations, receipt.balances, strict=False):
            table.add_row("done", shown_operation(operation))
            if not isinstance(operation, Reverse):
                service = service_id(operation.service)
                table.add_row(f"{label_of(service)} now", shown_amount(service, balance))
        table.add_row("card transaction", str(receipt.number))
        table.add_row("terminal transaction", str(receipt.terminal_number))
        table.add_row("when", str(receipt.when))
        if receipt.activation:
            replaced = receipt.replaced_card_number
            first = "the card's first transaction: it is active now"
            table.add_row("activation", f"{first}; replaces {replaced}" if replaced else first)
        table.add_row("receipt MAC", receipt.mac.hex().upper())
        console.print(table)

    return human


def _request(pending: "Pending") -> dict[str, object]:
    return {
        "terminal_number": pending.request.terminal_number,
        "card_serial": pending.card_serial.hex().upper(),
        "role": pending.role,
        "when": pending.request.when.isoformat(),
    }


def _outcome(pending: "Pending", outcome: "Outcome") -> dict[str, object]:
    from card_administration.baskets import receipt_facts
    from host_lib.flow.transaction import Happened, NotHappened

    facts = _request(pending)
    if isinstance(outcome, Happened):
        return facts | {"outcome": "it happened", "receipt": receipt_facts(outcome.receipt)}
    if isinstance(outcome, NotHappened):
        return facts | {"outcome": "it did not happen, and never will"}
    return facts | {"outcome": f"undecided: {outcome.why.value}"}
