"""Commands and answers inside a session."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import APPLICATION, WITH_KEYS
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    ASK,
    UNKNOWN_TAG,
    application,
    expect_closed,
    expect_open,
    get_data,
    raw,
    raw_with,
    read,
    tag_of,
    tampered,
)
from host_lib.apdu import MAX_SHORT_NE, Apdu
from host_lib.channel import SecureChannel
from host_lib.command import AskPin, PutData, ReadPublicKey, Select

_SERIAL = get_data(tag_of("card serial"))
_LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)


def _channel(card: CardUnderTest, level: int) -> SecureChannel:
    return card.session(level=card.need_level(level)).channel


@requirement("SM-01", needs=APPLICATION)
def test_secure_messaging_outside_a_session_is_refused(card: CardUnderTest) -> None:
    card.select()
    before = card.send(_SERIAL)
    card.expect("6982", Apdu(0x04, 0xCA, 0xDF, 0x51, bytes(card.mac_length), 256))
    card.expect("6982", Apdu(0x84, 0x50, 0x30, 0x00, bytes(card.mac_length), 256))
    same("the same object in clear", card.send(_SERIAL), before)


@requirement("SM-02", needs=WITH_KEYS)
@pytest.mark.parametrize("level", _LEVELS, ids="{:02X}".format)
def test_a_plain_command_inside_a_session_ends_it(card: CardUnderTest, level: int) -> None:
    channel = _channel(card, level)
    card.expect("6982", _SERIAL)
    expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
@pytest.mark.parametrize("part", ["end of MAC", "MAC", "data"])
def test_a_command_with_a_wrong_mac_ends_the_session(card: CardUnderTest, part: str) -> None:
    position = {"end of MAC": -1, "MAC": -card.mac_length, "data": 0}[part]
    channel = card.session().channel
    expect_open(card, channel)
    challenge = application("INTERNAL AUTHENTICATE", 0x00, 0x00, bytes(17), answer=True)
    card.expect("6982", tampered(channel.wrap(challenge), position))
    expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
def test_the_mac_covers_the_header(card: CardUnderTest) -> None:
    channel = card.session().channel
    wrapped = channel.wrap(_SERIAL)
    moved = Apdu(wrapped.cla, wrapped.ins, wrapped.p1, wrapped.p2 ^ 1, wrapped.data, wrapped.ne)
    card.expect("6982", moved)
    expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
def test_a_repeated_command_ends_the_session(card: CardUnderTest) -> None:
    channel = card.session().channel
    wrapped = channel.wrap(_SERIAL)
    card.expect("9000", wrapped)
    card.expect("6982", wrapped)
    expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
def test_commands_in_another_order_end_the_session(card: CardUnderTest) -> None:
    channel = card.session().channel
    channel.wrap(_SERIAL)
    card.expect("6982", channel.wrap(get_data(tag_of("batch id"))))
    expect_closed(card, channel)


@requirement("SM-04", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x03, 0x13, 0x33], ids="{:02X}".format)
def test_encrypted_data_arrives_as_it_was_also_after_commands_without_data(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    tag = tag_of("validity")
    value = read(card, tag, channel)
    card.run(PutData(tag, value), channel)
    for _ in range(3):
        expect_open(card, channel)
    card.run(PutData(tag, value), channel)
    same("validity", read(card, tag, channel), value)


@requirement("SM-05", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x11, 0x13, 0x33], ids="{:02X}".format)
def test_success_and_warnings_carry_a_mac(card: CardUnderTest, level: int) -> None:
    channel = _channel(card, level)
    for apdu, sw in ((_SERIAL, "9000"), (ASK, "63C"), (ReadPublicKey().apdu(), "9000")):
        answer = raw(card, channel, apdu)
        came = f"{answer.sw:04X}"
        check(came.startswith(sw), apdu.label, came, sw)
        check(
            len(answer.data) >= card.mac_length, f"{apdu.label} in a session", "no MAC", "an R-MAC"
        )
        channel.unwrap(answer)


@requirement("SM-05", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x11, 0x33], ids="{:02X}".format)
def test_an_error_carries_neither_data_nor_mac(card: CardUnderTest, level: int) -> None:
    channel = _channel(card, level)
    answer = raw(card, channel, get_data(UNKNOWN_TAG))
    same("status word", f"{answer.sw:04X}", "6A88")
    same("data of an error", answer.data, b"")


@requirement("SM-05", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x01, 0x03], ids="{:02X}".format)
def test_without_r_mac_an_answer_is_as_outside_a_session(card: CardUnderTest, level: int) -> None:
    card.select()
    plain = card.send(_SERIAL).data
    channel = _channel(card, level)
    same("answer", raw(card, channel, _SERIAL).data, plain)


@requirement("SM-06", needs=WITH_KEYS)
def test_under_r_enc_answer_data_is_encrypted(card: CardUnderTest) -> None:
    card.select()
    plain = card.send(_SERIAL).data
    channel = _channel(card, 0x33)
    answer = raw(card, channel, _SERIAL)
    same("length of the answer", len(answer.data), 16 + card.mac_length)
    check(plain not in answer.data, "the answer", "the data in clear", "the data encrypted")
    same("opened answer", channel.unwrap(answer).data, plain)
    second = raw(card, channel, _SERIAL)
    check(second.data != answer.data, "the same data again", "the same bytes", "other bytes")
    same("opened answer", channel.unwrap(second).data, plain)


@requirement("SM-06", needs=WITH_KEYS)
def test_under_r_enc_an_answer_without_data_is_a_mac_alone(card: CardUnderTest) -> None:
    channel = _channel(card, 0x33)
    answer = raw(card, channel, AskPin().apdu())
    same("length of an answer without data", len(answer.data), card.mac_length)
    channel.unwrap(answer)


@requirement("SM-07", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x01, 0x33], ids="{:02X}".format)
def test_a_refused_command_leaves_the_session_open(card: CardUnderTest, level: int) -> None:
    channel = _channel(card, level)
    for refused, sw in (
        (get_data(UNKNOWN_TAG), "6A88"),
        (application("INTERNAL AUTHENTICATE", 0x00, 0x07, bytes(17)), "6A86"),
        (Apdu(0x00, 0x02, 0x00, 0x00), "6D00"),
        (application("VERIFY", 0x00, 0x81, bytes(7)), "6700"),
    ):
        card.expect(sw, refused, channel)
        expect_open(card, channel)


@requirement("SM-08", needs=WITH_KEYS)
@pytest.mark.parametrize("level", [0x11, 0x13, 0x33], ids="{:02X}".format)
def test_a_command_is_answered_the_same_with_le_and_without(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    for apdu in (
        _SERIAL,
        ASK,
        ReadPublicKey().apdu(),
        application("INTERNAL AUTHENTICATE", 0x00, 0x07, bytes(17)),
        get_data(UNKNOWN_TAG),
    ):
        with_le, without = (
            channel.unwrap(raw_with(card, channel, apdu, ne)) for ne in (MAX_SHORT_NE, 0)
        )
        same(f"{apdu.label} without Le", without, with_le)
    expect_open(card, channel)


@requirement("SM-08", needs=WITH_KEYS)
def test_what_is_written_without_le_is_written(card: CardUnderTest) -> None:
    channel = _channel(card, 0x33)
    tag = tag_of("validity")
    value = read(card, tag, channel)
    for ne in (0, MAX_SHORT_NE):
        answer = channel.unwrap(raw_with(card, channel, PutData(tag, value).apdu(), ne))
        same("PUT DATA", f"{answer.sw:04X}", "9000")
    same("validity", read(card, tag, channel), value)


@requirement("SM-09", needs=WITH_KEYS)
def test_select_with_secure_messaging_is_refused_and_the_session_goes_on(
    card: CardUnderTest,
) -> None:
    channel = card.session().channel
    for _ in range(2):
        for aid in (spec().aids.isd, spec().aids.instance):
            card.expect("6882", Select(aid).apdu(), channel)
    expect_open(card, channel)
