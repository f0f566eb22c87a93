"""Transactions of the software card: bounds, verification, the card's number and its one commit.

Comments name the requirements that a test shows. What random baskets do is in `test_sim_machine`.
"""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from applet_spec.model import PeriodVector, QuotaVector
from card_simulator.application import periods, quota
from card_simulator.application.state import Verified
from card_simulator.card import Card
from card_simulator.memory import COMMIT_CAPACITY, Memory, PowerCut
from tests.card_simulator.sim_till import (
    CELLS,
    Till,
    card_of_tests,
    issued_with,
    number_of,
    record_of,
    set_flags,
)
from tests.support.service_records import (
    BREAD,
    DAY,
    ENTITLEMENT,
    LARGEST,
    NO_PERIOD,
    NONE,
    PURSE,
    QUOTA,
    SERVICES,
    TODAY,
    WALLET,
    day_number,
    entitlement,
    header,
    purse,
)
from tests.support.service_records import (
    quota as quota_record,
)
from tests.support.terminal import EXEMPT_FLAGS, FLAGS, RECEIPT_KEY, cmac
from tests.support.transactions import CREDIT, DEBIT, REVERSES, perform, request

ANY = range(16)
PIN, FINGER, BOTH = Verified.PIN, Verified.FINGER, Verified.PIN | Verified.FINGER
NOTHING = Verified.NOTHING
MERCHANT, LOAD, BREAD_TILL = 0x51, 0x50, 0x64


def purse_of(balance: int, rule: int = NONE, ceiling: int = LARGEST, allowance: int = 0,
             debit_limit: int = LARGEST, place: int = 1) -> bytes:  # fmt: skip
    head = header(place, PURSE, "purse", rule, ANY, ANY)
    return purse(head, ceiling, allowance, debit_limit, balance, {})


def quota_of(balance: int, allowance: int, ceiling: int, kind: int = DAY, back: int = 0,
             rule: int = NONE, ahead: int = 5) -> bytes:  # fmt: skip
    """Return a quota that was in use ``back`` days ago and has its horizon ``ahead``."""
    head = header(1, QUOTA, "quota", rule, ANY, ANY)
    today = day_number(TODAY) if kind == DAY else 0
    return quota_record(
        head, allowance, kind, ceiling, LARGEST, today - back, today + ahead, balance
    )


def cover_of(uses: int, rule: int = NONE) -> bytes:
    head = header(1, ENTITLEMENT, "cover", rule, ANY, ANY)
    return entitlement(head, "20260101", "20261231", uses)


# Vectors of the contract


@pytest.mark.parametrize("vector", spec().transactions.period_vectors, ids=lambda v: v.date)
def test_periods_are_those_of_the_vectors(vector: PeriodVector) -> None:
    day = bytes.fromhex(vector.date)
    assert periods.period_of(periods.DAY, day) == vector.day
    assert periods.period_of(periods.MONTH, day) == vector.month
    assert periods.period_of(periods.ALWAYS, day) == 0


@pytest.mark.parametrize("vector", spec().transactions.quota_vectors, ids=lambda v: v.text)
def test_quotas_get_what_the_vectors_say(vector: QuotaVector) -> None:
    # QUO-01
    if vector.k:
        got = quota.carried(vector.balance, vector.allowance, vector.carry_over_ceiling, vector.k)
        assert got == vector.result
    record = quota_of(vector.balance, vector.allowance, vector.carry_over_ceiling)
    record = record[:33] + bytes(2) + b"\xff\xff" + record[37:]
    today = vector.k
    if today > day_number(date(2079, 12, 31)):
        return
    day = date(2000, 1, 1) + timedelta(days=today)
    till = Till(issued_with({1: record}), MERCHANT)
    assert till.take((DEBIT, 1, 1), day=day) == [vector.result - 1]


@given(
    left=st.integers(0, 50), allowance=st.integers(0, 9), ceiling=st.integers(0, 40),
    passed=st.integers(1, 30),
)  # fmt: skip
def test_periods_one_by_one_bring_what_all_at_once_bring(
    left: int, allowance: int, ceiling: int, passed: int
) -> None:
    balance = left
    for _ in range(passed):
        balance = min(balance, ceiling) + allowance
    assert quota.carried(left, allowance, ceiling, passed) == balance


# Bounds


def test_a_purse_is_filled_to_its_ceiling_and_emptied_to_nothing() -> None:
    # TRX-22, TRX-23
    till = Till(issued_with({1: purse_of(LARGEST - 2)}), LOAD)
    assert till.word((CREDIT, 1, 3)) == 0x9402
    assert till.word((CREDIT, 1, LARGEST)) == 0x9402
    assert till.take((CREDIT, 1, 2)) == [LARGEST]
    assert till.word((CREDIT, 1, 1)) == 0x9402
    assert till.take((DEBIT, 1, LARGEST)) == [0]
    assert till.word((DEBIT, 1, 1)) == 0x9401


