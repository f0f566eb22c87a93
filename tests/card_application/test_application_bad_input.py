"""Whatever is wrong with a command, a card says what the contract says, and stays as it was.

Commands with one wrong field come from the contract, in every state, session and interface; what
they have to be answered says an oracle of the order of checks that is neither card's.
"""

from collections import Counter
from random import Random

import pytest

from tests.card_application.application_bad_input import (
    KINDS,
    WITH_ROLES,
    BadData,
    BadInput,
    Wrong,
    wrong_commands,
)
from tests.support.any_card import AnyCard, MakeCard, SimCard, SimCards
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage
from tests.support.terminal import Terminal, stream

SEED = 7
SAMPLE = 10
"""Commands with each field wrong for each situation in `make test`."""
PROOF_SAMPLE = 3000
"""Commands in the proof for each situation, but for those of which it sends all."""
ALL_STAGES = (Stage.BLANK, Stage.ACTIVE, Stage.SUSPENDED, Stage.TERMINATED)
ALL_KINDS = ("no session", "issuer session 01", "issuer session 33", "role session",
             "LOAD session", "INSPECT session")  # fmt: skip
ALL = wrong_commands()
FIELDS = ("CLA", "INS", "P1", "P2", "Lc", "lengths")
BY_FIELD = [[each for each in ALL if each.field == field] for field in FIELDS]
LIVE = [stage for stage in Stage if stage is not Stage.TERMINATED]
BLOCK = 100
LOAD, INSPECT = 0x50, 0x56
"""Key sets of roles whose sessions get random data too."""


def refused(card: AnyCard, stage: Stage, *, proof: bool) -> Counter[str]:
    """Send wrong commands in every situation of a stage."""
    bad = BadInput(card, stage)
    rng = Random(f"{SEED} {stage}")
    for kind in bad.kinds:
        every = stage in ALL_STAGES and kind.name in ALL_KINDS
        if proof:
            commands = rng.sample(ALL, len(ALL) if every else PROOF_SAMPLE)
        else:
            commands = [each for some in BY_FIELD for each in rng.sample(some, SAMPLE)]
        bad.run(kind, commands)
    assert not bad.wrong, "\n".join(bad.wrong[:20])
    return bad.counts


@pytest.mark.parametrize("stage", Stage)
def test_a_wrong_command_gets_the_word_of_the_contract_and_changes_nothing(
    card: AnyCard, stage: Stage
) -> None:
    counts = refused(card, stage, proof=False)
    assert all(any(name.startswith(f"{field} wrong") for name in counts) for field in FIELDS)


@pytest.mark.parametrize("stage", LIVE)
def test_random_data_is_answered_by_a_word_of_the_command_and_a_refused_one_writes_nothing(
    card: AnyCard, stage: Stage
) -> None:
    bad = BadData(card, stage)
    for kvn in (0x00, LOAD, INSPECT) if stage in WITH_ROLES else (0x00,):
        bad.random_data(Random(f"{SEED} {stage}"), 6, kvn)
    assert bad.counts["random data: 6A80"]


def broken_streams(card: AnyCard, step: int) -> Counter[str]:
    """Break a whole personalization at many places, one at a time."""
    bad = BadData(card, Stage.HALF)
    whole = stream(Terminal(card.transmit))
    rng = Random(SEED)
    for at in range(0, len(whole), step):
        flipped = bytes([whole[at] ^ 1 << rng.randrange(8)])
        bad.broken_stream(whole[:at] + flipped + whole[at + 1 :], BLOCK)
        bad.broken_stream(whole[:at] + whole[at + 1 :], BLOCK)
        bad.broken_stream(whole[:at] + flipped + whole[at:], BLOCK)
    return bad.counts


def test_of_a_broken_stream_the_refused_block_stores_nothing(card: AnyCard) -> None:
    counts = broken_streams(card, 37)
    assert counts["broken stream: 6A80"]


@pytest.mark.proof
def test_every_wrong_command_gets_the_word_of_the_contract(java_cards: JavaCards) -> None:
    counts: Counter[str] = Counter({f"{kind.name}: refused": 0 for kind in KINDS})
    makers: tuple[MakeCard, ...] = (SimCards(), java_cards)
    for make_card in makers:
        for stage in Stage:
            counts.update(refused(make_card(), stage, proof=True))
        for stage in LIVE:
            bad = BadData(make_card(), stage)
            for kvn in (0x00, LOAD, INSPECT) if stage in WITH_ROLES else (0x00,):
                bad.random_data(Random(SEED), 200, kvn)
            counts.update(bad.counts)
        counts.update(broken_streams(make_card(), 1))
    evidence("application-bad-input", dict(sorted(counts.items())), SEED)


class Confused(SimCard):
    """A card that looks at P1 before it looks at the state."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command; a VERIFY with another P1 is answered at once."""
        if command[1:2] == b"\x20" and command[2] != 0:
            return b"\x6a\x86"
        return super().transmit(command)


def test_a_card_with_another_order_of_checks_is_found() -> None:
    bad = BadInput(Confused(), Stage.BLANK)
    bad.run(KINDS[0], [Wrong("P1", (0x00, 0x20, 0x01, 0x81, b""))])
    assert len(bad.wrong) == 1
    assert "6a86 and not 6985" in bad.wrong[0]


class Forgetful(SimCard):
    """A card that forgets at an unknown instruction that the PIN has been verified."""

    def transmit(self, command: bytes) -> bytes:
        """Run one command; after 6D00 comes what ends a pending session, and the flags."""
        answer = super().transmit(command)
        if answer == b"\x6d\x00":
            super().transmit(bytes.fromhex("84823300"))
        return answer


def test_a_card_that_forgets_its_holder_is_found() -> None:
    bad = BadInput(Forgetful(), Stage.OWN_PIN)
    (kind,) = (kind for kind in bad.kinds if kind.name == "no session, PIN verified")
    bad.run(kind, [Wrong("INS", (0x00, 0xFF, 0, 0, b""))])
    assert len(bad.wrong) == 1
    assert "verified no more" in bad.wrong[0]
