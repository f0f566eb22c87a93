"""Making a till for one test: role keys and services of the suite's own on the card."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun
from card_conformance.invented import new_receipt_key
from card_conformance.needs import Needs, Stage
from card_conformance.suite.desk import Desk, Till, known_receipt_keys, period_tag
from card_conformance.suite.requests import (
    credit,
    debit,
)
from card_conformance.suite.role_keys import OwnKeys, free_versions, random_keys, slot_emptied
from card_conformance.suite.services import (
    INSPECT,
    LOAD,
    MOST,
    PLACES,
    TODAY,
    Service,
    decode,
    is_ours,
    period_of,
    periods,
    purse,
    roles,
    text,
)
from card_conformance.suite.support import read, tag_of
from host_lib.command import PutData, PutRoleKeys
from host_lib.flow.store import DgiValue, store_data
from host_lib.roles import role_slot
from host_lib.secret import Pin

PAYS = Needs(frozenset({Stage.ISSUED}), keys=True, pin=True, leaves=Stage.ISSUED)
"""An issued card with keys and PIN, whose balances, number and log the test changes for good."""
_RECORD = tag_of("service record 1")
_ROOMY = 1_000_000


@contextmanager
def expired(shop: Till, days: int) -> Iterator[None]:
    """Let the card expire so many days after today, at the end of them, inside the block."""
    tag = tag_of("validity")
    shop.card.select()
    value = read(shop.card, tag)
    last = text(shop.today + timedelta(days))
    try:
        shop.put(tag, value[:4] + bytes.fromhex(last))
        yield
    finally:
        with shop.card.restoring("the card's validity"):
            shop.put(tag, value)


@contextmanager
def till(
    card: CardUnderTest,
    pin: Pin,
    *held: int,
    **services: Service,
) -> Iterator[Till]:
    """Make a till with services and with keys of LOAD, INSPECT and the roles that are ``held``.

    Balances are what the services say, counters of purses 0; uses go on from what they were. The
    card has had its first transaction. The role keys are taken away again.
    """
    if not any(one.kind == "purse" for one in services.values()):
        services["purse"] = purse()
    with _till(card, pin, held, services) as (made, found):
        with card.reader.unobserved():
            _open(made, found)
            card.select()
        yield made


@contextmanager
def unopened_till(card: CardUnderTest, pin: Pin, *held: int, **services: Service) -> Iterator[Till]:
    """Make a till without any transaction, so that purses are empty and a new card stays new."""
    with _till(card, pin, held, services) as (made, _):
        yield made


@contextmanager
def _till(
    card: CardUnderTest, pin: Pin, held: tuple[int, ...], services: Mapping[str, Service]
) -> Iterator[tuple[Till, Mapping[int, Service]]]:
    """Make a till, and tell which of its places held something before."""
    with card.reader.unobserved():
        keys = _free_keys(card, {LOAD, INSPECT, *held})
    with slot_emptied(card, *(own.version for own in keys.values())):
        with card.reader.unobserved():
            made, found = _made(card, pin, keys, services)
            card.select()
        yield made, found


def _free_keys(card: CardUnderTest, held: set[int]) -> Mapping[int, OwnKeys]:
    """Return keys for a free slot of each role. Raises NotRun for one without."""
    free = {role_slot(version)[0]: version for version in free_versions(card)}
    if not held <= free.keys():
        raise NotRun("the card has keys in both slots of a role that this test needs")
    return {role: random_keys(free[role]) for role in held}


def _made(
    card: CardUnderTest,
    pin: Pin,
    keys: Mapping[int, OwnKeys],
    services: Mapping[str, Service],
) -> tuple[Till, Mapping[int, Service]]:
    session = card.session()
    for own in keys.values():
        card.run(PutRoleKeys(own.keys, own.master_version, session.dek), session.channel)
    there = Till(card, pin, keys, {}, TODAY)
    desk = there.session(INSPECT)
    today = max(TODAY, _date(desk.value("card date")))
    placed, found = _placed(desk, {name: one.on(today) for name, one in services.items()})
    version = int.from_bytes(desk.value("receipt key version"), "big")
    made = Till(card, pin, keys, placed, today)
    _store(card, made, found, version)
    return made, found


def _date(value: bytes) -> date:
    return date.fromisoformat(value.hex()) if value else TODAY


def _placed(
    desk: Desk, services: Mapping[str, Service]
) -> tuple[dict[str, Service], dict[int, Service]]:
    """Return the services in places that are free or the suite's, and what is there already."""
    placed: dict[str, Service] = {}
    found: dict[int, Service] = {}
    left = dict(services)
    for place in range(1, PLACES + 1):
        if not left:
            break
        value = desk.get(_RECORD + place - 1)
        old = decode(value) if value else None
        name = next((n for n, one in left.items() if _fits(one, old)), None)
        if name is not None:
            placed[name] = left.pop(name).at(place)
            if old is not None:
                found[place] = old
    if left:
        raise NotRun("the service table has no room for what this test needs")
    return placed, found


def _fits(service: Service, old: Service | None) -> bool:
    return old is None or (is_ours(old) and old.kind == service.kind)


def _store(card: CardUnderTest, made: Till, found: Mapping[int, Service], version: int) -> None:
    """Store the services, and a receipt key where the suite does not know the card's."""
    session = card.session()
    values: list[DgiValue] = []
    if version not in known_receipt_keys(card):
        own = new_receipt_key(version)
        card.receipt_keys[own.version] = own
        values.append(own.dgi(session.dek))
    for one in made.services.values():
        values.append((_roomy(one) if one.place in found else _new(one)).dgi())
    card.run(store_data(values, session.channel.max_data), session.channel)
    for place, old in found.items():
        if old.kind == "quota":
            wanted = next(one for one in made.services.values() if one.place == place)
            now = period_of(wanted["period kind"], made.today)
            value = periods(min(now, old["current period"]), now)
            card.run(PutData(period_tag(place), value), session.channel)


def _new(service: Service) -> Service:
    """Return a service as it may come to an empty place."""
    return service.but(balance=0) if service.kind == "purse" else service


def _roomy(service: Service) -> Service:
    """Return a service under which LOAD may bring a balance to anything."""
    free = {"verification": 0, "debit_roles": roles(LOAD), "credit_roles": roles(LOAD)}
    if service.kind == "purse":
        whole = {"ceiling": MOST, "unverified_allowance": MOST, "debit_limit": MOST}
        return service.but(**free, **whole).limited({})
    if service.kind == "quota":
        whole = {"allowance": 0, "carry_over_ceiling": _ROOMY, "transaction_limit": MOST}
        return service.but(**free, **whole)
    return service


def _open(made: Till, found: Mapping[int, Service]) -> None:
    """Bring the balances to what they should be, by transactions, and then all settings."""
    desk = made.session(LOAD)
    again = [one for one in made.services.values() if one.place in found]
    for one in (one for one in again if one.kind != "entitlement"):
        if not found[one.place]["balance"]:
            desk.verify()
            desk.take(credit(one.place, 1))
        # The first debit opens the period; both forgive what was spent unverified.
        desk.verify()
        (balance,) = desk.take(debit(one.place, 1)).balances
        if balance:
            desk.verify()
            desk.take(debit(one.place, balance))
        desk.take(credit(one.place, one["balance"]))
    for one in made.services.values():
        if one.kind == "purse" and one.place not in found:
            desk.verify()
            desk.take(credit(one.place, one["balance"]))
    if again:
        made.store(*again)
        for one in again:
            if one.kind == "quota":
                made.put(period_tag(one.place), periods(one["current period"], one["horizon"]))
