"""A list becomes files that nobody can change, and numbers that nobody has yet."""

import base64
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from applet_spec import UnicardError
from host_lib.tlv import parse
from keys_tool import Purpose
from keys_tool.errors import KeyNotFound, SealedDataDamaged
from personalization import prepare as module
from personalization.card_number import has_check_digit
from personalization.enrolment import read_list
from personalization.errors import (
    BatchRefused,
    FileExists,
    FileUnwritable,
    RecordNotFound,
    SealedFileDamaged,
)
from personalization.fields import enrolment_fields, format_schema
from personalization.finger import card_finger
from personalization.fmr import parse_finger_record
from personalization.journal import Journal
from personalization.journal_schema import State
from personalization.mailers import find_mailer
from personalization.new_file import new_file, write_new
from personalization.owner import Owner
from personalization.prepare import only_spoiled, prepare
from personalization.production import Production
from personalization.records import read_records
from personalization.sealed_file import MAILERS, SealedFile
from tests.personalization.perso_bureau import (
    NOW,
    Bureau,
    list_text,
    new_store,
    prepared_batch,
)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_enrolment_gets_a_number_a_serial_and_a_pin_of_its_own(bureau: Bureau) -> None:
    with bureau.bench() as bench:
        cards = [bench.production.card(place) for place in range(bench.production.count)]
    assert len({c.numbers.card_number for c in cards}) == 3
    assert len({c.numbers.card_serial for c in cards}) == 3
    assert all(has_check_digit(c.numbers.card_number) for c in cards)
    assert [e.card_number for e in bureau.entries()] == [c.numbers.card_number for c in cards]
    for card in cards:
        mailer = find_mailer(bureau.prepared.mailers, bureau.store, card.numbers.card_number)
        assert mailer.pin == card.pin
        assert mailer.enrolment_id == card.enrolment_id


def test_the_anchor_is_card_number_batch_and_card_serial(bureau: Bureau) -> None:
    with bureau.bench() as bench:
        card = bench.production.card(1)
    numbers = card.numbers
    expected = bytes.fromhex(numbers.card_number) + bureau.batch + numbers.card_serial
    assert card.dgis[0x0101] == expected
    assert next(iter(card.values())).tag == 0x0101
    assert card.dgis[0x0103].hex() == "2026112220311121"
    assert [o.tag for o in parse(card.dgis[0x0102])] == [0x5F20, 0x5F2B, 0xDF41, 0xDF42, 0xDF43]


@pytest.mark.parametrize(
    ("path", "schema"), [("production", "production-file"), ("mailers", "mailer-file")]
)
def test_the_files_have_the_form_of_their_schemas(bureau: Bureau, path: str, schema: str) -> None:
    validator = Draft202012Validator(format_schema(schema))
    found = lines(getattr(bureau.prepared, path))
    assert len(found) == 5
    for line in found:
        validator.validate(line)


def test_no_name_number_or_pin_can_be_read_in_the_files_or_the_journal(bureau: Bureau) -> None:
    with bureau.bench() as bench:
        cards = [bench.production.card(place) for place in range(3)]
    header, *rows = (bureau.folder / "batch.csv").read_text("utf-8").splitlines()
    personal = [cell for row in rows for cell in row.split(",")[1:4]]
    assert header.split(",")[1:4] == ["national_id", "name", "birth_date"]
    files = [bureau.prepared.production, bureau.prepared.mailers, bureau.journal.path]
    content = b"".join(path.read_bytes() for path in files)
    for text in personal:
        assert text.encode() not in content
    sealed = b"".join(path.read_bytes() for path in files[:2])
    assert not [c for c in cards if c.numbers.card_number.encode() in sealed]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files[:2])


def test_a_pin_shows_itself_in_no_repr(bureau: Bureau) -> None:
    with bureau.bench() as bench:
        card = bench.production.card(0)
    assert card.pin.reveal().decode() not in repr(card.pin)
    assert "Pin(***)" in repr(card)


def swap_records(found: list[bytes]) -> list[bytes]:
    return [found[0], found[2], found[1], *found[3:]]


def renumbered(found: list[bytes]) -> list[bytes]:
    first, second = json.loads(found[1]), json.loads(found[2])
    first["sealed"], second["sealed"] = second["sealed"], first["sealed"]
    return [found[0], *(json.dumps(one).encode() + b"\n" for one in (first, second)), *found[3:]]


