"""Service records as the tests' model reads and changes them: places of fields, by hand."""

from dataclasses import dataclass
from datetime import date

PURSE, QUOTA, COVER = 1, 2, 3
Place = tuple[int, int]
BALANCES: dict[int, Place] = {PURSE: (34, 4), QUOTA: (37, 4), COVER: (29, 3)}
PERIOD, HORIZON = (33, 2), (35, 2)
MOST = 0x7FFFFFFF


@dataclass(frozen=True)
class Record:
    """One record; numbers by first byte and length."""

    data: bytes

    def number(self, place: Place) -> int:
        return int.from_bytes(self.data[place[0] : sum(place)], "big")

    def put(self, place: Place, value: int) -> "Record":
        new = value.to_bytes(place[1], "big")
        return Record(self.data[: place[0]] + new + self.data[sum(place) :])

    @property
    def kind(self) -> int:
        return self.data[1]

    @property
    def enabled(self) -> bool:
        return self.data[2] == 0x80

    @property
    def balance(self) -> int:
        return self.number(BALANCES[self.kind])

    def with_balance(self, value: int) -> "Record":
        return self.put(BALANCES[self.kind], value)

    def roles(self, code: int) -> int:
        return self.number((4 if code == 1 else 6, 2))

    @property
    def limits(self) -> dict[int, int]:
        rows = [self.data[at : at + 5] for at in range(39, len(self.data), 5)]
        return {row[0]: int.from_bytes(row[1:], "big") for row in rows}

    def opened(self, day: date) -> "Record | int":
        """Return a quota in the period of a day, or the refusal."""
        kind = self.data[24]
        new = ((day - date(2000, 1, 1)).days, 12 * (day.year - 2000) + day.month - 1)[kind - 1]
        new = new if kind else 0
        passed = new - self.number(PERIOD)
        if passed < 0:
            return 0x9406
        if not passed:
            return self
        if new > self.number(HORIZON):
            return 0x9407
        allowance, ceiling = self.number((20, 4)), self.number((25, 4))
        kept = min(self.balance + (passed - 1) * allowance, ceiling)
        return self.put(PERIOD, new).with_balance(min(kept + allowance, MOST))


def is_day(written: str) -> bool:
    """Say whether eight digits are a date that transactions can have."""
    try:
        return 2000 <= date(int(written[:4]), int(written[4:6]), int(written[6:])).year <= 2079
    except ValueError:
        return False


def is_hour(written: str) -> bool:
    """Say whether six digits are a time."""
    return (
        written.isdecimal()
        and (written[:2], written[2:4], written[4:]) <= ("23", "59", "59")
        and written[2] < "6"
        and written[4] < "6"
    )
