"""Nothing wraps around: sums at the largest amounts, at ceilings and limits, and of counters.

Every step's receipt goes to the issuer, whose record must be what the card has in the end: that
shows too what a refusal has changed.
"""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from card_simulator.registry import cells_of
from tests.support.any_card import AnyCard, MakeCard, SimCard
from tests.support.service_records import (
    BREAD,
    HEALTH,
    LARGE_PURSE,
    LARGE_QUOTA,
    LARGEST,
    NO_PERIODS,
    SMALL_COVER,
    SMALL_PURSE,
    SMALL_QUOTA,
    TODAY,
)
from tests.support.terminal import AIDS, NEW_PIN
from tests.support.transactions import CREDIT, DEBIT, REVERSES, Operation
from tests.transactions.trx_life import ready
from tests.transactions.trx_line import Line
from tests.transactions.trx_office import Office
from tests.transactions.trx_terminal import Pos, shown_number

LOAD, MERCHANT, CASH, BREAD_SHOP, INSPECT = 0x50, 0x51, 0x62, 0x64, 0x56
HALF = 0x40000000
NEXT_MONTH, NEXT_YEAR = date(2026, 7, 15), TODAY + timedelta(days=40)
DONE, TOO_LITTLE, TOO_MUCH, LIMIT, SINCE_LOAD, VERIFY = (
    0x9000, 0x9401, 0x9402, 0x9403, 0x9404, 0x9405,
)  # fmt: skip


class Bench:
    """A card, a terminal and the issuer; the first transaction is behind them."""

    def __init__(self, card: AnyCard) -> None:
        ready(card)
        self.line = Line(card)
        self.office = Office(self.line, random.Random(0), Counter())
        self.pos = Pos(self.line, b"BOUNDS\x00\xff")
        self.asked(LOAD, (CREDIT, LARGE_PURSE, 1), DONE, pin=True)
        self.taken_back()

    def asked(
        self, kvn: int, operation: Operation, expected: int, day: date = TODAY, *, pin: bool = False
    ) -> None:
        """Ask for one operation in a session of its own."""
        self.pos.open(kvn)
        assert self.pos.host is not None
        if pin:
            assert self.pos.host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
        self._sent((operation,), expected, day)

    def taken_back(self) -> None:
        """Take back what has just been done."""
        self._sent(REVERSES, DONE, TODAY)

    def _sent(self, operations: tuple[Operation, ...], expected: int, day: date) -> None:
        self.pos.new(operations, f"{day:%Y%m%d}")
        self.pos.send()
        word = int.from_bytes(self.line.last[-2:], "big")
        assert word == expected, f"{operations}: {word:04X}"
        if word != DONE:
            self.pos.pending = None

    def settle(self) -> dict[int, int]:
        """Settle all receipts, compare with the card, and return its balances."""
        for receipt in self.pos.receipts:
            self.office.issuer.receive(receipt)
        self.office.issuer.settle(shown_number(self.line), (), final=True)
        self.office.look()
        return {place: one.balance for place, one in self.office.accounts.items()}


@pytest.fixture
def bench(make_card: MakeCard) -> Bench:
    return Bench(make_card())


def test_a_purse_holds_the_largest_amount_and_no_more(bench: Bench) -> None:
    bench.asked(LOAD, (CREDIT, LARGE_PURSE, LARGEST - HALF + 1), TOO_MUCH)
    bench.asked(LOAD, (CREDIT, LARGE_PURSE, LARGEST - HALF), DONE)
    for amount in (1, 2, HALF, LARGEST - 1, LARGEST):
        bench.asked(LOAD, (CREDIT, LARGE_PURSE, amount), TOO_MUCH)
    assert bench.settle()[LARGE_PURSE] == LARGEST
    bench.asked(CASH, (DEBIT, LARGE_PURSE, LARGEST), DONE)
    bench.asked(CASH, (DEBIT, LARGE_PURSE, 1), TOO_LITTLE)
    assert bench.settle()[LARGE_PURSE] == 0


def test_a_reverse_at_the_bounds_leads_back(bench: Bench) -> None:
    bench.asked(LOAD, (CREDIT, LARGE_PURSE, LARGEST - HALF), DONE)
    bench.taken_back()
    assert bench.settle()[LARGE_PURSE] == HALF
    bench.asked(LOAD, (CREDIT, LARGE_PURSE, LARGEST - HALF), DONE)
    bench.asked(CASH, (DEBIT, LARGE_PURSE, LARGEST), DONE)
    bench.taken_back()
    assert bench.settle()[LARGE_PURSE] == LARGEST


def test_debits_since_load_do_not_wrap_around(bench: Bench) -> None:
    bench.asked(LOAD, (CREDIT, LARGE_PURSE, LARGEST - HALF), DONE)
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, LARGEST), DONE)
    bench.asked(INSPECT, (CREDIT, LARGE_PURSE, LARGEST), DONE)
    for amount in (1, 2, LARGEST):
        bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, amount), SINCE_LOAD)
    bench.asked(LOAD, (CREDIT, SMALL_PURSE, 1), DONE)
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, LARGEST), DONE)
    assert bench.settle()[LARGE_PURSE] == 0


