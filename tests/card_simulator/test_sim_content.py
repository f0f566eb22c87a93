"""What locks and deletion leave of the application, and cards of before there was LOAD.

Comments name the requirements that a test shows.
"""

import pytest

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.memory import Image
from tests.card_simulator.sim_host import new_card, with_own_pin
from tests.support.content import (
    INSTANCE,
    delete,
    deletion,
    install,
    listed,
    load,
    lock,
    selected,
    state_of,
)
from tests.support.terminal import AIDS, ISD, NEW_PIN, PIN, Terminal


@pytest.fixture
def card() -> Card:
    return new_card()


@pytest.fixture
def issuer(card: Card) -> Terminal:
    host = Terminal(card.transmit)
    host.authenticate()
    return host


@pytest.fixture
def loaded(issuer: Terminal) -> Terminal:
    assert load(issuer) == 0x9000
    return issuer


def test_a_locked_application_is_not_found_and_everything_of_it_stays() -> None:
    # SST-04, SST-05, SST-07
    card, host = with_own_pin()
    before = card.memory.image
    host.select(ISD)
    host.authenticate()
    own_state = state_of(host, AIDS.instance)
    assert own_state == spec().states["PERSONALIZED"].code
    assert lock(host, AIDS.instance) == 0x9000
    assert state_of(host, AIDS.instance) == own_state | 0x80
    assert lock(host, AIDS.instance) == 0x6985
    card.reset()
    assert selected(host, AIDS.instance) == (b"", 0x6A82)
    host.authenticate()
    assert lock(host, AIDS.instance, 0x00) == 0x9000
    assert state_of(host, AIDS.instance) == own_state
    assert lock(host, AIDS.instance, 0x00) == 0x6985
    changed = card.memory.image.cells.items() ^ before.cells.items()
    assert {name for name, _ in changed} <= {"content." + AIDS.instance.hex().upper()}
    host.select(AIDS.instance)
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    assert host.sw(0, 0x24, 0, 0x81, NEW_PIN + PIN) == 0x9000


def test_a_deleted_application_is_gone_with_its_cells() -> None:
    # DEL-01, DEL-07
    card, host = with_own_pin()
    host.select(ISD)
    host.authenticate()
    assert host.send(0x80, 0xE4, 0, 0, deletion(AIDS.instance)) == (b"\x00", 0x9000)
    assert not [name for name in card.memory.image.cells if AIDS.instance.hex().upper() in name]
    assert selected(host, AIDS.instance) == (b"", 0x6A82)
    host.authenticate()
    assert delete(host, AIDS.instance) == 0x6A88
    assert host.install() == 0x9000
    data, _ = host.select(AIDS.instance)
    assert data.endswith(bytes.fromhex("810107 82020000 8303000000"))
    assert card.application(AIDS.instance).state == "BLANK"


def test_the_name_of_a_deleted_application_can_be_used_by_another_kind(loaded: Terminal) -> None:
    assert loaded.install(INSTANCE) == 0x9000
    assert b"\xa5" in loaded.select(INSTANCE)[0]
    loaded.select(ISD)
    loaded.authenticate()
    assert delete(loaded, INSTANCE) == 0x9000
    assert install(loaded) == 0x9000
    assert loaded.select(INSTANCE)[0] == b"\x6f\x09\x84\x07" + INSTANCE


# Cards made before load files could be loaded


def test_a_card_of_before_lists_selects_locks_and_deletes_its_application() -> None:
    card, host = with_own_pin()
    cells = dict(card.memory.image.cells)
    name = "content." + AIDS.instance.hex().upper()
    cells[name] = bytes(3)
    cells.pop("isd.i", None)
    old = Card(Image(cells))
    old.reset()
    host = Terminal(old.transmit)
    assert selected(host, AIDS.instance) == (AIDS.instance, 0x9000)
    host.select(ISD)
    host.authenticate()
    entry = listed(host, 0x40)
    assert b"\xc4\x09" + AIDS.package in entry
    assert lock(host, AIDS.instance) == 0x9000
    assert lock(host, AIDS.instance, 0x00) == 0x9000
    assert listed(host, 0x40) == entry
    assert delete(host, AIDS.instance) == 0x9000
    assert listed(host, 0x40) == b""
