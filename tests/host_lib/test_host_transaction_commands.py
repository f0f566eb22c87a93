"""The commands of transactions as bytes, and what their answers mean."""

from datetime import datetime
from typing import TypeVar, cast

import pytest

from applet_spec import Changed, ExitCode, spec
from applet_spec.model import StatusWord
from host_lib import refusals
from host_lib.apdu import Apdu, Response
from host_lib.command import (
    Command,
    PerformTransaction,
    QueryTransaction,
    ReadRecord,
    SetServiceStatus,
)
from host_lib.errors import ProtocolError
from host_lib.refusals import Refused
from host_lib.transaction import Answer, Debit, QueryOutcome, Receipt, Request

T = TypeVar("T")
NOON = datetime(2026, 11, 23, 12, 30, 45)
ONE = Request(b"TERM0001", 7, 3, NOON, (Debit("bread", 20),))
BODY = "5445524d303030310000000700000320261123123045010200000014"
ANSWER = bytes.fromhex("0000040700112233445566778800000014")


@pytest.mark.parametrize(
    ("command", "wire"),
    [
        (PerformTransaction(ONE), f"804000001c{BODY}00"),
        (QueryTransaction(ONE), f"804001001c{BODY}00"),
        (ReadRecord(20), "00b2140400"),
        (SetServiceStatus(4, enabled=True), "80f02004"),
        (SetServiceStatus(16, enabled=False), "80f02110"),
    ],
)
def test_a_command_has_the_bytes_of_the_contract(command: Command[object], wire: str) -> None:
    assert command.apdu().encode().hex() == wire


def answered(command: Command[T], data: bytes, sw: int = 0x9000) -> T:
    steps = iter(command)
    assert isinstance(next(steps), Apdu)
    with pytest.raises(StopIteration) as done:
        steps.send(Response(data, sw))
    return cast(T, done.value.value)


def test_the_answer_has_number_balances_and_the_receipts_mac() -> None:
    answer = answered(PerformTransaction(ONE), ANSWER)
    assert answer == Answer(4, 7, 0, bytes.fromhex("1122334455667788"), (20,))


def test_a_query_tells_what_became_of_the_request() -> None:
    same = answered(QueryTransaction(ONE), b"\x01\x00\x00\x09" + ANSWER)
    assert same.outcome is QueryOutcome.SAME
    assert same.answer == Answer.decode(ANSWER)
    for code, outcome in ((0, QueryOutcome.NOT_IN_LOG), (2, QueryOutcome.OTHER)):
        result = answered(QueryTransaction(ONE), bytes((code, 0, 0, 9)))
        assert (result.outcome, result.number) == (outcome, 9)


@pytest.mark.parametrize(
    "data",
    ["", "000000", "03000009", "0000000900", "0200000900", "01000009", "0100000900"],
)
def test_another_answer_to_a_query_is_malformed(data: str) -> None:
    steps = iter(QueryTransaction(ONE))
    next(steps)
    with pytest.raises(ProtocolError):
        steps.send(Response(bytes.fromhex(data), 0x9000))


def test_a_record_of_the_log_is_a_receipt() -> None:
    receipt = Receipt.of(ONE, Answer.decode(ANSWER), role=4, card_serial=bytes(8))
    assert answered(ReadRecord(1), receipt.encode()) == receipt


@pytest.mark.parametrize(
    "word",
    [word for word in spec().commands["PERFORM TRANSACTION"].status if word.pattern[:2] == "94"],
    ids=lambda word: word.pattern,
)
def test_each_refusal_of_a_service_has_a_class_of_its_own(word: StatusWord) -> None:
    kinds = refusals._KINDS
    mine = [sw for sw, kind in kinds.items() if kind is kinds[word.pattern]]
    assert mine == [word.pattern]


def test_a_refusal_says_what_the_contract_says() -> None:
    for word in spec().commands["PERFORM TRANSACTION"].status:
        if word.pattern != "9000":
            steps = iter(PerformTransaction(ONE))
            next(steps)
            with pytest.raises(Refused) as caught:
                steps.send(Response(b"", int(word.pattern, 16)))
            error = caught.value
            assert (error.advice, error.requirement) == (word.advice, word.requirement)
            known = word.changed is Changed.NO
            assert error.changed is word.changed
            assert error.exit_code is (ExitCode.REFUSED if known else ExitCode.UNCERTAIN)


def test_no_record_is_a_refusal_of_its_own() -> None:
    steps = iter(ReadRecord(21))
    next(steps)
    with pytest.raises(refusals.RecordNotFound):
        steps.send(Response(b"", 0x6A83))
