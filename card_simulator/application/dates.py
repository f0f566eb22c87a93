"""Calendar dates in data objects and service records: YYYYMMDD in BCD."""

from __future__ import annotations

from datetime import date


def is_date(value: bytes) -> bool:
    """Say whether four bytes are a calendar date YYYYMMDD in BCD."""
    digits = value.hex()
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return len(value) == 4
