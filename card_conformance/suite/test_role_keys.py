"""PUT KEY and DELETE KEY of the application: the two slots of each role."""

from dataclasses import replace

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.needs import ISSUED, WITH_KEYS, Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.role_keys import (
    NO_ROLES,
    VERSIONS,
    OwnKeys,
    free_pair,
    free_version,
    listed,
    own_keys,
    put,
    random_keys,
    role_session,
    slot_emptied,
    update,
)
from card_conformance.suite.support import (
    C_MAC_ONLY,
    application,
    expect_open,
    suspended,
)
from host_lib.apdu import Apdu
from host_lib.command import DeleteRoleKeys, PutRoleKeys
from host_lib.flow.session import IssuerSession
from host_lib.roles import Slot
from host_lib.secret import AesKey

_BLOCK = 23
"""Bytes of a key block: 88, length, key length, cryptogram, length 3, check value."""
_FAULTS = {
    "type": 1,
    "length of the field": 2,
    "length of the key": 3,
    "cryptogram": 4,
    "length of the check value": 20,
    "check value": 21,
    "end of the check value": 23,
}
"""Where in the command data each part of the first key block is."""


def _put(own: OwnKeys, key: AesKey) -> Apdu:
    return PutRoleKeys(own.keys, own.master_version, key).apdu()


def _delete(version: int) -> Apdu:
    return application("DELETE KEY", 0x00, 0x00, bytes((0xD2, 1, version)), answer=True)


def _answer_to_put(own: OwnKeys) -> bytes:
    return bytes((own.version,)) + own.keys.enc.check_value + own.keys.mac.check_value


def _is_empty(card: CardUnderTest, version: int) -> None:
    card.select()
    card.expect("6A88", update(version))


# PUT KEY


@requirement("RPK-01", needs=WITH_KEYS)
@pytest.mark.parametrize("slot", Slot, ids=lambda slot: slot.value)
def test_role_keys_are_put_into_an_empty_slot_and_open_a_session(
    card: CardUnderTest, slot: Slot
) -> None:
    version = free_version(card, lambda _, place: place is slot)
    own = random_keys(version)
    with slot_emptied(card, version):
        session = card.session()
        answer = card.expect("9000", _put(own, session.dek), session.channel)
        same("answer to PUT KEY", answer.data, _answer_to_put(own))
        expect_open(card, role_session(card, own).channel)
        card.reader.reset()
        expect_open(card, role_session(card, own).channel)


@requirement("RPK-01", needs=WITH_KEYS)
@pytest.mark.parametrize("place", [0, 15, 16, 31], ids=lambda place: f"{VERSIONS[place]:02X}")
def test_the_first_and_the_last_role_have_slots_too(card: CardUnderTest, place: int) -> None:
    version = free_version(card, lambda role, slot: slot.versions[role] == VERSIONS[place])
    with own_keys(card, version) as own:
        expect_open(card, role_session(card, own).channel)


@requirement("RPK-01", "STA-04", needs=WITH_KEYS)
def test_a_suspended_card_takes_role_keys_and_opens_their_sessions(card: CardUnderTest) -> None:
    version = free_version(card)
    with suspended(card), own_keys(card, version) as own:
        expect_open(card, role_session(card, own).channel)
        card.expect("9000", _delete(version), card.session().channel)
        _is_empty(card, version)


@requirement("RPK-02", needs=ISSUED)
def test_nobody_puts_role_keys_without_a_session(card: CardUnderTest) -> None:
    card.select()
    for p1, p2, data in ((0x00, 0x81, bytes(48)), (0x77, 0x77, b"\x01")):
        card.expect("6982", application("PUT KEY", p1, p2, data, answer=True))


@requirement("RPK-02", needs=WITH_KEYS)
def test_a_session_without_encryption_puts_no_role_keys(card: CardUnderTest) -> None:
    version = free_version(card)
    own = random_keys(version)
    with slot_emptied(card, version):
        session = card.session(level=C_MAC_ONLY)
        card.expect("6982", _put(own, session.dek), session.channel)
        _is_empty(card, version)


