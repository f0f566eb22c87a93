"""PUT KEY and DELETE KEY of single keys and parts of sets.

Comments name the requirements that a test shows.
"""

import pytest

from tests.card_manager.manager_keys import (
    DEK,
    ENC,
    LONG,
    MAC,
    A,
    B,
    block,
    check_value,
    delete,
    put,
)
from tests.card_manager.manager_views import information, opens, outside, session, versions
from tests.support.any_card import AnyCard, MakeCard
from tests.support.terminal import Keys


def with_set(make_card: MakeCard, kvn: int = 0x30, keys: Keys = A) -> AnyCard:
    """Return a card whose only key set is this one."""
    card = make_card()
    assert session(card).put_key(kvn, keys)[1] == 0x9000
    return card


def test_single_keys_make_a_set_that_opens_once_it_is_complete(make_card: MakeCard) -> None:
    # PUK-11, SCP-02, PUK-07
    card = make_card()
    host = session(card)
    assert host.send(0x80, 0xD8, 0, DEK, b"\x30" + block(host, A.dek)) == (
        b"\x30" + check_value(A.dek),
        0x9000,
    )
    assert put(host, 0x30, ENC, A.enc) == 0x9000
    assert versions(host) == [0x30, 0xFF]
    assert host.send(0x80, 0xCA, 0x00, 0xE0)[0][2:14].hex() == "c00401308810c00403308810"
    assert put(host, 0x30, MAC, A.mac) == 0x9000
    assert versions(outside(card)) == [0x30]
    assert opens(card, A, 0x30)
    assert information(outside(card)) == [(1, 0x30, 16), (2, 0x30, 16), (3, 0x30, 16)]


def test_an_incomplete_set_opens_nothing_and_version_00_passes_over_it(make_card: MakeCard) -> None:
    # SCP-02, PUK-11
    card = with_set(make_card, 0x30)
    assert put(session(card, A), 0x20, ENC, B.enc, B.mac) == 0x9000
    assert not opens(card, B, 0x20)
    assert session(card, A, 0x00).sw(0x80, 0xCA, 0, 0xCF) == 0x9000
    assert information(outside(card))[:2] == [(1, 0x20, 16), (2, 0x20, 16)]


def test_a_set_of_different_key_lengths_is_incomplete(make_card: MakeCard) -> None:
    # PUK-11
    card = with_set(make_card, 0x30)
    host = session(card, A)
    assert put(host, 0x31, ENC, B.enc, B.mac) == 0x9000
    assert put(host, 0x31, DEK, LONG.dek) == 0x9000
    assert not opens(card, B, 0x31)
    host = session(card, A)
    assert put(host, 0x31, DEK, B.dek, replaces=0x31) == 0x9000
    assert opens(card, B, 0x31)


@pytest.mark.parametrize(
    ("first", "keys", "then"),
    [
        (ENC, (B.enc,), Keys(B.enc, A.mac, A.dek)),
        (MAC, (B.mac,), Keys(A.enc, B.mac, A.dek)),
        (DEK, (B.dek,), Keys(A.enc, A.mac, B.dek)),
        (ENC, (B.enc, B.mac), Keys(B.enc, B.mac, A.dek)),
        (MAC, (B.mac, B.dek), Keys(A.enc, B.mac, B.dek)),
        (ENC, (B.enc, B.mac, B.dek), B),
    ],
)
@pytest.mark.parametrize("version", [0x30, 0x31])
def test_a_part_of_a_set_is_replaced_and_the_rest_stays(
    make_card: MakeCard, first: int, keys: tuple[bytes, ...], then: Keys, version: int
) -> None:
    # PUK-10, PUK-11
    card = with_set(make_card, 0x30)
    assert put(session(card, A), version, first, *keys, replaces=0x30) == 0x9000
    assert versions(outside(card)) == [version]
    assert opens(card, then, version)
    host = session(card, then, version)
    assert host.put_key(0x32, LONG)[1] == 0x9000, "the key DEK is the one that was sent"


