"""The software card's application after personalization, driven by raw bytes.

Comments name the requirements that a test shows.
"""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.chip import Interface
from tests.card_simulator.sim_host import installed, personalized, with_own_pin
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARD_SERIAL,
    CARDHOLDER,
    CERTIFICATE,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    Terminal,
    apdu,
)

VERIFY = (0x00, 0x20, 0x00, 0x81)
CHANGE = (0x00, 0x24, 0x00, 0x81)
CARD_PROOF = (0x00, 0x88, 0x00, 0x00)
PRESENCE_PROOF = (0x00, 0x88, 0x00, 0x01)
SUSPEND = (0x80, 0xF0, 0x40, 0x3F)
RESUME = (0x80, 0xF0, 0x40, 0x1F)
TERMINATE = (0x80, 0xF0, 0x40, 0x7F)
CHALLENGE = bytes(range(16)) + b"\x04"


def fci(state: int, tries: int = 3, finger: int = 8) -> bytes:
    return (
        bytes.fromhex("6F1E840A")
        + AIDS.instance
        + bytes.fromhex("A51080020100")
        + bytes((0x81, 1, state, 0x82, 2, tries, finger, 0x83, 3, 0, 0, 0))
    )


def issuer(card: Card, level: int = 0x33) -> Terminal:
    host = Terminal(card.transmit)
    host.select(AIDS.instance)
    host.authenticate(level=level)
    return host


def read_part(host: Terminal, tag: str, offset: int | None = None) -> tuple[bytes, int]:
    wanted = bytes.fromhex(tag)
    data = b"\x5c" + bytes([len(wanted)]) + wanted
    if offset is not None:
        data += b"\x54\x02" + offset.to_bytes(2, "big")
    return host.send(0x00, 0xCB, 0x3F, 0xFF, data)


# SELECT and classes


def test_select_answers_version_state_tries_and_transaction_number() -> None:
    # SEL-01, SEL-05
    _, host = installed()
    assert host.select(AIDS.instance) == (fci(0x07, tries=0, finger=0), 0x9000)
    _, host = personalized()
    assert host.select(AIDS.instance) == (fci(0x0F), 0x9000)


@pytest.mark.parametrize("ins", [0x21, 0x41, 0xB0, 0xB3, 0xD6, 0xE6, 0xF2, 0xC0])
@pytest.mark.parametrize("cla", [0x00, 0x80])
def test_instructions_that_are_not_the_applications_get_6d00(ins: int, cla: int) -> None:
    # GEN-04
    _, host = personalized()
    assert host.raw(apdu(cla, ins, 0, 0)) == (b"", 0x6D00)
    host.authenticate()
    assert host.sw(cla, ins, 0, 0) == 0x6D00


def test_known_instructions_in_the_other_class_get_6e00() -> None:
    # GEN-03
    _, host = personalized()
    for command in spec().commands.values():
        if not command.draft:
            cla = (command.cla ^ 0x80) & ~0x04
            assert host.raw(apdu(cla, command.ins, 0, 0)) == (b"", 0x6E00), command.name


def test_the_state_is_looked_at_before_session_parameters_and_data() -> None:
    # GEN-05
    card, host = installed()
    blank = Terminal(card.transmit)
    blank.select(AIDS.instance)
    for command in ("00DA000001", "002000FF00", "00240000", "002C0000", "00880505", "80F00000"):
        assert blank.raw(command) == (b"", 0x6985), command
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0x00, 0xDA, 0xDF, 0x52, VALIDITY) == 0x6985


def test_the_session_is_looked_at_before_parameters() -> None:
    _, host = personalized()
    for command in ("00DADF5201", "002C0000", "00460000", "80E20000", "80F00000"):
        assert host.raw(command) == (b"", 0x6982), command


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0020000008" + "00" * 8, 0x6A86),  # GEN-06
        ("0020008207" + "00" * 7, 0x6A86),
        ("0020008107" + "00" * 7, 0x6700),  # GEN-07
        ("002400810F" + "00" * 15, 0x6700),
        ("0024018110" + "00" * 16, 0x6A86),
        ("0088000010" + "00" * 16, 0x6700),
        ("0088000211" + "00" * 17, 0x6A86),
        ("00CADF510101", 0x6700),
        ("00CB3FFE035C0165", 0x6A86),
        ("805000000401020304", 0x6700),
    ],
)
def test_parameters_come_before_lengths_and_lengths_before_data(command: str, sw: int) -> None:
    _, host = with_own_pin()
    assert host.raw(command) == (b"", sw)


