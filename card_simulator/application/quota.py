"""Quotas: what periods bring, debit, credit and taking back. Refusals raise `StatusError`."""

from __future__ import annotations

from applet_spec import spec
from card_simulator.apdu import StatusError
from card_simulator.application.account import (
    BALANCE_TOO_SMALL,
    CEILING_EXCEEDED,
    PERIOD_BEYOND_HORIZON,
    PERIOD_PAST,
    TRANSACTION_LIMIT_EXCEEDED,
    VERIFICATION_REQUIRED,
    Account,
    Asked,
)
from card_simulator.application.periods import period_of
from card_simulator.application.service_record import kind_layout

KIND = "quota"


def balance(held: Account) -> int:
    """Return what is left of the quota in its current period."""
    return _number(held, "balance")


def debit(held: Account, asked: Asked) -> Account:
    """Take the amount, in the period of its date."""
    check_verification(asked)
    now = in_period(held, period_of(_number(held, "period kind"), asked.date))
    check_transaction_limit(now, asked.amount)
    check_balance(now, asked.amount)
    return with_balance(now, balance(now) - asked.amount)


def credit(held: Account, asked: Asked) -> Account:
    """Give the amount, in the period of its date."""
    now = in_period(held, period_of(_number(held, "period kind"), asked.date))
    after = balance(now) + asked.amount
    check_ceiling(now, after)
    return with_balance(now, after)


def undone(held: Account, amount: int, _before: Account) -> Account:
    """Return the quota with ``amount`` more, below 0 for less; its period stays."""
    return with_balance(held, balance(held) + amount)


def in_period(held: Account, period: int) -> Account:
    """Return the quota in the period, with what the periods since its own have brought."""
    passed = period - _number(held, "current period")
    check_not_past(passed)
    if not passed:
        return held
    check_horizon(held, period)
    after = carried(
        balance(held), _number(held, "allowance"), _number(held, "carry-over ceiling"), passed
    )
    record = kind_layout(KIND).with_number(held.record, "current period", period)
    return with_balance(Account(record), after)


def carried(left: int, allowance: int, ceiling: int, passed: int) -> int:
    """Return the balance after some periods, at least one; it saturates."""
    kept = min(left + (passed - 1) * allowance, ceiling)
    return saturated(kept + allowance)


def saturated(amount: int) -> int:
    """Return the amount, or the largest where it is larger."""
    return min(amount, spec().limits["amount"])


def check_verification(asked: Asked) -> None:
    """Refuse a debit whose rule is not satisfied."""
    if not asked.verified:
        raise StatusError(VERIFICATION_REQUIRED)


def check_not_past(passed: int) -> None:
    """Refuse a period before the quota's."""
    if passed < 0:
        raise StatusError(PERIOD_PAST)


def check_horizon(held: Account, period: int) -> None:
    """Refuse to open a period beyond the horizon."""
    if period > _number(held, "horizon"):
        raise StatusError(PERIOD_BEYOND_HORIZON)


def check_transaction_limit(held: Account, amount: int) -> None:
    """Refuse more than may go at a time."""
    if amount > _number(held, "transaction limit"):
        raise StatusError(TRANSACTION_LIMIT_EXCEEDED)


def check_balance(held: Account, amount: int) -> None:
    """Refuse more than there is."""
    if amount > balance(held):
        raise StatusError(BALANCE_TOO_SMALL)


def check_ceiling(held: Account, after: int) -> None:
    """Refuse more than carry-over ceiling and allowance together."""
    if after > saturated(_number(held, "carry-over ceiling") + _number(held, "allowance")):
        raise StatusError(CEILING_EXCEEDED)


def with_balance(held: Account, after: int) -> Account:
    """Return the quota with another balance."""
    return Account(kind_layout(KIND).with_number(held.record, "balance", after), held.spent)


def _number(held: Account, name: str) -> int:
    return kind_layout(KIND).number(held.record, name)
