"""Purses: unverified debits, debits between loads."""

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.requirement import requirement
from card_conformance.suite.services import BREAD, LOAD, MERCHANT, MOST, purse, quota, roles
from card_conformance.suite.till import PAYS, till
from host_lib.secret import Pin


@requirement("PUR-01", "TRX-15", needs=PAYS)
@pytest.mark.parametrize("parts", [(50,), (49, 1), (20, 20, 10)])
def test_unverified_debits_add_up_to_the_allowance(
    card: CardUnderTest, holder_pin: Pin, parts: tuple[int, ...]
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse()) as shop:
        spent = 0
        for part in parts:
            with shop.unchanged():
                desk = shop.session(MERCHANT)
                desk.refuse("9405", shop.debit("purse", 51 - spent))
            shop.session(MERCHANT).take(shop.debit("purse", part))
            spent += part
            same("unverified spent", shop.look().counters["purse"][0], spent)
        with shop.unchanged():
            shop.session(MERCHANT).refuse("9405", shop.debit("purse", 1))


@requirement("PUR-01", needs=PAYS)
def test_the_largest_unverified_allowance_does_not_wrap(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    whole = purse().but(ceiling=MOST, unverified_allowance=MOST, debit_limit=MOST).limited({})
    with till(card, holder_pin, MERCHANT, purse=whole.but(balance=MOST)) as shop:
        desk = shop.session(MERCHANT)
        desk.take(shop.debit("purse", MOST - 1))
        shop.session(LOAD).take(shop.credit("purse", MOST - 1))
        with shop.unchanged():
            shop.session(MERCHANT).refuse("9405", shop.debit("purse", 2))
            shop.session(MERCHANT).refuse("9405", shop.debit("purse", MOST))
        shop.session(MERCHANT).take(shop.debit("purse", 1))
        same("counters", shop.look().counters["purse"], (MOST, 1))


@requirement("PUR-02", needs=PAYS)
@pytest.mark.parametrize(("before", "amount"), [(30, 1), (30, 100), (0, 1), (49, 50)])
def test_a_verified_debit_forgives_unverified_ones(
    card: CardUnderTest, holder_pin: Pin, before: int, amount: int
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse()) as shop:
        if before:
            shop.session(MERCHANT).take(shop.debit("purse", before))
        same("unverified spent", shop.look().counters["purse"][0], before)
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", amount))
        same("counters", shop.look().counters["purse"], (0, before + amount))
        shop.session(MERCHANT).take(shop.debit("purse", 50))


@requirement("PUR-02", needs=PAYS)
def test_a_purse_without_rule_counts_nothing_as_unverified(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse("none")) as shop:
        shop.session(MERCHANT).take(shop.debit("purse", 200))
        same("counters", shop.look().counters["purse"], (0, 200))


@requirement("PUR-02", needs=PAYS)
def test_a_credit_forgives_nothing(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse()) as shop:
        shop.session(MERCHANT).take(shop.debit("purse", 30))
        shop.session(LOAD, verified=True).take(shop.credit("purse", 5))
        same("counters", shop.look().counters["purse"], (30, 0))


@requirement("PUR-03", needs=PAYS)
def test_debits_between_loads_have_a_limit_and_a_load_lifts_it(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse()) as shop:
        for amount in (300, 99):
            shop.session(MERCHANT, verified=True).take(shop.debit("purse", amount))
        with shop.unchanged() as before:
            same("debits since LOAD", before.counters["purse"][1], 399)
            shop.session(MERCHANT, verified=True).refuse("9404", shop.debit("purse", 2))
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", 1))
        with shop.unchanged():
            shop.session(MERCHANT, verified=True).refuse("9404", shop.debit("purse", 1))
            # A LOAD transaction that is refused lifts nothing.
            shop.session(LOAD).refuse("9402", shop.credit("purse", 1000))
        shop.session(LOAD).take(shop.credit("purse", 1))
        same("debits since LOAD", shop.look().counters["purse"][1], 0)
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", 101))


@requirement("PUR-03", needs=PAYS)
def test_a_load_of_anything_lifts_the_limit_of_every_purse(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    wallet = purse().but(debit_roles=roles(LOAD, MERCHANT))
    services = {"purse": wallet, "second": wallet.but(balance=200), "days": quota()}
    with till(card, holder_pin, MERCHANT, BREAD, **services) as shop:
        both = shop.debit("purse", 120), shop.debit("second", 80)
        shop.session(MERCHANT, verified=True).take(*both)
        counted = {name: shop.look().counters[name][1] for name in ("purse", "second")}
        same("debits since LOAD", counted, {"purse": 120, "second": 80})
        shop.session(BREAD).take(shop.debit("days", 1))
        same("debits since LOAD", shop.look().counters["purse"][1], 120)
        shop.session(LOAD).take(shop.credit("days", 1))
        counted = {name: shop.look().counters[name][1] for name in ("purse", "second")}
        same("debits since LOAD", counted, {"purse": 0, "second": 0})
        # A debit by LOAD counts from 0, too.
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", 100))
        shop.session(LOAD, verified=True).take(shop.debit("purse", 200))
        same("debits since LOAD", shop.look().counters["purse"][1], 200)


@requirement("PUR-04", needs=PAYS)
def test_the_counters_of_every_purse_can_be_read(card: CardUnderTest, holder_pin: Pin) -> None:
    services = {"purse": purse(), "second": purse().but(balance=100), "days": quota()}
    with till(card, holder_pin, MERCHANT, **services, idle=purse().but(balance=9)) as shop:
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", 60))
        shop.session(MERCHANT).take(shop.debit("purse", 3), shop.debit("second", 5))
        desk = shop.session(MERCHANT)
        told = {name: desk.counters(name) for name in ("purse", "second", "idle")}
        same("counters", told, {"purse": (3, 63), "second": (5, 5), "idle": (0, 0)})
        value = desk.value("purse counters")
        ids = value[::9]
        same("order of the purses", ids, bytes(sorted(ids)))
        same("length", len(value) % 9, 0)
        same("the quota among them", shop.id("days") in ids, False)
