"""Every change that a card manager makes to what it keeps, from a card that is ready for it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.card_manager.manager_cuts import Act
from tests.card_manager.manager_keys import CHANGES as KEY_CHANGES
from tests.card_manager.manager_keys import DEK, ENC, LONG, A, B, put, ready_with
from tests.support.any_card import AnyCard, MakeCard
from tests.support.content import (
    INSTANCE,
    PACKAGE,
    announce,
    cap,
    deletion,
    install_for,
    load,
    load_file,
    named,
)
from tests.support.terminal import AIDS, ISD, Keys, Terminal

FACTORY = Keys()
KNOWN = (FACTORY, A, B, LONG)
CARD_STEPS: tuple[tuple[int, ...], ...] = (
    (7,),
    (7, 15),
    (7, 15, 127),
    (7, 15, 127, 15),
    (255,),
)
NUMBER = b"\x42\x01\x01"


@dataclass(frozen=True)
class Change:
    """What ``act`` changes in one step of a card from ``make``, after ``prepare`` at power-on."""

    make: Callable[[MakeCard], AnyCard]
    prepare: Act
    act: Act


def session(host: Terminal) -> None:
    """Open a session of the factory keys."""
    host.select(ISD)
    host.authenticate()


def sends(ins: int, p1: int, p2: int, data: bytes = b"") -> Act:
    """Return what sends this command and expects success."""

    def send(host: Terminal) -> None:
        assert host.sw(0x80, ins, p1, p2, data) == 0x9000

    return send


def loads(host: Terminal) -> None:
    """Load a package."""
    assert load(host) == 0x9000


def after(*acts: Act) -> Callable[[MakeCard], AnyCard]:
    """Return what makes a card on which all of this happened in a session of the factory keys."""

    def make(make_card: MakeCard) -> AnyCard:
        card = make_card()
        host = Terminal(card.transmit)
        session(host)
        for act in acts:
            act(host)
        return card

    return make


def two_sets(make_card: MakeCard) -> AnyCard:
    """Return a card with two key sets of the issuer."""
    card = make_card()
    host = Terminal(card.transmit)
    for keys, kvn, new, added in ((FACTORY, 0xFF, A, 0x30), (A, 0x30, B, 0x31)):
        ready_with(keys, kvn)(host)
        assert host.put_key(added, new)[1] == 0x9000
    return card


def all_but_the_last_block(host: Terminal) -> None:
    """Begin a load."""
    session(host)
    assert announce(host) == 0x9000
    assert host.sw(0x80, 0xE8, 0x00, 0, load_file(cap())[:50]) == 0x9000


def steps_before(states: tuple[int, ...]) -> Act:
    """Return what opens a session and leads the card through states."""

    def ready(host: Terminal) -> None:
        session(host)
        for state in states:
            sends(0xF0, 0x80, state)(host)

    return ready


def locked(host: Terminal) -> None:
    """Open a session and lock the application."""
    session(host)
    sends(0xF0, 0x40, 0x80, INSTANCE)(host)


def _many(host: Terminal) -> None:
    for number in range(12):
        sends(0xE6, 0x0C, 0, install_for(INSTANCE + bytes([number])))(host)


FIRST_SETS = {
    "first key set": Change(after(), session, lambda h: h.put_key(0x30, A)),
    "last key of the first set": Change(
        after(lambda h: put(h, 0x30, ENC, A.enc, A.mac)),
        session,
        lambda h: put(h, 0x30, DEK, A.dek),
    ),
}
"""PUK-07."""
KEYS = {
    name: Change(two_sets, ready_with(A, 0x30), act) for name, act in KEY_CHANGES.items()
}  # fmt: skip
_INSTALLED = after(loads, sends(0xE6, 0x0C, 0, install_for()))
CONTENT = {
    "load": Change(after(), all_but_the_last_block, sends(0xE8, 0x80, 1, load_file(cap())[50:])),
    "install": Change(after(loads), session, sends(0xE6, 0x04, 0, install_for())),
    "install and make selectable": Change(
        after(loads), session, sends(0xE6, 0x0C, 0, install_for())
    ),
    "install of the card's own module": Change(after(), session, lambda h: h.install()),
    "make selectable": Change(
        after(loads, sends(0xE6, 0x04, 0, install_for())),
        session,
        sends(0xE6, 8, 0, named(INSTANCE)),
    ),
    "lock": Change(_INSTALLED, session, sends(0xF0, 0x40, 0x80, INSTANCE)),
    "unlock": Change(_INSTALLED, locked, sends(0xF0, 0x40, 0x00, INSTANCE)),
    "delete an application": Change(_INSTALLED, session, sends(0xE4, 0, 0, deletion(INSTANCE))),
    "delete one of the card's own module": Change(
        after(lambda h: h.install()), session, sends(0xE4, 0, 0, deletion(AIDS.instance))
    ),
    "delete a load file with its twelve applications": Change(
        after(loads, _many), session, sends(0xE4, 0, 0x80, deletion(PACKAGE))
    ),
    "replace a number and store another": Change(
        after(sends(0xE2, 0x90, 0, NUMBER)),
        session,
        sends(0xE2, 0x90, 0, b"\x42\x02\x02\x02\x45\x01\x07"),
    ),
}
"""DEL-08 among them."""
CARD = {
    f"card to {states[-1]:02X}, step {len(states)}": Change(
        after(lambda h: h.install()), steps_before(states[:-1]), sends(0xF0, 0x80, states[-1])
    )
    for states in CARD_STEPS
}
ALL = {**FIRST_SETS, **KEYS, **CONTENT, **CARD}