# Data objects


def test_objects_are_readable_by_whom_their_rule_names() -> None:
    # GDA-01, GDA-03
    card, host = with_own_pin()
    values = {0x5A: ANCHOR[:8], 0xDF50: ANCHOR[8:16], 0xDF51: CARD_SERIAL, 0xDF52: VALIDITY,
              0xDF53: b"\x00", 0xDF54: bytes(8)}  # fmt: skip

    def readable(terminal: Terminal) -> set[int]:
        return {
            tag for tag in values if terminal.send(0, 0xCA, *tag.to_bytes(2, "big"))[1] == 0x9000
        }

    assert readable(host) == {0xDF51, 0xDF52}
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert readable(host) == {0xDF51, 0xDF52, 0xDF53}
    host = issuer(card)
    for tag, value in values.items():
        assert host.send(0, 0xCA, *tag.to_bytes(2, "big")) == (value, 0x9000)


def test_an_unreadable_object_gets_6982_whether_it_holds_a_value_or_not() -> None:
    # GDA-02, GDA-03
    card, host = installed()
    blank = Terminal(card.transmit)
    blank.select(AIDS.instance)
    for tag in (0x005A, 0xDF50, 0xDF21, 0xDF30, 0x0065):
        assert blank.sw(0, 0xCA, *tag.to_bytes(2, "big")) == 0x6982
    assert blank.sw(0, 0xCA, 0xDF, 0x51) == 0x6A88
    assert blank.sw(0, 0xCA, 0x12, 0x34) == 0x6A88
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0, 0xCA, 0x00, 0x5A) == 0x6A88
    assert host.sw(0, 0xCA, 0xDF, 0x21) == 0x6982


def test_long_objects_are_read_in_parts_only() -> None:
    # GDA-04, GDP-01, GDP-02
    card, _ = personalized()
    host = issuer(card)
    for tag, value in (("65", CARDHOLDER), ("7F21", CERTIFICATE)):
        assert host.sw(0, 0xCA, *bytes.fromhex(tag.rjust(4, "0"))) == 0x6A81
        joined = b""
        while len(joined) < len(value):
            data, sw = read_part(host, tag, len(joined))
            assert (data[:2], data[2:4], sw) == (
                b"\x80\x02",
                len(value).to_bytes(2, "big"),
                0x9000,
            )
            part = data[7:] if data[5] == 0x81 else data[6:]
            assert len(part) <= 224
            joined += part
        assert joined == value
        assert read_part(host, tag)[0] == read_part(host, tag, 0)[0]
        assert read_part(host, tag, len(value)) == (b"", 0x6B00)
        assert read_part(host, tag, 0xFFFF) == (b"", 0x6B00)


def test_parts_obey_the_same_read_rules() -> None:
    _, host = with_own_pin()
    assert read_part(host, "65") == (b"", 0x6982)
    assert read_part(host, "DF21") == (b"", 0x6982)
    assert read_part(host, "7F60") == (b"", 0x6A88)
    assert read_part(host, "5B") == (b"", 0x6A88)
    assert read_part(host, "DF51")[0] == bytes.fromhex("800200085308") + CARD_SERIAL
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert read_part(host, "65")[1] == 0x9000


@pytest.mark.parametrize(
    "data",
    ["", "5C", "5C00", "5C0200", "54020000", "540200005C0165", "5C016554020000540200" "00",
     "5C0165540100", "5C0165540300000" "0", "005C0165", "5C016500", "5C01655301AA", "5C03DF8151",
     "5C015F", "5C020065", "5C026565", "5C017F", "5C0165DF5100"],
)  # fmt: skip
def test_malformed_tag_lists_and_offsets_get_6a80(data: str) -> None:
    # GDP-03
    _, host = personalized()
    assert host.raw(apdu(0, 0xCB, 0x3F, 0xFF, bytes.fromhex(data))) == (b"", 0x6A80)


