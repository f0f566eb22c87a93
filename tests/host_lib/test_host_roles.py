"""Role keys and role sessions, against a card that is worked out here and not by the library."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from applet_spec import Changed, UnicardError, spec
from host_lib import (
    AesKey,
    CardCryptogramError,
    CardKeys,
    DiversificationError,
    KeySet,
    ProtocolError,
    RoleKeys,
    RoleKeysNotHeld,
    SessionNotOffered,
)
from host_lib.annotate import annotate
from host_lib.apdu import Apdu, Response, masked
from host_lib.command import DeleteRoleKeys, GetData, KeyNotPuttable, PutRoleKeys
from host_lib.errors import CounterExhausted
from host_lib.flow.role_session import RoleSession, open_role_session, read_role_key_sets
from host_lib.refusals import AuthenticationFailed, ConditionsNotSatisfied, NotFound
from host_lib.roles import (
    Role,
    RoleKeySet,
    Slot,
    decode_role_key_sets,
    role_key_version,
    role_name,
    role_slot,
)
from host_lib.scp03 import secured
from host_lib.trace import TraceLine
from tests.support.terminal import aes_cbc, cmac, derive, pad

SERIAL = bytes.fromhex("A1A2A3A4A5A6A7A8")
ENC, MAC = bytes(range(0x10, 0x20)), bytes(range(0x70, 0x80))
CARD_CHALLENGE = bytes.fromhex("C0C1C2C3C4C5C6C7")
KVN = 0x54
"""BREAD, slot A."""

Steps = Generator[Any, Any, Any]


def keys(version: int = KVN, enc: bytes = ENC, mac: bytes = MAC) -> KeySet:
    return KeySet(version, AesKey(enc), AesKey(mac))


def offer(
    challenge: bytes,
    version: int = KVN,
    role: int = 4,
    master: int = 1,
    head: bytes = b"\x03\x60",
) -> Response:
    """Return what a card answers to INITIALIZE UPDATE of a role."""
    s_mac = derive(MAC, 6, challenge + CARD_CHALLENGE, 128)
    cryptogram = derive(s_mac, 0, challenge + CARD_CHALLENGE, 64)
    said = SERIAL + bytes((role, master, version)) + head
    return Response(said + CARD_CHALLENGE + cryptogram, 0x9000)


def sent(step: object) -> Apdu:
    assert isinstance(step, Apdu)
    return step


def begun(flow: Steps) -> Apdu:
    return sent(next(flow))


def opened(flow: Steps) -> tuple[RoleSession, bytes]:
    """Open a session of BREAD; return it and its host challenge."""
    challenge = begun(flow).data
    flow.send(offer(challenge))
    flow.send(keys())
    with pytest.raises(StopIteration) as done:
        flow.send(Response(b"", 0x9000))
    return done.value.value, challenge


# The values


def test_the_roles_and_slots_are_those_of_the_contract() -> None:
    assert {role.value: role.name for role in Role} == {
        number: role.name for number, role in spec().roles.items()
    }
    for slot in Slot:
        known = spec().key_ranges[slot.value]
        assert [role_key_version(role, slot) for role in range(16)] == [
            *range(known.first, known.last + 1)
        ]


@pytest.mark.parametrize("role", range(16))
@pytest.mark.parametrize("slot", Slot)
def test_a_key_version_says_role_and_slot(role: int, slot: Slot) -> None:
    assert role_slot(role_key_version(role, slot)) == (role, slot)
    asked = RoleKeys.of(SERIAL, role, slot, 0x81)
    assert (asked.card_serial, asked.role, asked.slot, asked.master_version) == (
        SERIAL,
        role,
        slot,
        0x81,
    )
    assert asked.diversification == SERIAL + bytes((role, 0x81))


@pytest.mark.parametrize("role", [-1, 16, 255])
def test_other_numbers_are_no_roles(role: int) -> None:
    with pytest.raises(ValueError, match="no role"):
        role_key_version(role, Slot.A)


@pytest.mark.parametrize("version", [0x00, 0x30, 0x4F, 0x70, 0xFF])
def test_other_key_versions_are_no_roles(version: int) -> None:
    with pytest.raises(ValueError, match="no role"):
        role_slot(version)


def test_roles_are_called_by_name_where_they_have_one() -> None:
    assert (role_name(6), role_name(9)) == ("INSPECT", "role 9")


def test_the_list_of_role_key_sets_is_read() -> None:
    found = decode_role_key_sets(bytes.fromhex("5001 5402 6403 6F00".replace(" ", "")))
    assert [(one.role, one.slot, one.master_version) for one in found] == [
        (0, Slot.A, 1),
        (4, Slot.A, 2),
        (4, Slot.B, 3),
        (15, Slot.B, 0),
    ]
    assert found[1] == RoleKeySet(0x54, 2)


@pytest.mark.parametrize("value", ["50", "500154", "4F01", "7001", "54015001", "54015402"])
def test_another_list_is_malformed(value: str) -> None:
    with pytest.raises(ProtocolError, match=value):
        decode_role_key_sets(bytes.fromhex(value))


def test_a_card_without_role_keys_has_an_empty_list() -> None:
    flow = read_role_key_sets()
    assert begun(flow).encode().hex().upper() == "00CADF5500"
    with pytest.raises(StopIteration) as done:
        flow.send(Response(b"", 0x6A88))
    assert done.value.value == ()


# PUT KEY and DELETE KEY

DEK = bytes(range(0x40, 0x50))


def _key_block(key: bytes) -> bytes:
    cryptogram, check = aes_cbc(DEK, bytes(16), key), aes_cbc(key, bytes(16), b"\x01" * 16)[:3]
    return b"\x88\x11\x10" + cryptogram + b"\x03" + check


def test_put_key_sends_both_keys_under_the_dek_and_the_master_version() -> None:
    command = PutRoleKeys(keys(), 7, AesKey(DEK)).apdu()
    data = b"\x54" + _key_block(ENC) + _key_block(MAC) + b"\x07"
    assert command.encode() == bytes.fromhex("80D8008130") + data + b"\x00"


def test_put_key_succeeds_only_if_the_card_echoes_version_and_check_values() -> None:
    command = PutRoleKeys(keys(), 7, AesKey(DEK))
    echo = b"\x54" + _key_block(ENC)[-3:] + _key_block(MAC)[-3:]
    command.decode(Response(echo, 0x9000))
    for wrong in (echo[:-1], echo + b"\x00", b"\x64" + echo[1:], echo[:1] + echo[4:] + echo[1:4]):
        with pytest.raises(ProtocolError, match="check values"):
            command.decode(Response(wrong, 0x9000))


def test_delete_key_names_the_slot_and_is_confirmed() -> None:
    command = DeleteRoleKeys(0x64)
    assert command.apdu().encode().hex().upper() == "80E4000003D2016400"
    command.decode(Response(b"\x00", 0x9000))
    for wrong in (b"", b"\x01", b"\x00\x00"):
        with pytest.raises(ProtocolError):
            command.decode(Response(wrong, 0x9000))


@pytest.mark.parametrize("version", [0x30, 0x4F, 0x70])
def test_keys_of_no_role_are_neither_put_nor_deleted(version: int) -> None:
    for command in (PutRoleKeys(keys(version), 1, AesKey(DEK)), DeleteRoleKeys(version)):
        with pytest.raises(KeyNotPuttable, match="no role") as caught:
            command.apdu()
        assert "50 to 5F" in caught.value.advice


def test_role_keys_that_are_not_aes_128_are_not_put() -> None:
    longer = KeySet(KVN, AesKey(bytes(32)), AesKey(bytes(32)))
    with pytest.raises(KeyNotPuttable, match="AES-128"):
        PutRoleKeys(longer, 1, AesKey(DEK)).apdu()
    with pytest.raises(ValueError, match="256"):
        PutRoleKeys(keys(), 256, AesKey(DEK)).apdu()


def _lines() -> Iterator[TraceLine]:
    instance = spec().aids.instance
    yield TraceLine(1, atr=b"\x3b\x00")
    yield TraceLine(2, f"00A404000A{instance.hex().upper()}00", b"\x90\x00")
    put = PutRoleKeys(keys(), 7, AesKey(DEK)).apdu().encode()
    yield TraceLine(3, masked(put, put.secret), bytes(7) + b"\x90\x00")
    yield TraceLine(4, DeleteRoleKeys(0x64).apdu().encode().hex().upper(), b"\x6a\x88")
    yield TraceLine(5, "80506900080102030405060708" + "00", b"\x69\x85")


def test_a_trace_names_the_fields_and_hides_the_keys() -> None:
    put, delete, update = [*annotate(_lines())][2:]
    stars = "**" * 23
    assert f"key version 54, ENC key block {stars}, MAC key block {stars}, master version 07" in put
    assert "key reference D20164 -> 6A88 (" in delete
    assert "INITIALIZE UPDATE P1 69 P2 00 (role 9, role slot B) host challenge 0102" in update


# Sessions


def test_a_role_session_opens_with_the_bytes_worked_out_by_hand() -> None:
    flow = open_role_session(Role.BREAD, Slot.A)
    update = begun(flow)
    assert update.encode() == bytes.fromhex("8050540008") + update.data + b"\x00"
    asked = flow.send(offer(update.data))
    assert asked == RoleKeys.of(SERIAL, Role.BREAD, Slot.A, 1)
    authenticate = sent(flow.send(keys()))
    context = update.data + CARD_CHALLENGE
    s_enc, s_mac, s_rmac = (
        derive(ENC, 4, context, 128),
        derive(MAC, 6, context, 128),
        derive(MAC, 7, context, 128),
    )
    head = bytes.fromhex("8482330010") + derive(s_mac, 1, context, 64)
    chain = cmac(s_mac, bytes(16) + head)
    assert authenticate.encode() == head + chain[:8]
    with pytest.raises(StopIteration) as done:
        flow.send(Response(b"", 0x9000))
    session = done.value.value
    assert session.asked == asked
    # A command in it, and its answer.
    inside = secured(session.channel, iter(GetData(0xDF55)))
    reading = sent(next(inside))
    chain = cmac(s_mac, chain + bytes.fromhex("04CADF5508"))
    assert reading.encode() == bytes.fromhex("04CADF5508") + chain[:8] + b"\x00"
    icv = aes_cbc(s_enc, bytes(16), b"\x80" + bytes(14) + b"\x01")
    data = aes_cbc(s_enc, icv, pad(bytes.fromhex("54016402")))
    mac = cmac(s_rmac, chain + data + b"\x90\x00")[:8]
    with pytest.raises(StopIteration) as read:
        inside.send(Response(data + mac, 0x9000))
    assert read.value.value == bytes.fromhex("54016402")


def test_wrong_keys_end_it_before_external_authenticate_is_sent() -> None:
    flow = open_role_session(Role.BREAD, Slot.A)
    flow.send(offer(begun(flow).data))
    with pytest.raises(CardCryptogramError, match="version 54") as caught:
        flow.send(keys(mac=ENC))
    assert caught.value.changed is Changed.NO


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        ({"role": 1}, DiversificationError, "MERCHANT"),
        ({"role": 0xFF}, DiversificationError, "role 255"),
        ({"version": 0x64}, DiversificationError, "version 64"),
        ({"version": 0x30}, DiversificationError, "version 30"),
        ({"head": b"\x02\x60"}, SessionNotOffered, "SCP02"),
        ({"head": b"\x03\x20"}, SessionNotOffered, "i = 60, and the card answers 20"),
        ({"head": b"\x03\x00"}, SessionNotOffered, "answers 00"),
        ({"head": b"\x03\x70"}, ProtocolError, "32"),
        ({"head": b"\x03\x61"}, ProtocolError, "45"),
    ],
)
def test_an_offer_that_is_not_what_was_asked_for_is_no_reason_to_ask_for_keys(
    wrong: dict[str, Any], error: type[UnicardError], told: str
) -> None:
    flow = open_role_session(Role.BREAD, Slot.A)
    with pytest.raises(error, match=told) as caught:
        flow.send(offer(begun(flow).data, **wrong))
    assert caught.value.changed is Changed.NO


def test_slot_b_is_tried_where_slot_a_is_empty() -> None:
    flow = open_role_session(Role.BREAD)
    begun(flow)
    second = sent(flow.send(Response(b"", 0x6A88)))
    assert (second.ins, second.p1) == (0x50, 0x64)
    asked = flow.send(offer(second.data, version=0x64, master=9))
    assert asked == RoleKeys.of(SERIAL, Role.BREAD, Slot.B, 9)
    assert sent(flow.send(keys(0x64))).ins == 0x82


def test_slot_b_is_tried_where_the_key_holder_has_no_master_of_slot_a() -> None:
    flow = open_role_session(Role.BREAD)
    flow.send(offer(begun(flow).data))
    second = sent(flow.throw(RoleKeysNotHeld("no such master")))
    assert (second.ins, second.p1) == (0x50, 0x64)
    with pytest.raises(RoleKeysNotHeld, match="no such master"):
        flow.send(Response(b"", 0x6A88))


def test_only_keys_of_the_wanted_master_version_will_do() -> None:
    flow = open_role_session(Role.BREAD, master_version=2)
    second = sent(flow.send(offer(begun(flow).data, master=1)))
    assert second.p1 == 0x64
    with pytest.raises(RoleKeysNotHeld, match="BREAD in role slot B come from master version 03"):
        flow.send(offer(second.data, version=0x64, master=3))


def test_a_card_without_keys_of_the_role_says_so() -> None:
    flow = open_role_session(Role.CASH)
    begun(flow)
    flow.send(Response(b"", 0x6A88))
    with pytest.raises(NotFound, match="no complete key set of this version") as caught:
        flow.send(Response(b"", 0x6A88))
    assert caught.value.requirement == "SCP-02"
    assert "`unicard admin roles`" in caught.value.advice


@pytest.mark.parametrize("slot", [None, Slot.A])
def test_a_stopped_card_is_not_authenticated_and_its_other_slot_not_tried(
    slot: Slot | None,
) -> None:
    class Stopped(UnicardError):
        """A key holder's own error."""

    flow = open_role_session(Role.BREAD, slot)
    flow.send(offer(begun(flow).data))
    with pytest.raises(Stopped):
        flow.throw(Stopped("the card is on the stop list"))


