"""STORE DATA to the issuer security domain, and through it to an application.

Comments name the requirements that a test shows.
"""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator.card import Card
from tests.card_simulator.sim_host import installed, new_card, with_key_pair
from tests.support.content import INSTANCE, begin_again, install_for, listed, load, named
from tests.support.terminal import AIDS, ANCHOR, FLAGS, ISD, Terminal, dgi, stream

IIN, CIN = bytes.fromhex("4203998180"), bytes.fromhex("45080102030405060708")


@pytest.fixture
def card() -> Card:
    return new_card()


@pytest.fixture
def issuer(card: Card) -> Terminal:
    host = Terminal(card.transmit)
    host.authenticate(level=0x01)
    return host


def store(host: Terminal, data: bytes, p1: int = 0x90, block: int = 0) -> int:
    return host.sw(0x80, 0xE2, p1, block, data)


def held(host: Terminal, tag: int) -> tuple[bytes, int]:
    return host.send(0x80, 0xCA, 0x00, tag)


def test_both_numbers_are_answered_once_they_are_stored(card: Card, issuer: Terminal) -> None:
    # SDI-01, ISD-03
    assert held(issuer, 0x42) == held(issuer, 0x45) == (b"", 0x6A88)
    assert issuer.send(0x80, 0xE2, 0x90, 0, IIN + CIN) == (b"", 0x9000)
    card.reset()
    issuer.level = 0
    assert held(issuer, 0x42) == (IIN, 0x9000)
    assert held(issuer, 0x45) == (CIN, 0x9000)
    assert issuer.raw("00CA004200") == (IIN, 0x9000)


def test_a_number_is_replaced_whole_and_the_other_stays(issuer: Terminal) -> None:
    store(issuer, IIN + CIN)
    assert store(issuer, b"\x42\x01\x77") == 0x9000
    assert held(issuer, 0x42) == (b"\x42\x01\x77", 0x9000)
    assert held(issuer, 0x45) == (CIN, 0x9000)


@given(cuts=st.lists(st.integers(1, 14), max_size=4, unique=True), p1=st.sampled_from([0, 0x10]))
def test_the_blocks_of_objects_may_be_cut_anywhere(cuts: list[int], p1: int) -> None:
    host = Terminal(new_card().transmit)
    host.authenticate()
    edges = [0, *sorted(cuts), len(IIN + CIN)]
    blocks = [(IIN + CIN)[a:b] for a, b in pairwise(edges)]
    for number, block in enumerate(blocks):
        last = 0x80 if number == len(blocks) - 1 else 0x00
        assert held(host, 0x42)[1] == 0x6A88 if number == 0 else True
        assert store(host, block, p1 | last, number) == 0x9000
    assert (held(host, 0x42)[0], held(host, 0x45)[0]) == (IIN, CIN)


@pytest.mark.parametrize("cla", [0x00, 0x80])
def test_store_data_comes_in_either_class(issuer: Terminal, cla: int) -> None:
    # ISD-06
    assert issuer.sw(cla, 0xE2, 0x90, 0, IIN) == 0x9000


def test_get_data_answers_templates_bare_in_the_class_of_iso_7816(issuer: Terminal) -> None:
    # ISD-06
    for tag, head in ((0x66, 2), (0xE0, 2)):
        whole, bare = held(issuer, tag)[0], issuer.send(0x00, 0xCA, 0x00, tag)[0]
        assert (whole[:1], whole[head:]) == (bytes([tag]), bare)
    for p1, p2 in ((0x9F, 0x7F), (0x00, 0xCF)):
        assert issuer.send(0x80, 0xCA, p1, p2) == issuer.send(0x00, 0xCA, p1, p2)


WRONG = {
    "another tag": (b"\x44\x01\x01", 0x6A88),
    "another tag beside a right one": (IIN + b"\x5f\x20\x01a", 0x6A88),
    "a value of 17 bytes": (b"\x42\x11" + bytes(17), 0x6A80),
    "an empty value": (b"\x45\x00", 0x6A80),
    "an object twice": (IIN + IIN, 0x6A80),
    "a cut object": (IIN[:-1], 0x6A80),
    "no TLV": (b"\x00\x01\x01", 0x6A80),
}


@pytest.mark.parametrize(("data", "sw"), WRONG.values(), ids=WRONG)
def test_wrong_objects_are_refused_and_none_is_stored(
    card: Card, issuer: Terminal, data: bytes, sw: int
) -> None:
    # SDI-03, SDI-05
    before = card.memory.image
    assert store(issuer, data) == sw
    assert card.memory.image == before


@pytest.mark.parametrize("p1", [0x08, 0x88, 0x60, 0xE0, 0x98, 0x91])
def test_encrypted_data_and_dgis_are_not_the_domains(issuer: Terminal, p1: int) -> None:
    # SDI-04
    assert store(issuer, IIN, p1) == 0x6A86


def test_a_block_out_of_order_begins_anew(card: Card, issuer: Terminal) -> None:
    # SDI-04
    before = card.memory.image
    assert store(issuer, IIN, 0x90, 1) == 0x6A86
    assert store(issuer, IIN[:2], 0x10, 0) == 0x9000
    assert store(issuer, IIN[2:], 0x90, 2) == 0x6A86
    assert store(issuer, IIN[2:], 0x90, 1) == 0x6A86
    assert card.memory.image == before
    assert store(issuer, IIN[:2], 0x10, 0) == 0x9000
    issuer.sw(0x80, 0xCA, 0x00, 0x66)
    assert store(issuer, IIN[2:], 0x90, 1) == 0x6A86
    assert card.memory.image == before


def test_block_00_begins_a_stream_whatever_came_before(issuer: Terminal) -> None:
    # SDI-04
    assert store(issuer, CIN[:4], 0x10, 0) == 0x9000
    assert store(issuer, IIN[:2], 0x10, 0) == 0x9000
    assert store(issuer, IIN[2:], 0x90, 1) == 0x9000
    assert (held(issuer, 0x42)[0], held(issuer, 0x45)[1]) == (IIN, 0x6A88)


def test_too_many_bytes_are_refused(issuer: Terminal) -> None:
    # SDI-03
    assert store(issuer, bytes(200), 0x10, 0) == 0x9000
    assert store(issuer, bytes(200), 0x10, 1) == 0x6A80


def test_store_data_needs_a_session(card: Card) -> None:
    # SDI-02
    assert store(Terminal(card.transmit), IIN) == 0x6982


# INSTALL [for personalization]


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
    assert store(host, dgi(0x0101, ANCHOR)[10:], 0x08, 1) == 0x6A86, "what had come is forgotten"


def test_only_a_selectable_application_with_a_program_can_be_personalized() -> None:
    card, host = installed()
    host.select(ISD)
    host.authenticate()
    assert load(host) == host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    before = card.memory.image
    for aid, sw in ((INSTANCE, 0x6985), (ISD, 0x6A88), (b"another", 0x6A88), (b"", 0x6A80)):
        assert host.sw(0x80, 0xE6, 0x20, 0, named(aid)) == sw
    for data in (named(AIDS.instance)[:-1], named(AIDS.instance)[:-1] + b"\x01t", b""):
        assert host.sw(0x80, 0xE6, 0x20, 0, data) == 0x6A80
    assert card.memory.image == before
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000
    assert host.sw(0x80, 0xE6, 0x20, 0, named(AIDS.instance)) == 0x6985


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
