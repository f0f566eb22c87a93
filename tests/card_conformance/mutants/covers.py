"""Entitlements, and the card's own date."""

from collections.abc import Callable

from card_simulator.apdu import StatusError
from card_simulator.application import (
    entitlement,
    formats,
)
from card_simulator.application.account import Account, Asked
from card_simulator.application.basket import Operation
from card_simulator.application.booking import Booking, Change
from card_simulator.application.service_record import kind_layout
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced


def _asked(asked: Asked, **changed: object) -> Asked:
    values = {name: getattr(asked, name) for name in Asked.__slots__} | changed
    return Asked(**values)


def _date_of_the_terminal(_self: Booking, date: bytes) -> bytes:
    return date


def _raised_by(roles: Callable[[int], bool], *, lowers: bool = False) -> Patch:
    """Return a patch under which transactions of some roles set the card's date."""

    def patch(monkey: Patcher) -> None:
        original = Booking.carried_out

        def carried_out(
            self: Booking, operations: tuple[Operation, ...], role: int, date: bytes
        ) -> Change:
            found = original(self, operations, role, date)
            new = date if roles(role) and (lowers or date > self.card_date()) else b""
            return Change(found.accounts, found.operations, found.before, found.forget_debits, new)

        monkey.setattr(Booking, "carried_out", carried_out)

    return patch


def _two_up(held: Account, uses: int) -> Account:
    return _with_uses(held, uses + (uses > entitlement.balance(held)))


_with_uses = entitlement.with_uses


def _credit_counts_up(held: Account, asked: Asked) -> Account:
    return entitlement.debit(held, _asked(asked, verified=True))


def _valid(check: Callable[[bytes, bytes, bytes], bool]) -> Patch:
    def check_validity(held: Account, today: bytes) -> None:
        fields = kind_layout("entitlement")
        first, last = (fields.field(held.record, name) for name in ("valid from", "valid to"))
        if not check(first, today, last):
            raise StatusError(0x9408)

    return replaced(entitlement, "check_validity", check_validity)


def _succession(name: str, check: Callable[[bytes, bytes], bool]) -> Patch:
    return replaced(formats, name, check)


_follows = formats.follows_card_date


MUTANTS: Rows = (
    ("uses cover by amounts", "ENT-01", replaced(entitlement, "check_amount", nothing)),
    ("counts two uses", "ENT-01", replaced(entitlement, "with_uses", _two_up)),
    ("counts up with credits", "ENT-01", replaced(entitlement, "credit", _credit_counts_up)),
    ("knows no validity", "ENT-02", replaced(entitlement, "check_validity", nothing)),
    ("ends cover a day early", "ENT-02", _valid(lambda first, day, last: first <= day < last)),
    ("begins cover a day late", "ENT-02", _valid(lambda first, day, last: first < day <= last)),
    ("never ends cover", "ENT-02", _valid(lambda first, day, _: first <= day)),
    ("covers what comes", "ENT-02", _valid(lambda _, day, last: day <= last)),
    ("judges by the terminal's date", "ENT-02", replaced(Booking, "today", _date_of_the_terminal)),
    ("has no date of its own", "DAT-01", _raised_by(lambda _: False)),
    ("takes its date from everybody", "DAT-01", _raised_by(lambda _: True)),
    ("lowers its date", "DAT-01", _raised_by(lambda role: role == 0, lowers=True)),
    ("goes back in time", "DAT-02", _succession(
        "follows_card_date", lambda v, _: _follows(v, b""))),
    ("takes any day", "DAT-02", _succession("follows_card_date", lambda v, h: v >= h)),
)  # fmt: skip
