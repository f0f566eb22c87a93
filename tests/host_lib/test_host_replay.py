"""A trace is played back byte by byte, and the first divergence is named."""

from pathlib import Path

import pytest

from host_lib.apdu import Apdu
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound
from host_lib.reader import Reader
from host_lib.transports.replay import REPLAY, ReplayDiverged, ReplayReader

TRACE = """\
{"trace": 1, "reader": "x", "atr": "3B800181"}
{"note": "a card is selected and asked twice"}
{"command": "00A4040000", "answer": "6F009000"}
{"command": "8022008008****************", "answer": "63C2"}
{"reset": "3B00"}
{"command": "00B0000000", "error": "CardRemoved", "message": "it fell out"}
"""
SELECT = bytes.fromhex("00A4040000")
READ = bytes.fromhex("00B0000000")
SECRET = Apdu(0x80, 0x22, 0, 0x80, bytes.fromhex("241234FFFFFFFFFF"), secret=True)


@pytest.fixture
def reader(tmp_path: Path) -> ReplayReader:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE, encoding="utf-8")
    return REPLAY.open(str(path))


def test_the_card_of_a_trace_is_a_reader(reader: ReplayReader) -> None:
    assert isinstance(reader, Reader)
    assert reader.name.startswith("replay:")
    assert list(REPLAY.names()) == []


def test_a_trace_is_played_to_its_end(reader: ReplayReader) -> None:
    with reader, reader.exclusive():
        reader.wait_for_card(None)
        assert reader.atr.hex() == "3b800181"
        assert reader.transmit(SELECT).hex() == "6f009000"
        assert reader.transmit(SECRET.encode()).hex() == "63c2"
        assert reader.reset().hex() == reader.atr.hex() == "3b00"
        with pytest.raises(CardRemoved, match="it fell out"):
            reader.transmit(READ)
        reader.wait_for_removal(None)
    assert reader.finished
    with pytest.raises(ReplayDiverged, match="ends before 00B0000000"):
        reader.transmit(READ)


def test_the_first_divergence_is_named_and_stays(reader: ReplayReader) -> None:
    with pytest.raises(ReplayDiverged, match="line 3: expected 00A4040000, got 00B0000000") as e:
        reader.transmit(READ)
    assert e.value.line == 3
    with pytest.raises(ReplayDiverged, match="line 3"):
        reader.transmit(SELECT)


@pytest.mark.parametrize("command", ["00A40400", "00A404000000", "00A4040001", "01A4040000"])
def test_longer_shorter_and_other_commands_all_diverge(reader: ReplayReader, command: str) -> None:
    with pytest.raises(ReplayDiverged, match=f"got {command}"):
        reader.transmit(bytes.fromhex(command))


def test_a_reset_in_the_wrong_place_diverges(reader: ReplayReader) -> None:
    with pytest.raises(ReplayDiverged, match="expected 00A4040000, got a reset"):
        reader.reset()


def test_a_command_in_the_place_of_a_reset_diverges(reader: ReplayReader) -> None:
    reader.transmit(SELECT)
    reader.transmit(SECRET.encode())
    with pytest.raises(ReplayDiverged, match="expected a reset, got 00B0000000"):
        reader.transmit(READ)


def test_a_divergence_shows_no_secret(reader: ReplayReader) -> None:
    reader.transmit(SELECT)
    with pytest.raises(ReplayDiverged) as caught:
        reader.transmit(bytes.fromhex("8023008008241234FFFFFFFFFF"))
    assert "1234" not in caught.value.message


def test_hidden_bytes_match_any_but_not_fewer(reader: ReplayReader) -> None:
    reader.transmit(SELECT)
    with pytest.raises(ReplayDiverged):
        reader.transmit(Apdu(0, 0x20, 0, 0x80, bytes(7), secret=True).encode())


def test_a_replay_without_a_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReaderNotFound, match="needs the file"):
        REPLAY.open("")
    with pytest.raises(ReaderNotFound, match="cannot be read"):
        REPLAY.open(str(tmp_path / "missing"))
    empty = tmp_path / "empty"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(ReaderError, match="empty"):
        REPLAY.open(str(empty))
