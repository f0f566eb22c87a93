"""Software cards in the states that tests start from, each with a terminal."""

from applet_spec import CardProfile
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from tests.support.stages import ROLE_SLOTS, SERVICE_DGIS
from tests.support.terminal import (
    AIDS,
    FINGER,
    FLAGS,
    NEW_PIN,
    PIN,
    Terminal,
    role_keys,
    stream,
)
from tests.support.transactions import activate

REPLACED_NUMBER = bytes.fromhex("9818010000000020")


def new_card(profile: CardProfile | None = None) -> Card:
    (chip,) = new_chips(1, seed=1, profile=profile)
    card = Card(blank_image(chip, profile))
    card.reset()
    return card


def installed(card: Card | None = None, level: int = 0x33) -> tuple[Card, Terminal]:
    """Return a card with the application installed and selected in an issuer session."""
    card = card or new_card()
    terminal = Terminal(card.transmit)
    terminal.authenticate()
    assert terminal.install() == 0x9000
    assert terminal.select(AIDS.instance)[1] == 0x9000
    terminal.authenticate(level=level)
    return card, terminal


def with_key_pair() -> tuple[Card, Terminal]:
    card, terminal = installed()
    assert terminal.sw(0, 0x46, 0x80, 0) == 0x9000
    return card, terminal


def personalized(services: bytes = b"", flags: bytes = FLAGS) -> tuple[Card, Terminal]:
    """Return a personalized card, the application selected, no session open, a transport PIN.

    ``services`` are the DGIs of its service records.
    """
    card, terminal = with_key_pair()
    finger = b"" if flags[0] & 1 else FINGER
    whole = stream(terminal, flags, finger=finger, services=services)
    assert set(terminal.store(whole)) == {0x9000}
    terminal.level = 0
    return card, terminal


def with_own_pin(services: bytes = b"", flags: bytes = FLAGS) -> tuple[Card, Terminal]:
    """Return a personalized card whose holder has chosen a PIN: `NEW_PIN`."""
    card, terminal = personalized(services, flags)
    assert terminal.sw(0, 0x24, 0, 0x81, PIN + NEW_PIN) == 0x9000
    return card, terminal


def with_role_keys(services: bytes = b"", flags: bytes = FLAGS) -> tuple[Card, Terminal]:
    """Return a personalized card with its holder's own PIN and the role keys of `ROLE_SLOTS`."""
    card, terminal = with_own_pin(services, flags)
    terminal.select(AIDS.instance)
    terminal.authenticate()
    for kvn, master in ROLE_SLOTS.items():
        assert terminal.put_role_key(kvn, role_keys(kvn), master)[1] == 0x9000
    terminal.select(AIDS.instance)
    return card, terminal


def with_services() -> tuple[Card, Terminal]:
    """Return a card as `with_role_keys`, with the tests' services."""
    return with_role_keys(SERVICE_DGIS)


def exempt() -> tuple[Card, Terminal]:
    """Return a card as `with_services`, of a holder without usable prints who had another card."""
    return with_role_keys(SERVICE_DGIS, b"\x01" + REPLACED_NUMBER)


def in_use() -> tuple[Card, Terminal]:
    """Return a card as `with_services`, after the transactions of `HISTORY`."""
    card, terminal = with_services()
    activate(card.transmit)
    terminal.select(AIDS.instance)
    return card, terminal


def role_of(card: Card, kvn: int) -> Terminal:
    """Return a terminal that has the keys of a role slot; no session is open yet."""
    return Terminal(card.transmit, keys=role_keys(kvn))
