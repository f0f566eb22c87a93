"""The decision table is complete, cautious, and the one that the operator reads."""

from itertools import product
from pathlib import Path

import pytest

from personalization.decision import (
    TABLE,
    Observation,
    Says,
    Verdict,
    decide,
    table_as_text,
    what_it_says,
)
from personalization.journal_schema import ORDER, State

DOC = Path(__file__).parents[2] / "docs" / "personalization.md"
SERIAL, OTHER = bytes(8), bytes(7) + b"\1"
RESUMING = (Verdict.KEYS, Verdict.INSTALL, Verdict.VERIFY, Verdict.SECURE)


def test_the_table_has_a_verdict_for_every_state_and_every_answer() -> None:
    states = [None, *ORDER, State.SPOILED]
    assert [row.journal for row in TABLE] == states
    for state, says in product(states, Says):
        assert isinstance(decide(state, says), Verdict)


def test_the_docs_print_the_table_that_the_stations_use() -> None:
    assert "\n".join(table_as_text()) in DOC.read_text("utf-8")


def test_a_blank_is_taken_only_when_its_chip_is_unknown() -> None:
    taken = [(r.journal, s) for r in TABLE for s, v in r.verdicts.items() if v is Verdict.TAKE]
    assert taken == [(None, Says.BLANK)]


def test_no_card_is_written_that_is_another_s_in_use_or_finished() -> None:
    for row in TABLE:
        for says in (Says.OTHER_SERIAL, Says.IN_USE, Says.OTHER_KEYS, Says.TERMINATED):
            assert row.verdicts[says] not in RESUMING
    for state in (State.DONE, State.SPOILED):
        assert not {decide(state, says) for says in Says} & {*RESUMING, Verdict.TAKE}


def test_a_card_never_resumes_behind_what_the_journal_knows() -> None:
    first_step = {Verdict.KEYS: 0, Verdict.INSTALL: 1, Verdict.VERIFY: 2, Verdict.SECURE: 3}
    known = {State.LEASED: 0, State.KEYS_CHANGED: 1, State.DATA_WRITTEN: 2, State.VERIFIED: 3}
    for state, least in known.items():
        for says in Says:
            verdict = decide(state, says)
            assert first_step.get(verdict, least) >= least, (state, says)


def seen(
    versions: tuple[int, ...], state: str | None = None, serial: bytes | None = None
) -> Observation:
    return Observation(bytes(10), versions, state, serial, "1.0")


@pytest.mark.parametrize(
    ("observation", "says"),
    [
        (seen((0xFF,)), Says.BLANK),
        (seen((0xFF,), "BLANK"), Says.BLANK),
        (seen((0x30,)), Says.OUR_KEYS),
        (seen((0x30,), "BLANK"), Says.OUR_KEYS),
        (seen((0x30,), "BLANK", SERIAL), Says.ANCHORED),
        (seen((0x30,), "PERSONALIZED", SERIAL), Says.PERSONALIZED),
        (seen((0x30,), "BLANK", OTHER), Says.OTHER_SERIAL),
        (seen((0x30,), "ACTIVE", OTHER), Says.OTHER_SERIAL),
        (seen((0x30,), "ACTIVE", SERIAL), Says.IN_USE),
        (seen((0x31,), "SUSPENDED", SERIAL), Says.IN_USE),
        (seen((0x31,), "PERSONALIZED", SERIAL), Says.OTHER_KEYS),
        (seen((0xFF, 0x30)), Says.OTHER_KEYS),
        (seen(()), Says.OTHER_KEYS),
        (seen((0xFF,), "BLANK", SERIAL), Says.OTHER_KEYS),
        (seen((0xFF,), "PERSONALIZED"), Says.OTHER_KEYS),
        (seen((0x30,), "TERMINATED"), Says.TERMINATED),
    ],
)
def test_what_a_card_says_has_one_column(observation: Observation, says: Says) -> None:
    assert what_it_says(observation, 0x30, SERIAL) is says


def test_a_card_serial_on_an_unknown_chip_is_always_another_s() -> None:
    assert what_it_says(seen((0xFF,), "BLANK", SERIAL), 0x30, None) is Says.OTHER_SERIAL
