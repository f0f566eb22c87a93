"""Both cards do what the model of transactions does, event by event, in real sessions.

The model's log has as many records as the card's here, and is full after one transaction.
"""

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from applet_spec.transaction_model import Bounds
from applet_spec.transaction_model.events import EVENTS
from applet_spec.transaction_model.exchange import FATES
from applet_spec.transaction_model.search import WORDS
from card_simulator.application.log import Log
from card_simulator.application.transactions import Transactions
from tests.support.any_card import MakeCard, SimCards
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.transactions.trx_replay import Replay, Step, drawn_path, every_path

ONE_ROLE = Bounds(log=20)
SEED = 7
LENGTH = 14
DEPTH, DRAWN = {"sim": 3, "java": 2}, {"sim": 150, "java": 50}
PROOF_DEPTH, PROOF_DRAWN = {"sim": 4, "java": 3}, {"sim": 4_000, "java": 500}


def drawn(count: int) -> Iterable[tuple[Step, ...]]:
    chance = random.Random(SEED)
    return (drawn_path(chance, LENGTH) for _ in range(count))


def carried_out(make_card: MakeCard, paths: Iterable[tuple[Step, ...]]) -> Counter[str]:
    replay = Replay(make_card())
    for path in paths:
        replay.run(path)
    return replay.counts


def expected() -> set[str]:
    """Return what must have happened in any long comparison."""
    events = {f"event: {event}" for event in EVENTS} | {f"card: {word}" for word in WORDS}
    verdicts = {"happened", "did not happen", "left to clearing"}
    recovered = {f"recovered: {verdict}" for verdict in verdicts}
    return {*FATES, *events, *recovered, *(f"terminal: {verdict}" for verdict in verdicts)}


def test_a_card_follows_every_path_of_the_model_to_a_depth(make_card: MakeCard) -> None:
    counts = carried_out(make_card, every_path(DEPTH[make_card.kind], ONE_ROLE))
    assert counts["paths"] > 50


def test_a_card_follows_random_paths_beyond(make_card: MakeCard) -> None:
    counts = carried_out(make_card, drawn(DRAWN[make_card.kind]))
    assert counts["paths"] == DRAWN[make_card.kind]
    assert counts["card: committed"] > DRAWN[make_card.kind] // 2


@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        (Transactions, "_check_number", lambda _self, _request: None),
        (Transactions, "hear", lambda self, _command: setattr(self, "_last", self._armed)),
        (Log, "find", lambda _self, _name: None),
    ],
)
def test_a_wrong_card_leaves_the_model(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, wrong: object
) -> None:
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError):
        carried_out(SimCards(), [*every_path(2, ONE_ROLE), *drawn(200)])


@pytest.mark.proof
def test_both_cards_follow_the_model_far() -> None:
    java = JavaCards()
    counts = Counter[str]()
    makers: tuple[MakeCard, ...] = (SimCards(), java)
    for make in makers:
        found = carried_out(make, every_path(PROOF_DEPTH[make.kind], ONE_ROLE))
        found.update(carried_out(make, drawn(PROOF_DRAWN[make.kind])))
        assert expected() <= set(found)
        counts.update({f"{make.kind}, {what}": count for what, count in found.items()})
    java.close()
    evidence("transaction-model-cards", dict(sorted(counts.items())), SEED)
