"""Queries, repeated requests, reverses and the log of the software card.

Comments name the requirements that a test shows.
"""

from collections.abc import Callable

import pytest

from card_simulator.application.state import Verified
from card_simulator.card import Card
from tests.card_simulator.sim_till import (
    CELLS,
    Till,
    application,
    card_of_tests,
    issued_with,
    number_of,
    record_of,
    set_flags,
)
from tests.support.service_records import (
    BREAD,
    DAY,
    HEALTH,
    LARGE_PURSE,
    NONE,
    QUOTA,
    SERVICES,
    SMALL_COVER,
    SMALL_PURSE,
    SMALL_QUOTA,
    TODAY,
    WALLET,
    day_number,
    header,
    quota,
)
from tests.support.terminal import NEW_PIN, apdu
from tests.support.transactions import CREDIT, DEBIT, REVERSES, perform, request

MERCHANT, LOAD, BREAD_TILL, INSPECT = 0x51, 0x50, 0x64, 0x56
COUNTERS = (0x00, 0xCA, 0xDF, 0x56)


@pytest.fixture
def card() -> Card:
    return card_of_tests()


def spent_of(card: Card, place: int) -> tuple[int, int]:
    table = application(card).value(0xDF56)
    rows = {table[at]: table[at + 1 : at + 9] for at in range(0, len(table), 9)}
    unverified, debits = rows[place][:4], rows[place][4:]
    return int.from_bytes(unverified, "big"), int.from_bytes(debits, "big")


# Repeats and queries


def test_a_repeated_request_is_answered_from_the_log_and_nothing_else_happens(card: Card) -> None:
    # TRX-03
    till = Till(card, BREAD_TILL)
    answer, _ = till.ask((DEBIT, BREAD, 1))
    asked, before = till.last, card.memory.image
    assert perform(till.host, asked) == perform(till.host, asked) == (answer, 0x9000)
    assert perform(Till(card, BREAD_TILL).host, asked) == (answer, 0x9000)
    assert card.memory.image == before
    assert Till(card, MERCHANT).host.sw(0x80, 0x40, 0, 0, asked) == 0x9481  # TRX-04


@pytest.mark.parametrize("at", range(12, 28))
def test_any_other_byte_makes_another_request_of_the_same_name(card: Card, at: int) -> None:
    # TRX-04, QRY-02
    till = Till(card, BREAD_TILL)
    till.ask((DEBIT, BREAD, 1))
    other = bytearray(till.last)
    other[at] ^= 1
    number = b"\x00\x00\x01"
    assert perform(till.host, bytes(other), query=True) == (b"\x02" + number, 0x9000)
    assert perform(till.host, bytes(other))[1] in (0x9481, 0x6A80)


def test_a_name_is_known_as_long_as_it_is_one_of_the_newest_20(card: Card) -> None:
    # TRX-03, QRY-01, QRY-03
    till = Till(card, MERCHANT)
    first, _ = till.ask((DEBIT, SMALL_QUOTA, 1))
    asked = till.last
    for taken in range(1, 20):
        assert perform(till.host, asked) == (first, 0x9000), f"after {taken - 1} more"
        kind = CREDIT if taken % 2 else DEBIT
        assert till.word((kind, SMALL_QUOTA, 1)) == 0x9000
    number = number_of(card).to_bytes(3, "big")
    assert perform(till.host, asked, query=True) == (b"\x01" + number + first, 0x9000)
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    assert perform(till.host, asked, query=True)[0] == b"\x00" + bytes([0, 0, 21])
    assert perform(till.host, asked)[1] == 0x9482, "the old request can never take effect"


def test_a_query_of_any_content_is_answered(card: Card) -> None:
    # QRY-03, TRX-09
    till = Till(card, MERCHANT)
    for length in (28, 34, 40, 46):
        assert perform(till.host, b"\xff" * length, query=True) == (bytes(4), 0x9000)
    for length in (22, 27, 29, 33, 47, 52):
        assert perform(till.host, b"\xff" * length, query=True)[1] == 0x6700
        assert perform(till.host, b"\xff" * length)[1] == 0x6700


