"""The Java constants say what the contract says, and the committed sources are never stale."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from applet_spec import spec
from applet_spec.java_data import CHECKS, CONDITIONS, FORMATS
from applet_spec.java_sources import sources
from applet_spec.java_text import LINE, constant
from applet_spec.loader import read_data
from applet_spec.model import Dgi

FOLDER = Path(__file__).parents[2] / "applet"
SOURCES = sources()
MANAGER = SOURCES["manager/src/main/java/unicard/manager/Contract.java"]


@pytest.mark.parametrize("path", SOURCES)
def test_the_committed_source_is_what_the_contract_says(path: str) -> None:
    written = (FOLDER / path).read_text(encoding="utf-8")
    assert written == SOURCES[path], "stale: run `unicard spec java`"


@pytest.mark.parametrize("path", SOURCES)
def test_lines_are_no_longer_than_reviewers_read(path: str) -> None:
    assert max(map(len, SOURCES[path].splitlines())) <= LINE + 10


def test_every_command_has_its_entry_with_class_and_instruction() -> None:
    for name, command in spec().card_manager.items():
        other = "-1" if command.other_cla is None else f"0x{command.other_cla:02X}"
        head = rf"{constant(name)}\(\s+0x{command.cla:02X}, {other}, 0x{command.ins:02X},"
        assert re.search(head, MANAGER), name


def test_a_change_of_the_contract_changes_the_source() -> None:
    def changed(name: str) -> dict[str, Any]:
        data = copy.deepcopy(read_data(name))
        if name == "card_manager":
            command = next(c for c in data["commands"] if c["name"] == "PUT KEY")
            command["states"] = ["SECURED"]
            command["variants"][0]["p2"] = "01"
        return data

    text = sources(changed)["manager/src/main/java/unicard/manager/Contract.java"]
    assert text != MANAGER
    entry = text.partition("PUT_KEY(")[2].partition("DELETE_KEY(")[0]
    assert "EnumSet.of(CardState.SECURED)" in entry
    assert "null, Set.of(0x01), 0, 255" in entry


# Tables of data objects, DGIs and service records

DATA = "application/src/main/java/unicard/application/DataTables.java"
TABLES = SOURCES[DATA]


def numbers(text: str) -> dict[str, int]:
    """Return the constants of a class by name."""
    found = re.findall(r"static final short (\w+) = (?:\(short\) )?(\w+);", text)
    return {name: int(value, 0) for name, value in found}


def rows(text: str, table: str, prefix: str) -> list[dict[str, int]]:
    """Return a table's rows by the names of their columns."""
    body = re.search(rf"short\[\] {table} = \{{(.*?)\}};", text, re.DOTALL)
    assert body is not None, table
    values = [int(item, 0) for item in re.findall(r"-?\b(?:0x)?[0-9A-F]+\b", body[1])]
    columns = {
        n.removeprefix(f"{prefix}_"): v
        for n, v in numbers(text).items()
        if n.startswith(f"{prefix}_")
    }
    width = columns.pop("ROW")
    return [
        {name: values[at + place] for name, place in columns.items() if place < width}
        for at in range(0, len(values), width)
    ]


