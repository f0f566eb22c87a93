"""The card's own date: who raises it, and what it decides. Expiry."""

from datetime import timedelta

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.requests import REVERSE
from card_conformance.suite.services import BREAD, INSPECT, LOAD, MERCHANT, quota, text
from card_conformance.suite.support import application, suspended, tag_of
from card_conformance.suite.till import PAYS, expired, till
from host_lib.apdu import Apdu
from host_lib.secret import Pin

_DATE = tag_of("card date")


def _bcd(shop: Till, days: int) -> bytes:
    return bytes.fromhex(text(shop.today + timedelta(days)))


def _put(value: bytes) -> Apdu:
    return application("PUT DATA", _DATE >> 8, _DATE & 0xFF, value)


@requirement("DAT-01", needs=PAYS)
def test_load_transactions_alone_raise_the_cards_date(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        same("card date", shop.look().date, _bcd(shop, 0))
        one, two = shop.today + timedelta(1), shop.today + timedelta(2)
        shop.session(BREAD).take(shop.debit("days", 1), day=one)
        same("card date after a debit", shop.look().date, _bcd(shop, 0))
        shop.session(LOAD).refuse("9402", shop.credit("purse", 600), day=two)
        same("card date after a refusal", shop.look().date, _bcd(shop, 0))
        shop.session(LOAD).take(shop.credit("purse", 1), day=two)
        same("card date after a load", shop.look().date, _bcd(shop, 2))
        shop.session(LOAD).take(shop.credit("purse", 1), day=one)
        same("card date after one of an earlier day", shop.look().date, _bcd(shop, 2))


@requirement("DAT-01", "REV-02", needs=PAYS)
def test_a_reverse_of_load_neither_raises_nor_lowers_the_date(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, days=quota()) as shop:
        desk = shop.session(LOAD)
        desk.take(shop.credit("purse", 1), day=shop.today + timedelta(1))
        desk.take(REVERSE, day=shop.today + timedelta(2))
        same("card date", shop.look().date, _bcd(shop, 1))


@requirement("DAT-01", "PDA-01", needs=PAYS)
@pytest.mark.parametrize("writer", ["issuer", "LOAD"])
def test_issuer_and_load_write_the_cards_date(
    card: CardUnderTest, holder_pin: Pin, writer: str
) -> None:
    with till(card, holder_pin, days=quota()) as shop:
        for days in (1, 1, 2):
            if writer == "issuer":
                shop.put(_DATE, _bcd(shop, days))
            else:
                shop.session(LOAD).write("9000", _DATE, _bcd(shop, days))
            card.reader.reset()
            same("card date", shop.look().date, _bcd(shop, days))


@requirement("DAT-02", needs=PAYS)
def test_the_cards_date_is_never_lowered_and_always_a_date(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, days=quota()) as shop, shop.unchanged():
        bad = ("19991231", "20000101", "20261301", "20270229", "20800101", "20A70101", "FFFFFFFF")
        for value in (_bcd(shop, -1), *map(bytes.fromhex, bad)):
            shop.session(LOAD).write("6A80", _DATE, value)
            shop.issue(_put(value), "6A80")


@requirement("PDA-02", "DAT-01", needs=PAYS)
@pytest.mark.parametrize("role", [MERCHANT, BREAD, INSPECT], ids=lambda role: role.name)
def test_no_other_role_writes_the_cards_date(
    card: CardUnderTest, holder_pin: Pin, role: int
) -> None:
    with till(card, holder_pin, role, days=quota()) as shop, shop.unchanged():
        desk = shop.session(role, verified=True)
        for value in (_bcd(shop, 1), bytes(4)):
            desk.write("6982", _DATE, value)


@requirement("TRX-06", needs=PAYS)
def test_a_suspended_card_takes_no_new_transaction(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        with suspended(card), shop.unchanged():
            shop.session(BREAD).refuse("6985", shop.debit("days", 1))
            shop.session(LOAD).refuse("6985", shop.credit("days", 1))
            shop.session(BREAD).refuse("6985", REVERSE)
            # Before any operation is looked at, and after the card's number.
            shop.session(BREAD).refuse("6985", shop.credit("days", 1))
            desk = shop.session(BREAD)
            stale = desk.request(shop.debit("days", 1)).but(card_number=desk.number + 1)
            desk.expect("9482", stale.apdu())
        shop.session(BREAD).take(shop.debit("days", 1))


@requirement("TRX-07", needs=PAYS)
def test_a_card_pays_on_its_last_day_and_not_after_it(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, expired(shop, 1):
        with shop.unchanged():
            after = shop.today + timedelta(2)
            shop.session(BREAD).refuse("6985", shop.debit("days", 1), day=after)
            shop.session(LOAD).refuse("6985", shop.credit("purse", 1), day=after)
            shop.session(BREAD).refuse("6985", shop.credit("days", 1), day=after)
        last = shop.today + timedelta(1)
        shop.session(LOAD).take(shop.credit("purse", 1), day=last)
        shop.session(BREAD).take(shop.debit("days", 1), day=last)


@requirement("TRX-07", needs=PAYS)
def test_an_expired_card_is_not_fooled_by_an_early_date(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        shop.session(LOAD).take(shop.credit("purse", 1), day=shop.today + timedelta(1))
        with expired(shop, 0), shop.unchanged():
            shop.session(BREAD).refuse("6985", shop.debit("days", 1))
            shop.session(LOAD).refuse("6985", shop.credit("purse", 1))
        shop.session(BREAD).take(shop.debit("days", 1))
