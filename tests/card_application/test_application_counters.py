"""What purses have counted, told by an object that is as long as the table has purses."""

import pytest

from tests.card_application.application_acts import role_session
from tests.support.any_card import AnyCard
from tests.support.service_records import NONE, PURSE, header, purse
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import Terminal, dgi, role_keys, stream

MERCHANT_SET = 0x51
PLACES = range(1, 17)
PURSES = b"".join(
    dgi(
        0x0400 + place - 1,
        purse(header(place, PURSE, "purse", NONE, {1}, {0}), 100, 100, 100, 50, {1: 5}),
    )
    for place in PLACES
)
COUNTERS = b"".join(bytes([place, *bytes(8)]) for place in PLACES)


@pytest.fixture
def full(card: AnyCard) -> AnyCard:
    """Give a card whose table is full of purses, with the keys of one role."""
    host = at_stage(card, Stage.HALF)
    session(host)
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert set(host.store(stream(host, services=PURSES))) == {0x9000}
    session(host)
    assert host.put_role_key(MERCHANT_SET, role_keys(MERCHANT_SET), 1)[1] == 0x9000
    return card


def part(host: Terminal, offset: int) -> tuple[bytes, int]:
    """Read the object from an offset on."""
    wanted = bytes.fromhex("5C02DF565402") + offset.to_bytes(2, "big")
    return host.send(0, 0xCB, 0x3F, 0xFF, wanted)


def test_counters_of_sixteen_purses_are_read_whole_and_from_any_offset(full: AnyCard) -> None:
    # PUR-04
    for enter in (session, role_session(MERCHANT_SET)):
        host = Terminal(full.transmit)
        enter(host)
        assert host.send(0, 0xCA, 0xDF, 0x56) == (COUNTERS, 0x9000)
        for offset in (0, 1, 10, 17, 143):
            answer, sw = part(host, offset)
            assert (answer[:4], sw) == (b"\x80\x02\x00\x90", 0x9000)
            assert answer.endswith(COUNTERS[offset:]), offset
        assert part(host, 144) == (b"", 0x6B00)
