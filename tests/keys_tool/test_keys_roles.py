"""Masters of roles and of receipts: what the store derives, hands over, and refuses; the SAM."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from applet_spec.errors import Changed
from host_lib import Card, CardStopped, Role, RoleKeys, RoleKeysNotHeld, Slot
from host_lib.command import PutRoleKeys
from host_lib.roles import role_name
from host_lib.secret import AesKey, SecretBytes
from keys_tool import errors
from keys_tool.contents import Contents
from keys_tool.derivation import RoleKey, derive_role_key, role_key_block
from keys_tool.entry import Entry
from keys_tool.file_store import FileStore
from keys_tool.purpose import (
    ALGORITHMS,
    FOR_TERMINALS,
    ROLE_PURPOSES,
    Algorithm,
    KeyState,
    Purpose,
)
from keys_tool.store import KeyStore
from keys_tool.vault import ScryptCost
from tests.support.cards import CARD_SERIAL, OLD, issuer, personalized_card

SERIAL = bytes.fromhex("0102030405060708")
OTHER_SERIAL = SERIAL[::-1]
MASTERS = (*ROLE_PURPOSES, Purpose.RECEIPT)
KEPT_BY_THE_ISSUER = tuple(purpose for purpose in Purpose if purpose not in FOR_TERMINALS)


def bread(slot: Slot = Slot.A, version: int = 1, serial: bytes = SERIAL) -> RoleKeys:
    return RoleKeys.of(serial, Role.BREAD, slot, version)


def entries(store: FileStore) -> tuple[Entry, ...]:
    """Return a store's keys in the order in which they came."""
    return store._contents.entries


@pytest.fixture
def terminal(tmp_path: Path, passphrase: SecretBytes, cheap: ScryptCost) -> Iterator[FileStore]:
    """The store of a terminal's SAM, empty as yet."""
    path = tmp_path / "terminal.unicard"
    with FileStore.create(path, passphrase, contents=Contents("Bakery"), cost=cheap) as opened:
        yield opened


def test_each_role_of_a_card_has_a_purpose_in_the_order_of_the_roles() -> None:
    assert [purpose.value for purpose in ROLE_PURPOSES] == [
        *(f"role-{role_name(role).lower()}" for role in range(7)),
        *(f"role-{role:x}" for role in range(7, 16)),
    ]


@pytest.mark.parametrize("role", range(16))
def test_a_card_gets_keys_from_the_master_of_each_role(store: FileStore, role: int) -> None:
    purpose = ROLE_PURPOSES[role]
    store.generate(purpose, 0xFF)
    asked = RoleKeys.of(SERIAL, role, Slot.B, 0xFF)
    keys = store.role_keys(asked)
    assert (keys.version, len(keys.enc), keys.dek) == (0x60 + role, 16, None)
    assert keys.enc != keys.mac
    assert keys != store.role_keys(RoleKeys.of(OTHER_SERIAL, role, Slot.B, 0xFF))
    same_in_slot_a = store.role_keys(RoleKeys.of(SERIAL, role, Slot.A, 0xFF))
    assert (same_in_slot_a.enc, same_in_slot_a.mac) == (keys.enc, keys.mac)


def test_the_derivation_is_one_cmac_so_that_a_token_that_signs_can_do_it() -> None:
    assert role_key_block(RoleKey.MAC, 4, 0x7E, SERIAL).hex().upper() == (
        "01" + "554331" + "00" + "02" + "04" + "7E" + "0102030405060708" + "0080"
    )


