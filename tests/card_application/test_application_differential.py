"""The software card and the Java card, written apart from the same contract, answer alike.

hypothesis draws what a terminal does; both cards get it, each in its own sessions, and every byte
of their answers that is not random must agree, and what they show of themselves after power cuts.

hypothesis's own engine draws a sequence in about 2 ms while two cards need three times as long for
it, so that nothing else has to draw them; it remembers what it has drawn, hence runs of `AT_ONCE`.
"""

import json
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import strategies as st

from applet_spec import CardProfile, spec
from applet_spec.simulated import REFERENCE, factory_key
from tests.card_application.application_draws import CUTS, HOWS, STEP
from tests.card_application.application_pair import ApplicationPair
from tests.card_application.application_requests import RESULTS
from tests.card_application.application_steps import ROLES, Step
from tests.support.any_card import AnyCard, SimCard
from tests.support.drawn import check_drawn
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage, session
from tests.support.terminal import NEW_PIN, PIN, Keys
from tests.support.tree import ROOT
from tests.support.two_cards import Disagreement

SEED = 6
LONGEST = 8
"""Steps of a sequence; a step can be a whole stream of STORE DATA."""
ONE_WITH_CUT_IN = 10
AT_ONCE = 2000
"""Sequences that one run of hypothesis draws; it remembers them all."""
PROOF_SEQUENCES = 100_000
SAMPLE = 25
"""Sequences for each stage in `make test`."""
PROFILES = {
    name: spec().card_profiles[name]
    for name in (REFERENCE, "unicard-s16", "unicard-s16-pseudo-random")
}
SHARES = {REFERENCE: 8, "unicard-s16": 1, "unicard-s16-pseudo-random": 1}
"""Of ten sequences so many go to cards of each type."""

SEQUENCES = st.lists(STEP, min_size=1, max_size=LONGEST)
WITH_A_CUT = st.builds(
    lambda before, cut, after: [*before, cut, *after],
    st.lists(STEP, max_size=2),
    CUTS,
    st.lists(STEP, max_size=2),
)

NEVER = ("6F00", "6581")
"""Status words that the contract lists so that hosts know them; no card may answer them."""
DATA = ROOT / "applet_spec" / "data"
COMMANDS = json.loads((DATA / "commands.json").read_text(encoding="utf-8"))["commands"]
COMMON = json.loads((DATA / "status_words.json").read_text(encoding="utf-8"))["common"]
ANSWERS = (
    *(f"{each['name']}: {status['sw']}" for each in COMMANDS for status in each["status"]),
    *(f"any command: {status['sw']}" for status in COMMON if status["sw"] not in NEVER),
)
"""Every status word that the contract lists for a command, and those that every command has."""
EVENTS = (
    "sequences", "resets", "resets onto contactless", "blocks that the card manager passed on",
    "power cuts", "handshakes interrupted", "after a power cut: old",
    "after a power cut: new", "after a power cut: a try less",
    "power cuts that the cards came out of differently", "accounts compared", "stored answers",
    "reverses", "activations", "transactions with the PIN",
    "after a power cut in PERFORM TRANSACTION: old",
    "after a power cut in PERFORM TRANSACTION: new",
    *(f"queries answered: {result}" for result in RESULTS),
    *(f"baskets of {count} by role {role}" for count in (1, 2, 3) for role in range(6)),
    *(f"issuer sessions at level {level:02X}" for level in (0x01, 0x03, 0x11, 0x13, 0x33)),
    *(f"role {kvn & 0x0F} sessions at level 33" for kvn in ROLES),
    *(f"tampered in a session of {kind}: {how}" for kind in ("issuer", "role") for how in HOWS),
)  # fmt: skip


def run(
    cards: ApplicationPair, sequences: st.SearchStrategy[list[Step]], count: int, number: int
) -> None:
    """Run so many sequences."""
    check_drawn(cards.run, sequences, count, SEED + number)