def changed(name: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Return the tables of a contract of which one file is changed."""

    def read(which: str) -> dict[str, Any]:
        data = copy.deepcopy(read_data(which))
        if which == name:
            change(data)
        return data

    return sources(read)[DATA]


def test_every_object_has_a_row_and_a_place_of_its_own() -> None:
    taken: set[int] = set()
    known = set()
    for row in rows(TABLES, "OBJECTS", "OBJECT"):
        for further in range(row["COUNT"]):
            target = spec().objects[row["TAG"] + further]
            known.add(target.tag)
            assert (row["LEAST"], row["MOST"]) == (target.length.least, target.length.most)
            assert FORMATS[row["FORMAT"]] == target.format
            assert bool(row["FLAGS"] & 1) == target.long
            if target.computed:
                assert row["PLACE"] == -1
                continue
            two = target.length.most > spec().limits["atomic_object_bytes"]
            assert (row["PAIR"] >= 0) == two
            size = 2 * (2 + target.length.most) if two else 1 + target.length.most
            place = range(row["PLACE"] + further * size, row["PLACE"] + (further + 1) * size)
            assert taken.isdisjoint(place), target.name
            taken.update(place)
    assert known == set(spec().objects)
    assert taken == set(range(numbers(TABLES)["MEMORY"]))


def test_rules_name_the_same_conditions_as_the_contract() -> None:
    for row in rows(TABLES, "OBJECTS", "OBJECT"):
        rule = spec().objects[row["TAG"]].read
        for name, bit in CONDITIONS.items():
            assert bool(row["READ"] & bit) == (name in rule)
        for role in range(16):
            named = "role" in rule or f"role:{role}" in rule
            assert bool(row["READ_ROLES"] >> role & 1) == named


def test_every_dgi_that_is_no_draft_has_its_parts_and_states() -> None:
    parts = rows(TABLES, "PARTS", "PART")
    known = {}
    for row in rows(TABLES, "DGIS", "DGI"):
        for further in range(row["COUNT"]):
            dgi = spec().dgis[row["TAG"] + further]
            known[dgi.tag] = dgi
            assert (row["LEAST"], row["MOST"]) == (dgi.length.least, dgi.length.most)
            assert (row["SECRET"], bool(row["MANDATORY"])) == (dgi.secret_length, dgi.mandatory)
            states = [
                name for place, name in enumerate(spec().states) if row["STATES"] >> place & 1
            ]
            assert set(states) == dgi.states
            of_row = parts[row["PARTS"] : row["PARTS"] + row["PARTS_COUNT"]]
            assert [(p["TAG"] + further, p["LENGTH"] or None) for p in of_row] == [
                (field.object, field.length) for field in dgi.fields
            ]
    assert known == {tag: dgi for tag, dgi in spec().dgis.items() if not dgi.draft}


def test_service_records_are_as_long_as_the_contract_says() -> None:
    fields = rows(TABLES, "RECORD_FIELDS", "RECORD_FIELD")
    kinds = {kind.code: kind for kind in spec().services.kinds.values()}
    for row in rows(TABLES, "KINDS", "KIND"):
        of_kind = fields[row["FIRST"] : row["FIRST"] + row["COUNT"]]
        kind = kinds.pop(row["CODE"])
        assert [field["LENGTH"] for field in of_kind] == [field.length for field in kind.fields]
        checks = {f.name: CHECKS[r["CHECK"]] for f, r in zip(kind.fields, of_kind, strict=True)}
        assert all(checks[f.name] != "any" or f.length < 4 for f in kind.fields)
    assert not kinds


def test_a_longer_object_moves_those_behind_it() -> None:
    def longer(data: dict[str, Any]) -> None:
        data["objects"][3]["length"] = "1-65"

    assert numbers(changed("objects", longer))["MEMORY"] == numbers(TABLES)["MEMORY"] + 1


def test_an_object_beyond_what_a_transaction_writes_gets_two_slots() -> None:
    def much_longer(data: dict[str, Any]) -> None:
        data["objects"][3]["length"] = "1-129"

    text = changed("objects", much_longer)
    assert numbers(text)["PAIRS"] == numbers(TABLES)["PAIRS"] + 1
    assert numbers(text)["HELD"] == numbers(TABLES)["HELD"]


def test_a_field_without_a_known_check_is_no_silent_one() -> None:
    def unknown(data: dict[str, Any]) -> None:
        data["kinds"][2]["fields"].append({"name": "colour", "length": 1})

    with pytest.raises(ValueError, match="colour"):
        changed("services", unknown)


def test_a_long_object_has_a_dgi_of_its_own() -> None:
    def beside(data: dict[str, Any]) -> None:
        data["dgis"][3]["fields"].append({"object": "65", "length": 240})

    with pytest.raises(ValueError, match="holder flags"):
        changed("dgis", beside)


ENTRY, MARK = 6, 7
"""What a commit is charged for a write besides its bytes, and for a mark of one byte."""
PIN_COST = 30
"""Of a transport PIN: block with its tries, and two marks."""


def commit_cost(dgi: Dgi, length: int) -> int:
    """Return what a DGI of this length costs in a commit: each value's length and bytes."""
    if dgi.secret:
        return PIN_COST
    atomic = spec().limits["atomic_object_bytes"]
    sizes = [field.length or length for field in dgi.fields]
    long = [spec().objects[field.object].length.most > atomic for field in dgi.fields]
    return sum(MARK if two else MARK + ENTRY + n for n, two in zip(sizes, long, strict=True))


def test_no_command_brings_more_than_one_commit_takes() -> None:
    # Each DGI counts once. Those of least length are dearest a byte; a longer one costs its bytes.
    live = [dgi for dgi in spec().dgis.values() if not dgi.draft]
    room = spec().limits["secured_data"]
    dearest = [0] * (room + 1)
    for dgi in live:
        taken, cost = 3 + dgi.length.least, commit_cost(dgi, dgi.length.least)
        for size in range(room, taken - 1, -1):
            dearest[size] = max(dearest[size], dearest[size - taken] + cost)
    together = max(cost + room - size for size, cost in enumerate(dearest))
    begun_before = max(commit_cost(dgi, dgi.length.most) for dgi in live)
    assert together + begun_before + MARK <= spec().limits["commit_bytes"]
