"""What personalization says of a card that only transactions show: exempt holder, replaced card."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest, KnownPin
from card_conformance.failure import NotRun, check, same
from card_conformance.invented import Record, new_card_number
from card_conformance.needs import Needs, Stage
from card_conformance.prepare import personalize
from card_conformance.requirement import requirement
from card_conformance.suite.requests import PIN_VERIFIED
from card_conformance.suite.services import BREAD, MERCHANT, entitlement, purse, quota
from card_conformance.suite.till import till, unopened_till
from host_lib.secret import Pin

_BLANK = Needs(frozenset({Stage.ANCHORED}), keys=True, pin=True, leaves=Stage.ISSUED)


@contextmanager
def _issued(card: CardUnderTest, **changes: object) -> Iterator[tuple[Record, Pin]]:
    """Personalize the card from a changed record; its PIN is the holder's inside the block."""
    if card.record is None:
        raise NotRun("needs a card with the suite's own record")
    record = replace(card.record, **changes)  # type: ignore[arg-type]
    with card.reader.unobserved():
        session = card.session()
        card.run(personalize(record, session.dek, session.channel.max_data), session.channel)
    card.pin = KnownPin(record.pin, transport=True)
    with card.pin_as(transport=False) as pin:
        yield record, pin


@requirement("TRX-16", "TRX-18", needs=_BLANK)
def test_the_first_receipt_names_the_card_that_this_one_replaces(card: CardUnderTest) -> None:
    old = new_card_number()
    with (
        _issued(card, replaces=old) as (_, pin),
        unopened_till(card, pin, BREAD, days=quota()) as shop,
    ):
        desk = shop.session(BREAD, verified=True)
        request = desk.request(shop.debit("days", 1))
        taken = desk.send(request)
        same("replaced card number", taken.replaced, bytes.fromhex(old))
        fields = desk.check(request, taken)
        check(fields.endswith(bytes.fromhex(old)), "the receipt", fields, f"with {old}")
        request = desk.request(shop.debit("days", 1))
        taken = desk.send(request)
        same("flags of the second one", taken.flags, 0)
        desk.check(request, taken)


@requirement("TRX-15", needs=_BLANK)
def test_on_a_finger_exempt_card_the_pin_stands_for_the_finger(card: CardUnderTest) -> None:
    rules = [rule for rule in spec().services.verification if rule != "none"]
    services = {f"under {rule}": entitlement(rule) for rule in rules}
    with (
        _issued(card, finger=False) as (_, pin),
        till(card, pin, BREAD, MERCHANT, **services, wallet=purse("finger")) as shop,
    ):
        for name in services:
            shop.session(BREAD).refuse("9405", shop.debit(name, 1))
            taken = shop.session(BREAD, verified=True).take(shop.debit(name, 1))
            same("flags", taken.flags, PIN_VERIFIED)
        shop.session(MERCHANT).take(shop.debit("wallet", 50))
        shop.session(MERCHANT).refuse("9405", shop.debit("wallet", 1))
        shop.session(MERCHANT, verified=True).take(shop.debit("wallet", 60))
        same("counters", shop.look().counters["wallet"], (0, 110))
