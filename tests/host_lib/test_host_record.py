"""Recording any command through a reader's name, and telling the trace in words."""

import json
from pathlib import Path

import pytest

from card_simulator.card_file import create
from cli import main
from host_lib import Card, open_reader
from host_lib.annotate import annotate
from host_lib.errors import ReaderError, ReaderNotFound
from host_lib.trace import read_trace, record
from tests.support.cards import HOLDER_NAME, OLD, TRANSPORT_PIN, issuer, personalized_card


def test_what_record_writes_replay_answers(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    create(path, personalized_card()[0].card.memory.image)
    trace = tmp_path / "trace.jsonl"
    with open_reader(f"record:{trace}:sim:{path}") as reader:
        seen = Card(reader).identify()
    with open_reader(f"replay:{trace}") as reader:
        assert Card(reader).identify() == seen


@pytest.mark.parametrize("argument", ["", "file", "file:", ":sim"])
def test_record_needs_a_file_and_a_reader(argument: str) -> None:
    with pytest.raises(ReaderNotFound, match="does not name"):
        open_reader(f"record:{argument}")


def told(tmp_path: Path) -> list[str]:
    """A trace with a session, a wrong PIN and a refusal, in words."""
    reader, _ = personalized_card()
    with record(reader, tmp_path / "trace.jsonl") as recorded:
        card = Card(recorded, issuer)
        card.identify()
        card.change_pin(TRANSPORT_PIN, type(TRANSPORT_PIN)("2468"))
        with card.issuer_session(OLD):
            card.read("card number")
    return list(annotate(read_trace(tmp_path / "trace.jsonl")))


def test_a_trace_names_commands_fields_and_the_meaning_of_answers(tmp_path: Path) -> None:
    text = "\n".join(told(tmp_path))
    (asked,) = (line for line in text.splitlines() if " VERIFY " in line)
    assert asked.endswith(
        "63C3 (not verified: the PIN is wrong; 3 tries left "
        "(without data: it is not verified, and nothing was compared))"
    )
    assert "CHANGE REFERENCE DATA P1 00 P2 81 PIN block ****************, new PIN block" in text
    assert "EXTERNAL AUTHENTICATE P1 33 P2 00 16 protected bytes -> 9000" in text
    assert "GET DATA P1 00 P2 5A 8 protected bytes -> " in text


def test_a_trace_in_words_shows_no_pin(tmp_path: Path) -> None:
    text = "\n".join(told(tmp_path)) + (tmp_path / "trace.jsonl").read_text()
    for pin in (TRANSPORT_PIN.block().hex().upper(), "242468FF", "2468FF"):
        assert pin not in text


def test_an_unknown_command_and_a_lost_answer_are_told_too(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    events = [
        {"trace": 1, "reader": "sim", "atr": "3B800181"},
        {"command": "00FF0000", "answer": "6D00"},
        {"command": "00A4040000", "error": "CardRemoved", "message": "gone"},
    ]
    path.write_text("\n".join(json.dumps(event) for event in events))
    _, unknown, lost = annotate(read_trace(path))
    assert "unknown command 00FF0000 -> 6D00" in unknown
    assert "CardRemoved: gone" in lost


def test_reader_trace_prints_the_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path)
    assert main(["reader", "trace", str(tmp_path / "trace.jsonl"), "--json"]) == 0
    assert any("SELECT" in line for line in json.loads(capsys.readouterr().out)["trace"])


def test_a_trace_never_holds_the_holders_data_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    reader, _ = personalized_card()
    path = tmp_path / "trace.jsonl"
    pin = type(TRANSPORT_PIN)("2468")
    with record(reader, path) as recorded:
        card = Card(recorded)
        card.select()
        card.change_pin(TRANSPORT_PIN, pin)
        card.verify_pin(pin)
        assert card.cardholder().name == HOLDER_NAME
    assert HOLDER_NAME.encode().hex().upper() not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_replay_says_where_an_answer_was_hidden(tmp_path: Path) -> None:
    reader, _ = personalized_card()
    path = tmp_path / "trace.jsonl"
    pin = type(TRANSPORT_PIN)("2468")

    def terminal(card: Card) -> str:
        card.select()
        card.change_pin(TRANSPORT_PIN, pin)
        card.verify_pin(pin)
        return card.cardholder().name

    with record(reader, path) as recorded:
        terminal(Card(recorded))
    with open_reader(f"replay:{path}") as replayed, pytest.raises(ReaderError, match="was hidden"):
        terminal(Card(replayed))


def test_record_never_overwrites_a_file(tmp_path: Path) -> None:
    store = tmp_path / "keys.unicard"
    store.write_text("a key store")
    with pytest.raises(ReaderError, match="File exists"):
        open_reader(f"record:{store}:sim")
    assert store.read_text() == "a key store"
