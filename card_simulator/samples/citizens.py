"""Invented citizens: common Arabic names put together at random, numbers of valid form."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MEN = (
    "أحمد", "محمد", "محمود", "مصطفى", "إبراهيم", "يوسف", "خالد", "حسن", "حسين", "علي", "عمر",
    "كريم", "طارق", "سامي", "هشام", "أشرف", "جمال", "سعيد", "عادل", "رامي", "وليد", "ياسر",
    "شريف", "مينا", "جرجس", "بيتر",
)  # fmt: skip
WOMEN = (
    "فاطمة", "مريم", "زينب", "عائشة", "سارة", "نورهان", "ياسمين", "هدى", "منى", "أمل", "نجلاء",
    "إيمان", "رانيا", "دعاء", "شيماء", "سلمى", "هبة", "نادية", "سعاد", "مارينا", "كريستين",
)  # fmt: skip
FAMILIES = (
    "المصري", "السيد", "الشافعي", "البنا", "النجار", "الحداد", "الصعيدي", "الإسكندراني",
    "الفيومي", "الدمياطي", "الطحان", "القاضي", "الشرقاوي", "المنياوي", "الأسيوطي", "عوض",
    "فهمي", "صبحي", "غالي", "بشارة",
)  # fmt: skip

GOVERNORATES = ("01", "02", "12", "13", "14", "16", "17", "18", "21", "22", "24", "25", "27", "28")
"""Codes of some governorates, as national ids use them; Cairo, Alexandria, the delta, the south."""

TODAY = date(2026, 1, 1)
"""The day on which ages are counted, fixed so that a seed always gives the same people."""

_YOUNGEST, _OLDEST = 18, 85
_MOVED = 0.2
_MOBILE_OPERATORS = "0125"


@dataclass(frozen=True, slots=True)
class Citizen:
    """One invented person; ``governorate`` is where they live, as a two-digit code."""

    name: str
    national_id: str
    birth_date: date
    governorate: str
    mobile: str


def citizens(numbers: random.Random) -> Iterator[Citizen]:
    """Yield invented citizens without end, no two with the same national id."""
    seen = set()
    while True:
        citizen = _citizen(numbers)
        if citizen.national_id not in seen:
            seen.add(citizen.national_id)
            yield citizen


def _citizen(numbers: random.Random) -> Citizen:
    man = numbers.random() < 0.5
    name = (
        numbers.choice(MEN if man else WOMEN),
        *numbers.sample(MEN, 2),
        numbers.choice(FAMILIES),
    )
    days = numbers.randrange(_YOUNGEST * 366, _OLDEST * 365)
    born = TODAY - timedelta(days=days)
    birthplace = numbers.choice(GOVERNORATES)
    moved = numbers.random() < _MOVED
    return Citizen(
        name=" ".join(name),
        national_id=_national_id(numbers, born, birthplace, man),
        birth_date=born,
        governorate=numbers.choice(GOVERNORATES) if moved else birthplace,
        mobile=f"01{numbers.choice(_MOBILE_OPERATORS)}{numbers.randrange(10**8):08d}",
    )


def _national_id(numbers: random.Random, born: date, birthplace: str, man: bool) -> str:
    """Century, birth date, governorate of birth, sequence (odd: man), and a digit.

    The rule of the last, the check digit, is not published: any digit is as good as another.
    """
    century = 2 if born.year < 2000 else 3
    sequence = numbers.randrange(5000) * 2 + man
    return f"{century}{born:%y%m%d}{birthplace}{sequence:04d}{numbers.randrange(10)}"
