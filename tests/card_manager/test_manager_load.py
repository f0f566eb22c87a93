"""Load files: what the card reads of a CAP file, and LOAD in blocks of any length.

Comments name the requirements that a test shows.
"""

import hashlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.any_card import AnyCard, MakeCard
from tests.support.content import (
    INSTANCE,
    MALFORMED,
    MODULE,
    OTHER_MODULE,
    PACKAGE,
    announce,
    announcement,
    begin_again,
    cap,
    cut_up,
    install_for,
    listed,
    load,
    load_blocks,
    load_file,
    sha256,
)
from tests.support.terminal import AIDS, ISD, Terminal, lv


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_cap_file_is_refused_and_nothing_of_it_stays(
    card: AnyCard, issuer: Terminal, content: bytes
) -> None:
    # LOD-05
    before = card.kept
    assert load(issuer, content=content) == 0x6A80
    assert card.kept == before


# LOAD


def loaded(make_card: MakeCard, blocks: list[bytes], level: int = 0x01) -> bytes:
    card = make_card()
    host = Terminal(card.transmit)
    host.authenticate(level=level)
    assert announce(host) == 0x9000
    assert load_blocks(host, blocks) == [0x9000] * len(blocks)
    return listed(host, 0x10)


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(1, 399), max_size=30, unique=True), level=st.sampled_from([1, 51]))
def test_a_load_file_is_the_same_however_it_is_cut_into_blocks(
    make_card: MakeCard, cuts: list[int], level: int
) -> None:
    # LOD-01
    data = load_file(cap(size=400))
    edges = [0, *sorted(cuts), len(data)]
    parts = [data[a:b] for a, b in pairwise(edges)]
    blocks = [block for part in parts for block in cut_up(part, 220)]
    assert loaded(make_card, blocks, level) == loaded(make_card, cut_up(data))


def test_a_loaded_file_is_listed_with_its_modules(issuer: Terminal) -> None:
    # LOD-01
    assert issuer.send(0x80, 0xE6, 0x02, 0, announcement()) == (b"\x00", 0x9000)
    (block,) = cut_up(load_file(cap()), 250)
    assert PACKAGE not in listed(issuer, 0x20)
    assert announce(issuer) == 0x9000
    assert issuer.send(0x80, 0xE8, 0x80, 0, block) == (b"\x00", 0x9000)
    entry = "4f06" + PACKAGE.hex() + "9f700101ce020203"
    assert entry + "cc08" + ISD.hex() in listed(issuer, 0x20).hex()
    modules = f"8407{MODULE.hex()}8407{OTHER_MODULE.hex()}"
    assert entry + modules + "cc08" in listed(issuer, 0x10).hex()
    assert AIDS.package in listed(issuer, 0x20)
    assert issuer.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000


def test_a_library_is_loaded_too_and_has_no_module(issuer: Terminal) -> None:
    assert load(issuer, content=cap(modules=())) == 0x9000
    assert PACKAGE in listed(issuer, 0x10)
    assert issuer.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x6A88


@pytest.mark.parametrize("digest", [b"", sha256(cap()), hashlib.sha1(cap()).digest()])
def test_the_hash_of_a_load_file_is_checked_where_there_is_one(
    card: AnyCard, issuer: Terminal, digest: bytes
) -> None:
    # LOD-05
    blocks = cut_up(load_file(cap()))
    if digest:
        wrong = digest[:-1] + bytes([digest[-1] ^ 1])
        before = card.kept
        assert announce(issuer, digest=wrong) == 0x9000
        assert load_blocks(issuer, blocks)[-1] == 0x6A80
        assert card.kept == before
    assert announce(issuer, digest=digest) == 0x9000
    assert load_blocks(issuer, blocks)[-1] == 0x9000


