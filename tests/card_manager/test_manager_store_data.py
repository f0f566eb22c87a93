"""STORE DATA to the issuer security domain, and for which applications it takes it.

Comments name the requirements that a test shows.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.any_card import AnyCard, MakeCard
from tests.support.content import INSTANCE, install_for, load, named
from tests.support.terminal import AIDS, ISD, Terminal

IIN, CIN = bytes.fromhex("4203998180"), bytes.fromhex("45080102030405060708")


@pytest.fixture
def issuer(card: AnyCard) -> Terminal:
    host = Terminal(card.transmit)
    host.authenticate(level=0x01)
    return host


def store(host: Terminal, data: bytes, p1: int = 0x90, block: int = 0) -> int:
    return host.sw(0x80, 0xE2, p1, block, data)


def held(host: Terminal, tag: int) -> tuple[bytes, int]:
    return host.send(0x80, 0xCA, 0x00, tag)


def test_both_numbers_are_answered_once_they_are_stored(card: AnyCard, issuer: Terminal) -> None:
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
def test_the_blocks_of_objects_may_be_cut_anywhere(
    make_card: MakeCard, cuts: list[int], p1: int
) -> None:
    host = Terminal(make_card().transmit)
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
    "an empty value before another tag": (b"\x42\x00\x44\x01\x01", 0x6A88),
    "a value of 17 bytes": (b"\x42\x11" + bytes(17), 0x6A80),
    "an empty value": (b"\x45\x00", 0x6A80),
    "an object twice": (IIN + IIN, 0x6A80),
    "a cut object": (IIN[:-1], 0x6A80),
    "no TLV": (b"\x00\x01\x01", 0x6A80),
}


@pytest.mark.parametrize(("data", "sw"), WRONG.values(), ids=WRONG)
def test_wrong_objects_are_refused_and_none_is_stored(
    card: AnyCard, issuer: Terminal, data: bytes, sw: int
) -> None:
    # SDI-03, SDI-05
    before = card.kept
    assert store(issuer, data) == sw
    assert card.kept == before


@pytest.mark.parametrize("p1", [0x08, 0x88, 0x60, 0xE0, 0x98, 0x91])
def test_encrypted_data_and_dgis_are_not_the_domains(issuer: Terminal, p1: int) -> None:
    # SDI-04
    assert store(issuer, IIN, p1) == 0x6A86


def test_a_block_out_of_order_begins_anew(card: AnyCard, issuer: Terminal) -> None:
    # SDI-04
    before = card.kept
    assert store(issuer, IIN, 0x90, 1) == 0x6A86
    assert store(issuer, IIN[:2], 0x10, 0) == 0x9000
    assert store(issuer, IIN[2:], 0x90, 2) == 0x6A86
    assert store(issuer, IIN[2:], 0x90, 1) == 0x6A86
    assert card.kept == before
    assert store(issuer, IIN[:2], 0x10, 0) == 0x9000
    issuer.sw(0x80, 0xCA, 0x00, 0x66)
    assert store(issuer, IIN[2:], 0x90, 1) == 0x6A86
    assert card.kept == before


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


def test_store_data_needs_a_session(card: AnyCard) -> None:
    # SDI-02
    assert store(Terminal(card.transmit), IIN) == 0x6982


# INSTALL [for personalization]


def test_only_a_selectable_application_with_a_program_can_be_personalized(
    card: AnyCard, issuer: Terminal
) -> None:
    host = issuer
    assert host.install() == 0x9000
    assert load(host) == host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    before = card.kept
    for aid, sw in ((INSTANCE, 0x6985), (ISD, 0x6A88), (b"another", 0x6A88), (b"", 0x6A80)):
        assert host.sw(0x80, 0xE6, 0x20, 0, named(aid)) == sw
    for data in (named(AIDS.instance)[:-1], named(AIDS.instance)[:-1] + b"\x01t", b""):
        assert host.sw(0x80, 0xE6, 0x20, 0, data) == 0x6A80
    assert card.kept == before
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000
    assert host.sw(0x80, 0xE6, 0x20, 0, named(AIDS.instance)) == 0x6985
