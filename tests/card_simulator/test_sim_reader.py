"""The reader kind ``sim``: memory and files, locks, removal, damage, killed processes."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode
from card_simulator import card_file
from card_simulator.blanks import new_chips
from card_simulator.card_file import (
    CardFileBusyError,
    CardFileDamagedError,
    CardFileMissingError,
    CardFileWriteError,
)
from card_simulator.card_manager import blank_image
from card_simulator.memory import Entry, Image
from card_simulator.reader import SIM, Faults, SimReader
from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.reader import Reader, open_reader
from tests.support.terminal import AIDS, ISD, Keys, Terminal

ROOT = Path(__file__).parents[2]
SERIAL = bytes.fromhex("80CA00CF00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (chip,) = new_chips(1)
    file = tmp_path / "card.json"
    card_file.create(file, blank_image(chip))
    return file


@pytest.fixture
def reader(path: Path) -> Iterator[SimReader]:
    with SIM.open(str(path)) as opened:
        yield opened


def versions(path: Path) -> list[int]:
    return [int(name[-2:], 16) for name in card_file.read(path).cells if "keys" in name]


def test_sim_is_a_reader_with_a_fresh_blank_card() -> None:
    with open_reader("sim") as one, open_reader("sim") as other:
        assert isinstance(one, Reader)
        assert (one.name, one.atr, list(SIM.names())) == ("sim", bytes.fromhex("3B800181"), ["sim"])
        assert one.transmit(SERIAL)[-2:] == b"\x90\x00"
        assert one.transmit(SERIAL) != other.transmit(SERIAL)
        with one.exclusive():
            assert one.reset() == one.atr


def test_a_card_file_keeps_its_memory(path: Path) -> None:
    with open_reader(f"sim:{path}") as reader:
        assert reader.name == f"sim:{path}"
        host = Terminal(reader.transmit)
        host.authenticate()
        assert host.install() == 0x9000
    with open_reader(f"sim:{path}") as reader:
        assert Terminal(reader.transmit).select(AIDS.instance)[1] == 0x9000


def test_the_new_state_is_on_disk_before_the_answer_is_returned(
    reader: SimReader, path: Path
) -> None:
    host = Terminal(reader.transmit)
    host.authenticate()
    host.put_key(0x30, Keys(b"a" * 16, b"b" * 16, b"c" * 16))
    assert versions(path) == [0x30]
    assert path.stat().st_mode & 0o777 == 0o600


def test_commands_that_write_nothing_leave_the_file_alone(reader: SimReader, path: Path) -> None:
    before = path.stat()
    host = Terminal(reader.transmit)
    host.authenticate()
    host.sw(0x80, 0xF2, 0x80, 2, b"\x4f\x00")
    assert path.stat() == before


def test_a_card_is_in_one_process_at_a_time(reader: SimReader, path: Path) -> None:
    with pytest.raises(CardFileBusyError) as caught:
        SIM.open(str(path))
    assert caught.value.changed is Changed.NO
    host = Terminal(reader.transmit)
    host.authenticate()
    host.install()  # the file is another one now, and locked as well
    with pytest.raises(CardFileBusyError):
        SIM.open(str(path))
    reader.close()
    SIM.open(str(path)).close()


def test_a_name_without_a_file_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(CardFileMissingError) as caught:
        open_reader(f"sim:{tmp_path}/no.json")
    assert caught.value.exit_code is ExitCode.USAGE
    assert "sim new" in caught.value.advice
    with pytest.raises(CardFileMissingError):
        card_file.read(tmp_path / "no.json")
    with pytest.raises(ReaderError):
        open_reader(f"sim:{tmp_path}")


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_a_clear_error(path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    content = bytearray(path.read_bytes())
    place = numbers.randrange(len(content))
    if seed % 2:
        content[place] ^= 1 << numbers.randrange(7)
        if content[place : place + 1].isspace() or path.read_bytes()[place : place + 1].isspace():
            del content[place:]
    else:
        del content[place:]
    path.write_bytes(content)
    with pytest.raises(CardFileDamagedError):
        SIM.open(str(path))


@pytest.mark.parametrize("what", ["format", "version", "cells", "journal", "check"])
def test_a_file_that_lacks_a_part_is_damaged(path: Path, what: str) -> None:
    content = json.loads(path.read_bytes())
    for value in (None, 7, "x", [], [["a"]], {"chip.cplc": 1}):
        path.write_text(json.dumps({**content, what: value}))
        if value == content[what]:
            continue
        with pytest.raises(CardFileDamagedError):
            card_file.read(path)
    for text in ("", "[]", "7", "{}", "\0"):
        path.write_text(text)
        with pytest.raises(CardFileDamagedError):
            card_file.read(path)


def test_a_file_without_key_sets_is_no_card(tmp_path: Path) -> None:
    card_file.create(tmp_path / "x.json", Image({"chip.cplc": bytes(42), "isd.state": b"\x01"}))
    with pytest.raises(CardFileDamagedError):
        card_file.read(tmp_path / "x.json")


def test_an_unfinished_commit_survives_in_the_file(path: Path) -> None:
    image = card_file.read(path)
    path.unlink()
    journal = (Entry("isd.state", b"\x07"), Entry("content.AA", None))
    card_file.create(path, Image(image.cells, journal, True))
    assert card_file.read(path).journal == journal
    with SIM.open(str(path)):
        assert card_file.read(path).journal == ()
        assert card_file.read(path).cells["isd.state"] == b"\x07"


def test_an_existing_file_is_never_overwritten_by_a_new_card(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(CardFileWriteError):
        card_file.create(path, Image({}))
    assert path.read_bytes() == before


def test_a_closed_reader_says_so(reader: SimReader) -> None:
    reader.close()
    reader.close()
    with pytest.raises(ReaderError, match="closed"):
        reader.transmit(SERIAL)


def test_a_card_file_that_vanishes_is_a_removed_card(reader: SimReader, path: Path) -> None:
    path.rename(path.with_name("away.json"))
    reader.wait_for_removal(1)
    with pytest.raises(CardRemoved):
        reader.transmit(SERIAL)
    with pytest.raises(CardRemoved):
        reader.reset()
    with pytest.raises(CardRemoved):
        print(reader.atr)
    with pytest.raises(ReaderTimeout) as caught:
        reader.wait_for_card(0.01)
    assert caught.value.changed is Changed.NO
    path.with_name("away.json").rename(path)
    reader.wait_for_card(1)
    assert reader.transmit(SERIAL)[-2:] == b"\x90\x00"


def test_a_card_file_that_is_replaced_is_another_card(reader: SimReader, path: Path) -> None:
    serial = reader.transmit(SERIAL)
    (chip,) = new_chips(1)
    card_file.create(path.with_name("other.json"), blank_image(chip))
    path.with_name("other.json").replace(path)
    with pytest.raises(CardRemoved):
        reader.transmit(SERIAL)
    reader.wait_for_card(1)
    assert reader.transmit(SERIAL)[:-2] == b"\xcf\x0a" + chip.serial != serial
    with pytest.raises(CardFileBusyError):
        SIM.open(str(path))


def test_a_card_file_that_vanishes_during_a_command_is_not_made_again(
    reader: SimReader, path: Path
) -> None:
    host = Terminal(reader.transmit)
    host.authenticate()
    transmit = reader.card.transmit

    def vanish(raw: bytes) -> bytes:
        path.unlink()
        return transmit(raw)

    reader.card.transmit = vanish  # type: ignore[method-assign]
    with pytest.raises(CardRemoved) as caught:
        host.install()
    assert caught.value.changed is Changed.UNKNOWN
    assert not path.exists()


def test_a_disk_that_cannot_be_written_holds_the_answer_back(
    reader: SimReader, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Terminal(reader.transmit)
    host.authenticate()

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CardFileWriteError, match="No space") as caught:
        host.install()
    assert caught.value.exit_code is ExitCode.UNCERTAIN
    monkeypatch.undo()
    with pytest.raises(CardRemoved):
        reader.transmit(SERIAL)
    reader.close()
    with SIM.open(str(path)) as again:
        assert Terminal(again.transmit).select(AIDS.instance)[1] == 0x6A82


def test_a_waiting_reader_has_patience_only_so_long(reader: SimReader) -> None:
    reader.wait_for_card(0)
    with pytest.raises(ReaderTimeout):
        reader.wait_for_removal(0.01)


# What tests can break


def test_a_cut_of_power_looks_like_a_removed_card_until_reset(
    reader: SimReader, path: Path
) -> None:
    host = Terminal(reader.transmit)
    host.authenticate()
    reader.card.memory.cut_power_at(1)
    with pytest.raises(CardRemoved) as caught:
        host.install()
    assert caught.value.exit_code is ExitCode.UNCERTAIN
    with pytest.raises(CardRemoved):
        reader.transmit(SERIAL)
    reader.wait_for_card(0)
    assert Terminal(reader.transmit).select(AIDS.instance)[1] == 0x6A82
    assert card_file.read(path).journal == ()


def test_a_lost_answer_means_that_the_command_was_run(reader: SimReader, path: Path) -> None:
    host = Terminal(reader.transmit)
    host.authenticate()
    reader.inject(Faults(lose_answer_of=1))
    with pytest.raises(ReaderTimeout):
        host.install()
    assert any("content" in name for name in card_file.read(path).cells)
    assert reader.transmit(bytes.fromhex("00A4040000"))[-2:] == b"\x90\x00"


def test_a_card_is_removed_before_the_nth_command_and_put_back(reader: SimReader) -> None:
    reader.inject(Faults(remove_before=2))
    reader.transmit(SERIAL)
    with pytest.raises(CardRemoved):
        reader.transmit(SERIAL)
    with pytest.raises(ReaderTimeout):
        reader.wait_for_card(0.01)
    reader.insert()
    reader.wait_for_card(0)
    assert reader.transmit(SERIAL)[-2:] == b"\x90\x00"


# Processes that die

ROTATE = """
import sys
from card_simulator.reader import SIM
from tests.support.terminal import Keys, Terminal
host = Terminal(SIM.open(sys.argv[1]).transmit)
host.authenticate()
old = 0
while True:
    new = 0x31 if old == 0x30 else 0x30
    assert host.put_key(new, Keys(), old)[1] == 0x9000
    old = new
    print(f"{new:02X}", flush=True)
"""


@pytest.mark.parametrize("seed", range(6))
def test_a_process_killed_in_the_middle_loses_nothing_that_was_answered(
    path: Path, seed: int
) -> None:
    numbers = random.Random(seed)
    child = subprocess.Popen(
        [sys.executable, "-c", ROTATE, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    first = child.stdout.readline()
    time.sleep(numbers.uniform(0, 0.05))
    child.kill()
    answered = [first, *child.stdout.readlines()]
    child.wait()
    child.stdout.close()
    last = int(answered[-1], 16)
    assert versions(path) in ([last], [last ^ 1])
    with SIM.open(str(path)) as reader:
        host = Terminal(reader.transmit)
        host.select(ISD)
        host.authenticate(versions(path)[0])
        assert host.install() == 0x9000
    assert sorted(each.name for each in path.parent.iterdir())[-1] == "card.json"


def test_a_defect_of_the_card_is_not_masked(
    reader: SimReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(reader.card, "_select", fail)
    with pytest.raises(ZeroDivisionError):
        reader.transmit(bytes.fromhex("00A4040000"))