def test_a_suspended_card_answers_queries_and_repeats(card: Card) -> None:
    # TRX-03, TRX-06, QRY-04
    till = Till(card, BREAD_TILL)
    answer, _ = till.ask((DEBIT, BREAD, 1))
    asked = till.last
    card.memory.write(CELLS + "suspended", b"\x01")
    other = Till(card, BREAD_TILL, b"TILL 002")
    assert perform(other.host, asked) == (answer, 0x9000)
    assert perform(other.host, asked, query=True)[0][:1] == b"\x01"
    assert other.word((DEBIT, BREAD, 1)) == 0x6985


# Reverse


def test_a_reverse_takes_everything_back_but_the_period() -> None:
    # REV-01, REV-02
    head = header(1, QUOTA, "old", NONE, range(16), range(16))
    old = quota(head, 3, DAY, 4, 6, day_number(TODAY) - 2, day_number(TODAY) + 3, 2)
    card = issued_with({**SERVICES, 1: old})
    till = Till(card, MERCHANT)
    till.verify()
    assert till.take(
        (DEBIT, 1, 6), (DEBIT, SMALL_PURSE, 5), (DEBIT, SMALL_COVER, 1), (CREDIT, LARGE_PURSE, 1)
    ) == [1, 4, 0xFFFFFF, 0x40000001]
    assert spent_of(card, SMALL_PURSE) == (0, 5)
    set_flags(card, Verified.PIN)
    answer, sw = till.ask(*REVERSES)
    assert sw == 0x9000
    balances = [answer[at : at + 4].hex() for at in range(13, 29, 4)]
    assert balances == ["00000007", "00000009", "00fffffe", "40000000"]
    assert answer[:4] == b"\x00\x00\x02\x03"
    assert len(answer) == 29
    assert spent_of(card, SMALL_PURSE) == (0, 0)
    assert int.from_bytes(record_of(card, 1)[33:35], "big") == day_number(TODAY)
    record, sw = Till(card, INSPECT).host.send(0, 0xB2, 1, 4)
    assert sw == 0x9000
    assert record[32:56] == b"\x03" + bytes(23)
    assert record[56:72] == answer[13:]


def test_a_reverse_gives_unverified_spent_back(card: Card) -> None:
    # REV-02
    till = Till(card, MERCHANT)
    assert till.take((DEBIT, SMALL_PURSE, 2)) == [7]
    till.verify()
    assert till.take((DEBIT, SMALL_PURSE, 1)) == [6]
    assert spent_of(card, SMALL_PURSE) == (0, 3)
    assert till.word(*REVERSES) == 0x9000
    assert spent_of(card, SMALL_PURSE) == (2, 2)


def test_a_reversed_load_gives_debits_of_its_own_purses_back_and_of_no_others(card: Card) -> None:
    # REV-02
    till = Till(card, MERCHANT)
    assert till.word((DEBIT, SMALL_PURSE, 1), (DEBIT, WALLET, 1)) == 0x9000
    loader = Till(card, LOAD, b"LOADER 1")
    assert loader.word((CREDIT, WALLET, 5), day="20260620") == 0x9000
    assert (spent_of(card, WALLET), spent_of(card, SMALL_PURSE)) == ((1, 0), (1, 0))
    assert loader.word(*REVERSES, day="20260625") == 0x9000
    assert (spent_of(card, WALLET), spent_of(card, SMALL_PURSE)) == ((1, 1), (1, 0))
    assert application(card).value(0xDF57).hex() == "20260620", "the card's date stays"


Between = Callable[[Till], object]
DISARMING: dict[str, Between] = {
    "a stored answer": lambda till: perform(till.host, till.last),
    "a refused transaction": lambda till: till.word((DEBIT, 12, 1)),
    "a query with P2 01": lambda till: till.host.send(0x80, 0x40, 1, 1, till.last),
    "GET DATA": lambda till: till.host.send(*COUNTERS),
    "VERIFY": lambda till: till.host.sw(0, 0x20, 0, 0x81, NEW_PIN),
    "a proof": lambda till: till.host.send(0, 0x88, 0, 0, bytes(17)),
    "READ RECORD, refused": lambda till: till.host.send(0, 0xB2, 1, 4),
    "an unknown instruction": lambda till: till.host.send(0x80, 0x99, 0, 0),
    "SELECT inside the session": lambda till: till.host.send(
        0, 0xA4, 4, 0, b"\xa0\x00\x00\x01\x51"
    ),
    "the same role's next session": lambda till: till.open(),
    "a reset": lambda till: (till.card.reset(), till.open()),
}


