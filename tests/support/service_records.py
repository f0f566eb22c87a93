"""Service records of an invented card, made for transactions: some with small numbers.

What is small is soon at its bounds; what is large shows sums beyond 31 and 32 bits. Written from
the contract's layouts, byte by byte.
"""

from collections.abc import Iterable, Mapping
from datetime import date

PURSE, QUOTA, ENTITLEMENT = 1, 2, 3
NONE, PIN, FINGER, EITHER, BOTH = range(5)
"""Verification rules."""
NO_PERIOD, DAY, MONTH = range(3)
LARGEST = 0x7FFFFFFF
ENABLED = 0x80
TODAY = date(2026, 6, 15)
"""The day of a test's transactions; the services below are for the days around it."""


def day_number(day: date) -> int:
    """Return the days since 2000-01-01."""
    return (day - date(2000, 1, 1)).days


def month_number(day: date) -> int:
    """Return the months since January 2000."""
    return (day.year - 2000) * 12 + day.month - 1


def _u4(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _roles(roles: Iterable[int]) -> bytes:
    return sum(1 << role for role in roles).to_bytes(2, "big")


def header(
    place: int, kind: int, label: str, rule: int, debit: Iterable[int], credit: Iterable[int],
    flags: int = ENABLED,
) -> bytes:  # fmt: skip
    """Return the 20 bytes that every kind begins with."""
    head = bytes([place, kind, flags, rule]) + _roles(debit) + _roles(credit)
    return head + label.encode().ljust(12, b"\x00")


def purse(
    head: bytes, ceiling: int, allowance: int, debit_limit: int, balance: int,
    limits: Mapping[int, int],
) -> bytes:  # fmt: skip
    """Return a purse of Egyptian pounds; ``limits`` are those of roles."""
    amounts = b"".join(map(_u4, (ceiling, allowance, debit_limit, balance)))
    each = b"".join(bytes([role]) + _u4(limit) for role, limit in limits.items())
    return head + b"\x08\x18" + amounts + bytes([len(limits)]) + each


def quota(
    head: bytes, allowance: int, kind: int, carry_over: int, limit: int, period: int, horizon: int,
    balance: int,
) -> bytes:  # fmt: skip
    """Return a quota; ``kind`` is that of its periods."""
    periods = period.to_bytes(2, "big") + horizon.to_bytes(2, "big")
    amounts = _u4(allowance) + bytes([kind]) + _u4(carry_over) + _u4(limit)
    return head + amounts + periods + _u4(balance)


def entitlement(head: bytes, first: str, last: str, uses: int) -> bytes:
    """Return an entitlement of class 1, valid from ``first`` to ``last`` (YYYYMMDD)."""
    return head + bytes.fromhex(first + last) + b"\x01" + uses.to_bytes(3, "big")


_DAY, _MONTH = day_number(TODAY), month_number(TODAY)
_ANY = range(16)
RATION, BREAD, HEALTH, WALLET, SMALL_PURSE, SMALL_QUOTA, SMALL_COVER = range(1, 8)
NO_PERIODS, LARGE_PURSE, LARGE_QUOTA, DISABLED = range(8, 12)
LAST_PURSE = 16
SERVICES: dict[int, bytes] = {
    RATION: quota(
        header(RATION, QUOTA, "ration", EITHER, {3}, {0}),
        100, MONTH, 100, 150, _MONTH, _MONTH + 3, 100),
    BREAD: quota(
        header(BREAD, QUOTA, "bread", NONE, {4}, {0}), 20, DAY, 60, 70, _DAY, _DAY + 92, 60),
    HEALTH: entitlement(
        header(HEALTH, ENTITLEMENT, "health", FINGER, {5}, {0}), "20260101", "20261231", 0),
    WALLET: purse(
        header(WALLET, PURSE, "wallet", PIN, {1, 2, 3, 4, 5}, {0}),
        1_000_000, 20_000, 500_000, 600_000,
        {1: 300_000, 2: 300_000, 3: 30_000, 4: 5_000, 5: 50_000}),
    SMALL_PURSE: purse(
        header(SMALL_PURSE, PURSE, "محفظة", PIN, range(6), {0, 1, 2}), 12, 3, 7, 9,
        {1: 5, 2: 4, 3: 2}),
    SMALL_QUOTA: quota(
        header(SMALL_QUOTA, QUOTA, "حصة", NONE, {0, 1, 3, 4, 5}, {0, 1}),
        3, DAY, 4, 6, _DAY - 2, _DAY + 3, 2),
    SMALL_COVER: entitlement(
        header(SMALL_COVER, ENTITLEMENT, "", EITHER, {1, 3, 4, 5}, {0, 1}),
        "20260614", "20260617", 0xFFFFFE),
    NO_PERIODS: quota(
        header(NO_PERIODS, QUOTA, "no periods", BOTH, {1, 4}, {0, 6}), 5, NO_PERIOD, 5, 4, 0, 0, 5),
    LARGE_PURSE: purse(
        header(LARGE_PURSE, PURSE, "large", NONE, {0, 1, 2}, _ANY), LARGEST, LARGEST, LARGEST,
        0x40000000, {}),
    LARGE_QUOTA: quota(
        header(LARGE_QUOTA, QUOTA, "large quota", NONE, _ANY, _ANY),
        1_000_000, MONTH, LARGEST - 1, LARGEST, _MONTH - 1, 959, 0x7FF00000),
    DISABLED: quota(
        header(DISABLED, QUOTA, "disabled", NONE, _ANY, _ANY, flags=0),
        1, DAY, 1, 1, _DAY, _DAY, 1),
    LAST_PURSE: purse(
        header(LAST_PURSE, PURSE, "last", BOTH, {0, 1, 5, 6, 15}, {0, 6}), 100, 10, 20, 50,
        {15: 0, 5: LARGEST, 0: 100, 6: 1, 1: 30}),
}  # fmt: skip
"""The services of a test's card, by their ids."""
