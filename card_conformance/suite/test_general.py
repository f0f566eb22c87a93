"""What holds for every command: classes, instructions, the order of checks, malformed commands."""

from random import Random

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import (
    APPLICATION,
    ISSUED,
    MANAGER,
    WITH_KEYS,
    WITH_PIN,
    Stage,
    at,
    reading,
)
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    NO_SUCH_AID,
    application,
    expect_open,
    get_data,
    manager,
    read,
    refuses_chaining,
    refuses_foreign_classes,
    refuses_other_channels,
    suspended,
    tag_of,
)
from host_lib.apdu import Apdu
from host_lib.command import GetKeyInformation

MALFORMED = (
    "00CADF51 000000",
    "04CADF51 000008 0000000000000000 0000",
    "00CB3FFF 000004 5C02DF51 0000",
    "80503000 000008 0102030405060708 0000",
    "00CADF51 08 AABB",
    "00020000 000001 00",
    "00CADF51 00 01",
    "01CADF51 000000",
    "10CADF51 08 AABB",
    "20CADF51 000000",
    "84CADF51 00 01",
    "FFCADF51 000000",
    "00D80081 000030",
    "80D80081 30 AABB",
)
"""Extended lengths, and lengths that contradict each other, in classes of every kind."""

UNKNOWN_INSTRUCTIONS = (0x02, 0x36, 0x7A, 0xFA)
_KNOWN = tuple(command for command in spec().commands.values() if not command.draft)
_CHANGES = frozenset(
    {"RESET RETRY COUNTER", "PUT DATA", "STORE DATA", "SET STATUS", "PUT KEY", "DELETE KEY"}
    | {"INSTALL", "GENERATE ASYMMETRIC KEY PAIR", "VERIFY", "CHANGE REFERENCE DATA"}
)
# A wrong cryptogram may be counted, and SELECT would leave the application.
_NOT_AT_RANDOM = ("EXTERNAL AUTHENTICATE", "SELECT")
_INTERNAL_ERRORS = (0x6F00, 0x6581)
_LONGEST_AID = 16
"""Bytes of an AID at most (ISO/IEC 7816-4:2020, 12.2.3)."""


@requirement("GEN-01", needs=APPLICATION)
def test_a_logical_channel_other_than_0_is_refused(card: CardUnderTest) -> None:
    card.select()
    refuses_other_channels(card, 0xDF51)


@requirement("GEN-02", needs=APPLICATION)
def test_the_chaining_bit_is_refused(card: CardUnderTest) -> None:
    card.select()
    refuses_chaining(card)


@requirement("GEN-03", needs=APPLICATION)
def test_a_known_instruction_in_another_class_is_refused(card: CardUnderTest) -> None:
    card.select()
    for command in _KNOWN:
        if command.name != "SELECT":
            other = 0x00 if command.cla & 0x80 else 0x80
            card.expect("6E00", Apdu(other, command.ins, 0x00, 0x00, label=command.name))


@requirement("GEN-03", needs=APPLICATION)
def test_no_instruction_is_known_in_a_class_of_nobodys(card: CardUnderTest) -> None:
    card.select()
    refuses_foreign_classes(card)


@requirement("GEN-04", needs=APPLICATION)
def test_an_unknown_instruction_is_refused(card: CardUnderTest) -> None:
    card.select()
    for ins in UNKNOWN_INSTRUCTIONS:
        card.expect("6D00", Apdu(0x00, ins, 0x00, 0x00))
        card.expect("6D00", Apdu(0x80, ins, 0x00, 0x00))


@requirement("GEN-04", needs=WITH_KEYS)
def test_an_unknown_instruction_is_refused_in_a_session_and_when_suspended(
    card: CardUnderTest,
) -> None:
    unknown = Apdu(0x00, UNKNOWN_INSTRUCTIONS[0], 0x00, 0x00)
    card.expect("6D00", unknown, card.session().channel)
    with suspended(card):
        card.select()
        card.expect("6D00", unknown)


@requirement("GEN-05", needs=at(Stage.INSTALLED))
def test_a_blank_card_refuses_what_needs_a_personalized_one_before_looking_further(
    card: CardUnderTest,
) -> None:
    card.select()
    for command in _KNOWN:
        if "BLANK" not in command.states:
            card.expect("6985", Apdu(command.cla, command.ins, 0x77, 0x77, b"\x01\x02\x03"))


@requirement("GEN-05", "STA-04", needs=WITH_KEYS)
def test_a_suspended_card_refuses_with_6985_before_looking_at_parameters(
    card: CardUnderTest,
) -> None:
    with suspended(card):
        card.select()
        for command in _KNOWN:
            if "ACTIVE" in command.states and "SUSPENDED" not in command.states:
                card.expect("6985", Apdu(command.cla, command.ins, 0x77, 0x77, b"\x01\x02\x03"))


