"""Terminals that trade with a software card, as the tests of transactions hold them."""

from dataclasses import dataclass, field
from datetime import date

from card_simulator.application.application import Application
from card_simulator.application.state import Verified
from card_simulator.card import Card
from tests.card_simulator.sim_host import with_role_keys
from tests.support.service_records import SERVICES, TODAY
from tests.support.terminal import AIDS, FLAGS, NEW_PIN, Terminal, dgi
from tests.support.transactions import Operation, in_role, perform, request

CELLS = f"app.{AIDS.instance.hex().upper()}."


@dataclass
class Till:
    """A terminal in a session of one role; ``count`` is its last transaction number."""

    card: Card
    kvn: int
    name: bytes = b"TILL 001"
    count: int = 0
    host: Terminal = field(init=False)
    last: bytes = b""

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> Terminal:
        """Open a session, a new one where there is one."""
        self.host = in_role(self.card.transmit, self.kvn)
        return self.host

    def verify(self) -> None:
        assert self.host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000

    def ask(self, *operations: Operation, day: date | str = TODAY) -> tuple[bytes, int]:
        """Send a new request with the card's present number."""
        self.count += 1
        self.last = request(number_of(self.card), operations, (self.name, self.count), day)
        return perform(self.host, self.last)

    def word(self, *operations: Operation, day: date | str = TODAY) -> int:
        """Return the status word of a new request."""
        return self.ask(*operations, day=day)[1]

    def take(self, *operations: Operation, day: date | str = TODAY) -> list[int]:
        """Return the new balances of a request that the card takes."""
        answer, sw = self.ask(*operations, day=day)
        assert sw == 0x9000, f"{sw:04X}"
        told = answer[13 : 13 + 4 * len(operations)]
        return [int.from_bytes(told[at : at + 4], "big") for at in range(0, len(told), 4)]


def application(card: Card) -> Application:
    return card.application(AIDS.instance)


def number_of(card: Card) -> int:
    """Return the card's transaction number."""
    return int.from_bytes(card.memory.read(CELLS + "transaction.number"), "big")


def record_of(card: Card, place: int) -> bytes:
    return application(card).value(0xDF2F + place)


def issued_with(services: dict[int, bytes], flags: bytes = FLAGS, *, active: bool = True) -> Card:
    """Return a card with these services, by their places, and role keys; perhaps activated."""
    dgis = b"".join(dgi(0x0400 + place - 1, record) for place, record in services.items())
    card, _ = with_role_keys(dgis, flags)
    if active:
        card.memory.write(CELLS + "activated", b"\x01")
    return card


def card_of_tests() -> Card:
    """Return an activated card with the tests' services."""
    return issued_with(SERVICES)


def set_flags(card: Card, verified: Verified) -> None:
    """Set the verified flags inside the card: nothing can set the finger's yet."""
    application(card)._state.verified = verified
