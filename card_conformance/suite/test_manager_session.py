"""Sessions with the card manager alone: how one opens, and commands and answers inside it."""

from dataclasses import replace

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ANY_CARD, MANAGER
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    NO_SUCH_AID,
    expect_closed,
    handshake,
    manager,
    raw,
    raw_with,
    tampered,
)
from host_lib.apdu import MAX_SHORT_NE, Apdu
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.command import Select

_KEYS = manager("GET DATA", 0x00, 0xE0, answer=True)
_LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)
_R_LEVELS = (0x11, 0x13, 0x33)
_NOT_LEVELS = (0x00, 0x02, 0x10, 0x30, 0x43)
_UNKNOWN = manager("GET DATA", 0xDF, 0x7E, answer=True)
_BLOCK = manager("STORE DATA", 0x10, 0x00, b"\x42", answer=True)
"""The beginning of a stream: answered without data, and nothing is stored."""


def _search(aid: bytes) -> Apdu:
    """Return a GET STATUS whose answer depends on its data."""
    return manager("GET STATUS", 0x80, 0x02, bytes((0x4F, len(aid))) + aid, answer=True)


_FOUND, _NOT_FOUND = _search(spec().aids.isd), _search(NO_SUCH_AID)


def _channel(card: CardUnderTest, level: int = 0) -> SecureChannel:
    wanted = card.need_level(level) if level else None
    return card.session(on_manager=True, level=wanted).channel


def _best(card: CardUnderTest) -> SecurityLevel:
    return SecurityLevel(max(card.levels))


# How a session opens


@requirement("SCP-03", needs=MANAGER)
@pytest.mark.parametrize("level", sorted(spec().secure_channel.level_needs), ids="{:02X}".format)
def test_the_right_cryptogram_opens_the_card_managers_session_at_the_level_asked_for(
    card: CardUnderTest, level: int
) -> None:
    card.expect("9000", _KEYS, _channel(card, level))


@requirement("SCP-04", needs=MANAGER)
def test_a_wrong_host_cryptogram_opens_nothing_on_the_card_manager(card: CardUnderTest) -> None:
    card.select_manager()
    made = handshake(card)
    wrong = bytes((made.cryptogram[0] ^ 0x80,)) + made.cryptogram[1:]
    card.expect("6300", made.authenticate(_best(card), wrong))
    channel = made.channel(_best(card))
    channel.external_authenticate(wrong)
    expect_closed(card, channel)
    card.expect("9000", _KEYS, _channel(card))


