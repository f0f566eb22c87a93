"""Each stage that tests begin at is reached on each kind of card, and kept."""

import pytest

from tests.support.any_card import AnyCard
from tests.support.stages import Stage, at_stage
from tests.support.terminal import AIDS, Terminal

CODES = {Stage.BLANK: 0x07, Stage.HALF: 0x07, Stage.ACTIVE: 0x1F,
         Stage.SUSPENDED: 0x3F, Stage.TERMINATED: 0x7F}  # fmt: skip


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_reached_and_the_checkpoint_leads_back_to_it(
    card: AnyCard, stage: Stage
) -> None:
    host = at_stage(card, stage)
    if stage is not Stage.TERMINATED:
        host.authenticate()
        host.sw(0x80, 0xF0, 0x40, 0x7F)
    card.restore()
    card.reset()
    fci = Terminal(card.transmit).select(AIDS.instance)[0]
    assert fci[fci.index(b"\x81\x01") + 2] == CODES.get(stage, 0x0F)