def test_keys_that_are_there_are_not_added_again(make_card: MakeCard) -> None:
    # PUK-04, PUK-13
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert put(host, 0x30, MAC, B.mac) == 0x6985
    assert put(host, 0x30, ENC, B.enc, B.mac, B.dek) == 0x6985
    assert card.kept == before
    assert put(host, 0x31, ENC, B.enc) == 0x9000
    before = card.kept
    assert put(host, 0x31, ENC, B.enc, B.mac) == 0x6985
    assert put(host, 0x30, MAC, B.mac, replaces=0x31) == 0x6985
    assert put(host, 0x31, MAC, B.mac, replaces=0x30) == 0x6985
    assert put(host, 0x32, ENC, B.enc, replaces=0x33) == 0x6A88
    assert card.kept == before


def test_no_change_leaves_the_card_without_a_complete_set(make_card: MakeCard) -> None:
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert put(host, 0x30, MAC, LONG.mac, replaces=0x30) == 0x6985
    assert put(host, 0x31, ENC, LONG.enc, replaces=0x30) == 0x6985
    assert card.kept == before
    assert opens(card, A, 0x30)


@pytest.mark.parametrize(
    ("p2", "count", "sw"),
    [
        (0x00, 1, 0x6A86), (0x04, 1, 0x6A86), (0x80, 2, 0x6A86), (0x83, 2, 0x6A86),
        (0x84, 2, 0x6A86), (0x01, 2, 0x6A80), (0x01, 3, 0x6A80), (0x81, 1, 0x6A80),
        (0x82, 1, 0x6A80), (0x82, 3, 0x6A80), (0x03, 2, 0x6A80), (0x81, 4, 0x6A80),
    ],
)  # fmt: skip
def test_p2_and_the_key_blocks_must_fit(make_card: MakeCard, p2: int, count: int, sw: int) -> None:
    # PUK-12
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert put(host, 0x31, ENC, *[b"K" * 16] * count, p2=p2) == sw
    assert card.kept == before


