"""The journal keeps what it confirmed; a record has one station, a chip one record, ever."""

import dataclasses
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from personalization.discard import declare_spoiled
from personalization.errors import (
    BatchRefused,
    FileMissing,
    JournalError,
    LeaseLost,
    RecordNotFound,
)
from personalization.journal import Journal
from personalization.journal_rows import Batch, NewRecord
from personalization.journal_rows import batch_row as row
from personalization.journal_schema import State
from personalization.key_versions import KeyVersions
from personalization.owner import Owner
from tests.personalization.perso_bureau import Bureau

ME = Owner.of_this_process()
DEAD = dataclasses.replace(ME, started=1)
CHIP, OTHER = bytes(10), bytes(9) + b"\1"


def test_blanks_get_the_records_in_their_order(bureau: Bureau) -> None:
    taken = [bureau.journal.take(bureau.batch, bytes((n,)) * 10, ME, "r") for n in range(4)]
    assert [entry.place for entry in taken if entry] == [0, 1, 2]
    assert taken[3] is None


def test_a_chip_is_taken_once_ever(bureau: Bureau) -> None:
    entry = bureau.journal.take(bureau.batch, CHIP, ME, "r")
    assert entry is not None
    bureau.journal.spoil(entry, ME, "bent", has_data=False)
    with pytest.raises(JournalError, match="taken before"):
        bureau.journal.take(bureau.batch, CHIP, ME, "r")
    assert [e.state for e in bureau.entries()] == [State.WAITING] * 3


def test_only_the_holder_of_a_record_can_move_it_on(bureau: Bureau) -> None:
    entry = bureau.journal.take(bureau.batch, CHIP, ME, "r")
    assert entry is not None
    with pytest.raises(LeaseLost):
        bureau.journal.advance(entry, DEAD, State.DONE, {})
    with pytest.raises(LeaseLost):
        bureau.journal.set_uncertain(entry, DEAD, "lost", {})
    with pytest.raises(LeaseLost):
        bureau.journal.spoil(entry, DEAD, "bent", has_data=True)
    assert bureau.journal.entry(entry.id) == entry
    bureau.journal.advance(entry, ME, State.DONE, {})
    with pytest.raises(LeaseLost):
        bureau.journal.advance(entry, ME, State.DONE, {})


def test_an_uncertain_record_goes_on_where_it_was(bureau: Bureau) -> None:
    entry = bureau.journal.take(bureau.batch, CHIP, ME, "r")
    assert entry is not None
    bureau.journal.advance(entry, ME, State.KEYS_CHANGED, {"keys": {"commands": 4}})
    bureau.journal.set_uncertain(entry, ME, "lost", {})
    found = bureau.journal.entry(entry.id)
    assert (found.state, found.reached) == (State.UNCERTAIN, State.KEYS_CHANGED)
    assert found.owner is None
    assert bureau.journal.resume(entry.id, ME, "r").state is State.KEYS_CHANGED
    events = [what for _, what, _ in bureau.journal.history(entry.id)]
    assert events == ["leased", "keys changed", "uncertain", "resumed"]


def test_two_stations_at_once_never_get_the_same_record(bureau: Bureau) -> None:
    places, barrier = [], threading.Barrier(3)

    def work(station: int) -> None:
        with Journal(bureau.journal.path) as journal:
            barrier.wait()
            entry = journal.take(bureau.batch, bytes((station,)) * 10, ME, str(station))
            assert entry is not None
            places.append(entry.place)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(places) == [0, 1, 2]


def lives(owner: Owner) -> bool:
    return owner.alive


def test_an_owner_lives_as_long_as_its_process_and_no_longer() -> None:
    program = "import sys; sys.stdout.write('up'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(2)
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        owner = Owner(process.pid, int(fields[19]), ME.boot)
        assert lives(owner)
        assert not lives(dataclasses.replace(owner, started=owner.started + 1))
        assert not lives(dataclasses.replace(owner, boot="another boot"))
        process.kill()
        process.wait()
    assert not lives(owner)
    assert Owner.parse(str(owner)) == owner
    assert lives(ME)
    assert ME.pid == os.getpid()


