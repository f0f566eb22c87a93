"""The card's own life cycle: what works in each state, locked and terminated cards.

Comments name the requirements that a test shows.
"""

from collections.abc import Iterator

import pytest

from applet_spec import spec
from card_simulator.card import Card
from tests.card_simulator.sim_host import installed, new_card
from tests.support.content import (
    INSTANCE,
    announcement,
    cap,
    deletion,
    install_for,
    listed,
    load,
    load_file,
    named,
    set_card,
)
from tests.support.terminal import AIDS, ISD, Keys, Terminal

OP_READY, INITIALIZED, SECURED, LOCKED, TERMINATED = 0x01, 0x07, 0x0F, 0x7F, 0xFF
STATES = (OP_READY, INITIALIZED, SECURED, LOCKED, TERMINATED)
WAY = {OP_READY: (), INITIALIZED: (7,), SECURED: (7, 15), LOCKED: (7, 15, 127), TERMINATED: (255,)}
STEPS = {(1, 7), (7, 15), (15, 127), (127, 15), (1, 255), (7, 255), (15, 255), (127, 255)}


def in_state(state: int, level: int = 0x33) -> tuple[Card, Terminal]:
    """Return a card in this state, brought there in the session that is open."""
    card, host = installed()
    host.select(ISD)
    host.authenticate(level=level)
    for step in WAY[state]:
        assert set_card(host, step) == 0x9000
    return card, host


def changes(host: Terminal) -> Iterator[tuple[str, tuple[int, int, int, int, bytes]]]:
    """Yield what changes a card's content, all of it right."""
    key = host.key_data(0x30, Keys())
    yield "INSTALL", (0x80, 0xE6, 0x0C, 0, install_for(package=AIDS.package, module=AIDS.module))
    yield "INSTALL for load", (0x80, 0xE6, 0x02, 0, announcement())
    yield "INSTALL for personalization", (0x80, 0xE6, 0x20, 0, named(AIDS.instance))
    yield "LOAD", (0x80, 0xE8, 0x80, 0, load_file(cap()))
    yield "DELETE", (0x80, 0xE4, 0, 0, deletion(AIDS.instance))
    yield "DELETE KEY", (0x80, 0xE4, 0, 0, b"\xd2\x01\x30")
    yield "STORE DATA", (0x80, 0xE2, 0x90, 0, b"\x42\x01\x01")
    yield "PUT KEY", (0x80, 0xD8, 0, 0x81, key)


@pytest.mark.parametrize("state", STATES)
def test_a_card_goes_where_its_life_cycle_leads_and_nowhere_else(state: int) -> None:
    # SST-01, SST-03, LCK-03
    for wanted in STATES[1:]:
        card, host = in_state(state)
        right = (state, wanted) in STEPS
        assert set_card(host, wanted) == (0x9000 if right else 0x6985)
        assert card.memory.image.cells["isd.state"][0] == (wanted if right else state)


@pytest.mark.parametrize("state", [OP_READY, INITIALIZED, SECURED])
@pytest.mark.parametrize("level", [0x01, 0x13])
def test_content_can_be_changed_in_the_states_of_use_at_any_level(state: int, level: int) -> None:
    _, host = in_state(state, level)
    assert load(host) == 0x9000
    assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    assert host.sw(0x80, 0xE2, 0x90, 0, b"\x42\x01\x01") == 0x9000
    assert host.sw(0x80, 0xE4, 0, 0, deletion(INSTANCE)) == 0x9000
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000


def test_content_of_a_locked_card_stays_as_it_is() -> None:
    # LCK-02
    card, host = in_state(LOCKED)
    before = card.memory.image
    for name, command in changes(host):
        assert host.sw(*command) == 0x6985, name
    assert card.memory.image == before
    assert host.sw(0x80, 0xCA, 0x00, 0x66) == 0x9000
    assert listed(host, 0x80)[-6:].hex() == "7fc5039efe80"
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000


def test_a_locked_card_selects_its_security_domain_only_and_says_so() -> None:
    # LCK-01
    card, host = in_state(LOCKED)
    open_card, other = installed()
    card.reset()
    other.select(ISD)
    for name in (ISD, b"", ISD[:5]):
        data, sw = host.select(name)
        assert (data, sw) == (other.select(name)[0], 0x6283)
    assert host.select(AIDS.instance) == (b"", 0x6A82)
    assert host.select(AIDS.instance[:5]) == (b"", 0x6A82)
    assert host.raw(b"\x00\xa4\x04\x02\x00") == (b"", 0x6A82)
    assert open_card.powered


def test_a_locked_card_is_unlocked_in_a_new_session() -> None:
    # LCK-02
    card, host = in_state(LOCKED)
    card.reset()
    host.authenticate()
    assert set_card(host, SECURED) == 0x9000
    assert host.select(ISD)[1] == 0x9000
    assert host.select(AIDS.instance)[1] == 0x9000


def test_a_terminated_card_answers_get_data_only() -> None:
    # LCK-03
    card, host = in_state(TERMINATED)
    assert host.sw(0x80, 0xCA, 0x9F, 0x7F) == 0x9000
    before = card.memory.image
    for name, command in changes(host):
        assert host.sw(*command) == 0x6985, name
    assert host.sw(0x80, 0xF2, 0x80, 2, b"\x4f\x00") == 0x6985
    for state in STATES[1:]:
        assert set_card(host, state) == 0x6985
    for _ in range(2):
        host.level = 0
        assert host.select(ISD) == host.select(AIDS.instance) == (b"", 0x6985)
        assert host.raw("8050000008" + "00" * 8) == (b"", 0x6985)
        assert host.raw("8482330010" + "00" * 16) == (b"", 0x6985)
        assert host.raw("80CA9F7F00")[1] == 0x9000
        assert host.raw("8002000000") == (b"", 0x6D00)
        card.reset()
    assert card.memory.image == before


def test_the_states_have_the_names_of_the_contract() -> None:
    assert tuple(state.code for state in spec().card_states.values()) == STATES


def test_the_card_looks_at_its_state_before_the_session() -> None:
    card, _ = in_state(LOCKED)
    card.reset()
    assert Terminal(card.transmit).raw("80E60C0000") == (b"", 0x6985)
    assert Terminal(new_card().transmit).raw("80E60C0000") == (b"", 0x6982)
