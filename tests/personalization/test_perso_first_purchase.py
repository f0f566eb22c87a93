"""From the bureau to the clearing: an issued card pays at a till that has one role's master."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from host_lib import (
    Card,
    CardStopped,
    Credit,
    Debit,
    Pin,
    Receipt,
    Role,
    SecurityStatusNotSatisfied,
    StopList,
    Terminal,
    TerminalJournal,
    open_reader,
)
from host_lib.reader import Reader
from host_lib.terminal import terminal_id_bytes
from keys_tool import Purpose
from keys_tool.contents import Contents
from keys_tool.errors import KeyNotFound, RoleMasterNotFound
from keys_tool.file_store import FileStore
from keys_tool.passphrase import from_text
from keys_tool.receipts import Verdict, verify_receipts
from keys_tool.vault import ScryptCost
from personalization.outcome import Outcome
from personalization.station import personalize
from tests.personalization.perso_bureau import NOW, PASSPHRASE, Bureau
from tests.support.java_cards import missing_for_java

CHOSEN = Pin("246813")
TODAY = datetime(NOW.year, NOW.month, NOW.day, 8, 30)


@pytest.fixture(params=["sim", "java"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A blank card of each kind."""
    if request.param == "java" and (missing := missing_for_java()):
        pytest.skip(missing)
    with open_reader(request.param) as opened:
        yield opened


@pytest.fixture
def till(tmp_path: Path) -> Iterator[FileStore]:
    """The store of a bakery's till, empty as yet."""
    secret, cost = from_text(PASSPHRASE), ScryptCost(n=1024)
    path = tmp_path / "bakery.unicard"
    with FileStore.create(path, secret, contents=Contents(), cost=cost) as opened:
        yield opened


def terminal(folder: Path, name: str) -> Terminal:
    journal = TerminalJournal(folder / f"{name}.journal", terminal_id_bytes(name))
    return Terminal(name, journal, lambda: TODAY)


def issued(bureau: Bureau, reader: Reader) -> bytes:
    """Issue the first record's card, let its holder choose a PIN; return its serial."""
    with bureau.bench() as bench:
        assert personalize(bench, reader).outcome is Outcome.ISSUED
        transport_pin = bench.production.card(0).pin
    card = Card(reader)
    card.select()
    card.change_pin(transport_pin, CHOSEN)
    return bureau.entries()[0].card_serial


def test_what_the_bureau_issues_a_till_debits_and_the_clearing_verifies(
    bureau: Bureau, reader: Reader, till: FileStore, tmp_path: Path
) -> None:
    serial = issued(bureau, reader)
    bureau.store.hand_over(Purpose.ROLE_BREAD, 1, till)
    card = Card(reader)
    with terminal(tmp_path, "BAKERY 1") as bakery, terminal(tmp_path, "OFFICE") as office:
        with card.session(Role.BREAD, till.sam(stop_list=StopList())) as pos:
            pos.verify_pin(CHOSEN)
            first = pos.transact(Debit("bread", 10), terminal=bakery)
        with card.session(Role.LOAD, bureau.store.sam()) as back_office:
            load = back_office.transact(Credit("wallet", 10_000), terminal=office)
        with card.session(Role.BREAD, till.sam(stop_list=StopList())) as pos:
            both = pos.transact(Debit("bread", 5), Debit("wallet", 2_50), terminal=bakery)
    assert [one.activation for one in (first, load, both)] == [True, False, False]
    assert both.balances == (0, 97_50)
    assert {one.card_serial for one in (first, load, both)} == {serial}

    receipts: list[Receipt | bytes] = [first, load.encode(), both]
    found = verify_receipts(receipts, bureau.store)
    assert [verdict for _, verdict in found] == [Verdict.VALID] * 3
    (judged,) = verify_receipts([replace(both, balances=(0, 1))], bureau.store)
    assert judged[1] is Verdict.WRONG_MAC


def test_with_a_till_s_store_nothing_is_credited_forged_or_opened_as_another(
    bureau: Bureau, reader: Reader, till: FileStore, tmp_path: Path
) -> None:
    serial = issued(bureau, reader)
    bureau.store.hand_over(Purpose.ROLE_BREAD, 1, till)
    card = Card(reader)
    with terminal(tmp_path, "BAKERY 1") as bakery, card.session(Role.BREAD, till.sam()) as pos:
        pos.verify_pin(CHOSEN)
        with pytest.raises(SecurityStatusNotSatisfied):
            pos.transact(Credit("bread", 1), terminal=bakery)
    for role in set(Role) - {Role.BREAD}:
        with pytest.raises(RoleMasterNotFound), card.session(role, till.sam()):
            pass
    with pytest.raises(KeyNotFound):
        till.receipt_key(1, serial)
    stopped = till.sam(stop_list=StopList(frozenset({serial})))
    with pytest.raises(CardStopped), card.session(Role.BREAD, stopped):
        pass