def test_what_a_purse_counts_stops_below_the_largest_amount() -> None:
    # PUR-01, PUR-03
    card = issued_with({1: purse_of(LARGEST, rule=1, allowance=LARGEST)})
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, LARGEST - 1)) == [1]
    assert Till(card, LOAD, b"LOADER 1").take((CREDIT, 1, LARGEST - 1)) == [LARGEST]
    till = Till(card, MERCHANT, b"TILL 002")
    assert till.word((DEBIT, 1, 2)) == 0x9405, "unverified spent"
    assert till.take((DEBIT, 1, 1)) == [LARGEST - 1]
    till.verify()
    assert till.word((DEBIT, 1, LARGEST)) == 0x9401
    assert till.take((DEBIT, 1, LARGEST - 1)) == [0], "the debits since LOAD are the largest amount"
    assert card.memory.read(CELLS + "purse.spent")[:8].hex() == "000000007fffffff"


def test_debits_since_load_are_counted_to_their_limit_and_set_to_0_by_every_load() -> None:
    # PUR-03
    card = issued_with({1: purse_of(100, debit_limit=7), 2: purse_of(100, place=2)})
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 5)) == [95]
    assert till.word((DEBIT, 1, 3)) == 0x9404
    assert till.take((DEBIT, 1, 2)) == [93]
    assert till.word((DEBIT, 1, 1)) == 0x9404
    assert Till(card, LOAD, b"LOADER 1").take((CREDIT, 2, 1)) == [101], "of another purse"
    assert Till(card, MERCHANT, b"TILL 002").take((DEBIT, 1, 7)) == [86]


def test_a_debit_by_load_counts_from_0() -> None:
    card = issued_with({1: purse_of(100, debit_limit=7)})
    assert Till(card, MERCHANT).take((DEBIT, 1, 7)) == [93]
    loader = Till(card, LOAD, b"LOADER 1")
    assert loader.word((DEBIT, 1, 8)) == 0x9404
    assert loader.take((DEBIT, 1, 7)) == [86]
    assert Till(card, MERCHANT, b"TILL 002").word((DEBIT, 1, 1)) == 0x9404


def test_an_entitlement_is_used_as_often_as_can_be_counted() -> None:
    # ENT-01
    till = Till(issued_with({1: cover_of(0xFFFFFE)}), MERCHANT)
    assert till.take((DEBIT, 1, 1)) == [0xFFFFFF]
    assert till.word((DEBIT, 1, 1)) == 0x9402
    assert till.word((CREDIT, 1, 2)) == 0x6A80
    assert till.take((CREDIT, 1, 1)) == [0xFFFFFE]
    unused = Till(issued_with({1: cover_of(0)}), MERCHANT)
    assert unused.word((CREDIT, 1, 1)) == 0x9401


def test_a_quota_saturates() -> None:
    # QUO-01
    card = issued_with({1: quota_of(1, LARGEST, LARGEST, back=3)})
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 1)) == [LARGEST - 1]
    assert till.take((CREDIT, 1, 1)) == [LARGEST]
    assert till.word((CREDIT, 1, 1)) == 0x9402, "the sum of ceiling and allowance saturates, too"


def test_a_quotas_credit_is_bounded_by_ceiling_and_allowance() -> None:
    # TRX-23
    till = Till(issued_with({1: quota_of(0, 3, 4)}), MERCHANT)
    assert till.word((CREDIT, 1, 8)) == 0x9402
    assert till.take((CREDIT, 1, 7)) == [7]
    assert till.word((CREDIT, 1, 1)) == 0x9402


@pytest.mark.parametrize(
    ("days", "answers"), [(-1, 0x9406), (0, [0]), (5, [0]), (6, 0x9407), (300, 0x9407)]
)
def test_a_quota_opens_periods_up_to_its_horizon(days: int, answers: int | list[int]) -> None:
    # QUO-02, QUO-03
    till = Till(issued_with({1: quota_of(1, 0, 9)}), MERCHANT)
    day = TODAY + timedelta(days=days)
    if isinstance(answers, int):
        before = till.card.memory.image
        assert till.word((DEBIT, 1, 1), day=day) == till.word((CREDIT, 1, 1), day=day) == answers
        assert till.card.memory.image == before
    else:
        assert till.take((DEBIT, 1, 1), day=day) == answers


def test_a_horizon_before_the_current_period_stops_nothing_in_that_period() -> None:
    till = Till(issued_with({1: quota_of(1, 0, 9, ahead=-1)}), MERCHANT)
    assert till.take((DEBIT, 1, 1)) == [0]