@requirement("SCP-05", needs=MANAGER)
def test_a_wrong_mac_on_external_authenticate_opens_nothing_on_the_card_manager(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    made = handshake(card)
    card.expect("6982", tampered(made.authenticate(_best(card))))
    channel = made.channel(_best(card))
    channel.external_authenticate(made.cryptogram)
    expect_closed(card, channel)
    card.expect("9000", _KEYS, _channel(card))


@requirement("SCP-06", needs=ANY_CARD)
def test_the_card_manager_refuses_external_authenticate_out_of_the_blue(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    data = bytes(2 * card.mac_length)
    card.expect("6985", manager("EXTERNAL AUTHENTICATE", 0x33, 0x00, data))


@requirement("SCP-06", needs=MANAGER)
def test_a_command_in_between_spoils_the_card_managers_handshake(card: CardUnderTest) -> None:
    card.select_manager()
    made = handshake(card)
    card.expect("9000", _KEYS)
    card.expect("6985", made.authenticate(_best(card)))


@requirement("SCP-07", needs=MANAGER)
@pytest.mark.parametrize("level", _NOT_LEVELS, ids="{:02X}".format)
def test_the_card_manager_refuses_a_level_that_does_not_exist(
    card: CardUnderTest, level: int
) -> None:
    card.select_manager()
    made = handshake(card)
    card.expect("6A86", made.authenticate(level))
    channel = made.channel(SecurityLevel.C_MAC)
    channel.external_authenticate(made.cryptogram)
    expect_closed(card, channel)


@requirement("SCP-07", needs=MANAGER)
def test_the_card_manager_refuses_a_level_that_i_does_not_announce(card: CardUnderTest) -> None:
    channel = spec().secure_channel
    for level in sorted(set(channel.level_needs) - channel.levels_for(card.i)):
        card.select_manager()
        card.expect("6A86", handshake(card).authenticate(level))


# Inside it


@requirement("SM-01", needs=ANY_CARD)
def test_the_card_manager_refuses_secure_messaging_outside_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    before = card.send(_KEYS)
    for cla, ins in ((0x84, 0xCA), (0x04, 0xCA), (0x84, 0x50), (0x84, 0xF2)):
        card.expect("6982", Apdu(cla, ins, 0x00, 0xE0, bytes(card.mac_length), 256))
    same("the same answer in clear", card.send(_KEYS), before)


@requirement("SM-02", needs=MANAGER)
@pytest.mark.parametrize("level", _LEVELS, ids="{:02X}".format)
def test_a_plain_command_inside_the_card_managers_session_ends_it(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    card.expect("6982", _KEYS)
    expect_closed(card, channel)


@requirement("SM-03", needs=MANAGER)
def test_no_bit_of_a_protected_command_to_the_card_manager_can_be_changed(
    card: CardUnderTest,
) -> None:
    for position in range(0, 16 + card.mac_length, 3):
        channel = _channel(card)
        card.expect("9000", _FOUND, channel)
        card.expect("6982", tampered(channel.wrap(_FOUND), position))
        expect_closed(card, channel)


@requirement("SM-03", needs=MANAGER)
def test_the_mac_covers_the_header_of_a_command_to_the_card_manager(card: CardUnderTest) -> None:
    for ins, p1, p2 in ((0xCA, 0x9F, 0xE0), (0xCA, 0x00, 0x66), (0xF2, 0x00, 0xE0)):
        channel = _channel(card)
        card.expect("6982", replace(channel.wrap(_KEYS), ins=ins, p1=p1, p2=p2))
        expect_closed(card, channel)


@requirement("SM-03", needs=MANAGER)
def test_a_command_repeated_or_out_of_order_ends_the_card_managers_session(
    card: CardUnderTest,
) -> None:
    channel = _channel(card)
    wrapped = channel.wrap(_KEYS)
    card.expect("9000", wrapped)
    card.expect("6982", wrapped)
    expect_closed(card, channel)
    channel = _channel(card)
    channel.wrap(_KEYS)
    card.expect("6982", channel.wrap(_FOUND))
    expect_closed(card, channel)


@requirement("SM-04", needs=MANAGER)
@pytest.mark.parametrize("level", [0x03, 0x13, 0x33], ids="{:02X}".format)
def test_encrypted_data_reaches_the_card_manager_as_it_was_also_after_commands_without_data(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    for command, sw in ((_FOUND, "9000"), (_KEYS, "9000"), (_KEYS, "9000"), (_NOT_FOUND, "6A88")):
        card.expect(sw, command, channel)
    card.expect("9000", _FOUND, channel)


@requirement("SM-05", needs=MANAGER)
@pytest.mark.parametrize("level", _R_LEVELS, ids="{:02X}".format)
def test_the_card_managers_success_carries_a_mac_and_its_errors_nothing(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    for apdu in (_KEYS, _FOUND, _BLOCK):
        answer = raw(card, channel, apdu)
        same(f"{apdu.label} in a session", f"{answer.sw:04X}", "9000")
        carries = len(answer.data) >= card.mac_length
        check(carries, f"{apdu.label} in a session", "no MAC", "an R-MAC")
        channel.unwrap(answer)
    answer = raw(card, channel, _UNKNOWN)
    same("status word", f"{answer.sw:04X}", "6A88")
    same("data of an error", answer.data, b"")


@requirement("SM-05", needs=MANAGER)
@pytest.mark.parametrize("level", [0x01, 0x03], ids="{:02X}".format)
def test_without_r_mac_the_card_manager_answers_as_outside_a_session(
    card: CardUnderTest, level: int
) -> None:
    card.select_manager()
    plain = card.send(_KEYS).data
    channel = _channel(card, level)
    same("answer", raw(card, channel, _KEYS).data, plain)


@requirement("SM-06", needs=MANAGER)
def test_under_r_enc_the_card_managers_answers_are_encrypted_where_they_have_data(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    plain = card.send(_KEYS).data
    channel = _channel(card, 0x33)
    first, second = (raw(card, channel, _KEYS) for _ in "12")
    length = len(plain) // 16 * 16 + 16 + card.mac_length
    same("length of the answer", len(first.data), length)
    check(plain not in first.data, "the answer", "the data in clear", "the data encrypted")
    check(second.data != first.data, "the same data again", "the same bytes", "other bytes")
    empty = raw(card, channel, _BLOCK)
    same("length of an answer without data", len(empty.data), card.mac_length)


@requirement("SM-06", needs=MANAGER)
def test_under_r_enc_the_card_managers_answers_are_opened(card: CardUnderTest) -> None:
    card.select_manager()
    plain = card.send(_KEYS).data
    channel = _channel(card, 0x33)
    for _ in range(3):
        same("opened answer", card.expect("9000", _KEYS, channel).data, plain)
        same("opened answer without data", card.expect("9000", _BLOCK, channel).data, b"")


@requirement("SM-07", needs=MANAGER)
@pytest.mark.parametrize("level", [0x01, 0x33], ids="{:02X}".format)
def test_a_command_that_the_card_manager_refuses_leaves_its_session_open(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    for refused, sw in (
        (_UNKNOWN, "6A88"),
        (manager("GET STATUS", 0x30, 0x02, b"\x4f\x00"), "6A86"),
        (Apdu(0x80, 0x02, 0x00, 0x00), "6D00"),
        (manager("SET STATUS", 0x40, 0x80, bytes(4)), "6700"),
        (manager("SET STATUS", 0x40, 0x80, NO_SUCH_AID), "6A88"),
    ):
        card.expect(sw, refused, channel)
        card.expect("9000", _KEYS, channel)


@requirement("SM-08", needs=MANAGER)
@pytest.mark.parametrize("level", _R_LEVELS, ids="{:02X}".format)
def test_the_card_manager_answers_the_same_with_le_and_without(
    card: CardUnderTest, level: int
) -> None:
    channel = _channel(card, level)
    for apdu in (_KEYS, _FOUND, _NOT_FOUND, _BLOCK, _UNKNOWN):
        with_le, without = (
            channel.unwrap(raw_with(card, channel, apdu, ne)) for ne in (MAX_SHORT_NE, 0)
        )
        same(f"{apdu.label} without Le", without, with_le)
    card.expect("9000", _KEYS, channel)


@requirement("SM-09", needs=MANAGER)
def test_the_card_manager_refuses_select_with_secure_messaging_and_its_session_goes_on(
    card: CardUnderTest,
) -> None:
    channel = _channel(card)
    for _ in range(2):
        for aid in (spec().aids.isd, NO_SUCH_AID):
            card.expect("6882", Select(aid).apdu(), channel)
    card.expect("9000", _KEYS, channel)


@requirement("SM-11", needs=MANAGER)
def test_a_protected_command_shorter_than_its_mac_ends_the_card_managers_session(
    card: CardUnderTest,
) -> None:
    for length in (0, 1, card.mac_length - 1):
        channel = _channel(card)
        wrapped = channel.wrap(_KEYS)
        card.expect("6982", replace(wrapped, data=wrapped.data[:length]))
        expect_closed(card, channel)
