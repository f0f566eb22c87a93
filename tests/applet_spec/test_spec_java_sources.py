"""The Java constants say what the contract says, and the committed sources are never stale."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from applet_spec import spec
from applet_spec.java_sources import sources
from applet_spec.java_text import LINE, constant
from applet_spec.loader import read_data

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
