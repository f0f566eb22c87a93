"""Role and receipt keys of a card: put by the station, read back, and whole after any stop."""

import dataclasses
from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator.memory import Image
from card_simulator.reader import SimReader
from host_lib import Card, Role, Slot
from host_lib.command import DeleteRoleKeys, PutRoleKeys
from host_lib.flow.base import RoleKeys
from host_lib.roles import RoleKeySet, decode_role_key_sets
from keys_tool import Purpose
from keys_tool.contents import Contents
from keys_tool.errors import KeyNotFound
from keys_tool.file_store import FileStore
from keys_tool.passphrase import from_text
from keys_tool.purpose import ROLE_PURPOSES
from keys_tool.vault import ScryptCost
from personalization.errors import CardInTheMaking, SealedFileDamaged
from personalization.journal import Journal
from personalization.journal_schema import State
from personalization.key_versions import KeyVersions
from personalization.outcome import Outcome
from personalization.production import Production
from personalization.report import production_report
from personalization.sealed_file import PRODUCTION
from tests.personalization.perso_bureau import (
    PASSPHRASE,
    Bureau,
    blanks,
    inserted,
    new_bureau,
    new_store,
    prepared_batch,
)

PUT_KEY, STORE_DATA = 0xD8, 0xE2
ALL_ROLES = tuple(RoleKeySet(0x50 + role, 1) for role in Role)


def stopped_at(reader: SimReader, ins: int, which: int) -> None:
    """Take the card out of the reader before so many commands of an instruction have passed."""
    original = reader.transmit
    seen = 0

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        nonlocal seen
        seen += command[1] == ins
        if seen == which:
            reader.remove()
        return original(command, timeout)

    reader.transmit = transmit  # type: ignore[method-assign]


def sent_by(bureau: Bureau, reader: SimReader) -> list[int]:
    """Let a station have the card; return the instructions that it sent."""
    original, sent = reader.transmit, list[int]()

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command[1])
        return original(command, timeout)

    reader.transmit = transmit  # type: ignore[method-assign]
    assert bureau.visit(reader).outcome is Outcome.ISSUED
    reader.transmit = original  # type: ignore[method-assign]
    return sent


