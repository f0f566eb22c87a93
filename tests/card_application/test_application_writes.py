"""What a card writes to its persistent memory: nothing where it refuses, or is only asked."""

import pytest

from tests.support.any_card import AnyCard, MakeCard
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import (
    AIDS,
    CARDHOLDER,
    FINGER,
    NEW_PIN,
    Terminal,
    dgi,
    receipt_key_dgi,
    role_keys,
)

BESIDE = {
    0x0301: dgi(0x0301, FINGER),
    0x0102: dgi(0x0102, CARDHOLDER),
    0x8401: receipt_key_dgi(Terminal(lambda _command: b"")),
}
"""DGIs whose values no transaction takes: they are too long, or a key."""


@pytest.fixture(scope="module")
def personalized(make_card: MakeCard) -> tuple[AnyCard, Terminal]:
    """Give a card that has everything, in its reader."""
    card = make_card()
    return card, at_stage(card, Stage.ROLE_KEYS)


@pytest.mark.parametrize("tag", BESIDE, ids="{:04X}".format)
def test_a_value_beside_transactions_that_came_whole_is_not_written_where_the_command_is_refused(
    personalized: tuple[AnyCard, Terminal], tag: int
) -> None:
    card, host = personalized
    session(host)
    kept = card.kept
    assert host.sw(0x80, 0xE2, 0x08, 0, BESIDE[tag] + dgi(0x0999, b"?")) == 0x6A88
    assert card.kept == kept
    assert host.sw(0x80, 0xE2, 0x08, 0, BESIDE[tag]) == 0x9000
    assert card.kept != kept


def test_selecting_reading_and_sessions_write_nothing(
    personalized: tuple[AnyCard, Terminal],
) -> None:
    card, host = personalized
    kept = card.kept
    for kvn in (0, 0x51):
        assert host.select(AIDS.instance)[1] == 0x9000
        terminal = Terminal(card.transmit, keys=role_keys(kvn)) if kvn else host
        terminal.authenticate(kvn)
        assert terminal.send(0, 0xCA, 0x00, 0x5A)[1] == 0x9000
        assert terminal.send(0, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C027F21"))[1] == 0x9000
        assert terminal.sw(0x80, 0xE2, 0x08, 1, b"?") in (0x6A86, 0x6982)
    host.level = 0
    host.select(AIDS.instance)
    assert host.sw(0, 0x88, 0, 0, bytes(17)) == 0x9000
    assert host.sw(0, 0x20, 0, 0x81) == 0x63C3
    assert card.kept == kept
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
