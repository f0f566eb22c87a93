"""The software card and the Java card, written apart from the same contract, answer alike.

hypothesis draws what a terminal does; both cards get it, each in its own sessions, and every byte
of their answers that is not random must agree, and what they show of themselves after power cuts.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.card_application.application_pair import ApplicationPair
from tests.card_application.application_steps import CUTS, HOLDER, STEP, Send, Step
from tests.support.any_card import SimCard
from tests.support.stages import Stage
from tests.support.terminal import Keys
from tests.support.two_cards import Disagreement

SEED = 6
LONGEST = 8

SEQUENCES = st.lists(STEP, min_size=1, max_size=LONGEST)
WITH_A_CUT = st.builds(
    lambda before, cut, after: [*before, cut, *after],
    st.lists(STEP, max_size=3), CUTS, st.lists(STEP, max_size=2),
)  # fmt: skip


def run(
    cards: ApplicationPair, sequences: st.SearchStrategy[list[Step]], count: int, at: int = SEED
) -> None:
    """Run so many sequences; one that fails is told as short as it can be."""

    @seed(at)
    @settings(
        max_examples=count, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(steps=sequences)
    def answer_alike(steps: list[Step]) -> None:
        cards.run(steps)

    answer_alike()


def two_software_cards(stage: Stage, other: Callable[[], SimCard] = SimCard) -> ApplicationPair:
    return ApplicationPair(SimCard(), other(), stage, Keys())
