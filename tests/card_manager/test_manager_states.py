"""The card's own life cycle: what works in each state, locked and terminated cards.

Comments name the requirements that a test shows.
"""

from collections.abc import Iterator

import pytest

from applet_spec import spec
from tests.card_manager.manager_views import outside
from tests.support.any_card import AnyCard, MakeCard
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


def in_state(make_card: MakeCard, state: int, level: int = 0x33) -> tuple[AnyCard, Terminal]:
    """Return a card with an application, brought into this state in the session that is open."""
    card = make_card()
    host = Terminal(card.transmit)
    host.authenticate(level=level)
    assert host.install() == 0x9000
    for step in WAY[state]:
        assert set_card(host, step) == 0x9000
    return card, host


def state_of_card(card: AnyCard) -> int:
    """Return the card's state as GET STATUS shows it; a terminated card shows nothing else."""
    host = Terminal(card.transmit)
    if host.select(ISD) == (b"", 0x6985):
        return TERMINATED
    host.authenticate()
    return host.send(0x80, 0xF2, 0x80, 2, b"\x4f\x00\x5c\x02\x9f\x70")[0][-1]


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
def test_a_card_goes_where_its_life_cycle_leads_and_nowhere_else(
    make_card: MakeCard, state: int
) -> None:
    # SST-01, SST-03, LCK-03
    for wanted in STATES[1:]:
        card, host = in_state(make_card, state)
        right = (state, wanted) in STEPS
        assert set_card(host, wanted) == (0x9000 if right else 0x6985)
        assert state_of_card(card) == (wanted if right else state)


@pytest.mark.parametrize("state", [OP_READY, INITIALIZED, SECURED])
@pytest.mark.parametrize("level", [0x01, 0x13])
def test_content_can_be_changed_in_the_states_of_use_at_any_level(
    make_card: MakeCard, state: int, level: int
) -> None:
    _, host = in_state(make_card, state, level)
    assert load(host) == 0x9000
    assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    assert host.sw(0x80, 0xE2, 0x90, 0, b"\x42\x01\x01") == 0x9000
    assert host.sw(0x80, 0xE4, 0, 0, deletion(INSTANCE)) == 0x9000
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000


def test_content_of_a_locked_card_stays_as_it_is(make_card: MakeCard) -> None:
    # LCK-02
    card, host = in_state(make_card, LOCKED)
    before = card.kept
    for name, command in changes(host):
        assert host.sw(*command) == 0x6985, name
    assert card.kept == before
    assert host.sw(0x80, 0xCA, 0x00, 0x66) == 0x9000
    assert listed(host, 0x80)[-6:].hex() == "7fc5039efe80"
    assert host.sw(0x80, 0xF0, 0x40, 0x80, AIDS.instance) == 0x9000


def test_a_locked_card_selects_its_security_domain_only_and_says_so(make_card: MakeCard) -> None:
    # LCK-01
    card, host = in_state(make_card, SECURED)
    answer = Terminal(card.transmit).select(ISD)[0]
    host.authenticate()
    assert set_card(host, LOCKED) == 0x9000
    card.reset()
    for name in (ISD, b"", ISD[:5]):
        data, sw = host.select(name)
        assert (data, sw) == (answer, 0x6283)
    assert host.select(AIDS.instance) == (b"", 0x6A82)
    assert host.select(AIDS.instance[:5]) == (b"", 0x6A82)
    assert host.raw(b"\x00\xa4\x04\x02\x00") == (b"", 0x6A82)


def test_a_locked_card_is_unlocked_in_a_new_session(make_card: MakeCard) -> None:
    # LCK-02
    card, host = in_state(make_card, LOCKED)
    card.reset()
    host.authenticate()
    assert set_card(host, SECURED) == 0x9000
    assert host.select(ISD)[1] == 0x9000
    assert host.select(AIDS.instance)[1] == 0x9000


def test_a_terminated_card_answers_get_data_only(make_card: MakeCard) -> None:
    # LCK-03
    card, host = in_state(make_card, TERMINATED)
    assert host.sw(0x80, 0xCA, 0x9F, 0x7F) == 0x9000
    before = card.kept
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
    assert card.kept == before


def test_the_states_have_the_names_of_the_contract() -> None:
    assert tuple(state.code for state in spec().card_states.values()) == STATES


def test_the_card_looks_at_its_state_before_the_session(make_card: MakeCard) -> None:
    card, _ = in_state(make_card, LOCKED)
    card.reset()
    assert Terminal(card.transmit).raw("80E60C0000") == (b"", 0x6985)
    assert outside(make_card()).raw("80E60C0000") == (b"", 0x6982)
