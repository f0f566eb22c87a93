"""Stations as processes: side by side, stopped, and killed at any moment."""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

import cli
from personalization import side_by_side
from personalization.owner import Owner
from tests.personalization.perso_bureau import PASSPHRASE, memory_folder
from tests.personalization.perso_shop import (
    PREPARE,
    RUN,
    Terminal,
    assert_each_issued_once,
    set_up,
    start,
    until,
)
from tests.support.evidence import evidence


def test_two_stations_side_by_side_share_the_batch(terminal: Terminal, shop: Path) -> None:
    terminal(*PREPARE)
    readers = ("-r", "sim:blank-[012].json", "-r", "sim:blank-[345].json")
    done = terminal("run", "p", *readers)
    assert done["this_run"]["issued"] == 4
    assert {card["reader"][:10] for card in done["cards"]} == {"sim:blank-"}
    assert len({card["chip"] for card in done["cards"]}) == len(done["cards"])
    assert_each_issued_once(shop, 4)


EVEN, ODD = "sim:blank-*[02468].json", "sim:blank-*[13579].json"
BOTH = ("run", "p", "-r", EVEN, "-r", ODD)


@pytest.fixture
def factory(shop: Path) -> Path:
    """Give the shop more to do than a test has time for: 44 citizens, two boxes of 20 blanks."""
    for path in (shop / "keys.unicard", *shop.glob("blank-*.json")):
        path.unlink()
    set_up(shop, 44, 40)
    assert cli.main(["personalize", *PREPARE]) == 0
    return shop


def owners(folder: Path) -> set[Owner]:
    """Return the processes that hold a record now."""
    with sqlite3.connect(f"file:{folder / 'bureau.journal'}?mode=rw", uri=True) as database:
        rows = database.execute("SELECT owner FROM records WHERE owner IS NOT NULL").fetchall()
    return {Owner.parse(text) for (text,) in rows}


def both_at_work(folder: Path, process: subprocess.Popen[str]) -> list[Owner]:
    """Wait until each of two stations has a card in hand; return who they are."""
    seen = set[Owner]()
    end = time.monotonic() + 60
    while len(seen) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "the stations stand still"
        seen |= owners(folder)
        time.sleep(0.002)
    return sorted(seen, key=str)


def wait_for_the_end_of(stations: list[Owner]) -> None:
    end = time.monotonic() + 60
    while any(station.alive for station in stations):
        assert time.monotonic() < end, "a station goes on"
        time.sleep(0.01)


def counted(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "bureau.journal") as database:
        return dict(database.execute("SELECT state, count(*) FROM records GROUP BY state"))


def test_stations_whose_first_process_is_killed_finish_the_card_in_hand_and_end(
    factory: Path,
) -> None:
    process = start(factory, BOTH)
    stations = both_at_work(factory, process)
    process.kill()
    process.communicate()
    wait_for_the_end_of(stations)
    states = counted(factory)
    assert set(states) == {"done", "waiting"}, "the cards in hand are finished"
    assert states["done"] < 40, "the boxes are not"


def test_a_station_that_is_killed_is_said_beside_what_the_other_did(
    terminal: Terminal, factory: Path
) -> None:
    process = start(factory, BOTH)
    killed, other = both_at_work(factory, process)
    os.kill(killed.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    done = json.loads(out)
    (failure,) = done["failures"]
    assert f"process {killed.pid} " in failure["message"]
    assert (failure["changed"], failure["exit_code"]) == ("unknown", 4)
    assert done["this_run"]["issued"] >= 20, "the other station's box is used up"
    assert not other.alive
    again = terminal(*BOTH)
    assert again["failures"] == []
    assert again["records"]["uncertain"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_stations_finish_the_cards_in_hand_when_a_signal_reaches_all_of_them(
    factory: Path, number: signal.Signals
) -> None:
    process = start(factory, BOTH)
    stations = both_at_work(factory, process)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    done = json.loads(out)
    assert done["failures"] == []
    assert (done["stopped"], done["exit_code"]) == (True, 1)
    assert done["records"]["uncertain"] == 0
    assert done["this_run"]["issued"] == done["records"]["issued"] < 40
    assert not any(station.alive for station in stations)


def test_a_station_that_does_not_end_is_ended_and_holds_up_nobody_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(side_by_side, "_PATIENCE_SECONDS", 0.2)
    context = multiprocessing.get_context("spawn")
    told, its_told = context.Pipe(duplex=False)
    its_stopping, stopping = context.Pipe(duplex=False)
    process = context.Process(target=time.sleep, args=(300,), daemon=True)
    process.start()
    station = side_by_side._Station("stuck", process, told, stopping)
    station.wish_to_stop()
    station.end()
    assert process.exitcode == -signal.SIGKILL
    its_told.close()
    its_stopping.close()


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


def test_a_station_that_is_killed_again_and_again_goes_on_where_it_was(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    choose = random.Random(1)
    kills = 0
    while (process := killed_at(shop, choose.randint(3, 14))).returncode == -signal.SIGKILL:
        kills += 1
    assert process.returncode == 0
    assert kills >= 2, "four cards have forty points, and a process passes fourteen at most"
    assert_each_issued_once(shop, 4)
    assert terminal("report", "p")["blanks"]["used"] == 4


def killed_at(folder: Path, nth: int) -> subprocess.Popen[str]:
    """Run the batch in a process that kills itself at the nth point of the journal."""
    killing = ("tests.personalization.perso_killed", str(nth))
    with start(folder, module=killing) as process:
        process.communicate()
    return process


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
    evidence("personalization-kill-9", counts, seed=20261122)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_card_in_hand(
    terminal: Terminal, shop: Path, number: signal.Signals
) -> None:
    terminal(*PREPARE)
    process = start(shop)
    until(shop, 2, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    records = json.loads(out)["records"]
    assert process.returncode == (1 if records["left"] else 0), err
    assert records["uncertain"] == 0
    assert 1 <= records["issued"] <= 4
    assert terminal(*RUN)["records"]["issued"] == 4
    assert_each_issued_once(shop, 4)
