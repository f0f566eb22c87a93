"""GET DATA, whole and in parts: who may read what, and how."""

import pytest

from applet_spec import DataObject, spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.needs import APPLICATION, ISSUED, WITH_KEYS, WITH_PIN, Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    UNKNOWN_TAG,
    application,
    expect_open,
    get_data,
    objects,
    raw,
    read,
    tag_of,
    verify,
)
from host_lib.apdu import Apdu
from host_lib.command import GetDataPart
from host_lib.flow.objects import decode_cardholder, decode_validity
from host_lib.secret import Pin

_PART = spec().limits["object_part"]
_CHANNEL = spec().secure_channel
_IN_CLEAR = sorted(v for v in _CHANNEL.level_needs if v & _CHANNEL.read_level < _CHANNEL.read_level)
_OPTIONAL = (
    "biometric information template",
    "service ",
    "role key sets",
    "purse counters",
    "card date",
)
"""Objects that a card need not have, by the beginning of their names."""


def _part(tag: int, offset: int = 0) -> Apdu:
    return GetDataPart(tag, offset).apdu()


def _ask(target: DataObject) -> Apdu:
    return _part(target.tag) if target.long else get_data(target.tag)


@requirement("GDA-01", needs=ISSUED)
def test_an_object_for_everyone_can_be_read_without_session(card: CardUnderTest) -> None:
    card.select()
    for target in objects(public=True):
        if not target.name.startswith(_OPTIONAL):
            value = card.expect("9000", get_data(target.tag)).data
            check(len(value) in target.length, target.name, f"{len(value)} bytes", target.length)
    decode_validity(read(card, tag_of("validity")))


@requirement("GDA-01", needs=reading(WITH_KEYS))
def test_an_object_for_the_issuer_can_be_read_in_a_session(card: CardUnderTest) -> None:
    channel = card.session().channel
    for target in spec().objects.values():
        if "issuer" in target.read and not target.name.startswith(_OPTIONAL):
            value = read(card, target.tag, channel)
            check(len(value) in target.length, target.name, f"{len(value)} bytes", target.length)
    if card.record is not None:
        number = read(card, tag_of("card number"), channel).hex()
        check(number == card.record.card_number, "card number", "another", "the one stored")


@requirement("GDA-01", needs=WITH_PIN)
def test_the_pin_opens_what_its_holder_may_read(card: CardUnderTest, holder_pin: Pin) -> None:
    card.select()
    card.expect("6982", _part(tag_of("cardholder data")))
    card.expect("9000", verify(holder_pin.block()))
    decode_cardholder(read(card, tag_of("cardholder data")))
    card.expect("6982", get_data(tag_of("card number")))


@requirement("GDA-02", needs=APPLICATION)
def test_an_unknown_tag_is_not_found(card: CardUnderTest) -> None:
    card.select()
    for tag in (UNKNOWN_TAG, 0x0001, 0x9F7F):
        card.expect("6A88", get_data(tag))
    card.expect("6A88", _part(UNKNOWN_TAG))


@requirement("GDA-02", needs=reading(at(Stage.INSTALLED)))
def test_an_object_without_value_is_not_found(card: CardUnderTest) -> None:
    card.select()
    card.expect("6A88", get_data(tag_of("card serial")))
    channel = card.session().channel
    card.expect("6A88", get_data(tag_of("card number")), channel)
    card.expect("6A88", _part(tag_of("cardholder data")), channel)


@requirement("GDA-03", needs=APPLICATION)
def test_an_object_that_is_not_for_everyone_is_refused_without_session(
    card: CardUnderTest,
) -> None:
    card.select()
    for target in objects(public=False):
        card.expect("6982", _ask(target))


@requirement("GDA-03", needs=reading(WITH_KEYS))
def test_a_finger_template_is_never_read(card: CardUnderTest) -> None:
    for name in ("finger template 1", "finger template 2"):
        card.expect("6982", get_data(tag_of(name)), card.session().channel)
        card.expect("6982", _part(tag_of(name)), card.session().channel)


@requirement("GDA-04", needs=reading(WITH_KEYS))
def test_a_long_object_is_not_answered_whole(card: CardUnderTest) -> None:
    channel = card.session().channel
    for target in spec().objects.values():
        if target.long:
            card.expect("6A81", get_data(target.tag), channel)


