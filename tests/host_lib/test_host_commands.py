"""`unicard reader` and `unicard card` through the entry point, on card files."""

import json
from pathlib import Path

import pytest

from card_simulator.card_file import create
from cli import main
from host_lib import Card
from host_lib.command import SetStatus
from host_lib.reader import open_reader
from tests.support.cards import HOLDER_NAME, OLD, TRANSPORT_PIN, issuer, personalized_card


@pytest.fixture
def reader_name(tmp_path: Path) -> str:
    """The name of a reader with a personalized card."""
    path = tmp_path / "card.json"
    reader, _ = personalized_card()
    create(path, reader.card.memory.image)
    return f"sim:{path}"


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("UNICARD_PIN", TRANSPORT_PIN.reveal().decode())
    monkeypatch.setenv("UNICARD_NEW_PIN", "246810")
    return monkeypatch


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_reader_list_names_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reader", "list", "--json"]) == 0
    readers = shown(capsys)["readers"]
    assert isinstance(readers, list)
    assert {"sim", "pcsc", "replay"} <= {entry["kind"] for entry in readers}


def test_card_show_says_state_and_validity_and_no_personal_data(
    reader_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["card", "show", "--reader", reader_name, "--json"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["state"] == "PERSONALIZED"
    assert json.loads(text)["valid"] == "2026-01-01 to 2031-12-31"
    assert HOLDER_NAME not in text


def test_card_show_on_a_blank_card_says_that_nothing_is_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["card", "show", "--reader", "sim", "--json"]) == 0
    assert shown(capsys)["application"] == "not installed, or locked"


def test_card_show_on_a_terminated_card_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "card.json"
    reader, _ = personalized_card()
    card = Card(reader, issuer)
    with card.issuer_session(OLD):
        card.run(SetStatus("TERMINATED"))
    create(path, reader.card.memory.image)
    assert main(["card", "show", "--reader", f"sim:{path}", "--json"]) == 0
    assert shown(capsys)["state"] == "TERMINATED"


def test_the_transport_pin_is_changed_and_then_shows_the_holder(
    reader_name: str, pins: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["card", "change-pin", "--reader", reader_name]) == 0
    pins.setenv("UNICARD_PIN", "246810")
    capsys.readouterr()
    assert main(["card", "verify-pin", "--reader", reader_name]) == 0
    assert main(["card", "show", "--reader", reader_name, "--with-pin"]) == 0
    text = capsys.readouterr().out
    assert HOLDER_NAME in text
    assert "bread: 20 loaves" in text


def test_a_wrong_pin_ends_with_exit_code_3_and_says_the_tries_left(
    reader_name: str, pins: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pins.setenv("UNICARD_PIN", "0000")
    assert main(["card", "change-pin", "--reader", reader_name, "--json"]) == 3
    error = shown(capsys)["error"]
    assert isinstance(error, dict)
    assert (error["kind"], error["exit_code"]) == ("WrongPin", 3)


def test_a_pin_that_is_none_is_a_usage_error_and_sends_nothing(
    reader_name: str, pins: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pins.setenv("UNICARD_PIN", "12")
    assert main(["card", "verify-pin", "--reader", reader_name]) == 2
    captured = capsys.readouterr()
    assert "4 to 8 digits" in captured.err
    with open_reader(reader_name) as reader:
        assert reader.atr


@pytest.mark.parametrize("name", ["sim:no-such-card.json", "ghost:1", "replay:no-such-trace.jsonl"])
def test_a_reader_that_does_not_exist_is_a_clear_error(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["card", "show", "--reader", name])
    captured = capsys.readouterr()
    assert code in (1, 2)
    assert "Traceback" not in captured.err
    assert name.partition(":")[2] in captured.err or name.partition(":")[0] in captured.err


def test_no_reader_at_all_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("UNICARD_READER", raising=False)
    assert main(["card", "show"]) == 2
    assert "UNICARD_READER" in capsys.readouterr().err
