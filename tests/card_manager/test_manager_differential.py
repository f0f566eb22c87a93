"""The software card and the Java card, written apart from the same contract, answer alike.

Random commands, right ones and wrong ones, go to both, each in its own session; every byte of the
answers that is not random must agree.
"""

import time
from collections import Counter
from random import Random

import pytest

from applet_spec import CardProfile, spec
from applet_spec.simulated import factory_key, software_profiles
from tests.card_manager.manager_pair import NAMES, Pair
from tests.card_manager.manager_steps import GOOD, Load, PutKey, Send, Step, sequence, shortest
from tests.support.any_card import AnyCard, SimCard
from tests.support.content import PACKAGE, cap
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.two_cards import Disagreement

SEED = 5
PROOF_SEQUENCES = 4000
"""For each card type."""
PROOF_SECONDS = 240
"""What a slow machine may take for all of them; each type gets its part."""

PROFILES = [spec().card_profiles[name] for name in software_profiles()]
FILLINGS = ("applications", "load files", "key sets", "bytes", "locks")
EVENTS = (
    "sequences", "resets",
    *(f"tampered: {how}" for how in ("flip", "cut", "more", "twice", "skip")),
    *(f"sessions at level {level:02X}" for level in (0x01, 0x03, 0x11, 0x13, 0x33)),
    *(f"fillings with {what}" for what in FILLINGS),
)  # fmt: skip
COMMANDS = spec().card_manager.values()
OF_ALL = frozenset.intersection(*(frozenset(s.pattern for s in each.status) for each in COMMANDS))
ANSWERS = tuple(
    f"{NAMES[each.ins]}: {status.pattern}"
    for each in COMMANDS
    for status in each.status
    if status.pattern not in OF_ALL or status.pattern == "9000"
)
"""Every status word that a command has and not each; DELETE KEY counts as DELETE."""


def pair(java_cards: JavaCards, profile: CardProfile) -> Pair:
    key = factory_key(profile)
    cards: tuple[AnyCard, AnyCard] = SimCard(profile), java_cards(profile)
    return Pair(*cards, profile.i or 0, key, profile.factory_version)


def run(cards: Pair, steps: list[Step]) -> None:
    """Run a sequence; one that fails is told as short as it can be."""

    def words(some: list[Step]) -> str:
        try:
            cards.run(some)
        except Disagreement as difference:
            return str(difference)
        return ""

    if found := words(steps):
        least = shortest(steps, lambda some: words(some) == found)
        lines = "\n".join(f"    {step}" for step in least)
        pytest.fail(f"software card and Java card: {found}\n{lines}")


@pytest.mark.parametrize("profile", PROFILES, ids=[profile.name for profile in PROFILES])
def test_two_cards_answer_random_commands_alike(
    java_cards: JavaCards, profile: CardProfile
) -> None:
    cards = pair(java_cards, profile)
    rng = Random(SEED)
    for _ in range(200):
        run(cards, sequence(rng))
    done = {name for name in NAMES.values() if cards.counts[f"{name}: 9000"]}
    assert done == set(NAMES.values())


@pytest.mark.proof
def test_two_cards_answer_many_random_commands_alike(java_cards: JavaCards) -> None:
    counts: Counter[str] = Counter(dict.fromkeys((*EVENTS, *ANSWERS), 0))
    rng = Random(SEED)
    for profile in PROFILES:
        cards = pair(java_cards, profile)
        end = time.monotonic() + PROOF_SECONDS / len(PROFILES)
        for number in range(PROOF_SEQUENCES):
            if time.monotonic() > end:
                break
            run(cards, sequence(rng))
            counts[f"sequences with i = {profile.i:02X}"] = number + 1
        counts.update(cards.counts)
    evidence("card-managers-alike", dict(sorted(counts.items())), SEED)


class Refusing(SimCard):
    """A card that takes no keys."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command, but for PUT KEY."""
        return b"\x6a\x80" if command[1:2] == b"\xd8" else super().transmit(command)


def test_a_card_that_differs_is_found_and_what_shows_it_is_short() -> None:
    rng = Random(SEED)
    steps: list[Step] = [Send(GOOD(rng)) for _ in range(8)]
    steps += [PutKey(0x30, 0, 0x81, ((1, 16),) * 3), Load(PACKAGE, cap(), 200)]
    with pytest.raises(pytest.fail.Exception, match="d8: ") as failed:
        run(Pair(SimCard(), Refusing(), 0x60, factory_key(PROFILES[0]), 0xFF), steps)
    assert len(str(failed.value).splitlines()) == 2
