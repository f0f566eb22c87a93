"""The service table: records and purse counters in the cells, and what the issuer does with them.

A record is the cell of its data object; what the purses have counted is one cell for all places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from struct import Struct

from card_simulator.apdu import SW, Command, StatusError
from card_simulator.application import purse
from card_simulator.application.account import NOTHING_SPENT, Account, Spent
from card_simulator.application.service_record import header_layout, kind_layout, kind_of
from card_simulator.application.state import State, object_cell

KEPT = {
    "purse": ("balance",),
    "quota": ("current period", "horizon", "balance"),
    "entitlement": ("uses",),
}
"""What stays as it is on an issued card when a record comes in the place of another one."""

ENABLE = 0x20
"""P1 of SET STATUS."""

_SPENT = "purse.spent"
_TABLE = Struct(">II")
"""Unverified spent and debits since LOAD, for each place."""


class Services:
    """The services of the card, by their places, 1 to 16, which are their ids."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cells = state.cells
        named, count = state.spec.object_named, state.spec.limits["services"]
        self._count = count
        self._cell = {n: object_cell(named(f"service record {n}").tag) for n in range(1, count + 1)}
        self._places = {named(f"service record {n}").tag: n for n in range(1, count + 1)}
        self._periods = {named(f"service period {n}").tag: n for n in range(1, count + 1)}

    # Accounts

    def record(self, place: int) -> bytes:
        """Return the record of a place, empty where there is none or no such place."""
        return self._cells.read(self._cell[place]) if place in self._cell else b""

    def accounts(self, places: Iterable[int]) -> dict[int, Account]:
        """Return the services of these places, without those that are not there."""
        spent = self._spent()
        records = {place: self.record(place) for place in places}
        return {
            n: Account(each, spent.get(n, NOTHING_SPENT)) for n, each in records.items() if each
        }

    def write(self, accounts: Mapping[int, Account], *, forget_debits: bool) -> None:
        """Write accounts, to be called in a transaction.

        With ``forget_debits`` all other purses have no debits since LOAD any more.
        """
        for place, account in accounts.items():
            self._cells.write(self._cell[place], account.record)
        before = self._spent()
        after = without_debits(before) if forget_debits else before
        after = _counted({**after, **{n: account.spent for n, account in accounts.items()}})
        if after != before:
            self._cells.write(_SPENT, self._encode(after))

    # Data objects that the card computes

    def computed(self) -> dict[int, Callable[[], bytes]]:
        """Return what makes the values of the data objects about services, by tag."""
        counters = self._state.spec.object_named("purse counters").tag
        return {
            counters: self.counters,
            **{tag: partial(self.period, place) for tag, place in self._periods.items()},
        }

    def written(self) -> dict[int, Callable[[bytes], None]]:
        """Return what takes new values of data objects about services, by tag."""
        return {tag: partial(self.set_period, place) for tag, place in self._periods.items()}

    def counters(self) -> bytes:
        """Return unverified spent and debits since LOAD of every purse."""
        return b"".join(
            bytes((place,)) + _encoded(account.spent)
            for place, account in self.accounts(self._cell).items()
            if kind_of(account.record) == purse.KIND
        )

    def period(self, place: int) -> bytes:
        """Return current period and horizon of a quota, empty where there is none."""
        record = self.record(place)
        if not record or kind_of(record) != "quota":
            return b""
        fields = kind_layout("quota")
        return fields.field(record, "current period") + fields.field(record, "horizon")

    def set_period(self, place: int, value: bytes) -> None:
        """Set current period and horizon of a quota; its balance stays."""
        fields = kind_layout("quota")
        record = fields.with_field(self.record(place), "current period", value[:2])
        self._cells.write(self._cell[place], fields.with_field(record, "horizon", value[2:]))

    # The issuer

    def merged(self, tag: int, record: bytes) -> bytes:
        """Return what is to be stored of a service record that STORE DATA brings.

        Before the card is issued that is the record. Afterwards what the service has stays; raises
        `StatusError` 6A80 for another kind, and for a new purse with a balance.
        """
        place = self._places.get(tag)
        if place is None or self._state.name == "BLANK":
            return record
        held = self.record(place)
        if not held:
            check_new(record)
            return record
        check_kind(held, record)
        return with_kept(held, record)

    def set_status(self, command: Command) -> None:
        """SET STATUS of one service; raises `StatusError` 6A88 or 6985."""
        record = self.record(command.p2)
        if not record:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        enabled = self._state.spec.services.enabled_flag
        flags = header_layout().number(record, "flags")
        wanted = flags | enabled if command.p1 == ENABLE else flags & ~enabled
        check_changes(flags, wanted)
        self._cells.write(
            self._cell[command.p2], header_layout().with_number(record, "flags", wanted)
        )

    # Inside

    def _spent(self) -> dict[int, Spent]:
        """Return what has been counted, without purses that have counted nothing."""
        counts = _TABLE.iter_unpack(self._cells.read(_SPENT))
        return {n: Spent(*pair) for n, pair in enumerate(counts, start=1) if any(pair)}

    def _encode(self, spent: Mapping[int, Spent]) -> bytes:
        places = range(1, self._count + 1)
        return b"".join(_encoded(spent.get(place, NOTHING_SPENT)) for place in places)


def without_debits(spent: Mapping[int, Spent]) -> dict[int, Spent]:
    """Return what purses have counted after a LOAD transaction."""
    return {place: Spent(each.unverified, 0) for place, each in spent.items()}


def check_new(record: bytes) -> None:
    """Refuse a purse that brings money with it."""
    if kind_of(record) == purse.KIND and purse.balance(Account(record)):
        raise StatusError(SW.WRONG_DATA)


def check_kind(held: bytes, record: bytes) -> None:
    """Refuse a record of another kind than the one in its place."""
    if kind_of(held) != kind_of(record):
        raise StatusError(SW.WRONG_DATA)


def check_changes(flags: int, wanted: int) -> None:
    """Refuse to do what is done already."""
    if flags == wanted:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)


def with_kept(held: bytes, record: bytes) -> bytes:
    """Return the new record with what the old one has of its own."""
    kind = kind_of(held) or ""
    for name in KEPT[kind]:
        record = kind_layout(kind).with_field(record, name, kind_layout(kind).field(held, name))
    return record


def _counted(spent: Mapping[int, Spent]) -> dict[int, Spent]:
    return {place: each for place, each in spent.items() if each != NOTHING_SPENT}


def _encoded(spent: Spent) -> bytes:
    return _TABLE.pack(spent.unverified, spent.debits)
