"""A till for one test, as it stands there, and the sessions of roles that are opened at it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from secrets import token_bytes

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.invented import ReceiptKey
from card_conformance.suite.requests import (
    PERFORM,
    QUERY,
    Operation,
    Request,
    Taken,
    credit,
    debit,
    mac_of,
    parse,
    receipt,
)
from card_conformance.suite.role_keys import OwnKeys, session_here
from card_conformance.suite.services import (
    INSPECT,
    Service,
    counters,
    decode,
    periods,
    text,
)
from card_conformance.suite.support import application, get_data, tag_of, verify
from host_lib.apdu import Apdu, Response
from host_lib.channel import SecureChannel
from host_lib.command import PutData
from host_lib.flow.store import store_data
from host_lib.secret import Pin

_RECORD = tag_of("service record 1")
_PERIOD = tag_of("service period 1")


@dataclass(frozen=True, slots=True)
class Look:
    """All that transactions can change on a card."""

    state: str
    number: int
    services: Mapping[str, Service]
    counters: Mapping[str, tuple[int, int]]
    date: bytes
    log: tuple[bytes, ...]

    def balance(self, name: str) -> int:
        """Return a service's balance, or its uses."""
        service = self.services[name]
        return service["uses" if service.kind == "entitlement" else "balance"]


class Till:
    """A card with services and keys of the suite's own; made by `till`."""

    def __init__(
        self,
        card: CardUnderTest,
        pin: Pin,
        keys: Mapping[int, OwnKeys],
        services: Mapping[str, Service],
        today: date,
    ) -> None:
        self.card = card
        self.services = services
        self.today = today
        self._pin = pin
        self._keys = keys
        self._terminal = token_bytes(8)
        self._last = 0

    def id(self, name: str) -> int:
        """Return the id of a service."""
        return self.services[name].place

    def debit(self, name: str, amount: int) -> Operation:
        """Return a debit of a service by its name here."""
        return debit(self.id(name), amount)

    def credit(self, name: str, amount: int) -> Operation:
        """Return a credit of a service by its name here."""
        return credit(self.id(name), amount)

    def session(self, role: int, *, verified: bool = False) -> "Desk":
        """Select the application and open a session of a role; with the PIN verified in it."""
        number = self.card.select().transaction_number
        channel = session_here(self.card, self._keys[role]).channel
        desk = Desk(self, role, channel, number)
        if verified:
            desk.verify()
        return desk

    def session_on_top(self, role: int) -> "Desk":
        """Open a session of a role with the application that is selected already."""
        channel = session_here(self.card, self._keys[role]).channel
        return Desk(self, role, channel, 0)

    def verify(self) -> Apdu:
        """Return VERIFY with the card's PIN."""
        return verify(self._pin.block())

    def request(self, number: int, *operations: Operation, day: date | None = None) -> Request:
        """Return a request under a new name, for a card of this transaction number."""
        self._last += 1
        when = text(day or self.today)
        return Request(self._terminal, self._last, number, when, operations)

    def look(self) -> Look:
        """Read all that a transaction can change, in a session of its own."""
        desk = self.session(INSPECT)
        services = {name: desk.service(name) for name in self.services}
        spent = dict(counters(desk.value("purse counters")))
        purses = [name for name, service in services.items() if service.kind == "purse"]
        missing = [name for name in purses if self.id(name) not in spent]
        same("purses without counters", missing, [])
        by_name = {name: spent[self.id(name)] for name in purses}
        day, log = desk.value("card date"), desk.log()
        fci = self.card.select()
        return Look(fci.state, fci.transaction_number, services, by_name, day, log)

    @contextmanager
    def unchanged(self) -> Iterator[Look]:
        """Make sure that what happens inside the block changes nothing of it."""
        before = self.look()
        yield before
        after = self.look()
        for what in Look.__slots__:
            same(f"{what} of the card after refusals", getattr(after, what), getattr(before, what))

    def store(self, *services: Service) -> None:
        """Give services other settings, in an issuer session."""
        session = self.card.session()
        room = session.channel.max_data
        self.card.run(store_data([one.dgi() for one in services], room), session.channel)

    def put(self, tag: int, value: bytes) -> None:
        """Write an object in an issuer session."""
        self.card.run(PutData(tag, value), self.card.session().channel)

    def issue(self, apdu: Apdu, sw: str = "9000") -> None:
        """Send one command in an issuer session."""
        self.card.expect(sw, apdu, self.card.session().channel)


