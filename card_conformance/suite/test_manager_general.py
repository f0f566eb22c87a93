"""What holds for every command, asked of the card manager alone: no application is needed."""

from random import Random

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ANY_CARD, MANAGER, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    NO_SUCH_AID,
    UNKNOWN_TAG,
    application,
    expect_closed,
    manager,
    refuses_chaining,
    refuses_other_channels,
)
from card_conformance.suite.test_general import (
    MALFORMED,
    UNKNOWN_INSTRUCTIONS,
    no_internal_error,
)
from host_lib.apdu import Apdu
from host_lib.command import GetKeyInformation, Registry, SelectCardManager
from host_lib.flow.registry import list_registry

_COMMANDS = tuple(spec().card_manager.values())
_BOTH_CLASSES = ("SELECT", "GET DATA", "STORE DATA")
_SESSION = ("SELECT", "INITIALIZE UPDATE", "EXTERNAL AUTHENTICATE", "SET STATUS")
"""Instructions that random commands leave out: they end a session, or the card."""
_KEYS = manager("GET DATA", 0x00, 0xE0, answer=True)
_ISD = spec().aids.isd


@requirement("GEN-01", needs=ANY_CARD)
def test_the_card_manager_refuses_a_logical_channel_other_than_0(card: CardUnderTest) -> None:
    card.select_manager()
    refuses_other_channels(card, 0x9F7F)


@requirement("GEN-02", needs=ANY_CARD)
def test_the_card_manager_refuses_the_chaining_bit(card: CardUnderTest) -> None:
    card.select_manager()
    refuses_chaining(card)


@requirement("GEN-03", needs=ANY_CARD)
def test_the_card_manager_refuses_its_instructions_in_another_class(card: CardUnderTest) -> None:
    card.select_manager()
    for command in _COMMANDS:
        if command.name not in _BOTH_CLASSES:
            card.expect("6E00", Apdu(0x00, command.ins, 0x00, 0x00, label=command.name))


@requirement("GEN-04", needs=MANAGER)
def test_the_card_manager_refuses_an_unknown_instruction(card: CardUnderTest) -> None:
    card.select_manager()
    for ins in UNKNOWN_INSTRUCTIONS:
        card.expect("6D00", Apdu(0x00, ins, 0x00, 0x00))
        card.expect("6D00", Apdu(0x80, ins, 0x00, 0x00))
    channel = card.session(on_manager=True).channel
    for ins in UNKNOWN_INSTRUCTIONS:
        card.expect("6D00", Apdu(0x80, ins, 0x00, 0x00), channel)


