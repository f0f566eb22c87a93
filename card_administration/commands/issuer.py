"""What the issuer changes on an issued card: its services, and whether it may be used."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from card_administration.commands.card import card
from card_administration.commands.group import (
    Engine,
    Ran,
    Station,
    changes,
    confirm_words,
    run_planned,
)
from unicard_console import Hex, Output
from unicard_console.planning import Planning

if TYPE_CHECKING:
    from card_administration.access import Access
    from card_administration.issued import IssuedWish
    from host_lib.flow.issued import IssuedCard
    from host_lib.flow.stages import Step
    from host_lib.plan import Plan
    from host_lib.reader import Reader

_CARD_SERIAL = Hex("SERIAL", 8, 8)
from_option = click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="JSON file with settings, as `unicard card services --json` prints one service.",
)


@card.command("add-service")
@click.argument("settings", nargs=-1, metavar="[SETTING=VALUE]...")
@from_option
@changes
def add_service(
    out: Output,
    station: Station,
    planning: Planning,
    settings: tuple[str, ...],
    source: Path | None,
) -> None:
    """Add a service to an issued card.

    Typed settings go before those of the file.

    \b
    Example:
      unicard card add-service id=5 kind=quota label=snacks verification=none
        debit_roles=MERCHANT allowance=2 period_kind=day transaction_limit=2
        horizon=2027-02-28
    """
    from card_administration.settings import from_file, new_record, typed
    from host_lib.flow.issued import add_service_steps

    known = (from_file(source) if source else {}) | typed(settings)
    record = new_record(known)
    words = (*settings, *_source_words(source))
    said = f"Service {record.id} is on the card: {record.label}."
    _do(
        out, station, planning, ("add-service", words), lambda c: add_service_steps(c, record), said
    )


@card.command("set-service")
@click.argument("service")
@click.argument("settings", nargs=-1, metavar="[SETTING=VALUE]...")
@from_option
@click.option("--enable/--disable", "enabled", default=None, help="Let it be used, or not.")
@changes
def set_service(
    out: Output,
    station: Station,
    planning: Planning,
    service: str,
    settings: tuple[str, ...],
    source: Path | None,
    enabled: bool | None,
) -> None:
    """Change a service's settings, period, horizon or switch.

    SERVICE is its label or its id. Balance and uses stay; only transactions change them.

    \b
    Examples:
      unicard card set-service bread allowance=25 horizon=2027-06-30
      unicard card set-service wallet limit.BREAD=80.00
      unicard card set-service health --disable
    """
    from card_administration.settings import SettingsUnreadable, changed_record, from_file, typed
    from host_lib.flow.issued import set_service_steps

    switch = {} if enabled is None else {"enabled": enabled}
    known = (_settings_only(from_file(source)) if source else {}) | typed(settings) | switch
    if not known:
        raise SettingsUnreadable("no setting was named")

    def wish(found: "IssuedCard") -> "tuple[Step, ...]":
        old = found.service(found.service_id(service))
        if known.get("kind", old.kind) != old.kind:
            raise SettingsUnreadable(
                f"service {old.id} is a {old.kind}, and stays one",
                advice="Disable it, and add the other one under another id.",
            )
        new = changed_record(old, known)
        if new.id != old.id:
            raise SettingsUnreadable(f"service {old.id} keeps its id; the settings are of {new.id}")
        if new.values.get("period kind") != old.values.get("period kind"):
            raise SettingsUnreadable(
                f"service {old.id} keeps its period_kind: its period and horizon are counted in it",
                advice="Disable it, and add the other one under another id.",
            )
        return set_service_steps(found, new)

    switches = () if enabled is None else ("--enable" if enabled else "--disable",)
    words = (service, *settings, *_source_words(source), *switches)
    _do(out, station, planning, ("set-service", words), wish, f"Service {service} is changed.")


@card.command()
@changes
def suspend(out: Output, station: Station, planning: Planning) -> None:
    """Suspend a card until it is resumed: no transaction, no PIN."""
    from host_lib.flow.issued import suspend_steps

    _do(out, station, planning, ("suspend", ()), suspend_steps, "The card is suspended.")


@card.command()
@changes
def resume(out: Output, station: Station, planning: Planning) -> None:
    """Resume a suspended card: it is again what it was before."""
    from host_lib.flow.issued import resume_steps

    _do(out, station, planning, ("resume", ()), resume_steps, "The card is resumed.")


@card.command()
@click.option("--confirm", type=_CARD_SERIAL, help="Card serial of the card that is to be ended.")
@changes
def terminate(out: Output, station: Station, planning: Planning, confirm: bytes | None) -> None:
    """End a card for ever: its keys, PIN and templates are erased.

    Name the card again with --confirm: its card serial, as `unicard card show` prints it.
    """
    from card_administration.confirmation import require_named
    from host_lib.flow.issued import terminate_steps

    def wish(found: "IssuedCard") -> "tuple[Step, ...]":
        require_named(found.card_serial, confirm, "ends the card for ever")
        return terminate_steps()

    _do(out, station, planning, ("terminate", confirm_words(confirm)), wish, "The card is ended.")


_OF_ONE_CARD = frozenset({"balance", "uses", "current_period"})
"""What a file says of the card that it was printed from, and no other card is to get."""


def _settings_only(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in _OF_ONE_CARD}


def _source_words(source: Path | None) -> tuple[str, ...]:
    return ("--from", str(source)) if source else ()


def _do(
    out: Output,
    station: Station,
    planning: Planning,
    typed: tuple[str, tuple[str, ...]],
    wish: "IssuedWish",
    said: str,
) -> None:
    from card_administration.issued import IssuedOperation, change, plan_change

    name, words = typed

    def engine(access: "Access") -> Engine:
        operation = IssuedOperation(f"card {name}", (*words, *station.words), wish)

        def run(place: "Reader", saved: "Plan | None", answered: Callable[[], None]) -> Ran:
            found, commands = change(place, access, operation, saved, answered)
            serials = {"chip_serial": found.chip_serial, "card_serial": found.card_serial}
            return Ran({name: value.hex().upper() for name, value in serials.items()}, commands)

        return Engine(lambda place: plan_change(place, access, operation), run)

    run_planned(out, station, planning, typed, engine, said)
