"""Transactions that power fails in: balances, counters, log, query and receipt hold together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.card_application.application_acts import SIM, each, role_session
from tests.card_application.application_look import OTHER_KEY, OTHER_VERSION, Look
from tests.card_application.application_tear_pins import verify
from tests.card_application.application_tears import BOTH, Act, Change
from tests.support.service_records import (
    BREAD,
    ENTITLEMENT,
    LARGE_PURSE,
    LARGE_QUOTA,
    LAST_PURSE,
    PURSE,
    SMALL_COVER,
    SMALL_PURSE,
    SMALL_QUOTA,
    TODAY,
    WALLET,
)
from tests.support.stages import Stage
from tests.support.terminal import (
    AIDS,
    CARD_SERIAL,
    NEW_PIN,
    RECEIPT_KEY,
    RECEIPT_KEY_VERSION,
    Terminal,
    cmac,
    role_keys,
)
from tests.support.transactions import (
    CREDIT,
    DEBIT,
    HISTORY,
    REVERSES,
    Operation,
    perform,
    request,
)

RECEIPT_KEYS = {RECEIPT_KEY_VERSION: RECEIPT_KEY, OTHER_VERSION: OTHER_KEY}
BREAD_SET, MERCHANT_SET, LOAD_SET = 0x64, 0x51, 0x50
NAME = b"TEARS  7"
TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=7)
SIGNED, MAC, ACTIVATION = 81, 8, 0x80
NOT_IN_THE_LOG, SAME = 0, 1
MONEY_AT = {1: 34, 2: 37}
"""Where purses and quotas have their balance; four bytes."""
USES_AT = 29


def number_of(host: Terminal) -> int:
    """Select the application; return its transaction number."""
    return int.from_bytes(host.select(AIDS.instance)[0][-3:], "big")


def signed(kvn: int, data: bytes, answer: bytes) -> bytes:
    """Return what the receipt of a request and its answer signs."""
    number, version, flags, balances = answer[:3], answer[3:4], answer[4:5], answer[13:]
    replaced = bytes(8)
    if flags[0] & ACTIVATION:
        balances, replaced = balances[:-8], balances[-8:]
    head = version + bytes([kvn & 15]) + CARD_SERIAL + number + data[:12] + data[15:22]
    body = data[22:].ljust(24, b"\x00") + balances.ljust(16, b"\x00")
    return head + body + flags + replaced


def checked(kvn: int, data: bytes, answer: bytes) -> None:
    """Check an answer's number and MAC; the version says under which key."""
    receipt = signed(kvn, data, answer)
    assert len(receipt) == SIGNED
    assert cmac(RECEIPT_KEYS[answer[3]], receipt)[:MAC] == answer[5:13], "the receipt's MAC"
    assert int.from_bytes(answer[:3], "big") == int.from_bytes(data[12:15], "big") + 1


def performs(kvn: int, data: bytes) -> Act:
    """Return what carries out a request in the role session that is open."""

    def do(host: Terminal) -> None:
        answer, sw = perform(host, data)
        assert sw == 0x9000, f"PERFORM TRANSACTION: {sw:04X}"
        checked(kvn, data, answer)

    return do


def next_transaction(host: Terminal) -> None:
    """Carry out one more transaction, of a service that nothing else here touches."""
    number = number_of(host)
    host.keys = role_keys(MERCHANT_SET)
    host.authenticate(MERCHANT_SET)
    data = request(number, ((DEBIT, LARGE_PURSE, 1),), (b"NEXT ONE", number))
    performs(MERCHANT_SET, data)(host)


def settled(kvn: int, requests: tuple[bytes, ...], approach: Act) -> Act:
    """Return what a terminal does after a cut: it queries, and sends what did not happen again.

    The query agrees with the number in the FCI, and what happened is answered as it was.
    """

    def settle(host: Terminal) -> None:
        for data in requests:
            number = number_of(host)
            happened = number > int.from_bytes(data[12:15], "big")
            approach(host)
            answer, sw = perform(host, data, query=True)
            assert sw == 0x9000
            assert answer[0] == (SAME if happened else NOT_IN_THE_LOG), "the query"
            assert int.from_bytes(answer[1:4], "big") == number
            again, sw = perform(host, data)
            assert sw == 0x9000, f"again: {sw:04X}"
            checked(kvn, data, again)
            assert not happened or answer[4:] == again
        next_transaction(host)

    return settle


def found_after_reverse(kvn: int, requests: tuple[bytes, ...]) -> Act:
    """Return what a terminal does after a cut between a transaction and its reverse.

    A reverse that did not happen never will: another session does not take it.
    """

    def find(host: Terminal) -> None:
        number = number_of(host)
        role_session(kvn)(host)
        for data in requests:
            happened = number > int.from_bytes(data[12:15], "big")
            answer, sw = perform(host, data, query=True)
            assert (answer[0], sw) == (SAME if happened else NOT_IN_THE_LOG, 0x9000)
            again, sw = perform(host, data)
            if happened:
                assert (again, sw) == (answer[4:], 0x9000)
        assert number_of(host) >= number
        next_transaction(host)

    return find


# What value is where


def values(seen: Look) -> dict[int, int]:
    """Return what each service has: balance, or uses of an entitlement."""
    records = {place: seen.value(0xDF30 + place - 1) for place in range(1, 17)}
    return {place: _value(record) for place, record in records.items() if record}


