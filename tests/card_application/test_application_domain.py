"""A card is personalized through its issuer's domain, which stays selected meanwhile (SDI-06)."""

import pytest

from tests.support.any_card import AnyCard
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import AIDS, ISD, NEW_PIN, PIN, lv, stream


@pytest.mark.parametrize("size", [200, 7])
def test_all_data_the_pin_too_may_come_through_the_domain_in_blocks_of_any_size(
    card: AnyCard, size: int
) -> None:
    host = at_stage(card, Stage.BLANK)
    session(host)
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    host.level = 0
    assert host.select(ISD)[1] == 0x9000
    host.authenticate()
    whom = bytes(2) + lv(AIDS.instance) + bytes(3)
    assert host.sw(0x80, 0xE6, 0x20, 0, whom) == 0x9000
    assert set(host.store(stream(host), size)) == {0x9000}
    host.level = 0
    assert b"\x81\x01\x0f" in host.select(AIDS.instance)[0]
    assert host.sw(0, 0x24, 0, 0x81, PIN + NEW_PIN) == 0x9000
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
