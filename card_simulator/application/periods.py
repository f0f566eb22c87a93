"""Periods of a quota: a number for each day, each month, or one for all time."""

from __future__ import annotations

from datetime import date

EPOCH = date(2000, 1, 1)

ALWAYS, DAY, MONTH = range(3)
"""Kinds of periods, as service records have them."""

KINDS = (ALWAYS, DAY, MONTH)


def period_of(kind: int, day: bytes) -> int:
    """Return the number of the period that a date (YYYYMMDD in BCD, from 2000 on) lies in."""
    if kind == ALWAYS:
        return 0
    digits = day.hex()
    year, month = int(digits[:4]), int(digits[4:6])
    if kind == MONTH:
        return (year - EPOCH.year) * 12 + month - 1
    return (date(year, month, int(digits[6:])) - EPOCH).days