@requirement("RPK-03", needs=WITH_KEYS)
@pytest.mark.parametrize("version", NO_ROLES, ids="{:02X}".format)
def test_a_key_version_of_no_role_is_not_taken(card: CardUnderTest, version: int) -> None:
    session = card.session()
    command = _put(random_keys(free_version(card)), session.dek)
    asked = replace(command, data=bytes((version,)) + command.data[1:])
    session = card.session()
    card.expect("6A80", asked, session.channel)
    expect_open(card, session.channel)


@requirement("RPK-03", needs=WITH_KEYS)
@pytest.mark.parametrize("block", ["ENC", "MAC"])
@pytest.mark.parametrize("fault", _FAULTS)
def test_a_malformed_key_block_is_put_neither_into_an_empty_slot_nor_over_keys(
    card: CardUnderTest, fault: str, block: str
) -> None:
    empty, full = free_pair(card)
    with slot_emptied(card, empty), own_keys(card, full) as there:
        for version in (empty, full):
            session = card.session()
            command = _put(random_keys(version), session.dek)
            data = bytearray(command.data)
            data[_FAULTS[fault] + (_BLOCK if block == "MAC" else 0)] ^= 0x01
            card.expect("6A80", replace(command, data=bytes(data)), session.channel)
        _is_empty(card, empty)
        expect_open(card, role_session(card, there).channel)


@requirement("RPK-03", needs=WITH_KEYS)
def test_check_values_are_those_of_their_own_key(card: CardUnderTest) -> None:
    version = free_version(card)
    session = card.session()
    data = _put(random_keys(version), session.dek).data
    enc, mac = data[1 : 1 + _BLOCK], data[1 + _BLOCK : 1 + 2 * _BLOCK]
    swapped = data[:1] + enc[:-3] + mac[-3:] + mac[:-3] + enc[-3:] + data[-1:]
    with slot_emptied(card, version):
        command = application("PUT KEY", 0x00, 0x81, swapped, answer=True)
        card.expect("6A80", command, session.channel)
        _is_empty(card, version)


@requirement("RPK-04", needs=WITH_KEYS)
def test_keys_in_a_slot_are_never_overwritten(card: CardUnderTest) -> None:
    version = free_version(card)
    with own_keys(card, version) as there:
        for other in (random_keys(version), there):
            session = card.session()
            card.expect("6985", _put(other, session.dek), session.channel)
            expect_open(card, session.channel)
        expect_open(card, role_session(card, there).channel)


@requirement("RPK-06", needs=WITH_KEYS)
def test_both_slots_of_a_role_open_sessions_until_one_is_deleted(card: CardUnderTest) -> None:
    first, second = free_pair(card)
    with own_keys(card, first) as old:
        new = replace(random_keys(second), master_version=(old.master_version + 1) & 0xFF)
        with slot_emptied(card, second):
            put(card, new)
            for own in (old, new, old):
                expect_open(card, role_session(card, own).channel)
            card.expect("9000", _delete(first), card.session().channel)
            _is_empty(card, first)
            expect_open(card, role_session(card, new).channel)


# DELETE KEY


@requirement("RDK-01", needs=WITH_KEYS)
def test_a_deleted_slot_opens_no_session_and_takes_other_keys(card: CardUnderTest) -> None:
    version = free_version(card)
    with own_keys(card, version):
        answer = card.expect("9000", _delete(version), card.session().channel)
        same("answer to DELETE KEY", answer.data, b"\x00")
        _is_empty(card, version)
        card.reader.reset()
        _is_empty(card, version)
        other = random_keys(version)
        put(card, other)
        expect_open(card, role_session(card, other).channel)


@requirement("RDK-02", needs=ISSUED)
def test_nobody_deletes_role_keys_without_a_session(card: CardUnderTest) -> None:
    card.select()
    for p1, data in ((0x00, bytes((0xD2, 1, VERSIONS[0]))), (0x77, b"\x01")):
        card.expect("6982", application("DELETE KEY", p1, 0x00, data, answer=True))


@requirement("RDK-02", needs=WITH_KEYS)
def test_a_session_without_encryption_deletes_no_role_keys(card: CardUnderTest) -> None:
    with own_keys(card, free_version(card)) as own:
        channel = card.session(level=C_MAC_ONLY).channel
        card.expect("6982", _delete(own.version), channel)
        expect_open(card, role_session(card, own).channel)