def test_a_quota_without_periods_has_one_for_all_time() -> None:
    # QUO-01
    card = issued_with({1: quota_of(5, 1, 9, kind=NO_PERIOD, ahead=9)})
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 1), day="20260101") == [4]
    assert till.take((DEBIT, 1, 1), day="20261231") == [3]
    assert till.take((DEBIT, 1, 1), day="20260615") == [2]


def test_at_the_last_number_the_card_takes_no_new_transaction() -> None:
    # TRX-08
    card = issued_with({1: purse_of(9)})
    card.memory.write(CELLS + "transaction.number", b"\xff\xff\xfd")
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 1)) == [8]
    answer, sw = till.ask((DEBIT, 1, 1))
    assert (answer[:3], sw) == (b"\xff\xff\xff", 0x9000)
    last = till.last
    before = card.memory.image
    assert till.word((DEBIT, 1, 1)) == 0x6985
    assert till.word(*REVERSES) == 0x6985
    assert perform(till.host, last) == (answer, 0x9000)
    assert perform(till.host, last, query=True) == (b"\x01\xff\xff\xff" + answer, 0x9000)
    assert till.host.sw(0, 0xB2, 1, 4) == 0x6982
    assert card.memory.image == before


def test_the_last_transaction_cannot_be_taken_back() -> None:
    card = issued_with({1: purse_of(9)})
    card.memory.write(CELLS + "transaction.number", b"\xff\xff\xfe")
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 1)) == [8]
    assert till.word(*REVERSES) == 0x6985


def test_a_card_without_receipt_key_takes_no_transaction() -> None:
    card = issued_with({1: purse_of(9)})
    card.memory.erase(CELLS + "receipt")
    assert Till(card, MERCHANT).word((DEBIT, 1, 1)) == 0x6985


# Verification: rule, flags, exemption

SATISFIED = {
    "none": {NOTHING, PIN, FINGER, BOTH},
    "pin": {PIN, BOTH},
    "finger": {FINGER, BOTH},
    "pin or finger": {PIN, FINGER, BOTH},
    "pin and finger": {BOTH},
}
SATISFIED_EXEMPT = {
    "none": {NOTHING, PIN, FINGER, BOTH},
    "pin": {PIN, BOTH},
    "finger": {PIN, BOTH},
    "pin or finger": {PIN, BOTH},
    "pin and finger": {PIN, BOTH},
}
"""By rule: the flags that are enough, on a card with and without the finger-exempt mark."""


@pytest.mark.parametrize("exempt", [False, True])
@pytest.mark.parametrize("rule", SATISFIED)
def test_each_rule_is_satisfied_by_its_flags_and_no_others(rule: str, exempt: bool) -> None:
    # TRX-15
    code = spec().services.verification[rule]
    enough = (SATISFIED_EXEMPT if exempt else SATISFIED)[rule]
    services = {1: quota_of(20, 0, 20, rule=code), 2: purse_of(20, rule=code, place=2),
                3: bytes([3]) + cover_of(0, rule=code)[1:]}  # fmt: skip
    card = issued_with(services, EXEMPT_FLAGS if exempt else FLAGS)
    till = Till(card, MERCHANT)
    for flags, place in itertools.product((NOTHING, PIN, FINGER, BOTH), services):
        set_flags(card, flags)
        answer, sw = till.ask((DEBIT, place, 1))
        assert (sw == 0x9000) == (flags in enough), f"{rule}, {flags!r}, service {place}: {sw:04X}"
        assert sw in (0x9000, 0x9405)
        if sw == 0x9000:
            assert answer[4] == flags, "the flags are told"
            assert till.host.sw(0, 0x20, 0, 0x81) == 0x63C3, "and cleared"


@pytest.mark.parametrize("flags", [NOTHING, PIN, FINGER, BOTH])
def test_the_first_transaction_needs_a_flag_whatever_the_rule_is(flags: Verified) -> None:
    # TRX-16
    card = issued_with({1: quota_of(9, 0, 9), 2: purse_of(9, place=2)}, active=False)
    for kvn, operation in ((MERCHANT, (DEBIT, 1, 1)), (LOAD, (CREDIT, 2, 1))):
        if number_of(card):
            break
        till = Till(card, kvn)
        set_flags(card, flags)
        answer, sw = till.ask(operation)
        assert sw == (0x9000 if flags else 0x9405)
        if flags:
            assert answer[4] == 0x80 | flags
            assert answer[-8:] == bytes(8), "it replaces no card"
    assert bool(number_of(card)) == bool(flags)


