"""Terminals of the card library and the Java card: every step to a receipt, and faults on the way.

The applet is written from the contract as the library is, and neither from the other.
"""

from collections.abc import Iterator
from itertools import count, product

import pytest

from applet_spec import Changed, UnicardError
from host_lib import (
    Card,
    Debit,
    Happened,
    Receipt,
    Role,
    Terminal,
    TransactionUncertain,
    open_reader,
)
from tests.support.cards import install, issue, personalize
from tests.support.java_cards import missing_for_java
from tests.support.pos_cards import (
    LOAVES,
    PIN,
    WALLET,
    Spoil,
    Wire,
    flipped,
    give_roles,
    instead,
    is_genuine,
    lost_answer,
    lost_command,
    sam,
    terminal,
)

NUMBERS = count(1)


def new_terminal() -> Terminal:
    """Return a terminal whose names no other one has used."""
    return terminal(f"POS{next(NUMBERS)}")


BASKET = (Debit("bread", 1), Debit("wallet", 5))


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    if missing := missing_for_java():
        pytest.skip(missing)
    with open_reader("java") as reader:
        issue(reader)
        install(reader)
        personalize(reader, (LOAVES, WALLET))
        give_roles(reader)
        one = Wire(reader)
        with Card(one).session(Role.BREAD, sam()) as pos:
            pos.verify_pin(PIN)
            first = pos.transact(*BASKET, terminal=new_terminal())
        assert first.activation
        assert is_genuine(first)
        yield one


@pytest.fixture(autouse=True)
def _quiet(wire: Wire) -> None:
    wire.watch({})


def test_bread_is_bought_taken_back_and_found_in_the_log(wire: Wire) -> None:
    shop = new_terminal()
    with Card(wire).session(Role.BREAD, sam()) as pos:
        before = pos.balances()
        receipt = pos.transact(*BASKET, terminal=shop)
        assert [command[1] for command in wire.sent][-1] == 0x40
        back = pos.reverse(terminal=shop)
        assert pos.balances() == before
    with Card(wire).session(Role.INSPECT, sam()) as pos:
        assert pos.log()[:2] == (back, receipt)
    assert is_genuine(receipt)
    assert is_genuine(back)


def test_the_wallet_is_loaded(wire: Wire) -> None:
    with Card(wire).session(Role.LOAD, sam()) as pos:
        before = pos.balances()["wallet"]
        assert pos.load(7, terminal=new_terminal()).balances == (before + 7,)


FAULTS: dict[str, Spoil] = {
    "lost command": lost_command,
    "lost answer": lost_answer,
    "a bit of the answer": flipped(20),
    "9000 of nobody": instead("9000", carried=False),
    "6982 of nobody": instead("6982", carried=False),
    "6F00": instead("6F00"),
    "9401": instead("9401"),
}


def attempt(wire: Wire, shop: Terminal) -> Receipt | UnicardError:
    try:
        with Card(wire).session(Role.BREAD, sam(), patience=0) as pos:
            return pos.transact(Debit("wallet", 1), Debit("bread", 1), terminal=shop)
    except UnicardError as error:
        return error


@pytest.mark.parametrize(
    ("first", "second"),
    [*((one, "") for one in FAULTS), *product(("lost answer", "6F00", "9000 of nobody"), FAULTS)],
)
def test_a_fault_leaves_nobody_in_the_dark(wire: Wire, first: str, second: str) -> None:
    with Card(wire).session(Role.LOAD, sam()) as pos:
        pos.load(1, service="bread", terminal=new_terminal())
        before = pos.number
    shop = new_terminal()
    wire.watch({4: FAULTS[first], **({5: FAULTS[second]} if second else {})})
    ending = attempt(wire, shop)
    wire.watch({})
    number = Card(wire).select().transaction_number
    if isinstance(ending, TransactionUncertain):
        outcome = Card(wire).recover(ending.pending, sam(), terminal=shop)
        assert isinstance(outcome, Happened) is (number == before + 1)
    elif isinstance(ending, Receipt):
        assert is_genuine(ending)
        assert number == before + 1 == ending.number
    else:
        assert ending.changed is Changed.NO
        assert number == before
    assert not shop.journal.pending()
