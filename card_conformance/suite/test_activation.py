"""The first transaction of a card, which makes it ACTIVE."""

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.requests import PIN_VERIFIED, REVERSE, Operation
from card_conformance.suite.services import BREAD, LOAD, MERCHANT, quota
from card_conformance.suite.support import suspended
from card_conformance.suite.till import PAYS, unopened_till
from host_lib.secret import Pin


def _need_first(card: CardUnderTest) -> None:
    if card.select().state != "PERSONALIZED":
        raise NotRun("the card has had its first transaction")


def _harmless(shop: Till, role: int) -> tuple[Operation, ...]:
    """Return what a role may do without any verification."""
    return (shop.credit("days", 1),) if role == LOAD else (shop.debit("days", 1),)


@requirement("TRX-16", needs=PAYS)
@pytest.mark.parametrize("role", [BREAD, LOAD], ids=lambda role: role.name)
def test_the_first_transaction_needs_the_pin_whatever_it_is(
    card: CardUnderTest, holder_pin: Pin, role: int
) -> None:
    _need_first(card)
    with unopened_till(card, holder_pin, role, days=quota()) as shop:
        with shop.unchanged():
            shop.session(role).refuse("9405", *_harmless(shop, role))
            desk = shop.session(role)
            # Before any operation is looked at, and after the form and the card's number.
            desk.refuse("9405", Operation(1, 0x7F, 1))
            desk.expect("6A80", desk.request(Operation(1, 0x7F, 0)).apdu())
            stale = desk.request(*_harmless(shop, role)).but(card_number=desk.number + 1)
            desk.expect("9482", stale.apdu())
        same("state", card.select().state, "PERSONALIZED")
        desk = shop.session(role, verified=True)
        request = desk.request(*_harmless(shop, role))
        taken = desk.send(request)
        check(taken.activates, "flags of the first transaction", taken.flags, "with activation")
        check(bool(taken.flags & PIN_VERIFIED), "the same", taken.flags, "with the PIN")
        same("replaced card number", taken.replaced, desk.value("replaced card number"))
        desk.check(request, taken)
        same("state", card.select().state, "ACTIVE")
        card.reader.reset()
        same("state after reset", card.select().state, "ACTIVE")
        second = shop.session(role).take(*_harmless(shop, role))
        same("flags of the second transaction, without verification", second.flags, 0)


@requirement("TRX-16", "TRX-02", needs=PAYS)
def test_a_first_transaction_that_is_refused_leaves_the_card_personalized(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    _need_first(card)
    with unopened_till(card, holder_pin, BREAD, MERCHANT, days=quota()) as shop:
        with shop.unchanged():
            desk = shop.session(BREAD, verified=True)
            desk.refuse("9403", shop.debit("days", 31))
            desk.refuse("6982", shop.credit("days", 1))
            shop.session(MERCHANT, verified=True).refuse("6985", REVERSE)
        same("state", card.select().state, "PERSONALIZED")


@requirement("REV-02", "TRX-16", needs=PAYS)
def test_a_reverse_of_the_first_transaction_leaves_the_card_active(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    _need_first(card)
    with unopened_till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD, verified=True)
        desk.take(shop.debit("days", 5))
        taken = desk.take(REVERSE)
        same("flags of the reverse", taken.flags, 0)
        same("balance", taken.balances, (40,))
        same("state", card.select().state, "ACTIVE")


@requirement("TRX-16", "STA-01", needs=PAYS)
def test_a_card_suspended_before_its_first_transaction_is_personalized_again(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    _need_first(card)
    with unopened_till(card, holder_pin, BREAD, days=quota()) as shop:
        with suspended(card):
            shop.session(BREAD).refuse("6985", shop.debit("days", 1))
        same("state", card.select().state, "PERSONALIZED")
        shop.session(BREAD).refuse("9405", shop.debit("days", 1))
        same("records in the log", len(shop.look().log), 0)
        same("transaction number", card.select().transaction_number, 0)
