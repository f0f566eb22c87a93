"""`unicard card receipts`: what a terminal hands in."""

import json
import os
import stat
from pathlib import Path

import pytest

from host_lib.journal import TerminalJournal
from host_lib.transaction import Receipt
from tests.card_administration.conftest import Unicard

ID = b"BAKERY01"


@pytest.fixture
def sold(unicard: Unicard) -> Unicard:
    """The same, after a load and a sale: two receipts wait."""
    assert unicard("card load wallet=250.00 --with-pin --pin-file pin")[0] == 0
    assert unicard("card pay bread=3 wallet=1.05 --role bread")[0] == 0
    return unicard


def waiting() -> list[Receipt]:
    with TerminalJournal("terminal.journal", ID) as journal:
        return [one.receipt for one in journal.unsent()]


def test_what_a_terminal_writes_the_issuer_verifies(sold: Unicard) -> None:
    code, out, err = sold("card receipts --out monday.jsonl --mark-sent")
    assert (code, out, err) == (0, "2 receipts in monday.jsonl, marked as sent\n", "")
    assert sold("keys verify-receipts monday.jsonl")[0:2] == (0, "2 of 2 receipts are valid.\n")
    assert stat.S_IMODE(Path("monday.jsonl").stat().st_mode) == 0o600
    assert waiting() == []


def test_without_a_file_the_lines_go_to_standard_output_and_stay_queued(sold: Unicard) -> None:
    code, out, err = sold("card receipts")
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines == [{"receipt": one.encode().hex().upper()} for one in waiting()]
    assert [one.number for one in waiting()] == [1, 2]
    Path("piped.jsonl").write_text(out)
    assert sold("keys verify-receipts piped.jsonl")[0] == 0


def test_json_tells_each_receipt_where_it_lies_and_whether_it_counts_as_sent(
    sold: Unicard,
) -> None:
    told = json.loads(sold("card receipts --json")[1])
    assert (told["file"], told["marked_as_sent"]) == (None, False)
    assert [one["number"] for one in told["receipts"]] == [1, 2]
    told = json.loads(sold("card receipts --out one.jsonl --mark-sent --json")[1])
    assert (told["file"], told["marked_as_sent"]) == ("one.jsonl", True)
    told = json.loads(sold("card receipts --out two.jsonl --mark-sent --json")[1])
    assert told == {
        "terminal_id": "BAKERY01", "file": None, "receipts": [], "marked_as_sent": False
    }  # fmt: skip
    assert not Path("two.jsonl").exists()


def test_only_what_is_new_is_written_and_a_lost_file_is_written_again(sold: Unicard) -> None:
    assert sold("card receipts --out one --mark-sent")[0] == 0
    assert sold("card receipts")[1:] == ("", "No receipt waits.\n")
    assert sold("card pay bread=1 --role bread")[0] == 0
    assert len(sold("card receipts")[1].splitlines()) == 1
    assert sold("card receipts --all --out again")[0] == 0
    assert len(Path("again").read_text().splitlines()) == 3
    assert len(waiting()) == 1


def test_what_is_sold_meanwhile_is_not_marked(
    sold: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def sells_meanwhile(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", real)
        assert sold("card pay bread=1 --role bread")[0] == 0
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sells_meanwhile)
    assert sold("card receipts --out one --mark-sent")[0] == 0
    assert len(Path("one").read_text().splitlines()) == 2
    assert [one.number for one in waiting()] == [3]


@pytest.mark.parametrize("confirmed", [0, 1])
def test_nothing_counts_as_sent_before_file_and_folder_are_on_the_disk(
    sold: Unicard, monkeypatch: pytest.MonkeyPatch, confirmed: int
) -> None:
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        if len(calls) > confirmed:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, out, err = sold("card receipts --out monday.jsonl --mark-sent")
    assert (code, out) == (1, "")
    assert "monday.jsonl cannot be written: No space left on device" in err
    assert calls == [False, True][: confirmed + 1]
    assert len(waiting()) == 2
    assert not Path("monday.jsonl").exists()


def test_a_file_that_is_there_is_never_written_over(sold: Unicard) -> None:
    Path("monday.jsonl").write_text("of yesterday")
    code, _, err = sold("card receipts --out monday.jsonl --mark-sent")
    assert code == 2
    assert "monday.jsonl exists already" in err
    assert Path("monday.jsonl").read_text() == "of yesterday"
    assert len(waiting()) == 2


def test_a_folder_that_is_not_there_is_told(sold: Unicard) -> None:
    code, _, err = sold("card receipts --out none/file --mark-sent")
    assert code == 1
    assert "none/file cannot be written: No such file or directory" in err
    assert len(waiting()) == 2


def test_open_requests_are_named_because_receipts_may_follow(sold: Unicard) -> None:
    with TerminalJournal("terminal.journal", ID) as journal:
        (first, *_) = journal.unsent()
        receipt = first.receipt
        journal.begin(4, receipt.card_serial, 2, receipt.when, receipt.operations)
    code, out, err = sold("card receipts")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err.startswith("Not settled yet: 1. ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--mark-sent", "--mark-sent wants --out"),
        ("--journal none.db", "there is no journal none.db"),
        ("--terminal OTHER", "the journal of terminal"),
        ("--terminal NINELETTERS", "is no terminal id"),
        ("--journal pin", "pin"),
    ],
)
def test_what_was_typed_wrongly_makes_no_file_and_no_journal(
    sold: Unicard, words: str, told: str
) -> None:
    code, out, err = sold(f"card receipts --json {words}")
    error = json.loads(out)["error"]
    assert code == error["exit_code"] != 0
    assert (err, error["changed"]) == ("", "no")
    assert told in error["message"]
    assert not Path("none.db").exists()
    assert len(waiting()) == 2
