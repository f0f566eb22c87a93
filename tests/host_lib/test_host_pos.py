"""What a terminal does with a card that is paid with: `Card.session` over the software card."""

import asyncio
import inspect
import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from host_lib import (
    Card,
    CardRemoved,
    CardStopped,
    ChannelClosed,
    ConditionsNotSatisfied,
    Credit,
    Debit,
    Happened,
    JournalError,
    NameUsed,
    NotDispensed,
    NotHappened,
    NoTransaction,
    Pending,
    PeriodBeyondHorizon,
    ReceiptNotWritten,
    Role,
    Terminal,
    TransactionUncertain,
    Undecided,
    UnsettledTransaction,
    VerificationRequired,
    Why,
)
from host_lib.annotate import annotate
from host_lib.async_card import AsyncCard, AsyncPosSession
from host_lib.async_drive import ThreadedReader
from host_lib.flow.base import RoleKeys
from host_lib.keyset import KeySet
from host_lib.pos import PosSession
from host_lib.trace import read_trace, record
from host_lib.transaction import Receipt
from tests.support.pos_cards import (
    PIN,
    TODAY,
    Wire,
    instead,
    is_genuine,
    lost_answer,
    lost_command,
    pay_card,
    sam,
    terminal,
)

BASKET = (Debit("bread", 20), Debit("wallet", 4_00))
SALE = (Debit("bread", 1),)


@pytest.fixture
def wire() -> Wire:
    return Wire(pay_card())


@pytest.fixture
def used(wire: Wire) -> Wire:
    """A card that has had its first transaction."""
    with Card(wire).session(Role.BREAD, sam()) as pos:
        pos.verify_pin(PIN)
        pos.transact(*SALE, terminal=terminal("FIRST"))
    wire.watch({})
    return wire


def test_bread_is_bought_as_the_page_for_integrators_says(wire: Wire) -> None:
    shop, keys, pin = terminal(), sam(), PIN
    card = Card(wire)
    with card.session(Role.BREAD, keys) as pos:
        pos.verify_pin(pin)
        receipt = pos.transact(Debit("bread", 20), Debit("wallet", 4_00), terminal=shop)
    assert is_genuine(receipt)
    assert (receipt.balance("bread"), receipt.balance("wallet")) == (40, 996_00)
    assert receipt.activation
    assert receipt.pin_verified
    assert [queued.receipt for queued in shop.journal.unsent()] == [receipt]


def test_from_selection_to_receipt_there_are_four_commands_and_260_bytes_at_most(
    used: Wire,
) -> None:
    shop = terminal()
    with Card(used).session(Role.BREAD, sam()) as pos:
        pos.transact(*BASKET, terminal=shop)
        assert [command[1] for command in used.sent] == [0xA4, 0x50, 0x82, 0x40]
        assert sum(map(len, used.sent + used.answers)) <= 260


def test_several_transactions_go_into_one_session(used: Wire) -> None:
    shop = terminal()
    with Card(used).session(Role.BREAD, sam()) as pos:
        numbers = [pos.transact(*SALE, terminal=shop).number for _ in range(3)]
        assert pos.number == 4
    assert numbers == [2, 3, 4]


def test_the_first_transaction_asks_for_the_holder(wire: Wire) -> None:
    shop = terminal()
    with Card(wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(VerificationRequired) as caught:
            pos.transact(*SALE, terminal=shop)
        assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.REFUSED)
        pos.verify_pin(PIN)
        assert pos.transact(*SALE, terminal=shop).activation


def test_a_transaction_is_taken_back_once_and_at_once(used: Wire) -> None:
    shop = terminal()
    with Card(used).session(Role.BREAD, sam()) as pos:
        pos.transact(*BASKET, terminal=shop)
        back = pos.reverse(terminal=shop)
        assert back.is_reverse
        assert is_genuine(back)
        assert back.balances == (59, 100_000, 0, 0)
        with pytest.raises(ConditionsNotSatisfied):
            pos.reverse(terminal=shop)
        pos.transact(*SALE, terminal=shop)
        pos.services()
        with pytest.raises(ConditionsNotSatisfied):
            pos.reverse(terminal=shop)
    assert not shop.journal.pending()


def test_cash_that_is_given_out_is_debited(used: Wire) -> None:
    given: list[Receipt] = []
    with Card(used).session(Role.CASH, sam()) as pos:
        pos.verify_pin(PIN)
        receipt = pos.withdraw(300_00, given.append, terminal=terminal("ATM"))
    assert given == [receipt]
    assert receipt.balance("wallet") == 700_00


