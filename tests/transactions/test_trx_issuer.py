"""The issuer's record of these tests notices what is wrong with receipts, and what is missing."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from applet_spec import spec
from tests.support.any_card import SimCard
from tests.support.service_records import LARGE_PURSE, QUOTA, TODAY
from tests.support.terminal import NEW_PIN
from tests.support.transactions import DEBIT
from tests.transactions.trx_issuer import Account, WrongReceipt
from tests.transactions.trx_life import ready
from tests.transactions.trx_line import ANSWER_LOST, Line
from tests.transactions.trx_office import Office
from tests.transactions.trx_terminal import Pos, shown_number

MERCHANT = 0x51


@pytest.fixture
def office() -> Office:
    """Give the office of a card that has had three sales."""
    card = SimCard()
    ready(card)
    return Office(Line(card), random.Random(0), Counter())


@pytest.fixture
def pos(office: Office) -> Pos:
    """Give the terminal of these sales; it does not know yet of the third."""
    pos = Pos(office.line, b"ISSUER 1")
    pos.open(MERCHANT)
    assert pos.host is not None
    assert pos.host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    for fate in ("fine", "fine", ANSWER_LOST):
        pos.new(((DEBIT, LARGE_PURSE, 3),), f"{TODAY:%Y%m%d}")
        pos.send(fate)
    return pos


def test_receipts_and_what_is_pending_make_what_the_card_has(office: Office, pos: Pos) -> None:
    for receipt in pos.receipts:
        office.issuer.receive(receipt)
    assert pos.pending is not None
    assert office.issuer.settle(shown_number(office.line), [pos.pending], final=False) == (2, 1)
    office.look()


def test_a_receipt_with_any_byte_changed_is_refused(office: Office, pos: Pos) -> None:
    receipt = pos.receipts[0]
    for place in range(len(receipt)):
        changed = receipt[:place] + bytes([receipt[place] ^ 1]) + receipt[place + 1 :]
        with pytest.raises(WrongReceipt):
            office.issuer.receive(changed)


def test_a_receipt_that_comes_twice_counts_once(office: Office, pos: Pos) -> None:
    for receipt in pos.receipts * 2:
        office.issuer.receive(receipt)
    assert pos.recover() == "happened"
    office.issuer.receive(pos.receipts[-1])
    assert office.issuer.settle(shown_number(office.line), (), final=True) == (3, 0)
    office.look()


@pytest.mark.parametrize("missing", [0, 1])
def test_a_transaction_that_nobody_knows_of_is_missed(
    office: Office, pos: Pos, missing: int
) -> None:
    office.issuer.receive(pos.receipts[1 - missing])
    with pytest.raises(AssertionError, match="nobody knows"):
        office.issuer.settle(
            shown_number(office.line), [pos.pending] if pos.pending else (), final=False
        )


def test_a_balance_that_is_wrong_by_one_is_noticed(office: Office, pos: Pos) -> None:
    assert pos.recover() == "happened"
    for receipt in pos.receipts:
        office.issuer.receive(receipt)
    (ledger,) = office.issuer.ledgers
    account = ledger.accounts[LARGE_PURSE]
    wrong = ledger.with_account(LARGE_PURSE, replace(account, balance=account.balance + 1))
    office.issuer.ledgers = (wrong,)
    with pytest.raises(AssertionError, match="another value"):
        office.issuer.settle(shown_number(office.line), (), final=True)


def test_a_quota_fills_up_as_the_contracts_vectors_say() -> None:
    for vector in spec().transactions.quota_vectors:
        before = Account(QUOTA, vector.balance, 0, 1, vector.allowance, vector.carry_over_ceiling)
        assert before.ahead(vector.k).balance == vector.result, vector.text
