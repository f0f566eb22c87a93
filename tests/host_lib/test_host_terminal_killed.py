"""A terminal that is killed at any step of a sale: its journal and the card know what happened.

The terminal runs in a process of its own, on a card whose memory is a file. It is killed without
warning (SIGKILL) before each statement of its journal, and before and after each command.
"""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from card_simulator.card_file import create
from card_simulator.memory import Image
from host_lib import Card, Debit, Happened, NotHappened, Role, Terminal, open_reader
from host_lib.reader import Reader, ReaderLayer
from tests.support.pos_cards import PIN, TODAY, is_genuine, pay_card, sam, terminal

SALE = (Debit("bread", 1), Debit("wallet", 5))


class Steps:
    """Counts the steps of a process, and kills it before one of them."""

    def __init__(self, killed_at: int) -> None:
        self.count = 0
        self._killed_at = killed_at

    def step(self) -> None:
        self.count += 1
        if self.count == self._killed_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Database:
    """A journal's database in which each statement is a step."""

    def __init__(self, inner: sqlite3.Connection, steps: Steps) -> None:
        self.inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def execute(self, *words: Any) -> sqlite3.Cursor:
        self._steps.step()
        return self.inner.execute(*words)


class Stepping(ReaderLayer):
    """A reader in which a command is two steps: before the card has it, and after."""

    def __init__(self, inner: Reader, steps: Steps) -> None:
        super().__init__(inner)
        self._steps = steps

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        self._steps.step()
        answer = super().transmit(command, timeout)
        self._steps.step()
        return answer


def sell(folder: Path, killed_at: int, say: Callable[[str], object]) -> None:
    """Sell and take back, in a process that is killed before a step."""
    steps = Steps(killed_at)
    card, path = f"sim:{folder / 'card.json'}", folder / "journal.db"
    with open_reader(card) as reader, Terminal.open("TERM0001", path) as shop:
        shop._clock = lambda: TODAY
        database = Database(shop.journal._database, steps)
        shop.journal._database = database  # type: ignore[assignment]
        with Card(Stepping(reader, steps)).session(Role.BREAD, sam()) as pos:
            pos.transact(*SALE, terminal=shop)
            say("receipt")
            pos.reverse(terminal=shop)
            say("reversed")
    say(f"{steps.count}")


def run_terminal(folder: Path, killed_at: int) -> tuple[int, list[str]]:
    """Run the terminal in a process of its own; return its status and what it said."""
    told, say = os.pipe()
    child = os.fork()
    if not child:
        try:
            sell(folder, killed_at, lambda word: os.write(say, word.encode() + b" "))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(say)
    with os.fdopen(told) as words:
        said = words.read().split()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said


@pytest.fixture(scope="module")
def image() -> Image:
    """A card that has been activated."""
    reader = pay_card()
    with Card(reader).session(Role.BREAD, sam()) as pos:
        pos.verify_pin(PIN)
        pos.transact(*SALE, terminal=terminal("FIRST"))
    return reader.card.memory.image


def test_a_killed_terminal_finds_out_what_it_has_done(tmp_path: Path, image: Image) -> None:
    (tmp_path / "whole").mkdir()
    create(tmp_path / "whole" / "card.json", image)
    code, said = run_terminal(tmp_path / "whole", 0)
    assert code == 0
    seen = set[str]()
    for killed_at in range(1, int(said[-1]) + 1):
        folder = tmp_path / str(killed_at)
        folder.mkdir()
        create(folder / "card.json", image)
        code, said = run_terminal(folder, killed_at)
        assert code == -signal.SIGKILL
        seen |= settled(folder, said)
    assert seen == {"Happened", "NotHappened", "nothing open"}


def settled(folder: Path, said: list[str]) -> set[str]:
    """Recover as after a restart; return what there was to find out."""
    seen = set()
    path = folder / "journal.db"
    with (
        open_reader(f"sim:{folder / 'card.json'}") as reader,
        Terminal.open("TERM0001", path) as shop,
    ):
        shop._clock = lambda: TODAY
        pending = shop.journal.pending()
        assert len(pending) <= 1
        for one in pending:
            outcome = Card(reader).recover(one, sam(), terminal=shop)
            assert isinstance(outcome, Happened | NotHappened)
            seen.add(type(outcome).__name__)
        if not pending:
            seen.add("nothing open")
        assert not shop.journal.pending()
        receipts = list(shop.journal.receipts())
        assert all(is_genuine(receipt) for receipt in receipts)
        # The card has done what there are receipts for, and no more.
        done = Card(reader).select().transaction_number
        assert [receipt.number for receipt in receipts] == list(range(2, done + 1))
        assert len(receipts) >= len([word for word in said if word in ("receipt", "reversed")])
        used = [receipt.terminal_number for receipt in receipts]
        with Card(reader).session(Role.BREAD, sam()) as pos:
            assert pos.transact(*SALE, terminal=shop).terminal_number > max(used, default=0)
    return seen