class Jammed(Exception):
    """A machine that gives nothing out."""


def jammed(_receipt: Receipt) -> None:
    raise Jammed


def test_cash_that_is_not_given_out_is_taken_back(used: Wire) -> None:
    atm = terminal("ATM")
    with Card(used).session(Role.CASH, sam()) as pos:
        pos.verify_pin(PIN)
        with pytest.raises(NotDispensed) as caught:
            pos.withdraw(300_00, jammed, terminal=atm)
        error = caught.value
        assert isinstance(error.__cause__, Jammed)
        assert (error.changed, error.exit_code) == (Changed.NO, ExitCode.REFUSED)
        assert error.reversal is not None
        assert error.as_dict()["reversal"] == error.reversal.encode().hex()
        assert error.reversal.balances[0] == 1000_00
        assert pos.balances()["wallet"] == 1000_00
    assert len(atm.journal.unsent()) == 2


def test_a_debit_that_ended_in_another_session_cannot_be_taken_back(used: Wire) -> None:
    with Card(used).session(Role.CASH, sam()) as pos:
        pos.verify_pin(PIN)
        used.watch({1: lost_answer})
        with pytest.raises(NotDispensed) as caught:
            pos.withdraw(300_00, jammed, terminal=terminal("ATM"))
        error = caught.value
        assert (error.changed, error.reversal) == (Changed.YES, None)
        assert error.exit_code is ExitCode.UNCERTAIN, "3 would say that nothing happened"
        assert pos.balances()["wallet"] == 700_00


def test_a_reversal_whose_end_is_unknown_is_said_so_and_found_later(used: Wire) -> None:
    atm = terminal("ATM")
    with Card(used).session(Role.CASH, sam(), patience=0) as pos:
        pos.verify_pin(PIN)
        used.watch({2: lost_answer, **dict.fromkeys(range(3, 20), lost_command)})
        with pytest.raises(NotDispensed) as caught:
            pos.withdraw(300_00, jammed, terminal=atm)
        assert caught.value.exit_code is ExitCode.UNCERTAIN
        pending = caught.value.pending
        assert pending is not None
    used.watch({})
    outcome = Card(used).recover(pending, sam(), terminal=atm)
    assert isinstance(outcome, Happened)
    assert outcome.receipt.is_reverse
    assert len(atm.journal.unsent()) == 2


def disk_full_from(monkeypatch: pytest.MonkeyPatch, shop: Terminal, receipt: int) -> list[Receipt]:
    """Let a terminal's journal take no receipt from this one on; return those that it could not."""
    written, refused = shop.journal.happened, list[Receipt]()
    count = itertools.count(1)

    def happened(pending: Pending, one: Receipt) -> None:
        if next(count) >= receipt:
            refused.append(one)
            raise JournalError("the disk is full")
        written(pending, one)

    monkeypatch.setattr(shop.journal, "happened", happened)
    return refused


def withdrawn(used: Wire, atm: Terminal, asynchronous: bool) -> NotDispensed:
    """Withdraw from a machine that gives nothing out."""

    def blocking() -> None:
        with Card(used).session(Role.CASH, sam()) as pos:
            pos.verify_pin(PIN)
            pos.withdraw(300_00, jammed, terminal=atm)

    async def awaited() -> None:
        async def jam(_receipt: Receipt) -> None:
            raise Jammed

        async with AsyncCard(ThreadedReader(used), sam()).session(Role.CASH) as pos:
            await pos.verify_pin(PIN)
            await pos.withdraw(300_00, jam, terminal=atm)

    with pytest.raises(NotDispensed) as caught:
        asyncio.run(awaited()) if asynchronous else blocking()
    return caught.value


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_reversal_that_cannot_be_written_down_is_still_told_as_done(
    used: Wire, monkeypatch: pytest.MonkeyPatch, asynchronous: bool
) -> None:
    atm = terminal("ATM")
    refused = disk_full_from(monkeypatch, atm, 2)
    error = withdrawn(used, atm, asynchronous)
    assert error.reversal == refused[0]
    assert (error.changed, error.exit_code) == (Changed.NO, ExitCode.REFUSED)
    assert "took it back" in error.message
    assert "issuer credits" not in error.advice, "the holder would get it twice"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_debit_that_cannot_be_written_down_gives_no_cash_and_says_so(
    used: Wire, monkeypatch: pytest.MonkeyPatch, asynchronous: bool
) -> None:
    atm = terminal("ATM")
    refused = disk_full_from(monkeypatch, atm, 1)
    error = withdrawn(used, atm, asynchronous)
    assert (error.receipt, error.reversal) == (refused[0], None)
    assert (error.changed, error.exit_code) == (Changed.YES, ExitCode.UNCERTAIN)
    assert len(atm.journal.pending()) == 1, "the receipt is found again"


