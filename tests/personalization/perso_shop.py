"""A folder in which a person works at a terminal: store, list, blank cards, processes."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import cli
from card_simulator.card_file import create
from host_lib.drive import drive
from host_lib.reader import open_reader
from personalization import steps
from personalization.decision import Observation
from tests.personalization.perso_bureau import PASSPHRASE, blanks, list_text, new_store

ROOT = Path(__file__).parents[2]


def set_up(folder: Path, citizens: int, cards: int) -> None:
    new_store(folder / "keys.unicard").close()
    (folder / "list.csv").write_text(list_text(citizens), encoding="utf-8")
    for number, image in enumerate(blanks(cards)):
        create(folder / f"blank-{number}.json", image)


PREPARE = ("prepare", "list.csv", "--out", "p", "--mailers", "m")
RUN = ("run", "p", "--reader", "sim:blank-*.json")


class Terminal:
    """Runs commands in this process; keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.err = ""

    def __call__(self, *words: str, code: int = 0) -> dict[str, Any]:
        self._capsys.readouterr()
        found = cli.main(["personalize", *words, "--json"])
        out, self.err = self._capsys.readouterr()
        assert found == code, out
        data: dict[str, Any] = json.loads(out)
        return data

    def text(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert cli.main(["personalize", *words]) == code
        out, self.err = self._capsys.readouterr()
        return out


def observed(path: Path) -> Observation:
    with open_reader(f"sim:{path}") as reader:
        return drive(steps.observe(), reader)


def start(
    folder: Path, words: Sequence[str] = RUN, module: Sequence[str] = ("cli",)
) -> subprocess.Popen[str]:
    """Start a command in a process that leads its group, as a terminal does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "UNICARD_PASSPHRASE": PASSPHRASE}
    return subprocess.Popen(
        [sys.executable, "-m", *module, "personalize", *words, "--json"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def events(folder: Path) -> int:
    # For writing: after a kill the first to open the journal rolls back what was not committed.
    with sqlite3.connect(f"file:{folder / 'bureau.journal'}?mode=rw", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM events").fetchone()
    return int(count)


def until(folder: Path, more: int, process: subprocess.Popen[str]) -> None:
    """Wait until the journal has so many more events, or the process has ended."""
    goal = events(folder) + more
    end = time.monotonic() + 60
    while process.poll() is None and events(folder) < goal:
        assert time.monotonic() < end, "the station stands still"
        time.sleep(0.002)


def assert_each_issued_once(folder: Path, records: int) -> None:
    """Look at the cards themselves, and at the journal: so many issued, all different."""
    seen = [observed(path) for path in sorted(folder.glob("blank-*.json"))]
    serials = [one.card_serial for one in seen if one.state == "PERSONALIZED"]
    assert len(serials) == len(set(serials)) == records
    with sqlite3.connect(folder / "bureau.journal") as database:
        rows = database.execute("SELECT state, card_serial, chip FROM records").fetchall()
    assert [row[0] for row in rows] == ["done"] * records
    assert {row[1] for row in rows} == {serial.hex() for serial in serials if serial}
    assert len({row[2] for row in rows}) == records