@requirement("GEN-06", needs=MANAGER)
def test_the_card_manager_refuses_wrong_p1_or_p2_before_it_looks_at_the_length(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    card.expect("6A86", manager("INITIALIZE UPDATE", card.key_version(), 0x01, b"\x01\x02\x03"))
    channel = card.session(on_manager=True).channel
    for name, p1, p2 in (
        ("PUT KEY", 0x00, 0x00),
        ("PUT KEY", 0x00, 0x83),
        ("INSTALL", 0x03, 0x00),
        ("INSTALL", 0x0C, 0x01),
        ("DELETE", 0x01, 0x00),
        ("LOAD", 0x01, 0x00),
        ("GET STATUS", 0x30, 0x02),
        ("GET STATUS", 0x40, 0x00),
        ("SET STATUS", 0x60, 0x80),
        ("STORE DATA", 0x08, 0x00),
    ):
        card.expect("6A86", manager(name, p1, p2, b"\x01\x02\x03", answer=True), channel)


@requirement("GEN-07", needs=MANAGER)
def test_the_card_manager_refuses_a_length_that_a_command_does_not_take(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    short = card.mac_length - 1
    for name, p1, p2, length in (
        ("INITIALIZE UPDATE", card.key_version(), 0x00, short),
        ("GET DATA", 0x00, 0x66, 1),
    ):
        card.expect("6700", manager(name, p1, p2, bytes(length), answer=True))
    channel = card.session(on_manager=True).channel
    for name, p1, p2, length in (
        ("GET DATA", 0x00, 0x66, 1),
        ("SET STATUS", 0x40, 0x80, 4),
        ("LOAD", 0x00, 0x00, 0),
        ("STORE DATA", 0x90, 0x00, 0),
    ):
        card.expect("6700", manager(name, p1, p2, bytes(length), answer=True), channel)


@requirement("GEN-09", needs=ANY_CARD)
def test_no_command_in_clear_to_the_card_manager_meets_an_internal_error(
    card: CardUnderTest,
) -> None:
    random = Random(5)
    card.select_manager()
    # A wrong cryptogram may be counted.
    known = [each.ins for each in _COMMANDS if each.name != "EXTERNAL AUTHENTICATE"]
    for _ in range(150):
        apdu = Apdu(
            random.choice((0x00, 0x80, 0x00, 0x80, 0x04, 0x84, 0x01, 0x10, 0x20)),
            random.choice([*known, *UNKNOWN_INSTRUCTIONS]),
            random.choice((0x00, 0x04, 0x40, 0x80, 0x9F, random.randrange(256))),
            random.choice((0x00, 0x02, 0x80, 0x7F, 0xFF, random.randrange(256))),
            random.randbytes(random.choice((0, 1, 8, 16, 17, 255))),
            ne=random.choice((0, 1, 256)),
        )
        no_internal_error(card.send(apdu).sw, apdu)


@requirement("GEN-09", needs=at(Stage.KEYED, leaves=Stage.KEYED))
def test_no_command_in_the_card_managers_session_meets_an_internal_error(
    card: CardUnderTest,
) -> None:
    random = Random(7)
    usual = [each for each in _COMMANDS if each.name not in _SESSION]
    channel = card.session(on_manager=True).channel
    for command in random.choices(usual, k=150):
        p1, p2 = (random.choice((0, 2, 0x40, 0x80, random.randrange(256))) for _ in "12")
        data = random.choice((b"", b"\x4f\x00", _ISD, random.randbytes(random.randrange(1, 100))))
        apdu = Apdu(command.cla, command.ins, p1, p2, data, 256, command.name, secret=True)
        no_internal_error(card.send(apdu, channel).sw, apdu)
    card.expect("9000", _KEYS, channel)


@requirement("GEN-10", needs=MANAGER)
def test_a_command_that_the_card_manager_refuses_changes_nothing(card: CardUnderTest) -> None:
    before = _snapshot(card)
    channel = card.session(on_manager=True).channel
    own = card.key_version()
    for apdu in (
        manager("PUT KEY", 0x00, 0x81, b"\x3f\x88\x11"),
        manager("DELETE KEY", 0x00, 0x00, bytes((0xD2, 1, own))),
        manager("DELETE", 0x00, 0x00, b"\x4f" + bytes((len(_ISD),)) + _ISD),
        manager("INSTALL", 0x0C, 0x00, b"\x09\xf0\x55\x4e"),
        manager("LOAD", 0x80, 0x00, b"\xc4\x01\x00"),
        manager("STORE DATA", 0x90, 0x00, b"\x45\x01\x07\x4f\x01\x00"),
        manager("SET STATUS", 0x80, 0x01),
        manager("SET STATUS", 0x40, 0x80, NO_SUCH_AID),
    ):
        answer = card.send(apdu, channel)
        check(answer.sw != 0x9000, apdu.label, f"{answer.sw:04X}", "a refusal")
    same("the card after refused commands", _snapshot(card) == before, True)


def _snapshot(card: CardUnderTest) -> tuple[object, ...]:
    channel = card.session(on_manager=True).channel
    keys = card.run(GetKeyInformation(), channel)
    lists = [list(card.run(list_registry(each), channel)) for each in Registry]
    numbers = [card.send(manager("GET DATA", 0, tag, answer=True), channel) for tag in (0x42, 0x45)]
    return keys, lists, numbers


@requirement("GEN-11", needs=ANY_CARD)
@pytest.mark.parametrize("command", MALFORMED)
def test_the_card_manager_refuses_lengths_in_another_form_before_anything_else(
    card: CardUnderTest, command: str
) -> None:
    card.select_manager()
    card.expect_bytes("6700", bytes.fromhex(command))


@requirement("GEN-11", needs=MANAGER)
def test_lengths_in_another_form_leave_the_card_managers_session_open(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for command in MALFORMED:
        card.expect_bytes("6700", bytes.fromhex(command))
        card.expect("9000", _KEYS, channel)


@requirement("SEL-02", needs=MANAGER)
def test_select_of_an_unknown_name_leaves_the_card_managers_session_as_it_was(
    card: CardUnderTest,
) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A82", application("SELECT", 0x04, 0x00, NO_SUCH_AID, answer=True))
    card.expect("9000", _KEYS, channel)


@requirement("SEL-04", needs=MANAGER)
def test_select_of_the_card_manager_ends_its_session(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A88", manager("GET DATA", UNKNOWN_TAG >> 8, UNKNOWN_TAG & 0xFF), channel)
    card.run(SelectCardManager(_ISD))
    expect_closed(card, channel)