def test_a_committed_state_survives_kill_9(bureau: Bureau) -> None:
    program = f"""
import os, signal
from pathlib import Path
from personalization.journal import Journal
from personalization.owner import Owner
journal = Journal(Path({str(bureau.journal.path)!r}))
owner = Owner.of_this_process()
entry = journal.take(bytes.fromhex({bureau.batch.hex()!r}), bytes(10), owner, "r")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    (entry, *_) = bureau.entries()
    assert entry.state is State.LEASED
    assert entry.interrupted
    assert bureau.journal.resume(entry.id, ME, "r").owner == ME


def test_every_connection_synchronizes_fully(bureau: Bureau) -> None:
    with bureau.journal._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        }
    assert settings == {"synchronous": 2, "journal_mode": "truncate", "foreign_keys": 1}


def test_the_journal_is_its_owner_s_only(bureau: Bureau) -> None:
    assert stat.S_IMODE(bureau.journal.path.stat().st_mode) == 0o600


def test_a_journal_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "folder", tmp_path):
        with pytest.raises(JournalError, match="cannot be opened"):
            Journal(path, create=True)


def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="no journal at"):
        Journal(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    text = tmp_path / "text"
    text.write_bytes(b"no database at all, " * 100)
    with pytest.raises(JournalError, match="no journal"):
        Journal(text, create=True)
    other = tmp_path / "other"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE something (a)")
    with pytest.raises(JournalError, match="something else"):
        Journal(other, create=True)
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(JournalError, match="empty"):
        Journal(empty)


def test_a_journal_of_another_version_is_refused(bureau: Bureau) -> None:
    with sqlite3.connect(bureau.journal.path) as database:
        database.execute("UPDATE about SET schema_version = 3")
    with pytest.raises(JournalError, match="has version 3, this program knows 2"):
        Journal(bureau.journal.path)


def test_a_lost_card_is_declared_spoiled_and_a_blank_takes_its_place(bureau: Bureau) -> None:
    journal = bureau.journal
    entry = journal.take(bureau.batch, CHIP, DEAD, "r")
    assert entry is not None
    assert declare_spoiled(journal, bureau.batch, CHIP.hex(), "fell off").state is State.WAITING
    with pytest.raises(BatchRefused, match="spoiled already"):
        declare_spoiled(journal, bureau.batch, CHIP.hex(), "again")
    entry = journal.take(bureau.batch, OTHER, ME, "r")
    assert entry is not None
    journal.advance(entry, ME, State.DATA_WRITTEN, {})
    journal.set_uncertain(entry, ME, "lost", {})
    assert declare_spoiled(journal, bureau.batch, OTHER.hex(), "lost").state is State.SPOILED
    for chip in ("zz", bytes(10).hex() + "00"):
        with pytest.raises(RecordNotFound):
            declare_spoiled(journal, bureau.batch, chip, "no such")


def test_an_issued_card_is_not_declared_spoiled(bureau: Bureau) -> None:
    entry = bureau.journal.take(bureau.batch, CHIP, ME, "r")
    assert entry is not None
    bureau.journal.advance(entry, ME, State.DONE, {})
    with pytest.raises(BatchRefused, match="issued card"):
        declare_spoiled(bureau.journal, bureau.batch, CHIP.hex(), "no")


def test_work_is_left_while_a_record_waits_or_its_card_may_come_back(bureau: Bureau) -> None:
    journal, batch = bureau.journal, bureau.batch
    entries = [journal.take(batch, bytes((n,)) * 10, ME, "r") for n in range(3)]
    assert not journal.has_work(batch), "all three are in the hands of a living station"
    for entry in entries[:2]:
        assert entry is not None
        journal.advance(entry, ME, State.DONE, {})
    assert entries[2] is not None
    journal.set_uncertain(entries[2], ME, "lost", {})
    assert journal.has_work(batch)
    journal.resume(entries[2].id, ME, "r")
    journal.advance(entries[2], ME, State.DONE, {})
    assert not journal.has_work(batch)


def test_a_journal_that_was_used_is_not_removed(bureau: Bureau) -> None:
    bureau.journal.remove_if_unused()
    assert len(bureau.journal.batches()) == 1


def test_who_waits_for_a_journal_that_is_removed_publishes_nothing(tmp_path: Path) -> None:
    published = list[int]()
    with Journal(tmp_path / "new", create=True) as journal:
        batch = Batch(
            *(bytes(8), datetime.now(UTC), "1.0", 1, 0x30, 1, 1, 1),
            *(KeyVersions(1, ((4, 2),)), bytes(32)),
        )

        def row_of_removed(batch: Batch) -> dict[str, object]:
            """Be what happens while `register` waits for its turn: the file loses its name."""
            (tmp_path / "new").unlink()
            return row(batch)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("personalization.journal.batch_row", row_of_removed)
            with pytest.raises(JournalError, match="cannot be used"):
                journal.register(
                    batch, [NewRecord("A-1", "9" * 16, bytes(8))], lambda: published.append(1)
                )
    assert published == []
