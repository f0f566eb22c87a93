"""STORE DATA through the issuer security domain to the application.

Comments name the requirements that a test shows.
"""

from collections.abc import Callable

import pytest

from card_simulator.card import Card
from tests.card_simulator.sim_host import with_key_pair
from tests.support.content import begin_again, listed, named
from tests.support.terminal import AIDS, ANCHOR, FLAGS, ISD, Terminal, dgi, stream

IIN = bytes.fromhex("4203998180")


def store(host: Terminal, data: bytes, p1: int = 0x90, block: int = 0) -> int:
    return host.sw(0x80, 0xE2, p1, block, data)


def personalizing(level: int = 0x33) -> tuple[Card, Terminal]:
    """Return a card with a key pair whose application gets the next STORE DATA."""
    card, host = with_key_pair()
    host.select(ISD)
    host.authenticate(level=level)
    assert host.send(0x80, 0xE6, 0x20, 0, named(AIDS.instance)) == (b"\x00", 0x9000)
    return card, host


@pytest.mark.parametrize("size", [60, 200, 231])
def test_an_application_is_personalized_through_the_security_domain(size: int) -> None:
    card, host = personalizing()
    assert set(host.store(stream(host), size)) == {0x9000}
    assert card.application(AIDS.instance).state == "PERSONALIZED"
    other, directly = with_key_pair()
    directly.store(stream(directly))
    for tag in (0x5A, 0x65, 0x7F21):
        assert card.application(AIDS.instance).value(tag) == (
            other.application(AIDS.instance).value(tag)
        )


def test_the_application_judges_what_is_forwarded_to_it() -> None:
    card, host = personalizing()
    before = card.memory.image
    assert store(host, dgi(0x0104, FLAGS), 0x08) == 0x6985  # the anchor comes first
    assert store(host, dgi(0x0999, b"x"), 0x08) == 0x6A88
    assert store(host, IIN, 0x10) == 0x6A86
    assert card.memory.image == before
    assert store(host, dgi(0x0101, ANCHOR), 0x08) == 0x9000
    assert card.application(AIDS.instance).value(0x5A) == ANCHOR[:8]


@pytest.mark.parametrize("level", [0x01, 0x11])
def test_forwarded_data_needs_encryption_as_the_application_says(level: int) -> None:
    card, host = personalizing(level)
    before = card.memory.image
    assert store(host, dgi(0x0101, ANCHOR), 0x08) == 0x6982
    assert card.memory.image == before


def wrong_mac(host: Terminal) -> None:
    assert host.raw("84E2080008" + "00" * 8) == (b"", 0x6982)
    host.authenticate()


ENDS: dict[str, Callable[[Terminal], object]] = {
    "its last block": lambda host: store(host, dgi(0x0101, ANCHOR), 0x88),
    "GET DATA": lambda host: host.sw(0x80, 0xCA, 0x00, 0x66),
    "a list": lambda host: listed(host, 0x80),
    "a command that is refused": lambda host: host.sw(0x80, 0x02, 0, 0),
    "SELECT": begin_again,
    "a new session": lambda host: host.authenticate(),
    "a wrong MAC": wrong_mac,
}


@pytest.mark.parametrize("end", ENDS)
def test_forwarding_ends_with_its_last_block_or_anything_else(end: str) -> None:
    _, host = personalizing()
    assert store(host, dgi(0x0101, ANCHOR)[:10], 0x08) == 0x9000
    ENDS[end](host)
    assert store(host, dgi(0x0101, ANCHOR), 0x08) == 0x6A86
    assert store(host, IIN) == 0x9000
    host.sw(0x80, 0xE6, 0x20, 0, named(AIDS.instance))
    waits = 0x6A86 if end == "its last block" else 0x9000  # SDI-06
    assert store(host, dgi(0x0101, ANCHOR)[10:], 0x08, 1) == waits


def test_a_terminated_application_knows_no_forwarded_command() -> None:
    _, host = with_key_pair()
    host.store(stream(host))
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0x80, 0xF0, 0x40, 0x7F) == 0x9000
    host.select(ISD)
    host.authenticate()
    assert host.sw(0x80, 0xE6, 0x20, 0, named(AIDS.instance)) == 0x9000
    assert store(host, dgi(0x0101, ANCHOR), 0x08) == 0x6D00
