"""PERFORM TRANSACTION: baskets, who may what, verification, floors, ceilings and limits."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.requests import PIN_VERIFIED, QUERY, REVERSE, Operation
from card_conformance.suite.services import (
    BREAD,
    CASH,
    HEALTH,
    INSPECT,
    LOAD,
    MERCHANT,
    MONTHS,
    MOST,
    RATION,
    Service,
    entitlement,
    purse,
    quota,
    roles,
)
from card_conformance.suite.support import verify
from card_conformance.suite.till import PAYS, till
from host_lib.secret import Pin

_EXEMPT = 0x01
_UNKNOWN = 0x7F


def _four() -> dict[str, Service]:
    return {
        "purse": purse(),
        "days": quota(),
        "months": quota(MONTHS),
        "cover": entitlement().but(uses=3),
    }


@requirement("TRX-01", "ENT-01", needs=PAYS)
def test_a_basket_of_four_debits_takes_each_amount_and_counts_the_transaction(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, **_four()) as shop:
        before = shop.look()
        desk = shop.session(BREAD, verified=True)
        basket = (
            shop.debit("months", 3),
            shop.debit("purse", 70),
            shop.debit("cover", 1),
            shop.debit("days", 20),
        )
        taken = desk.take(*basket)
        same("transaction number", taken.number, before.number + 1)
        uses = before.balance("cover")
        same("new balances", taken.balances, (37, 430, uses + 1, 20))
        same("flags", taken.flags, PIN_VERIFIED)
        after = shop.look()
        balances = {name: after.balance(name) for name in shop.services}
        expected = {"purse": 430, "days": 20, "months": 37, "cover": uses + 1}
        same("balances in the records", balances, expected)
        same("number at SELECT", after.number, before.number + 1)
        same("records more in the log", after.log[1:20], before.log[:19])


@requirement("TRX-01", "ENT-01", needs=PAYS)
def test_load_credits_four_services_in_one_basket(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, **_four()) as shop:
        uses = shop.look().balance("cover")
        if not uses:
            raise NotRun("no use to take back")
        desk = shop.session(LOAD)
        basket = (shop.credit("cover", 1), shop.credit("days", 7), shop.credit("purse", 11))
        taken = desk.take(*basket, shop.credit("months", 13))
        same("new balances", taken.balances, (uses - 1, 47, 511, 53))


@requirement("TRX-01", needs=PAYS)
def test_a_number_of_a_terminal_and_a_date_may_be_anything(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        for number, name in ((0, bytes(8)), (0xFFFFFFFF, b"\xff" * 8), (7, b"TERM 001")):
            request = desk.request(shop.debit("days", 1)).but(
                terminal=name, terminal_number=number, time="235959"
            )
            if desk.query(request)[0]:
                raise NotRun("this name is in the card's log already")
            desk.check(request, desk.send(request))


@requirement("TRX-02", needs=PAYS)
def test_a_basket_with_one_bad_operation_does_nothing(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, **_four()) as shop, shop.unchanged():
        good = [
            shop.debit("purse", 10),
            shop.debit("cover", 1),
            shop.debit("days", 2),
            shop.debit("months", 3),
        ]
        bad = (
            ("9403", shop.debit("purse", 101)),
            ("6A80", shop.debit("cover", 2)),
            ("9403", shop.debit("days", 31)),
            ("6982", shop.credit("months", 1)),
        )
        for place, (sw, operation) in enumerate(bad):
            basket = [*good]
            basket[place] = operation
            later = timedelta(1)
            shop.session(BREAD, verified=True).refuse(sw, *basket)
            shop.session(BREAD, verified=True).refuse(sw, *basket, day=shop.today + later)


@requirement("TRX-13", needs=PAYS)
def test_a_role_does_only_what_the_record_allows_it(card: CardUnderTest, holder_pin: Pin) -> None:
    days = quota().but(debit_roles=roles(BREAD, 15), credit_roles=roles(LOAD, RATION))
    money = purse().but(debit_roles=roles(MERCHANT), credit_roles=roles(LOAD))
    held = (MERCHANT, BREAD, RATION, CASH)
    with till(card, holder_pin, *held, days=days, purse=money) as shop:
        allowed = {
            MERCHANT: [shop.debit("purse", 1)],
            BREAD: [shop.debit("days", 1)],
            RATION: [shop.credit("days", 1)],
            LOAD: [shop.credit("days", 1), shop.credit("purse", 1)],
            CASH: [],
            INSPECT: [],
        }
        every = [make(name, 1) for name in ("days", "purse") for make in (shop.debit, shop.credit)]
        with shop.unchanged():
            for role, may in allowed.items():
                desk = shop.session(role, verified=True)
                for operation in every:
                    if operation not in may:
                        desk.refuse("6982", operation)
                same("session afterwards", len(desk.value("card serial")), 8)
        for role, may in allowed.items():
            for operation in may:
                shop.session(role, verified=True).take(operation)


@requirement("TRX-13", needs=PAYS)
def test_without_a_role_session_nothing_is_debited_or_asked(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged() as before:
        request = shop.request(before.number, shop.debit("days", 1))
        card.select()
        card.expect("9000", verify(holder_pin.block()))
        for p1 in (0x00, QUERY):
            card.expect("6982", request.apdu(p1))
        for p1 in (0x00, QUERY):
            card.expect("6982", request.apdu(p1), card.session().channel)


@requirement("TRX-14", needs=PAYS)
def test_a_programme_pays_from_the_purse_only_beside_its_own_service(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    services = _four() | {"second": purse().but(balance=100)}
    services["days"] = quota().but(credit_roles=roles(LOAD, BREAD))
    with till(card, holder_pin, BREAD, HEALTH, **services) as shop:
        pay = shop.debit("purse", 5)
        with shop.unchanged():
            for role in (BREAD, HEALTH):
                shop.session(role, verified=True).refuse("6982", pay)
                shop.session(role, verified=True).refuse("6982", pay, shop.debit("second", 5))
                shop.session(role, verified=True).refuse("6982", pay, Operation(1, _UNKNOWN, 1))
            desk = shop.session(BREAD, verified=True)
            desk.refuse("6982", pay, shop.credit("days", 1))
            desk.refuse("9403", shop.debit("days", 31), pay)
            # A service of another kind is there, whatever else becomes of it.
            desk.refuse("9403", pay, shop.debit("days", 31))
        both = shop.session(BREAD, verified=True).take(pay, shop.debit("days", 1))
        same("new balances", both.balances, (495, 39))
        shop.session(BREAD, verified=True).take(shop.debit("days", 1), pay)
        shop.session(HEALTH, verified=True).take(pay, shop.debit("cover", 1))


@requirement("TRX-14", needs=PAYS)
@pytest.mark.parametrize("role", [LOAD, MERCHANT, CASH], ids=lambda role: role.name)
def test_some_roles_pay_from_the_purse_alone(
    card: CardUnderTest, holder_pin: Pin, role: int
) -> None:
    money = purse().but(debit_roles=roles(LOAD, MERCHANT, CASH))
    with till(card, holder_pin, role, purse=money) as shop:
        taken = shop.session(role, verified=True).take(shop.debit("purse", 9))
        same("new balance", taken.balances, (491,))


_RULES = tuple(spec().services.verification)


def _satisfied(rule: str, *, pin: bool, exempt: bool) -> bool:
    """Say whether a rule is satisfied where the finger flag is never set."""
    if rule in ("none",):
        return True
    needs_finger = rule in ("finger", "pin and finger") and not exempt
    return pin and not needs_finger


@requirement("TRX-15", needs=PAYS)
@pytest.mark.parametrize("rule", _RULES)
def test_a_debit_needs_what_its_services_rule_says(
    card: CardUnderTest, holder_pin: Pin, rule: str
) -> None:
    with till(card, holder_pin, BREAD, days=quota(rule=rule), cover=entitlement(rule)) as shop:
        exempt = bool(shop.session(BREAD).value("holder flags")[0] & _EXEMPT)
        for pin in (False, True):
            for name in ("days", "cover"):
                _debit_as_the_rule_says(shop, name, _satisfied(rule, pin=pin, exempt=exempt), pin)
        # A credit needs none.
        taken = shop.session(LOAD).take(shop.credit("days", 1))
        same("flags of a credit", taken.flags, 0)


def _debit_as_the_rule_says(shop: Till, name: str, satisfied: bool, pin: bool) -> None:
    operation = shop.debit(name, 1)
    if satisfied:
        taken = shop.session(BREAD, verified=pin).take(operation)
        same("flags", taken.flags, PIN_VERIFIED if pin else 0)
    else:
        with shop.unchanged():
            shop.session(BREAD, verified=pin).refuse("9405", operation)


@requirement("TRX-15", "PUR-01", needs=PAYS)
@pytest.mark.parametrize("rule", ["pin", "finger", "pin or finger", "pin and finger"])
def test_a_purse_gives_a_little_without_verification(
    card: CardUnderTest, holder_pin: Pin, rule: str
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse(rule)) as shop:
        shop.session(MERCHANT).take(shop.debit("purse", 50))
        with shop.unchanged():
            shop.session(MERCHANT).refuse("9405", shop.debit("purse", 1))


@requirement("TRX-17", needs=PAYS)
def test_a_new_transaction_uses_the_verification_up_and_nothing_else_does(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota(rule="pin"), months=quota(MONTHS)) as shop:
        desk = shop.session(BREAD)
        old = desk.request(shop.debit("months", 1))
        desk.send(old)
        desk.verify()
        desk.stored(old)
        desk.query(old)
        desk.query(desk.request(shop.debit("days", 1)))
        desk.refuse("9403", shop.debit("days", 31))
        desk.refuse("6A88", Operation(1, _UNKNOWN, 1))
        desk.expect("9482", old.but(card_number=0, terminal_number=0).apdu())
        taken = desk.take(shop.debit("days", 1))
        same("flags", taken.flags, PIN_VERIFIED)
        desk.refuse("9405", shop.debit("days", 1))
        # One that needs no verification uses it up, too; and so does a reverse.
        desk.verify()
        taken = desk.take(shop.debit("months", 1))
        same("flags of a debit without rule", taken.flags, PIN_VERIFIED)
        desk.refuse("9405", shop.debit("days", 1))
        desk.take(shop.debit("months", 1))
        desk.take(REVERSE)
        desk.refuse("9405", shop.debit("days", 1))


@requirement("TRX-18", needs=PAYS)
def test_each_receipt_is_signed_as_the_contract_says(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, **_four()) as shop:
        basket = (
            shop.debit("purse", 60),
            shop.debit("cover", 1),
            shop.debit("days", 2),
            shop.debit("months", 3),
        )
        macs = set()
        for role, verified, operations in (
            (BREAD, True, basket),
            (BREAD, False, basket[2:3]),
            (LOAD, False, (shop.credit("purse", 1), shop.credit("months", 2))),
        ):
            desk = shop.session(role, verified=verified)
            request = desk.request(*operations)
            taken = desk.send(request)
            desk.check(request, taken)
            macs.add(taken.mac)
        desk = shop.session(BREAD)
        desk.take(*basket[2:])
        reverse = desk.request(REVERSE)
        taken = desk.send(reverse, 2)
        desk.check(reverse, taken)
        same("different receipt MACs of 4", len({*macs, taken.mac}), 4)


@requirement("TRX-20", needs=PAYS)
def test_the_first_operation_that_fails_decides(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, **_four()) as shop, shop.unchanged():
        faults = {
            "9403": shop.debit("days", 31),
            "6A88": Operation(1, _UNKNOWN, 1),
            "6982": shop.credit("months", 1),
            "6A80": shop.debit("cover", 2),
        }
        desk = shop.session(BREAD)
        for sw, first in faults.items():
            others = [operation for other, operation in faults.items() if other != sw]
            desk.refuse(sw, first, *others)
            desk.refuse(sw, first, *reversed(others))


@requirement("TRX-20", needs=PAYS)
def test_of_one_operation_the_checks_have_an_order(card: CardUnderTest, holder_pin: Pin) -> None:
    services = {
        "days": quota(rule="finger").but(debit_roles=roles(BREAD), balance=10),
        "free": quota().but(balance=10),
        "cover": entitlement("finger"),
        "purse": purse().but(debit_limit=200, balance=100),
    }
    with till(card, holder_pin, BREAD, RATION, MERCHANT, **services) as shop, shop.unchanged():
        day = timedelta(1)
        desk = shop.session(BREAD)
        for sw, operation, when in (
            ("6982", shop.credit("cover", 2), shop.today),
            ("6A80", shop.debit("cover", 2), shop.today),
            ("9405", shop.debit("days", 31), shop.today - day),
            ("9406", shop.debit("free", 31), shop.today - day),
            ("9407", shop.debit("free", 31), shop.today + 5 * day),
            ("9403", shop.debit("free", 31), shop.today),
            ("9401", shop.debit("free", 11), shop.today),
        ):
            desk.refuse(sw, operation, day=when)
        desk = shop.session(MERCHANT)
        for sw, amount, verified in (
            ("9405", 301, False),
            ("9403", 301, True),
            ("9401", 201, True),
        ):
            if verified:
                desk.verify()
            desk.refuse(sw, shop.debit("purse", amount))


_FLOORS: Mapping[str, int] = {"purse": 200, "days": 25}


@requirement("TRX-22", needs=PAYS)
@pytest.mark.parametrize("name", _FLOORS)
def test_the_whole_balance_can_be_taken_and_no_more(
    card: CardUnderTest, holder_pin: Pin, name: str
) -> None:
    balance = _FLOORS[name]
    services = {
        "purse": purse().but(balance=balance),
        "days": quota().but(balance=balance, allowance=5, debit_roles=roles(MERCHANT)),
    }
    with till(card, holder_pin, MERCHANT, **services) as shop:
        with shop.unchanged():
            desk = shop.session(MERCHANT, verified=True)
            desk.refuse("9401", shop.debit(name, balance + 1))
        taken = shop.session(MERCHANT, verified=True).take(shop.debit(name, balance))
        same("new balance", taken.balances, (0,))
        with shop.unchanged():
            shop.session(MERCHANT, verified=True).refuse("9401", shop.debit(name, 1))


@requirement("TRX-23", needs=PAYS)
@pytest.mark.parametrize(("name", "room"), [("purse", 500), ("days", 40), ("none", 40)])
def test_a_credit_fills_up_to_the_ceiling_and_no_further(
    card: CardUnderTest, holder_pin: Pin, name: str, room: int
) -> None:
    services = {"purse": purse(), "days": quota(), "none": quota(period=0)}
    with till(card, holder_pin, **services) as shop:
        with shop.unchanged():
            desk = shop.session(LOAD, verified=True)
            for amount in (room + 1, MOST - 1, MOST):
                desk.refuse("9402", shop.credit(name, amount))
        taken = shop.session(LOAD).take(shop.credit(name, room))
        check(taken.balances[0] in (1000, 80), "new balance", taken.balances, "the ceiling")
        with shop.unchanged():
            shop.session(LOAD).refuse("9402", shop.credit(name, 1))


@requirement("TRX-23", needs=PAYS)
@pytest.mark.parametrize("name", ["purse", "days"])
def test_the_largest_amounts_neither_wrap_nor_lose_anything(
    card: CardUnderTest, holder_pin: Pin, name: str
) -> None:
    whole = {
        "purse": purse()
        .but(ceiling=MOST, debit_limit=MOST, unverified_allowance=MOST, balance=1)
        .limited({}),
        "days": quota().but(
            allowance=MOST,
            carry_over_ceiling=MOST,
            transaction_limit=MOST,
            debit_roles=roles(MERCHANT),
            balance=1,
        ),
    }
    with till(card, holder_pin, MERCHANT, **whole) as shop:
        with shop.unchanged():
            desk = shop.session(LOAD, verified=True)
            desk.refuse("9402", shop.credit(name, MOST))
            desk = shop.session(MERCHANT, verified=True)
            desk.refuse("9401", shop.debit(name, MOST))
        full = shop.session(LOAD).take(shop.credit(name, MOST - 1))
        same("new balance", full.balances, (MOST,))
        desk = shop.session(MERCHANT)
        same("new balance", desk.take(shop.debit(name, MOST)).balances, (0,))
        same("after the reverse", desk.take(REVERSE).balances, (MOST,))


@requirement("TRX-24", needs=PAYS)
def test_each_role_has_its_own_limit_for_a_purse(card: CardUnderTest, holder_pin: Pin) -> None:
    money = purse().limited({CASH: 120, MERCHANT: 30}).but(debit_roles=roles(0, MERCHANT, CASH))
    with till(card, holder_pin, MERCHANT, CASH, purse=money) as shop:
        for role, limit in ((MERCHANT, 30), (CASH, 120)):
            with shop.unchanged():
                for amount in (limit + 1, MOST):
                    desk = shop.session(role, verified=True)
                    desk.refuse("9403", shop.debit("purse", amount))
            shop.session(role, verified=True).take(shop.debit("purse", limit))
        # A role that the record has no limit for.
        shop.session(LOAD, verified=True).take(shop.debit("purse", 350))


@requirement("TRX-24", needs=PAYS)
def test_a_quota_has_one_limit_for_all(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        with shop.unchanged():
            for amount in (31, MOST):
                shop.session(BREAD).refuse("9403", shop.debit("days", amount))
        shop.session(BREAD).take(shop.debit("days", 30))
        # It does not bind a credit.
        shop.session(LOAD).take(shop.credit("days", 31))
