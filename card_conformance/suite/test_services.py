"""The service table of an issued card: added, changed, switched off and on by the issuer."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.needs import WITH_KEYS, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.requests import REVERSE
from card_conformance.suite.services import (
    BREAD,
    LOAD,
    MERCHANT,
    PLACES,
    Service,
    entitlement,
    purse,
    quota,
    roles,
)
from card_conformance.suite.support import (
    C_MAC_ONLY,
    application,
    expect_closed,
    suspended,
    tag_of,
)
from card_conformance.suite.till import PAYS, till
from host_lib.apdu import Apdu
from host_lib.flow.store import payload
from host_lib.secret import Pin

_FIRST = tag_of("service record 1")
_ENABLED = 0x80
_ENABLE, _DISABLE = 0x20, 0x21


def _store(*services: Service) -> Apdu:
    return application("STORE DATA", 0x88, 0x00, payload(one.dgi() for one in services))


def _switch(p1: int, service: int) -> Apdu:
    return application("SET STATUS", p1, service)


def _misplaced(service: Service, place: int, p1: int = 0x88) -> Iterator[Apdu]:
    """Yield STORE DATA of records that say another id than their place."""
    dgi = service.at(place).dgi()
    for other in sorted({0x00, place - 1, place + 1, place + 0x80, 0xFF}):
        content = bytes((other,)) + dgi.content[1:]
        yield application("STORE DATA", p1, 0x00, payload([replace(dgi, content=content)]))


@requirement("SVC-01", needs=at(Stage.ANCHORED))
def test_a_blank_card_takes_a_record_in_its_own_place_only(card: CardUnderTest) -> None:
    channel = card.session().channel
    for place in (1, 7, PLACES):
        for misplaced in _misplaced(quota(), place, 0x08):
            card.expect("6A80", misplaced, channel)


@requirement("SVC-01", needs=PAYS)
def test_an_issued_card_takes_a_record_in_its_own_place_only(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        free = _free(shop)
        for place in (shop.id("days"), free):
            for misplaced in _misplaced(quota(), place):
                shop.issue(misplaced, "6A80")
        same("the free place", shop.session(LOAD).get(_FIRST + free - 1), b"")


def _free(shop: Till) -> int:
    desk = shop.session(LOAD)
    free = next((n for n in range(PLACES, 0, -1) if not desk.get(_FIRST + n - 1)), None)
    if free is None:
        raise NotRun("the service table has no free place")
    return free


@requirement("SVC-02", needs=PAYS)
def test_a_service_is_added_to_an_issued_card(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        free = _free(shop)
        added = quota().on(shop.today).at(free)
        operation = replace(shop.debit("days", 1), service=free)
        with shop.unchanged():
            shop.session(BREAD).refuse("6A88", operation)
        shop.issue(_store(added))
        card.reader.reset()
        same("the record", shop.session(BREAD).get(_FIRST + free - 1), added.encode())
        same("balance", shop.session(BREAD).take(operation).balances, (39,))


@requirement("SVC-02", "SVC-03", needs=PAYS)
def test_services_can_be_added_and_changed_while_the_card_is_suspended(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        with suspended(card):
            changed = shop.services["days"].but(transaction_limit=3)
            shop.issue(_store(changed))
        shop.session(BREAD).refuse("9403", shop.debit("days", 4))


_CHANGES = {
    "days": quota(rule="pin").but(
        allowance=3,
        carry_over_ceiling=5,
        transaction_limit=35,
        debit_roles=roles(MERCHANT),
        credit_roles=roles(LOAD, BREAD),
    ),
    "purse": purse("none")
    .but(ceiling=20, unverified_allowance=1, debit_limit=60)
    .limited({BREAD: 7, MERCHANT: 9, 15: 1}),
    "cover": entitlement("pin or finger").but(class_of_cover=9, debit_roles=0),
}


@requirement("SVC-03", needs=PAYS)
@pytest.mark.parametrize("name", _CHANGES)
def test_new_settings_leave_what_the_card_keeps(
    card: CardUnderTest, holder_pin: Pin, name: str
) -> None:
    services = {"days": quota(), "purse": purse(), "cover": entitlement()}
    with till(card, holder_pin, BREAD, MERCHANT, **services) as shop:
        shop.session(MERCHANT).take(shop.debit("purse", 20))
        shop.session(BREAD).take(shop.debit("cover", 1), shop.debit("days", 3))
        before = shop.look()
        old = before.services[name]
        wanted = replace(_CHANGES[name].at(shop.id(name)), label="suite")
        kept = {
            key: old[key]
            for key in ("balance", "current period", "horizon", "uses")
            if key in old.values
        }
        lies = dict.fromkeys((key.replace(" ", "_") for key in kept), 9)
        shop.issue(_store(wanted.but(**lies)))
        card.reader.reset()
        after = shop.look()
        expected = wanted.but(**{key.replace(" ", "_"): value for key, value in kept.items()})
        same("the service", after.services[name], expected)
        same("counters", after.counters, before.counters)
        others = {n: one for n, one in before.services.items() if n != name}
        same("other services", {n: after.services[n] for n in others}, others)
        same("number", after.number, before.number)


@requirement("SVC-03", "TRX-24", needs=PAYS)
def test_new_settings_hold_from_the_next_transaction_on(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, MERCHANT, days=quota(), purse=purse()) as shop:
        shop.store(shop.services["days"].but(transaction_limit=2, credit_roles=roles(BREAD)))
        shop.store(shop.services["purse"].limited({MERCHANT: 3}))
        with shop.unchanged():
            shop.session(BREAD).refuse("9403", shop.debit("days", 3))
            shop.session(LOAD).refuse("6982", shop.credit("days", 1))
            shop.session(MERCHANT, verified=True).refuse("9403", shop.debit("purse", 4))
        shop.session(BREAD).take(shop.credit("days", 1))


@requirement("SVC-04", needs=PAYS)
def test_a_place_keeps_its_kind_and_a_new_purse_is_empty(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    services = {"days": quota(), "purse": purse(), "cover": entitlement()}
    with till(card, holder_pin, BREAD, **services) as shop, shop.unchanged():
        for old in shop.services.values():
            for new in services.values():
                if new.kind != old.kind:
                    shop.issue(_store(new.but(**_empty(new)).at(old.place)), "6A80")
        free = _free(shop)
        for balance in (1, 500, 0x7FFFFFFF):
            shop.issue(_store(purse().but(balance=balance).at(free)), "6A80")
        same("the free place", shop.session(LOAD).get(_FIRST + free - 1), b"")


def _empty(service: Service) -> dict[str, int]:
    return {"balance": 0} if service.kind == "purse" else {}


@requirement("SVC-05", needs=PAYS)
@pytest.mark.parametrize("name", ["days", "purse", "cover"])
def test_a_service_is_switched_off_and_on(card: CardUnderTest, holder_pin: Pin, name: str) -> None:
    services = {"days": quota(), "purse": purse(), "cover": entitlement()}
    with till(card, holder_pin, BREAD, **services) as shop:
        before = shop.look()
        for p1, flags in ((_DISABLE, 0), (_ENABLE, _ENABLED)):
            channel = card.session().channel
            card.expect("9000", _switch(p1, shop.id(name)), channel)
            expect_closed(card, channel)
            card.reader.reset()
            after = shop.look()
            expected = {**before.services, name: before.services[name].but(flags=flags)}
            same("services", after.services, expected)
            same("state", after.state, before.state)
            same("counters", after.counters, before.counters)


@requirement("SVC-05", "REV-04", needs=PAYS)
def test_a_suspended_card_can_be_told_about_its_services(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        with suspended(card):
            shop.issue(_switch(_DISABLE, shop.id("days")))
            same("state", card.select().state, "SUSPENDED")
        shop.session(BREAD).refuse("9409", shop.debit("days", 1))
        shop.issue(_switch(_ENABLE, shop.id("days")))
        desk = shop.session(BREAD)
        desk.take(shop.debit("days", 1))
        same("balance", desk.take(REVERSE).balances, (40,))


@requirement("SVC-06", needs=PAYS)
def test_a_switch_of_nothing_and_one_without_effect_are_refused(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        shop.issue(_switch(_ENABLE, shop.id("days")), "6985")
        for id_ in (0x00, _free(shop), PLACES + 1, 0x80, 0xFF):
            for p1 in (_ENABLE, _DISABLE):
                shop.issue(_switch(p1, id_), "6A88")


@requirement("SVC-06", needs=PAYS)
def test_a_service_is_not_switched_off_twice(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        shop.issue(_switch(_DISABLE, shop.id("days")))
        with shop.unchanged():
            shop.issue(_switch(_DISABLE, shop.id("days")), "6985")
        shop.issue(_switch(_ENABLE, shop.id("days")))


@requirement("STA-02", needs=WITH_KEYS)
def test_nobody_but_the_issuer_switches_services(card: CardUnderTest) -> None:
    card.select()
    for p1 in (_ENABLE, _DISABLE):
        card.expect("6982", _switch(p1, 0x7F))
        card.expect("6982", _switch(p1, 0x7F), card.session(level=C_MAC_ONLY).channel)
        card.select()
