"""Random walks through a card manager: each card answers as the model of the contract predicts.

A run in which something never happened has failed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from applet_spec import spec
from applet_spec.simulated import factory_key, software_profiles
from tests.card_manager.manager_keys import LONG
from tests.card_manager.manager_machine import ManagerMachine
from tests.card_simulator.sim_lasting import IIN, LOCKED, Lasting, key_set
from tests.card_simulator.sim_rules import BLANK
from tests.support.any_card import AnyCard, MakeCard
from tests.support.content import INSTANCE, install_for, load
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.terminal import ISD, Keys, Terminal

SEED = 5
PROOF_EXAMPLES = 120
"""For each start."""
PROFILES = [spec().card_profiles[name] for name in software_profiles()]
MUST_HAPPEN = (
    *(f"{command.name}: 9000" for command in spec().card_manager.values()),
    *(f"commands in card state {state.code:02X}" for state in spec().card_states.values()),
    *(f"sessions at level {level:02X}" for level in (0x01, 0x03, 0x11, 0x13, 0x33)),
    *(f"sessions with i = {profile.i:02X}" for profile in PROFILES),
    "commands",
    "answers predicted",
    "commands to an application without a program",
    "commands while an application is locked",
    "commands while a load file is on its way",
    "commands on the contactless interface",
    "sessions ended by a command in clear",
    "sessions ended by a wrong MAC",
    "power taken away",
    "power cuts",
    "power cuts while a card recovered",
    "power cuts that left the old",
    "power cuts behind an answer",
    "looks at all that the card shows",
)


def administered(card: AnyCard, start: Lasting, keys: Keys) -> Lasting:
    """Bring keys, a load file, two applications and a number onto a card."""
    host = Terminal(card.transmit, keys=keys, size=16 if start.i & 0x01 else 8)
    host.select(ISD)
    host.authenticate(level=0x03)
    assert load(host) == host.install() == 0x9000
    assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    assert host.sw(0x80, 0xF0, 0x40, 0x80, INSTANCE) == 0x9000
    assert host.sw(0x80, 0xE2, 0x90, 0, b"\x42\x01\x77") == 0x9000
    assert host.put_key(0x31, LONG)[1] == 0x9000
    staying = {kvn: each for kvn, each in start.keys.items() if kvn != 0xFF}
    return replace(start, state=BLANK, loaded=True, foreign=LOCKED, numbers={IIN: b"\x77"},
                   keys={**staying, 0x31: key_set(LONG)})  # fmt: skip


def starts(make_card: MakeCard) -> Iterator[tuple[AnyCard, Lasting]]:
    """Yield a card of each type twice, blank and administered, and what it keeps."""
    for profile in PROFILES:
        key = factory_key(profile)
        keys = Keys(key, key, key)
        card = make_card(profile)
        blank = Lasting(keys={profile.factory_version: key_set(keys)}, i=profile.i or 0)
        card.checkpoint()
        yield card, blank
        card.restore()
        card.reset()
        full = administered(card, blank, keys)
        card.checkpoint()
        yield card, full


def walk(make_card: MakeCard, examples: int, steps: int, first_seed: int) -> Counter[str]:
    """Walk so often from each start and return how often what happened."""
    counts: Counter[str] = Counter(dict.fromkeys(MUST_HAPPEN, 0))
    for number, (new, kept) in enumerate(starts(make_card), first_seed):

        @seed(number)
        class Counted(ManagerMachine):
            card = new
            start = kept

        Counted.counts = counts
        run_state_machine_as_test(
            Counted,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                database=None,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
    return counts


def test_a_card_manager_answers_random_commands_as_the_model_predicts(make_card: MakeCard) -> None:
    counts = walk(make_card, 12, 40, SEED)
    never = [event for event in MUST_HAPPEN if not counts[event]]
    assert not never, f"this never happened: {', '.join(never)}"
    assert counts["answers predicted"] > 20 * counts["answers not predicted"]


@pytest.mark.proof
def test_long_walks_on_a_java_card_find_no_answer_that_the_model_does_not_predict(
    java_cards: JavaCards,
) -> None:
    counts = walk(java_cards, PROOF_EXAMPLES, 60, SEED)
    evidence("java-card-walks", dict(sorted(counts.items())), SEED)
