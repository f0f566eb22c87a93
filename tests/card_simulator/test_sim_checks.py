"""What the software card looks at before a command is carried out: lengths, levels, its own list.

Comments name the requirements that a test shows.
"""

import pytest

from applet_spec import spec
from card_simulator import tlv
from card_simulator.card import Card
from tests.card_simulator.sim_host import installed, new_card, personalized, with_own_pin
from tests.support.terminal import (
    AIDS,
    CARDHOLDER,
    ISD,
    NEW_PIN,
    Keys,
    Terminal,
    apdu,
    install_data,
)

SERIAL = (0x00, 0xCA, 0xDF, 0x51)
NUMBER = (0x00, 0xCA, 0x00, 0x5A)
HOLDER = (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65\x54\x02\x00\x00")
NOT_EVERYONES = {o.tag: o for o in spec().objects.values() if "anyone" not in o.read}


@pytest.fixture
def issued() -> tuple[Card, Terminal]:
    card, host = personalized()
    host.select(AIDS.instance)
    return card, host


def manager(level: int = 0x33) -> tuple[Card, Terminal]:
    """Return a blank card and a session with its card manager."""
    card = new_card()
    host = Terminal(card.transmit)
    host.authenticate(level=level)
    return card, host


def sessions_end(host: Terminal) -> bool:
    """Say whether the session is over, by a command that would be answered in it."""
    return host.transmit(host.wrap(*SERIAL))[-2:] == b"\x69\x82"


# Who reads what over which session (GDA-05)


@pytest.mark.parametrize("level", [0x01, 0x03, 0x11, 0x13])
def test_no_object_of_the_holder_crosses_in_clear_in_a_session(
    issued: tuple[Card, Terminal], level: int
) -> None:
    _, host = issued
    host.authenticate(level=level)
    for tag, target in NOT_EVERYONES.items():
        wanted = tlv.write(0x5C, tag.to_bytes(2, "big").lstrip(b"\x00"))
        assert host.sw(0, 0xCB, 0x3F, 0xFF, wanted) == 0x6982, target.name
        assert host.sw(0, 0xCA, tag >> 8, tag & 0xFF) == 0x6982, target.name
    assert host.send(*SERIAL)[1] == 0x9000


def test_a_session_with_r_enc_reads_the_card_number(issued: tuple[Card, Terminal]) -> None:
    _, host = issued
    host.authenticate(level=0x33)
    assert host.send(*NUMBER) == (bytes.fromhex("9818010000000012"), 0x9000)


def test_a_verified_pin_opens_the_holders_data_outside_a_session_and_under_r_enc_only() -> None:
    _, host = with_own_pin()
    for level, sw in ((0, 0x9000), (0x01, 0x6982), (0x13, 0x6982), (0x33, 0x9000)):
        host.select(AIDS.instance)
        if level:
            host.authenticate(level=level)
        assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
        data, got = host.send(*HOLDER)
        assert (got, CARDHOLDER in data) == (sw, sw == 0x9000), f"level {level:02X}"


# Lengths (GEN-11)

BAD_LENGTHS = ("00CADF51000000", "0020008108AABB", "00CB3FFF000004 5C02DF51 0000", "00CADF510001")


@pytest.mark.parametrize("command", BAD_LENGTHS)
def test_contradicting_lengths_are_answered_at_once_and_an_open_session_goes_on(
    issued: tuple[Card, Terminal], command: str
) -> None:
    _, host = issued
    assert host.raw(command) == (b"", 0x6700)
    host.authenticate()
    for cla in ("00", "04"):
        assert host.raw(cla + command[2:]) == (b"", 0x6700)
    assert host.raw("8050300000000801020304050607080000") == (b"", 0x6700)
    assert host.send(*SERIAL)[1] == 0x9000


def test_lengths_come_before_everything_else(issued: tuple[Card, Terminal]) -> None:
    # GEN-11
    _, host = issued
    assert host.raw("0002000000000100") == (b"", 0x6700)
    for cla in range(256):
        assert host.raw(bytes([cla]) + bytes.fromhex("CADF51000000")) == (b"", 0x6700)
        assert host.raw(bytes([cla, 0xCA, 0xDF])) == (b"", 0x6700)
    for short in ("", "00", "00CADF"):
        assert host.raw(short) == (b"", 0x6700)


@pytest.mark.parametrize("target", [AIDS.instance, ISD])
def test_a_class_is_one_of_four_or_says_why_it_is_none(
    issued: tuple[Card, Terminal], target: bytes
) -> None:
    # GEN-01, GEN-02
    _, host = issued
    host.select(target)
    for cla in range(256):
        low = cla & 0x7F
        channels = cla != 0xFF and (low >= 0x40 or (cla & 3 and not 0x20 <= cla <= 0x3F))
        chained = 0x10 <= low <= 0x1F
        own = 0x6982 if cla & 4 else 0x6D00
        word = own if cla in (0, 4, 0x80, 0x84) else 0x6881 if channels else 0x6E00
        word = 0x6884 if chained and not channels else word
        assert host.raw(bytes([cla, 0x02, 0, 0])) == (b"", word), f"{cla:02X}"


def test_a_terminated_application_looks_at_no_secure_messaging(
    issued: tuple[Card, Terminal],
) -> None:
    # SEL-03
    card, host = issued
    host.authenticate()
    assert host.sw(0x80, 0xF0, 0x40, 0x7F) == 0x9000
    for _ in range(2):
        for cla in (0x00, 0x04, 0x80, 0x84):
            for ins in (0xCA, 0x50, 0x82, 0x02):
                assert host.raw(apdu(cla, ins, 0, 0, bytes(8))) == (b"", 0x6D00)
        card.reset()
        assert host.raw(apdu(0, 0xA4, 4, 0, AIDS.instance))[1] == 0x6285


# Words that the contract lists


def test_select_with_secure_messaging_is_refused_and_the_session_goes_on(
    issued: tuple[Card, Terminal],
) -> None:
    # SM-09
    _, host = issued
    for aid, book in ((AIDS.instance, spec().commands), (ISD, spec().card_manager)):
        host.select(aid)
        host.authenticate()
        assert host.sw(0x00, 0xA4, 0x04, 0x00, AIDS.instance) == 0x6882
        assert host.level
        assert host.sw(0x00, 0xA4, 0x04, 0x00, AIDS.instance) == 0x6882
        assert book["SELECT"].meaning(0x6882) is not None


def test_install_on_a_full_card_is_answered_as_the_contract_says() -> None:
    # INS-05
    _, host = manager()
    names = [bytes([0xF1]) + bytes(14) + bytes([n]) for n in range(16)]
    assert {host.install(name) for name in names} == {0x9000}
    assert host.install() == 0x6A84
    assert spec().card_manager["INSTALL"].meaning(0x6A84) is not None


# What writes


@pytest.mark.parametrize("level", [0x01, 0x11])
def test_card_manager_writes_need_a_session_of_any_level(level: int) -> None:
    # PUK-02, DLK-02, INS-02, SST-02
    card, host = manager()
    for kvn in (0x30, 0x31):
        assert host.put_key(kvn, Keys())[1] == 0x9000
    host = Terminal(card.transmit)
    commands = (
        (0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance)),
        (0x80, 0xF0, 0x80, 0x07, b""),
        (0x80, 0xE4, 0, 0, b"\xd2\x01\x31"),
        (0x80, 0xD8, 0, 0x81, host.key_data(0x32, Keys())),
    )
    before = card.memory.image
    assert {host.sw(*command) for command in commands} == {0x6982}
    assert card.memory.image == before
    host.authenticate(0x30, level)
    assert [host.sw(*command) for command in commands] == [0x9000] * 4


