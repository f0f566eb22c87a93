"""Whatever transactions a card is sent, it answers what the contract's rules say, worked out apart.

hypothesis draws the life of a card: sessions of every role, baskets near each bound, repeats, stale
numbers, reverses, queries, and what the issuer does in between. Each card is compared with the
oracle alone, so that two cards that are wrong alike are found; at the end of each life its log, its
receipts with their MACs, balances, counters and periods are compared too.
"""

import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from applet_spec import spec
from applet_spec.model import PeriodVector, QuotaVector
from tests.card_application.service_oracle import DAY, MONTH, period_of, refreshed
from tests.card_application.transaction_events import LIVES, Event
from tests.card_application.transaction_watch import Watched
from tests.support.any_card import MakeCard, SimCard, SimCards
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage
from tests.support.tree import ROOT

SEED = 71
STAGES = (Stage.ROLE_KEYS, Stage.EXEMPT, Stage.ACTIVE)
SAMPLE = 60
"""Lives for each stage in `make test`."""
PROOF_LIVES = {"sim": 40_000, "java": 20_000}
AT_ONCE = 2000
COMMANDS = ROOT / "applet_spec" / "data" / "commands.json"
ANSWERS = tuple(
    f"perform: {each['sw']}"
    for command in json.loads(COMMANDS.read_text(encoding="utf-8"))["commands"]
    if command["name"] == "PERFORM TRANSACTION"
    for each in command["status"]
)
EVENTS = (
    "lives", "perform: stored answer", "perform: reverse", "perform: activation",
    *(f"perform: basket of {count} by role {role}" for count in (1, 2, 3) for role in range(6)),
    *(f"query: {result}" for result in ("not in the log", "same", "other")), "query: 6700",
    *(f"SET STATUS {p1}: {sw}" for p1 in (20, 21, 40) for sw in (9000, 6985)),
    "SET STATUS 20: 6A88", "SET STATUS 21: 6A88", "receipt keys",
    *(f"service {what}: {sw}" for what in ("changed", "added") for sw in ("9000", "6A80")),
    *(f"PUT DATA {what}: {sw}" for what in ("period", "card date")
      for sw in ("9000", "6982", "6A80")),
    "PUT DATA period: 6A88", "validity: 9000", "validity: 6A80",
)  # fmt: skip


def live(card: Watched, count: int, number: int) -> None:
    """Live through so many lives; hypothesis shows one that goes wrong as short as it can be."""

    @seed(SEED + number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(events=LIVES)
    def answers_as_the_contract_says(events: list[Event]) -> None:
        card.run(events)

    answers_as_the_contract_says()


@pytest.mark.parametrize("stage", STAGES)
def test_a_card_answers_transactions_as_the_rules_of_the_contract_say(
    make_card: MakeCard, stage: Stage
) -> None:
    card = Watched(make_card(), stage)
    live(card, SAMPLE, STAGES.index(stage))
    assert card.counts["perform: 9000"] > SAMPLE


VECTORS = spec().transactions


@pytest.mark.parametrize("vector", VECTORS.period_vectors, ids=lambda each: each.date)
def test_the_oracle_numbers_days_and_months_as_the_contract(vector: PeriodVector) -> None:
    day = date.fromisoformat(vector.date)
    assert (period_of(DAY, day), period_of(MONTH, day)) == (vector.day, vector.month)


@pytest.mark.parametrize("vector", VECTORS.quota_vectors, ids=lambda each: each.text)
def test_the_oracle_gives_quotas_what_periods_bring_as_the_contract(vector: QuotaVector) -> None:
    found = refreshed(vector.allowance, vector.carry_over_ceiling, vector.balance, vector.k)
    assert found == vector.result
