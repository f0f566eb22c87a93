"""A trace shows what went over the wire, except what is secret."""

import io
import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

import pytest

from host_lib.apdu import Apdu
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound
from host_lib.reader import Reader
from host_lib.trace import Recorder, read_trace, record


class Card:
    """A reader with a card that answers 9000, and is removed at INS FF."""

    name = "test:card"
    atr = bytes.fromhex("3B800181")
    closed = False

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        assert timeout == 5
        if command[1] == 0xFF:
            raise CardRemoved("the card is gone")
        return b"\x90\x00"

    def reset(self) -> bytes:
        return self.atr

    def wait_for_card(self, timeout: float | None) -> None: ...

    def wait_for_removal(self, timeout: float | None) -> None: ...

    def exclusive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_recorder_is_a_reader() -> None:
    assert isinstance(Recorder(Card(), io.StringIO()), Reader)


def test_each_exchange_is_a_line_with_label_command_and_answer() -> None:
    stream = io.StringIO()
    recorder = Recorder(Card(), stream)
    select = Apdu(0, 0xA4, 4, 0, b"\xf0\x55", 256, label="SELECT")
    assert recorder.transmit(select.encode(), 5) == b"\x90\x00"
    head, exchange = lines(stream)
    assert head == {"trace": 1, "reader": "test:card", "atr": "3B800181"}
    assert exchange.pop("ms") >= 0
    assert exchange == {"label": "SELECT", "command": "00A4040002F05500", "answer": "9000"}


@pytest.mark.parametrize(
    ("apdu", "shown"),
    [
        (Apdu(0, 0x20, 0, 0x80, b"\x24\x12\x34\xff", secret=True), "0020008004********"),
        (Apdu(0x80, 0xDA, 0, 0, b"\x01\x12\x34\xff", secret=((1, 3),)), "80DA00000401****FF"),
        (Apdu(0, 0x20, 0, 0x80, b"\x24\x12\x34\xff"), "0020008004********"),
        (Apdu(0, 0x24, 1, 0x80, b"\x24\x12"), "0024018002****"),
        (Apdu(0, 0x20, 0, 0x80), "00200080"),
        (Apdu(0x04, 0x20, 0, 0x80, b"\xe4\xe5"), "0420008002E4E5"),
        (Apdu(0x80, 0xE2, 0, 0, b"\x24\x12"), "80E20000022412"),
    ],
)
def test_secret_bytes_are_stars_and_encrypted_ones_are_shown(apdu: Apdu, shown: str) -> None:
    stream = io.StringIO()
    Recorder(Card(), stream).transmit(apdu.encode(), 5)
    assert lines(stream)[1]["command"] == shown


def test_a_pin_sent_as_bare_bytes_is_hidden_too() -> None:
    stream = io.StringIO()
    Recorder(Card(), stream).transmit(bytes.fromhex("0020008004241234FF"), 5)
    # Malformed: Lc says 9, yet what follows may still be a PIN.
    Recorder(Card(), stream).transmit(bytes.fromhex("0020008009241234FF"), 5)
    assert "1234" not in stream.getvalue()


def test_a_lost_card_is_written_down_and_reported() -> None:
    stream = io.StringIO()
    recorder = Recorder(Card(), stream)
    with pytest.raises(CardRemoved):
        recorder.transmit(bytes.fromhex("00FF0000"), 5)
    last = lines(stream)[-1]
    assert (last["error"], last["message"]) == ("CardRemoved", "the card is gone")


def test_a_file_holds_the_trace_and_closing_closes_both(tmp_path: Path) -> None:
    card = Card()
    path = tmp_path / "trace.jsonl"
    with record(card, path) as recorder:
        recorder.note("مثال")
        recorder.reset()
        recorder.transmit(bytes.fromhex("00FE0000"), 5)
        assert len(path.read_text(encoding="utf-8").splitlines()) == 4, "nothing waits in a buffer"
    assert card.closed
    events = list(read_trace(path))
    assert [e.number for e in events] == [1, 3, 4]
    assert events[0].atr == events[1].atr == Card.atr
    assert (events[2].command, events[2].answer) == ("00FE0000", b"\x90\x00")


def test_a_trace_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="cannot be written"):
        record(Card(), tmp_path)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("not JSON", 1),
        ('{"trace": 2, "atr": "3B"}', 1),
        ('{"trace": 1}', 1),
        ('{"trace": 1, "atr": "3B"}\n{"command": "0"}', 2),
        ('{"trace": 1, "atr": "3B"}\n{"command": "00*0", "answer": "9000"}', 2),
        ('{"trace": 1, "atr": "3B"}\n{"note": ""}\n{"command": "00"}', 3),
        ('{"trace": 1, "atr": "3B"}\n[]', 2),
    ],
)
def test_a_damaged_trace_is_refused_with_its_line(tmp_path: Path, text: str, number: int) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReaderError, match=f"line {number} "):
        list(read_trace(path))


def test_a_missing_trace_is_a_reader_not_found(tmp_path: Path) -> None:
    with pytest.raises(ReaderNotFound, match="cannot be read"):
        list(read_trace(tmp_path / "none"))