@requirement("GDA-04", needs=reading(at(Stage.INSTALLED)))
def test_a_long_object_without_value_is_not_answered_whole_either(card: CardUnderTest) -> None:
    channel = card.session().channel
    for name in ("cardholder data", "card certificate"):
        card.expect("6A81", get_data(tag_of(name)), channel)


@requirement("GDA-03", "GDA-04", needs=APPLICATION)
def test_a_long_object_that_is_not_for_everyone_is_refused_before_its_length_is_told(
    card: CardUnderTest,
) -> None:
    card.select()
    for target in objects(public=False):
        card.expect("6982", get_data(target.tag))


@requirement("GDA-05", needs=WITH_KEYS)
@pytest.mark.parametrize("level", _IN_CLEAR, ids="{:02X}".format)
def test_nothing_of_the_holder_is_answered_in_a_session_without_r_enc(
    card: CardUnderTest, level: int
) -> None:
    card.need_level(level)
    channel = card.session(level=level).channel
    for target in objects(public=False):
        for apdu in (get_data(target.tag), _part(target.tag)):
            # The host's channel ends with 6982; the card's session goes on.
            answer = raw(card, channel, apdu)
            check(answer.sw == 0x6982, f"{apdu.label} of {target.name}", f"{answer.sw:04X}", "6982")
    expect_open(card, channel)


@requirement("GDA-05", needs=WITH_PIN)
def test_a_verified_pin_opens_nothing_in_a_session_without_r_enc(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    level = min(_IN_CLEAR)
    card.need_level(level)
    channel = card.session(level=level).channel
    card.expect("9000", verify(holder_pin.block()), channel)
    card.expect("6982", _part(tag_of("cardholder data")), channel)


@requirement("GDP-01", needs=ISSUED)
def test_a_part_begins_at_its_offset(card: CardUnderTest) -> None:
    card.select()
    tag = tag_of("validity")
    whole = read(card, tag)
    for offset in range(len(whole)):
        part = card.run(GetDataPart(tag, offset))
        same("total length", part.total, len(whole))
        same(f"bytes from offset {offset}", part.data, whole[offset:])


@requirement("GDP-01", needs=reading(WITH_KEYS))
def test_the_parts_of_a_long_object_joined_are_its_value(card: CardUnderTest) -> None:
    channel = card.session().channel
    tag = tag_of("card certificate")
    whole = read(card, tag, channel)
    for offset in (0, 1, 100, _PART, len(whole) - 1):
        part = card.run(GetDataPart(tag, offset), channel)
        same("total length", part.total, len(whole))
        expected = whole[offset : offset + _PART]
        same(f"length of the part from offset {offset}", len(part.data), len(expected))
        check(part.data == expected, f"part from offset {offset}", "other bytes", "those there")


@requirement("GDP-02", needs=ISSUED)
def test_an_offset_at_or_beyond_the_end_is_refused(card: CardUnderTest) -> None:
    card.select()
    tag = tag_of("validity")
    length = len(read(card, tag))
    for offset in (length, length + 1, 0xFFFF):
        card.expect("6B00", _part(tag, offset))


@requirement("GDP-03", needs=ISSUED)
@pytest.mark.parametrize(
    "data",
    [
        "5C00",
        "5C03DF5252",
        "54020000",
        "54020000 5C02DF52",
        "5C02DF52 5C02DF52",
        "5C02DF52 540100",
        "5C02DF52 5403000000",
        "5C02DF52 540200",
        "5C02DF52 54020000 00",
        "5C02DF52 54020000 53020000",
        "53020000 5C02DF52",
        "5C05DF52",
    ],
)
def test_a_malformed_tag_list_or_offset_is_refused(card: CardUnderTest, data: str) -> None:
    card.select()
    wanted = bytes.fromhex(data)
    card.expect("6A80", application("GET DATA PART", 0x3F, 0xFF, wanted, answer=True))


@requirement("GDA-02", needs=reading(WITH_KEYS))
def test_a_service_record_that_is_not_there_is_not_found(card: CardUnderTest) -> None:
    channel = card.session().channel
    last = spec().object_named("service record 16").tag
    if card.send(get_data(last), channel).sw == 0x9000:
        raise NotRun("this card has a service record in the last place")
    card.expect("6A88", get_data(last), channel)
