"""`unicard personalize` from end to end, through its entry point."""

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from card_simulator.card_file import create, read
from card_simulator.memory import Image
from host_lib.errors import ReaderError
from host_lib.flow.base import Flow
from host_lib.reader import Reader, ReaderLayer, open_reader
from keys_tool import issue_card_certificate
from keys_tool.errors import CertificateRequestInvalid
from personalization import boxes, line, steps
from personalization.bench import Bench
from personalization.journal import Journal
from personalization.outcome import CardResult
from personalization.owner import Owner
from personalization.station import personalize
from tests.personalization.perso_bureau import blanks, inserted, list_text
from tests.personalization.perso_shop import PREPARE, RUN, Terminal, observed


def test_a_list_becomes_cards_and_everything_is_accounted_for(
    terminal: Terminal, shop: Path
) -> None:
    assert terminal("check", "list.csv")["records"] == 4
    assert terminal(*PREPARE)["cards"] == 4
    done = terminal(*RUN)
    assert done["this_run"] == {"issued": 4}
    assert done["records"] == {
        "issued": 4,
        "spoiled": 0,
        "uncertain": 0,
        "left": 0,
        "in_the_making": 0,
    }
    report = terminal("report", "p", "--blanks", "6", "--out", "report.json")
    assert report["blanks"]["left"] == 2
    assert json.loads((shop / "report.json").read_text()) == report
    status = terminal("status", "p")
    assert status["states"]["done"] == 4
    assert status["open"] == []
    card = report["cards"][0]["card_number"]
    assert len(terminal("mailer", "m", "--card", card)["pin"]) == 4
    assert terminal("plan", "p", "--card", card)["totals"]["commands"] > 50
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
        (("check", "none.csv"), 2, "there is no file none.csv"),
        (("check", "."), 1, "cannot be read"),
        (("prepare", "none.csv", "--out", "x", "--mailers", "y"), 2, "there is no file none.csv"),
        (("run", "none", "-r", "sim:blank-0.json"), 2, "there is no file none"),
        (("status", "none"), 2, "there is no file none"),
        (("report", "none"), 2, "there is no file none"),
        (("mailer", "none", "--card", "1"), 2, "there is no file none"),
        (("plan", "none", "--card", "1"), 2, "there is no file none"),
        (("spoil", "none", "--chip", "00", "--reason", "x"), 2, "there is no file none"),
        (("run", "list.csv", "-r", "sim:blank-0.json"), 1, "no JSON object"),
        (("run", "p", "-r", "sim:none-*.json"), 2, "no card file fits"),
        (("run", "p", "-r", "sim:none.json"), 2, "no card file"),
        (("run", "p", "-r", "sim"), 2, "in memory only"),
        (("run", "p", "-r", "sim:"), 2, "in memory only"),
        (("run", "p", "-r", "sim:blank-0.json", "-r", "record:t:sim"), 2, "in memory only"),
        (("run", "p", "-r", "nosuch:0"), 2, "no kind of reader"),
        (("run", "p", "-r", "sim:blank-0.json", "--journal", "other"), 2, "no journal at"),
        (("run", "p", "-r", "sim:blank-0.json", "--store", "other"), 2, "no key store"),
        (("run", "p", "-r", "sim:blank-0.json", "--transport", "9"), 1, "no transport key"),
        (("report", "m", "--blanks", "0", "--journal", "other"), 2, "no journal at"),
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


def test_used_cards_in_a_box_stop_no_batch(terminal: Terminal, shop: Path) -> None:
    """Nor do they stop the batch of another journal, which knows nothing of them."""
    terminal(*PREPARE)
    terminal(*RUN)
    for number, image in enumerate(blanks(8)[6:], 6):
        create(shop / f"blank-{number}.json", image)
    for number, journal in enumerate(("bureau.journal", "other.journal")):
        Path("list.csv").write_text(list_text(2, seed=50), encoding="utf-8")
        words = ("--journal", journal)
        new = (f"p{number}", "--mailers", f"m{number}")
        terminal("prepare", "list.csv", "--out", *new, *words)
        done = terminal("run", new[0], "-r", "sim:blank-*.json", *words, code=3)
        assert done["this_run"] == {"set aside": 4 + 2 * number, "issued": 2}
        assert all(card["used"] for card in done["cards"] if card["outcome"] == "set aside")
        assert done["records"]["left"] == 0


