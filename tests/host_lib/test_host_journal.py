"""What a terminal's journal never forgets."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from applet_spec import Changed, ExitCode
from host_lib.journal import (
    JournalDamaged,
    JournalError,
    JournalOfOther,
    TerminalJournal,
    send_receipts,
)
from host_lib.terminal import Terminal
from host_lib.transaction import Answer, Debit, Pending, Receipt

ID = b"TERM0001"
SERIAL, OTHER = bytes.fromhex("0102030405060708"), bytes(8)
NOON = datetime(2026, 11, 23, 12, 30, 45)
ROOT = Path(__file__).parents[2]


def begun(journal: TerminalJournal, serial: bytes = SERIAL, card_number: int = 3) -> Pending:
    return journal.begin(4, serial, card_number, NOON, (Debit("bread", 20),))


def receipt_of(pending: Pending) -> Receipt:
    number = pending.request.card_number + 1
    answer = Answer(number, 1, 0, bytes(8), (40,))
    return Receipt.of(pending.request, answer, role=pending.role, card_serial=pending.card_serial)


def test_a_request_is_on_disk_before_it_can_be_sent(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as journal:
        pending = begun(journal)
        with TerminalJournal(tmp_path / "j", ID) as other:
            assert other.pending() == (pending,)
    assert pending.request.terminal_number == 1


def test_numbers_go_up_across_restarts_and_are_never_used_again(tmp_path: Path) -> None:
    numbers = []
    for _ in range(3):
        with TerminalJournal(tmp_path / "j", ID) as journal:
            for _ in range(2):
                pending = begun(journal)
                numbers.append(pending.request.terminal_number)
                journal.not_happened(pending)
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_two_processes_never_get_the_same_number(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as one, TerminalJournal(tmp_path / "j", ID) as two:
        numbers = [begun(journal).request.terminal_number for journal in (one, two, one, two)]
    assert numbers == [1, 2, 3, 4]


def test_a_receipt_ends_its_request_in_one_step(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as journal:
        pending = begun(journal)
        journal.happened(pending, receipt_of(pending))
        journal.happened(pending, receipt_of(pending))
    with TerminalJournal(tmp_path / "j", ID) as journal:
        assert journal.pending() == ()
        assert [queued.receipt for queued in journal.unsent()] == [receipt_of(pending)]


def test_requests_are_found_by_card() -> None:
    journal = TerminalJournal.in_memory(ID)
    mine, other = begun(journal), begun(journal, OTHER)
    assert journal.pending(SERIAL) == (mine,)
    assert journal.pending() == (mine, other)
    journal.undecided(mine)
    assert journal.pending() == (other,)
    assert journal.left_to_clearing() == (mine,)


def test_a_request_that_was_left_to_clearing_can_still_be_found_to_have_happened() -> None:
    journal = TerminalJournal.in_memory(ID)
    pending = begun(journal)
    journal.undecided(pending)
    journal.happened(pending, receipt_of(pending))
    assert journal.left_to_clearing() == ()
    assert len(journal.unsent()) == 1


def test_receipts_are_sent_in_order_and_stay_queued_until_then() -> None:
    journal = TerminalJournal.in_memory(ID)
    for number in range(5):
        pending = begun(journal, card_number=number)
        journal.happened(pending, receipt_of(pending))
    sent: list[int] = []

    def send(receipt: Receipt) -> None:
        if len(sent) == 3:
            raise ConnectionError("no line")
        sent.append(receipt.number)

    with pytest.raises(ConnectionError):
        send_receipts(journal, send)
    assert sent == [1, 2, 3]
    assert [queued.receipt.number for queued in journal.unsent()] == [4, 5]
    rest: list[int] = []
    assert send_receipts(journal, lambda receipt: rest.append(receipt.number)) == 2
    assert rest == [4, 5]
    assert journal.forget_sent() == 5
    assert list(journal.receipts()) == []


def test_all_that_waits_is_had_and_marked_at_once() -> None:
    journal = TerminalJournal.in_memory(ID)
    for number in range(1001):
        pending = begun(journal, card_number=number)
        journal.happened(pending, receipt_of(pending))
    assert len(journal.unsent()) == 1000
    queue = journal.unsent(None)
    assert len(queue) == 1001
    journal.mark_sent(*queue[:-1])
    assert journal.unsent() == queue[-1:]
    journal.mark_sent()
    assert journal.unsent() == queue[-1:]


def test_a_number_stays_used_when_its_receipt_is_forgotten(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as journal:
        pending = begun(journal)
        journal.happened(pending, receipt_of(pending))
        send_receipts(journal, lambda _: None)
        journal.forget_sent()
        assert begun(journal).request.terminal_number == 2


def test_a_journal_belongs_to_one_terminal(tmp_path: Path) -> None:
    TerminalJournal(tmp_path / "j", ID).close()
    with pytest.raises(JournalOfOther, match=r"journal of terminal TERM0001$") as caught:
        TerminalJournal(tmp_path / "j", b"TERM0002")
    assert caught.value.exit_code is ExitCode.USAGE
    with pytest.raises(ValueError, match="journal"):
        Terminal("TERM0002", TerminalJournal.in_memory(ID))


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be read as one"])
def test_another_file_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(content)
    if not content:
        TerminalJournal(path, ID).close()
        return
    with pytest.raises(JournalDamaged):
        TerminalJournal(path, ID)


@pytest.mark.parametrize(
    ("table", "read"),
    [
        ("pending SET request", TerminalJournal.pending),
        ("receipt SET receipt", TerminalJournal.unsent),
        ("receipt SET receipt", lambda journal: list(journal.receipts())),
    ],
)
def test_a_journal_whose_entries_are_damaged_says_so_and_asks_for_a_new_id(
    table: str, read: Callable[[TerminalJournal], object]
) -> None:
    journal = TerminalJournal.in_memory(ID)
    done = begun(journal)
    journal.happened(done, receipt_of(done))
    begun(journal)
    read(journal)
    journal._database.execute(f"UPDATE {table} = x'0411'")
    with pytest.raises(JournalDamaged, match="damaged") as caught:
        read(journal)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)
    assert "new id" in caught.value.advice


def test_another_database_is_no_journal_and_stays_as_it_was(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "j") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(JournalOfOther):
        TerminalJournal(tmp_path / "j", ID)
    with sqlite3.connect(tmp_path / "j") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    other.close()


def test_a_journal_that_cannot_be_written_gives_no_number(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as journal:
        journal._database.execute("PRAGMA query_only = 1")
        with pytest.raises(JournalError):
            begun(journal)
        journal._database.execute("PRAGMA query_only = 0")
        assert begun(journal).request.terminal_number == 1


def test_a_basket_that_no_card_takes_costs_no_number() -> None:
    journal = TerminalJournal.in_memory(ID)
    with pytest.raises(ValueError, match="operations"):
        journal.begin(4, SERIAL, 3, NOON, ())
    assert begun(journal).request.terminal_number == 1


def test_after_the_last_number_there_is_none() -> None:
    journal = TerminalJournal.in_memory(ID)
    journal._database.execute("UPDATE terminal SET next = ?", (0xFFFFFFFF,))
    assert begun(journal).request.terminal_number == 0xFFFFFFFF
    with pytest.raises(JournalError, match="all its numbers"):
        begun(journal)


def test_every_commit_is_synchronised(tmp_path: Path) -> None:
    with TerminalJournal(tmp_path / "j", ID) as journal:
        assert journal._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal._database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_terminal_id_is_padded_and_no_longer_than_eight() -> None:
    assert Terminal("T1", TerminalJournal.in_memory(b"T1      ")).id == b"T1      "
    with pytest.raises(ValueError, match="8 bytes"):
        Terminal.open("TERMINAL1", ":memory:")


KILLED = """
import os, signal, sys
from datetime import datetime
import host_lib.journal as module
from host_lib.transaction import Answer, Debit, Receipt

