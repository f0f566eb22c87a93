"""Purses: debit, credit and taking back, as values. Refusals raise `StatusError`."""

from __future__ import annotations

from card_simulator.apdu import StatusError
from card_simulator.application.account import (
    BALANCE_TOO_SMALL,
    CEILING_EXCEEDED,
    DEBIT_LIMIT_EXCEEDED,
    TRANSACTION_LIMIT_EXCEEDED,
    VERIFICATION_REQUIRED,
    Account,
    Asked,
    Spent,
)
from card_simulator.application.service_record import ROLE_LIMIT, kind_layout

KIND = "purse"


def balance(held: Account) -> int:
    """Return what is in the purse."""
    return _number(held, "balance")


def debit(held: Account, asked: Asked) -> Account:
    """Take the amount out."""
    spent = held.spent
    unverified = unverified_after(spent, asked)
    check_verification(held, unverified)
    check_transaction_limit(held, asked)
    check_balance(held, asked.amount)
    debits = spent.debits + asked.amount
    check_debit_limit(held, debits)
    record = with_balance(held, balance(held) - asked.amount).record
    return Account(record, Spent(unverified, debits))


def credit(held: Account, asked: Asked) -> Account:
    """Put the amount in."""
    after = balance(held) + asked.amount
    check_ceiling(held, after)
    return with_balance(held, after)


def undone(held: Account, amount: int, before: Account) -> Account:
    """Return the purse with ``amount`` more, below 0 for less, and what it had counted before."""
    return Account(with_balance(held, balance(held) + amount).record, before.spent)


def unverified_after(spent: Spent, asked: Asked) -> int:
    """Return what is spent without verification, with this debit."""
    return 0 if asked.verified else spent.unverified + asked.amount


def check_verification(held: Account, unverified: int) -> None:
    """Refuse more than the unverified allowance."""
    if unverified > _number(held, "unverified allowance"):
        raise StatusError(VERIFICATION_REQUIRED)


def check_transaction_limit(held: Account, asked: Asked) -> None:
    """Refuse more than the role may take at a time."""
    limit = role_limit(held.record, asked.role)
    if limit is not None and asked.amount > limit:
        raise StatusError(TRANSACTION_LIMIT_EXCEEDED)


def check_balance(held: Account, amount: int) -> None:
    """Refuse more than there is."""
    if amount > balance(held):
        raise StatusError(BALANCE_TOO_SMALL)


def check_debit_limit(held: Account, debits: int) -> None:
    """Refuse more debits than may be between two LOAD transactions."""
    if debits > _number(held, "debit limit"):
        raise StatusError(DEBIT_LIMIT_EXCEEDED)


def check_ceiling(held: Account, after: int) -> None:
    """Refuse more than the purse may hold."""
    if after > _number(held, "ceiling"):
        raise StatusError(CEILING_EXCEEDED)


def role_limit(record: bytes, role: int) -> int | None:
    """Return the limit per transaction of a role, None where it has none."""
    for at in range(kind_layout(KIND).end, len(record), ROLE_LIMIT):
        if record[at] == role:
            return int.from_bytes(record[at + 1 : at + ROLE_LIMIT], "big")
    return None


def with_balance(held: Account, after: int) -> Account:
    """Return the purse with another balance."""
    return Account(kind_layout(KIND).with_number(held.record, "balance", after), held.spent)


def _number(held: Account, name: str) -> int:
    return kind_layout(KIND).number(held.record, name)