def run_all(cards: ApplicationPair, count: int, number: int) -> Counter[str]:
    """Run sequences, some with a power cut, and return what was counted."""
    for part in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - part)
        cuts = -(-size // ONE_WITH_CUT_IN)
        run(cards, SEQUENCES, size - cuts, number + part)
        run(cards, WITH_A_CUT, cuts, number + part)
    return cards.counts


def pair(one: AnyCard, other: AnyCard, profile: CardProfile, stage: Stage) -> ApplicationPair:
    key = factory_key(profile)
    size = 16 if (profile.i or 0) & 0x01 else 8
    return ApplicationPair(one, other, stage, Keys(key, key, key), size)


@pytest.mark.parametrize("stage", Stage)
def test_two_cards_answer_random_commands_alike(java_cards: JavaCards, stage: Stage) -> None:
    profile = PROFILES[REFERENCE]
    cards = pair(SimCard(profile), java_cards(profile), profile, stage)
    counts = run_all(cards, SAMPLE, list(Stage).index(stage))
    assert counts["sequences"] >= SAMPLE // 2


def alike_at(name: str, stage: Stage, count: int, number: int) -> Counter[str]:
    """Compare two cards of a type from a stage on; in a process of its own."""
    profile, java_cards = PROFILES[name], JavaCards()
    try:
        return run_all(pair(SimCard(profile), java_cards(profile), profile, stage), count, number)
    finally:
        java_cards.close()


def share_of(name: str, stage: Stage) -> int:
    """Return how many sequences of the proof one type of card gets at a stage."""
    weight = {each: 1 if each is Stage.TERMINATED else 7 for each in Stage}
    parts = sum(SHARES.values()) * sum(weight.values())
    return -(-PROOF_SEQUENCES * SHARES[name] * weight[stage] // parts)


@pytest.mark.proof
@pytest.mark.usefixtures("java_cards")
def test_two_cards_answer_many_random_commands_alike() -> None:
    counts: Counter[str] = Counter(dict.fromkeys((*EVENTS, *ANSWERS), 0))
    begins = [(name, stage) for name in PROFILES for stage in Stage]
    workers = min(2, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = [
            pool.submit(alike_at, name, stage, share_of(name, stage), 10_000 * (1 + number))
            for number, (name, stage) in enumerate(begins)
        ]
        for (_, stage), future in zip(begins, running, strict=True):
            done = future.result()
            counts.update(done)
            counts[f"sequences from: {stage.value}"] += done["sequences"]
    assert counts["sequences"] >= PROOF_SEQUENCES
    evidence("applications-alike", dict(sorted(counts.items())), SEED)


class ForgetsToCharge(SimCard):
    """A card that gives a wrong PIN's try back."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command; answer a wrong PIN always with the same number of tries."""
        answer = super().transmit(command)
        return b"\x63\xc2" if answer == b"\x63\xc1" else answer


def test_a_card_that_differs_is_found_and_what_shows_it_is_short() -> None:
    profile = PROFILES[REFERENCE]
    cards = pair(SimCard(profile), ForgetsToCharge(profile), profile, Stage.OWN_PIN)
    with pytest.raises(Disagreement, match="63C1") as failed:
        run(cards, SEQUENCES, 3000, 0)
    (shown, *_) = failed.value.__notes__
    assert 0 < shown.count("(0, 32, 0, 129,") <= 3, "two wrong PINs show it, or three"


@pytest.mark.parametrize("transport", [False, True])
def test_a_card_with_another_pin_is_found(transport: bool) -> None:
    profile = PROFILES[REFERENCE]
    cards = pair(SimCard(profile), SimCard(profile), profile, Stage.OWN_PIN)
    cards.looks()
    (_, other) = cards.application_sides
    sent = (0x2C, 2, 0x81, NEW_PIN) if transport else (0x24, 0, 0x81, NEW_PIN + PIN)
    cards.run([])
    session(other.host)
    assert other.host.sw(0, *sent) == 0x9000
    with pytest.raises(Disagreement, match="PIN"):
        cards.looks()