def test_an_issued_card_has_the_keys_of_every_role_that_has_a_master(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        card = Card(reader, bureau.store.sam())
        for role in Role:
            with card.role_session(role) as session:
                assert (session.asked.slot, session.asked.master_version) == (Slot.A, 1)
                assert card.role_key_sets() == ALL_ROLES


def test_a_terminal_with_its_own_role_s_master_opens_the_issued_card(
    bureau: Bureau, tmp_path: Path
) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader, new_terminal(tmp_path) as terminal:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        bureau.store.hand_over(Purpose.ROLE_BREAD, 1, terminal)
        with Card(reader, terminal.sam()).role_session(Role.BREAD):
            pass


def new_terminal(folder: Path) -> FileStore:
    secret = from_text(PASSPHRASE)
    cost = ScryptCost(n=1024)
    return FileStore.create(folder / "pos", secret, contents=Contents(), cost=cost)


def test_the_card_signs_receipts_with_the_key_that_the_store_derives_for_it(
    bureau: Bureau,
) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        serial = bureau.entries()[0].card_serial
        key = bureau.store.receipt_key(1, serial).reveal()
        assert any(key in cell for cell in reader.card.memory.image.cells.values())
        assert read_by_role(bureau.store, reader, "receipt key version") == b"\x01"


def read_by_role(store: FileStore, reader: SimReader, name: str) -> bytes:
    """Return an object as any role may read it."""
    card = Card(reader, store.sam())
    with card.role_session(Role.INSPECT):
        return card.read(name)


def test_the_newest_active_masters_are_taken_and_roles_without_one_left_out(
    tmp_path: Path,
) -> None:
    with (
        new_store(tmp_path / "keys") as store,
        Journal(tmp_path / "journal", create=True) as journal,
    ):
        store.generate(Purpose.ROLE_BREAD, 7)
        store.generate(Purpose.RECEIPT, 2)
        store.generate(Purpose.ROLE_9, 3)
        store.retire(Purpose.ROLE_CASH, 1)
        bureau = prepared_batch(tmp_path, store, journal, 1, seed=3)
        # What comes later is not this batch's.
        store.generate(Purpose.ROLE_BREAD, 8)
        store.retire(Purpose.ROLE_BREAD, 7)
        (image,) = blanks(1)
        with inserted(image) as reader:
            assert bureau.visit(reader).outcome is Outcome.ISSUED
            found = read_by_role(store, reader, "role key sets")
        assert found.hex().upper() == "5001" + "5101" + "5301" + "5407" + "5501" + "5601" + "5903"
        report = production_report(journal, bureau.batch)
        assert report["keys"]["receipt"] == "02"
        assert report["keys"]["roles"] == {
            **{role.name: "01" for role in Role if role not in (Role.CASH, Role.BREAD)},
            "BREAD": "07",
            "role 9": "03",
        }


def test_a_store_without_a_receipt_master_prepares_nothing(tmp_path: Path) -> None:
    with (
        new_store(tmp_path / "keys") as store,
        Journal(tmp_path / "journal", create=True) as journal,
    ):
        store.retire(Purpose.RECEIPT, 1)
        with pytest.raises(KeyNotFound, match="no active receipt key") as caught:
            prepared_batch(tmp_path, store, journal, 1, seed=3)
        assert "unicard keys add receipt" in caught.value.advice
        assert not (tmp_path / "batch.production").exists()


def test_a_store_without_a_role_s_master_writes_to_no_card(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with Production(bureau.prepared.production, bureau.store) as production:
        lacking = dataclasses.replace(production.keys, roles=((4, 0x77),))
    with inserted(image) as reader, pytest.MonkeyPatch.context() as patched:
        patched.setattr(Production, "keys", lacking)
        with pytest.raises(CardInTheMaking, match="role-bread key of version 77"):
            bureau.visit(reader)
        assert reader.card.memory.image.cells == image.cells


@pytest.mark.parametrize("which", range(2, 2 + len(Role)))
def test_a_card_stopped_at_any_role_key_gets_all_of_them_anew(bureau: Bureau, which: int) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        untouched = reader.transmit
        stopped_at(reader, PUT_KEY, which)  # the first PUT KEY is the issuer's
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        reader.transmit = untouched  # type: ignore[method-assign]
        reader.insert()
        reader.reset()
        sent = sent_by(bureau, reader)
        assert sent.count(0xE4) == which - 2, "those that were there are deleted first"
        assert sent.count(PUT_KEY) == len(Role)
        found = read_by_role(bureau.store, reader, "role key sets")
        assert decode_role_key_sets(found) == ALL_ROLES


def test_the_last_block_comes_when_all_role_keys_are_there(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        sent = sent_by(bureau, reader)
    data = [ins for ins in sent if ins in (PUT_KEY, STORE_DATA)]
    assert data[0] == PUT_KEY
    assert data[-1] == STORE_DATA
    assert data[-1 - len(Role) : -1] == [PUT_KEY] * len(Role)
    assert set(data[1 : -1 - len(Role)]) == {STORE_DATA}


def card_with(bureau: Bureau, change: DeleteRoleKeys | tuple[int, Slot, int]) -> Image:
    """Return a card that was stopped before it is verified, with its role keys changed since."""
    (image,) = blanks(1)
    with inserted(image) as reader:
        stopped_at(reader, 0xCB, 1)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        image = reader.card.memory.image
    return changed_keys(bureau, image, change)


def changed_keys(
    bureau: Bureau, image: Image, change: DeleteRoleKeys | tuple[int, Slot, int]
) -> Image:
    with inserted(image) as reader:
        card = Card(reader, bureau.store.sam())
        with card.issuer_session(0x30) as session:
            if isinstance(change, DeleteRoleKeys):
                card.run(change)
            else:
                role, slot, version = change
                asked = RoleKeys.of(bytes(8), role, slot, version)
                bureau.store.generate(ROLE_PURPOSES[role], version)
                keys = bureau.store.role_keys(asked)
                card.run(PutRoleKeys(keys, version, session.dek))
        return reader.card.memory.image


@pytest.mark.parametrize("change", [DeleteRoleKeys(0x54), (9, Slot.A, 5), (4, Slot.B, 5)])
def test_a_card_whose_role_keys_are_not_those_of_its_batch_is_spoiled(
    bureau: Bureau, change: DeleteRoleKeys | tuple[int, Slot, int]
) -> None:
    with inserted(card_with(bureau, change)) as reader:
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SPOILED
        assert "role key sets" in result.message
    assert bureau.entries()[0].state is State.SPOILED


def test_a_card_with_strange_role_keys_in_the_making_is_spoiled(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        stopped_at(reader, PUT_KEY, 4)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        image = reader.card.memory.image
    with inserted(changed_keys(bureau, image, (4, Slot.B, 5))) as reader:
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SPOILED
        assert "that this batch does not put there: 64" in result.message


def test_a_card_that_kept_another_receipt_key_version_is_spoiled(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = blanks(1)
    other = KeyVersions(9, tuple((role.value, 1) for role in Role))
    with inserted(image) as reader:
        stopped_at(reader, 0xCB, 1)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        image = reader.card.memory.image
    bureau.store.generate(Purpose.RECEIPT, 9)
    monkeypatch.setattr(Production, "keys", other)
    with inserted(image) as reader:
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SPOILED
        assert "receipt key version" in result.message


def test_the_production_file_holds_versions_and_no_keys(bureau: Bureau) -> None:
    with Production(bureau.prepared.production, bureau.store) as production:
        assert production.keys == KeyVersions(1, tuple((role.value, 1) for role in Role))
        assert bureau.journal.batch(bureau.batch).keys == production.keys
        card = production.card(0)
    text = bureau.prepared.production.read_text("utf-8")
    derived = bureau.store.role_keys(RoleKeys.of(card.numbers.card_serial, 4, Slot.A, 1))
    assert derived.enc.reveal().hex() not in text.lower()
    receipt = spec().dgi_named("receipt key").tag
    assert receipt not in card.dgis


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"receipt_version": 1},
        {"receipt_version": 1, "role_versions": None},
        {"receipt_version": None, "role_versions": {}},
        {"receipt_version": 1, "role_versions": {"bread": 1}},
    ],
)
def test_a_header_that_does_not_say_which_keys_is_refused(header: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        KeyVersions.from_dict(header)


def test_a_file_of_the_format_before_is_refused_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dataclasses.replace(PRODUCTION, version=1)
    monkeypatch.setattr("personalization.prepare.PRODUCTION", before)
    bureau = new_bureau(tmp_path)
    with pytest.raises(SealedFileDamaged, match="has version 1 of its format"):
        bureau.visit(inserted(blanks(1)[0]))
    bureau.journal.close()
    bureau.store.close()
