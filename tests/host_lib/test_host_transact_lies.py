"""A card that has the session's keys and contradicts itself: an imitation, or a broken one.

The channel is left out here: whatever the card says counts as authentic.
"""

from collections.abc import Generator
from datetime import datetime
from typing import Any, cast

import pytest

from host_lib import (
    Debit,
    Happened,
    NotHappened,
    Pending,
    Request,
    Reverse,
    Role,
    RoleSession,
    Slot,
)
from host_lib.apdu import Apdu, Response
from host_lib.channel import SecureChannel
from host_lib.errors import CardRemoved, ProtocolError
from host_lib.flow.base import Reconnect, RoleKeys
from host_lib.flow.transaction import Ending, TransactionUncertain, transact

SERIAL = bytes.fromhex("0102030405060708")
WHEN = datetime(2026, 11, 22, 8, 30)
OLD_CARD, NEW_CARD = 6, 0
"""Transaction numbers before the request."""


class Open:
    """A channel that protects nothing."""

    def exchange(self, apdu: Apdu) -> Generator[Apdu, Response, Response]:
        return (yield apdu)


SESSION = RoleSession(cast(SecureChannel, Open()), RoleKeys.of(SERIAL, Role.BREAD, Slot.A, 1))


def pending(number: int = OLD_CARD, *operations: Debit | Reverse) -> Pending:
    basket = operations or (Debit("bread", 1), Debit("wallet", 5))
    return Pending(Role.BREAD, SERIAL, Request(b"TERM0001", 9, number, WHEN, basket))


def answer(number: int, *balances: int, flags: int = 0) -> bytes:
    amounts = b"".join(one.to_bytes(4, "big") for one in balances)
    replaced = bytes(8) if flags & 0x80 else b""
    return number.to_bytes(3, "big") + bytes((1, flags)) + bytes(8) + amounts + replaced


def ended(asked: Pending, *answers: bytes) -> Ending:
    """Run the flow on these answers; then the card is gone."""
    steps: Any = transact(SESSION, asked, patience=0)
    left = iter(answers)
    step = next(steps)
    try:
        while True:
            data = next(left, None)
            if isinstance(step, Reconnect) or data is None:
                step = steps.throw(CardRemoved("gone"))
            else:
                assert step.ins == 0x40
                step = steps.send(Response(data, 0x9000))
    except StopIteration as done:
        return cast(Ending, done.value)


LIES = {
    "its number did not move": answer(OLD_CARD, 1, 2),
    "it moved by two": answer(OLD_CARD + 2, 1, 2),
    "a balance is missing": answer(OLD_CARD + 1, 1),
    "a balance too many": answer(OLD_CARD + 1, 1, 2, 3),
    "it is the first, and is not": answer(OLD_CARD + 1, 1, 2, flags=0x80),
    "it is cut short": answer(OLD_CARD + 1, 1, 2)[:-1],
}
TRUTH = answer(OLD_CARD + 1, 1, 2)


def test_the_truth_is_a_receipt() -> None:
    ending = ended(pending(), TRUTH)
    assert isinstance(ending.outcome, Happened)
    assert ending.outcome.receipt.balances == (1, 2)


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_fit_is_no_receipt(lie: str) -> None:
    with pytest.raises(TransactionUncertain) as caught:
        ended(pending(), LIES[lie])
    assert isinstance(caught.value.__cause__, ProtocolError)


@pytest.mark.parametrize("lie", LIES)
def test_the_query_decides_over_an_answer_that_does_not_fit(lie: str) -> None:
    told = b"\x01" + (OLD_CARD + 1).to_bytes(3, "big") + TRUTH
    assert isinstance(ended(pending(), LIES[lie], told).outcome, Happened)
    nothing = b"\x00" + OLD_CARD.to_bytes(3, "big")
    assert ended(pending(), LIES[lie], nothing).outcome == NotHappened(OLD_CARD)


@pytest.mark.parametrize("lie", LIES)
def test_a_query_that_contradicts_decides_nothing(lie: str) -> None:
    told = b"\x01" + (OLD_CARD + 9).to_bytes(3, "big") + LIES[lie]
    with pytest.raises(TransactionUncertain):
        ended(pending(), b"", told)


def test_a_query_whose_number_has_not_seen_the_transaction_decides_nothing() -> None:
    told = b"\x01" + OLD_CARD.to_bytes(3, "big") + TRUTH
    with pytest.raises(TransactionUncertain):
        ended(pending(), b"", told)


def test_the_first_transaction_activates() -> None:
    assert isinstance(ended(pending(NEW_CARD), answer(1, 1, 2, flags=0x81)).outcome, Happened)
    with pytest.raises(TransactionUncertain):
        ended(pending(NEW_CARD), answer(1, 1, 2, flags=0x01))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_reverse_has_as_many_balances_as_what_it_takes_back(count: int) -> None:
    ending = ended(pending(OLD_CARD, Reverse()), answer(OLD_CARD + 1, *range(count)))
    assert isinstance(ending.outcome, Happened)
    assert ending.outcome.receipt.is_reverse


@pytest.mark.parametrize(("since", "decided"), [(0, True), (20, True), (21, False), (-3, True)])
def test_only_a_log_that_must_still_have_it_says_no(since: int, decided: bool) -> None:
    nothing = b"\x00" + (OLD_CARD + since).to_bytes(3, "big")
    if decided:
        assert ended(pending(), b"", nothing).outcome == NotHappened(OLD_CARD + since)
    else:
        with pytest.raises(TransactionUncertain, match="log holds"):
            ended(pending(), b"", nothing)


@pytest.mark.parametrize("since", [0, 20])
def test_another_request_under_the_name_says_no(since: int) -> None:
    other = b"\x02" + (OLD_CARD + since).to_bytes(3, "big")
    assert ended(pending(), b"", other).outcome == NotHappened(OLD_CARD + since)
