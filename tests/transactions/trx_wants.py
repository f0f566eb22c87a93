"""What holders and terminals want of a card: baskets that mostly succeed, and some that cannot."""

import random
from collections.abc import Mapping
from datetime import date, timedelta

from tests.support.service_records import ENTITLEMENT, LARGEST, PURSE
from tests.support.transactions import CREDIT, DEBIT, Operation
from tests.transactions.trx_issuer import Account

LOAD, INSPECT = 0, 6


def some_day(chance: random.Random, today: date) -> date:
    """Return today; seldom another day, as a terminal with a wrong clock says."""
    if chance.random() < 0.02:
        return today + timedelta(days=chance.choice((-400, -1, -1, 1, 400)))
    return today


def basket(
    chance: random.Random,
    role: int,
    records: Mapping[int, bytes],
    accounts: Mapping[int, Account],
) -> tuple[str, tuple[Operation, ...]]:
    """Return what it is called, and one to four operations on different services.

    ``records`` are the service records, ``accounts`` what was seen on them last.
    """
    code = CREDIT if role in (LOAD, INSPECT) and chance.random() < 0.8 else DEBIT
    able = [
        place
        for place, record in records.items()
        if _may(record, role, code) and _room(record, accounts[place], code)
    ]
    if not able or chance.random() < 0.02:
        able = list(records)
    count = min(chance.choice((1, 1, 1, 2, 2, 3, 4)), len(able))
    places = chance.sample(able, count)
    what = "load" if role == LOAD else "credit" if code == CREDIT else "perform"
    return what, tuple(
        (code, place, _amount(chance, _room(records[place], accounts[place], code)))
        for place in places
    )


def _may(record: bytes, role: int, code: int) -> bool:
    """Say whether a record is enabled and lets the role do this."""
    at = 4 if code == DEBIT else 6
    return bool(record[2] & 0x80 and int.from_bytes(record[at : at + 2], "big") >> role & 1)


def _room(record: bytes, one: Account, code: int) -> int:
    """Return the largest amount that there is room for, as far as is known."""
    if one.kind == ENTITLEMENT:
        return int(bool(one.balance) or code == DEBIT)
    if code == DEBIT:
        return one.balance
    ceiling = int.from_bytes(record[22:26], "big")
    top = ceiling if one.kind == PURSE else one.carry_over + one.allowance
    return max(0, min(top, LARGEST) - one.balance)


def _amount(chance: random.Random, room: int) -> int:
    draw = chance.random()
    if draw < 0.75 or (draw < 0.95 and room < 100):
        return chance.randint(1, max(1, min(3, room)))
    if draw < 0.95:
        return chance.randint(1, min(200, room))
    return min(max(1, chance.choice((room, room + 1, room // 2, LARGEST))), LARGEST)
