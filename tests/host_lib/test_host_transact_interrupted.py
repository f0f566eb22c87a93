"""Whatever happens on the way to a card: a terminal knows what became of its transaction, or says
that it does not, and then finds out.

Each fault is set at each command from SELECT on, alone and with each other fault at the command
after it, so that queries are hit too. Beside the host stands the card itself, which is asked
through a clean reader what it has really done.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from host_lib import (
    Card,
    Debit,
    Happened,
    NotHappened,
    Receipt,
    Role,
    Terminal,
    TransactionUncertain,
)
from tests.support.pos_cards import (
    PIN,
    Spoil,
    Wire,
    cut_short,
    flipped,
    instead,
    is_genuine,
    lost_answer,
    lost_command,
    pay_card,
    sam,
    terminal,
)

PERFORM = 4
"""SELECT, INITIALIZE UPDATE and EXTERNAL AUTHENTICATE come before."""
BASKET = (Debit("bread", 1), Debit("wallet", 5))


def faults(wire: Wire) -> dict[str, Spoil]:
    """Return everything that can happen to one command."""
    return {
        "removal": wire.removal,
        "removal after": wire.removal_after,
        "lost command": lost_command,
        "lost answer": lost_answer,
        "restart": wire.restart,
        "repeated answer": wire.repeated_answer,
        "repeated command": wire.repeated_command,
        "second answer of a repeated command": wire.repeated_command_second_answer,
        "first bit": flipped(0),
        "middle bit": flipped(20),
        "bit of the MAC": flipped(-3),
        "bit of the status word": flipped(-2),
        "cut short": cut_short,
        "9000 without MAC": instead("9000"),
        "9000 of nobody": instead("9000", carried=False),
        "9000 with data of nobody": instead("00" * 21 + "9000", carried=False),
        "6F00": instead("6F00"),
        "6F00 of nobody": instead("6F00", carried=False),
        "6982": instead("6982"),
        "6982 of nobody": instead("6982", carried=False),
        "6988": instead("6988"),
        "9401": instead("9401"),
        "9401 of nobody": instead("9401", carried=False),
        "unknown status word": instead("6ABC"),
        "answer of nobody to a query": instead("00000000" + "00" * 8 + "9000", carried=False),
    }


class Shop:
    """One card that has been activated, one terminal; each sale meets what `sell` is given."""

    def __init__(self) -> None:
        self.wire = Wire(pay_card())
        self.terminal = terminal()
        self.seen: Counter[str] = Counter()
        with Card(self.wire).session(Role.BREAD, sam()) as pos:
            pos.verify_pin(PIN)
            pos.transact(*BASKET, terminal=self.terminal)

    def number(self) -> int:
        """Return what the card has really done."""
        self.wire.watch({})
        self.wire.wait_for_card(0)
        return Card(self.wire).select().transaction_number

    def sell(self, spoils: dict[int, Spoil]) -> None:
        """Sell once and compare what the host says with what the card has done."""
        self.top_up()
        before = self.number()
        self.terminal.send_receipts(lambda _: None)
        self.terminal.journal.forget_sent()
        self.wire.watch(spoils)
        ending = self.attempt()
        opened = any(command[1] == 0x40 for command in self.wire.sent)
        if isinstance(ending, Receipt):
            self.seen["happened"] += 1
            self.happened(ending, before)
        elif isinstance(ending, TransactionUncertain):
            self.uncertain(ending, before)
        else:
            self.seen["unchanged"] += 1
            assert ending.changed is Changed.NO, ending.message
            assert self.number() == before, f"the host says no, the card yes: {ending.message}"
            assert not self.terminal.journal.pending()
            assert not self.terminal.journal.unsent()
            if opened:
                assert ending.exit_code is ExitCode.REFUSED, ending.message
            else:
                assert ending.exit_code is not ExitCode.UNCERTAIN, ending.message

    def attempt(self) -> Receipt | UnicardError:
        """Sell; return the receipt or the error."""
        try:
            with Card(self.wire).session(Role.BREAD, sam(), patience=0) as pos:
                return pos.transact(*BASKET, terminal=self.terminal)
        except UnicardError as error:
            return error

    def happened(self, receipt: Receipt, before: int) -> None:
        assert self.number() == before + 1 == receipt.number
        assert is_genuine(receipt)
        assert not self.terminal.journal.pending()
        assert [queued.receipt for queued in self.terminal.journal.unsent()] == [receipt]

    def uncertain(self, error: TransactionUncertain, before: int) -> None:
        """Recover as after a restart: with a new reader, and what the journal has."""
        self.seen["uncertain"] += 1
        assert (error.changed, error.exit_code) == (Changed.UNKNOWN, ExitCode.UNCERTAIN)
        (pending,) = self.terminal.journal.pending()
        assert pending == error.pending
        now = self.number()
        outcome = Card(self.wire).recover(pending, sam(), terminal=self.terminal)
        if now == before:
            self.seen["recovered: not happened"] += 1
            assert outcome == NotHappened(before)
        else:
            self.seen["recovered: happened"] += 1
            assert isinstance(outcome, Happened)
            self.happened(outcome.receipt, before)
        assert not self.terminal.journal.pending()

    def top_up(self) -> None:
        """Keep enough bread and money on the card."""
        if self.number() % 30 == 0:
            self.wire.watch({})
            with Card(self.wire).session(Role.LOAD, sam()) as pos:
                records = {record.label: record for record in pos.services()}
                missing = 60 - int(str(records["bread"].values["balance"]))
                if missing:
                    pos.load(missing, service="bread", terminal=self.terminal)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_one_fault_at_any_command(shop: Shop) -> None:
    for place, name in product(range(1, 9), faults(shop.wire)):
        shop.sell({place: faults(shop.wire)[name]})
    assert shop.seen["happened"] > 50
    assert shop.seen["unchanged"] > 50
    assert not shop.seen["uncertain"], "one fault is not enough to leave anything open"


AT_THE_QUERY = (
    "removal",
    "lost answer",
    "restart",
    "repeated answer",
    "first bit",
    "9000 of nobody",
    "6982 of nobody",
    "answer of nobody to a query",
)


@pytest.mark.parametrize("distance", [1, 2, 3, 4])
def test_a_second_fault_while_the_card_is_asked(shop: Shop, distance: int) -> None:
    for first, second in product(faults(shop.wire), AT_THE_QUERY):
        known = faults(shop.wire)
        shop.sell({PERFORM: known[first], PERFORM + distance: known[second]})
    assert shop.seen["happened"] > 50
    assert shop.seen["unchanged"] > 30


@pytest.mark.parametrize("answered", [True, False], ids=["done", "not done"])
def test_a_line_that_stays_broken_leaves_it_open_until_the_card_is_asked(
    shop: Shop, answered: bool
) -> None:
    broken: dict[int, Spoil] = dict.fromkeys(range(PERFORM + 1, 40), lost_command)
    shop.sell({PERFORM: lost_answer if answered else lost_command, **broken})
    key = "recovered: happened" if answered else "recovered: not happened"
    assert shop.seen == {"uncertain": 1, key: 1}


def rules() -> Iterator[tuple[str, tuple[Debit, ...]]]:
    yield "9401", (Debit("bread", 61),)
    yield "9403", (Debit("bread", 1), Debit("wallet", 5001))
    yield "6982", (Debit("wallet", 1),)
    yield "6A88", (Debit(9, 1),)


@pytest.mark.parametrize(("sw", "basket"), list(rules()))
def test_a_refusal_is_believed_once_the_query_has_said_so(
    shop: Shop, sw: str, basket: tuple[Debit, ...]
) -> None:
    shop.wire.watch({})
    with (
        pytest.raises(UnicardError, match=sw) as caught,
        Card(shop.wire).session(Role.BREAD, sam()) as pos,
    ):
        pos.transact(*basket, terminal=shop.terminal)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.REFUSED)
    assert [(command[1], command[2]) for command in shop.wire.sent[3:]] == [(0x40, 0), (0x40, 1)]
    assert not shop.terminal.journal.pending()


def test_after_6982_the_session_goes_on(shop: Shop) -> None:
    shop.wire.watch({})
    with Card(shop.wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(UnicardError, match="6982"):
            pos.transact(Debit("wallet", 1), terminal=shop.terminal)
        receipt = pos.transact(*BASKET, terminal=shop.terminal)
    assert is_genuine(receipt)
    assert [command[1] for command in shop.wire.sent] == [0xA4, 0x50, 0x82, *[0x40] * 3, 0xA4]


def test_a_number_that_selection_told_wrong_is_put_right_by_the_query(shop: Shop) -> None:
    def other_number(_command: bytes, carry: Callable[[], bytes]) -> bytes:
        answer = bytearray(carry())
        answer[-3] ^= 0x01
        return bytes(answer)

    shop.wire.watch({1: other_number})
    with Card(shop.wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(UnicardError, match="9482") as caught:
            pos.transact(*BASKET, terminal=shop.terminal)
        assert caught.value.changed is Changed.NO
        assert pos.transact(*BASKET, terminal=shop.terminal).number == 2


def test_another_terminal_that_uses_the_same_id_gets_nothing_of_its_own(shop: Shop) -> None:
    other: Terminal = terminal()
    shop.wire.watch({})
    with Card(shop.wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(UnicardError, match="9481") as caught:
            pos.transact(*BASKET, terminal=other)
        assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.REFUSED)
        assert pos.transact(*BASKET, terminal=other).number == 2
