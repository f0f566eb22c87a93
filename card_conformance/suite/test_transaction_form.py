"""PERFORM TRANSACTION: lengths, malformed requests, unknown and disabled services, numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import WITH_KEYS
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Desk
from card_conformance.suite.requests import (
    LAST_NUMBER,
    QUERY,
    REVERSE,
    Operation,
    Request,
    credit,
    debit,
    perform,
)
from card_conformance.suite.role_keys import free_version, own_keys, role_session
from card_conformance.suite.services import (
    BREAD,
    LOAD,
    MONTHS,
    MOST,
    entitlement,
    purse,
    quota,
)
from card_conformance.suite.support import application, suspended
from card_conformance.suite.till import PAYS, till
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.roles import Role
from host_lib.secret import Pin

_NOBODYS = 0x7F
"""A service id that no card can have."""
_HEAD = 22
_DAY = "20260310"
_BAD_DATES = (
    "19991231",
    "20800101",
    "20260230",
    "20250229",
    "20261301",
    "20260010",
    "20260300",
    "00000000",
    "2026031A",
    "FFFFFFFF",
)
_BAD_TIMES = ("240000", "126000", "121260", "1A0000", "FFFFFF")
_GOOD = (debit(_NOBODYS, 1),)
_BAD_BASKETS = {
    "operation 0": (Operation(0, _NOBODYS, 1),),
    "operation 4": (Operation(4, _NOBODYS, 1),),
    "operation FF": (Operation(0xFF, _NOBODYS, 1),),
    "amount 0": (debit(_NOBODYS, 0),),
    "credit of 0": (credit(_NOBODYS, 0),),
    "amount 80000000": (debit(_NOBODYS, MOST + 1),),
    "amount FFFFFFFF": (credit(_NOBODYS, 0xFFFFFFFF),),
    "second amount 0": (debit(_NOBODYS, 1), debit(_NOBODYS - 1, 0)),
    "a service twice": (debit(_NOBODYS, 1), debit(_NOBODYS, 1)),
    "debit and credit of one": (debit(_NOBODYS, 1), credit(_NOBODYS, 2)),
    "first and last the same": (*(debit(_NOBODYS - n, 1) for n in range(3)), debit(_NOBODYS, 1)),
    "reverse and debit": (REVERSE, debit(_NOBODYS, 1)),
    "debit and reverse": (debit(_NOBODYS, 1), REVERSE),
    "reverse twice": (REVERSE, REVERSE),
    "reverse of a service": (Operation(REVERSE.code, 1, 0),),
    "reverse of an amount": (Operation(REVERSE.code, 0, 1),),
}
_WRONG_LENGTHS = (*range(1, 28), 29, 33, 35, 39, 41, 45, 47, 52, 58, 223)


@contextmanager
def _session(card: CardUnderTest, role: Role = Role.BREAD) -> Iterator[SecureChannel]:
    """Open a session of a role, any where its slots are full, with keys of the suite's own."""
    version = free_version(card, lambda number, _: number == role)
    with own_keys(card, version) as own:
        yield role_session(card, own).channel


def _refused(card: CardUnderTest, channel: SecureChannel, sw: str, apdu: Apdu) -> None:
    answer = card.send(channel.wrap(apdu))
    same(apdu.label, f"{answer.sw:04X}", sw)


def _request(*operations: Operation, date: str = _DAY, time: str = "000000") -> Request:
    return Request(b"SUITE 01", 1, 0, date, operations, time)


@requirement("TRX-09", needs=WITH_KEYS)
@pytest.mark.parametrize("p1", [0x00, QUERY], ids=["perform", "query"])
def test_a_request_of_another_length_is_refused(card: CardUnderTest, p1: int) -> None:
    five = _request(*(debit(_NOBODYS - n, 1) for n in range(5))).encode()
    with _session(card) as channel:
        before = card.select()
    with _session(card) as channel:
        for length in _WRONG_LENGTHS:
            data = five.ljust(length, b"\x00")[:length]
            _refused(card, channel, "6700", perform(data, p1))
        _refused(card, channel, "6700", perform(b"", p1))
        _refused(card, channel, "6700", perform(five[:_HEAD], p1))
        _refused(card, channel, "6700", perform(five, p1))
        same("the FCI afterwards", card.select(), before)


@requirement("GEN-06", needs=WITH_KEYS)
def test_performing_has_two_forms_and_no_other(card: CardUnderTest) -> None:
    data = _request(*_GOOD).encode()
    with _session(card) as channel:
        for p1, p2 in ((0x02, 0x00), (0x80, 0x00), (0x00, 0x01), (0x01, 0x01), (0xFF, 0xFF)):
            command = application("PERFORM TRANSACTION", p1, p2, data, answer=True)
            _refused(card, channel, "6A86", command)


@requirement("TRX-10", needs=WITH_KEYS)
@pytest.mark.parametrize("date", _BAD_DATES)
def test_a_date_that_is_none_is_refused(card: CardUnderTest, date: str) -> None:
    with _session(card) as channel:
        _refused(card, channel, "6A80", _request(*_GOOD, date=date).apdu())


@requirement("TRX-10", needs=WITH_KEYS)
@pytest.mark.parametrize("time", _BAD_TIMES)
def test_a_time_that_is_none_is_refused(card: CardUnderTest, time: str) -> None:
    with _session(card) as channel:
        _refused(card, channel, "6A80", _request(*_GOOD, time=time).apdu())


