"""Value is conserved: what verified receipts make of the balances is what the card has.

Three terminals, a line that loses, doubles and changes messages, power that fails at any write, an
issuer who changes the card meanwhile. What the receipts do not tell, terminals hold pending.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

import pytest

from card_simulator.application import purse, quota, services
from card_simulator.application.account import Account, Asked
from card_simulator.application.booking import Booking, Change
from card_simulator.application.log import Log
from card_simulator.application.service_record import kind_layout
from card_simulator.application.services import Services
from card_simulator.application.transactions import Transactions
from card_simulator.memory import Memory
from tests.support.any_card import MakeCard, SimCard, SimCards
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.transactions import DEBIT
from tests.transactions.trx_cuts import Cuts
from tests.transactions.trx_life import FATES, OPERATIONS, QUERY_FATES, live, ready

Accounts = Mapping[int, Account]
SEED = 7
SAMPLE, SAMPLE_LIFE = {"sim": 3000, "java": 500}, 1000
PROOF, PROOF_LIFE = {"sim": 1_000_000, "java": 10_000}, {"sim": 5_000, "java": 1_000}


def happened(counts: Counter[str]) -> None:
    """Check that everything has happened that a long proof must have seen."""
    verdicts = ("happened", "did not happen", "left to clearing")
    expected = [
        *FATES,
        *QUERY_FATES,
        *(f"operation: {what}" for what in OPERATIONS),
        *(f"terminal: {verdict}" for verdict in verdicts),
        "answers that were not believed",
        "held command comes late",
        "receipts that got lost",
        "acknowledgements that got lost",
        "looks with a transaction that no receipt told of",
        "issuer's changes that were cut",
        "SELECT answers that lie",
        "card: 6985",
        *(f"card: 94{word:02x}" for word in (*range(1, 10), 0x81, 0x82)),
    ]
    assert [what for what in expected if not counts[what]] == []


def test_terminals_and_issuer_lose_nothing_of_what_a_card_has(make_card: MakeCard) -> None:
    found = live(ready(make_card()), SAMPLE[make_card.kind], SAMPLE_LIFE, SEED).counts
    assert found["operations"] >= SAMPLE[make_card.kind]
    assert found["transactions settled"] > found["operations"] // 20
    assert found["receipts verified"] == found["terminal: happened"]


def given_what_was_taken(self: Booking, last: Change) -> Change:
    """Reverse a transaction, and its credits too by giving the amount."""
    debits = [replace(one, code=DEBIT) for one in last.operations]
    return taken_back(self, replace(last, operations=tuple(debits)))


def written_but_the_last(self: Services, accounts: Accounts, *, forget_debits: bool) -> None:
    """Write all accounts of a basket of more than one but the last one."""
    whole = dict(list(accounts.items())[: max(1, len(accounts) - 1)])
    written(self, whole, forget_debits=forget_debits)


def clipped(held: Account, asked: Asked) -> Account:
    """Credit up to the ceiling."""
    room = kind_layout("purse").number(held.record, "ceiling") - purse.balance(held)
    return credited(held, replace(asked, amount=min(asked.amount, room)))


taken_back, written, credited = Booking.taken_back, Services.write, purse.credit


@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        (Transactions, "_check_number", lambda _self, _request: None),
        (Transactions, "hear", lambda self, _command: setattr(self, "_last", self._armed)),
        (Log, "find", lambda _self, _name: None),
        (Memory, "transaction", lambda _self: nullcontext()),
        (Booking, "taken_back", given_what_was_taken),
        (Services, "write", written_but_the_last),
        (purse, "credit", clipped),
        (quota, "carried", lambda *_rule: 100),
        (services, "with_kept", lambda _held, record: record),
    ],
    ids=[
        "no number check",
        "a reverse at any time",
        "no stored answer",
        "no atomic commit",
        "a reverse that never takes away",
        "a basket without its last service",
        "a credit clipped",
        "a period that brings another amount",
        "new settings that reset the balance",
    ],
)
def test_a_wrong_card_loses_or_makes_value(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, wrong: object
) -> None:
    card = ready(SimCard())
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError) as found:
        live(card, 5000, SAMPLE_LIFE, SEED)
    assert any("operations" in note for note in found.value.__notes__)


def proven(make_card: MakeCard, operations: int) -> Cuts:
    found = live(ready(make_card()), operations, PROOF_LIFE[make_card.kind], SEED)
    happened(found.counts)
    assert found.never == []
    return found


@pytest.mark.proof
def test_value_is_conserved_over_a_million_operations() -> None:
    java, counts = JavaCards(), Counter[str]()
    makers: tuple[MakeCard, ...] = (SimCards(), java)
    for make in makers:
        found = proven(make, PROOF[make.kind])
        named = found.counts | Counter({"writes of the shortest transaction": found.least})
        counts.update({f"{make.kind}, {what}": count for what, count in named.items()})
    java.close()
    evidence("value-conservation", dict(sorted(counts.items())), SEED)