def test_the_wallet_is_loaded_and_the_log_tells_it(used: Wire) -> None:
    with Card(used).session(Role.LOAD, sam()) as pos:
        receipt = pos.load(500_00, terminal=terminal("OFFICE"))
        pos.verify_pin(PIN)
        log = pos.log()
    assert log[0] == receipt
    assert [one.number for one in log] == [2, 1]
    assert receipt.operations == (Credit(4, 500_00),)
    with Card(used).session(Role.INSPECT, sam()) as pos:
        assert pos.log() == log
    card = Card(used)
    card.select()
    card.verify_pin(PIN)
    assert card.log() == log
    assert card.balances() == {"bread": 59, "wallet": 1500_00}


def test_balances_and_services_are_read_in_the_session(used: Wire) -> None:
    with Card(used).session(Role.BREAD, sam()) as pos:
        assert pos.balances() == {"bread": 59, "wallet": 1000_00}
        assert [record.label for record in pos.services()] == ["bread", "wallet"]
        assert pos.read("card serial") == pos.card_serial
        assert pos.pin_status().tries_left == 3
        assert pos.role == Role.BREAD


def test_card_methods_inside_the_block_use_the_session(used: Wire) -> None:
    card = Card(used)
    with card.session(Role.BREAD, sam()) as pos:
        assert card.read("card serial") == pos.card_serial
        assert pos.transact(*SALE, terminal=terminal()).number == 2


def test_a_card_that_is_taken_away_after_the_receipt_is_no_error(used: Wire) -> None:
    with Card(used).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
        used.remove()
    assert is_genuine(receipt)


def test_a_session_is_over_when_its_block_is_left(used: Wire) -> None:
    shop = terminal()
    with Card(used).session(Role.BREAD, sam()) as pos:
        pass
    with pytest.raises(ChannelClosed):
        pos.transact(*SALE, terminal=shop)
    assert not shop.journal.pending()


def test_a_stopped_card_gets_no_session(used: Wire) -> None:
    holder = sam()
    holder.stopped = frozenset({bytes.fromhex("0102030405060708")})
    with pytest.raises(CardStopped), Card(used).session(Role.BREAD, holder):
        pytest.fail("no session")
    assert 0x82 not in [command[1] for command in used.sent]


# What is not settled.


def left_open(wire: Wire, shop: Terminal, *, done: bool) -> Pending:
    """Leave a transaction open on a line that is mended then."""
    wire.watch({
        4: lost_answer if done else lost_command,
        **dict.fromkeys(range(5, 40), lost_command),
    })  # fmt: skip
    with (
        pytest.raises(TransactionUncertain) as caught,
        Card(wire).session(Role.BREAD, sam(), patience=0) as pos,
    ):
        pos.transact(*SALE, terminal=shop)
    wire.watch({})
    return caught.value.pending


@pytest.mark.parametrize("done", [True, False])
def test_nothing_new_before_the_old_is_settled(used: Wire, done: bool) -> None:
    shop = terminal()
    pending = left_open(used, shop, done=done)
    with Card(used).session(Role.BREAD, sam()) as pos:
        with pytest.raises(UnsettledTransaction) as caught:
            pos.transact(*SALE, terminal=shop)
        assert caught.value.pending == (pending,)
        assert caught.value.changed is Changed.NO
        ((settled, outcome),) = pos.settle(terminal=shop)
        assert settled == pending
        assert isinstance(outcome, Happened if done else NotHappened)
        pos.transact(*SALE, terminal=shop)
    assert len(shop.journal.unsent()) == (2 if done else 1)


def test_after_an_uncertain_end_the_session_is_not_used_any_more(used: Wire) -> None:
    with Card(used).session(Role.BREAD, sam(), patience=0) as pos:
        used.watch({1: instead("6F00"), 2: instead("6F00"), 3: used.removal, 4: used.removal})
        with pytest.raises(TransactionUncertain):
            pos.transact(*SALE, terminal=terminal())
        with pytest.raises(ChannelClosed, match="uncertain"):
            pos.balances()


