"""Entitlements: one use up, one use down. Refusals raise `StatusError`."""

from __future__ import annotations

from card_simulator.apdu import SW, StatusError
from card_simulator.application.account import (
    BALANCE_TOO_SMALL,
    CEILING_EXCEEDED,
    NOT_VALID_ON_DATE,
    VERIFICATION_REQUIRED,
    Account,
    Asked,
)
from card_simulator.application.service_record import kind_layout

KIND = "entitlement"
MOST_USES = 0xFFFFFF


def balance(held: Account) -> int:
    """Return how often it has been used."""
    return kind_layout(KIND).number(held.record, "uses")


def debit(held: Account, asked: Asked) -> Account:
    """Use it once."""
    check_amount(asked.amount)
    check_verification(asked)
    check_validity(held, asked.today)
    check_room(held)
    return with_uses(held, balance(held) + 1)


def credit(held: Account, asked: Asked) -> Account:
    """Give one use back."""
    check_amount(asked.amount)
    check_used(held)
    return with_uses(held, balance(held) - 1)


def undone(_held: Account, _amount: int, before: Account) -> Account:
    """Return the entitlement with the uses that it had before."""
    return before


def check_amount(amount: int) -> None:
    """Refuse any amount but 1."""
    if amount != 1:
        raise StatusError(SW.WRONG_DATA)


def check_verification(asked: Asked) -> None:
    """Refuse a use whose rule is not satisfied."""
    if not asked.verified:
        raise StatusError(VERIFICATION_REQUIRED)


def check_validity(held: Account, today: bytes) -> None:
    """Refuse a use before the first day or after the last."""
    fields = kind_layout(KIND)
    first, last = fields.field(held.record, "valid from"), fields.field(held.record, "valid to")
    if not first <= today <= last:
        raise StatusError(NOT_VALID_ON_DATE)


def check_room(held: Account) -> None:
    """Refuse a use that cannot be counted."""
    if balance(held) >= MOST_USES:
        raise StatusError(CEILING_EXCEEDED)


def check_used(held: Account) -> None:
    """Refuse to give back a use of what was not used."""
    if not balance(held):
        raise StatusError(BALANCE_TOO_SMALL)


def with_uses(held: Account, uses: int) -> Account:
    """Return the entitlement with another count."""
    return Account(kind_layout(KIND).with_number(held.record, "uses", uses))