def flipped(found: list[bytes]) -> list[bytes]:
    record = json.loads(found[2])
    sealed = bytearray(base64.b64decode(record["sealed"]))
    sealed[20] ^= 1
    record["sealed"] = base64.b64encode(sealed).decode()
    return [*found[:2], json.dumps(record).encode() + b"\n", *found[3:]]


def shorter(found: list[bytes]) -> list[bytes]:
    header = json.loads(found[0]) | {"count": 2}
    return [json.dumps(header).encode() + b"\n", *found[1:3], found[4]]


@pytest.mark.parametrize(
    "damage",
    [
        swap_records,
        renumbered,
        flipped,
        shorter,
        lambda found: found[:-1],
        lambda found: [*found, found[1]],
        lambda found: found[1:],
        lambda found: [found[0].replace(b"1.0", b"1.1"), *found[1:]],
        lambda found: [found[0], *found[1:4], found[4][:-2]],
        lambda _: [],
        lambda _: [b"\x00\xff\n"],
        lambda _: [b"[]\n"],
    ],
)
def test_a_file_changed_anywhere_is_refused_before_any_card(
    bureau: Bureau, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = bureau.prepared.production
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises((SealedFileDamaged, SealedDataDamaged)), bureau.bench() as bench:
        bench.production.registered(bureau.journal)


def test_a_record_of_another_batch_does_not_fit_in(bureau: Bureau) -> None:
    other = prepared_batch(bureau.folder, bureau.store, bureau.journal, 3, 99, name="other")
    mine = bureau.prepared.production.read_bytes().splitlines(keepends=True)
    theirs = other.prepared.production.read_bytes().splitlines(keepends=True)
    bureau.prepared.production.write_bytes(b"".join([mine[0], *theirs[1:4], mine[4]]))
    with pytest.raises((SealedFileDamaged, SealedDataDamaged)), bureau.bench():
        pass


def test_a_file_that_the_journal_does_not_know_is_refused(bureau: Bureau, tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "other", create=True) as other,
        bureau.bench() as bench,
        pytest.raises(BatchRefused, match="is not in the journal"),
    ):
        bench.production.registered(other)


def test_a_mailer_file_is_no_production_file_and_has_no_other_card(bureau: Bureau) -> None:
    with pytest.raises(SealedFileDamaged, match="no file of the format"):
        Production(bureau.prepared.mailers, bureau.store)
    with pytest.raises(RecordNotFound):
        find_mailer(bureau.prepared.mailers, bureau.store, "9818010000000015")


def test_another_store_opens_neither_file(bureau: Bureau, tmp_path: Path) -> None:
    with new_store(tmp_path / "other") as store:
        for path, kind in ((bureau.prepared.mailers, MAILERS),):
            with pytest.raises(SealedDataDamaged):
                SealedFile(path, store, kind)


def again(bureau: Bureau, name: str, text: str | None = None) -> module.Prepared:
    path = bureau.folder / "batch.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    enrolments = read_list(path, today=NOW.date())
    out, mailers = bureau.folder / f"{name}.production", bureau.folder / f"{name}.mailers"
    return prepare(enrolments, bureau.store, bureau.journal, out, mailers, now=NOW)


def files(bureau: Bureau) -> set[str]:
    return {path.name for path in bureau.folder.iterdir()}


def test_a_list_that_was_prepared_is_not_prepared_again(bureau: Bureau) -> None:
    before = files(bureau)
    with pytest.raises(BatchRefused, match="3 of the list's enrolments have a card already"):
        again(bureau, "second")
    assert files(bureau) == before


def test_an_existing_file_is_never_overwritten(bureau: Bureau) -> None:
    before = bureau.prepared.production.read_bytes()
    with pytest.raises(FileExists):
        again(bureau, "batch", list_text(2, seed=50))
    assert bureau.prepared.production.read_bytes() == before
    assert len(bureau.journal.batches()) == 1


def test_where_no_file_can_be_written_nothing_is_recorded(bureau: Bureau) -> None:
    (bureau.folder / "batch.csv").write_text(list_text(2, seed=50), encoding="utf-8")
    enrolments = read_list(bureau.folder / "batch.csv", today=NOW.date())
    gone = bureau.folder / "no" / "folder"
    with pytest.raises(FileUnwritable):
        prepare(enrolments, bureau.store, bureau.journal, gone, bureau.folder / "m", now=NOW)
    assert len(bureau.journal.batches()) == 1
    assert "m" not in files(bureau)