ANNOUNCEMENTS = {
    "nothing": (b"", 0x6A80),
    "four fields": (announcement()[:-1], 0x6A80),
    "six fields": (announcement() + b"\x00", 0x6A80),
    "a field cut short": (announcement()[:3], 0x6A80),
    "an AID of 4 bytes": (announcement(b"abcd"), 0x6A80),
    "an AID of 17 bytes": (announcement(bytes(17)), 0x6A80),
    "a hash of 19 bytes": (announcement(digest=bytes(19)), 0x6A80),
    "a hash of 48 bytes": (announcement(digest=bytes(48)), 0x6A80),
    "a token": (announcement(token=b"t"), 0x6A80),
    "parameters that are no TLV": (announcement(parameters=b"\xef"), 0x6A80),
    "parameters of an application": (announcement(parameters=b"\xc9\x00"), 0x6A80),
    "another security domain": (announcement(domain=b"domain"), 0x6A88),
    "the AID of the card's own load file": (announcement(AIDS.package), 0x6985),
    "the AID of the security domain": (announcement(ISD), 0x6985),
}


@pytest.mark.parametrize(("data", "sw"), ANNOUNCEMENTS.values(), ids=ANNOUNCEMENTS)
def test_a_wrong_announcement_is_refused_and_no_block_is_taken(
    issuer: Terminal, data: bytes, sw: int
) -> None:
    # INS-03, INS-04, INS-09
    assert issuer.sw(0x80, 0xE6, 0x02, 0, data) == sw
    assert issuer.sw(0x80, 0xE8, 0x80, 0, load_file(cap())) == 0x6985


def test_system_parameters_and_the_domains_name_are_taken(issuer: Terminal) -> None:
    assert announce(issuer, domain=ISD, parameters=b"\xef\x04\xc6\x02\x10\x00") == 0x9000
    long = b"\xef\x81\x80" + bytes(128)
    data = lv(PACKAGE) + b"\x00\x00" + b"\x81" + lv(long) + b"\x00"
    assert issuer.sw(0x80, 0xE6, 0x02, 0, data) == 0x9000


def test_what_is_already_there_is_not_loaded_again(issuer: Terminal) -> None:
    assert load(issuer) == 0x9000
    assert issuer.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    assert announce(issuer) == 0x6985
    assert announce(issuer, package=INSTANCE) == 0x6985


def test_a_block_out_of_order_ends_the_loading(card: AnyCard, issuer: Terminal) -> None:
    # LOD-03, LOD-04
    before = card.kept
    first, second, *_ = cut_up(load_file(cap(size=300)), 100)
    assert issuer.sw(0x80, 0xE8, 0x00, 0, first) == 0x6985
    for number in (1, 0xFF):
        announce(issuer)
        assert issuer.sw(0x80, 0xE8, 0x00, number, first) == 0x6A86
        assert issuer.sw(0x80, 0xE8, 0x00, 0, first) == 0x6985
    announce(issuer)
    assert issuer.sw(0x80, 0xE8, 0x00, 0, first) == 0x9000
    assert issuer.sw(0x80, 0xE8, 0x00, 0, first) == 0x6A86
    assert issuer.sw(0x80, 0xE8, 0x00, 1, second) == 0x6985
    assert card.kept == before


def test_after_the_last_block_another_needs_another_announcement(issuer: Terminal) -> None:
    # LOD-03
    assert load(issuer) == 0x9000
    assert issuer.sw(0x80, 0xE8, 0x80, 1, b"\x00") == 0x6985


def test_more_than_announced_is_refused_at_once(issuer: Terminal) -> None:
    announce(issuer)
    assert issuer.sw(0x80, 0xE8, 0x00, 0, load_file(cap()) + b"\x00") == 0x6A80


