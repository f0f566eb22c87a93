"""Reverse: what a terminal takes back that could not give the goods."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Desk, Till, read_record
from card_conformance.suite.requests import QUERY, REVERSE, Operation, perform
from card_conformance.suite.services import (
    BREAD,
    CASH,
    LOAD,
    MERCHANT,
    MONTHS,
    Service,
    entitlement,
    purse,
    quota,
)
from card_conformance.suite.support import application, get_data, suspended, tag_of
from card_conformance.suite.till import PAYS, expired, till
from host_lib.apdu import Apdu
from host_lib.secret import Pin


def _four() -> dict[str, Service]:
    return {
        "purse": purse(),
        "days": quota(),
        "months": quota(MONTHS),
        "cover": entitlement(),
    }


@requirement("REV-01", "REV-02", needs=PAYS)
def test_a_reverse_gives_back_all_that_a_basket_took(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, **_four()) as shop:
        shop.session(BREAD).take(shop.debit("purse", 10), shop.debit("days", 1))
        before = shop.look()
        desk = shop.session(BREAD, verified=True)
        desk.take(
            shop.debit("months", 3),
            shop.debit("purse", 70),
            shop.debit("cover", 1),
            shop.debit("days", 20),
        )
        request = desk.request(REVERSE)
        taken = desk.send(request, 4)
        uses = before.balance("cover")
        same("balances, in the order of the basket", taken.balances, (40, 490, uses, 39))
        same("transaction number", taken.number, before.number + 2)
        same("flags", taken.flags, 0)
        desk.check(request, taken)
        after = shop.look()
        same("services", after.services, before.services)
        same("counters", after.counters, before.counters)
        same("number", after.number, before.number + 2)
        same("the older records", after.log[2:20], before.log[:18])


@requirement("REV-01", "REV-02", needs=PAYS)
def test_a_reverse_takes_back_what_load_credited(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, MERCHANT, **_four()) as shop:
        shop.session(MERCHANT, verified=True).take(shop.debit("purse", 200))
        shop.session(MERCHANT).take(shop.debit("purse", 30))
        before = shop.look()
        desk = shop.session(LOAD)
        desk.take(shop.credit("purse", 300), shop.credit("months", 9))
        same("counters after the load", desk.counters("purse"), (30, 0))
        # GET DATA has disarmed it.
        desk.refuse("6985", REVERSE)
        desk = shop.session(LOAD)
        desk.take(shop.credit("purse", 1), shop.credit("months", 1))
        taken = desk.send(desk.request(REVERSE), 2)
        same("balances", taken.balances, (570, 49))
        same("counters", shop.look().counters["purse"], (30, 0))
        same("counters before", before.counters["purse"], (30, 230))


@requirement("REV-02", needs=PAYS)
@pytest.mark.parametrize("verified", [False, True], ids=["unverified", "verified"])
def test_a_reverse_restores_what_a_purse_has_counted(
    card: CardUnderTest, holder_pin: Pin, verified: bool
) -> None:
    services = {"purse": purse(), "second": purse().but(balance=100)}
    with till(card, holder_pin, CASH, **services) as shop:
        shop.session(CASH).take(shop.debit("purse", 20), shop.debit("second", 7))
        before = shop.look().counters
        same("counters", before, {"purse": (20, 20), "second": (7, 7)})
        desk = shop.session(CASH, verified=verified)
        desk.take(shop.debit("purse", 15))
        desk.take(REVERSE)
        same("counters", shop.look().counters, before)


@requirement("REV-02", needs=PAYS)
def test_a_reverse_of_a_load_restores_the_counters_of_its_own_purses_only(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    services = {"purse": purse(), "second": purse().but(balance=100)}
    with till(card, holder_pin, CASH, **services) as shop:
        shop.session(CASH).take(shop.debit("purse", 20), shop.debit("second", 7))
        desk = shop.session(LOAD)
        desk.take(shop.credit("purse", 15))
        desk.take(REVERSE)
        same("counters", shop.look().counters, {"purse": (20, 20), "second": (7, 0)})


@requirement("REV-02", needs=PAYS)
def test_a_reverse_leaves_the_period_that_its_transaction_opened(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        period = shop.look().services["days"]["current period"]
        desk = shop.session(BREAD)
        (balance,) = desk.take(shop.debit("days", 5), day=shop.today + timedelta(1)).balances
        same("balance", balance, 55)
        same("balance after the reverse", desk.take(REVERSE).balances, (60,))
        same("period", shop.look().services["days"]["current period"], period + 1)


def _several_ways(shop: Till) -> Iterator[tuple[str, Callable[[Desk], object]]]:
    yield "GET DATA", lambda desk: desk.ask(get_data(tag_of("card serial")))
    yield "GET DATA of an unknown tag", lambda desk: desk.ask(get_data(0xDF7E))
    yield "an unknown instruction", lambda desk: desk.ask(Apdu(0x00, 0x02, 0x00, 0x00))
    yield "a chained query", lambda _: shop.card.send_bytes(bytes.fromhex("9440010000"))
    yield "a wrong class", lambda _: shop.card.send_bytes(bytes.fromhex("A0CADF5100"))
    yield "VERIFY", lambda desk: desk.verify()
    yield "VERIFY without data", lambda desk: desk.ask(Apdu(0x00, 0x20, 0x00, 0x81))
    proof = application("INTERNAL AUTHENTICATE", 0x00, 0x00, bytes(17), answer=True)
    yield "a proof", lambda desk: desk.expect("9000", proof)
    yield "READ RECORD", lambda desk: desk.ask(read_record(1))
    yield "PUT DATA", lambda desk: desk.write("6982", tag_of("validity"), bytes(8))
    yield "a refused transaction", lambda desk: desk.refuse("6A88", Operation(1, 0x7F, 1))
    yield "a malformed one", lambda desk: desk.refuse("6A80", shop.debit("purse", 0))
    yield "one of a wrong length", lambda desk: desk.ask(perform(bytes(23)))
    yield "a form of no query", lambda desk: desk.ask(_with_p2(desk))
    yield "a reverse that is refused", lambda desk: desk.expect("9482", _stale(desk))


def _with_p2(desk: Desk) -> Apdu:
    data = desk.request(REVERSE).encode()
    return application("PERFORM TRANSACTION", QUERY, 0x01, data, answer=True)


def _stale(desk: Desk) -> Apdu:
    return desk.request(REVERSE).but(card_number=desk.number - 1).apdu()


@requirement("REV-03", needs=PAYS)
def test_any_command_but_a_query_makes_a_reverse_impossible(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, MERCHANT, purse=purse()) as shop:
        for what, between in _several_ways(shop):
            shop.session(LOAD).take(shop.credit("purse", 1))
            desk = shop.session(MERCHANT)
            (balance,) = desk.take(shop.debit("purse", 1)).balances
            between(desk)
            answer = desk.ask(desk.request(REVERSE).apdu())
            same(f"a reverse after {what}", f"{answer.sw:04X}", "6985")
            same(f"balance after {what}", shop.look().balance("purse"), balance)


@requirement("REV-03", "QRY-04", needs=PAYS)
def test_queries_leave_a_reverse_possible(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        desk.send(request)
        desk.query(request)
        desk.query(desk.request(shop.debit("days", 2)))
        desk.query(request.but(time="FFFFFF"))
        desk.ask(perform(bytes(23), QUERY))
        same("balance", desk.take(REVERSE).balances, (40,))


@requirement("REV-03", needs=PAYS)
@pytest.mark.parametrize("selected", [True, False], ids=["selected again", "without SELECT"])
def test_the_very_next_session_cannot_take_back(
    card: CardUnderTest, holder_pin: Pin, selected: bool
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        (balance,) = desk.take(shop.debit("days", 1)).balances
        number = desk.number
        desk = shop.session(BREAD) if selected else shop.session_on_top(BREAD)
        desk.number = number
        desk.refuse("6985", REVERSE)
        same("balance", shop.look().balance("days"), balance)


@requirement("REV-03", needs=PAYS)
def test_only_the_session_of_the_transaction_takes_it_back(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        desk.send(request)
        with shop.unchanged():
            for role in (BREAD, LOAD):
                shop.session(role).refuse("6985", REVERSE)
            # A stored answer is not this session's own transaction.
            desk = shop.session(BREAD)
            desk.send(request)
            desk.refuse("6985", REVERSE)


@requirement("REV-03", needs=PAYS)
def test_a_stored_answer_and_a_reverse_are_not_taken_back(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        desk.send(request)
        desk.send(request)
        desk.refuse("6985", REVERSE)
        desk.take(shop.debit("days", 1))
        reverse = desk.request(REVERSE)
        first = desk.stored(reverse)
        desk.number += 1
        with shop.unchanged():
            desk = shop.session(BREAD)
            same("the reverse again", desk.stored(reverse), first)
            desk.refuse("6985", REVERSE)
        desk = shop.session(BREAD)
        desk.take(shop.debit("days", 1))
        desk.take(REVERSE)
        desk.refuse("6985", REVERSE)
        same("balance", shop.look().balance("days"), 39)


@requirement("REV-03", needs=PAYS)
def test_a_card_that_has_made_no_transaction_in_this_session_has_nothing_to_reverse(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        desk = shop.session(BREAD, verified=True)
        desk.refuse("6985", REVERSE)
        desk.refuse("9403", shop.debit("days", 31))
        desk.refuse("6985", REVERSE)


@requirement("REV-04", needs=PAYS)
def test_a_reverse_needs_no_verification_date_or_limit(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    full = quota().but(balance=80)
    services = {"purse": purse().but(balance=1000), "days": full.but(transaction_limit=70)}
    with till(card, holder_pin, BREAD, CASH, **services) as shop:
        # Beyond expiry and horizon, without verification, back above what a credit may reach.
        desk = shop.session(CASH, verified=True)
        desk.take(shop.debit("purse", 350))
        late = shop.today + timedelta(15000)
        same("purse", desk.take(REVERSE, day=late).balances, (1000,))
        desk = shop.session(BREAD)
        desk.take(shop.debit("days", 70))
        early = shop.today - timedelta(900)
        same("quota", desk.take(REVERSE, day=early).balances, (80,))


@requirement("REV-04", needs=PAYS)
def test_a_reverse_leads_back_above_a_ceiling(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, MERCHANT, purse=purse(), days=quota()) as shop:
        lower = shop.services["purse"].but(ceiling=10), shop.services["days"].but(allowance=1)
        shop.store(*(one.but(**_less(one)) for one in lower))
        desk = shop.session(MERCHANT, verified=True)
        desk.take(shop.debit("purse", 100))
        same("purse", desk.take(REVERSE).balances, (500,))
        desk = shop.session(BREAD)
        desk.take(shop.debit("days", 9))
        same("quota", desk.take(REVERSE).balances, (40,))


def _less(one: Service) -> dict[str, int]:
    return {"carry_over_ceiling": 1} if one.kind == "quota" else {}


@requirement("REV-04", "TRX-07", needs=PAYS)
def test_a_reverse_on_the_last_day_may_be_dated_after_it(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, expired(shop, 0):
        desk = shop.session(BREAD)
        desk.take(shop.debit("days", 1))
        taken = desk.take(REVERSE, day=shop.today + timedelta(1))
        same("balance", taken.balances, (40,))
        with suspended(card):
            shop.session(BREAD).refuse("6985", REVERSE)
