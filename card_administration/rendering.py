"""What `unicard admin` shows: a card's contents as JSON-ready values and as tables."""

from typing import TYPE_CHECKING

from applet_spec import spec
from host_lib.command import ApplicationState, StatusEntry
from host_lib.flow.content import CardContents, Observation
from host_lib.roles import RoleKeySet, role_name

if TYPE_CHECKING:
    from rich.console import Console

_LOCK_BIT = 0x80


def hexed(value: bytes | None) -> str | None:
    """Return bytes as upper-case hexadecimal; None for none."""
    return None if value is None else value.hex().upper()


def application_state(entry: StatusEntry) -> str:
    """Return the state of an application in words; a code where it is the application's own."""
    code = entry.life_cycle & ~_LOCK_BIT
    ours = spec().state_of(code) if entry.aid == spec().aids.instance else None
    if ours is not None:
        return ours.name
    known = {int(state): state.name for state in ApplicationState}
    return known.get(code, f"{code:02X}")


def contents_as_dict(found: Observation) -> dict[str, object]:
    """Return what is on a card as JSON-ready values."""
    contents = found.contents
    return {
        "chip_serial": hexed(contents.chip_serial),
        "life_cycle": contents.state_name,
        "iin": hexed(contents.iin),
        "cin": hexed(contents.cin),
        "issuer_security_domain": hexed(contents.domain.aid),
        "opened_with": f"{found.opening.version:02X}",
        "level": f"{found.opening.shape.level:02X}",
        "keys": [
            {
                "version": f"{entry.version:02X}",
                "identifier": entry.identifier,
                "type": f"{entry.type:02X}",
                "length": entry.length,
            }
            for entry in contents.keys
        ],
        "applications": [
            {
                "aid": hexed(entry.aid),
                "state": application_state(entry),
                "locked": entry.locked,
                "load_file": hexed(entry.load_file),
                "privileges": hexed(entry.privileges),
            }
            for entry in contents.applications
        ],
        "load_files": [
            {
                "aid": hexed(entry.aid),
                "version": hexed(entry.version),
                "modules": [hexed(module) for module in entry.modules],
            }
            for entry in contents.load_files
        ],
    }


def draw_contents(console: "Console", found: Observation) -> None:
    """Draw what is on a card."""
    from rich.table import Table

    contents = found.contents
    table = Table("", "AID", "state", "from, or modules")
    isd = ", ".join(_key_sets(contents))
    table.add_row("card manager", hexed(contents.domain.aid), contents.state_name, f"keys {isd}")
    for entry in contents.applications:
        locked = ", locked" if entry.locked else ""
        where = hexed(entry.load_file)
        table.add_row("application", hexed(entry.aid), application_state(entry) + locked, where)
    for entry in contents.load_files:
        modules = "\n".join(module.hex().upper() for module in entry.modules)
        table.add_row("load file", hexed(entry.aid), "LOADED", modules)
    console.print(f"Card {hexed(contents.chip_serial)}", end="")
    level = f"{found.opening.shape.level:02X}"
    console.print(f", opened with key set {found.opening.version:02X} at level {level}.")
    if contents.iin is not None:
        console.print(f"Issuer identification number {hexed(contents.iin)}.")
    if contents.cin is not None:
        console.print(f"Card identification number {hexed(contents.cin)}.")
    console.print(table)


def _key_sets(contents: CardContents) -> list[str]:
    """Return each key version with the kind of its keys."""
    said = []
    for version in contents.key_versions:
        kinds = {entry.kind for entry in contents.keys if entry.version == version}
        said.append(f"{version:02X} ({', '.join(sorted(kinds))})")
    return said or ["none"]


def roles_as_dict(found: tuple[RoleKeySet, ...]) -> list[dict[str, object]]:
    """Return the role key sets of a card as JSON-ready values."""
    return [
        {
            "key_version": f"{one.version:02X}",
            "role": one.role,
            "name": role_name(one.role),
            "slot": one.slot.name,
            "master_version": f"{one.master_version:02X}",
        }
        for one in found
    ]


def draw_roles(console: "Console", found: tuple[RoleKeySet, ...]) -> None:
    """Draw the role key sets of a card."""
    from rich.table import Table

    if not found:
        console.print("The card has no keys of any role.")
        return
    table = Table("role", "slot", "key version", "master version")
    for one in found:
        versions = f"{one.version:02X}", f"{one.master_version:02X}"
        table.add_row(role_name(one.role), one.slot.name, *versions)
    console.print(table)