def test_the_issuer_replaces_the_validity() -> None:
    # PDA-01, PDA-02, PDA-03
    card, host = personalized()
    put = (0x00, 0xDA, 0xDF, 0x52)
    later = bytes.fromhex("2026010120351231")
    assert host.sw(*put, later) == 0x6982
    assert issuer(card, 0x11).sw(*put, later) == 0x6982
    host = issuer(card)
    for bad in (
        "2030123120260101",
        "2026000120301231",
        "2026023020301231",
        "2026010A20301231",
        "20260101",
        "202601012030123100",
        "",
    ):
        assert host.sw(*put, bytes.fromhex(bad)) == 0x6A80, bad
    assert host.send(0, 0xCA, 0xDF, 0x52)[0] == VALIDITY
    assert host.sw(*put, later) == 0x9000
    assert host.send(0, 0xCA, 0xDF, 0x52)[0] == later
    assert host.sw(0x00, 0xDA, 0xDF, 0x51, CARD_SERIAL) == 0x6982
    assert host.sw(0x00, 0xDA, 0x12, 0x34, later) == 0x6A88


# PIN


def test_a_transport_pin_only_allows_to_change_it() -> None:
    # PIN-04, PIN-05, CHG-01
    _, host = personalized()
    for pin in (PIN, WRONG_PIN):
        assert host.sw(*VERIFY, pin) == 0x6985
    assert host.sw(*VERIFY) == 0x63C3
    assert host.sw(*CHANGE, PIN + NEW_PIN) == 0x9000
    assert host.sw(*VERIFY) == 0x63C3
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.sw(*VERIFY) == 0x9000


def test_a_right_pin_gives_the_tries_back() -> None:
    # PIN-01, PIN-02
    _, host = with_own_pin()
    assert host.sw(*VERIFY, WRONG_PIN) == 0x63C2
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.select(AIDS.instance)[0] == fci(0x0F)


def test_a_wrong_pin_clears_the_flag() -> None:
    _, host = with_own_pin()
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.sw(*VERIFY, WRONG_PIN) == 0x63C2
    assert host.sw(*VERIFY) == 0x63C2
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.sw(*CHANGE, WRONG_PIN + PIN) == 0x63C2
    assert host.sw(*VERIFY) == 0x63C2


def test_three_wrong_pins_block_the_right_one_too() -> None:
    # PIN-03, CHG-02, PIN-05
    _, host = with_own_pin()
    assert host.sw(*VERIFY, WRONG_PIN) == 0x63C2
    assert host.sw(*CHANGE, WRONG_PIN + PIN) == 0x63C1
    assert host.sw(*VERIFY, WRONG_PIN) == 0x63C0
    assert host.sw(*VERIFY, NEW_PIN) == 0x6983
    assert host.sw(*CHANGE, NEW_PIN + PIN) == 0x6983
    assert host.sw(*VERIFY) == 0x6983
    assert host.select(AIDS.instance)[0] == fci(0x0F, tries=0)


@pytest.mark.parametrize(
    "block",
    ["2312 3FFFFFFFFFFF", "29123456789FFFFF", "24123FFFFFFFFFFF", "2412345FFFFFFFFF",
     "3412 34FFFFFFFFFF", "04123400000000" "00", "24AAAAFFFFFFFFFF", "2556789FFFFFFFFF"],
)  # fmt: skip
def test_a_new_pin_that_is_malformed_or_the_old_one_costs_no_try(block: str) -> None:
    # CHG-03
    _, host = with_own_pin()
    assert host.sw(*CHANGE, NEW_PIN + bytes.fromhex(block)) == 0x6A80
    assert host.sw(*VERIFY) == 0x63C3


def test_the_pin_flag_ends_with_reset_select_sessions_and_their_ends() -> None:
    # PIN-08, SCP-08
    card, host = with_own_pin()

    def ends(*commands: bytes | str) -> None:
        host.select(AIDS.instance)
        assert host.sw(*VERIFY, NEW_PIN) == 0x9000
        for command in commands:
            host.raw(command)
        assert host.sw(*VERIFY) == 0x63C3

    ends(apdu(0, 0xA4, 4, 0, AIDS.instance))
    ends(apdu(0, 0xA4, 4, 0, ISD), apdu(0, 0xA4, 4, 0, AIDS.instance))
    ends("8050550008" + "00" * 8)
    ends("8482330010" + "00" * 16)
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    card.reset()
    host.select(AIDS.instance)
    assert host.sw(*VERIFY) == 0x63C3
    host.authenticate()
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.raw("00CADF5100") == (b"", 0x6982)
    host.level = 0
    assert host.sw(*VERIFY) == 0x63C3