path, at = sys.argv[1], int(sys.argv[2])
count = 0

class Watched:
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
    def execute(self, *words):
        global count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.inner.execute(*words)

journal = module.TerminalJournal(path, b"TERM0001")
journal._database = Watched(journal._database)

def say(*words):
    print(*words, flush=True)

operations = (Debit("bread", 20),)
for number in (3, 4):
    pending = journal.begin(4, bytes(8), number, datetime(2026, 1, 1), operations)
    say("begun", pending.request.terminal_number)
    receipt = Receipt.of(
        pending.request, Answer(number + 1, 1, 0, bytes(8), (40,)), role=4, card_serial=bytes(8)
    )
    journal.happened(pending, receipt)
    say("happened", pending.request.terminal_number)
    for queued in journal.unsent():
        say("sent", queued.receipt.terminal_number)
        journal.mark_sent(queued)
    say("marked", pending.request.terminal_number)
say("statements", count)
"""


def run_killed(path: Path, at: int) -> tuple[int, list[list[str]]]:
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(at)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode in (0, -signal.SIGKILL), run.stderr
    return run.returncode, [line.split() for line in run.stdout.splitlines()]


def test_a_kill_at_any_statement_loses_and_doubles_nothing(tmp_path: Path) -> None:
    code, lines = run_killed(tmp_path / "whole", 0)
    assert code == 0
    statements = int(lines[-1][1])
    assert statements > 20
    for at in range(1, statements + 1):
        path = tmp_path / f"killed-{at}"
        code, lines = run_killed(path, at)
        assert code == -signal.SIGKILL
        said = {word: {int(number) for what, number in lines if what == word} for word in
                ("begun", "happened", "sent", "marked")}  # fmt: skip
        with TerminalJournal(path, ID) as journal:
            check_after_kill(journal, said)


def check_after_kill(journal: TerminalJournal, said: dict[str, set[int]]) -> None:
    pending = {one.request.terminal_number for one in journal.pending()}
    kept = [one.terminal_number for one in journal.receipts()]
    unsent = {one.receipt.terminal_number for one in journal.unsent()}
    # Each number that was given out has its request or its receipt, and not both.
    assert said["begun"] <= pending | set(kept)
    assert not pending & set(kept)
    assert said["happened"] <= set(kept)
    assert len(kept) == len(set(kept))
    # What was not sent is queued; what was marked is not; in between it may be sent once more.
    assert set(kept) - said["sent"] <= unsent
    assert not said["marked"] & unsent
    assert begun(journal).request.terminal_number > max(pending | set(kept), default=0)


class Journals(RuleBasedStateMachine):
    """A journal beside three plain collections that say what must be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = TerminalJournal.in_memory(ID)
        self.open: list[Pending] = []
        self.queue: list[Receipt] = []
        self.used = 0

    @rule(serial=st.sampled_from([SERIAL, OTHER]), number=st.integers(0, 0xFFFFFE))
    def begin(self, serial: bytes, number: int) -> None:
        self.open.append(begun(self.journal, serial, number))
        self.used += 1
        assert self.open[-1].request.terminal_number == self.used

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def happen(self, data: st.DataObject) -> None:
        pending = data.draw(st.sampled_from(self.open))
        self.open.remove(pending)
        self.journal.happened(pending, receipt_of(pending))
        self.queue.append(receipt_of(pending))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def not_happen(self, data: st.DataObject) -> None:
        pending = data.draw(st.sampled_from(self.open))
        self.open.remove(pending)
        self.journal.not_happened(pending)

    @precondition(lambda self: self.queue)
    @rule()
    def send_one(self) -> None:
        first = self.journal.unsent(1)[0]
        assert first.receipt == self.queue.pop(0)
        self.journal.mark_sent(first)

    @invariant()
    def it_holds_what_it_was_told(self) -> None:
        assert self.journal.pending() == tuple(self.open)
        assert [queued.receipt for queued in self.journal.unsent()] == self.queue


TestJournals = Journals.TestCase
TestJournals.settings = settings(max_examples=40, stateful_step_count=30)