def test_a_verified_debit_sets_what_was_spent_without_verification_to_0() -> None:
    # PUR-01, PUR-02
    card = issued_with({1: purse_of(50, rule=1, allowance=3)})
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, 1, 2)) == [48]
    assert till.word((DEBIT, 1, 2)) == 0x9405
    till.verify()
    assert till.take((DEBIT, 1, 1)) == [47], "small enough to need none"
    assert till.take((DEBIT, 1, 3)) == [44]
    assert till.word((DEBIT, 1, 1)) == 0x9405


# The commit


def test_the_largest_transaction_fits_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = dict.fromkeys(range(5), 9)
    services = {
        place: purse(header(place, PURSE, "x", NONE, ANY, ANY), 99, 99, 99, 50, limits)
        for place in range(1, 17)
    }
    card = issued_with(services, active=False)
    till = Till(card, LOAD)
    till.verify()
    charged: list[int] = []
    commit = Memory.commit

    def watched(memory: Memory) -> None:
        charged.append(memory._charged)
        commit(memory)

    monkeypatch.setattr(Memory, "commit", watched)
    assert till.take(*((DEBIT, place, 1) for place in (1, 6, 11, 16))) == [49] * 4
    assert 400 < charged[-1] <= COMMIT_CAPACITY == spec().limits["commit_bytes"]


def test_the_record_is_in_the_free_slot_of_the_log_before_the_commit() -> None:
    card = card_of_tests()
    till = Till(card, BREAD_TILL)
    for _ in range(25):
        slots = {n: v for n, v in card.memory.image.cells.items() if n.startswith(CELLS + "log.")}
        in_use = [slots[f"{CELLS}log.{n % 21}"] for n in range(
            max(1, number_of(card) - 19), number_of(card) + 1)]  # fmt: skip
        till.count += 1
        asked = request(number_of(card), ((DEBIT, BREAD, 1),), (till.name, till.count))
        card.memory.cut_power_at(2)
        with pytest.raises(PowerCut):
            perform(till.host, asked)
        card.reset()
        after = {n: v for n, v in card.memory.image.cells.items() if n.startswith(CELLS + "log.")}
        changed = [name for name, value in after.items() if slots.get(name) != value]
        assert len(changed) == 1, "the first write is that of one slot"
        assert slots.get(changed[0], b"") not in in_use
        till = Till(card, BREAD_TILL, count=till.count)
        assert perform(till.host, asked, query=True)[0][:1] == b"\x00"
        assert perform(till.host, asked)[1] == 0x9000


def test_receipts_are_macs_of_what_the_log_has() -> None:
    # TRX-18, LOG-01
    card = card_of_tests()
    till = Till(card, BREAD_TILL)
    for _ in range(3):
        assert till.word((DEBIT, BREAD, 2), (DEBIT, WALLET, 9)) == 0x9000
    inspector = Till(card, 0x56)
    for number in range(1, 4):
        record, sw = inspector.host.send(0, 0xB2, number, 4)
        assert sw == 0x9000
        assert len(record) == 89
        assert cmac(RECEIPT_KEY, record[:81])[:8] == record[81:]
        assert int.from_bytes(record[10:13], "big") == 4 - number
    assert inspector.host.sw(0, 0xB2, 4, 4) == 0x6A83


def test_a_refused_transaction_writes_nothing() -> None:
    # TRX-02
    card = card_of_tests()
    till = Till(card, BREAD_TILL)
    writes = card.memory.writes
    for operations in (
        ((DEBIT, BREAD, 2), (DEBIT, WALLET, 5001)), ((DEBIT, BREAD, 2), (DEBIT, 12, 1)),
        ((DEBIT, BREAD, 2), (DEBIT, WALLET, LARGEST)), ((DEBIT, BREAD, 61),),
    ):  # fmt: skip
        assert till.word(*operations) != 0x9000
    assert card.memory.writes == writes


def test_services_keep_their_settings_when_they_are_traded_with() -> None:
    card = card_of_tests()
    till = Till(card, BREAD_TILL)
    assert till.word((DEBIT, BREAD, 1), (DEBIT, WALLET, 1)) == 0x9000
    bread, wallet = record_of(card, BREAD), record_of(card, WALLET)
    assert (bread[:37], wallet[:34], wallet[38:]) == (
        SERVICES[BREAD][:37], SERVICES[WALLET][:34], SERVICES[WALLET][38:])  # fmt: skip


def test_a_card_that_lost_power_after_its_answer_has_the_transaction() -> None:
    # TRX-21
    card = card_of_tests()
    till = Till(card, BREAD_TILL)
    answer, _ = till.ask((DEBIT, BREAD, 1))
    again = Card(card.memory.image)
    again.reset()
    other = Till(again, BREAD_TILL)
    assert perform(other.host, till.last) == (answer, 0x9000)
