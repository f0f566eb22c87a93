"""Entitlements: uses and validity."""

from datetime import timedelta

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.requests import REVERSE
from card_conformance.suite.services import HEALTH, LOAD, MOST, entitlement
from card_conformance.suite.till import PAYS, till
from host_lib.secret import Pin

_MOST_USES = 0xFFFFFF


def _need_uses(shop: Till, uses: int) -> None:
    if shop.look().balance("cover") != uses:
        raise NotRun(f"needs an entitlement with {uses} uses, in a place that was empty")


@requirement("ENT-01", needs=PAYS)
def test_a_debit_counts_a_use_up_and_a_credit_one_down(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, HEALTH, cover=entitlement()) as shop:
        uses = shop.look().balance("cover")
        desk = shop.session(HEALTH)
        for more in (1, 2, 3):
            same("uses", desk.take(shop.debit("cover", 1)).balances, (uses + more,))
        desk = shop.session(LOAD)
        same("uses", desk.take(shop.credit("cover", 1)).balances, (uses + 2,))
        same("uses after the reverse", desk.take(REVERSE).balances, (uses + 3,))
        same("uses in the record", shop.look().balance("cover"), uses + 3)


@requirement("ENT-01", needs=PAYS)
def test_an_entitlement_has_no_other_amount_than_one(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, HEALTH, cover=entitlement()) as shop, shop.unchanged():
        for amount in (2, 0x100, 0x01000001, MOST):
            shop.session(HEALTH).refuse("6A80", shop.debit("cover", amount))
            shop.session(LOAD).refuse("6A80", shop.credit("cover", amount))


@requirement("ENT-01", "TRX-22", needs=PAYS)
def test_uses_do_not_go_below_none(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, HEALTH, cover=entitlement()) as shop:
        _need_uses(shop, 0)
        with shop.unchanged():
            shop.session(LOAD).refuse("9401", shop.credit("cover", 1))


@requirement("ENT-01", "TRX-23", needs=PAYS)
def test_uses_end_at_the_largest_number(card: CardUnderTest, holder_pin: Pin) -> None:
    nearly = entitlement().but(uses=_MOST_USES - 1)
    with till(card, holder_pin, HEALTH, cover=nearly) as shop:
        _need_uses(shop, _MOST_USES - 1)
        same("uses", shop.session(HEALTH).take(shop.debit("cover", 1)).balances, (_MOST_USES,))
        with shop.unchanged():
            shop.session(HEALTH).refuse("9402", shop.debit("cover", 1))


@requirement("ENT-02", needs=PAYS)
def test_an_entitlement_is_valid_on_its_days_only(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, HEALTH, cover=entitlement()) as shop:
        first = shop.today + timedelta(2)
        shop.store(shop.services["cover"].but(**_validity(shop, 2, 4)))
        for days in (0, 1, 5, 365):
            with shop.unchanged():
                day = shop.today + timedelta(days)
                shop.session(HEALTH).refuse("9408", shop.debit("cover", 1), day=day)
        for days in (0, 2):
            shop.session(HEALTH).take(shop.debit("cover", 1), day=first + timedelta(days))
        # A credit looks at no validity.
        shop.session(LOAD).take(shop.credit("cover", 1))


@requirement("ENT-02", needs=PAYS)
def test_validity_is_judged_by_the_cards_date_where_that_is_later(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, HEALTH, cover=entitlement()) as shop:
        tomorrow = shop.today + timedelta(1)
        shop.session(LOAD).take(shop.credit("purse", 1), day=tomorrow)
        shop.store(shop.services["cover"].but(**_validity(shop, -9, 0)))
        with shop.unchanged():
            shop.session(HEALTH).refuse("9408", shop.debit("cover", 1))
        shop.store(shop.services["cover"].but(**_validity(shop, 1, 2)))
        shop.session(HEALTH).take(shop.debit("cover", 1))


def _validity(shop: Till, first: int, last: int) -> dict[str, int]:
    """Return days of validity, counted from today."""
    days = (shop.today + timedelta(first), shop.today + timedelta(last))
    return {
        name: int(f"{day:%Y%m%d}")
        for name, day in zip(("valid_from", "valid_to"), days, strict=True)
    }