def test_small_ceilings_and_limits_hold_at_the_amount_itself(bench: Bench) -> None:
    bench.asked(LOAD, (CREDIT, SMALL_PURSE, 4), TOO_MUCH)
    bench.asked(LOAD, (CREDIT, SMALL_PURSE, 3), DONE)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 6), LIMIT, pin=True)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 5), DONE, pin=True)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 3), SINCE_LOAD, pin=True)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 2), DONE)
    bench.asked(LOAD, (CREDIT, SMALL_PURSE, 1), DONE)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 2), VERIFY)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, 1), DONE)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, LARGEST), VERIFY)
    bench.asked(MERCHANT, (DEBIT, SMALL_PURSE, LARGEST), LIMIT, pin=True)
    assert bench.settle()[SMALL_PURSE] == 9 + 3 - 5 - 2 + 1 - 1


def test_a_quota_fills_up_to_the_largest_amount(bench: Bench) -> None:
    start = 0x7FF00000 + 1_000_000
    bench.asked(MERCHANT, (DEBIT, LARGE_QUOTA, 1), DONE)
    assert bench.settle()[LARGE_QUOTA] == start - 1
    bench.asked(MERCHANT, (CREDIT, LARGE_QUOTA, LARGEST - start + 2), TOO_MUCH)
    bench.asked(MERCHANT, (CREDIT, LARGE_QUOTA, LARGEST), TOO_MUCH)
    bench.asked(MERCHANT, (DEBIT, LARGE_QUOTA, 1), DONE, NEXT_MONTH)
    assert bench.settle()[LARGE_QUOTA] == LARGEST - 1
    bench.asked(MERCHANT, (CREDIT, LARGE_QUOTA, 1), DONE, NEXT_MONTH)
    bench.asked(MERCHANT, (CREDIT, LARGE_QUOTA, 1), TOO_MUCH, NEXT_MONTH)
    bench.asked(MERCHANT, (DEBIT, LARGE_QUOTA, LARGEST), DONE, NEXT_MONTH)
    assert bench.settle()[LARGE_QUOTA] == 0


def test_quotas_keep_to_what_they_may_carry_over(bench: Bench) -> None:
    bench.asked(BREAD_SHOP, (DEBIT, BREAD, 60), DONE)
    bench.asked(BREAD_SHOP, (DEBIT, BREAD, 1), TOO_LITTLE)
    bench.asked(BREAD_SHOP, (DEBIT, BREAD, 71), LIMIT, NEXT_YEAR)
    bench.asked(BREAD_SHOP, (DEBIT, BREAD, 70), DONE, NEXT_YEAR)
    assert bench.settle()[BREAD] == 10
    bench.asked(LOAD, (CREDIT, BREAD, 71), TOO_MUCH, NEXT_YEAR)
    bench.asked(LOAD, (CREDIT, BREAD, 70), DONE, NEXT_YEAR)
    bench.asked(MERCHANT, (DEBIT, SMALL_QUOTA, 6), DONE)
    bench.asked(MERCHANT, (CREDIT, SMALL_QUOTA, 7), TOO_MUCH)
    bench.asked(INSPECT, (CREDIT, NO_PERIODS, 5), DONE)
    bench.asked(INSPECT, (CREDIT, NO_PERIODS, 1), TOO_MUCH)
    balances = bench.settle()
    assert (balances[BREAD], balances[SMALL_QUOTA], balances[NO_PERIODS]) == (80, 1, 10)


def test_uses_are_counted_to_the_last_and_not_below_none(bench: Bench) -> None:
    bench.asked(MERCHANT, (DEBIT, SMALL_COVER, 1), DONE, pin=True)
    bench.asked(MERCHANT, (DEBIT, SMALL_COVER, 1), TOO_MUCH, pin=True)
    bench.asked(LOAD, (CREDIT, SMALL_COVER, 1), DONE)
    bench.asked(LOAD, (CREDIT, HEALTH, 1), TOO_LITTLE)
    balances = bench.settle()
    assert (balances[SMALL_COVER], balances[HEALTH]) == (0xFFFFFE, 0)


def test_a_terminals_number_may_be_the_last_one(bench: Bench) -> None:
    bench.pos.count = 0xFFFFFFFF
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, 1), DONE)
    bench.pos.count = 0
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, 1), 0x9481)
    bench.settle()


def test_the_last_transaction_number_is_the_last() -> None:
    """The Java card's number is set by its own tests."""
    card = SimCard()
    bench = Bench(card)
    cell = f"{cells_of(AIDS.instance)}transaction.number"
    log = f"{cells_of(AIDS.instance)}log."
    memory = card._card.memory
    memory.write(cell, (0xFFFFFE).to_bytes(3, "big"))
    for name in memory.names(log):
        memory.erase(name)
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, 1), DONE)
    assert shown_number(bench.line) == 0xFFFFFF
    bench.asked(MERCHANT, (DEBIT, LARGE_PURSE, 1), 0x6985)
    assert shown_number(bench.line) == 0xFFFFFF