def _value(record: bytes) -> int:
    kind = record[1]
    if kind == ENTITLEMENT:
        return int.from_bytes(record[USES_AT : USES_AT + 3], "big")
    at = MONEY_AT[kind]
    return int.from_bytes(record[at : at + 4], "big")


def operations_of(receipt: bytes) -> Iterator[Operation]:
    """Yield the operations in a receipt."""
    for at in range(32, 56, 6):
        if receipt[at]:
            yield receipt[at], receipt[at + 1], int.from_bytes(receipt[at + 2 : at + 6], "big")


def assert_value_is_where_the_log_says(old: Look, new: Look) -> None:
    """Check balances against the log: what each transaction since ``old`` did, and nothing else.

    Quotas may have got what new periods bring; those in receipts are believed.
    """
    expected = values(old)
    since = new.number - old.number
    assert 0 <= since <= len(new.log)
    before: tuple[Operation, ...] = ()
    for receipt in reversed(new.log[:since]):
        done = tuple(operations_of(receipt))
        taken_back = done[0][0] not in (DEBIT, CREDIT)
        touched = before if taken_back else done
        for place, (code, service, amount) in enumerate(touched):
            said = int.from_bytes(receipt[56 + 4 * place : 60 + 4 * place], "big")
            record = new.value(0xDF30 + service - 1)
            if record[1] == ENTITLEMENT:
                code, amount = CREDIT if code == DEBIT else DEBIT, 1
            down = (code == DEBIT) != taken_back
            if record[1] in (PURSE, ENTITLEMENT) or taken_back:
                change = -amount if down else amount
                assert said == expected[service] + change, "a receipt creates or loses value"
            expected[service] = said
        before = done
    assert values(new) == expected, "the log and the balances"


# The transactions


@dataclass(frozen=True)
class Basket:
    """Operations on a day."""

    operations: tuple[Operation, ...]
    day: date = TODAY

    def request(self, number: int) -> bytes:
        """Return the request for a card of this transaction number."""
        return request(number, self.operations, (NAME, number), self.day)


def transactions(
    kvn: int, *baskets: Basket, stage: Stage = Stage.ACTIVE, pin: bool = False
) -> Change:
    """Return baskets in one session, with the PIN before the first."""
    first = len(HISTORY) if stage is Stage.ACTIVE else 0
    requests = tuple(basket.request(first + at) for at, basket in enumerate(baskets))
    holder = (verify(NEW_PIN, 0x9000),) if pin else ()
    approach = each(role_session(kvn), *holder)
    return Change(
        stage,
        tuple(performs(kvn, data) for data in requests),
        settled(kvn, requests, approach),
        prepare=approach,
        shows_log=True,
        holds=assert_value_is_where_the_log_says,
        ends=SIM if stage is Stage.ACTIVE else BOTH,
    )


def reversed_at_once(kvn: int, basket: Basket, *, pin: bool = False) -> Change:
    """Return a transaction and its reverse."""
    change = transactions(kvn, basket, Basket(REVERSES), pin=pin)
    number = len(HISTORY)
    requests = (basket.request(number), Basket(REVERSES).request(number + 1))
    return replace(change, again=found_after_reverse(kvn, requests), one_end=False)


LOAF = ((DEBIT, BREAD, 3), (DEBIT, WALLET, 30))
FOUR = (
    (DEBIT, BREAD, 5),
    (DEBIT, WALLET, 5000),
    (DEBIT, SMALL_QUOTA, 2),
    (CREDIT, LARGE_QUOTA, 7),
)
LOADED = ((CREDIT, WALLET, 1000), (CREDIT, BREAD, 1), (CREDIT, LAST_PURSE, 2))
COVERED = ((DEBIT, SMALL_COVER, 1), (DEBIT, WALLET, 250_000), (DEBIT, SMALL_PURSE, 4))

TRANSACTIONS = {
    "PERFORM TRANSACTION, bread and wallet": transactions(BREAD_SET, Basket(LOAF)),
    "PERFORM TRANSACTION, four operations on a later day": transactions(
        BREAD_SET, Basket(FOUR, TOMORROW)
    ),
    "PERFORM TRANSACTION, verified": transactions(MERCHANT_SET, Basket(COVERED), pin=True),
    "PERFORM TRANSACTION, round the log's end": transactions(
        BREAD_SET, Basket(LOAF), Basket(FOUR), Basket(LOAF, TOMORROW), Basket(FOUR[:1], NEXT_WEEK)
    ),
    "PERFORM TRANSACTION, activation": transactions(
        BREAD_SET, Basket(LOAF), stage=Stage.ROLE_KEYS, pin=True
    ),
    "PERFORM TRANSACTION, activation by LOAD": transactions(
        LOAD_SET, Basket(LOADED[::2], TOMORROW), stage=Stage.ROLE_KEYS, pin=True
    ),
    "PERFORM TRANSACTION, LOAD": transactions(LOAD_SET, Basket(LOADED[::2], NEXT_WEEK)),
    "PERFORM TRANSACTION, reverse": reversed_at_once(BREAD_SET, Basket(FOUR, TOMORROW)),
    "PERFORM TRANSACTION, reverse of a LOAD": reversed_at_once(LOAD_SET, Basket(LOADED, TOMORROW)),
    "PERFORM TRANSACTION, reverse of what was verified": reversed_at_once(
        MERCHANT_SET, Basket(COVERED), pin=True
    ),
}
