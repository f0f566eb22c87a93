"""The Egyptian national id: 14 digits that say century, birth date and governorate of birth.

Its last digit is a check digit whose algorithm is not published, so it is not checked.
"""

from dataclasses import dataclass
from datetime import date

LENGTH = 14
_CENTURIES = {"2": 1900, "3": 2000}
ABROAD = "88"
"""Governorate code of people who were born outside Egypt."""


@dataclass(frozen=True, slots=True)
class NationalId:
    """What a national id says; ``governorate`` is the two-digit code of the place of birth."""

    birth_date: date
    governorate: str


def parse_national_id(digits: str) -> NationalId:
    """Read a national id. Raises ValueError that says what is wrong and shows no digit of it."""
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        raise ValueError("a national id has 14 digits")
    century = _CENTURIES.get(digits[0])
    if century is None:
        raise ValueError("the first digit is the century: 2 for 19.., 3 for 20..")
    try:
        birth_date = date(century + int(digits[1:3]), int(digits[3:5]), int(digits[5:7]))
    except ValueError:
        raise ValueError("digits 2 to 7 are no date YYMMDD") from None
    return NationalId(birth_date, digits[7:9])
