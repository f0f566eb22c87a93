"""Changes of services after issuance: their records, periods, the card's date, the receipt key."""

from dataclasses import replace

from tests.card_application.application_acts import NEVER, begun, each, role_session, sends
from tests.card_application.application_look import Look
from tests.card_application.application_tear_data import (
    OTHER_RECEIPT_KEY,
    SMALL_CERTIFICATE,
    THE_RECEIPT_KEY,
    blocks,
    later,
    put_data,
    stores,
)
from tests.card_application.application_tear_transactions import next_transaction, values
from tests.card_application.application_tears import Act, Change
from tests.support.service_records import (
    BREAD,
    DAY,
    DISABLED,
    ENTITLEMENT,
    HEALTH,
    LAST_PURSE,
    NONE,
    PURSE,
    QUOTA,
    RATION,
    TODAY,
    WALLET,
    day_number,
    entitlement,
    header,
    purse,
    quota,
)
from tests.support.stages import Stage, session
from tests.support.terminal import dgi

TODAY_NUMBER = day_number(TODAY)
CARD_DATE = 0xDF57
LOAD = 0x50
ENABLE, DISABLE = 0x20, 0x21


def record(place: int, content: bytes) -> bytes:
    """Return the DGI of a service record."""
    return dgi(0x0400 + place - 1, content)


def period_object(service: int) -> int:
    return 0xDF60 + service - 1


def periods(current: int, horizon: int) -> bytes:
    return current.to_bytes(2, "big") + horizon.to_bytes(2, "big")


NEW_PURSE = record(12, purse(header(12, PURSE, "new", NONE, {1}, {0}), 10, 10, 10, 0, {}))
NEW_QUOTA = record(
    13,
    quota(header(13, QUOTA, "new", NONE, {1}, {0}), 1, DAY, 1, 1, TODAY_NUMBER, 20000, 5),
)
OTHER_WALLET = record(
    WALLET, purse(header(WALLET, PURSE, "other", NONE, {1}, {0}), 700_000, 5, 9, 123, {1: 3})
)
OTHER_BREAD = record(
    BREAD, quota(header(BREAD, QUOTA, "other", NONE, {1, 4}, {0}), 9, DAY, 9, 9, 1, 2, 3)
)
OTHER_HEALTH = record(
    HEALTH,
    entitlement(header(HEALTH, ENTITLEMENT, "other", NONE, {5}, {0}), "20270101", "20271231", 7),
)


def assert_balances_stay(old: Look, new: Look) -> None:
    """Check that what services had they have, whatever becomes of their settings."""
    before, after = values(old), values(new)
    assert {place: after[place] for place in before} == before


def after_use(*acts: Act, **others: object) -> Change:
    """Return a change, in an issuer session, of a card that has had transactions.

    The issuer sends it again after a cut, and then a transaction works.
    """
    change = later(*acts, stage=Stage.ACTIVE, **others)
    again = each(session, *acts, next_transaction)
    return replace(change, again=again, holds=assert_balances_stay)


def switched(code: int, service: int) -> Change:
    again = each(session, sends(0x80, 0xF0, code, service, words=(0x9000, 0x6985)))
    change = after_use(sends(0x80, 0xF0, code, service), ends=NEVER)
    return replace(change, again=each(again, next_transaction))


SERVICES = {
    "STORE DATA later, receipt key": after_use(stores(OTHER_RECEIPT_KEY, last=True)),
    "STORE DATA later, receipt key for the second time": after_use(
        stores(OTHER_RECEIPT_KEY, last=True),
        before=begun(stores(OTHER_RECEIPT_KEY, THE_RECEIPT_KEY, last=True)),
    ),
    "STORE DATA later, receipt key over blocks": after_use(
        *blocks(OTHER_RECEIPT_KEY, 20, last=True)
    ),
    "STORE DATA later, receipt key, services and a long one": after_use(
        stores(
            OTHER_RECEIPT_KEY,
            OTHER_WALLET,
            NEW_PURSE,
            record(
                DISABLED, quota(header(DISABLED, QUOTA, "", NONE, (), ()), 0, DAY, 0, 0, 0, 0, 0)
            ),
            dgi(0x0201, SMALL_CERTIFICATE),
            last=True,
        )
    ),
    "STORE DATA later, new services": after_use(stores(NEW_PURSE, NEW_QUOTA, last=True)),
    "STORE DATA later, a purse that has counted": after_use(stores(OTHER_WALLET, last=True)),
    "STORE DATA later, a quota over blocks": after_use(*blocks(OTHER_BREAD, 30, last=True)),
    "STORE DATA later, one service of each kind": after_use(
        stores(OTHER_WALLET, OTHER_BREAD, OTHER_HEALTH, last=True)
    ),
    "PUT DATA, card date": after_use(put_data(bytes.fromhex("20260701"), CARD_DATE), ends=NEVER),
    "PUT DATA, card date before the first transaction": later(
        put_data(bytes.fromhex("20260701"), CARD_DATE), ends=NEVER
    ),
    "PUT DATA, service period": after_use(
        put_data(periods(TODAY_NUMBER - 9, TODAY_NUMBER + 300), period_object(BREAD)), ends=NEVER
    ),
    "PUT DATA, service period in a LOAD session": replace(
        after_use(
            put_data(periods(1, 0xFFFF), period_object(RATION)),
            prepare=role_session(LOAD),
            ends=NEVER,
        ),
        again=each(
            role_session(LOAD),
            put_data(periods(1, 0xFFFF), period_object(RATION)),
            next_transaction,
        ),
    ),
    "PUT DATA, card date and a service period in a LOAD session": replace(
        after_use(
            put_data(bytes.fromhex("20260701"), CARD_DATE),
            put_data(periods(1, 1), period_object(RATION)),
            prepare=role_session(LOAD),
            ends=NEVER,
        ),
        again=each(
            role_session(LOAD),
            put_data(bytes.fromhex("20260701"), CARD_DATE),
            put_data(periods(1, 1), period_object(RATION)),
            next_transaction,
        ),
    ),
    "SET STATUS, disable a purse": switched(DISABLE, LAST_PURSE),
    "SET STATUS, enable a quota": switched(ENABLE, DISABLED),
}
