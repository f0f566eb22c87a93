"""The loader turns the files into one frozen value, and says which file is at fault."""

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from applet_spec import SpecError, loader, spec
from applet_spec.check import DATA_FILES
from applet_spec.errors import Changed
from applet_spec.loader import build, read_data, read_json
from applet_spec.model import Length


def test_the_contract_is_read_once_in_a_process() -> None:
    assert spec() is spec()


def _values(value: object, path: str) -> Iterator[tuple[str, object]]:
    yield path, value
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _values(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _values(member, f"{path}[{key}]")
    elif isinstance(value, (tuple, frozenset)):
        for member in value:
            yield from _values(member, f"{path}[]")


def test_nothing_in_the_contract_can_be_changed() -> None:
    changeable = [
        path
        for path, value in _values(spec(), "spec")
        if isinstance(value, (list, dict, set, bytearray))
    ]
    assert changeable == []


def test_a_part_of_the_contract_refuses_a_new_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec().version = (9, 9)  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec().limits["amount"] = 1  # type: ignore[index]


def test_codes_and_names_are_numbers_and_bytes() -> None:
    contract = spec()
    assert contract.aids.instance == bytes.fromhex("F0554E49434152440101")
    assert contract.commands["VERIFY"].ins == 0x20
    assert contract.states["TERMINATED"].code == 0x7F
    assert contract.object_named("card serial").length == Length(8, 8)
    assert contract.secure_channel.issuer_levels == {0x01, 0x03, 0x11, 0x13, 0x33}


def test_a_run_of_service_records_has_an_object_and_a_dgi_each() -> None:
    contract = spec()
    assert [contract.objects[tag].name for tag in (0xDF30, 0xDF3F)] == [
        "service record 1",
        "service record 16",
    ]
    assert [field.object for field in contract.dgis[0x040F].fields] == [0xDF3F]


def test_a_command_without_a_word_of_its_own_answers_the_common_ones() -> None:
    verify = spec().commands["VERIFY"]
    wrong_length = verify.meaning(0x6700)
    assert wrong_length is not None
    assert wrong_length.requirement == "GEN-07"


def test_a_commands_own_word_goes_before_the_common_one() -> None:
    store = spec().commands["STORE DATA"]
    assert [word.requirement for word in store.status if word.pattern == "6A86"] == ["STD-04"]


def test_all_but_terminated_leaves_out_one_state() -> None:
    contract = spec()
    assert contract.commands["GET DATA"].states == set(contract.states) - {"TERMINATED"}
    assert contract.commands["SELECT"].states == set(contract.states)


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(SpecError, match=r"applet_spec/data/no_such_file.json cannot be read"):
        read_data("no_such_file")


def test_a_file_that_holds_no_object_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse_list(_text: str) -> list[object]:
        return []

    monkeypatch.setattr("applet_spec.loader.json.loads", parse_list)
    with pytest.raises(SpecError, match=r"applet_spec/data/card.json does not hold a JSON object"):
        read_json("data", "card.json")


def test_files_that_do_not_fit_together_are_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_spoiled(name: str) -> dict[str, Any]:
        content = read_data(name)
        if name == "status_words":
            content["names"].pop("9000")
        return content

    monkeypatch.setattr(loader, "read_data", read_spoiled)
    with pytest.raises(SpecError, match="do not fit together") as caught:
        loader.spec.__wrapped__()  # the contract that other tests hold on to stays as it is
    assert "unicard spec check" in caught.value.advice
    assert caught.value.changed is Changed.NO


@pytest.mark.parametrize("file", DATA_FILES)
def test_building_does_not_change_the_files_it_reads(file: str) -> None:
    contents = {name: read_data(name) for name in DATA_FILES}
    before = copy.deepcopy(contents[file])
    build(contents.__getitem__)
    assert contents[file] == before
