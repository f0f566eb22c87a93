"""PUT KEY and DELETE KEY of single keys and parts of sets, and power that fails meanwhile.

Comments name the requirements that a test shows.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.key_set import KeySet
from card_simulator.memory import Image
from card_simulator.scp03 import StaticKeys
from tests.card_simulator.sim_cuts import Act, images
from tests.card_simulator.sim_host import new_card
from tests.support.terminal import ISD, Keys, Terminal, aes_cbc

ENC, MAC, DEK = 1, 2, 3
A = Keys(b"A" * 16, b"B" * 16, b"C" * 16)
B = Keys(b"a" * 16, b"b" * 16, b"c" * 16)
LONG = Keys(b"x" * 32, b"y" * 32, b"z" * 32)
PSEUDO_RANDOM = spec().card_profiles["unicard-pseudo-random"]


def block(host: Terminal, key: bytes, *, inner: bool = True) -> bytes:
    body = aes_cbc(host.keys.dek, bytes(16), key + bytes(-len(key) % 16))
    body = bytes([len(key)]) + body if inner else body
    return bytes([0x88, len(body)]) + body + b"\x03" + check_value(key)


def check_value(key: bytes) -> bytes:
    return aes_cbc(key, bytes(16), b"\x01" * 16)[:3]


def put(
    host: Terminal, kvn: int, first: int, *keys: bytes, replaces: int = 0, p2: int | None = None
) -> int:
    p2 = first | (0x80 if len(keys) > 1 else 0) if p2 is None else p2
    data = bytes([kvn]) + b"".join(block(host, key) for key in keys)
    return host.sw(0x80, 0xD8, replaces, p2, data)


def delete(host: Terminal, reference: str, p2: int = 0) -> int:
    return host.sw(0x80, 0xE4, 0, p2, bytes.fromhex(reference))


def opens(card: Card, keys: Keys, kvn: int) -> bool:
    """Say whether a session of this version opens, with these keys."""
    host = Terminal(card.transmit, keys=keys)
    host.select(ISD)
    if host.raw(bytes([0x80, 0x50, kvn, 0, 8]) + bytes(8))[1] != 0x9000:
        return False
    host.authenticate(kvn)
    return True


def information(card: Card) -> list[tuple[int, int, int]]:
    """Return identifier, version and length of each key that GET DATA E0 lists."""
    host = Terminal(card.transmit)
    host.select(ISD)
    data, sw = host.raw("80CA00E000")
    assert sw == 0x9000
    assert data[0] == 0xE0
    entries = [data[at : at + 6] for at in range(2, len(data), 6)]
    assert all(entry[:2] == b"\xc0\x04" and entry[4] == 0x88 for entry in entries)
    return [(entry[2], entry[3], entry[5]) for entry in entries]


def session(card: Card, keys: Keys | None = None, kvn: int = 0) -> Terminal:
    host = Terminal(card.transmit, keys=keys or Keys())
    host.select(ISD)
    host.authenticate(kvn)
    return host


def with_set(kvn: int = 0x30, keys: Keys = A, card: Card | None = None) -> Card:
    """Return a card whose only key set is this one."""
    card = card or new_card()
    assert session(card).put_key(kvn, keys)[1] == 0x9000
    return card


def test_single_keys_make_a_set_that_opens_once_it_is_complete() -> None:
    # PUK-11, SCP-02, PUK-07
    card = new_card()
    host = session(card)
    assert host.send(0x80, 0xD8, 0, DEK, b"\x30" + block(host, A.dek)) == (
        b"\x30" + check_value(A.dek),
        0x9000,
    )
    assert put(host, 0x30, ENC, A.enc) == 0x9000
    assert card.key_sets.versions() == [0x30, 0xFF]
    assert host.send(0x80, 0xCA, 0x00, 0xE0)[0][2:14].hex() == "c00401308810c00403308810"
    assert put(host, 0x30, MAC, A.mac) == 0x9000
    assert card.key_sets.versions() == [0x30]
    assert opens(card, A, 0x30)
    assert information(card) == [(1, 0x30, 16), (2, 0x30, 16), (3, 0x30, 16)]


def test_an_incomplete_set_opens_nothing_and_version_00_passes_over_it() -> None:
    # SCP-02, PUK-11
    card = with_set(0x30)
    assert put(session(card, A), 0x20, ENC, B.enc, B.mac) == 0x9000
    assert not opens(card, B, 0x20)
    assert session(card, A, 0x00).sw(0x80, 0xCA, 0, 0xCF) == 0x9000
    assert information(card)[:2] == [(1, 0x20, 16), (2, 0x20, 16)]


def test_a_set_of_different_key_lengths_is_incomplete() -> None:
    # PUK-11
    card = with_set(0x30)
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
    first: int, keys: tuple[bytes, ...], then: Keys, version: int
) -> None:
    # PUK-10, PUK-11
    card = with_set(0x30)
    assert put(session(card, A), version, first, *keys, replaces=0x30) == 0x9000
    assert card.key_sets.versions() == [version]
    stored = card.key_sets.keys(version)
    assert (stored.enc, stored.mac, stored.dek) == (then.enc, then.mac, then.dek)
    assert opens(card, then, version)


def test_keys_that_are_there_are_not_added_again() -> None:
    # PUK-04, PUK-13
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert put(host, 0x30, MAC, B.mac) == 0x6985
    assert put(host, 0x30, ENC, B.enc, B.mac, B.dek) == 0x6985
    assert card.memory.image == before
    assert put(host, 0x31, ENC, B.enc) == 0x9000
    before = card.memory.image
    assert put(host, 0x31, ENC, B.enc, B.mac) == 0x6985
    assert put(host, 0x30, MAC, B.mac, replaces=0x31) == 0x6985
    assert put(host, 0x31, MAC, B.mac, replaces=0x30) == 0x6985
    assert put(host, 0x32, ENC, B.enc, replaces=0x33) == 0x6A88
    assert card.memory.image == before


def test_no_change_leaves_the_card_without_a_complete_set() -> None:
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert put(host, 0x30, MAC, LONG.mac, replaces=0x30) == 0x6985
    assert put(host, 0x31, ENC, LONG.enc, replaces=0x30) == 0x6985
    assert card.memory.image == before
    assert opens(card, A, 0x30)


@pytest.mark.parametrize(
    ("p2", "count", "sw"),
    [
        (0x00, 1, 0x6A86), (0x04, 1, 0x6A86), (0x80, 2, 0x6A86), (0x83, 2, 0x6A86),
        (0x84, 2, 0x6A86), (0x01, 2, 0x6A80), (0x01, 3, 0x6A80), (0x81, 1, 0x6A80),
        (0x82, 1, 0x6A80), (0x82, 3, 0x6A80), (0x03, 2, 0x6A80), (0x81, 4, 0x6A80),
    ],
)  # fmt: skip
def test_p2_and_the_key_blocks_must_fit(p2: int, count: int, sw: int) -> None:
    # PUK-12
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert put(host, 0x31, ENC, *[b"K" * 16] * count, p2=p2) == sw
    assert card.memory.image == before


def test_keys_of_one_command_have_one_length_and_their_own_check_values() -> None:
    # PUK-03
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert put(host, 0x31, ENC, B.enc, LONG.mac, LONG.dek) == 0x6A80
    assert put(host, 0x31, ENC, LONG.enc, B.mac) == 0x6A80
    data = b"\x31" + block(host, B.enc)
    for place in range(len(data) - 3, len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert host.sw(0x80, 0xD8, 0, ENC, changed) == 0x6A80
    assert card.memory.image == before


@pytest.mark.parametrize("kvn", [0x00, 0x70, 0x7F, 0x80, 0xFE, 0xFF])
@pytest.mark.parametrize("replaces", [0x00, 0x30])
def test_a_version_outside_01_to_6f_gets_6a80(kvn: int, replaces: int) -> None:
    # PUK-08
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert put(host, kvn, ENC, B.enc, B.mac, B.dek, replaces=replaces) == 0x6A80
    assert card.memory.image == before


@pytest.mark.parametrize("kvn", [0x01, 0x2F, 0x40, 0x6F])
def test_versions_01_to_6f_open_sessions(kvn: int) -> None:
    # PUK-08
    assert opens(with_set(kvn), A, kvn)


@pytest.mark.parametrize(
    ("size", "inner"), [(16, True), (16, False), (24, True), (32, True), (32, False)]
)
def test_a_key_is_taken_with_and_without_its_length_in_front(size: int, inner: bool) -> None:
    # PUK-01, PUK-09
    card = with_set(0x30)
    host = session(card, A)
    keys = Keys(*(bytes([n]) * size for n in (1, 2, 3)))
    for key_id, key in ((ENC, keys.enc), (MAC, keys.mac), (DEK, keys.dek)):
        answer = host.send(0x80, 0xD8, 0, key_id, b"\x31" + block(host, key, inner=inner))
        assert answer == (b"\x31" + check_value(key), 0x9000)
    assert opens(card, keys, 0x31)
    assert (1, 0x31, size) in information(card)


def test_incomplete_sets_take_room_too() -> None:
    # PUK-05
    card = with_set(0x30)
    host = session(card, A)
    for kvn in (0x31, 0x32, 0x33):
        assert put(host, kvn, MAC, B.mac) == 0x9000
    before = card.memory.image
    assert put(host, 0x34, MAC, B.mac) == 0x6A84
    assert put(host, 0x34, ENC, B.enc, B.mac, B.dek) == 0x6A84
    assert card.memory.image == before
    assert put(host, 0x34, ENC, B.enc, replaces=0x33) == 0x9000
    assert delete(host, "D20134") == 0x9000
    assert put(host, 0x35, MAC, B.mac) == 0x9000


# DELETE KEY


@pytest.mark.parametrize("reference", ["D00102D20131", "D20131D00102"])
@pytest.mark.parametrize("p2", [0x00, 0x01, 0x80])
def test_one_key_of_a_set_is_deleted_and_the_set_opens_nothing(reference: str, p2: int) -> None:
    # DLK-05
    card = with_set(0x30)
    host = session(card, A)
    host.put_key(0x31, B)
    assert delete(host, reference, p2) == 0x9000
    assert not opens(card, B, 0x31)
    assert [each for each in information(card) if each[1] == 0x31] == [(1, 0x31, 16), (3, 0x31, 16)]
    host = session(card, A)
    assert delete(host, reference) == 0x6A88
    assert delete(host, "D00101D20131") == 0x9000
    assert delete(host, "D00103D20131") == 0x9000
    assert card.key_sets.versions() == [0x30]
    assert delete(host, "D20131") == 0x6A88


def test_keys_of_the_session_and_of_the_last_complete_set_stay() -> None:
    # DLK-03
    card = with_set(0x30)
    host = session(card, A)
    assert put(host, 0x31, ENC, B.enc, B.mac) == 0x9000
    before = card.memory.image
    for reference in ("D20130", "D00101D20130", "D00103D20130"):
        assert delete(host, reference) == 0x6985
    assert delete(host, "D00103D20131") == 0x6A88
    assert delete(host, "D00104D20130") == 0x6A88
    assert card.memory.image == before


def test_a_session_cannot_delete_from_its_own_set() -> None:
    # DLK-03
    card = with_set(0x30)
    session(card, A).put_key(0x31, B)
    before = card.memory.image
    for keys, kvn in ((A, 0x30), (B, 0x31)):
        host = session(card, keys, kvn)
        assert delete(host, f"D201{kvn:02X}") == 0x6985
        assert delete(host, f"D00101D201{kvn:02X}") == 0x6985
    assert card.memory.image == before
    assert delete(host, "D20130") == 0x9000


def test_the_last_complete_set_stays_when_another_opened_the_session() -> None:
    # DLK-03
    card = new_card()
    host = session(card)
    assert host.put_key(0x30, A)[1] == 0x9000
    before = card.memory.image
    assert delete(host, "D20130") == 0x6985
    assert delete(host, "D00102D20130") == 0x6985
    assert card.memory.image == before


@pytest.mark.parametrize(
    "reference",
    ["", "D001", "D00101", "D2020130", "D0020101D20130", "D000D20130", "D20130D10101",
     "D00101D00102D20130", "D20130D20131", "D00101D201"],
)  # fmt: skip
def test_what_is_no_key_reference_gets_6a80(reference: str) -> None:
    # DLK-06
    card = with_set(0x30)
    host = session(card, A)
    before = card.memory.image
    assert delete(host, reference) == 0x6A80
    assert card.memory.image == before


# Power


def ready_with(keys: Keys, kvn: int) -> Act:
    def ready(host: Terminal) -> None:
        host.keys = replace(keys)
        host.select(ISD)
        host.authenticate(kvn)

    return ready


def two_sets() -> Image:
    """Return a card with pseudo-random challenges, whose sets 30 and 31 have been used."""
    card = with_set(0x30, A, new_card(PSEUDO_RANDOM))
    host = session(card, A)
    assert host.put_key(0x31, B)[1] == 0x9000
    session(card, B, 0x31)
    card.reset()
    return card.memory.image


CHANGES: dict[str, Act] = {
    "add a set": lambda h: h.put_key(0x32, LONG),
    "add one key": lambda h: put(h, 0x32, MAC, B.mac),
    "replace a set": lambda h: h.put_key(0x33, LONG, replaces=0x31),
    "replace the session's set": lambda h: h.put_key(0x30, LONG, replaces=0x30),
    "replace one key": lambda h: put(h, 0x31, MAC, A.mac, replaces=0x31),
    "replace one key and the version": lambda h: put(h, 0x33, MAC, A.mac, replaces=0x31),
    "replace two keys": lambda h: put(h, 0x31, ENC, A.enc, A.mac, replaces=0x31),
    "delete a set": lambda h: delete(h, "D20131"),
    "delete one key": lambda h: delete(h, "D00101D20131"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_of_keys_happens_whole_or_not_at_all(change: Act) -> None:
    found = images(two_sets(), ready_with(A, 0x30), change)
    old, new = found[0], found[-1]
    assert old != new
    assert all(each in (old, new) for each in found)
    assert found == sorted(found, key=lambda each: each == new), "what was new stays new"


def test_completing_the_first_set_key_by_key_swaps_the_transport_set_whole() -> None:
    # PUK-07
    card = new_card(PSEUDO_RANDOM)
    host = session(card)
    assert put(host, 0x30, ENC, A.enc, A.mac) == 0x9000
    card.reset()
    found = images(card.memory.image, ready_with(Keys(), 0xFF), lambda h: put(h, 0x30, DEK, A.dek))
    sets = []
    for image in found:
        again = Card(image)
        again.reset()
        sets.append([kvn for kvn, keys in ((0x30, A), (0xFF, Keys())) if opens(again, keys, kvn)])
    assert {tuple(each) for each in sets} == {(0x30,), (0xFF,)}
    assert sets == sorted(sets, reverse=True)


# The cell


KEY = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([ENC, MAC, DEK]), KEY, min_size=1))
def test_any_set_of_keys_is_read_as_it_was_written(keys: dict[int, bytes]) -> None:
    assert KeySet.decode(KeySet(keys).encode()).keys == keys


@pytest.mark.parametrize("size", [16, 24, 32])
def test_a_complete_set_is_kept_as_it_always_was(size: int) -> None:
    keys = StaticKeys(b"1" * size, b"2" * size, b"3" * size)
    assert KeySet.of(keys).encode() == keys.joined()
    assert KeySet.decode(keys.joined()).static == keys


@pytest.mark.parametrize(
    "cell", ["", "00", "0110", "0410" + "00" * 16, "0110" + "00" * 15, "0105" + "00" * 5, "00" * 8]
)
def test_what_is_no_key_set_is_not_read(cell: str) -> None:
    with pytest.raises(ValueError, match="no key set"):
        KeySet.decode(bytes.fromhex(cell))


def test_a_key_set_does_not_show_its_keys() -> None:
    assert "AAAA" not in repr(KeySet({ENC: A.enc}))
