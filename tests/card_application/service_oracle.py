"""Service records as the contract lays them out, in numbers, and what periods bring a quota."""

from dataclasses import dataclass, field
from datetime import date

PURSE, QUOTA, ENTITLEMENT = 1, 2, 3
LARGEST = 0x7FFFFFFF
RULES = ("none", "pin", "finger", "pin or finger", "pin and finger")
NO_PERIOD, DAY, MONTH = 0, 1, 2


@dataclass(frozen=True)
class Service:
    """A service; ``balance`` is an entitlement's uses, ``ceiling`` a quota's of carry-over.

    ``record`` is what it was made of; the fields that change are told by `shown`.
    """

    record: bytes
    kind: int
    enabled: bool
    rule: str
    debit_roles: frozenset[int]
    credit_roles: frozenset[int]
    balance: int
    ceiling: int = 0
    allowance: int = 0
    debit_limit: int = 0
    limits: dict[int, int] = field(default_factory=dict)
    unverified: int = 0
    since_load: int = 0
    period_kind: int = 0
    limit: int = 0
    period: int = 0
    horizon: int = 0
    first: date = date.min
    last: date = date.max

    def shown(self) -> bytes:
        """Return the record as it is now."""
        record = self.record[:2] + bytes([0x80 if self.enabled else 0]) + self.record[3:]
        if self.kind == PURSE:
            return record[:34] + self.balance.to_bytes(4, "big") + record[38:]
        if self.kind == QUOTA:
            periods = self.period.to_bytes(2, "big") + self.horizon.to_bytes(2, "big")
            return record[:33] + periods + self.balance.to_bytes(4, "big")
        return record[:29] + self.balance.to_bytes(3, "big")


def service_of(record: bytes) -> Service:
    """Take a record apart."""
    kind = record[1]
    head = (record, kind, record[2] == 0x80, RULES[record[3]], _roles(record[4:6]))
    credit = _roles(record[6:8])
    if kind == PURSE:
        ceiling, allowance, debit_limit, balance = (_u(record, at) for at in (22, 26, 30, 34))
        limits = {record[at]: _u(record, at + 1) for at in range(39, len(record), 5)}
        return Service(
            *head, credit, balance, ceiling, allowance, debit_limit=debit_limit, limits=limits
        )
    if kind == QUOTA:
        return Service(
            *head, credit, balance=_u(record, 37), ceiling=_u(record, 25), allowance=_u(record, 20),
            period_kind=record[24], limit=_u(record, 29), period=_u(record, 33, 2),
            horizon=_u(record, 35, 2),
        )  # fmt: skip
    first, last = (date.fromisoformat(record[at : at + 4].hex()) for at in (20, 24))
    return Service(*head, credit, _u(record, 29, 3), first=first, last=last)


def _u(record: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(record[at : at + length], "big")


def _roles(bits: bytes) -> frozenset[int]:
    return frozenset(n for n in range(16) if int.from_bytes(bits, "big") >> n & 1)


def period_of(kind: int, day: date) -> int:
    """Return the period that a day lies in."""
    if kind == NO_PERIOD:
        return 0
    if kind == DAY:
        return day.toordinal() - date(2000, 1, 1).toordinal()
    return 12 * (day.year - 2000) + day.month - 1


def refreshed(allowance: int, ceiling: int, balance: int, k: int) -> int:
    """Return a quota's balance after so many periods."""
    if k == 0:
        return balance
    carried = min(balance + (k - 1) * allowance, ceiling)
    return min(carried + allowance, LARGEST)