@pytest.mark.parametrize("level", [0x01, 0x11])
def test_the_applications_issuer_writes_need_encryption(level: int) -> None:
    # STD-02, SST-02 of the application
    card, host = installed(level=level)
    before = card.memory.image
    assert host.sw(0x80, 0xE2, 0x08, 0, b"\x01\x01\x00") == 0x6982
    assert card.memory.image == before


@pytest.mark.parametrize("kvn", [0x00, 0x70, 0x7F, 0x80, 0xFF])
def test_the_card_manager_takes_no_key_set_of_a_reserved_version(kvn: int) -> None:
    # PUK-08
    card, host = manager()
    assert host.put_key(kvn, Keys()) == (b"", 0x6A80)
    assert card.key_sets.versions() == [0xFF]


@pytest.mark.parametrize("kvn", [0x01, 0x30, 0x6F])
def test_versions_from_01_to_6f_can_be_used(kvn: int) -> None:
    _, host = manager()
    assert host.put_key(kvn, Keys())[1] == 0x9000


# Le (SM-08)


@pytest.mark.parametrize("level", [0x11, 0x13, 0x33])
def test_a_command_in_a_session_is_answered_the_same_without_le(
    issued: tuple[Card, Terminal], level: int
) -> None:
    _, host = issued
    host.authenticate(level=level)
    for command in (SERIAL, (0x00, 0x20, 0x00, 0x81), (0x00, 0x88, 0x00, 0x07), (0, 2, 0, 0)):
        with_le = host.unwrap(host.transmit(host.wrap(*command)))
        without = host.unwrap(host.transmit(host.wrap(*command)[:-1]))
        assert with_le == without


# Tags


def test_only_00_is_no_first_byte_of_a_tag(issued: tuple[Card, Terminal]) -> None:
    # ISO/IEC 8825-1, 8.1.2: FF begins a constructed tag of the private class.
    assert tlv.read_one(bytes.fromhex("FF21020500")).tag == 0xFF21
    with pytest.raises(tlv.TlvError):
        tlv.read_one(b"\x00\x00")
    _, host = issued
    assert host.sw(0, 0xCB, 0x3F, 0xFF, b"\x5c\x02\xff\x21") == 0x6A88
