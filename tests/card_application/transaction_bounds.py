"""Amounts and days of events in numbers: they are said by the bounds of what a card has."""

from datetime import date, timedelta

from tests.card_application.service_oracle import (
    DAY,
    ENTITLEMENT,
    LARGEST,
    NO_PERIOD,
    QUOTA,
    Service,
    period_of,
    refreshed,
)
from tests.card_application.transaction_events import Amount, Basket, Day, shifted
from tests.card_application.transaction_oracle import FIRST_DAY, OracleCard
from tests.support.service_records import TODAY


def amount_of(oracle: OracleCard, place: int, amount: Amount, basket: Basket) -> int:
    """Return an amount in numbers."""
    service = oracle.services.get(place)
    near = 0 if service is None else bound(oracle, service, amount.bound, basket)
    return min(max(near + amount.above, 0), 0xFFFFFFFF)


def bound(oracle: OracleCard, service: Service, name: str, basket: Basket) -> int:
    """Return what an amount is near."""
    if name == "number":
        return 0
    if service.kind == ENTITLEMENT:
        return 1
    balance, ceiling = service.balance, service.ceiling
    if service.kind == QUOTA:
        balance = renewed(oracle, service, basket)
        ceiling = min(ceiling + service.allowance, LARGEST)
    spent = 0 if oracle.role == 0 else service.since_load
    limit = service.limits.get(oracle.role or 0, 1)
    return {
        "balance": balance,
        "room": ceiling - balance,
        "limit": service.limit if service.kind == QUOTA else limit,
        "debits": service.debit_limit - spent,
        "unverified": service.allowance - service.unverified,
    }[name]


def renewed(oracle: OracleCard, quota: Service, basket: Basket) -> int:
    """Return what a quota has on the day of a basket."""
    try:
        day = date.fromisoformat(written(oracle, basket.day, basket).hex())
    except ValueError:
        return quota.balance
    k = max(period_of(quota.period_kind, day) - quota.period, 0)
    return refreshed(quota.allowance, quota.ceiling, quota.balance, k)


def written(oracle: OracleCard, day: Day, basket: Basket | None) -> bytes:
    """Return a day as it is sent."""
    if day.written:
        return bytes.fromhex(day.written)
    return bytes.fromhex(f"{shifted(since(oracle, day.since, basket), day.days):%Y%m%d}")


def since(oracle: OracleCard, name: str, basket: Basket | None) -> date:
    """Return the day that another is counted from."""
    known = {"card": oracle.card_date, "expiry": oracle.expiry}
    if name in known:
        return known[name]
    for _, place, _ in basket.operations if basket else ():
        service = oracle.services.get(place)
        if service and service.kind == QUOTA and name in ("period", "horizon"):
            last = name == "horizon"
            return edge(service.period_kind, getattr(service, name), last=last)
        if service and service.kind == ENTITLEMENT and name in ("first", "last"):
            return service.first if name == "first" else service.last
    return TODAY


def edge(kind: int, period: int, *, last: bool) -> date:
    """Return the first or last day of a period."""
    if kind == NO_PERIOD:
        return TODAY
    if kind == DAY:
        return shifted(FIRST_DAY, period)
    year, month = divmod(period, 12)
    first = date(min(2000 + year, 2099), month + 1, 1)
    if not last:
        return first
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
