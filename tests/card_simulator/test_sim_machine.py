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
    ACTIVE,
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
    TRANSACTION_STARTS,
    Start,
)
from tests.card_simulator.sim_walk import CardWalk
from tests.card_simulator.sim_walk_application import ApplicationWalk
from tests.card_simulator.sim_walk_manager import ManagerWalk
from tests.card_simulator.sim_walk_transactions import TransactionWalk


class WholeWalk(ApplicationWalk, ManagerWalk):
    """Everything that can be done with a card."""


WALKS: tuple[tuple[type[CardWalk], tuple[Start, ...], int], ...] = (
    (ApplicationWalk, APPLICATION_STARTS, 1),
    (TransactionWalk, TRANSACTION_STARTS, 2),
    (ManagerWalk, MANAGER_STARTS, 1),
    (WholeWalk, OTHER_STARTS, 1),
)
"""Where each kind of walk begins, and how many times as often as others it is done.

With fewer things to do, the rare ones come often enough.
"""


STATES = (ABSENT, BLANK, PERSONALIZED, ACTIVE, SUSPENDED, TERMINATED)
CARD_STATES = (0x01, 0x07, 0x0F, 0x7F, 0xFF)
REFUSALS = ("6982", "6985", "6A80", "6A88", *(f"940{n}" for n in range(1, 10)), "9481", "9482")
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
    "transaction answered 9000, new number",
    "transaction answered 9000, no new number",
    "reverse answered 9000, new number",
    "reverse answered 6985, no new number",
    "query answered 9000, no new number",
    *(f"transaction answered {word}, no new number" for word in REFUSALS),
)


def walk(examples: int, steps: int, *, same_every_time: bool) -> Counter[str]:
    """Run so many random walks from each start and return how often what happened."""
    counts: Counter[str] = Counter(dict.fromkeys(MUST_HAPPEN, 0))
    for kind, start, times in [(kind, s, n) for kind, starts, n in WALKS for s in starts]:

        class Counted(kind):  # type: ignore[valid-type, misc]
            pass

        Counted.counts, Counted.start = counts, start
        run_state_machine_as_test(
            Counted,
            settings=settings(
                max_examples=times * examples,
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
