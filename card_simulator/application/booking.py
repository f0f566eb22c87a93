"""What a basket makes of the services: each operation checked in its order, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from card_simulator.apdu import SW, StatusError
from card_simulator.application import entitlement, purse, quota
from card_simulator.application.account import SERVICE_DISABLED, Account, Asked, Spent
from card_simulator.application.basket import Operation
from card_simulator.application.objects import Objects
from card_simulator.application.service_record import kind_of
from card_simulator.application.services import Services
from card_simulator.application.state import State
from card_simulator.application.verification import satisfies

LOAD = 0
"""The role whose transactions the issuer makes online."""


class Kind(Protocol):
    """What a kind of service can do; its module is one."""

    def balance(self, held: Account) -> int:
        """Return what receipts tell of the service."""

    def debit(self, held: Account, asked: Asked) -> Account:
        """Return the service with the amount taken, or raise `StatusError`."""

    def credit(self, held: Account, asked: Asked) -> Account:
        """Return the service with the amount given, or raise `StatusError`."""

    def undone(self, held: Account, amount: int, before: Account) -> Account:
        """Return the service with ``amount`` more, as ``before`` in what else is taken back."""


KINDS: Mapping[str, Kind] = {
    purse.KIND: purse,
    quota.KIND: quota,
    entitlement.KIND: entitlement,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction is about to commit: accounts by places, in the order of the operations.

    ``forget_debits`` says that all purses' debits since LOAD are forgotten, ``operations`` and
    ``before`` what a reverse needs to take it back; ``card_date`` is the new one, empty where it
    stays.
    """

    accounts: Mapping[int, Account]
    operations: tuple[Operation, ...] = ()
    before: Mapping[int, Account] = field(default_factory=dict)
    forget_debits: bool = False
    card_date: bytes = b""

    def balances(self) -> list[int]:
        """Return the balances that the transaction tells."""
        return [_kind(account).balance(account) for account in self.accounts.values()]


@dataclass(frozen=True, slots=True)
class Basket:
    """What the operations of one basket have in common.

    ``date`` is the transaction's, ``today`` the later of it and the card's; ``before`` are the
    accounts of its services as the transaction finds them.
    """

    operations: tuple[Operation, ...]
    role: int
    date: bytes
    today: bytes
    before: Mapping[int, Account]


class Booking:
    """Reckons what transactions make of the services."""

    def __init__(self, state: State, objects: Objects, services: Services) -> None:
        self._state = state
        self._objects = objects
        self._services = services
        flags = state.spec.object_named("holder flags")
        self._holder_flags = flags.tag
        self._exempt = next(bit for bit, name in flags.bits.items() if name == "finger-exempt")
        self._card_date = state.spec.object_named("card date").tag
        self._debit = state.spec.transactions.operations["debit"]
        self._alone = state.spec.transactions.purse_alone_roles

    def today(self, date: bytes) -> bytes:
        """Return the later of a transaction's date and the card's."""
        return max(date, self.card_date())

    def card_date(self) -> bytes:
        """Return the card's date, the earliest where it has none."""
        return self._objects.value(self._card_date) or self._state.spec.transactions.first_date

    def carried_out(self, operations: tuple[Operation, ...], role: int, date: bytes) -> Change:
        """Return what the operations make of the services; raises `StatusError` of the first."""
        before = self._services.accounts(operation.service for operation in operations)
        basket = Basket(operations, role, date, self.today(date), before)
        loading = role == LOAD
        accounts = {}
        for operation in operations:
            held = before.get(operation.service)
            if held is None:
                raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
            held = without_debits(held) if loading else held
            accounts[operation.service] = self._applied(held, operation, basket)
        card_date = date if loading and date > self.card_date() else b""
        return Change(accounts, operations, before, loading, card_date)

    def taken_back(self, last: Change) -> Change:
        """Return what is left of the services when a transaction is taken back."""
        accounts = self._services.accounts(last.accounts)
        for operation in last.operations:
            held, before = accounts[operation.service], last.before[operation.service]
            more = operation.amount if operation.code == self._debit else -operation.amount
            accounts[operation.service] = _kind(held).undone(held, more, before)
        return Change(accounts)

    # One operation

    def _applied(self, held: Account, operation: Operation, basket: Basket) -> Account:
        """Return a service after one operation."""
        debits = operation.code == self._debit
        self._check_enabled(held)
        self._check_role(held, "debit roles" if debits else "credit roles", basket)
        if debits:
            self._check_company(held, basket)
        verified = self._is_verified(held)
        asked = Asked(operation.amount, basket.role, basket.date, basket.today, verified)
        kind = _kind(held)
        return kind.debit(held, asked) if debits else kind.credit(held, asked)

    def _check_enabled(self, held: Account) -> None:
        if not held.header("flags") & self._state.spec.services.enabled_flag:
            raise StatusError(SERVICE_DISABLED)

    def _check_role(self, held: Account, allowed: str, basket: Basket) -> None:
        if not held.header(allowed) >> basket.role & 1:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)

    def _check_company(self, held: Account, basket: Basket) -> None:
        """Refuse a purse's debit by a programme that debits nothing of its own with it."""
        if kind_of(held.record) != purse.KIND or self._may_debit_purses_alone(basket.role):
            return
        if not any(self._is_other_debit(operation, basket) for operation in basket.operations):
            raise StatusError(SW.SECURITY_NOT_SATISFIED)

    def _may_debit_purses_alone(self, role: int) -> bool:
        return role in self._alone

    def _is_other_debit(self, operation: Operation, basket: Basket) -> bool:
        """Say whether an operation debits a service that is there and no purse."""
        found = basket.before.get(operation.service)
        return (
            operation.code == self._debit
            and found is not None
            and kind_of(found.record) != purse.KIND
        )

    def _is_verified(self, held: Account) -> bool:
        exempt = bool(self._objects.value(self._holder_flags)[0] & self._exempt)
        return satisfies(self._state.verified, held.header("verification"), exempt=exempt)


def without_debits(held: Account) -> Account:
    """Return the account as a LOAD transaction finds it: with no debits since LOAD."""
    return Account(held.record, Spent(held.spent.unverified, 0))


def _kind(held: Account) -> Kind:
    return KINDS[kind_of(held.record) or ""]
