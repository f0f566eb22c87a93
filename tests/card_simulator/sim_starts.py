"""The states that random walks start from."""

from collections.abc import Callable

from applet_spec import spec
from card_simulator.card import Card
from tests.card_simulator.sim_host import (
    exempt,
    in_use,
    installed,
    new_card,
    personalized,
    with_key_pair,
    with_own_pin,
    with_services,
)
from tests.support.content import begin_again, install_for, load
from tests.support.terminal import AIDS, Terminal


def blank() -> tuple[Card, Terminal]:
    card = new_card()
    return card, Terminal(card.transmit)


def _after(card: Card, host: Terminal, p2: int) -> tuple[Card, Terminal]:
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0x80, 0xF0, 0x40, p2) == 0x9000
    return card, host


def suspended() -> tuple[Card, Terminal]:
    return _after(*in_use(), 0x3F)


def terminated() -> tuple[Card, Terminal]:
    return _after(*personalized(), 0x7F)


def administered() -> tuple[Card, Terminal]:
    """Return a card with a loaded package, an instance of it, and a personalized application."""
    card, host = with_own_pin()
    begin_again(host)
    assert load(host) == host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    return card, host


def secured() -> tuple[Card, Terminal]:
    card, host = installed()
    begin_again(host)
    assert [host.sw(0x80, 0xF0, 0x80, state) for state in (0x07, 0x0F)] == [0x9000] * 2
    return card, host


def of_profile(name: str) -> Callable[[], tuple[Card, Terminal]]:
    def blank_of_profile() -> tuple[Card, Terminal]:
        card = new_card(spec().card_profiles[name])
        return card, Terminal(card.transmit)

    return blank_of_profile


PROFILES = tuple(profile.name for profile in spec().card_profiles.values() if profile.software)
Start = Callable[[], tuple[Card, Terminal]]
APPLICATION_STARTS: tuple[Start, ...] = (
    installed, with_key_pair, personalized, with_own_pin, with_services, suspended,
)  # fmt: skip
TRANSACTION_STARTS: tuple[Start, ...] = (with_services, exempt, in_use, in_use)
MANAGER_STARTS: tuple[Start, ...] = (blank, installed, administered, secured)
OTHER_STARTS: tuple[Start, ...] = (
    blank, with_key_pair, terminated, administered, *(of_profile(name) for name in PROFILES[1:]),
)  # fmt: skip
