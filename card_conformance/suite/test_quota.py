"""Quotas: periods, what they bring, horizons; and the object that holds both."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from applet_spec import spec
from applet_spec.model import QuotaVector
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till, period_tag
from card_conformance.suite.services import (
    BREAD,
    DAYS,
    INSPECT,
    LOAD,
    MERCHANT,
    MONTHS,
    MOST,
    NO_PERIODS,
    day_of,
    period_of,
    periods,
    purse,
    quota,
)
from card_conformance.suite.support import C_MAC_ONLY, application, read, tag_of
from card_conformance.suite.till import PAYS, till
from host_lib.apdu import Apdu
from host_lib.secret import Pin

_FORM = spec().transactions
_LAST_DAY = date(2079, 12, 31)
_LAST = period_of(DAYS, _LAST_DAY)


@contextmanager
def _long_lived(shop: Till) -> Iterator[None]:
    """Let the card expire after the last day that a transaction can have."""
    tag = tag_of("validity")
    shop.card.select()
    value = read(shop.card, tag)
    try:
        shop.put(tag, value[:4] + bytes.fromhex("20991231"))
        yield
    finally:
        with shop.card.restoring("the card's validity"):
            shop.put(tag, value)


def _now(shop: Till, name: str) -> tuple[int, int]:
    """Return period and horizon of a quota, as object and as record tell them."""
    desk = shop.session(BREAD)
    value = desk.get(period_tag(shop.id(name)))
    service = desk.service(name)
    found = service["current period"], service["horizon"]
    same("service period", value, periods(*found))
    return found


def _after(vector: QuotaVector, k: int) -> int:
    if k == 0:
        return vector.balance
    carried = min(vector.balance + (k - 1) * vector.allowance, vector.carry_over_ceiling)
    return min(carried + vector.allowance, MOST)


@requirement("QUO-01", needs=PAYS)
@pytest.mark.parametrize("vector", _FORM.quota_vectors, ids=lambda vector: vector.text)
def test_periods_bring_what_the_vectors_say(
    card: CardUnderTest, holder_pin: Pin, vector: QuotaVector
) -> None:
    # No date is more than so many days after the first one.
    k = min(vector.k, _LAST)
    day = day_of(DAYS, k)
    service = quota().but(
        current_period=0,
        horizon=_LAST,
        allowance=vector.allowance,
        carry_over_ceiling=vector.carry_over_ceiling,
        transaction_limit=MOST,
        balance=vector.balance,
    )
    with till(card, holder_pin, BREAD, days=service) as shop, _long_lived(shop):
        same("balance before", shop.look().balance("days"), vector.balance)
        (balance,) = shop.session(BREAD).take(shop.debit("days", 1), day=day).balances
        same("balance after a debit of 1", balance, _after(vector, k) - 1)
        same("period", _now(shop, "days"), (k, _LAST))


@requirement("QUO-01", needs=PAYS)
def test_days_and_months_are_those_of_the_calendar(card: CardUnderTest, holder_pin: Pin) -> None:
    services = {
        "days": quota(DAYS).but(current_period=0, horizon=0xFFFF, balance=20),
        "months": quota(MONTHS).but(current_period=0, horizon=0xFFFF, balance=20),
    }
    with till(card, holder_pin, BREAD, **services) as shop, _long_lived(shop):
        for vector in sorted(_FORM.period_vectors, key=lambda one: one.day):
            day = date.fromisoformat(vector.date)
            basket = shop.debit("days", 1), shop.debit("months", 1)
            shop.session(BREAD).take(*basket, day=day)
            same(f"day of {vector.date}", _now(shop, "days")[0], vector.day)
            same(f"month of {vector.date}", _now(shop, "months")[0], vector.month)


@requirement("QUO-01", needs=PAYS)
def test_a_credit_opens_the_period_first(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        later = shop.today + timedelta(2)
        # 40 and 20 are carried over, 20 come: so there is no room for more.
        with shop.unchanged():
            shop.session(LOAD).refuse("9402", shop.credit("days", 1), day=later)
        shop.session(LOAD).take(shop.credit("days", 40))
        desk = shop.session(LOAD)
        desk.refuse("9402", shop.credit("days", 1), day=later)
        same("period", _now(shop, "days")[0], period_of(DAYS, shop.today))


@requirement("QUO-01", needs=PAYS)
def test_a_quota_without_periods_has_one_only(card: CardUnderTest, holder_pin: Pin) -> None:
    service = quota(NO_PERIODS).but(horizon=0)
    with till(card, holder_pin, BREAD, once=service) as shop:
        for days in (400, -400, 0):
            day = shop.today + timedelta(days)
            shop.session(BREAD).take(shop.debit("once", 1), day=day)
        same("balance", shop.look().balance("once"), 37)
        same("period", _now(shop, "once"), (0, 0))


@requirement("QUO-02", needs=PAYS)
def test_an_earlier_period_is_refused(card: CardUnderTest, holder_pin: Pin) -> None:
    services = {"days": quota(DAYS), "months": quota(MONTHS)}
    with till(card, holder_pin, BREAD, **services) as shop:
        first = shop.today.replace(day=1)
        with shop.unchanged():
            for name, day in (
                ("days", shop.today - timedelta(1)),
                ("days", shop.today - timedelta(400)),
                ("months", first - timedelta(1)),
                ("months", date(2000, 1, 1)),
            ):
                shop.session(BREAD).refuse("9406", shop.debit(name, 1), day=day)
                shop.session(LOAD).refuse("9406", shop.credit(name, 1), day=day)
        # The first day of the month is in the month.
        shop.session(BREAD).take(shop.debit("months", 1), day=first)
        shop.session(BREAD).take(shop.debit("days", 1), day=shop.today + timedelta(1))
        with shop.unchanged():
            shop.session(BREAD).refuse("9406", shop.debit("days", 1))


@requirement("QUO-03", needs=PAYS)
@pytest.mark.parametrize(("name", "kind"), [("days", DAYS), ("months", MONTHS)])
def test_nothing_opens_a_period_beyond_the_horizon(
    card: CardUnderTest, holder_pin: Pin, name: str, kind: int
) -> None:
    with till(card, holder_pin, BREAD, **{name: quota(kind)}) as shop:
        first = day_of(kind, period_of(kind, shop.today) + 5)
        with shop.unchanged():
            for day in (first, first + timedelta(800)):
                shop.session(BREAD).refuse("9407", shop.debit(name, 1), day=day)
                shop.session(LOAD).refuse("9407", shop.credit(name, 1), day=day)
        last = first - timedelta(1)
        (balance,) = shop.session(BREAD).take(shop.debit(name, 1), day=last).balances
        # 40 and three times 20 are clipped to 60, and 20 come.
        same("balance", balance, 79)


# The object


@requirement("QUO-04", "PDA-01", needs=PAYS)
@pytest.mark.parametrize("writer", ["issuer", "LOAD"])
def test_issuer_and_load_set_a_period_back_and_a_horizon(
    card: CardUnderTest, holder_pin: Pin, writer: str
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        period = period_of(DAYS, shop.today)
        before = shop.look()
        for current, horizon in ((period, period), (period - 9, period + 9), (period - 9, 0xFFFF)):
            if writer == "issuer":
                shop.put(period_tag(shop.id("days")), periods(current, horizon))
            else:
                shop.session(LOAD).write_periods("9000", shop.id("days"), current, horizon)
            same("periods", _now(shop, "days"), (current, horizon))
            card.reader.reset()
            same("periods after reset", _now(shop, "days"), (current, horizon))
            changed = {"current_period": current, "horizon": horizon}
            same(
                "the service",
                shop.look().services["days"],
                before.services["days"].but(**changed),
            )
        taken = shop.session(BREAD).take(shop.debit("days", 1), day=shop.today - timedelta(9))
        same("balance", taken.balances, (39,))


@requirement("QUO-05", needs=PAYS)
def test_a_period_is_not_set_forward_nor_a_horizon_before_it(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        period, place = period_of(DAYS, shop.today), shop.id("days")
        bad = ((period + 1, period + 4), (0xFFFF, 0xFFFF), (period, period - 1), (9, 8))
        for current, horizon in bad:
            shop.session(LOAD).write_periods("6A80", place, current, horizon)
            shop.issue(_put(period_tag(place), periods(current, horizon)), "6A80")
        for value in (b"", bytes(3), bytes(5)):
            answer = shop.session(LOAD).ask(_put(period_tag(place), value))
            words = "6700", "6A80"
            same("a value of another length", f"{answer.sw:04X}" in words, True)


@requirement("QUO-05", needs=PAYS)
def test_only_quotas_have_periods(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota(), purse=purse()) as shop, shop.unchanged():
        desk = shop.session(LOAD)
        first = tag_of("service record 1")
        free = next((n for n in range(1, 17) if not desk.get(first + n - 1)), None)
        if free is None:
            raise NotRun("the service table has no free place")
        for place in (shop.id("purse"), free):
            desk = shop.session(LOAD)
            desk.write_periods("6A88", place, 0, 0)
            same("value", desk.get(period_tag(place)), b"")
            shop.issue(_put(period_tag(place), periods(0, 0)), "6A88")


@requirement("QUO-05", "PDA-02", needs=PAYS)
@pytest.mark.parametrize("role", [MERCHANT, BREAD, INSPECT], ids=lambda role: role.name)
def test_no_other_role_sets_periods(card: CardUnderTest, holder_pin: Pin, role: int) -> None:
    with till(card, holder_pin, role, days=quota()) as shop, shop.unchanged():
        period = period_of(DAYS, shop.today)
        desk = shop.session(role, verified=True)
        # The session is looked at before the value and whether there is such a quota.
        for place in (shop.id("days"), shop.id("purse"), 16):
            desk.write_periods("6982", place, period, period + 1)
            desk.write_periods("6982", place, 0xFFFF, 0)


@requirement("PDA-02", needs=PAYS)
def test_nobody_sets_periods_or_the_date_without_a_session_that_encrypts(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        period = period_of(DAYS, shop.today)
        values = {
            period_tag(shop.id("days")): periods(period, period),
            tag_of("card date"): bytes.fromhex("20270101"),
        }
        for tag, value in values.items():
            card.select()
            card.expect("9000", shop.verify())
            card.expect("6982", _put(tag, value))
            card.expect("6982", _put(tag, value), card.session(level=C_MAC_ONLY).channel)


def _put(tag: int, value: bytes) -> Apdu:
    return application("PUT DATA", tag >> 8, tag & 0xFF, value)
