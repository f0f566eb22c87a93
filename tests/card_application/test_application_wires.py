"""What the applet does is the same over T=0, where P3 does not say whether it is Lc or Le."""

import pytest

from java_card.settings import Wiring
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import AIDS, CARD_SERIAL, NEW_PIN, Terminal, role_keys

SERIAL = bytes.fromhex("00CADF51")
WIRES = (Wiring.CONTACT_T1, Wiring.CONTACT_T0)


@pytest.fixture(scope="module", params=WIRES, ids=[wire.value for wire in WIRES])
def host(java_cards: JavaCards, request: pytest.FixtureRequest) -> Terminal:
    """Give a personalized card with role keys on this wire, its application selected."""
    card = java_cards()
    at_stage(card, Stage.ROLE_KEYS)
    card.wire(request.param)
    card.reset()
    host = Terminal(card.transmit)
    assert host.select(AIDS.instance)[1] == 0x9000
    return host


def test_commands_without_data_take_every_le_in_clear(host: Terminal) -> None:
    host.select(AIDS.instance)
    for le in (b"\x00", b"\x08"):
        assert host.raw(SERIAL + le) == (CARD_SERIAL, 0x9000)


def test_a_pin_is_asked_for_compared_and_changed(host: Terminal) -> None:
    host.select(AIDS.instance)
    assert host.raw(bytes.fromhex("0020008100")) == (b"", 0x63C3)
    assert host.raw(bytes.fromhex("0020008108") + NEW_PIN) == (b"", 0x9000)
    assert host.raw(bytes.fromhex("0020008100")) == (b"", 0x9000)
    assert host.raw(bytes.fromhex("0024008110") + NEW_PIN + NEW_PIN) == (b"", 0x6A80)


def test_an_issuer_reads_the_public_key_suspends_and_resumes(host: Terminal) -> None:
    session(host)
    assert host.send(0, 0x46, 0x81, 0)[1] == 0x9000
    for state in (0x3F, 0x1F):
        session(host)
        assert host.sw(0x80, 0xF0, 0x40, state) == 0x9000
        host.level = 0


def test_a_role_reads_in_its_session(host: Terminal) -> None:
    host.select(AIDS.instance)
    terminal = Terminal(host.transmit, keys=role_keys(0x51))
    terminal.authenticate(0x51)
    assert terminal.send(0, 0xCA, 0xDF, 0x51) == (CARD_SERIAL, 0x9000)
    part = terminal.send(0, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C02DF51"))
    assert part == (bytes.fromhex("800200085308") + CARD_SERIAL, 0x9000)
