"""The rights matrix: who does what, verified how, in which state, is answered as the contract says.

The expected answer is `applet_spec.rights`, which knows the contract's data and no card; the same
makes docs/reference/rights.md. No command sets the finger flag yet: the software card's is set in
its memory, and on the Java card the cells with a finger are left out.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from applet_spec import spec
from applet_spec.rights import ACTORS, Verified, acts, answer, may_verify, states
from card_simulator.application import purse
from card_simulator.application.booking import Booking
from card_simulator.application.transactions import Transactions
from tests.card_application.rights_card import Cell, RightsCard, led
from tests.support.any_card import AnyCard, MakeCard, SimCard
from tests.support.evidence import evidence

ACTS = tuple(acts(spec()))
WITHOUT_FINGER = (Verified.NOTHING, Verified.PIN)
WITH_FINGER = (*WITHOUT_FINGER, Verified.FINGER, Verified.PIN | Verified.FINGER)
SEED = 7
SAMPLE = 120
"""Cells of each state that `make test` asks a Java card for."""


def cells_of(state: str, card: AnyCard) -> list[Cell]:
    """Return every cell of a state that this card can be asked for."""
    ways = WITH_FINGER if isinstance(card, SimCard) else WITHOUT_FINGER
    return [Cell(state, who, way, act) for who in ACTORS for way in ways for act in ACTS]


def differences(card: AnyCard, share: Random | None, counts: Counter[str]) -> Iterator[str]:
    """Ask a card for its cells, or for a sample of them, and yield where it differs."""
    visited = set()
    for state in led(card):
        visited.add(state)
        asked = RightsCard(card)
        cells = cells_of(state, card)
        for cell in share.sample(cells, SAMPLE) if share else cells:
            # Where VERIFY is refused, nothing is verified.
            shown = cell.verified if may_verify(spec(), state) else Verified.NOTHING
            expected = answer(spec(), cell.actor, cell.act, shown, state)
            word = asked.ask(cell)
            counts["cells"] += 1
            counts[f"{state}: {word:04X}"] += 1
            counts["cells with a finger"] += Verified.FINGER in cell.verified
            if word != expected:
                yield f"{cell}: {word:04X} instead of {expected:04X}"
        yield from (f"{cell}: something was written" for cell in asked.refusals_that_wrote)
    assert visited == set(states(spec()))


def test_cells_are_answered_as_the_contract_says(make_card: MakeCard) -> None:
    """All on the software card, which is asked fast, and a sample on the Java card."""
    share = Random(SEED) if make_card.kind == "java" else None
    counts: Counter[str] = Counter()
    assert list(differences(make_card(), share, counts)) == []
    assert counts["cells"] >= SAMPLE * len(states(spec()))
    assert {"ACTIVE: 9000", "ACTIVE: 6982", "ACTIVE: 9405", "PERSONALIZED: 9405"} <= counts.keys()


@pytest.mark.parametrize(
    ("owner", "right"),
    [
        (Booking, "_check_role"),
        (Booking, "_check_company"),
        (Transactions, "_check_activation"),
        (purse, "check_verification"),
    ],
)
def test_a_card_that_does_not_ask_for_a_right_is_noticed(
    monkeypatch: pytest.MonkeyPatch, owner: object, right: str
) -> None:
    monkeypatch.setattr(owner, right, lambda *_: None)
    assert any("9000 instead of" in each for each in differences(SimCard(), None, Counter()))


def test_every_kind_of_answer_is_foreseen_for_a_card_in_use() -> None:
    words = {
        answer(spec(), who, act, way, state)
        for state in states(spec())
        for who in ACTORS
        for act in ACTS
        for way in WITH_FINGER
    }
    assert words == {0x9000, 0x6982, 0x6985, 0x6D00, 0x6A83, 0x9403, 0x9405}


@pytest.mark.proof
def test_every_cell_is_answered_as_the_contract_says(make_card: MakeCard) -> None:
    counts: Counter[str] = Counter()
    assert list(differences(make_card(), None, counts)) == []
    if make_card.kind == "java":
        counts.pop("cells with a finger")
    evidence(f"rights-matrix-{make_card.kind}", counts)