def test_a_run_that_sets_cards_aside_advises_to_take_them_out_first(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    for number in (1, 2, 3):
        with_cells(shop / f"blank-{number}.json", isd__keys__FF=bytes(48))
    text = " ".join(terminal.text(*RUN, code=3).split())
    assert "take the cards set aside out, then run the same command again" in text
    assert "stopped after 3 failures in a row" in terminal.err


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
    assert "more" not in terminal.err


def test_cards_left_out_for_the_same_reason_are_one_line(terminal: Terminal, shop: Path) -> None:
    terminal(*PREPARE)
    (shop / "blank-3.json").write_text("{", encoding="utf-8")
    with ExitStack() as others:
        for number in range(3):
            others.enter_context(open_reader(f"sim:{shop / f'blank-{number}.json'}"))
        assert "This run: 2 issued" in terminal.text(*RUN)
    lines = [line for line in terminal.err.splitlines() if "left out" in line]
    assert len(lines) == 2
    assert "blank-0.json was left out" in lines[0]
    assert lines[0].endswith("; and 2 more for the same reason")
    assert "blank-3.json" in lines[1]


@pytest.mark.parametrize("command", [("status", "p"), (*RUN, "--failures", "1")])
def test_a_card_that_another_run_has_in_hand_is_no_uncertain_card(
    terminal: Terminal, shop: Path, command: tuple[str, ...]
) -> None:
    terminal(*PREPARE)
    with Journal(shop / "bureau.journal") as journal:
        (batch,) = journal.batches()
        with subprocess.Popen(["sleep", "60"]) as other:
            owner = Owner(other.pid, start_time(other.pid), Owner.of_this_process().boot)
            assert journal.take(batch.id, bytes(10), owner, "elsewhere") is not None
            counts = terminal(*command)["records"]
            assert (counts["uncertain"], counts["in_the_making"]) == (0, 1)
            assert "1 in the making" in terminal.text(*RUN)
            other.kill()
    records = terminal("status", "p")["records"]
    assert (records["uncertain"], records["in_the_making"]) == (1, 0)


def start_time(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


MISSING = ("-r", "sim:blank-*.json", "-r", "sim:none.json")


@pytest.mark.parametrize("readers", [MISSING, MISSING[2:], ("-r", "record:t.jsonl:sim:none.json")])
def test_a_reader_that_is_not_there_is_said_before_any_card_is_taken(
    terminal: Terminal, shop: Path, readers: tuple[str, ...]
) -> None:
    terminal(*PREPARE)
    error = terminal("run", "p", *readers, code=2)["error"]
    assert "no card file none.json" in error["message"]
    assert error["changed"] == "no"
    assert terminal("status", "p")["states"]["waiting"] == 4
    assert not (shop / "t.jsonl").exists()


def test_a_finished_batch_does_not_hide_that_a_reader_is_not_there(terminal: Terminal) -> None:
    terminal(*PREPARE)
    terminal(*RUN)
    assert "no card file" in terminal("run", "p", "-r", "sim:none.json", code=2)["error"]["message"]


def fail_at_second(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the bureau fail in the middle of the second card."""
    sound, calls = issue_card_certificate, iter(range(9))

    def certificate(*words: object, **named: object) -> bytes:
        if next(calls) == 1:
            raise error
        return sound(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("personalization.making.issue_card_certificate", certificate)


def test_an_error_in_the_middle_of_a_box_stands_beside_what_was_done(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    fail_at_second(monkeypatch, CertificateRequestInvalid("the dates are no dates"))
    done = terminal(*RUN, code=4)
    assert done["this_run"] == {"issued": 1}
    (failure,) = done["failures"]
    assert "the dates are no dates" in failure["message"]
    assert (failure["changed"], failure["exit_code"]) == ("unknown", 4)
    assert "put the card back" in failure["advice"]
    assert done["records"] == {
        "issued": 1,
        "spoiled": 0,
        "uncertain": 1,
        "left": 2,
        "in_the_making": 0,
    }


class FedByHand(ReaderLayer):
    """A reader that a person feeds with blanks, whose way to the card fails before the fourth."""

    def __init__(self) -> None:
        self._cards = iter(blanks(3))
        super().__init__(inserted(blanks(4)[3]))

    def wait_for_card(self, timeout: float | None) -> None:  # noqa: ARG002
        image = next(self._cards, None)
        if image is None:
            raise ReaderError("the PC/SC service has stopped")
        self._reader = inserted(image)

    def wait_for_removal(self, timeout: float | None) -> None:
        pass


def test_a_reader_that_fails_between_cards_stands_beside_the_cards_that_one_station_made(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    monkeypatch.setattr(boxes, "open_reader", lambda _name: FedByHand())
    done = terminal("run", "p", "-r", "pcsc:0", code=1)
    assert done["this_run"] == {"issued": 3}
    assert [failure["message"] for failure in done["failures"]] == ["the PC/SC service has stopped"]
    assert done["records"]["left"] == 1


def test_people_are_told_what_a_station_made_before_its_reader_failed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    monkeypatch.setattr(boxes, "open_reader", lambda _name: FedByHand())
    text = terminal.text("run", "p", "-r", "pcsc:0", code=1)
    assert "This run: 3 issued." in text
    assert "othing was changed" not in text + terminal.err


def test_people_are_told_of_an_error_and_of_what_was_done_before_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    fail_at_second(monkeypatch, CertificateRequestInvalid("the dates are no dates"))
    text = terminal.text(*RUN, code=4)
    assert "This run: 1 issued." in text
    assert "the dates are no dates" in text
    assert "put the card back" in terminal.err
    assert "othing was changed" not in text + terminal.err


def test_a_second_ctrl_c_does_not_hide_what_was_done(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(*PREPARE)
    fail_at_second(monkeypatch, KeyboardInterrupt())
    done = terminal(*RUN, code=4)
    assert done["this_run"] == {"issued": 1}
    assert done["failures"][0]["changed"] == "unknown"


@pytest.mark.parametrize(("nth", "code"), [(2, 1), (4, 0)])
def test_a_run_that_is_stopped_says_how_many_records_wait(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, nth: int, code: int
) -> None:
    terminal(*PREPARE)
    calls = iter(range(1, 9))

    def personalized(bench: Bench, card: Reader) -> CardResult:
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGINT)
        return personalize(bench, card)

    monkeypatch.setattr(line, "personalize", personalized)
    text = terminal.text(*RUN, code=code)
    assert f"This run: {nth} issued." in text
    assert ("Stopped by you; 2 records wait for a blank" in text) == (nth == 2)


def test_a_spoiled_card_is_not_hidden_by_an_error_after_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is the worst of all."""
    terminal(*PREPARE)
    calls = iter(range(9))

    def personalized(bench: Bench, card: Reader) -> CardResult:
        if next(calls) == 1:
            raise CertificateRequestInvalid("the dates are no dates")
        with monkeypatch.context() as patched:
            patched.setattr(steps, "make_key_pair", lambda _session: no_point())
            return personalize(bench, card)

    monkeypatch.setattr(line, "personalize", personalized)
    done = terminal(*RUN, code=5)
    assert done["this_run"] == {"spoiled": 1}
    assert [failure["exit_code"] for failure in done["failures"]] == [1]


def no_point() -> Flow[bytes]:
    yield from ()
    return bytes(65)


NAMED_WRONGLY = ("list.csv", "keys.unicard", "p", "empty", "other.db")


@pytest.mark.parametrize("name", NAMED_WRONGLY)
def test_what_is_no_journal_is_taken_for_a_wrong_name_first(
    terminal: Terminal, shop: Path, name: str
) -> None:
    terminal(*PREPARE)
    (shop / "empty").touch()
    with sqlite3.connect(shop / "other.db") as database:
        database.execute("CREATE TABLE t (x)")
    before = (shop / name).read_bytes()
    error = terminal("status", "p", "--journal", name, code=1)["error"]
    assert error["advice"].startswith("check the name given with --journal")
    assert (shop / name).read_bytes() == before


def test_a_list_of_headings_alone_is_said_to_have_no_record(terminal: Terminal, shop: Path) -> None:
    heading = list_text(1).splitlines()[0]
    (shop / "list.csv").write_text(f"{heading}\n", encoding="utf-8")
    for command in (("check", "list.csv"), PREPARE):
        error = terminal(*command, code=1)["error"]
        assert error["message"] == "list.csv: the list holds no record"
        assert len(error["problems"]) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--out", "list.csv", "--mailers", "m"), 2),
        (("--out", "p", "--mailers", "nofolder/m"), 1),
        (("--out", "p", "--mailers", "m", "--spoiled"), 1),
    ],
)
def test_a_prepare_that_fails_leaves_no_file_at_all(
    terminal: Terminal, shop: Path, words: tuple[str, ...], code: int
) -> None:
    before = sorted(shop.iterdir())
    assert terminal("prepare", "list.csv", *words, code=code)["error"]["changed"] == "no"
    assert sorted(shop.iterdir()) == before


def test_every_enrolment_that_has_a_card_already_is_named(terminal: Terminal, shop: Path) -> None:
    Path("list.csv").write_text(list_text(9), encoding="utf-8")
    assert terminal(*PREPARE)["issuer_key_version"] == "30"
    ids = [line.split(",")[0] for line in list_text(9).splitlines()[1:]]
    assert (
        terminal(*PREPARE[:2], "--out", "q", "--mailers", "n", code=1)["error"]["enrolments"] == ids
    )
    terminal.text(*PREPARE[:2], "--out", "q", "--mailers", "n", code=1)
    named = [line.split(":")[0] for line in terminal.err.splitlines() if "has a card" in line]
    assert named == ids
    assert not (shop / "q").exists()


def test_a_prepare_that_fails_leaves_a_journal_that_was_there(
    terminal: Terminal, shop: Path
) -> None:
    terminal(*PREPARE)
    terminal(*PREPARE, code=1)
    assert terminal("status", "p")["states"]["waiting"] == 4
    assert (shop / "bureau.journal").exists()