BETWEEN: dict[str, Callable[[Terminal], object]] = {
    "GET DATA": lambda host: host.sw(0x80, 0xCA, 0, 0x66),
    "GET STATUS": lambda host: listed(host, 0x80),
    "an unknown instruction": lambda host: host.sw(0x80, 0x02, 0, 0),
    "SELECT of nothing": lambda host: host.raw("00A4040005F000000000"),
    "malformed bytes": lambda host: host.raw("00A4"),
    "a class of another channel": lambda host: host.raw("81CA006600"),
    "a LOAD with another P1": lambda host: host.sw(0x80, 0xE8, 0x01, 1, b"\x00"),
    "an empty LOAD": lambda host: host.sw(0x80, 0xE8, 0x00, 1),
    "a LOAD of class 00": lambda host: host.sw(0x00, 0xE8, 0x00, 1, b"\x00"),
    "a new session": lambda host: host.authenticate(),
    "SELECT of the domain": begin_again,
}


@pytest.mark.parametrize("between", BETWEEN)
def test_any_other_command_between_two_blocks_ends_the_loading(
    card: AnyCard, issuer: Terminal, between: str
) -> None:
    # LOD-07
    blocks = cut_up(load_file(cap(size=300)), 200)
    before = card.kept
    announce(issuer)
    assert issuer.sw(0x80, 0xE8, 0x00, 0, blocks[0]) == 0x9000
    BETWEEN[between](issuer)
    assert issuer.sw(0x80, 0xE8, 0x80, 1, blocks[1]) == 0x6985
    assert card.kept == before


WRONG_FILES = {
    "another tag": b"\xc5" + load_file(cap())[1:],
    "a DAP block": b"\xe2\x09\x4f\x05abcde\xc3\x00" + load_file(cap()),
    "an indefinite length": b"\xc4\x80" + cap(),
    "a length of 4 bytes": b"\xc4\x84\x00\x00\x00\x50" + cap(),
    "a length without end": b"\xc4\x82\x00",
    "only a tag": b"\xc4",
    "less than announced": load_file(cap())[:-1],
    "more than announced": load_file(cap()) + b"\x00",
    "another package": load_file(cap(PACKAGE + b"\x99")),
}


@pytest.mark.parametrize("data", WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_load_file_is_refused(card: AnyCard, issuer: Terminal, data: bytes) -> None:
    # LOD-05
    before = card.kept
    announce(issuer)
    assert load_blocks(issuer, cut_up(data, 230)) == [0x6A80]
    assert card.kept == before


def test_a_card_holds_eight_load_files(issuer: Terminal) -> None:
    # LOD-06
    names = [PACKAGE + bytes([number]) for number in range(9)]
    assert [load(issuer, name) for name in names] == [0x9000] * 8 + [0x6A84]
    assert issuer.sw(0x80, 0xE4, 0, 0, b"\x4f" + lv(names[3])) == 0x9000
    assert load(issuer, names[8]) == 0x9000


def test_a_card_holds_64_kib_of_load_files(card: AnyCard, issuer: Terminal) -> None:
    # LOD-06
    rest = cap(PACKAGE, (), size=0)
    assert load(issuer, PACKAGE, cap(PACKAGE, (), size=40_000)) == 0x9000
    used = 40_000 + len(rest)
    other = PACKAGE + b"\x01"
    room = 0x10000 - used - len(cap(other, (), size=0))
    before = card.kept
    announce(issuer, package=other)
    first = load_file(cap(other, (), size=room + 1))[:200]
    assert issuer.sw(0x80, 0xE8, 0x00, 0, first) == 0x6A84
    assert card.kept == before
    assert load(issuer, other, cap(other, (), size=room)) == 0x9000


def test_a_load_file_has_at_most_eight_modules(card: AnyCard, issuer: Terminal) -> None:
    names = [PACKAGE + bytes([number]) * 10 for number in range(9)]
    before = card.kept
    assert load(issuer, content=cap(modules=names)) == 0x6A84
    assert card.kept == before
    assert load(issuer, content=cap(modules=names[:8])) == 0x9000
    assert all(name in listed(issuer, 0x10) for name in names[:8])
