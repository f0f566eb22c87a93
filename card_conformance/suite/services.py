"""Services of the suite's own: records with small limits, written and read as the contract says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType

from applet_spec import spec
from applet_spec.model import RecordField
from card_conformance.invented import named
from host_lib.flow.store import DgiValue
from host_lib.roles import Role

_TABLE = spec().services
_LABEL = "suite"
_EPOCH = date(2000, 1, 1)
MOST = 0x7FFFFFFF
"""The largest amount, also of a ceiling or limit that is none."""
PLACES = 16
TODAY = date(2026, 3, 10)
"""The day on which the suite's transactions happen, on a card whose own date is not after it."""
NO_PERIODS, DAYS, MONTHS = range(3)
KINDS = {kind.code: kind for kind in _TABLE.kinds.values()}


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its record tells it; ``values`` by the contract's names, numbers all of them.

    ``limits`` are a purse's limits by role. Its place is also its id.
    """

    kind: str
    values: Mapping[str, int]
    limits: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    place: int = 0
    label: str = _LABEL

    def __getitem__(self, name: str) -> int:
        """Return one value."""
        return self.values[name]

    def but(self, **changes: int) -> "Service":
        """Return the service with other values, their names written with underscores."""
        names = {name.replace(" ", "_").replace("-", "_"): name for name in self.values}
        named_so = {names[key]: value for key, value in changes.items()}
        return replace(self, values={**self.values, **named_so})

    def limited(self, limits: Mapping[int, int]) -> "Service":
        """Return the purse with these limits by role, and no others."""
        return replace(self, limits=limits)

    def at(self, place: int) -> "Service":
        """Return the service in a place of the table."""
        return replace(self, place=place)

    def on(self, today: date) -> "Service":
        """Return the service moved from `TODAY` to another day, with what it says of days."""
        if self.kind == "entitlement":
            later = today - TODAY
            first, last = (_day(self[name]) + later for name in ("valid from", "valid to"))
            return self.but(valid_from=int(text(first)), valid_to=int(text(last)))
        if self.kind == "quota":
            then, now = (period_of(self["period kind"], day) for day in (TODAY, today))
            if self["current period"] == then:
                return self.but(current_period=now, horizon=self["horizon"] + now - then)
        return self

    def encode(self) -> bytes:
        """Return the record."""
        values = {
            **self.values,
            "id": self.place,
            "kind": _TABLE.kinds[self.kind].code,
            "limits": len(self.limits),
        }
        parts = [
            self.label.encode().ljust(one.length, b"\x00")
            if one.name == "label"
            else _bytes(one, values[one.name])
            for one in (*_TABLE.header, *_TABLE.kinds[self.kind].fields)
        ]
        limits = (bytes((role,)) + most.to_bytes(4, "big") for role, most in self.limits.items())
        return b"".join((*parts, *limits))

    def dgi(self) -> DgiValue:
        """Return the DGI that puts the record into its place."""
        return DgiValue(named("service record 1", b"").tag + self.place - 1, self.encode())


def decode(record: bytes) -> Service:
    """Read a service record."""
    kind = KINDS[record[1]]
    values, at = {}, 0
    for one in (*_TABLE.header, *kind.fields):
        values[one.name] = _number(one, record[at : at + one.length])
        at += one.length
    label = record[8:20].rstrip(b"\x00").decode()
    limits = {
        record[n]: int.from_bytes(record[n + 1 : n + 5], "big") for n in range(at, len(record), 5)
    }
    place = values.pop("id")
    for name in ("kind", "label", "limits"):
        values.pop(name, None)
    return Service(kind.name, values, limits, place, label)


def is_ours(service: Service) -> bool:
    """Say whether a service is one that the suite has made."""
    return service.label == _LABEL


def _is_decimal(one: RecordField) -> bool:
    return "BCD" in one.text


def _bytes(one: RecordField, value: int) -> bytes:
    if _is_decimal(one):
        return bytes.fromhex(f"{value:0{2 * one.length}}")
    return value.to_bytes(one.length, "big")


def _number(one: RecordField, value: bytes) -> int:
    return int(value.hex()) if _is_decimal(one) else int.from_bytes(value, "big")


def roles(*numbers: int) -> int:
    """Return the bits of some roles."""
    return sum(1 << number for number in numbers)


def _header(rule: str, debit: int, credit: int) -> dict[str, int]:
    return {
        "flags": _TABLE.enabled_flag,
        "verification": _TABLE.verification[rule],
        "debit roles": debit,
        "credit roles": credit,
    }


LOAD, MERCHANT, CASH, RATION, BREAD, HEALTH, INSPECT = Role


def purse(rule: str = "pin") -> Service:
    """Return a purse: 500 of at most 1000, 50 unverified, 400 between two loads, 300 at once."""
    values = _header(rule, roles(MERCHANT, CASH, RATION, BREAD, HEALTH), roles(LOAD)) | {
        "currency": spec().currency.numeric,
        "ceiling": 1000,
        "unverified allowance": 50,
        "debit limit": 400,
        "balance": 500,
    }
    return Service("purse", values, {MERCHANT: 300, CASH: 350, BREAD: 100, HEALTH: 100})


def quota(period: int = DAYS, rule: str = "none") -> Service:
    """Return a quota: 40, 20 a period, 60 carried over, 30 at once, and four periods ahead."""
    now = period_of(period, TODAY)
    values = _header(rule, roles(BREAD, RATION), roles(LOAD)) | {
        "allowance": 20,
        "period kind": period,
        "carry-over ceiling": 60,
        "transaction limit": 30,
        "current period": now,
        "horizon": now + 4,
        "balance": 40,
    }
    return Service("quota", values)


def entitlement(rule: str = "none") -> Service:
    """Return an entitlement that is valid from ten days ago to ten days ahead."""
    values = _header(rule, roles(HEALTH, BREAD), roles(LOAD)) | {
        "valid from": int(text(TODAY - timedelta(10))),
        "valid to": int(text(TODAY + timedelta(10))),
        "class of cover": 2,
        "uses": 0,
    }
    return Service("entitlement", values)


def period_of(kind: int, day: date) -> int:
    """Return the period that a day lies in."""
    if kind == DAYS:
        return (day - _EPOCH).days
    return (day.year - _EPOCH.year) * 12 + day.month - 1 if kind == MONTHS else 0


def day_of(kind: int, period: int) -> date:
    """Return the first day of a period."""
    if kind == DAYS:
        return _EPOCH + timedelta(period)
    return date(_EPOCH.year + period // 12, period % 12 + 1, 1)


def _day(value: int) -> date:
    return date.fromisoformat(str(value))


def text(day: date) -> str:
    """Return a date as YYYYMMDD."""
    return f"{day:%Y%m%d}"


def periods(current: int, horizon: int) -> bytes:
    """Return the value of a service period object."""
    return current.to_bytes(2, "big") + horizon.to_bytes(2, "big")


def counters(value: bytes) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield service id, unverified spent and debits since LOAD of each purse in object DF56."""
    for at in range(0, len(value), 9):
        spent = int.from_bytes(value[at + 1 : at + 5], "big")
        yield value[at], (spent, int.from_bytes(value[at + 5 : at + 9], "big"))