def test_the_pin_flag_outlives_refused_and_reading_commands() -> None:
    _, host = with_own_pin()
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    for command in (
        "0050FF0008" + "00" * 8,
        "0082330010" + "00" * 16,
        "00CADF5100",
        "00FF0000",
        "01CADF5100",
        "00A4040005F000000000",
        "84CA0000",
    ):
        host.raw(command)
    assert host.sw(*VERIFY) == 0x9000


def test_over_contactless_the_pin_needs_a_session() -> None:
    # PIN-07
    card, host = with_own_pin()
    card.interface = Interface.CONTACTLESS
    for command in ((*VERIFY, b""), (*VERIFY, NEW_PIN), (*CHANGE, NEW_PIN + PIN)):
        assert host.sw(*command) == 0x6982
    host = issuer(card)
    assert host.sw(*VERIFY, WRONG_PIN) == 0x63C2
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000


def test_the_issuer_restores_the_tries_or_sets_a_transport_pin() -> None:
    # RRC-01, RRC-02
    card, host = with_own_pin()
    for _ in range(3):
        host.sw(*VERIFY, WRONG_PIN)
    assert host.sw(0x00, 0x2C, 0x03, 0x81) == 0x6982
    host = issuer(card)
    assert host.sw(0x00, 0x2C, 0x03, 0x81) == 0x9000
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.sw(0x00, 0x2C, 0x02, 0x81, WRONG_PIN[:7] + b"\x00") == 0x6A80
    assert host.sw(0x00, 0x2C, 0x02, 0x81) == 0x6700
    assert host.sw(0x00, 0x2C, 0x03, 0x81, PIN) == 0x6700
    assert host.sw(*VERIFY) == 0x9000
    assert host.sw(0x00, 0x2C, 0x02, 0x81, PIN) == 0x9000
    assert host.sw(*VERIFY) == 0x63C3
    assert host.sw(*VERIFY, PIN) == 0x6985
    assert host.sw(*CHANGE, PIN + NEW_PIN) == 0x9000


# Key pair


def public_key(host: Terminal) -> ec.EllipticCurvePublicKey:
    data, sw = host.send(0x00, 0x46, 0x81, 0x00)
    assert (data[:5].hex(), len(data), sw) == ("7f49438641", 70, 0x9000)
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data[5:])


def test_the_key_pair_is_made_in_a_blank_card_and_read_again() -> None:
    # KEY-01, KEY-02, KEY-04
    card, host = installed()
    assert host.sw(0x00, 0x46, 0x81, 0x00) == 0x6A88
    made, sw = host.send(0x00, 0x46, 0x80, 0x00)
    assert sw == 0x9000
    assert host.send(0x00, 0x46, 0x81, 0x00) == (made, 0x9000)
    assert issuer(card, 0x11).sw(0x00, 0x46, 0x80, 0x00) == 0x6982
    assert issuer(card, 0x11).send(0x00, 0x46, 0x81, 0x00) == (made, 0x9000)
    blank = Terminal(card.transmit)
    blank.select(AIDS.instance)
    assert blank.raw("00468100") == (b"", 0x6982)


def test_the_key_pair_of_a_personalized_card_is_never_replaced() -> None:
    # KEY-03
    card, _ = personalized()
    host = issuer(card)
    before = public_key(host).public_numbers()
    assert host.sw(0x00, 0x46, 0x80, 0x00) == 0x6985
    assert public_key(host).public_numbers() == before
    assert host.sw(0x00, 0x46, 0x82, 0x00) == 0x6A86


def check_proof(key: ec.EllipticCurvePublicKey, kind: int, answer: bytes) -> int:
    said, signature = answer[:20], answer[20:]
    assert said[1:] == CARD_SERIAL + bytes(11)
    message = b"UC1A" + bytes([kind]) + CHALLENGE + said
    key.verify(signature, message, ec.ECDSA(SHA256()))
    return said[0]


def test_a_card_proof_verifies_and_keeps_the_flags() -> None:
    # AUT-01, AUT-03
    card, _ = with_own_pin()
    host = issuer(card)
    key = public_key(host)
    assert check_proof(key, 0, host.send(*CARD_PROOF, CHALLENGE)[0]) == 0
    host.select(AIDS.instance)
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert check_proof(key, 0, host.send(*CARD_PROOF, CHALLENGE)[0]) == 1
    assert host.sw(*VERIFY) == 0x9000