def test_an_uncertain_end_carries_what_recovers_it_in_json_too(used: Wire) -> None:
    with pytest.raises(TransactionUncertain) as caught:
        raise TransactionUncertain("who knows", left_open(used, terminal(), done=True))
    told = caught.value.as_dict()
    assert (told["exit_code"], told["changed"]) == (4, "unknown")
    assert Pending.decode(bytes.fromhex(str(told["pending"]))) == caught.value.pending


def test_another_card_does_not_decide(used: Wire) -> None:
    shop = terminal()
    pending = left_open(used, shop, done=True)
    other = Pending(pending.role, bytes(8), pending.request)
    used.watch({})
    assert Card(used).recover(other, sam()) == Undecided(Why.OTHER_CARD)


@pytest.mark.parametrize(("more", "known"), [(19, True), (20, False)])
def test_after_more_transactions_than_the_log_holds_the_clearing_decides(
    used: Wire, more: int, known: bool
) -> None:
    shop = terminal()
    pending = left_open(used, shop, done=True)
    other = terminal("OTHER")
    with Card(used).session(Role.BREAD, sam()) as pos:
        for _ in range(more):
            pos.transact(*SALE, terminal=other)
    outcome = Card(used).recover(pending, sam(), terminal=shop)
    assert isinstance(outcome, Happened) is known
    assert not shop.journal.pending()
    if not known:
        assert outcome == Undecided(Why.TOO_LATE)
        assert shop.journal.left_to_clearing() == (pending,)


def test_twenty_later_transactions_still_prove_that_it_did_not_happen(used: Wire) -> None:
    shop = terminal()
    pending = left_open(used, shop, done=False)
    other = terminal("OTHER")
    with Card(used).session(Role.BREAD, sam()) as pos:
        for count in range(21):
            if count == 20:
                assert isinstance(pos.query(pending), NotHappened)
            pos.transact(*SALE, terminal=other)
        assert pos.query(pending) == Undecided(Why.TOO_LATE)


def test_a_query_in_a_session_of_another_role_is_a_mistake(used: Wire) -> None:
    shop = terminal()
    pending = left_open(used, shop, done=True)
    used.watch({})
    with (
        pytest.raises(ValueError, match="own role"),
        Card(used).session(Role.CASH, sam()) as pos,
    ):
        pos.query(pending)


def test_a_receipt_that_cannot_be_written_is_told_and_found_again(
    used: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = terminal()
    with Card(used).session(Role.BREAD, sam()) as pos:
        with monkeypatch.context() as broken:

            def full(*_: object) -> None:
                raise JournalError("the disk is full")

            broken.setattr(shop.journal, "happened", full)
            with pytest.raises(ReceiptNotWritten) as caught:
                pos.transact(*SALE, terminal=shop)
        assert caught.value.changed is Changed.YES
        assert is_genuine(caught.value.receipt)
        ((_, outcome),) = pos.settle(terminal=shop)
    assert outcome == Happened(caught.value.receipt, 2)
    assert [queued.receipt for queued in shop.journal.unsent()] == [caught.value.receipt]


def test_a_kill_in_the_middle_leaves_the_request_in_the_journal(used: Wire) -> None:
    def killed(_command: bytes, carry: Callable[[], bytes]) -> bytes:
        carry()
        raise KeyboardInterrupt

    shop = terminal()
    used.watch({4: killed})
    with pytest.raises(KeyboardInterrupt), Card(used).session(Role.BREAD, sam()) as pos:
        pos.transact(*SALE, terminal=shop)
    used.watch({})
    (pending,) = shop.journal.pending()
    assert isinstance(Card(used).recover(pending, sam(), terminal=shop), Happened)


def test_a_date_that_the_card_refuses_is_told_by_its_class(used: Wire) -> None:
    late = terminal(clock=lambda: TODAY + timedelta(days=200))
    with (
        pytest.raises(PeriodBeyondHorizon),
        Card(used).session(Role.BREAD, sam()) as pos,
    ):
        pos.transact(*SALE, terminal=late)


@pytest.mark.parametrize("year", [1970, 1999, 2080])
def test_a_clock_that_is_out_of_all_years_is_an_error_like_others_and_sends_nothing(
    used: Wire, year: int
) -> None:
    stopped = terminal(clock=lambda: TODAY.replace(year=year))
    with Card(used).session(Role.BREAD, sam()) as pos:
        used.watch({})
        with pytest.raises(UnicardError, match="is not between 2000 and 2079") as caught:
            pos.transact(*SALE, terminal=stopped)
        assert used.sent == []
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.USAGE)
    assert "clock" in caught.value.advice
    assert not stopped.journal.pending()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: (Debit("bread", 0),),
        lambda: (Debit("cake", 1),),
        lambda: (Debit("bread", 1), Debit("bread", 1)),
        lambda: tuple(Debit(service, 1) for service in range(1, 6)),
    ],
    ids=["nothing", "unknown", "twice", "five"],
)
def test_a_basket_that_no_card_takes_is_an_error_like_others_and_sends_nothing(
    used: Wire, ask: Callable[[], tuple[Debit, ...]]
) -> None:
    with Card(used).session(Role.BREAD, sam()) as pos:
        used.watch({})
        with pytest.raises(NoTransaction) as caught:
            pos.transact(*ask(), terminal=terminal())
        assert used.sent == []
    assert isinstance(caught.value, UnicardError)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.USAGE)