@requirement("RDK-03", needs=WITH_KEYS)
def test_there_is_nothing_to_delete_in_an_empty_slot(card: CardUnderTest) -> None:
    empty, full = free_pair(card)
    with own_keys(card, full) as own:
        channel = card.session().channel
        for version in (empty, *NO_ROLES):
            card.expect("6A88", _delete(version), channel)
        expect_open(card, role_session(card, own).channel)


@requirement("RDK-03", needs=reading(WITH_KEYS))
def test_keys_of_the_issuer_are_not_deleted_in_the_application(card: CardUnderTest) -> None:
    session = card.session()
    card.expect("6A88", _delete(session.keys.version), session.channel)
    card.session(on_manager=True)


@requirement("RDK-04", needs=WITH_KEYS)
@pytest.mark.parametrize("head", ["D001", "D101", "D200", "D202", "0100"])
def test_data_that_is_no_key_reference_deletes_nothing(card: CardUnderTest, head: str) -> None:
    with own_keys(card, free_version(card)) as own:
        for version in (own.version, NO_ROLES[0]):
            data = bytes.fromhex(head) + bytes((version,))
            command = application("DELETE KEY", 0x00, 0x00, data, answer=True)
            card.expect("6A80", command, card.session().channel)
        expect_open(card, role_session(card, own).channel)


# Both


@requirement("GEN-06", needs=WITH_KEYS)
def test_wrong_p1_or_p2_of_a_role_key_command_is_refused_before_its_length(
    card: CardUnderTest,
) -> None:
    channel = card.session().channel
    for name, p1, p2 in (
        ("PUT KEY", 0x50, 0x81),
        ("PUT KEY", 0x00, 0x01),
        ("PUT KEY", 0x00, 0x82),
        ("DELETE KEY", 0x01, 0x00),
        ("DELETE KEY", 0x00, 0x80),
    ):
        card.expect("6A86", application(name, p1, p2, b"\x01", answer=True), channel)
        expect_open(card, channel)


@requirement("GEN-07", needs=WITH_KEYS)
@pytest.mark.parametrize(
    ("name", "p2", "length"),
    [("PUT KEY", 0x81, n) for n in (0, 1, 24, 47, 49, 71)]
    + [("DELETE KEY", 0x00, n) for n in (0, 1, 2, 4, 6)],
)
def test_a_role_key_command_of_a_wrong_length_is_refused(
    card: CardUnderTest, name: str, p2: int, length: int
) -> None:
    channel = card.session().channel
    data = bytes((0xD2, 1)).ljust(length, b"\x00")[:length]
    card.expect("6700", application(name, 0x00, p2, data, answer=True), channel)
    expect_open(card, channel)


@requirement("GEN-10", needs=reading(WITH_KEYS))
def test_a_refused_role_key_command_changes_no_list(card: CardUnderTest) -> None:
    version = free_version(card)
    with own_keys(card, version) as own:
        before = listed(card)
        session = card.session()
        refused = (
            _put(own, session.dek),
            _put(random_keys(version), AesKey(bytes(16))),
            _delete(NO_ROLES[0]),
            application("DELETE KEY", 0x00, 0x01, bytes((0xD2, 1, version)), answer=True),
        )
        for command in refused:
            answer = card.send(command, session.channel)
            same(f"success of {command.label}", answer.sw == 0x9000, False)
        same("role key sets", listed(card) == before, True)
        expect_open(card, role_session(card, own).channel)


@requirement("ROL-03", "RPK-01", "RDK-01", needs=at(Stage.INSTALLED))
def test_a_blank_card_takes_role_keys_but_opens_no_session_with_them(card: CardUnderTest) -> None:
    version, empty = VERSIONS[-1], VERSIONS[-2]
    with own_keys(card, version) as own:
        card.select()
        for asked in (update(version), update(empty), update(version, bytes(7))):
            card.expect("6985", asked)
        card.expect("6A86", replace(update(version), p2=0x01))
        card.expect("6E00", replace(update(version), cla=0x00))
        session: IssuerSession = card.session()
        card.expect("6985", _put(own, session.dek), session.channel)
        card.expect("9000", DeleteRoleKeys(version).apdu(), session.channel)
        card.expect("6A88", DeleteRoleKeys(version).apdu(), session.channel)
        card.select()
        card.expect("6985", update(version))