@pytest.mark.parametrize("between", DISARMING)
def test_nothing_but_a_query_may_come_before_a_reverse(card: Card, between: str) -> None:
    # REV-03
    till = Till(card, MERCHANT)
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    DISARMING[between](till)
    before = card.memory.image
    assert till.word(*REVERSES) == 0x6985
    assert card.memory.image == before


def test_queries_and_commands_that_never_reach_the_session_leave_a_reverse(card: Card) -> None:
    # QRY-04
    till = Till(card, MERCHANT)
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    for asked in (till.last, bytes(28), bytes(29), b"\xff" * 46):
        perform(till.host, asked, query=True)
    assert card.transmit(bytes.fromhex("80400000")[:3]) == b"\x67\x00"
    assert card.transmit(apdu(0x91, 0x40, 0, 0)) == b"\x68\x81"
    assert till.word(*REVERSES) == 0x9000
    assert till.word(*REVERSES) == 0x6985, "once"


def test_a_refused_reverse_disarms(card: Card) -> None:
    till = Till(card, MERCHANT)
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    asked = request(0, REVERSES, (b"TILL 001", 9))
    assert perform(till.host, asked)[1] == 0x9482
    assert till.word(*REVERSES) == 0x6985


def test_a_reverse_looks_at_no_limit_date_or_flag(card: Card) -> None:
    # REV-04
    till = Till(card, LOAD)
    till.verify()
    assert till.take((DEBIT, SMALL_PURSE, 7)) == [2]
    place = SMALL_PURSE
    record = bytearray(record_of(card, place))
    record[2] = 0
    record[22:34] = bytes(12)
    card.memory.write(CELLS + f"object.{0xDF2F + place:X}", bytes(record))
    answer, sw = till.ask(*REVERSES, day="20791231")
    assert sw == 0x9000, "disabled, without room, and the card has expired"
    assert answer[13:17] == b"\x00\x00\x00\x09"


def test_a_reverse_on_a_card_that_was_activated_with_it_leaves_it_active() -> None:
    # REV-02, TRX-16
    card = issued_with(SERVICES, active=False)
    till = Till(card, MERCHANT)
    till.verify()
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    answer, sw = till.ask(*REVERSES)
    assert (answer[4], sw) == (0, 0x9000)
    assert application(card).state == "ACTIVE"


# The log


def test_the_log_has_the_newest_20(card: Card) -> None:
    # LOG-01, LOG-02, LOG-04
    till = Till(card, MERCHANT)
    for taken in range(1, 24):
        kind = DEBIT if taken % 2 else CREDIT
        answer, _ = till.ask((kind, SMALL_QUOTA, 1))
        inspector = Till(card, INSPECT)
        count = min(taken, 20)
        assert inspector.host.send(0, 0xCA, 0xDF, 0x59) == (bytes([count]), 0x9000)
        record, _ = inspector.host.send(0, 0xB2, 1, 4)
        assert (record[10:13], record[81:]) == (answer[:3], answer[5:13])
        oldest, _ = inspector.host.send(0, 0xB2, count, 4)
        assert int.from_bytes(oldest[10:13], "big") == taken - count + 1
        assert inspector.host.sw(0, 0xB2, count + 1, 4) == 0x6A83
        assert inspector.host.sw(0, 0xB2, 0, 4) == 0x6A83
        till = Till(card, MERCHANT, count=till.count)


def test_who_reads_the_log(card: Card) -> None:
    # LOG-03
    till = Till(card, MERCHANT)
    assert till.word((DEBIT, SMALL_QUOTA, 1)) == 0x9000
    for number in (0, 1, 2):
        assert till.host.sw(0, 0xB2, number, 4) == 0x6982
    till.verify()
    assert till.host.sw(0, 0xB2, 1, 4) == 0x9000
    assert till.host.sw(0, 0xB2, 1, 5) == 0x6A86
    assert till.host.sw(0, 0xB2, 1, 4, b"\x00") == 0x6700


def test_a_cover_of_finger_is_used_with_the_flag_that_is_set_inside_the_card(card: Card) -> None:
    till = Till(card, 0x65)
    assert till.word((DEBIT, HEALTH, 1)) == 0x9405
    set_flags(card, Verified.FINGER)
    answer, sw = till.ask((DEBIT, HEALTH, 1))
    assert (answer[4], sw) == (2, 0x9000)
