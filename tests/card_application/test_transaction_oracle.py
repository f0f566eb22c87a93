"""Whatever transactions a card is sent, it answers what the contract's rules say, worked out apart.

hypothesis draws the life of a card: sessions of every role, baskets near each bound, repeats, stale
numbers, reverses, queries, and what the issuer does in between. Each card is compared with the
oracle alone, so that two cards that are wrong alike are found; at the end of each life its log, its
receipts with their MACs, balances, counters and periods are compared too.
"""

import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from random import Random

import pytest

from applet_spec import spec
from applet_spec.model import PeriodVector, QuotaVector
from tests.card_application.service_oracle import DAY, MONTH, period_of, refreshed
from tests.card_application.transaction_events import (
    LIVES,
    REFUSED_IN_CLEAR,
    REVERSE_ALONE,
    Amount,
    Basket,
    Begin,
    Clear,
    Day,
    Event,
    Repeat,
)
from tests.card_application.transaction_oracle import FIRST_DAY, LAST_DAY
from tests.card_application.transaction_watch import Watched, Wrong
from tests.card_application.transaction_wrong import BASKETS, wrong_requests
from tests.support.any_card import AnyCard, MakeCard, SimCard, SimCards
from tests.support.drawn import check_drawn
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.service_records import NONE, QUOTA, header, quota
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import VALIDITY, Terminal, dgi
from tests.support.transactions import DEBIT, HISTORY, in_role, perform, request
from tests.support.tree import ROOT

SEED = 71
STAGES = (Stage.ROLE_KEYS, Stage.EXEMPT, Stage.ACTIVE)
SAMPLE = 20
"""Lives for each stage in `make test`."""
PROOF_LIVES = {"sim": 30_000, "java": 15_000}
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
    *(f"other command, {what}" for what in ("right: 9000", "right: 6985",
      "wrong: 63C2", "presence: 9000", "presence: 6982", "read: 9000")),
    *(f"refused in clear: {sw:04X}" for sw in REFUSED_IN_CLEAR.values()),
    "PUT DATA period: 6A88", "validity: 9000", "validity: 6A80",
)  # fmt: skip


def live(card: Watched, count: int, number: int) -> None:
    """Live through so many lives."""
    check_drawn(card.run, LIVES, count, SEED + number)


@pytest.mark.parametrize("stage", STAGES)
def test_a_card_answers_transactions_as_the_rules_of_the_contract_say(
    make_card: MakeCard, stage: Stage
) -> None:
    card = Watched(make_card(), stage)
    live(card, SAMPLE, STAGES.index(stage))
    assert card.counts["perform: 9000"] > SAMPLE


def send_wrong(card: Watched, kvn: int, most: int | None) -> Counter[str]:
    """Send requests with one field wrong, each in a session of the role with the PIN verified."""
    for ask in (False, True):
        card.start()
        wrong = list(dict.fromkeys(wrong_requests(card.oracle, kvn)))
        fresh = False
        for data in wrong if most is None else Random(f"{SEED} {kvn}").sample(wrong, most):
            if not fresh:
                card.start()
                card.begin(kvn)
                card.command("right")
            before = card.oracle.number
            card.send(data, ask=ask)
            card.counts["requests with one field wrong"] += 1
            fresh = card.oracle.number == before
    return card.counts


WRONG_STAGES = (Stage.ROLE_KEYS, Stage.ACTIVE, Stage.SUSPENDED)


def live_apart(kind: str, stage: Stage, count: int, number: int) -> Counter[str]:
    """Let a card live through many lives; in a process of its own."""
    cards = SimCards() if kind == "sim" else JavaCards()
    try:
        card = Watched(cards(), stage)
        for part in range(0, count, AT_ONCE):
            live(card, min(AT_ONCE, count - part), number + part)
        return card.counts
    finally:
        if isinstance(cards, JavaCards):
            cards.close()


def wrong_apart(kind: str, stage: Stage) -> Counter[str]:
    """Send a card every wrong request; in a process of its own."""
    cards = SimCards() if kind == "sim" else JavaCards()
    try:
        card = Watched(cards(), stage)
        for kvn in BASKETS:
            send_wrong(card, kvn, None)
        return Counter({f"wrong requests, {name}": n for name, n in card.counts.items()})
    finally:
        if isinstance(cards, JavaCards):
            cards.close()


