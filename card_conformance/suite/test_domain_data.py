"""STORE DATA to the issuer security domain and for personalization, and the forms of GET STATUS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.invented import validity
from card_conformance.needs import ANY_CARD, MANAGER, Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.cap import PACKAGE, install, instance, module, on_card
from card_conformance.suite.support import C_MAC_ONLY, NO_SUCH_AID, manager, read, tag_of
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import (
    GetStatus,
    InstallForPersonalization,
    Registry,
    StoreCardData,
    StoreData,
)
from host_lib.flow.store import payload
from host_lib.tlv import encode, parse

_IIN, _CIN = 0x42, 0x45
_KEYED = at(Stage.KEYED)
_WRITES = at(Stage.KEYED, leaves=Stage.KEYED)


def _get(tag: int) -> Apdu:
    return manager("GET DATA", tag >> 8, tag & 0xFF, answer=True)


def _store(data: bytes, block: int = 0, *, last: bool = True) -> Apdu:
    return StoreCardData(block, data, last).apdu()


@requirement("SDI-01", "ISD-03", needs=_WRITES)
def test_the_domain_stores_its_two_numbers_and_answers_them(card: CardUnderTest) -> None:
    card.select_manager()
    for tag in (_IIN, _CIN):
        if card.send(_get(tag)).sw != 0x6A88:
            raise NotRun(f"the card has an object {tag:02X} already")
    channel = card.session(on_manager=True).channel
    longest = bytes(range(spec().limits["issuer_data"]))
    for iin, cin in ((b"\x98\x18\x01", longest), (longest, b"\x01")):
        stream = encode(_IIN, iin) + encode(_CIN, cin)
        card.expect("9000", _store(stream[:5], last=False), channel)
        card.expect("9000", _store(stream[5:], 1), channel)
        for tag, value in ((_IIN, iin), (_CIN, cin)):
            same(
                f"GET DATA {tag:02X}",
                card.expect("9000", _get(tag), channel).data,
                encode(tag, value),
            )
    card.expect("9000", _store(encode(_IIN, b"\x01\x02")), channel)
    card.reader.reset()
    same("GET DATA 42", card.expect("9000", _get(_IIN)).data, encode(_IIN, b"\x01\x02"))
    same("GET DATA 45", card.expect("9000", _get(_CIN)).data, encode(_CIN, b"\x01"))


@requirement("SDI-02", needs=ANY_CARD)
def test_nobody_stores_data_in_the_domain_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", _store(encode(_IIN, b"\x01")))


@contextmanager
def _unchanged(card: CardUnderTest, channel: SecureChannel) -> Iterator[None]:
    before = [card.send(_get(tag), channel) for tag in (_IIN, _CIN)]
    yield
    same("objects of the domain", [card.send(_get(t), channel) for t in (_IIN, _CIN)], before)


@requirement("SDI-03", needs=_WRITES)
@pytest.mark.parametrize("data", ["4200", "4204010200", "42020102FF", "42"])
def test_a_malformed_object_is_not_stored(card: CardUnderTest, data: str) -> None:
    channel = card.session(on_manager=True).channel
    with _unchanged(card, channel):
        stream = encode(_CIN, b"\x07\x07") + bytes.fromhex(data)
        card.expect("6A80", _store(stream), channel)


@requirement("SDI-03", needs=_WRITES)
def test_an_object_that_is_too_long_is_not_stored(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    with _unchanged(card, channel):
        card.expect("6A80", _store(encode(_IIN, bytes(spec().limits["issuer_data"] + 1))), channel)


@requirement("SDI-04", needs=_WRITES)
def test_a_block_that_is_not_the_next_one_ends_the_domains_stream(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    with _unchanged(card, channel):
        stream = encode(_IIN, b"\x05\x05\x05")
        card.expect("6A86", _store(stream, 1), channel)
        card.expect("9000", _store(stream[:2], last=False), channel)
        card.expect("6A86", _store(stream[2:], 2), channel)
        card.expect("6A86", _store(stream[2:], 1), channel)
        card.expect("6A86", replace(_store(stream), p1=0x88), channel)


@requirement("SDI-04", needs=_WRITES)
def test_block_00_begins_the_domains_stream_anew(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    stream = encode(_IIN, b"\x06\x06")
    card.expect("9000", _store(encode(_CIN, b"\x06\x06\x06")[:2], last=False), channel)
    card.expect("9000", _store(stream[:1], last=False), channel)
    card.expect("9000", _store(stream[1:], 1), channel)
    same("GET DATA 42", card.expect("9000", _get(_IIN), channel).data, stream)


@requirement("SDI-05", needs=_WRITES)
@pytest.mark.parametrize("data", ["66020102", "7003800101", "4F05A000000151"])
def test_the_domain_stores_no_other_object(card: CardUnderTest, data: str) -> None:
    channel = card.session(on_manager=True).channel
    with _unchanged(card, channel):
        stream = encode(_CIN, b"\x07\x07") + bytes.fromhex(data)
        card.expect("6A88", _store(stream), channel)


# For an application

_VALIDITY = "validity"


def _dgi(value: bytes) -> bytes:
    from card_conformance.invented import named

    return payload([named(_VALIDITY, value)])


@requirement("SDI-06", needs=reading(at(Stage.ANCHORED)))
def test_store_data_after_install_for_personalization_goes_to_the_application(
    card: CardUnderTest,
) -> None:
    value = validity("20250101", "20340101")
    channel = card.session(on_manager=True).channel
    card.run(InstallForPersonalization(spec().aids.instance), channel)
    card.expect("9000", StoreData(0, _dgi(value), last=False).apdu(), channel)
    stored = read(card, tag_of(_VALIDITY), card.session().channel)
    same("validity as the application has it", stored, value)


@requirement("SDI-06", needs=at(Stage.ANCHORED))
@pytest.mark.parametrize("between", ["nothing", "GET DATA", "last block"])
def test_forwarding_ends_with_another_command_and_with_the_last_block(
    card: CardUnderTest, between: str
) -> None:
    channel = card.session(on_manager=True).channel
    block = StoreData(0, _dgi(validity("20250101", "20340201")), last=False).apdu()
    if between != "nothing":
        card.run(InstallForPersonalization(spec().aids.instance), channel)
    if between == "GET DATA":
        card.expect("9000", _get(0x66), channel)
    if between == "last block":
        # The application refuses to become PERSONALIZED; it was the last block all the same.
        card.expect(
            "6985", StoreData(0, _dgi(validity("20250101", "20340201")), True).apdu(), channel
        )
    # The domain takes BER-TLV objects only.
    card.expect("6A86", block, channel)


@requirement("SDI-06", needs=at(Stage.ANCHORED))
def test_a_forwarded_block_needs_the_applications_level(card: CardUnderTest) -> None:
    card.need_level(C_MAC_ONLY)
    channel = card.session(on_manager=True, level=C_MAC_ONLY).channel
    card.run(InstallForPersonalization(spec().aids.instance), channel)
    block = StoreData(0, _dgi(validity("20250101", "20340301")), last=False)
    card.expect("6982", block.apdu(), channel)


@requirement("INS-04", needs=MANAGER)
def test_an_application_that_is_not_there_is_not_personalized(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A88", InstallForPersonalization(NO_SUCH_AID).apdu(), channel)


# GET STATUS and classes


@requirement("ISD-06", needs=ANY_CARD)
def test_get_data_is_taken_in_both_classes(card: CardUnderTest) -> None:
    card.select_manager()
    for tag in (0x9F7F, 0x00CF):
        answers = [card.expect("9000", replace(_get(tag), cla=cla)).data for cla in (0x80, 0x00)]
        same(f"GET DATA {tag:04X} in class 00", answers[1], answers[0])


@requirement("ISD-06", needs=MANAGER)
def test_both_classes_work_in_a_session_too(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for cla in (0x80, 0x00):
        card.expect("9000", replace(_get(0x00CF), cla=cla), channel)
        card.expect("6A88", replace(_store(b"\x4f\x01\x00"), cla=cla), channel)


def _status(part: int, data: bytes, p2: int = 0x02) -> Apdu:
    return manager("GET STATUS", part, p2, data, answer=True)


@requirement("GST-02", needs=_KEYED)
def test_a_list_that_does_not_fit_goes_on_where_it_stopped(card: CardUnderTest) -> None:
    modules = tuple(module(number) for number in range(1, 8))
    names = [instance(number) for number in range(1, 8)]
    with on_card(card, *modules) as channel:
        for number, name in enumerate(names, 1):
            card.expect("9000", install(name, number=number), channel)
        search = encode(0x4F, PACKAGE)
        answer = card.send(_status(0x40, search), channel)
        same("status word of a list that does not fit", f"{answer.sw:04X}", "6310")
        joined = answer.data
        for _ in names:
            if answer.sw == 0x6310:
                answer = card.send(_status(0x40, search, 0x03), channel)
                joined += answer.data
        same("status word at the end", f"{answer.sw:04X}", "9000")
        found = [entry.children()[0].value for entry in parse(joined)]
        same("applications of the list", found, names)


@requirement("GST-05", needs=MANAGER)
def test_there_is_nothing_to_go_on_with_at_first(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6985", _status(0x80, b"\x4f\x00", 0x03), channel)
    card.run(GetStatus(Registry.ISSUER_SECURITY_DOMAIN), channel)
    card.expect("6985", _status(0x80, b"\x4f\x00", 0x03), channel)


@requirement("GST-06", needs=MANAGER)
def test_a_tag_list_says_what_the_entries_hold(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for tags in ("4F9F70", "4F", "9F70"):
        data = b"\x4f\x00" + encode(0x5C, bytes.fromhex(tags))
        (entry,) = parse(card.expect("9000", _status(0x80, data), channel).data)
        found = "".join(f"{part.tag:X}" for part in entry.children())
        same(f"tags of an entry for {tags}", found, tags)


@requirement("GST-06", needs=_KEYED)
def test_a_search_finds_names_that_begin_so(card: CardUnderTest) -> None:
    ours = spec().aids.package
    shared = bytes(a for a, b in zip(PACKAGE, ours, strict=True) if a == b)
    with on_card(card) as channel:
        for search, expected in ((PACKAGE, {PACKAGE}), (ours, {ours}), (shared, {PACKAGE, ours})):
            command = _status(0x20, encode(0x4F, search))
            entries = parse(card.expect("9000", command, channel).data)
            found = {entry.children()[0].value for entry in entries}
            same(f"load files found by {search.hex().upper()}", found, expected)


@requirement("GST-07", needs=MANAGER)
@pytest.mark.parametrize("data", ["4F", "4F01", "5C014F", "4F005C", "4F0000", "4F005C014F00"])
def test_a_malformed_search_is_refused(card: CardUnderTest, data: str) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A80", _status(0x80, bytes.fromhex(data)), channel)