def test_the_store_derives_what_uc1_says_of_its_master(path: Path, passphrase: SecretBytes) -> None:
    # The master of the contract's vector, put where a store keeps its own.
    master = AesKey(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
    made = Entry.of(Purpose.ROLE_BREAD, 1, Algorithm.AES_128_UC1, Contents().next_created(), master)
    receipt = Entry.of(Purpose.RECEIPT, 9, Algorithm.AES_128_UC1, Contents().next_created(), master)
    contents = Contents().with_entry(made).with_entry(receipt)
    with FileStore.create(path, passphrase, contents=contents, cost=ScryptCost(n=1024)) as store:
        assert store.role_keys(bread()).enc.reveal().hex().upper() == (
            "F80BE07B86F4F00C10832E04DCE24B69"
        )
        assert store.receipt_key(9, SERIAL) == derive_role_key(
            master, RoleKey.RECEIPT, 0xFF, 9, SERIAL
        )


def test_a_retired_master_still_opens_the_cards_that_have_its_keys(store: FileStore) -> None:
    before, receipt = store.role_keys(bread()), store.receipt_key(1, SERIAL)
    store.generate(Purpose.ROLE_BREAD, 2)
    assert store.retire(Purpose.ROLE_BREAD, 1).state is KeyState.RETIRED
    store.retire(Purpose.RECEIPT, 1)
    assert store.default_version(Purpose.ROLE_BREAD) == 2
    assert store.role_keys(bread()) == before != store.role_keys(bread(version=2))
    assert store.receipt_key(1, SERIAL) == receipt


@pytest.mark.parametrize("version", [0, 2, 0xFF])
def test_a_master_that_the_store_lacks_is_named_by_role_and_version(
    store: FileStore, version: int
) -> None:
    with pytest.raises(errors.RoleMasterNotFound, match=f"BREAD, version {version:02X}") as caught:
        store.role_keys(bread(version=version))
    assert isinstance(caught.value, RoleKeysNotHeld), "so that the card's other slot is tried"


@pytest.mark.parametrize("purpose", MASTERS)
def test_a_master_is_aes_128_and_its_version_is_never_00(
    store: FileStore, purpose: Purpose
) -> None:
    assert ALGORITHMS[purpose] == (Algorithm.AES_128_UC1,)
    for algorithm in set(Algorithm) - {Algorithm.AES_128_UC1}:
        with pytest.raises(errors.WrongAlgorithm):
            store.generate(purpose, 5, algorithm)
    for version in (0, 0x100):
        with pytest.raises(errors.VersionOutOfRange, match="cannot have version"):
            store.generate(purpose, version)
    assert store.generate(purpose, 0xFF).algorithm is Algorithm.AES_128_UC1


@pytest.mark.parametrize("purpose", MASTERS)
def test_a_master_seals_nothing(store: FileStore, purpose: Purpose) -> None:
    store.generate(purpose, 7)
    with pytest.raises(errors.WrongPurpose):
        store.seal(purpose, 7, b"", b"")
    with pytest.raises(errors.WrongPurpose):
        store.open(purpose, 7, bytes(28), b"")


def test_the_master_of_one_role_gives_no_keys_of_another(store: FileStore) -> None:
    values = {store.receipt_key(1, SERIAL).reveal()}
    for role in Role:
        keys = store.role_keys(RoleKeys.of(SERIAL, role, Slot.A, 1))
        values |= {keys.enc.reveal(), keys.mac.reveal()}
    assert len(values) == 1 + 2 * len(Role)


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_card_serial_has_eight_bytes(store: FileStore, length: int) -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        store.receipt_key(1, bytes(length))
    with pytest.raises(ValueError, match="10 bytes"):
        store.sam()(RoleKeys(0x54, bytes(length) + b"\x04\x01"))


# What a terminal gets


def test_a_terminals_store_opens_its_own_role_and_nothing_else(
    store: FileStore, terminal: FileStore, passphrase: SecretBytes
) -> None:
    info = store.hand_over(Purpose.ROLE_BREAD, 1, terminal)
    assert info.check_value == store.info(Purpose.ROLE_BREAD, 1).check_value
    with FileStore.load(Path(terminal.location), passphrase) as again:
        assert again.keys() == (info,)
        sam = again.sam()
        assert sam(bread()) == store.sam()(bread())
        for role in set(Role) - {Role.BREAD}:
            with pytest.raises(errors.RoleMasterNotFound):
                sam(RoleKeys.of(SERIAL, role, Slot.A, 1))
        with pytest.raises(errors.KeyNotFound):
            again.receipt_key(1, SERIAL)


def test_a_terminal_may_get_every_role_but_load() -> None:
    assert set(ROLE_PURPOSES) - set(FOR_TERMINALS) == {Purpose.ROLE_LOAD}


@pytest.mark.parametrize("purpose", KEPT_BY_THE_ISSUER)
def test_what_stays_with_the_issuer_is_not_handed_over_unless_told(
    store: FileStore, terminal: FileStore, purpose: Purpose
) -> None:
    version = store.default_version(purpose)
    with pytest.raises(errors.WrongPurpose, match="stays with the issuer"):
        store.hand_over(purpose, version, terminal)
    assert terminal.keys() == ()
    store.hand_over(purpose, version, terminal, within_issuer=True)
    assert [one.info.purpose for one in entries(terminal)] == [purpose]


def test_a_key_that_is_there_already_is_not_replaced(store: FileStore, terminal: FileStore) -> None:
    own = terminal.generate(Purpose.ROLE_BREAD, 1)
    with pytest.raises(errors.KeyExists):
        store.hand_over(Purpose.ROLE_BREAD, 1, terminal)
    assert terminal.keys() == (own,)
    with pytest.raises(errors.KeyNotFound):
        store.hand_over(Purpose.ROLE_BREAD, 9, terminal)


def test_masters_handed_over_keep_their_order_and_their_state(
    store: FileStore, terminal: FileStore
) -> None:
    store.generate(Purpose.ROLE_BREAD, 9)
    store.generate(Purpose.ROLE_BREAD, 3)
    store.retire(Purpose.ROLE_BREAD, 9)
    for version in (3, 9, 1):
        store.hand_over(Purpose.ROLE_BREAD, version, terminal)
    states = {one.info.version: one.info.state for one in entries(terminal)}
    assert states == {1: KeyState.ACTIVE, 3: KeyState.ACTIVE, 9: KeyState.RETIRED}
    created = [one.info.created for one in entries(terminal)]
    assert created == sorted(set(created))


# The SAM


def test_a_stopped_card_gets_no_keys_before_anything_else_is_looked_at(store: FileStore) -> None:
    sam = store.sam(stop_list=frozenset({SERIAL}))
    for asked in (bread(), bread(version=0x77)):
        with pytest.raises(CardStopped, match="0102030405060708") as caught:
            sam(asked)
        assert caught.value.changed is Changed.NO
    assert sam(bread(serial=OTHER_SERIAL)) == store.role_keys(bread(serial=OTHER_SERIAL))


def put(store: KeyStore, slot: Slot, version: int) -> Callable[[Card], None]:
    """Return what puts a card's BREAD keys into a slot."""

    def act(card: Card) -> None:
        keys = store.role_keys(bread(slot, version, CARD_SERIAL))
        with card.issuer_session(OLD) as session:
            card.run(PutRoleKeys(keys, version, session.dek))

    return act


def test_a_terminal_with_one_master_opens_a_role_session_of_a_card(
    store: FileStore, terminal: FileStore
) -> None:
    reader, _ = personalized_card()
    put(store, Slot.A, 1)(Card(reader, issuer))
    store.hand_over(Purpose.ROLE_BREAD, 1, terminal)
    with Card(reader, terminal.sam()).role_session(Role.BREAD) as session:
        assert session.asked.master_version == 1


def test_a_card_with_newer_keys_beside_the_old_is_opened_by_either_generation(
    store: FileStore, terminal: FileStore
) -> None:
    reader, _ = personalized_card()
    store.generate(Purpose.ROLE_BREAD, 2)
    put(store, Slot.A, 1)(Card(reader, issuer))
    put(store, Slot.B, 2)(Card(reader, issuer))
    store.hand_over(Purpose.ROLE_BREAD, 2, terminal)
    with Card(reader, terminal.sam()).role_session(Role.BREAD) as session:
        assert session.asked.slot is Slot.B
    with Card(reader, store.sam()).role_session(Role.BREAD) as session:
        assert session.asked.slot is Slot.A


def test_a_stopped_card_is_never_authenticated_to(store: FileStore) -> None:
    reader, _ = personalized_card()
    put(store, Slot.A, 1)(Card(reader, issuer))
    sent = list[bytes]()
    transmit = reader.transmit

    def noted(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command[:2])
        return transmit(command, timeout)

    reader.transmit = noted  # type: ignore[method-assign]
    card = Card(reader, store.sam(stop_list={CARD_SERIAL}))
    with pytest.raises(CardStopped), card.role_session(Role.BREAD):
        pass
    assert b"\x80\x50" in sent
    assert b"\x84\x82" not in sent
