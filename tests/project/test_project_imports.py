"""Imports between the rooms point one way; an import inside a function counts like any other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, project_files

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "applet_spec": (),
    "host_lib": ("applet_spec",),
    # The software card shares with the host what published vectors prove, and a reader's types.
    "card_simulator": (
        "applet_spec",
        "host_lib.errors",
        "host_lib.primitives",
        "host_lib.reader",
    ),
    "java_card": ("applet_spec", "host_lib.errors", "host_lib.reader"),
    "keys_tool": ("applet_spec", "host_lib"),
    "personalization": ("applet_spec", "host_lib", "keys_tool"),
    "card_administration": ("applet_spec", "host_lib", "keys_tool"),
    "card_conformance": ("applet_spec", "host_lib", "keys_tool"),
    "unicard_console": ("applet_spec",),
    "cli": ("unicard_console",),
}
"""For each room the rooms, or the modules in them, that it may import."""

COMMAND_LINES_MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # `sim serve` serves either kind of card.
    "card_simulator": ("java_card",),
}
"""For a room's command line the rooms that it may import besides."""

OUTSIDE = {"tests", "benchmarks", "scripts", "examples", "docs"}
"""Folders whose Python code belongs to no room and may import any."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Yield the full name of everything that a module's source imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, is_package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _imported_by_call(node)


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parents = module.split(".")
    parents = parents[: len(parents) - node.level + is_package]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _imported_by_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in {"import_module", "__import__"} and node.args:
        match node.args[0]:
            case ast.Constant(value=str(imported)):
                yield imported


def is_within(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def complaint(module: str, imported: str) -> str | None:
    """Return what is wrong with ``module`` importing ``imported``; None when nothing is."""
    room, other = module.split(".")[0], imported.split(".")[0]
    if other not in MAY_IMPORT or other == room:
        into_commands = other == room and is_within(imported, f"{room}.commands")
        if into_commands and not is_within(module, f"{room}.commands"):
            return f"{module} imports the command line {imported}"
        return None
    if room not in MAY_IMPORT:
        return f"{module} is in a room that this test does not know"
    if is_within(imported, f"{other}.commands"):
        return f"{module} imports the command line {imported}"
    if other == "unicard_console" and is_within(module, f"{room}.commands"):
        return None
    allowed_here = MAY_IMPORT[room]
    if is_within(module, f"{room}.commands"):
        allowed_here += COMMAND_LINES_MAY_IMPORT.get(room, ())
    if any(is_within(imported, allowed) for allowed in allowed_here):
        return None
    return f"{module} imports {imported}"


def rooms_code() -> list[Path]:
    code = [path for path in project_files() if path.suffix == ".py"]
    return [path for path in code if path.relative_to(ROOT).parts[0] not in OUTSIDE]


def test_every_piece_of_code_is_in_a_known_room() -> None:
    rooms = {module_of(path).split(".")[0] for path in rooms_code()}
    assert rooms == set(MAY_IMPORT)
    assert set(MAY_IMPORT) - {"cli"} == set(PACKAGES)


def test_imports_between_rooms_point_one_way() -> None:
    complaints = [
        said
        for path in rooms_code()
        for imported in imports(
            path.read_text(encoding="utf-8"), module_of(path), path.name == "__init__.py"
        )
        if (said := complaint(module_of(path), imported))
    ]
    assert complaints == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("applet_spec.loader", "host_lib"),
        ("host_lib.card", "keys_tool"),
        ("personalization.station", "card_conformance.runner"),
        ("card_conformance.runner", "personalization"),
        ("card_administration.access", "card_conformance"),
        ("keys_tool.store", "personalization.journal"),
        ("card_simulator.card", "host_lib.tlv"),
        ("card_simulator.card", "host_lib"),
        ("card_simulator.card", "java_card.reader"),
        ("java_card.reader", "card_simulator"),
        ("java_card.reader", "host_lib.scp03"),
        ("host_lib.card", "unicard_console"),
        ("host_lib.card", "host_lib.commands"),
        ("personalization.commands", "keys_tool.commands.keys"),
        ("keys_tool.commands", "cli"),
        ("new_room.thing", "host_lib"),
        ("unicard_console.output", "host_lib"),
    ],
)
def test_an_import_the_wrong_way_is_noticed(module: str, imported: str) -> None:
    assert complaint(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("host_lib.commands", "unicard_console.Output"),
        ("host_lib.commands", "applet_spec.spec"),
        ("card_simulator.card", "host_lib.primitives.AesContext"),
        ("card_simulator.commands", "java_card.serve"),
        ("personalization.station", "keys_tool.open_store"),
        ("keys_tool.store", "cryptography.hazmat"),
    ],
)
def test_an_import_the_right_way_is_left_alone(module: str, imported: str) -> None:
    assert complaint(module, imported) is None


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import host_lib.tlv as t", "host_lib.tlv"),
        ("def f():\n    from host_lib import tlv", "host_lib.tlv"),
        ("from . import tlv", "room.inner.tlv"),
        ("from ..other import thing", "room.other.thing"),
        ("importlib.import_module('host_lib')", "host_lib"),
    ],
)
def test_every_form_of_import_is_seen(source: str, found: str) -> None:
    assert list(imports(source, "room.inner.module", is_package=False)) == [found]