class Desk:
    """An open session of a role."""

    def __init__(self, till: Till, role: int, channel: SecureChannel, number: int) -> None:
        self.till = till
        self.role = role
        self.number = number
        self._card = till.card
        self.channel = channel

    def ask(self, apdu: Apdu) -> Response:
        """Send a command; an error leaves the session open, for the card does so too."""
        answer = self._card.send(self.channel.wrap(apdu))
        return self.channel.unwrap(answer) if answer.sw == 0x9000 else answer

    def expect(self, sw: str, apdu: Apdu) -> bytes:
        """Send a command and return the data of its answer. Raises NotConform."""
        answer = self.ask(apdu)
        same(f"{apdu.label} in a session of role {self.role}", f"{answer.sw:04X}", sw)
        return answer.data

    def verify(self) -> None:
        """Verify the PIN."""
        self.expect("9000", self.till.verify())

    # Paying

    def request(self, *operations: Operation, day: date | None = None) -> Request:
        """Return a request for the card as it is now."""
        return self.till.request(self.number, *operations, day=day)

    def send(self, request: Request, balances: int | None = None) -> Taken:
        """Send a request that the card takes, or has taken before, and return its answer."""
        data = self.expect("9000", request.apdu())
        taken = parse(data, len(request.operations) if balances is None else balances)
        self.number = max(self.number, taken.number)
        return taken

    def take(self, *operations: Operation, day: date | None = None) -> Taken:
        """Carry out a transaction that the card takes."""
        return self.send(self.request(*operations, day=day))

    def refuse(self, sw: str, *operations: Operation, day: date | None = None) -> None:
        """Send a request that the card refuses."""
        self.expect(sw, self.request(*operations, day=day).apdu())

    def query(self, request: Request) -> tuple[int, int, bytes]:
        """Return a query's result, the card's transaction number and the stored answer."""
        data = self.expect("9000", request.apdu(QUERY))
        return data[0], int.from_bytes(data[1:4], "big"), data[4:]

    def stored(self, request: Request) -> bytes:
        """Return the answer to a request as bytes."""
        return self.expect("9000", request.apdu(PERFORM))

    def check(self, request: Request, taken: Taken) -> bytes:
        """Make sure the MAC of an answer is that of its receipt; return the receipt's fields."""
        version = int.from_bytes(self.value("receipt key version"), "big")
        same("receipt key version", taken.key_version, version)
        fields = receipt(self.role, self.value("card serial"), request, taken)
        key = known_receipt_keys(self._card)[version].key
        same("receipt MAC", taken.mac, mac_of(key, fields))
        return fields

    # Reading

    def value(self, name: str) -> bytes:
        """Return an object's value, nothing where it has none."""
        return self.get(tag_of(name))

    def get(self, tag: int) -> bytes:
        """Return an object's value, nothing where it has none."""
        answer = self.ask(get_data(tag))
        if answer.sw != 0x6A88:
            same(f"GET DATA of {tag:04X}", f"{answer.sw:04X}", "9000")
        return answer.data

    def service(self, name: str) -> Service:
        """Return a service as the card has it now."""
        return decode(self.get(_RECORD + self.till.id(name) - 1))

    def counters(self, name: str) -> tuple[int, int]:
        """Return unverified spent and debits since LOAD of a purse."""
        told = dict(counters(self.value("purse counters")))
        check(self.till.id(name) in told, f"counters of {name}", "none", "told")
        return told[self.till.id(name)]

    def log(self) -> tuple[bytes, ...]:
        """Return the records of the log, the newest first."""
        count = self.value("transaction log")[0]
        return tuple(self.expect("9000", read_record(n)) for n in range(1, count + 1))

    def write_periods(self, sw: str, place: int, current: int, horizon: int) -> None:
        """Write the service period of a place."""
        self.write(sw, period_tag(place), periods(current, horizon))

    def write(self, sw: str, tag: int, value: bytes) -> None:
        """Write an object, and expect this of it."""
        self.expect(sw, application("PUT DATA", tag >> 8, tag & 0xFF, value))


def read_record(number: int) -> Apdu:
    """Return READ RECORD of the log."""
    return application("READ RECORD", number, 0x04, answer=True)


def period_tag(place: int) -> int:
    """Return the tag of the service period of a place."""
    return _PERIOD + place - 1


def known_receipt_keys(card: CardUnderTest) -> Mapping[int, ReceiptKey]:
    """Return the receipt keys that the suite has given to a card, by version."""
    first = () if card.record is None else (card.record.receipt_key,)
    return {key.version: key for key in first} | card.receipt_keys