def test_a_presence_proof_needs_a_verified_holder_and_uses_it_up() -> None:
    # AUT-02, AUT-03
    card, _ = with_own_pin()
    host = issuer(card)
    key = public_key(host)
    host.select(AIDS.instance)
    assert host.sw(*PRESENCE_PROOF, CHALLENGE) == 0x6982
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert check_proof(key, 1, host.send(*PRESENCE_PROOF, CHALLENGE)[0]) == 1
    assert host.sw(*PRESENCE_PROOF, CHALLENGE) == 0x6982


# Life cycle


def test_the_issuer_suspends_and_resumes_and_the_session_ends() -> None:
    # STA-01, STA-03, STA-04
    card, host = with_own_pin()
    assert host.sw(*SUSPEND) == 0x6982
    host = issuer(card)
    assert host.sw(*RESUME) == 0x6985
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000
    assert host.sw(*SUSPEND) == 0x9000
    assert host.raw("00CADF5100")[1] == 0x9000  # no session any more: plain commands are taken
    host.level = 0
    for command in ((*VERIFY, NEW_PIN), (*VERIFY, b""), (*CHANGE, NEW_PIN + PIN),
                    (*CARD_PROOF, CHALLENGE)):  # fmt: skip
        assert host.sw(*command) == 0x6985
    assert host.select(AIDS.instance)[0] == fci(0x3F)
    host = issuer(card)
    assert host.sw(*SUSPEND) == 0x6985
    assert host.sw(0x00, 0x2C, 0x03, 0x81) == 0x9000
    assert host.sw(*RESUME) == 0x9000
    assert host.select(AIDS.instance)[0] == fci(0x0F)
    assert host.sw(*VERIFY, NEW_PIN) == 0x9000


def test_set_status_takes_three_changes_without_data() -> None:
    card, _ = personalized()
    host = issuer(card)
    assert host.sw(0x80, 0xF0, 0x40, 0x0F) == 0x6A86
    assert host.sw(0x80, 0xF0, 0x80, 0x3F) == 0x6A86
    assert host.sw(*SUSPEND, b"\x00") == 0x6700
    assert issuer(card, 0x01).sw(*SUSPEND) == 0x6982


def test_a_terminated_application_answers_select_with_a_warning_and_nothing_else() -> None:
    # SEL-03, STA-05
    card, _ = with_own_pin()
    host = issuer(card)
    point = host.send(0x00, 0x46, 0x81, 0x00)[0][5:]
    assert host.sw(*TERMINATE) == 0x9000
    assert host.select(AIDS.instance) == (fci(0x7F, tries=0, finger=0), 0x6285)
    for command in spec().commands.values():
        if command.name != "SELECT":
            sent = apdu(command.cla, command.ins, 0, 0)
            assert host.raw(sent) == (b"", 0x6D00), command.name
    kept = {name: value for name, value in card.memory.image.cells.items() if "app." in name}
    assert not any("key." in name or "pin" in name or "DF21" in name for name in kept)
    assert not any(point in value or NEW_PIN in value for value in kept.values())


def test_the_card_manager_shows_the_applications_state() -> None:
    card, host = personalized()
    for change, shown in ((SUSPEND, 0x3F), (RESUME, 0x0F), (TERMINATE, 0x7F)):
        assert issuer(card).sw(*change) == 0x9000
        host.select(ISD)
        host.authenticate()
        entry = host.send(0x80, 0xF2, 0x40, 2, b"\x4f\x00")[0]
        assert bytes.fromhex("9F7001") + bytes([shown]) in entry


def test_key_versions_of_roles_are_the_applications_own() -> None:
    # ROL-01: whatever sets the issuer security domain has, and version 00 is the domain's.
    card, host = personalized()
    card.key_sets.store(0x55, card.key_sets.keys(0xFF))
    host.select(AIDS.instance)
    assert host.raw("80505500080001020304050607") == (b"", 0x6A88)
    assert host.initialize(kvn=0x00)[10:13] == bytes.fromhex("550360")
    host.select(ISD)
    assert host.initialize(kvn=0x55)[10:13] == bytes.fromhex("550360")