@requirement("TRX-10", needs=WITH_KEYS)
@pytest.mark.parametrize("fault", _BAD_BASKETS)
def test_a_basket_that_is_not_well_formed_is_refused(card: CardUnderTest, fault: str) -> None:
    with _session(card) as channel:
        _refused(card, channel, "6A80", _request(*_BAD_BASKETS[fault]).apdu())


@requirement("TRX-10", needs=PAYS)
def test_the_form_is_looked_at_before_the_log_and_before_the_number(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        logged = desk.request(shop.debit("days", 1))
        desk.send(logged)
        with shop.unchanged():
            desk = shop.session(BREAD)
            for bad in (
                logged.but(operations=(shop.debit("days", 0),)),
                logged.but(operations=(shop.debit("days", MOST + 1),)),
                logged.but(date="20261301"),
                logged.but(time="246060"),
                logged.but(card_number=0, operations=(shop.debit("days", 1),) * 2),
            ):
                desk.expect("6A80", bad.apdu())


@requirement("TRX-10", needs=PAYS)
def test_bad_requests_for_services_that_the_card_has_change_nothing(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota(), purse=purse()) as shop, shop.unchanged():
        desk = shop.session(BREAD, verified=True)
        for basket in (
            (shop.debit("days", 0),),
            (shop.debit("days", MOST + 1),),
            (shop.debit("days", 1), shop.debit("days", 1)),
            (shop.debit("days", 1), shop.credit("days", 1)),
            (shop.debit("days", 1), REVERSE),
            (shop.debit("days", 1), Operation(0, shop.id("purse"), 1)),
        ):
            desk.refuse("6A80", *basket)
        five = [shop.debit("days", 1), *(Operation(1, 0x70 + n, 1) for n in range(4))]
        desk.refuse("6700", *five)


@requirement("TRX-10", needs=PAYS)
def test_the_first_and_the_last_day_and_second_are_taken_for_dates(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        for date, time in (("20000101", "000000"), ("20791231", "235959"), ("20240229", "000000")):
            request = desk.request(shop.debit("days", 1)).but(date=date, time=time)
            answer = desk.ask(request.apdu())
            words = ("6985", "9406", "9407")
            came = f"{answer.sw:04X}"
            check(came in words, f"a transaction of {date} {time}", came, " or ".join(words))


@requirement("TRX-11", needs=PAYS)
def test_a_service_that_the_card_does_not_have_is_not_found(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        desk = shop.session(BREAD, verified=True)
        free = next(place for place in range(16, 0, -1) if not desk.get(0xDF30 + place - 1))
        for id_ in (0x00, free, 0x11, 0x80, 0xFF):
            desk.refuse("6A88", Operation(1, id_, 1))
            desk.refuse("6A88", shop.debit("days", 1), Operation(2, id_, 1))


@requirement("TRX-12", "TRX-20", "SVC-05", needs=PAYS)
@pytest.mark.parametrize("name", ["days", "cover", "purse"])
def test_a_disabled_service_is_neither_debited_nor_credited(
    card: CardUnderTest, holder_pin: Pin, name: str
) -> None:
    services = {
        "days": quota(),
        "cover": entitlement().but(uses=1),
        "purse": purse(),
        "months": quota(MONTHS),
    }
    with till(card, holder_pin, BREAD, **services) as shop:
        shop.issue(_switch(0x21, shop.id(name)))
        with shop.unchanged():
            other = shop.debit("months", 1)
            shop.session(BREAD, verified=True).refuse("9409", shop.debit(name, 1), other)
            shop.session(BREAD, verified=True).refuse("9409", other, shop.debit(name, 1))
            shop.session(LOAD).refuse("9409", shop.credit(name, 1))
            # Before role and amount are looked at.
            shop.session(BREAD).refuse("9409", shop.credit(name, MOST))
        shop.session(BREAD).take(other)
        shop.issue(_switch(0x20, shop.id(name)))
        shop.session(BREAD, verified=True).take(shop.debit(name, 1), other)


def _switch(p1: int, service: int) -> Apdu:
    return application("SET STATUS", p1, service)


@requirement("TRX-05", needs=PAYS)
def test_a_request_for_another_state_of_the_card_is_refused(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        logged = desk.request(shop.debit("days", 1))
        first = desk.stored(logged)
        with shop.unchanged():
            # The name is looked for first.
            desk = shop.session(BREAD)
            same("the stored answer", desk.stored(logged), first)
            desk.expect("9481", logged.but(card_number=0).apdu())
            desk = shop.session(BREAD)
            for number in _other_numbers(desk):
                request = desk.request(shop.debit("days", 1)).but(card_number=number)
                desk.expect("9482", request.apdu())
                # Before role, service and verification, and of a reverse, too.
                request = request.but(operations=(Operation(2, _NOBODYS, MOST),))
                desk.expect("9482", request.apdu())
                desk.expect("9482", request.but(operations=(REVERSE,)).apdu())
        with suspended(card):
            desk = shop.session(BREAD)
            request = desk.request(shop.debit("days", 1)).but(card_number=desk.number - 1)
            desk.expect("9482", request.apdu())


def _other_numbers(desk: Desk) -> set[int]:
    near = {desk.number - 1, desk.number + 1, desk.number ^ 0x010000, desk.number ^ 0x0100}
    return near | {0, LAST_NUMBER}