def test_a_blank_card_refuses_in_the_contracts_words() -> None:
    flow = open_role_session(Role.BREAD)
    begun(flow)
    with pytest.raises(ConditionsNotSatisfied, match="role session is asked of a BLANK card"):
        flow.send(Response(b"", 0x6985))


def test_a_refused_authentication_is_not_repeated() -> None:
    flow = open_role_session(Role.BREAD)
    flow.send(offer(begun(flow).data))
    flow.send(keys())
    with pytest.raises(AuthenticationFailed):
        flow.send(Response(b"", 0x6300))


def test_a_session_sends_no_more_commands_than_the_card_takes() -> None:
    session, _ = opened(open_role_session(Role.BREAD))
    most = spec().limits["role_session_commands"]
    command = Apdu(0x00, 0x20, 0x00, 0x81)
    for _ in range(most):
        session.channel.wrap(command)
    with pytest.raises(CounterExhausted):
        session.channel.wrap(command)


def test_a_key_holder_that_knows_no_roles_is_asked_as_for_any_keys() -> None:
    asked: object = RoleKeys.of(SERIAL, 4, Slot.A, 1)
    assert isinstance(asked, CardKeys)
    assert asked.version == KVN


def test_number_16_is_no_role_of_a_card() -> None:
    with pytest.raises(ValueError, match="no role"):
        next(open_role_session(16))


@pytest.mark.parametrize("version", [-1, 256])
def test_what_is_no_byte_is_no_master_version(version: int) -> None:
    with pytest.raises(ValueError, match="no master version"):
        next(open_role_session(Role.BREAD, master_version=version))
