"""Who may do an operation: roles, company, verification, and in which order that is asked."""

from collections.abc import Callable

from card_simulator.application import (
    booking,
    entitlement,
    purse,
    quota,
    verification,
)
from card_simulator.application.account import Account, Asked
from card_simulator.application.basket import Operation
from card_simulator.application.booking import Booking
from card_simulator.application.service_record import kind_of
from card_simulator.application.state import Verified
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced

Debit = Callable[[Account, Asked], Account]


def _only(*satisfied: tuple[str, Callable[[Verified], bool]]) -> Patch:
    return replaced(verification, "_RULES", verification._RULES | dict(satisfied))


def _has_pin(flags: Verified) -> bool:
    return bool(flags & Verified.PIN)


def _not_exempt(flags: Verified, rule: int, **_exempt: bool) -> bool:
    return _satisfies(flags, rule, exempt=False)


_satisfies = verification.satisfies


def _exempt_everywhere(flags: Verified, rule: int, **_exempt: bool) -> bool:
    return _satisfies(flags, rule, exempt=True)


def _exempt_needs_nothing(flags: Verified, rule: int, *, exempt: bool) -> bool:
    return exempt or _satisfies(flags, rule, exempt=exempt)


def _company(allowed: Callable[[Booking, Operation, booking.Basket], bool]) -> Patch:
    return replaced(Booking, "_is_other_debit", allowed)


def _any_other(_self: Booking, operation: Operation, basket: booking.Basket) -> bool:
    found = basket.before.get(operation.service)
    return found is not None and kind_of(found.record) != purse.KIND


def _any_debit(self: Booking, operation: Operation, basket: booking.Basket) -> bool:
    return len(basket.operations) > 1 and operation.code == self._debit


def _roles_of(name: str) -> Patch:
    """Return a patch under which every operation looks at the roles of one kind of operation."""
    original = Booking._check_role

    def check(self: Booking, held: Account, _allowed: str, basket: booking.Basket) -> None:
        original(self, held, name, basket)

    return replaced(Booking, "_check_role", check)


def _credits_verified(patch: Patcher) -> None:
    """Ask for verification of credits, too."""
    original = quota.credit

    def credit(held: Account, asked: Asked) -> Account:
        quota.check_verification(asked)
        return original(held, asked)

    patch.setattr(quota, "credit", credit)


def _late(module: object, name: str) -> Patch:
    """Return a patch under which a check comes after all others of a debit."""

    def patch(monkey: Patcher) -> None:
        check = getattr(module, name)
        debit: Debit = module.debit  # type: ignore[attr-defined]
        calls: list[tuple[object, ...]] = []

        def later(held: Account, asked: Asked) -> Account:
            calls.clear()
            after = debit(held, asked)
            for args in calls:
                check(*args)
            return after

        monkey.setattr(module, name, lambda *args: calls.append(args))
        monkey.setattr(module, "debit", later)

    return patch


def _role_before_enabled(patch: Patcher) -> None:
    enabled, role = Booking._check_enabled, Booking._check_role

    def check(self: Booking, held: Account, allowed: str, basket: booking.Basket) -> None:
        role(self, held, allowed, basket)
        enabled(self, held)

    patch.setattr(Booking, "_check_enabled", nothing)
    patch.setattr(Booking, "_check_role", check)


MUTANTS: Rows = (
    ("looks at the limit last", "TRX-20", _late(purse, "check_transaction_limit")),
    ("looks at the balance last", "TRX-20", _late(purse, "check_balance")),
    ("looks at verification last", "TRX-20", _late(purse, "check_verification")),
    ("looks at the role before enabled", "TRX-20", _role_before_enabled),
    ("never asks for verification of a quota", "TRX-15", replaced(
        quota, "check_verification", nothing)),
    ("never asks for verification of cover", "TRX-15", replaced(
        entitlement, "check_verification", nothing)),
    ("never asks for verification of a purse", "TRX-15", replaced(
        purse, "check_verification", nothing)),
    ("asks for verification of credits", "TRX-15", _credits_verified),
    ("takes the PIN for a finger", "TRX-15", _only(("finger", _has_pin))),
    ("takes one of two", "TRX-15", _only(("pin and finger", bool))),
    ("asks for the finger where the PIN is enough", "TRX-15", _only(
        ("pin or finger", lambda flags: bool(flags & Verified.FINGER)))),
    ("knows no exemption", "TRX-15", replaced(booking, "satisfies", _not_exempt)),
    ("exempts everybody", "TRX-15", replaced(booking, "satisfies", _exempt_everywhere)),
    ("asks exempt holders for nothing", "TRX-15", replaced(
        booking, "satisfies", _exempt_needs_nothing)),
    ("ignores disabling", "TRX-12", replaced(Booking, "_check_enabled", nothing)),
    ("ignores roles", "TRX-13", replaced(Booking, "_check_role", nothing)),
    ("looks at debit roles only", "TRX-13", _roles_of("debit roles")),
    ("looks at credit roles only", "TRX-13", _roles_of("credit roles")),
    ("lets programmes debit purses", "TRX-14", replaced(Booking, "_check_company", nothing)),
    ("takes a credit for company", "TRX-14", _company(_any_other)),
    ("takes a purse for company", "TRX-14", _company(_any_debit)),
    ("lets nobody debit purses alone", "TRX-14", replaced(
        Booking, "_may_debit_purses_alone", lambda _self, role: role == 1)),
)  # fmt: skip
