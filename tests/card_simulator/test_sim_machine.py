"""Random commands, valid and not, with power cuts in them: the card answers as a model predicts.

`sim_walk` has what is looked at after each of them. A run that did not reach every command's
success and every state that a command leads to fails.
"""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from applet_spec import spec
from tests.card_simulator.sim_rules import (
    ABSENT,
    APP,
    BLANK,
    MANAGER,
    PERSONALIZED,
    RULES,
    SUSPENDED,
    TERMINATED,
)
from tests.card_simulator.sim_starts import (
    APPLICATION_STARTS,
    MANAGER_STARTS,
    OTHER_STARTS,
    PROFILES,
    Start,
)
from tests.card_simulator.sim_walk import CardWalk
from tests.card_simulator.sim_walk_application import ApplicationWalk
from tests.card_simulator.sim_walk_manager import ManagerWalk


class WholeWalk(ApplicationWalk, ManagerWalk):
    """Everything that can be done with a card."""


WALKS: tuple[tuple[type[CardWalk], tuple[Start, ...]], ...] = (
    (ApplicationWalk, APPLICATION_STARTS),
    (ManagerWalk, MANAGER_STARTS),
    (WholeWalk, OTHER_STARTS),
)
"""Where each kind of walk begins: with fewer things to do, the rare ones come often enough."""


STATES = (ABSENT, BLANK, PERSONALIZED, SUSPENDED, TERMINATED)
CARD_STATES = (0x01, 0x07, 0x0F, 0x7F, 0xFF)
MUST_HAPPEN = (
    *(f"{target}: {rule.name}" for target, rules in RULES.items() for rule in rules),
    *(f"INSTALL with P1 {p1:02X}" for p1 in (0x02, 0x04, 0x08, 0x0C, 0x20)),
    *(f"steps in state {state}" for state in STATES),
    *(f"steps in card state {state:02X}" for state in CARD_STATES),
    *(f"steps with i = {spec().card_profiles[name].i:02X}" for name in PROFILES),
    "steps with our application locked",
    "steps with a foreign application locked",
    "steps with an application installed only",
    "steps with an application without a program",
    "steps with a load file on its way",
    "personalizations through the domain",
    "steps with a verified PIN",
    "steps with an open session",
    "steps with a role session",
    "commands refused to a role",
    "personalizations",
    "commands refused by a blocked PIN",
    "sessions ended by a command in clear",
    "sessions ended by a wrong MAC",
    "cuts that left the old",
    "cuts that left the new",
    "cuts that cost a try",
    "answers predicted",
)
"""ACTIVE is missing: the command that activates a card is a draft of the contract."""


def walk(examples: int, steps: int, *, same_every_time: bool) -> Counter[str]:
    """Run so many random walks from each start and return how often what happened."""
    counts: Counter[str] = Counter(dict.fromkeys(MUST_HAPPEN, 0))
    for kind, start in [(kind, start) for kind, starts in WALKS for start in starts]:

        class Counted(kind):  # type: ignore[valid-type, misc]
            pass

        Counted.counts, Counted.start = counts, start
        run_state_machine_as_test(
            Counted,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=same_every_time,
                database=None,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
    return counts


def test_the_card_answers_random_commands_as_the_model_predicts() -> None:
    counts = walk(25, 40, same_every_time=True)
    never = [event for event in MUST_HAPPEN if not counts[event]]
    assert not never, f"this never happened: {', '.join(never)}"
    assert counts["answers predicted"] > 20 * counts["answers not predicted"]


def test_the_model_knows_every_command_of_the_contract() -> None:
    for target, book in ((APP, spec().commands), (MANAGER, spec().card_manager)):
        written = {rule.name: rule.ins for rule in RULES[target]}
        assert written == {c.name: c.ins for c in book.values() if not c.draft}
