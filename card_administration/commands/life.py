"""The commands for the card itself: its life cycle, its numbers and its keys."""

from typing import TYPE_CHECKING

import click

from card_administration.commands.group import (
    NUMBER,
    Station,
    admin,
    changes,
    confirm_words,
    do,
    do_with,
    read_key_version,
)
from unicard_console import CHIP_SERIAL, Output
from unicard_console.planning import Planning

if TYPE_CHECKING:
    from card_administration.access import Access
    from card_administration.administration import Wish
    from host_lib.flow.content import Observation
    from host_lib.flow.stages import Step

_STATES = ("INITIALIZED", "SECURED", "CARD_LOCKED", "TERMINATED")


@admin.command()
@click.argument("target", metavar="STATE", type=click.Choice(_STATES, case_sensitive=False))
@click.option(
    "--confirm", type=CHIP_SERIAL, help="Chip serial of the card that is to be TERMINATED."
)
@changes
def state(
    out: Output, station: Station, planning: Planning, target: str, confirm: bytes | None
) -> None:
    """Lead the card to a life cycle state.

    States are passed one by one and never back, but from CARD_LOCKED to SECURED. TERMINATED is the
    end of the card: name it again with --confirm.
    """
    from card_administration.confirmation import require_confirmed
    from host_lib.command import CardState
    from host_lib.flow.content_steps import state_steps

    wanted = CardState[target]

    def wish(found: "Observation") -> "tuple[Step, ...]":
        if wanted is CardState.TERMINATED:
            require_confirmed(found.contents, confirm, "ends the card for ever")
        return state_steps(found.contents, wanted)

    words = (wanted.name, *confirm_words(confirm))
    do(out, station, planning, "state", words, wish, f"The card is {wanted.name}.")


@admin.command()
@click.option("--iin", type=NUMBER, help="Issuer identification number, in hexadecimal.")
@click.option("--cin", type=NUMBER, help="Card identification number, in hexadecimal.")
@changes
def store(
    out: Output, station: Station, planning: Planning, iin: bytes | None, cin: bytes | None
) -> None:
    """Store issuer (42) and card number (45).

    The card manager answers them to anyone, by GET DATA.
    """
    from host_lib.flow.content_steps import store_steps

    if iin is None and cin is None:
        raise click.UsageError("name --iin, --cin or both")
    words = tuple(
        word
        for name, value in (("--iin", iin), ("--cin", cin))
        if value is not None
        for word in (name, value.hex().upper())
    )
    do(
        out, station, planning, "store", words,
        lambda found: store_steps(found.contents, iin, cin, found.room),
        "Stored.",
    )  # fmt: skip


@admin.command("put-keys")
@click.argument("version", callback=read_key_version)
@click.option(
    "--replace",
    callback=read_key_version,
    metavar="HEX",
    help="Put it in place of this key version.",
)
@changes
def put_keys(
    out: Output, station: Station, planning: Planning, version: int, replace: int | None
) -> None:
    """Put issuer keys of the store on the card.

    The keys of blank stock go with the first set if their version is FF; those of another version
    (`unicard card probe`) stay, unless --replace names it. To change the keys of issued cards take
    `unicard keys rotate`: it proves the new keys before the old ones go.
    """
    from host_lib.flow.content_steps import put_keys_steps

    def run(access: "Access") -> "Wish":
        length = access.key_length(version)
        return lambda found: put_keys_steps(
            found.contents,
            version,
            length,
            replaces=replace or 0,
            inner_length=found.opening.terms.inner_length,
        )

    words = (f"{version:02X}", *(("--replace", f"{replace:02X}") if replace else ()))
    do_with(out, station, planning, "put-keys", words, run, f"Put key set {version:02X}.")


@admin.command("delete-keys")
@click.argument("version", callback=read_key_version)
@changes
def delete_keys(out: Output, station: Station, planning: Planning, version: int) -> None:
    """Delete a key set other than the session's."""
    from host_lib.flow.content_steps import delete_keys_steps

    do(
        out, station, planning, "delete-keys", (f"{version:02X}",),
        lambda found: delete_keys_steps(found.contents, version, found.opening.version),
        f"Deleted key set {version:02X}.",
    )  # fmt: skip
