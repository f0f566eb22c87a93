"""STORE DATA of the software card. Comments name the requirements that a test shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator.card import Card
from tests.card_simulator.sim_host import installed, personalized, with_key_pair
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    EXEMPT_FLAGS,
    FINGER,
    FLAGS,
    NEW_PIN,
    PIN,
    VALIDITY,
    aes_cbc,
    dgi,
    pad,
    receipt_key_dgi,
    stream,
)

STORE, LAST = 0x08, 0x88

PURSE = (
    bytes.fromhex("04018001003E0001") + b"wallet".ljust(12, b"\x00")
    + bytes.fromhex("0818" "000F4240" "00004E20" "0007A120" "00000000"
                    "02" "01000493E0" "0400001388")
)  # fmt: skip
QUOTA = (
    bytes.fromhex("0202800000100001") + b"bread".ljust(12, b"\x00")
    + bytes.fromhex("00000014" "01" "0000003C" "00000014" "2500" "25F0" "00000000")
)  # fmt: skip
COVER = (
    bytes.fromhex("0303800200200001") + b"health".ljust(12, b"\x00")
    + bytes.fromhex("20260101" "20261231" "02" "000000")
)  # fmt: skip


def at(place: int, record: bytes) -> bytes:
    """Return the record with the id of another place."""
    return bytes([place]) + record[1:]


def service(place: int, record: bytes) -> bytes:
    """Return the DGI of a record in its place."""
    return dgi(0x0400 + place - 1, at(place, record))


def state(card: Card) -> str:
    return card.application(AIDS.instance).state


def objects(card: Card) -> dict[str, bytes]:
    return {
        name: value
        for name, value in card.memory.image.cells.items()
        if ".key." not in name and "isd" not in name
    }


@given(size=st.integers(3, 231))
def test_any_split_into_blocks_stores_the_same_objects(size: int) -> None:
    # STD-01, STD-08
    card, host = with_key_pair()
    assert set(host.store(stream(host), size)) == {0x9000}
    whole, host = with_key_pair()
    assert set(host.store(stream(host))) == {0x9000}
    assert objects(card) == objects(whole)
    assert state(card) == "PERSONALIZED"


def test_the_last_block_answers_under_the_session_and_ends_it() -> None:
    # STD-08
    _, host = with_key_pair()
    host.store(stream(host))
    assert host.raw("00CADF5100")[1] == 0x9000
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0x80, 0xE2, LAST, 0, dgi(0x0102, CARDHOLDER)) == 0x9000
    assert host.sw(0x00, 0xCA, 0x00, 0x5A) == 0x9000  # no change of state: the session stays


@pytest.mark.parametrize("missing", [0x0102, 0x0103, 0x0104, 0x0201, 0x0301, 0x8010, 0x8401])
def test_a_card_that_lacks_a_mandatory_dgi_stays_blank(missing: int) -> None:
    # STD-08
    card, host = with_key_pair()
    parts = {0x0101: ANCHOR, 0x0102: CARDHOLDER, 0x0103: VALIDITY, 0x0104: FLAGS,
             0x0201: CERTIFICATE, 0x0301: FINGER}  # fmt: skip
    data = b"".join(dgi(tag, value) for tag, value in parts.items() if tag != missing)
    data += b"" if missing == 0x8010 else host.secret(0x8010, PIN)
    data += b"" if missing == 0x8401 else receipt_key_dgi(host)
    words = host.store(data)
    assert words[-1] == 0x6985
    assert state(card) == "BLANK"


def test_an_exempt_holder_needs_no_finger() -> None:
    card, host = with_key_pair()
    assert set(host.store(stream(host, EXEMPT_FLAGS, finger=b""))) == {0x9000}
    assert state(card) == "PERSONALIZED"


def test_a_card_without_key_pair_stays_blank_and_the_refused_block_stores_nothing() -> None:
    card, host = installed()
    data = stream(host)
    assert set(host.store(data[:-19], last=False)) == {0x9000}
    before = card.memory.image
    assert host.sw(0x80, 0xE2, LAST, 0, host.secret(0x8010, PIN)) == 0x6985
    assert card.memory.image == before
    assert host.sw(0x00, 0x46, 0x80, 0x00) == 0x9000
    assert host.sw(0x80, 0xE2, LAST, 0, host.secret(0x8010, PIN)) == 0x9000
    assert state(card) == "PERSONALIZED"


@pytest.mark.parametrize("level", [0x01, 0x11])
def test_store_data_needs_mac_and_encryption(level: int) -> None:
    # STD-02
    _, host = installed(level=level)
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR)) == 0x6982
    _, host = installed()
    host.select(AIDS.instance)
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR)) == 0x6982


def test_the_anchor_comes_first_and_only_once() -> None:
    # STD-05
    card, host = installed()
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0103, VALIDITY)) == 0x6985
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0103, VALIDITY) + dgi(0x0101, ANCHOR)) == 0x6985
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0102, CARDHOLDER)[:3]) == 0x6985
    assert objects(card) == objects(installed()[0])
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR) + dgi(0x0103, VALIDITY)) == 0x9000
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR)) == 0x9000
    other = ANCHOR[:-1] + b"\x00"
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, other)) == 0x6985
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR) + dgi(0x0101, other)) == 0x6985
    assert host.send(0x00, 0xCA, 0xDF, 0x51)[0] == ANCHOR[16:]


def test_blocks_come_in_order_and_block_0_starts_again() -> None:
    # STD-04
    _, host = installed()
    anchor = dgi(0x0101, ANCHOR)
    assert host.sw(0x80, 0xE2, STORE, 1, anchor) == 0x6A86
    assert host.sw(0x80, 0xE2, STORE, 0, anchor[:9]) == 0x9000
    assert host.sw(0x80, 0xE2, STORE, 2, anchor[9:]) == 0x6A86
    assert host.sw(0x80, 0xE2, STORE, 1, anchor[9:]) == 0x6A86
    assert host.sw(0x80, 0xE2, STORE, 0, anchor[:9]) == 0x9000
    for p1 in (0x00, 0x80, 0x0A, 0x28, 0x90):
        assert host.sw(0x80, 0xE2, p1, 1, anchor[9:]) == 0x6A86
    assert host.sw(0x80, 0xE2, STORE, 1, anchor[9:]) == 0x6A86, "the stream starts again"
    assert host.sw(0x80, 0xE2, STORE, 0, anchor[:9]) == 0x9000
    assert host.sw(0x80, 0xE2, STORE, 0, anchor) == 0x9000
    assert host.sw(0x80, 0xE2, STORE, 1) == 0x6700


def test_another_command_between_blocks_does_not_disturb_the_stream() -> None:
    _, host = installed()
    anchor = dgi(0x0101, ANCHOR)
    assert host.sw(0x80, 0xE2, STORE, 0, anchor[:9]) == 0x9000
    assert host.sw(0x00, 0xCA, 0xDF, 0x51) == 0x6A88
    assert host.sw(0x80, 0xE2, STORE, 1, anchor[9:]) == 0x9000


def test_a_stream_ends_with_its_session() -> None:
    _, host = installed()
    anchor = dgi(0x0101, ANCHOR)
    assert host.sw(0x80, 0xE2, STORE, 0, anchor[:9]) == 0x9000
    host.authenticate()
    assert host.sw(0x80, 0xE2, STORE, 1, anchor[9:]) == 0x6A86


MALFORMED = {
    "too short": (0x0101, ANCHOR[:-1], 0x6A80),
    "too long": (0x0101, ANCHOR + b"\x00", 0x6A84),
    "unknown": (0x0999, b"\x00", 0x6A88),
    "receipt key not encrypted": (0x8401, bytes(32), 0x6A80),
    "receipt key too long": (0x8401, bytes(33), 0x6A84),
    "cardholder empty": (0x0102, b"", 0x6A80),
    "cardholder no template": (0x0102, b"\x5f", 0x6A80),
    "cardholder unknown field": (0x0102, b"\x5f\x21\x01\x41", 0x6A80),
    "cardholder field twice": (0x0102, b"\xdf\x42\x01\x01" * 2, 0x6A80),
    "cardholder field too long": (0x0102, b"\xdf\x42\x02\x01\x01", 0x6A80),
    "name no UTF-8": (0x0102, b"\x5f\x20\x01\xff", 0x6A80),
    "birth date": (0x0102, bytes.fromhex("5F2B0419901331"), 0x6A80),
    "mobile number": (0x0102, bytes.fromhex("DF430601AA345678FF"), 0x6A80),
    "expiry before effective": (0x0103, VALIDITY[4:] + VALIDITY[:4], 0x6A80),
    "unknown flag": (0x0104, b"\x04" + bytes(8), 0x6A80),
    "certificate no SEQUENCE": (0x0201, b"\x31\x00", 0x6A80),
    "certificate cut short": (0x0201, CERTIFICATE[:-1], 0x6A80),
    "certificate too long": (0x0201, bytes(641), 0x6A84),
    "finger with a part of a minutia": (0x0301, FINGER[:-1], 0x6A80),
    "finger position 0": (0x0301, b"\x00" + FINGER[1:], 0x6A80),
    "finger too long": (0x0302, bytes(182), 0x6A84),
    "information template": (0x0303, b"\x7f\x60\x05\x00", 0x6A80),
    "service kind": (0x0400, at(1, PURSE[:1] + b"\x04" + PURSE[2:]), 0x6A80),
    "service flags": (0x0401, at(2, PURSE[:2] + b"\x81" + PURSE[3:]), 0x6A80),
    "service rule": (0x0402, at(3, PURSE[:3] + b"\x05" + PURSE[4:]), 0x6A80),
    "service label": (0x0403, at(4, PURSE[:8] + b"\xff" + PURSE[9:]), 0x6A80),
    "purse amount": (0x0404, at(5, PURSE[:22] + b"\x80" + PURSE[23:]), 0x6A80),
    "purse currency": (0x0405, at(6, PURSE[:20] + b"\x0a" + PURSE[21:]), 0x6A80),
    "purse limits": (0x0406, at(7, PURSE[:-5]), 0x6A80),
    "purse role twice": (0x0407, at(8, PURSE[:-5] + PURSE[-10:-5]), 0x6A80),
    "quota period": (0x0408, at(9, QUOTA[:24] + b"\x03" + QUOTA[25:]), 0x6A80),
    "quota too long": (0x0409, at(10, QUOTA + b"\x00"), 0x6A80),
    "cover dates": (0x040A, at(11, COVER[:20] + COVER[24:28] + COVER[20:24] + COVER[28:]), 0x6A80),
    "cover month 13": (0x040B, at(12, COVER[:22] + b"\x13" + COVER[23:]), 0x6A80),
    "service too short": (0x040F, at(16, PURSE[:31]), 0x6A80),
    "service in another one's place": (0x0400, PURSE, 0x6A80),
    "service 0": (0x0400, at(0, PURSE), 0x6A80),
    "PIN in clear": (0x8010, PIN + PIN, 0x6A80),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_dgi_that_is_wrong_is_refused_and_nothing_of_its_command_is_stored(what: str) -> None:
    # STD-03, STD-06, STD-07
    tag, content, sw = MALFORMED[what]
    card, host = installed()
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR)) == 0x9000
    before = card.memory.image
    good = dgi(0x0103, VALIDITY) + service(1, PURSE)
    assert host.store(good + dgi(tag, content) + good, last=False)[-1] in (sw, 0x9000)
    if len(content) < 100:
        assert card.memory.image == before
    assert host.store(dgi(tag, content), last=False)[-1] == sw
    assert host.sw(0x80, 0xE2, STORE, 1, good) == 0x6A86, "the stream starts again"


def test_an_anchor_whose_card_number_is_not_all_digits_is_refused() -> None:
    _, host = installed()
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, b"\xaa" + ANCHOR[1:])) == 0x6A80
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0103, VALIDITY)) == 0x6985


def test_a_refused_repeated_anchor_stores_nothing() -> None:
    card, host = installed()
    assert host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR)) == 0x9000
    before = card.memory.image
    data = dgi(0x0103, VALIDITY) + dgi(0x0101, ANCHOR[:-1] + b"\xff")
    assert host.sw(0x80, 0xE2, STORE, 0, data) == 0x6985
    assert card.memory.image == before


def test_a_stream_that_ends_inside_a_dgi_is_malformed() -> None:
    _, host = personalized()
    host.select(AIDS.instance)
    host.authenticate()
    whole = dgi(0x0302, FINGER)
    for cut in (1, len(FINGER), len(whole) - 1):
        assert host.store(whole[:-cut]) == [0x6A80]
    assert host.store(whole) == [0x9000]


def test_service_records_of_every_kind_are_stored() -> None:
    _, host = with_key_pair()
    services = {1: PURSE, 2: QUOTA, 16: COVER}
    host.store(
        stream(host) + b"".join(service(place, each) for place, each in services.items()), size=231
    )
    host.select(AIDS.instance)
    host.authenticate()
    for place, record in services.items():
        assert host.send(0x00, 0xCA, 0xDF, place + 0x2F) == (at(place, record), 0x9000)


def test_sixteen_services_fit_in_commits_of_512_bytes() -> None:
    _, host = installed()
    record = PURSE[:38] + b"\x05" + b"".join(bytes([role, 0, 0, 0, 9]) for role in range(1, 6))
    records = b"".join(service(place, record) for place in range(1, 17))
    data = dgi(0x0101, ANCHOR) + records
    assert set(host.store(data, size=231, last=False)) == {0x9000}
    # every record replaced by a shorter one, as many as one command can hold
    shorter = b"".join(service(place, COVER) for place in range(1, 17))
    assert set(host.store(shorter, size=231, last=False)) == {0x9000}
    assert host.send(0x00, 0xCA, 0xDF, 0x3F) == (at(16, COVER), 0x9000)


@pytest.mark.parametrize("spoil", range(0, 16, 5))
def test_a_secret_with_a_wrong_check_value_is_refused(spoil: int) -> None:
    # STD-03
    card, host = installed()
    host.sw(0x80, 0xE2, STORE, 0, dgi(0x0101, ANCHOR))
    before = card.memory.image
    secret = bytearray(host.secret(0x8010, PIN))
    secret[3 + spoil] ^= 1
    assert host.sw(0x80, 0xE2, STORE, 0, bytes(secret)) == 0x6A80
    unchecked = dgi(0x8010, aes_cbc(host.keys.dek, bytes(16), pad(PIN)))
    assert host.sw(0x80, 0xE2, STORE, 0, unchecked) == 0x6A80
    assert host.sw(0x80, 0xE2, STORE, 0, host.secret(0x8010, bytes(8))) == 0x6A80
    assert card.memory.image == before


def test_after_personalization_only_some_dgis_are_taken_and_the_state_stays() -> None:
    # STD-10
    card, host = personalized()
    host.select(AIDS.instance)
    host.authenticate()
    newer = CERTIFICATE[:-1] + b"\xee"
    for data in (dgi(0x0101, ANCHOR), dgi(0x0103, VALIDITY), dgi(0x0104, FLAGS),
                 host.secret(0x8010, NEW_PIN)):  # fmt: skip
        assert host.sw(0x80, 0xE2, LAST, 0, data) == 0x6985
    assert set(host.store(dgi(0x0201, newer) + dgi(0x0302, FINGER))) == {0x9000}
    assert state(card) == "PERSONALIZED"
    assert card.application(AIDS.instance).value(0x7F21) == newer


def test_a_shorter_value_in_the_place_of_a_longer_one_has_its_own_length() -> None:
    card, host = personalized()
    host.select(AIDS.instance)
    host.authenticate()
    for size in (60, 60, 3, 6, 30):
        finger = b"\x01" + bytes(size)
        assert host.store(dgi(0x0302, finger)) == [0x9000]
        assert card.application(AIDS.instance).value(0xDF22) == finger


def test_the_last_block_ends_the_stream() -> None:
    _, host = personalized()
    host.select(AIDS.instance)
    host.authenticate()
    assert host.store(dgi(0x0302, FINGER)) == [0x9000]
    assert host.sw(0x80, 0xE2, LAST, 1, dgi(0x0302, FINGER)) == 0x6A86