@requirement("GEN-06", needs=ISSUED)
def test_wrong_p1_or_p2_is_refused_before_the_length_is_looked_at(card: CardUnderTest) -> None:
    card.select()
    for name, p1, p2 in (
        ("INTERNAL AUTHENTICATE", 0x01, 0x00),
        ("INTERNAL AUTHENTICATE", 0x00, 0x02),
        ("GET DATA PART", 0x00, 0xFF),
        ("INITIALIZE UPDATE", 0x30, 0x01),
    ):
        card.expect("6A86", application(name, p1, p2, b"\x01\x02\x03"))


@requirement("GEN-06", needs=WITH_PIN)
@pytest.mark.usefixtures("holder_pin")
def test_a_pin_command_with_wrong_p1_or_p2_costs_no_try(card: CardUnderTest) -> None:
    for name, p1, p2 in (
        ("VERIFY", 0x01, 0x81),
        ("VERIFY", 0x00, 0x82),
        ("CHANGE REFERENCE DATA", 0x01, 0x81),
    ):
        card.expect("6A86", application(name, p1, p2, b"\x01\x02\x03"))
    same("tries", card.select().pin_tries, spec().limits["pin_tries"])


@requirement("GEN-06", needs=WITH_KEYS)
def test_wrong_p1_or_p2_is_refused_in_a_session_too(card: CardUnderTest) -> None:
    channel = card.session().channel
    for name, p1, p2 in (
        ("RESET RETRY COUNTER", 0x01, 0x81),
        ("SET STATUS", 0x40, 0x00),
        ("GENERATE ASYMMETRIC KEY PAIR", 0x82, 0x00),
        ("STORE DATA", 0x00, 0x00),
    ):
        card.expect("6A86", application(name, p1, p2, b"\x01\x02\x03"), channel)


@requirement("GEN-07", needs=ISSUED)
def test_a_length_that_a_command_does_not_take_is_refused(card: CardUnderTest) -> None:
    card.select()
    for name, p1, p2, length in (
        ("INTERNAL AUTHENTICATE", 0x00, 0x00, 16),
        ("INTERNAL AUTHENTICATE", 0x00, 0x00, 18),
        ("GET DATA", 0xDF, 0x51, 1),
        ("INITIALIZE UPDATE", 0x30, 0x00, 7),
        ("INITIALIZE UPDATE", 0x30, 0x00, 9),
    ):
        card.expect("6700", application(name, p1, p2, bytes(length), answer=True))


@requirement("GEN-07", needs=WITH_PIN)
@pytest.mark.usefixtures("holder_pin")
def test_a_pin_command_of_a_wrong_length_costs_no_try(card: CardUnderTest) -> None:
    for name, length in (
        ("VERIFY", 7),
        ("VERIFY", 9),
        ("CHANGE REFERENCE DATA", 15),
        ("CHANGE REFERENCE DATA", 17),
    ):
        card.expect("6700", application(name, 0x00, 0x81, bytes(length)))
    same("tries", card.select().pin_tries, spec().limits["pin_tries"])


@requirement("GEN-11", needs=APPLICATION)
@pytest.mark.parametrize("command", MALFORMED)
def test_lengths_in_another_form_are_refused_before_anything_else(
    card: CardUnderTest, command: str
) -> None:
    card.select()
    card.expect_bytes("6700", bytes.fromhex(command))


@requirement("GEN-11", needs=WITH_KEYS)
def test_lengths_in_another_form_leave_a_session_open(card: CardUnderTest) -> None:
    channel = card.session().channel
    for command in MALFORMED:
        card.expect_bytes("6700", bytes.fromhex(command))
        expect_open(card, channel)


@requirement("GEN-08", needs=ISSUED)
def test_malformed_data_is_refused(card: CardUnderTest) -> None:
    card.select()
    card.expect("6A80", application("GET DATA PART", 0x3F, 0xFF, b"\x5c\x05\xdf", answer=True))