def test_a_terminal_whose_journal_was_replaced_is_told_to_take_a_new_id(used: Wire) -> None:
    with Card(used).session(Role.BREAD, sam()) as pos:
        pos.transact(*SALE, terminal=terminal())
        with pytest.raises(NameUsed) as caught:
            pos.transact(*BASKET, terminal=terminal())
    assert caught.value.changed is Changed.NO
    assert "new id" in caught.value.advice, "the next number may have been used, too"


# Asyncio.


def test_the_same_flows_run_on_asyncio(used: Wire) -> None:
    async def later(call: RoleKeys) -> KeySet:
        await asyncio.sleep(0)
        return sam()(call)

    async def sell() -> Receipt:
        card = AsyncCard(ThreadedReader(used), later)  # type: ignore[arg-type]
        shop = terminal()
        async with card.session(Role.BREAD) as pos:
            await pos.verify_pin(PIN)
            used.watch({1: lost_answer})
            receipt = await pos.transact(*BASKET, terminal=shop)
            assert (await pos.balances())["bread"] == 39
            await pos.transact(*SALE, terminal=shop)
            await pos.reverse(terminal=shop)
        async with card.session(Role.CASH, sam()) as pos:
            await pos.verify_pin(PIN)

            async def jam(_receipt: Receipt) -> None:
                raise Jammed

            with pytest.raises(NotDispensed, match="took it back"):
                await pos.withdraw(100, jam, terminal=shop)
        return receipt

    assert is_genuine(asyncio.run(sell()))


def test_a_session_on_asyncio_has_what_a_blocking_one_has() -> None:
    def offers(session: type) -> dict[str, list[tuple[str, object]]]:
        return {
            name: [(one.name, one.default) for one in inspect.signature(member).parameters.values()]
            if callable(member)
            else []
            for name, member in vars(session).items()
            if not name.startswith("_")
        }

    assert offers(AsyncPosSession) == offers(PosSession)


def test_a_cancelled_task_leaves_the_request_in_the_journal(used: Wire) -> None:
    shop = terminal()

    async def sell() -> None:
        async with AsyncCard(ThreadedReader(used), sam()).session(Role.BREAD) as pos:
            await pos.transact(*SALE, terminal=shop)

    async def cancelled() -> None:
        task = asyncio.create_task(sell())
        while not shop.journal.pending():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (pending,) = shop.journal.pending()
        card = AsyncCard(ThreadedReader(used), sam())
        await card.recover(pending, terminal=shop)

    asyncio.run(cancelled())
    assert not shop.journal.pending()


def test_an_error_of_the_reader_comes_out_of_the_async_driver(used: Wire) -> None:
    used.watch({1: used.removal})
    card = AsyncCard(ThreadedReader(used), sam())
    with pytest.raises(CardRemoved):
        asyncio.run(card.select())


# Traces.


def test_a_trace_names_the_fields_of_a_transaction_and_hides_the_pin(
    used: Wire, tmp_path: Path
) -> None:
    shop = terminal()
    with (
        record(used, tmp_path / "trace.jsonl") as recorded,
        Card(recorded).session(Role.BREAD, sam()) as pos,
    ):
        pos.verify_pin(PIN)
        pos.transact(*BASKET, terminal=shop)
        pos.reverse(terminal=shop)
    text = "\n".join(annotate(read_trace(tmp_path / "trace.jsonl")))
    assert (
        "PERFORM TRANSACTION P1 00 P2 00 56 protected bytes: terminal id 5445524D30303031, "
        "terminal transaction number 00000001, card transaction number 000001, date 20261122, "
        "time 083015, debit 20 of service 2, debit 400 of service 4 -> " in text
    )
    assert "time 083015, reverse -> " in text
    raw = (tmp_path / "trace.jsonl").read_text()
    assert PIN.block().hex().upper() not in raw
