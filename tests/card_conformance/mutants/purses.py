"""Purses and their counters; ceilings and limits of all services."""

from collections.abc import Callable

from card_simulator.application import (
    booking,
    purse,
    quota,
)
from card_simulator.application.account import Account, Asked, Spent
from card_simulator.application.basket import Operation
from card_simulator.application.booking import Booking, Change
from card_simulator.application.service_record import kind_layout
from card_simulator.application.services import Services
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced
from tests.card_conformance.mutants.service_fields import field, less, more

Debit = Callable[[Account, Asked], Account]


def _with_debit(module: object, change: Callable[[Debit, Account, Asked], Account]) -> Patch:
    """Return a patch that does something about a kind's debits."""
    original: Debit = module.debit  # type: ignore[attr-defined]
    return replaced(module, "debit", lambda held, asked: change(original, held, asked))


def _asked(asked: Asked, **changed: object) -> Asked:
    values = {name: getattr(asked, name) for name in Asked.__slots__} | changed
    return Asked(**values)


def _no_floor(module: object) -> Patch:
    """Return a patch under which a debit above the balance takes what there is."""

    def patch(monkey: Patcher) -> None:
        original = module.with_balance  # type: ignore[attr-defined]
        monkey.setattr(module, "check_balance", nothing)
        monkey.setattr(module, "with_balance", lambda held, n: original(held, max(n, 0)))

    return patch


def _clipped(module: object, ceiling: Callable[[Account], int]) -> Patch:
    """Return a patch under which a credit above the ceiling is clipped."""

    def patch(monkey: Patcher) -> None:
        original = module.with_balance  # type: ignore[attr-defined]

        def credit(held: Account, asked: Asked) -> Account:
            after = min(module.balance(held) + asked.amount, ceiling(held))  # type: ignore[attr-defined]
            result: Account = original(held, after)
            return result

        monkey.setattr(module, "credit", credit)

    return patch


def _ceiling(held: Account) -> int:
    return kind_layout("purse").number(held.record, "ceiling")


def _last_role_limit(record: bytes, _role: int) -> int | None:
    found = [int.from_bytes(record[at + 1 : at + 5], "big") for at in range(39, len(record), 5)]
    return found[-1] if found else None


def _unverified_each(_spent: Spent, asked: Asked) -> int:
    return 0 if asked.verified else asked.amount


def _unverified_stays(spent: Spent, asked: Asked) -> int:
    return spent.unverified + (0 if asked.verified else asked.amount)


def _verified_by_need(original: Debit, held: Account, asked: Asked) -> Account:
    """Count as unverified what needed no verification, though there was one."""
    more = held.spent.unverified + asked.amount
    needed = more > kind_layout("purse").number(held.record, "unverified allowance")
    return original(held, _asked(asked, verified=asked.verified and needed))


def _debits_not_counted(original: Debit, held: Account, asked: Asked) -> Account:
    after = original(held, asked)
    return Account(after.record, Spent(after.spent.unverified, held.spent.debits))


def _forgetting(decide: Callable[[Booking, int], bool]) -> Patch:
    """Return a patch that decides by the role whether debits since LOAD are forgotten."""

    def patch(monkey: Patcher) -> None:
        original = Booking.carried_out

        def carried_out(
            self: Booking, operations: tuple[Operation, ...], role: int, date: bytes
        ) -> Change:
            found = original(self, operations, role, date)
            return Change(
                found.accounts, found.operations, found.before, decide(self, role), found.card_date
            )

        monkey.setattr(Booking, "carried_out", carried_out)

    return patch


def _load_keeps_debits(patch: Patcher) -> None:
    _forgetting(lambda _self, _role: False)(patch)
    patch.setattr(booking, "without_debits", lambda held: held)


def _first_purse_only(self: Services) -> bytes:
    return _counters(self)[:9]


_counters = Services.counters


def _counters_swapped(self: Services) -> bytes:
    told = _counters(self)
    rows = [told[at : at + 9] for at in range(0, len(told), 9)]
    return b"".join(row[:1] + row[5:] + row[1:5] for row in rows)


def _only_purses_that_spent(self: Services) -> bytes:
    told = _counters(self)
    rows = [told[at : at + 9] for at in range(0, len(told), 9)]
    return b"".join(row for row in rows if any(row[1:])) or rows[0]


_check_purse_balance = purse.check_balance


_check_quota_balance = quota.check_balance


_check_quota_ceiling = quota.check_ceiling


MUTANTS: Rows = (
    ("takes more than there is from a purse", "TRX-22", _no_floor(purse)),
    ("takes more than there is from a quota", "TRX-22", _no_floor(quota)),
    ("keeps one piastre", "TRX-22", replaced(
        purse, "check_balance", lambda held, n: _check_purse_balance(held, n + 1))),
    ("keeps one loaf", "TRX-22", replaced(
        quota, "check_balance", lambda held, n: _check_quota_balance(held, n + 1))),
    ("has no ceilings", "TRX-23", replaced(purse, "check_ceiling", nothing)),
    ("has no ceilings for quotas", "TRX-23", replaced(quota, "check_ceiling", nothing)),
    ("clips credits", "TRX-23", _clipped(purse, _ceiling)),
    ("has ceilings one too low", "TRX-23", field("purse", "ceiling", less)),
    ("has ceilings one too high", "TRX-23", field("purse", "ceiling", more)),
    ("forgets the allowance in ceilings", "TRX-23", replaced(
        quota, "check_ceiling",
        lambda held, n: _check_quota_ceiling(held, n + quota._number(held, "allowance")))),
    ("has no limits of roles", "TRX-24", replaced(purse, "check_transaction_limit", nothing)),
    ("has no limits of quotas", "TRX-24", replaced(quota, "check_transaction_limit", nothing)),
    ("limits quotas one too early", "TRX-24", field("quota", "transaction limit", less)),
    ("has the last role's limit for all", "TRX-24", replaced(
        purse, "role_limit", _last_role_limit)),
    ("counts no unverified debits", "PUR-01", replaced(
        purse, "unverified_after", _unverified_each)),
    ("allows one piastre more", "PUR-01", field("purse", "unverified allowance", more)),
    ("allows one piastre less", "PUR-01", field("purse", "unverified allowance", less)),
    ("never forgets unverified debits", "PUR-02", replaced(
        purse, "unverified_after", _unverified_stays)),
    ("counts what needed no verification", "PUR-02", _with_debit(purse, _verified_by_need)),
    ("has no debit limit", "PUR-03", replaced(purse, "check_debit_limit", nothing)),
    ("has a debit limit one too high", "PUR-03", field("purse", "debit limit", more)),
    ("counts no debits since LOAD", "PUR-03", _with_debit(purse, _debits_not_counted)),
    ("never forgets debits", "PUR-03", _load_keeps_debits),
    ("forgets debits of the basket only", "PUR-03", _forgetting(lambda _self, _role: False)),
    ("forgets debits with everybody", "PUR-03", _forgetting(lambda _self, _role: True)),
    ("tells of one purse", "PUR-04", replaced(Services, "counters", _first_purse_only)),
    ("swaps the counters", "PUR-04", replaced(Services, "counters", _counters_swapped)),
    ("tells of purses that spent", "PUR-04", replaced(
        Services, "counters", _only_purses_that_spent)),
)  # fmt: skip
