"""`unicard personalize` from end to end, through its entry point, also when it is killed."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cli
from card_simulator.card_file import create, read
from card_simulator.memory import Image
from host_lib.drive import drive
from host_lib.reader import open_reader
from personalization import steps
from personalization.decision import Observation
from tests.personalization.perso_bureau import (
    PASSPHRASE,
    blanks,
    list_text,
    memory_folder,
    new_store,
)
from tests.support.evidence import evidence

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with a store, a list of four citizens and six blank cards, and work in it."""
    with memory_folder(tmp_path) as folder:
        set_up(folder, 4, 6)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
        for name in ("UNICARD_STORE", "UNICARD_JOURNAL", "UNICARD_READER"):
            monkeypatch.delenv(name, raising=False)
        yield folder


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


@pytest.fixture
def terminal(shop: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    assert shop.is_dir()
    return Terminal(capsys)


def observed(path: Path) -> Observation:
    with open_reader(f"sim:{path}") as reader:
        return drive(steps.observe(), reader)


def test_a_list_becomes_cards_and_everything_is_accounted_for(
    terminal: Terminal, shop: Path
) -> None:
    assert terminal("check", "list.csv")["records"] == 4
    assert terminal(*PREPARE)["cards"] == 4
    done = terminal(*RUN)
    assert done["this_run"] == {"issued": 4}
    assert done["records"] == {"issued": 4, "spoiled": 0, "uncertain": 0, "left": 0}
    report = terminal("report", "p", "--blanks", "6", "--out", "report.json")
    assert report["blanks"]["left"] == 2
    assert json.loads((shop / "report.json").read_text()) == report
    status = terminal("status", "p")
    assert status["states"]["done"] == 4
    assert status["open"] == []
    card = report["cards"][0]["card_number"]
    assert len(terminal("mailer", "m", "--card", card)["pin"]) == 4
    assert terminal("plan", "p", "--card", card)["totals"]["keys"]["commands"] == 4
    events = [e["what"] for e in terminal("status", "p", "--card", card)["events"]]
    assert events == ["leased", "keys changed", "data written", "verified", "done"]
    assert [observed(shop / f"blank-{n}.json").state for n in range(6)] == [
        *["PERSONALIZED"] * 4,
        *[None] * 2,
    ]
    assert terminal(*RUN)["this_run"] == {}


def test_people_get_tables(terminal: Terminal) -> None:
    assert "4 records, no fault" in terminal.text("check", "list.csv")
    assert "4 cards" in terminal.text(*PREPARE)
    assert "This run: 4 issued" in terminal.text(*RUN)
    report = terminal.text("report", "p")
    assert "9818" in report
    card = report.split("9818", 1)[1].split()[0]
    assert "PUT KEY" in terminal.text("plan", "p", "--card", "9818" + card)
    assert "Transport PIN" in terminal.text("mailer", "m", "--card", "9818" + card)
    assert "issued 4" in terminal.text("status", "p")
    assert "leased" in terminal.text("status", "p", "--card", "9818" + card)


def test_a_list_with_faults_writes_nothing_and_names_all_of_them(
    terminal: Terminal, shop: Path
) -> None:
    header, *rows = list_text(4).splitlines()
    rows[1] = rows[1].replace("01", "0x", 3)
    rows[3] = ",".join(["", *rows[3].split(",")[1:]])
    (shop / "list.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    before = {path.name for path in shop.iterdir()}
    for command in (("check", "list.csv"), PREPARE):
        problems = terminal(*command, code=1)["error"]["problems"]
        assert {problem["record"] for problem in problems} == {2, 4}
        assert terminal.text(*command, code=1) == ""
        assert "line 5, record 4, enrolment_id: is missing" in terminal.err
    assert {path.name for path in shop.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "none.csv"), 1, "cannot be read"),
        (("run", "none", "-r", "sim"), 1, "cannot be read"),
        (("run", "list.csv", "-r", "sim"), 1, "no JSON object"),
        (("run", "p", "-r", "sim:none-*.json"), 2, "no card file fits"),
        (("run", "p", "-r", "sim:none.json"), 2, "no card file"),
        (("run", "p", "-r", "nosuch:0"), 2, "no kind of reader"),
        (("run", "p", "-r", "sim", "--journal", "other"), 1, "no journal at"),
        (("run", "p", "-r", "sim", "--store", "other"), 2, "no key store"),
        (("run", "p", "-r", "sim", "--transport", "9"), 1, "no transport key"),
        (("report", "m", "--blanks", "0", "--journal", "other"), 1, "no journal at"),
        (("report", "list.csv"), 1, "no production or mailer file"),
        (("mailer", "p", "--card", "1"), 1, "no file of the format"),
        (("mailer", "m", "--card", "1"), 2, "no record of this card number"),
        (("plan", "p", "--card", "1"), 2, "no record of this card number"),
        (("status", "p", "--card", "1"), 2, "no record of this card number"),
        (("spoil", "p", "--chip", "00", "--reason", "x"), 2, "no chip 00"),
        (PREPARE, 2, "exists already"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    terminal: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    terminal(*PREPARE)
    if words == PREPARE:
        Path("list.csv").write_text(list_text(2, seed=50), encoding="utf-8")
    error = terminal(*words, code=code)["error"]
    assert said in error["message"]
    assert error["advice"]
    assert error["changed"] == "no"


def test_a_wrong_passphrase_opens_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    monkeypatch.setenv("UNICARD_PASSPHRASE", "another one that is long enough")
    assert terminal(*RUN, code=1)["error"]["kind"] == "WrongPassphrase"


def with_cells(path: Path, **cells: bytes) -> None:
    """Change what a card file holds."""
    image = read(path)
    path.unlink()
    changed = {**image.cells, **{name.replace("__", "."): v for name, v in cells.items()}}
    create(path, Image(changed))


def test_foreign_cards_are_set_aside_and_three_in_a_row_stop_the_station(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    for number in (1, 2, 3):
        with_cells(shop / f"blank-{number}.json", isd__keys__FF=bytes(48))
    done = terminal(*RUN, code=3)
    assert done["this_run"] == {"issued": 1, "set aside": 3}
    assert terminal(*RUN, "--failures", "9", code=3)["records"]["left"] == 1


def test_a_card_whose_memory_goes_back_is_spoiled_with_exit_code_5(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    image = read(shop / "blank-0.json")
    terminal(*RUN)
    with sqlite3.connect(shop / "bureau.journal") as database:
        database.execute(
            "UPDATE records SET state = 'verified', reached = 'verified' WHERE place = 0"
        )
    (shop / "blank-0.json").unlink()
    create(shop / "blank-0.json", image)
    done = terminal(*RUN, code=5)
    assert done["this_run"] == {"spoiled": 1}
    again = ("prepare", "list.csv", "--out", "p2", "--mailers", "m2", "--spoiled")
    assert terminal(*again)["cards"] == 1
    assert terminal("run", "p2", "-r", "sim:blank-[45].json")["this_run"] == {"issued": 1}


def test_a_damaged_card_in_a_box_is_left_out_and_the_others_are_made(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    (shop / "blank-1.json").write_text("{", encoding="utf-8")
    assert "This run: 4 issued" in terminal.text(*RUN)
    assert "blank-1.json was left out" in terminal.err


def test_a_card_that_another_program_holds_is_left_out(terminal: Terminal, shop: Path) -> None:
    terminal(*PREPARE)
    with open_reader(f"sim:{shop / 'blank-0.json'}"):
        assert "This run: 4 issued" in terminal.text(*RUN)
    assert "blank-0.json was left out" in terminal.err


def test_two_stations_side_by_side_share_the_batch(terminal: Terminal, shop: Path) -> None:
    terminal(*PREPARE)
    readers = ("-r", "sim:blank-[012].json", "-r", "sim:blank-[345].json")
    done = terminal("run", "p", *readers)
    assert done["this_run"]["issued"] == 4
    assert {card["reader"][:10] for card in done["cards"]} == {"sim:blank-"}
    assert len({card["chip"] for card in done["cards"]}) == len(done["cards"])
    assert_each_issued_once(shop, 4)


def test_an_error_of_one_of_two_stations_is_said(terminal: Terminal) -> None:
    terminal(*PREPARE)
    error = terminal("run", "p", "-r", "sim:blank-*.json", "-r", "sim:none", code=2)["error"]
    assert "no card file none" in error["message"]


def start(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "UNICARD_PASSPHRASE": PASSPHRASE}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "personalize", *RUN, "--json"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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


def kill_and_resume(folder: Path, choose: random.Random, most: int) -> int:
    """Run a batch, killing the station at random moments; return how often it was killed."""
    for kills in range(most):
        process = start(folder)
        until(folder, choose.randint(1, 7), process)
        time.sleep(choose.random() * 0.02)
        process.kill()
        process.communicate()
        if process.returncode == 0:
            return kills
    with start(folder) as process:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
    return most


def test_a_station_that_is_killed_at_random_moments_goes_on_where_it_was(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    assert kill_and_resume(shop, random.Random(1), most=5) >= 2
    assert_each_issued_once(shop, 4)
    assert terminal("report", "p")["blanks"]["used"] == 4


@pytest.mark.proof
def test_no_kill_9_loses_a_card_or_issues_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"batches": 0, "cards": 0, "stations killed": 0}
    choose = random.Random(20261122)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    with memory_folder(tmp_path) as shop:
        for number in range(12):
            folder = shop / str(number)
            folder.mkdir()
            set_up(folder, 8, 9)
            monkeypatch.chdir(folder)
            assert cli.main(["personalize", *PREPARE]) == 0
            counts["stations killed"] += kill_and_resume(folder, choose, most=12)
            assert_each_issued_once(folder, 8)
            counts["batches"] += 1
            counts["cards"] += 8
        monkeypatch.chdir(tmp_path)
    evidence("personalization_kill_9", counts, seed=20261122)


def test_ctrl_c_finishes_the_card_in_hand(terminal: Terminal, shop: Path) -> None:
    terminal(*PREPARE)
    process = start(shop)
    until(shop, 2, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    issued = json.loads(out)["records"]["issued"]
    assert json.loads(out)["records"]["uncertain"] == 0
    assert 1 <= issued <= 4
    assert terminal(*RUN)["records"]["issued"] == 4
    assert_each_issued_once(shop, 4)
