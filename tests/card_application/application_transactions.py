"""Operations, amounts and days of requests: right ones, and those at the bounds of the services.

The bounds are those of `service_records`, where small services have small ones.
"""

from typing import TypeVar

from hypothesis import strategies as st

from tests.support.service_records import LARGEST, SERVICES
from tests.support.transactions import CREDIT, DEBIT, REVERSE, Operation

T = TypeVar("T")
AMOUNTS = (
    *range(1, 14), 1, 1, 2, 3, 20, 59, 60, 61, 70, 71, 100, 101, 150, 151, 200, 201, 5_000, 5_001,
    20_000, 20_001, 30_000, 30_001, 50_000, 50_001, 300_000, 300_001, 400_000, 400_001, 500_000,
    500_001, 600_000, 600_001, 0x3FFFFFFF, 0x40000000, 0x40000001, LARGEST, LARGEST + 1, 0,
)  # fmt: skip
TODAY = "20260615"
DAYS = (
    *(TODAY,) * 12, "20260612", "20260613", "20260614", "20260616", "20260617", "20260618",
    "20260619", "20260501", "20260601", "20260701", "20260915", "20260916", "20260930", "20261001",
    "20261231", "20270101", "20301231", "20310101", "20251231", "20000101", "20791231",
)  # fmt: skip
WRONG_DAYS = ("20260230", "19991231", "20800101", "2026A101", "20261301", "20260400", "00000000")
TIMES = (
    "120000", "120000", "120000", "000000", "235959", "240000", "126000", "120060", "12A000",
)  # fmt: skip
NEVER_GOOD = (3, 8, 11)
"""Services that no PIN is enough for, but on a finger-exempt card, and the disabled one."""
ODD_OPERATIONS: tuple[tuple[Operation, ...], ...] = (
    ((REVERSE, 4, 0),), ((REVERSE, 0, 1),), ((REVERSE, 0, 0),) * 2, ((0, 4, 1),), ((4, 4, 1),),
    ((DEBIT, 4, 1), (REVERSE, 0, 0)), ((REVERSE, 0, 0), (DEBIT, 4, 1)), ((DEBIT, 4, 1),) * 2,
    ((DEBIT, 4, 1), (CREDIT, 4, 1)), ((DEBIT, 4, 1),) * 5, (), ((129, 4, 1),), ((DEBIT, 12, 1),),
    ((DEBIT, 0, 1),), ((CREDIT, 17, 1),), ((DEBIT, 255, 1),), ((DEBIT, 7, 2),), ((CREDIT, 7, 2),),
    ((DEBIT, 11, 1),), ((DEBIT, 4, 1), (DEBIT, 12, 1)), ((DEBIT, 11, 1), (DEBIT, 4, 1)),
)  # fmt: skip
CARD_DATES = tuple(
    bytes.fromhex(day)
    for day in (TODAY, "20260616", "20260618", "20310101", "20791231", *WRONG_DAYS, "", "202606",
                "2026061500")
)  # fmt: skip
_DAY, _MONTH = 9662, 317
PERIODS = (
    *(
        now.to_bytes(2, "big") + horizon.to_bytes(2, "big")
        for now, horizon in ((_DAY, _DAY), (_DAY - 5, 0xFFFF), (_MONTH, _MONTH + 1), (0, 0),
                             (0, 700), (1, 0), (_DAY + 1, 0xFFFF), (0xFFFF, 0xFFFF))
    ), b"", bytes(3), bytes(5),
)  # fmt: skip


def allowed(kvn: int) -> list[tuple[int, int]]:
    """Return what a role may do with which services: code and place."""
    role = kvn & 0x0F
    at, bit = (0, role - 8) if role > 7 else (1, role)
    return [
        (code, place)
        for place, record in SERVICES.items()
        for code in (DEBIT, CREDIT)
        if record[2 + 2 * code + at] >> bit & 1
    ]


def operations(
    kvn: int, amounts: st.SearchStrategy[int], never: tuple[int, ...] = ()
) -> st.SearchStrategy[tuple[Operation, ...]]:
    """Draw baskets that a role may do, so far as the roles of services go."""
    may = [each for each in allowed(kvn) if each[1] not in never]
    one = st.builds(lambda what, amount: (*what, amount), st.sampled_from(may), amounts)
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda each: each[1]).map(tuple)


def either(*weighted: tuple[int, st.SearchStrategy[T]]) -> st.SearchStrategy[T]:
    """Draw from one of these, each as often as its weight says, whatever it is made of."""
    places = [place for place, (weight, _) in enumerate(weighted) for _ in range(weight)]
    return st.sampled_from(places).flatmap(lambda place: weighted[place][1])
