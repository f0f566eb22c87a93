"""Stop lists as files."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from applet_spec.check import read_format
from host_lib import StopList, StopListDamaged

ONE, TWO = bytes(8), bytes.fromhex("0102030405060708")


def test_a_list_comes_back_from_its_file(tmp_path: Path) -> None:
    stops = StopList().with_cards([TWO, ONE])
    stops.save(tmp_path / "stops.json")
    assert StopList.load(tmp_path / "stops.json") == stops
    assert ONE in stops
    assert ONE not in stops.without_cards([ONE])
    assert len(stops) == 2


def test_its_file_is_what_the_schema_says(tmp_path: Path) -> None:
    StopList(frozenset({ONE, TWO})).save(tmp_path / "stops.json")
    document = json.loads((tmp_path / "stops.json").read_text())
    Draft202012Validator(read_format("stop-list")).validate(document)
    assert document["cards"] == [ONE.hex(), TWO.hex()]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"format": "unicard-stop-list", "version": 2, "cards": []}', '{"cards": []}',
     '{"format": "unicard-stop-list", "version": 1, "cards": ["01"]}',
     '{"format": "unicard-stop-list", "version": 1, "cards": [1]}'],
)  # fmt: skip
def test_anything_else_is_no_list(tmp_path: Path, text: str) -> None:
    (tmp_path / "stops.json").write_text(text)
    with pytest.raises(StopListDamaged):
        StopList.load(tmp_path / "stops.json")


def test_a_list_that_is_not_there_is_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(StopListDamaged):
        StopList.load(tmp_path / "stops.json")


def test_a_serial_of_another_length_is_none() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        StopList(frozenset({b"short"}))


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "stops.json").mkdir()
    with pytest.raises(OSError, match=r"stops\.json"):
        StopList().save(tmp_path / "stops.json")
    assert [one.name for one in tmp_path.iterdir()] == ["stops.json"]
