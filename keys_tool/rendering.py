"""What `unicard keys` shows: keys and rotations as JSON-ready values, tables and sentences."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from keys_tool.purpose import KeyInfo

if TYPE_CHECKING:
    from rich.console import Console

    from keys_tool.finding import FoundKeys
    from keys_tool.receipt_file import BadLine, FileVerdict
    from keys_tool.rotation import RotationReport


def key_as_dict(info: KeyInfo) -> dict[str, object]:
    """Return what may be known about a key; a version is two hexadecimal digits."""
    return {
        "purpose": info.purpose,
        "version": f"{info.version:02X}",
        "algorithm": info.algorithm,
        "check_value": info.check_value,
        "check_method": info.check_method,
        "created": info.created,
        "state": info.state,
    }


def draw_keys(console: "Console", infos: Iterable[KeyInfo]) -> None:
    """Draw a table of keys."""
    from rich.table import Table

    table = Table("Purpose", "Version", "Algorithm", "Check value", "Method", "Created", "State")
    for info in infos:
        table.add_row(
            info.purpose.value,
            f"{info.version:02X}",
            info.algorithm.value,
            info.check_value.hex(" ", -3).upper(),
            info.check_method.value,
            f"{info.created:%Y-%m-%d %H:%M:%S}Z",
            info.state.value,
        )
    console.print(table)


def rotation_as_dict(report: "RotationReport") -> dict[str, object]:
    """Return what a rotation found and did; versions are two hexadecimal digits."""
    return {
        "chip_serial": report.chip_serial.hex().upper(),
        "version": f"{report.version:02X}",
        "added": report.added,
        "deleted": _hexes(report.deleted),
        "opened_with": _hexes(report.opened_with),
        "before": _hexes(report.before),
        "after": _hexes(report.after),
    }


def tell_rotation(console: "Console", report: "RotationReport") -> None:
    """Say what a rotation found and did."""
    from host_lib.flow.rotation import listed

    console.print(f"Card {report.chip_serial.hex().upper()}", end="")
    console.print(f" had key versions {listed(report.before)}", end="")
    console.print(f" and opened with {listed(report.opened_with)}.")
    if report.added:
        console.print(f"Added {report.version:02X}, and proved it by a session.")
    if report.deleted:
        console.print(f"Deleted {listed(report.deleted)}.")
    if not report.added and not report.deleted:
        console.print("There was nothing to do.")
    console.print(f"The card has key versions {listed(report.after)} now.")


def found_as_dict(found: "FoundKeys") -> dict[str, object]:
    """Return which keys open a card; versions are two hexadecimal digits."""
    return {
        "chip_serial": found.chip_serial,
        "present": _hexes(found.present),
        "opening": [
            {"version": f"{one.version:02X}", "purpose": one.purpose, "key": f"{one.key:02X}"}
            for one in found.opening
        ],
    }


def draw_found(console: "Console", found: "FoundKeys") -> None:
    """Draw which key versions a card has, and which key of the store opens each."""
    from rich.table import Table

    table = Table("Key version of the card", "Opened by")
    keys = {one.version: f"{one.purpose.value} {one.key:02X}" for one in found.opening}
    for version in found.present:
        table.add_row(f"{version:02X}", keys.get(version, "no key of this store"))
    console.print(f"Card {found.chip_serial.hex().upper()}")
    console.print(table)


def receipts_as_dict(found: "FileVerdict") -> dict[str, object]:
    """Return what became of a file of receipts; of a bad line also what it says of itself."""
    return {
        "receipts": found.valid + len(found.bad),
        "valid": found.valid,
        "bad": [
            {"line": one.line, "reason": one.reason, **_said_of_receipt(one)} for one in found.bad
        ],
    }


def draw_receipts(console: "Console", found: "FileVerdict") -> None:
    """Draw the bad lines of a file of receipts, and say how many are valid."""
    from rich.table import Table

    if found.bad:
        names = ("Line", "Reason", "Card serial", "Number", "Terminal", "Its number")
        table = Table(*names, caption="Nothing that a bad line says is proven.")
        for one in found.bad:
            said = _said_of_receipt(one)
            table.add_row(str(one.line), one.reason, *(str(value) for value in said.values()))
        console.print(table)
    total = found.valid + len(found.bad)
    console.print(f"{found.valid} of {total} receipts are valid.")


def _said_of_receipt(one: "BadLine") -> dict[str, object]:
    if one.receipt is None:
        return {}
    terminal = one.receipt.terminal_id.decode("ascii", errors="backslashreplace").rstrip()
    return {
        "card_serial": one.receipt.card_serial.hex().upper(),
        "number": one.receipt.number,
        "terminal": terminal,
        "terminal_number": one.receipt.terminal_number,
    }


def _hexes(versions: Iterable[int]) -> list[str]:
    return [f"{version:02X}" for version in versions]