@requirement("GEN-08", needs=MANAGER)
def test_the_card_manager_refuses_malformed_data(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for name, p1, p2, data in (
        ("DELETE KEY", 0x00, 0x00, "D20230"),
        ("GET STATUS", 0x40, 0x02, "5000"),
        ("INSTALL", 0x0C, 0x00, "09F0554E"),
        ("PUT KEY", 0x00, 0x81, "3F8803"),
    ):
        card.expect("6A80", manager(name, p1, p2, bytes.fromhex(data), answer=True), channel)


@requirement("GEN-08", needs=MANAGER)
@pytest.mark.parametrize("reference", ["D200", "D2023E3E"])
def test_a_key_reference_that_is_not_one_byte_is_malformed(
    card: CardUnderTest, reference: str
) -> None:
    channel = card.session(on_manager=True).channel
    command = manager("DELETE KEY", 0x00, 0x00, bytes.fromhex(reference), answer=True)
    card.expect("6A80", command, channel)


@requirement("GEN-08", needs=MANAGER)
def test_a_name_longer_than_an_aid_is_malformed(card: CardUnderTest) -> None:
    search = bytes((0x4F, _LONGEST_AID + 1)) + NO_SUCH_AID.ljust(_LONGEST_AID + 1, b"\x01")
    channel = card.session(on_manager=True).channel
    for part in (0x80, 0x40, 0x20, 0x10):
        card.expect("6A80", manager("GET STATUS", part, 0x02, search, answer=True), channel)


@requirement("GEN-09", needs=APPLICATION)
def test_no_command_in_clear_meets_an_internal_error(card: CardUnderTest) -> None:
    harmless = [c.ins for c in _KNOWN if c.name not in (*_CHANGES, *_NOT_AT_RANDOM)]
    _try_many(card, Random(3), [*harmless, *UNKNOWN_INSTRUCTIONS])


@requirement("GEN-09", needs=at(Stage.ISSUED, leaves=Stage.ISSUED))
def test_no_command_that_could_change_something_meets_an_internal_error(
    card: CardUnderTest,
) -> None:
    random = Random(9)
    _try_many(card, random, [command.ins for command in _KNOWN])
    card.reader.reset()
    _try_many_in_session(card, random)


def _try_many(card: CardUnderTest, random: Random, instructions: list[int]) -> None:
    card.select()
    for _ in range(150):
        apdu = Apdu(
            random.choice((0x00, 0x80, 0x00, 0x80, 0x04, 0x84, 0x01, 0x10, 0x20)),
            random.choice(instructions),
            random.choice((0x00, 0x3F, 0x40, 0x7F, 0xDF, random.randrange(256))),
            random.choice((0x00, 0x51, 0x81, 0xFF, random.randrange(256))),
            random.randbytes(random.choice((0, 1, 8, 16, 17, 255))),
            ne=random.choice((0, 1, 256)),
        )
        no_internal_error(card.send(apdu).sw, apdu)


def _try_many_in_session(card: CardUnderTest, random: Random) -> None:
    for command in random.choices(_KNOWN, k=100):
        if command.name in ("SELECT", "INITIALIZE UPDATE", "EXTERNAL AUTHENTICATE", "SET STATUS"):
            continue
        variant = random.choice(command.variants)
        p1, p2 = _parameter(variant.p1, random), _parameter(variant.p2, random)
        data = random.randbytes(random.choice((0, 1, 8, 17, 100)))
        apdu = Apdu(command.cla, command.ins, p1, p2, data, 256, command.name, secret=True)
        channel = card.session().channel
        no_internal_error(card.send(apdu, channel).sw, apdu)


def _parameter(text: str, random: Random) -> int:
    try:
        return bytes.fromhex(text)[0]
    except ValueError:
        return random.randrange(256)


def no_internal_error(sw: int, apdu: Apdu) -> None:
    header = apdu.header.hex().upper()
    check(sw not in _INTERNAL_ERRORS, header, f"{sw:04X}", "no internal error")


@requirement("GEN-10", needs=reading(WITH_KEYS))
def test_a_refused_command_changes_nothing(card: CardUnderTest) -> None:
    before = _snapshot(card)
    on_application = (
        application("PUT DATA", 0xDF, 0x52, bytes.fromhex("2025139920261399")),
        application("STORE DATA", 0x88, 0x00, bytes.fromhex("0103082020010120991231")),
        application("SET STATUS", 0x40, 0x1F),
        application("GENERATE ASYMMETRIC KEY PAIR", 0x80, 0x00, answer=True),
    )
    for apdu in on_application:
        answer = card.send(apdu, card.session().channel)
        check(answer.sw != 0x9000, apdu.label, f"{answer.sw:04X}", "a refusal")
    for apdu in (
        manager("PUT KEY", 0x00, 0x81, b"\x3f\x88\x11"),
        manager("DELETE KEY", 0x00, 0x00, bytes((0xD2, 1, card.key_version()))),
        manager("SET STATUS", 0x80, 0x01),
    ):
        answer = card.send(apdu, card.session(on_manager=True).channel)
        check(answer.sw != 0x9000, apdu.label, f"{answer.sw:04X}", "a refusal")
    same("the card after refused commands", _snapshot(card) == before, True)


def _snapshot(card: CardUnderTest) -> tuple[object, ...]:
    card.select_manager()
    keys = card.run(GetKeyInformation())
    fci = card.select()
    channel = card.session().channel
    names = ("card number", "cardholder data", "validity", "card serial", "card certificate")
    values = tuple(read(card, tag_of(name), channel) for name in names)
    return keys, fci, values, card.send(get_data(tag_of("holder flags")), channel).data
