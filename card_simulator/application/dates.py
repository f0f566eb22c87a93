"""Calendar dates YYYYMMDD and times hhmmss, both in BCD."""

from __future__ import annotations

from datetime import date, time


def is_date(value: bytes) -> bool:
    """Say whether four bytes are a calendar date."""
    digits = value.hex()
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return len(value) == 4


def is_time(value: bytes) -> bool:
    """Say whether three bytes are a time of day."""
    digits = value.hex()
    try:
        time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return False
    return len(value) == 3


def is_in(value: bytes, first: bytes, last: bytes) -> bool:
    """Say whether four bytes are a calendar date, and one from ``first`` to ``last``."""
    return is_date(value) and first <= value <= last
