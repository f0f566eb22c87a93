"""The commands for what is on a card: list, load, install, delete, lock."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_administration.commands.group import (
    AID,
    Station,
    admin,
    changes,
    confirm_words,
    do,
    station_options,
)
from unicard_console import CHIP_SERIAL, Hex, Output, output_options
from unicard_console.planning import Planning

if TYPE_CHECKING:
    from host_lib.flow.content import Observation
    from host_lib.flow.stages import Step

_DIGESTS = ("none", "sha-1", "sha-256")


@admin.command("list")
@station_options
@output_options
def list_contents(out: Output, station: Station) -> None:
    """List life cycle, keys, load files, applications."""
    from card_administration.administration import look
    from card_administration.rendering import contents_as_dict, draw_contents

    with station.open() as (place, access), place.exclusive():
        found = look(place, access)
        data = {"reader": place.name, **contents_as_dict(found)}
    out.result(data, lambda console: draw_contents(console, found))


@admin.command("roles")
@station_options
@output_options
def list_roles(out: Output, station: Station) -> None:
    """List the role key sets of the application."""
    from card_administration.administration import look_at_roles
    from card_administration.rendering import draw_roles, roles_as_dict

    with station.open() as (place, access), place.exclusive():
        found = look_at_roles(place, access)
        data = {"reader": place.name, "role_key_sets": roles_as_dict(found)}
    out.result(data, lambda console: draw_roles(console, found))


@admin.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--digest",
    type=click.Choice(_DIGESTS),
    default="sha-256",
    show_default=True,
    help="Hash with which the load file is announced; the card compares it.",
)
@changes
def load(out: Output, station: Station, planning: Planning, file: Path, digest: str) -> None:
    """Load a package: a CAP file or bare components."""
    from host_lib.flow.content_steps import Digest, load_steps
    from host_lib.load_file import read_load_file

    package = read_load_file(file)

    def wish(found: "Observation") -> "tuple[Step, ...]":
        return load_steps(found.contents, package, found.room, Digest(digest))

    words = (str(file), "--digest", digest)
    modules = ", ".join(module.hex().upper() for module in package.modules) or "none"
    do(
        out, station, planning, "load", words, wish,
        f"Loaded {package.package.hex().upper()}, modules: {modules}.",
    )  # fmt: skip


@admin.command()
@click.argument("module", type=AID)
@click.option("--instance", type=AID, help="Name of the application; by default the module's.")
@click.option(
    "--parameters",
    type=Hex("HEX", 1, 100),
    default=None,
    help="Parameters for the application, in hexadecimal.",
)
@click.option(
    "--not-selectable", is_flag=True, help="Leave it INSTALLED; `make-selectable` goes on."
)
@changes
def install(
    out: Output,
    station: Station,
    planning: Planning,
    module: bytes,
    instance: bytes | None,
    parameters: bytes | None,
    not_selectable: bool,
) -> None:
    """Install an application from a loaded module."""
    from host_lib.flow.content_steps import install_steps

    name = instance or module

    def wish(found: "Observation") -> "tuple[Step, ...]":
        return install_steps(
            found.contents,
            module,
            name,
            parameters=parameters or b"",
            selectable=not not_selectable,
        )

    words = (
        module.hex().upper(),
        *(("--instance", instance.hex().upper()) if instance else ()),
        *(("--parameters", parameters.hex().upper()) if parameters else ()),
        *(("--not-selectable",) if not_selectable else ()),
    )
    said = f"Installed {name.hex().upper()}" + (", not selectable yet." if not_selectable else ".")
    do(out, station, planning, "install", words, wish, said)


@admin.command("make-selectable")
@click.argument("aid", type=AID)
@changes
def make_selectable(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Let an installed application be selected."""
    from host_lib.flow.content_steps import make_selectable_steps

    do(
        out, station, planning, "make-selectable", (aid.hex().upper(),),
        lambda found: make_selectable_steps(found.contents, aid),
        f"{aid.hex().upper()} can be selected.",
    )  # fmt: skip


@admin.command()
@click.argument("aid", type=AID)
@click.option("--related", is_flag=True, help="A load file together with its applications.")
@click.option("--confirm", type=CHIP_SERIAL, help="Chip serial, where a citizen's data would go.")
@changes
def delete(
    out: Output,
    station: Station,
    planning: Planning,
    aid: bytes,
    related: bool,
    confirm: bytes | None,
) -> None:
    """Delete an application or a load file.

    What is deleted is gone. The government application takes the citizen's data with it: name the
    card again with --confirm.
    """
    from applet_spec import spec
    from card_administration.confirmation import require_confirmed
    from host_lib.flow.content_steps import delete_steps

    def wish(found: "Observation") -> "tuple[Step, ...]":
        steps = delete_steps(found.contents, aid, related=related)
        gone = {aid, *(e.aid for e in found.contents.applications if e.load_file == aid)}
        if spec().aids.instance in gone:
            require_confirmed(found.contents, confirm, "deletes the citizen's data for ever")
        return steps

    words = (aid.hex().upper(), *(("--related",) if related else ()), *confirm_words(confirm))
    do(out, station, planning, "delete", words, wish, f"Deleted {aid.hex().upper()}.")


@admin.command()
@click.argument("aid", type=AID)
@changes
def lock(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Lock an application against selection."""
    _set_lock(out, station, planning, aid, lock=True)


@admin.command()
@click.argument("aid", type=AID)
@changes
def unlock(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Unlock an application, in the state it had."""
    _set_lock(out, station, planning, aid, lock=False)


def _set_lock(out: Output, station: Station, planning: Planning, aid: bytes, *, lock: bool) -> None:
    from host_lib.flow.content_steps import lock_steps

    word, name = "lock" if lock else "unlock", aid.hex().upper()
    do(
        out, station, planning, word, (name,),
        lambda found: lock_steps(found.contents, aid, lock=lock),
        f"{word.capitalize()}ed {name}.",
    )  # fmt: skip