@pytest.mark.proof
@pytest.mark.usefixtures("java_cards")
def test_each_card_answers_many_transactions_as_the_rules_of_the_contract_say() -> None:
    counts: Counter[str] = Counter(dict.fromkeys((*EVENTS, *ANSWERS), 0))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        running = [
            pool.submit(live_apart, kind, stage, lives // len(STAGES), 100_000 * number)
            for number, stage in enumerate(STAGES, 1)
            for kind, lives in PROOF_LIVES.items()
        ]
        running += [
            pool.submit(wrong_apart, kind, stage) for kind in PROOF_LIVES for stage in WRONG_STAGES
        ]
        for future in running:
            counts.update(future.result())
    assert counts["lives"] >= sum(PROOF_LIVES.values()) * 9 // 10
    evidence("transactions-by-the-rules", dict(sorted(counts.items())), SEED)


@pytest.mark.parametrize("stage", WRONG_STAGES)
def test_a_request_with_one_field_wrong_gets_its_word_and_nothing_is_written(
    make_card: MakeCard, stage: Stage
) -> None:
    card = Watched(make_card(), stage)
    for kvn in BASKETS:
        send_wrong(card, kvn, 40)
    assert card.counts["perform: 6A80"] > 20


PAID = Basket(((DEBIT, 4, Amount("number", 1)),), Day("today"), pin=True)
TAKEN_BACK = Basket(REVERSE_ALONE, Day("today"))


def test_a_query_with_an_operation_of_zeros_more_asks_for_another_request(
    make_card: MakeCard,
) -> None:
    card = Watched(make_card(), Stage.ACTIVE)
    card.run([Begin(0x51), PAID, Repeat(0, ask=True), Repeat(1, ask=True, longer=True)])
    assert (card.counts["query: same"], card.counts["query: other"]) == (1, 1)


@pytest.mark.parametrize("clear", REFUSED_IN_CLEAR, ids=bytes.hex)
def test_a_command_that_is_refused_for_its_header_makes_a_reverse_impossible(
    make_card: MakeCard, clear: bytes
) -> None:
    card = Watched(make_card(), Stage.ACTIVE)
    card.run([Begin(0x51), PAID, Clear(clear), TAKEN_BACK])
    assert card.counts["perform: 6985"] == 1


class Lenient(SimCard):
    """A card that says of an amount beyond the limit that the balance is too small."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command."""
        answer = super().transmit(command)
        return b"\x94\x01" if answer == b"\x94\x03" else answer


class Forgetful(SimCard):
    """A card that shows its log one record short."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command; there is no record 1."""
        return b"\x6a\x83" if command[1:3] == b"\xb2\x01" else super().transmit(command)


ABOVE_THE_LIMIT = Basket(((DEBIT, 4, Amount("limit", 1)),), Day("today"), pin=True)


@pytest.mark.parametrize(("wrong", "what"), [(Lenient, "9401 and not"), (Forgetful, "log")])
def test_a_card_that_is_wrong_is_found(wrong: type[SimCard], what: str) -> None:
    events: list[Event] = [Begin(0x51), ABOVE_THE_LIMIT]
    Watched(SimCard(), Stage.ACTIVE).run(events)
    with pytest.raises(Wrong, match=what):
        Watched(wrong(), Stage.ACTIVE).run(events)


VECTORS = spec().transactions


@pytest.mark.parametrize("vector", VECTORS.period_vectors, ids=lambda each: each.date)
def test_the_oracle_numbers_days_and_months_as_the_contract(vector: PeriodVector) -> None:
    day = date.fromisoformat(vector.date)
    assert (period_of(DAY, day), period_of(MONTH, day)) == (vector.day, vector.month)


@pytest.mark.parametrize("vector", VECTORS.quota_vectors, ids=lambda each: each.text)
def test_the_oracle_gives_quotas_what_periods_bring_as_the_contract(vector: QuotaVector) -> None:
    found = refreshed(vector.allowance, vector.carry_over_ceiling, vector.balance, vector.k)
    assert found == vector.result


EMPTY_PLACE = 12


def quota_card(card: AnyCard, kind: int, allowance: int, ceiling: int, balance: int) -> Terminal:
    """Return a LOAD session of a card with this quota, its period the first one of all."""
    host = at_stage(card, Stage.ACTIVE)
    head = header(EMPTY_PLACE, QUOTA, "vector", NONE, {0}, {0})
    record = quota(head, allowance, kind, ceiling, 1, 0, 0xFFFF, balance)
    session(host)
    assert host.sw(0, 0xDA, 0xDF, 0x52, VALIDITY[:4] + bytes.fromhex("99991231")) == 0x9000
    assert host.store(dgi(0x0400 + EMPTY_PLACE - 1, record), last=False) == [0x9000]
    return in_role(card.transmit, 0x50)


def debit_one(host: Terminal, number: int, day: date) -> int:
    """Debit one from the quota; return what is left."""
    data = request(number, ((DEBIT, EMPTY_PLACE, 1),), (b"VECTORS ", number), day)
    answer, sw = perform(host, data)
    assert sw == 0x9000, f"{sw:04X}"
    return int.from_bytes(answer[13:17], "big")


@pytest.mark.parametrize("vector", VECTORS.quota_vectors, ids=lambda each: each.text)
def test_a_card_gives_quotas_what_periods_bring(make_card: MakeCard, vector: QuotaVector) -> None:
    # QUO-01; more periods than there are days to 2079-12-31 cannot be seen on a card
    k = min(vector.k, period_of(DAY, LAST_DAY))
    rule = (vector.allowance, vector.carry_over_ceiling, vector.balance)
    host = quota_card(make_card(), DAY, *rule)
    left = debit_one(host, len(HISTORY), FIRST_DAY + timedelta(days=k))
    assert left == refreshed(*rule, k) - 1


@pytest.mark.parametrize("kind", [DAY, MONTH])
def test_a_card_numbers_days_and_months(make_card: MakeCard, kind: int) -> None:
    # QUO-01
    host = quota_card(make_card(), kind, 1, 10, 5)
    vectors = sorted(VECTORS.period_vectors, key=lambda each: each.date)
    for number, vector in enumerate(vectors, len(HISTORY)):
        debit_one(host, number, date.fromisoformat(vector.date))
        period = vector.day if kind == DAY else vector.month
        shown, sw = host.send(0, 0xCA, 0xDF, 0x60 + EMPTY_PLACE - 1)
        assert (int.from_bytes(shown[:2], "big"), sw) == (period, 0x9000)
