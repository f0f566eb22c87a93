"""How far a card with the application has come: what a test needs before it begins.

A stage is reached by commands alone, on either kind of card, and stays as the card's checkpoint:
`AnyCard.restore` leads back to it. Whatever is personalized has a receipt key and the services of
`service_records`; whatever has role keys has them for the roles 0 to 6.
"""

from collections.abc import Callable
from enum import Enum

from tests.support.any_card import AnyCard
from tests.support.service_records import SERVICES
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    EXEMPT_FLAGS,
    NEW_PIN,
    PIN,
    Keys,
    Terminal,
    dgi,
    role_keys,
    stream,
)
from tests.support.transactions import activate

ROLE_SLOTS = {
    0x50: 1, 0x51: 2, 0x61: 3, 0x64: 4, 0x56: 5, 0x6F: 6, 0x62: 7, 0x53: 8, 0x65: 9,
}  # fmt: skip
"""The slots that a card with role keys has filled, and their master versions: two of role 1."""
SERVICE_DGIS = b"".join(dgi(0x0400 + place - 1, record) for place, record in SERVICES.items())


class Stage(Enum):
    """What the card has; each but the first two has a PIN, PERSONALIZED where nothing else."""

    BLANK = "BLANK, the application just installed"
    HALF = "BLANK, with key pair, anchor and cardholder data"
    TRANSPORT_PIN = "PERSONALIZED, with the transport PIN"
    OWN_PIN = "PERSONALIZED, with the holder's own PIN"
    EXEMPT = "PERSONALIZED, finger-exempt, with the holder's own PIN and role keys"
    ROLE_KEYS = "PERSONALIZED, with the holder's own PIN and role keys"
    ACTIVE = "ACTIVE, with role keys, after the 19 transactions of `HISTORY`"
    SUSPENDED = "SUSPENDED, with role keys"
    TERMINATED = "TERMINATED"


def at_stage(card: AnyCard, stage: Stage, factory: Keys | None = None, size: int = 8) -> Terminal:
    """Bring a new blank card there; return a terminal, the application selected, no session open.

    ``factory`` are the keys that the card has, where it is none of the reference type, and
    ``size`` the length of its challenges.
    """
    host = Terminal(card.transmit, keys=factory or Keys(), size=size)
    card.reset()
    host.authenticate()
    assert host.install() == 0x9000
    for step in _STEPS[stage]:
        session(host)
        step(host)
    card.reset()
    card.checkpoint()
    assert host.select(AIDS.instance)[1] == (0x6285 if stage is Stage.TERMINATED else 0x9000)
    return host


def session(host: Terminal, level: int = 0x33) -> None:
    """Select the application and open an issuer session."""
    assert host.select(AIDS.instance)[1] in (0x9000, 0x6285)
    host.authenticate(level=level)


def _half(host: Terminal) -> None:
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert host.store(dgi(0x0101, ANCHOR) + dgi(0x0102, CARDHOLDER), last=False) == [0x9000]


def _personalize(host: Terminal) -> None:
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert set(host.store(stream(host, services=SERVICE_DGIS))) == {0x9000}
    host.level = 0


def _personalize_exempt(host: Terminal) -> None:
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    whole = stream(host, EXEMPT_FLAGS, finger=b"", services=SERVICE_DGIS)
    assert set(host.store(whole)) == {0x9000}
    host.level = 0


def _own_pin(host: Terminal) -> None:
    assert host.sw(0, 0x24, 0, 0x81, PIN + NEW_PIN) == 0x9000


def _put_role_keys(host: Terminal) -> None:
    for kvn, master in ROLE_SLOTS.items():
        assert host.put_role_key(kvn, role_keys(kvn), master)[1] == 0x9000, f"{kvn:02X}"


def _activate(host: Terminal) -> None:
    activate(host.transmit)
    host.level = 0


def _status(code: int) -> Callable[[Terminal], None]:
    def set_status(host: Terminal) -> None:
        assert host.sw(0x80, 0xF0, 0x40, code) == 0x9000
        host.level = 0

    return set_status


_OWN = (_personalize, _own_pin)
_STEPS: dict[Stage, tuple[Callable[[Terminal], None], ...]] = {
    Stage.BLANK: (),
    Stage.HALF: (_half,),
    Stage.TRANSPORT_PIN: (_personalize,),
    Stage.OWN_PIN: _OWN,
    Stage.EXEMPT: (_personalize_exempt, _own_pin, _put_role_keys),
    Stage.ROLE_KEYS: (*_OWN, _put_role_keys),
    Stage.ACTIVE: (*_OWN, _put_role_keys, _activate),
    Stage.SUSPENDED: (*_OWN, _put_role_keys, _status(0x3F)),
    Stage.TERMINATED: (*_OWN, _status(0x7F)),
}