def test_a_failure_at_the_last_moment_leaves_neither_files_nor_batch(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(bureau)
    link = os.link

    def second_fails(source: Path, target: Path) -> None:
        if "mailers" in str(target):
            raise OSError(28, "No space left on device")
        link(source, target)

    monkeypatch.setattr(os, "link", second_fails)
    with pytest.raises(FileUnwritable, match="No space left"):
        again(bureau, "second", list_text(2, seed=50))
    assert files(bureau) == before
    assert len(bureau.journal.batches()) == 1


def test_a_store_without_the_keys_prepares_nothing(bureau: Bureau) -> None:
    bureau.store.retire(Purpose.MAILER, 1)
    before = files(bureau)
    with pytest.raises(KeyNotFound):
        again(bureau, "second", list_text(2, seed=50))
    assert files(bureau) == before


def test_a_card_number_is_never_given_twice(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [entry.card_number for entry in bureau.entries()]
    free = ["9818010000000015", "9818010000000023"]
    offered = iter([taken[0], free[0], taken[1], free[0], free[1], taken[2]])
    monkeypatch.setattr(module, "random_card_number", lambda: next(offered))
    prepared = again(bureau, "second", list_text(2, seed=50))
    entries = bureau.journal.entries(prepared.batch.id)
    assert sorted(entry.card_number for entry in entries) == free


def test_only_what_was_spoiled_is_prepared_again_with_new_numbers(bureau: Bureau) -> None:
    owner = Owner.of_this_process()
    entry = bureau.journal.take(bureau.batch, bytes(10), owner, "here")
    assert entry is not None
    enrolments = read_list(bureau.folder / "batch.csv", today=NOW.date())
    assert only_spoiled(enrolments, bureau.journal) == ()
    bureau.journal.spoil(entry, owner, "bent", has_data=True)
    (chosen,) = only_spoiled(enrolments, bureau.journal)
    assert chosen.enrolment_id == entry.enrolment_id
    out, mailers = bureau.folder / "2.production", bureau.folder / "2.mailers"
    prepared = prepare([chosen], bureau.store, bureau.journal, out, mailers, now=NOW)
    (new,) = bureau.journal.entries(prepared.batch.id)
    assert new.state is State.WAITING
    assert new.card_number != entry.card_number
    assert only_spoiled(enrolments, bureau.journal) == ()


def test_the_journal_knows_the_file_by_its_hash(bureau: Bureau) -> None:
    digest = sha256(bureau.prepared.production.read_bytes()).digest()
    assert bureau.journal.batch(bureau.batch).sha256 == digest
    with sqlite3.connect(bureau.journal.path) as database:
        database.execute("UPDATE batches SET sha256 = ?", ("00" * 32,))
    with bureau.bench() as bench, pytest.raises(UnicardError, match="not the file"):
        bench.production.registered(bureau.journal)


def test_no_repr_shows_a_person_or_a_finger(bureau: Bureau) -> None:
    (enrolment, *_) = read_list(bureau.folder / "batch.csv", today=NOW.date())
    (raw, *_) = read_records(bureau.folder / "batch.csv", enrolment_fields())
    with bureau.bench() as bench:
        card = bench.production.card(0)
    finger = parse_finger_record(base64.b64decode(str(enrolment.fields["finger_1"])))
    on_card = card_finger(finger, 2)
    assert repr(enrolment).startswith("Enrolment(number=1")
    shown = "".join(repr(thing) for thing in (enrolment, raw, card, finger, on_card))
    for name in ("name", "national_id", "birth_date", "mobile", "finger_1"):
        assert str(enrolment.fields[name]) not in shown
    for content in (*card.dgis.values(), on_card.template):
        assert repr(content)[2:-1] not in shown
    assert "Minutia(" not in shown


def unfinished(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".new")]


def test_what_a_killed_prepare_left_is_gone_after_the_next(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path;"
        "from personalization.new_file import new_file\n"
        "with new_file(Path(sys.argv[1])) as new:\n"
        "    new.file.write(b'half'); new.file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    path, other = tmp_path / "batch[1].production", tmp_path / "batch1.production"
    for each in (path, other):
        subprocess.run([sys.executable, "-c", script, str(each)], check=False)
    assert len(unfinished(tmp_path)) == 2
    write_new(path, b"whole")
    assert path.read_bytes() == b"whole"
    (left,) = unfinished(tmp_path)
    assert left.startswith(".batch1."), "another file's is that file's affair"


def test_a_file_in_the_making_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    path = tmp_path / "batch"
    with new_file(path) as first:
        first.file.write(b"first")
        with new_file(path):
            pass
        first.publish()
    assert path.read_bytes() == b"first"
    assert unfinished(tmp_path) == []
