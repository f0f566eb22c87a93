"""Role keys and role sessions on a software card, as their tests hold them."""

from card_simulator.card import Card
from tests.card_simulator.sim_host import (
    role_of,
)
from tests.support.terminal import (
    AIDS,
    Keys,
    Terminal,
    apdu,
)

LIST = (0x00, 0xCA, 0xDF, 0x55)
SERIAL = (0x00, 0xCA, 0xDF, 0x51)
HOLDER = (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65\x54\x02\x00\x00")
PUT, DELETE = (0x80, 0xD8, 0x00, 0x81), (0x80, 0xE4, 0x00, 0x00)
EMPTY, TAKEN = 0x5F, 0x50
OTHER = Keys(b"E" * 16, b"M" * 16, b"")


def issuer(card: Card, level: int = 0x33) -> Terminal:
    host = Terminal(card.transmit)
    host.select(AIDS.instance)
    host.authenticate(level=level)
    return host


def role(card: Card, kvn: int) -> Terminal:
    """Return a terminal in the session of a role."""
    terminal = role_of(card, kvn)
    terminal.select(AIDS.instance)
    terminal.authenticate(kvn)
    return terminal


def listed(card: Card) -> dict[int, int]:
    data, sw = issuer(card).send(*LIST)
    assert sw in (0x9000, 0x6A88)
    return dict(zip(data[::2], data[1::2], strict=True))


def begins(kvn: int, length: int = 8, p2: int = 0) -> bytes:
    return apdu(0x80, 0x50, kvn, p2, bytes(length))
