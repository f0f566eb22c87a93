"""What holders and terminals want of a card: baskets that mostly succeed, and some that cannot."""

import random
from collections.abc import Mapping
from datetime import date, timedelta

from tests.support.service_records import ENTITLEMENT, LARGEST
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
        if _may(record, role, code) and (code == CREDIT or accounts[place].balance)
    ]
    if not able or chance.random() < 0.02:
        able = list(records)
    count = min(chance.choice((1, 1, 1, 2, 2, 3, 4)), len(able))
    places = chance.sample(able, count)
    what = "load" if role == LOAD else "credit" if code == CREDIT else "perform"
    return what, tuple((code, place, _amount(chance, accounts[place], code)) for place in places)


def _may(record: bytes, role: int, code: int) -> bool:
    """Say whether a record is enabled and lets the role do this."""
    at = 4 if code == DEBIT else 6
    return bool(record[2] & 0x80 and int.from_bytes(record[at : at + 2], "big") >> role & 1)


def _amount(chance: random.Random, one: Account, code: int) -> int:
    if one.kind == ENTITLEMENT:
        return 1
    draw = chance.random()
    if draw < 0.75 or (draw < 0.95 and one.balance < 100):
        return chance.randint(1, 3)
    if draw < 0.95:
        return chance.randint(1, 200)
    most = one.balance if code == DEBIT else LARGEST - one.balance
    return min(max(1, chance.choice((most, most + 1, most // 2, LARGEST))), LARGEST)
