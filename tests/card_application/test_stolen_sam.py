"""With a debit SAM's real keys nobody credits, forges a receipt or passes the horizon.

hypothesis draws what a thief does with a card and the keys; `thief` keeps the books. What he can do
is in docs/threats.md: debit up to the purse's limits, and open a quota's periods up to its horizon.
"""

from collections import Counter

import pytest

from tests.card_application.thief import STEPS, STOLEN, Robbed
from tests.support.any_card import MakeCard
from tests.support.drawn import check_drawn
from tests.support.evidence import evidence

SEED = 77
SAMPLE = 40
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
    card = Robbed(make_card(), STOLEN[keys])
    rob(card, SAMPLE, list(STOLEN).index(keys))
    assert card.counts["debits committed"] > SAMPLE // 4
    assert card.counts["transactions answered 6982"] > SAMPLE // 4
    assert card.counts["reverses of one's own"]


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
