"""With a debit SAM's real keys nobody credits, forges a receipt or passes the horizon.

hypothesis draws what a thief does with a card and the keys; `thief` keeps the books. What he can do
is in docs/threats.md: debit up to the purse's limits, and open a quota's periods up to its horizon.
"""

from collections import Counter

import pytest

from card_simulator.apdu import Answer, Command
from card_simulator.application import purse, quota
from card_simulator.application.basket import Request
from card_simulator.application.booking import Booking
from card_simulator.application.transactions import Transactions
from tests.card_application.thief import (
    BREAD,
    PURSE,
    STEPS,
    STOLEN,
    Basket,
    Open,
    Reverse,
    Robbed,
    Step,
)
from tests.support.any_card import MakeCard, SimCard
from tests.support.drawn import check_drawn
from tests.support.evidence import evidence
from tests.support.transactions import CREDIT, DEBIT

SEED = 77
SAMPLE = {"sim": 120, "java": 40}
PROOF = {"sim": 1_500, "java": 200}
"""Robberies with the keys of each role."""
EVENTS = (
    "robberies",
    "sessions",
    "debits committed",
    "reverses of one's own",
    "stored answers",
    "PUT DATA refused",
    "commands of the issuer refused",
    "recorded commands refused",
    "allowances released early",
    "quotas opened up to the horizon",
    "largest loss of a purse without verification",
    "largest loss of a purse with the PIN",
    "largest loss of a quota",
    *(f"transactions answered {word}" for word in ("6982", "6985", "6A80", "9000")),
    *(f"transactions answered {word}" for word in ("9401", "9403", "9404", "9405", "9406", "9407")),
    *(f"transactions answered {word}" for word in ("9481", "9482")),
)


def rob(card: Robbed, count: int, number: int) -> None:
    """Let a card be robbed so many times; hypothesis shows a success as short as it can be."""
    check_drawn(card.run, STEPS, count, SEED + number)


@pytest.mark.parametrize("keys", STOLEN)
def test_a_thief_with_real_keys_of_debit_roles_gains_nothing(
    make_card: MakeCard, keys: str
) -> None:
    card, count = Robbed(make_card(), STOLEN[keys]), SAMPLE[make_card.kind]
    rob(card, count, list(STOLEN).index(keys))
    assert card.counts["debits committed"] > count // 4
    assert card.counts["transactions answered 6982"] > count // 4
    assert card.counts["reverses of one's own"]


def at_any_time(self: Transactions, _command: Command) -> None:
    """Let every command leave a reverse possible."""
    self._last = self._armed


def again(self: Transactions, request: Request) -> Answer:
    """Take back what has been taken back."""
    last = self._last
    answer = take_back(self, request)
    self._armed = last
    return answer


take_back = Transactions._take_back
MONEY, WHOLE_LIMIT = ((DEBIT, PURSE, 7),), ((DEBIT, PURSE, 300_000),)
WRONG: dict[str, tuple[object, str, object, list[Step]]] = {
    "a debit role credited": (
        Booking, "_check_role", lambda *_: None, [Basket(((CREDIT, PURSE, 5),))],
    ),
    "a reverse of another": (Transactions, "hear", at_any_time, [Basket(MONEY), Reverse("read")]),
    "or of none": (Transactions, "_take_back", again, [Basket(MONEY, back=""), Reverse()]),
    "more than between two loads": (
        purse, "check_debit_limit", lambda *_: None,
        [Open(0, pin=True), Basket(WHOLE_LIMIT), Open(0, pin=True), Basket(WHOLE_LIMIT)],
    ),
    "more than without verification": (
        purse, "check_verification", lambda *_: None, [Basket(((DEBIT, PURSE, 20_001),))],
    ),
    "beyond the horizon": (
        quota, "check_horizon", lambda *_: None,
        [Open(3, pin=False), Basket(((DEBIT, BREAD, 1),), days=30)],
    ),
    "for another number": (Transactions, "_check_number", lambda *_: None, [Basket(MONEY, off=1)]),
    "a programme took money alone": (
        Booking, "_check_company", lambda *_: None, [Open(3, pin=False), Basket(MONEY)],
    ),
}  # fmt: skip
"""Of each theft the wrong card on which it succeeds, and how; at the keys of every debit role."""


@pytest.mark.parametrize("theft", WRONG)
def test_a_theft_from_a_wrong_card_is_noticed(monkeypatch: pytest.MonkeyPatch, theft: str) -> None:
    owner, name, wrong, steps = WRONG[theft]
    card = Robbed(SimCard(), STOLEN["every debit role"])
    card.run(steps)
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError, match=theft):
        card.run(steps)


@pytest.mark.proof
def test_a_thief_who_tries_for_long_gains_nothing(make_card: MakeCard) -> None:
    counts: Counter[str] = Counter(dict.fromkeys(EVENTS, 0))
    for number, keys in enumerate(STOLEN):
        card = Robbed(make_card(), STOLEN[keys])
        rob(card, PROOF[make_card.kind], 1000 + number)
        for what, times in card.counts.items():
            most = what.startswith("largest")
            counts[what] = max(counts[what], times) if most else counts[what] + times
        counts[f"robberies with the keys of {keys}"] = card.counts["robberies"]
    evidence(f"stolen-sam-{make_card.kind}", counts, SEED)
