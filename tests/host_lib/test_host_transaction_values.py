"""Requests, answers and receipts as bytes and back."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.errors import ProtocolError
from host_lib.transaction import Answer, Credit, Debit, Pending, Receipt, Request, Reverse

NOON = datetime(2026, 11, 23, 12, 30, 45)
SERIAL = bytes.fromhex("0102030405060708")


def request(*operations: Debit | Credit | Reverse) -> Request:
    basket = operations or (Debit("bread", 20), Debit("wallet", 4_00))
    return Request(b"TERM0001", 7, 0x010203, NOON, basket)


operation = st.one_of(
    st.builds(Debit, st.integers(1, 255), st.integers(1, 0x7FFFFFFF)),
    st.builds(Credit, st.integers(1, 255), st.integers(1, 0x7FFFFFFF)),
)
baskets = st.one_of(
    st.lists(operation, min_size=1, max_size=4, unique_by=lambda one: one.service).map(tuple),
    st.just((Reverse(),)),
)
requests = st.builds(
    Request,
    st.binary(min_size=8, max_size=8),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFF),
    st.datetimes(datetime(2000, 1, 1), datetime(2079, 12, 31)),
    baskets,
)


def test_a_request_has_the_bytes_of_the_contract() -> None:
    assert request().encode().hex() == (
        "5445524d303030310000000701020320261123123045010200000014010400000190"
    )


def test_the_layouts_have_the_lengths_that_the_receipt_is_known_by() -> None:
    assert sum(one.length for one in spec().transactions.receipt) == 81
    assert spec().transactions.receipt_mac_length == 8


@given(requests)
def test_every_request_comes_back_from_its_bytes(one: Request) -> None:
    assert Request.decode(one.encode()) == one
    assert Pending.decode(Pending(4, SERIAL, one).encode()) == Pending(4, SERIAL, one)


@given(requests, st.data())
def test_every_receipt_comes_back_from_its_bytes(one: Request, data: st.DataObject) -> None:
    count = 4 if isinstance(one.operations[0], Reverse) else len(one.operations)
    amounts = st.integers(0, 0x7FFFFFFF)
    answer = Answer(
        number=data.draw(st.integers(1, 0xFFFFFF)),
        key_version=data.draw(st.integers(0, 255)),
        flags=data.draw(st.sampled_from([0, 1, 2, 3, 0x81])),
        mac=data.draw(st.binary(min_size=8, max_size=8)),
        balances=tuple(data.draw(st.lists(amounts, min_size=count, max_size=count))),
    )
    receipt = Receipt.of(one, answer, role=4, card_serial=SERIAL)
    assert len(receipt.signed_bytes()) == 81
    assert Receipt.decode(receipt.encode()) == receipt


def test_an_answer_at_activation_names_the_replaced_card() -> None:
    head = bytes.fromhex("0000010781112233445566778800000014")
    answer = Answer.decode(head + bytes.fromhex("9818010000000015"))
    assert answer.activation
    assert answer.replaced_card_number == "9818010000000015"
    assert answer.balances == (20,)
    assert Answer.decode(head + bytes(8)).replaced_card_number is None


@pytest.mark.parametrize(
    "data",
    [
        "",
        "00000107001122334455667788",
        "00000107001122334455667788000000",
        "00000107001122334455667788" + "00000001" * 5,
        "0000010704112233445566778800000001",
        "00000107801122334455667788",
    ],
    ids=["nothing", "no balance", "half a balance", "five balances", "unknown flag", "no card"],
)
def test_another_answer_is_malformed(data: str) -> None:
    with pytest.raises(ProtocolError, match="malformed"):
        Answer.decode(bytes.fromhex(data))


def test_a_receipt_of_a_reverse_fills_four_places() -> None:
    answer = Answer(9, 1, 0, bytes(8), (40, 800))
    receipt = Receipt.of(request(Reverse()), answer, role=2, card_serial=SERIAL)
    assert receipt.is_reverse
    assert receipt.balances == (40, 800, 0, 0)


def test_a_receipt_tells_the_balance_of_a_service_in_its_basket() -> None:
    answer = Answer(9, 1, 1, bytes(8), (40, 800))
    receipt = Receipt.of(request(), answer, role=4, card_serial=SERIAL)
    assert (receipt.balance("bread"), receipt.balance(4)) == (40, 800)
    assert receipt.pin_verified
    assert not receipt.finger_verified
    with pytest.raises(KeyError):
        receipt.balance("ration")


@pytest.mark.parametrize("cut", [0, 1, 80, 88, 90])
def test_a_receipt_of_another_length_is_none(cut: int) -> None:
    whole = Receipt.of(request(), Answer(9, 1, 0, bytes(8), (1, 2)), role=4, card_serial=SERIAL)
    with pytest.raises(ProtocolError, match="no receipt"):
        Receipt.decode((whole.encode() + b"\0")[:cut])


def test_a_receipt_with_more_than_the_contract_has_is_none() -> None:
    whole = Receipt.of(request(), Answer(9, 1, 0, bytes(8), (1, 2)), role=4, card_serial=SERIAL)
    for place in (31, 65, 79):  # date's month, a balance without operation, a replaced card
        damaged = bytearray(whole.encode())
        damaged[place] ^= 0xFF
        with pytest.raises(ProtocolError):
            Receipt.decode(bytes(damaged))


@pytest.mark.parametrize("amount", [0, -1, 0x80000000])
def test_an_amount_that_no_card_takes_is_said_at_once(amount: int) -> None:
    with pytest.raises(ValueError, match="no amount"):
        Debit("bread", amount)


def test_a_service_that_the_contract_does_not_know_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="no service 'cake'"):
        Debit("cake", 1)
    with pytest.raises(ValueError, match="no service id"):
        Credit(256, 1)


@pytest.mark.parametrize(
    "operations",
    [
        (),
        tuple(Debit(one, 1) for one in range(1, 6)),
        (Debit("bread", 1), Credit(2, 1)),
        (Reverse(), Debit("bread", 1)),
        (Reverse(), Reverse()),
    ],
    ids=["none", "five", "twice", "reverse beside another", "two reverses"],
)
def test_a_basket_that_no_card_takes_is_said_at_once(
    operations: tuple[Debit | Credit | Reverse, ...],
) -> None:
    with pytest.raises(ValueError, match=r"operations|twice|alone"):
        Request(b"TERM0001", 7, 3, NOON, operations)


@pytest.mark.parametrize(
    "when",
    [datetime(1999, 12, 31), datetime(2080, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)],
)
def test_a_time_that_no_card_takes_is_said_at_once(when: datetime) -> None:
    with pytest.raises(ValueError, match=r"between|zone"):
        Request(b"TERM0001", 7, 3, when, (Debit("bread", 1),))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_request_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert Request.decode(data).encode() == data


@given(st.binary(min_size=85, max_size=93))
def test_any_bytes_are_a_receipt_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert Receipt.decode(data).encode() == data