def test_keys_of_one_command_have_one_length_and_their_own_check_values(
    make_card: MakeCard,
) -> None:
    # PUK-03
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert put(host, 0x31, ENC, B.enc, LONG.mac, LONG.dek) == 0x6A80
    assert put(host, 0x31, ENC, LONG.enc, B.mac) == 0x6A80
    data = b"\x31" + block(host, B.enc)
    for place in range(len(data) - 3, len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert host.sw(0x80, 0xD8, 0, ENC, changed) == 0x6A80
    assert card.kept == before


@pytest.mark.parametrize("kvn", [0x00, 0x70, 0x7F, 0x80, 0xFE, 0xFF])
@pytest.mark.parametrize("replaces", [0x00, 0x30])
def test_a_version_outside_01_to_6f_gets_6a80(make_card: MakeCard, kvn: int, replaces: int) -> None:
    # PUK-08
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert put(host, kvn, ENC, B.enc, B.mac, B.dek, replaces=replaces) == 0x6A80
    assert card.kept == before


@pytest.mark.parametrize("kvn", [0x01, 0x2F, 0x40, 0x6F])
def test_versions_01_to_6f_open_sessions(make_card: MakeCard, kvn: int) -> None:
    # PUK-08
    assert opens(with_set(make_card, kvn), A, kvn)


@pytest.mark.parametrize(
    ("size", "inner"), [(16, True), (16, False), (24, True), (32, True), (32, False)]
)
def test_a_key_is_taken_with_and_without_its_length_in_front(
    make_card: MakeCard, size: int, inner: bool
) -> None:
    # PUK-01, PUK-09
    card = with_set(make_card, 0x30)
    host = session(card, A)
    keys = Keys(*(bytes([n]) * size for n in (1, 2, 3)))
    for key_id, key in ((ENC, keys.enc), (MAC, keys.mac), (DEK, keys.dek)):
        answer = host.send(0x80, 0xD8, 0, key_id, b"\x31" + block(host, key, inner=inner))
        assert answer == (b"\x31" + check_value(key), 0x9000)
    assert opens(card, keys, 0x31)
    assert (1, 0x31, size) in information(outside(card))


def test_incomplete_sets_take_room_too(make_card: MakeCard) -> None:
    # PUK-05
    card = with_set(make_card, 0x30)
    host = session(card, A)
    for kvn in (0x31, 0x32, 0x33):
        assert put(host, kvn, MAC, B.mac) == 0x9000
    before = card.kept
    assert put(host, 0x34, MAC, B.mac) == 0x6A84
    assert put(host, 0x34, ENC, B.enc, B.mac, B.dek) == 0x6A84
    assert card.kept == before
    assert put(host, 0x34, ENC, B.enc, replaces=0x33) == 0x9000
    assert delete(host, "D20134") == 0x9000
    assert put(host, 0x35, MAC, B.mac) == 0x9000


# DELETE KEY


@pytest.mark.parametrize("reference", ["D00102D20131", "D20131D00102"])
@pytest.mark.parametrize("p2", [0x00, 0x01, 0x80])
def test_one_key_of_a_set_is_deleted_and_the_set_opens_nothing(
    make_card: MakeCard, reference: str, p2: int
) -> None:
    # DLK-05
    card = with_set(make_card, 0x30)
    host = session(card, A)
    host.put_key(0x31, B)
    assert delete(host, reference, p2) == 0x9000
    assert not opens(card, B, 0x31)
    assert [each for each in information(outside(card)) if each[1] == 0x31] == [
        (1, 0x31, 16),
        (3, 0x31, 16),
    ]
    host = session(card, A)
    assert delete(host, reference) == 0x6A88
    assert delete(host, "D00101D20131") == 0x9000
    assert delete(host, "D00103D20131") == 0x9000
    assert versions(host) == [0x30]
    assert delete(host, "D20131") == 0x6A88


def test_keys_of_the_session_and_of_the_last_complete_set_stay(make_card: MakeCard) -> None:
    # DLK-03
    card = with_set(make_card, 0x30)
    host = session(card, A)
    assert put(host, 0x31, ENC, B.enc, B.mac) == 0x9000
    before = card.kept
    for reference in ("D20130", "D00101D20130", "D00103D20130"):
        assert delete(host, reference) == 0x6985
    assert delete(host, "D00103D20131") == 0x6A88
    assert delete(host, "D00104D20130") == 0x6A88
    assert card.kept == before


def test_a_session_cannot_delete_from_its_own_set(make_card: MakeCard) -> None:
    # DLK-03
    card = with_set(make_card, 0x30)
    session(card, A).put_key(0x31, B)
    before = card.kept
    for keys, kvn in ((A, 0x30), (B, 0x31)):
        host = session(card, keys, kvn)
        assert delete(host, f"D201{kvn:02X}") == 0x6985
        assert delete(host, f"D00101D201{kvn:02X}") == 0x6985
    assert card.kept == before
    assert delete(host, "D20130") == 0x9000


def test_the_last_complete_set_stays_when_another_opened_the_session(make_card: MakeCard) -> None:
    # DLK-03
    card = make_card()
    host = session(card)
    assert host.put_key(0x30, A)[1] == 0x9000
    before = card.kept
    assert delete(host, "D20130") == 0x6985
    assert delete(host, "D00102D20130") == 0x6985
    assert card.kept == before


@pytest.mark.parametrize(
    "reference",
    ["", "D001", "D00101", "D2020130", "D0020101D20130", "D000D20130", "D20130D10101",
     "D00101D00102D20130", "D20130D20131", "D00101D201"],
)  # fmt: skip
def test_what_is_no_key_reference_gets_6a80(make_card: MakeCard, reference: str) -> None:
    # DLK-06
    card = with_set(make_card, 0x30)
    host = session(card, A)
    before = card.kept
    assert delete(host, reference) == 0x6A80
    assert card.kept == before
