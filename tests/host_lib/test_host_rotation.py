"""Issuer keys rotate: interrupted anywhere, the card opens, and a second run ends it."""

from collections import Counter
from dataclasses import dataclass

import pytest

from applet_spec import Changed, ExitCode
from card_simulator.reader import Faults, SimReader
from host_lib.apdu import Apdu
from host_lib.drive import drive
from host_lib.errors import CardCryptogramError, CardRemoved, ReaderTimeout
from host_lib.flow.rotation import (
    KeyFindings,
    NewKeysDoNotOpen,
    NoKnownKeys,
    Rotation,
    RotationInterrupted,
    find_issuer_keys,
    rotate_issuer_keys,
)
from tests.support.cards import BLANK, NEW, OLD, issued_card, issuer, stranger
from tests.support.evidence import evidence


def rotate(reader: SimReader) -> Rotation:
    return drive(rotate_issuer_keys({OLD, NEW}, NEW), reader, issuer)


def found(reader: SimReader) -> KeyFindings:
    return drive(find_issuer_keys({BLANK, OLD, NEW}), reader, issuer)


def commands_and_writes_of_one_rotation() -> tuple[int, int]:
    reader = issued_card()
    sent = Counter[str]()
    transmit = reader.transmit

    def counted(command: bytes, timeout: float | None = None) -> bytes:
        sent[f"{command[1]:02X}"] += 1
        return transmit(command, timeout)

    reader.transmit = counted  # type: ignore[method-assign]
    before = reader.card.memory.writes
    rotate(reader)
    return sent.total(), reader.card.memory.writes - before


def test_a_rotation_adds_proves_and_then_deletes() -> None:
    reader = issued_card()
    assert rotate(reader) == Rotation(NEW, added=True, deleted=(OLD,))
    assert found(reader) == KeyFindings(present=(NEW,), opening=(NEW,))


def test_a_rotation_that_is_already_done_changes_nothing() -> None:
    reader = issued_card()
    rotate(reader)
    before = reader.card.memory.image
    assert rotate(reader) == Rotation(NEW, added=False, deleted=())
    assert reader.card.memory.image == before


def test_the_blank_key_set_goes_with_the_first_issuer_set() -> None:
    reader = issued_card()
    assert found(reader) == KeyFindings(present=(OLD,), opening=(OLD,))


@dataclass
class Recoveries:
    """How often what was found after an interruption."""

    counts: Counter[str]

    def finish(self, reader: SimReader) -> None:
        """Interrogate the card, then rotate again: it must open before and end rotated."""
        facts = found(reader)
        assert facts.opening == facts.present, "a key set that the issuer cannot open"
        names: dict[tuple[int, ...], str] = {(OLD,): "only the old set", (NEW,): "only the new set"}
        self.counts[names.get(facts.present, "both sets")] += 1
        rotate(reader)
        assert found(reader) == KeyFindings(present=(NEW,), opening=(NEW,))


def power_cut_at_every_write() -> Counter[str]:
    _, writes = commands_and_writes_of_one_rotation()
    recoveries = Recoveries(Counter())
    for write in range(1, writes + 1):
        for torn in (0, 1):
            reader = issued_card()
            reader.card.memory.cut_power_at(write, torn)
            with pytest.raises((CardRemoved, RotationInterrupted)):
                rotate(reader)
            reader.reset()
            recoveries.finish(reader)
            recoveries.counts["power cuts"] += 1
    return recoveries.counts


def test_power_cut_at_every_write_of_a_rotation_leaves_a_card_that_a_second_run_finishes() -> None:
    counts = power_cut_at_every_write()
    assert {"only the old set", "both sets", "power cuts"} <= counts.keys()


@pytest.mark.proof
def test_proof_of_rotation_under_power_cuts() -> None:
    evidence("rotation-power-cuts", power_cut_at_every_write())


@pytest.mark.parametrize("fault", ["answer lost", "card removed"])
def test_a_rotation_interrupted_at_every_command_is_finished_by_a_second_run(fault: str) -> None:
    commands, _ = commands_and_writes_of_one_rotation()
    recoveries = Recoveries(Counter())
    for number in range(1, commands + 1):
        reader = issued_card()
        lost = fault == "answer lost"
        reader.inject(Faults(lose_answer_of=number) if lost else Faults(remove_before=number))
        with pytest.raises((CardRemoved, ReaderTimeout, RotationInterrupted)):
            rotate(reader)
        reader.inject(Faults())
        reader.insert()
        reader.reset()
        recoveries.finish(reader)
    assert recoveries.counts.keys() == {"only the old set", "both sets"} | (
        {"only the new set"} if fault == "answer lost" else set()
    )


def test_after_put_key_is_lost_the_error_says_that_the_outcome_is_unknown_and_what_to_do() -> None:
    reader = issued_card()
    # To find the keys: SELECT, GET DATA twice, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, SELECT.
    # Then: SELECT, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, PUT KEY.
    reader.inject(Faults(lose_answer_of=10))
    with pytest.raises(RotationInterrupted) as caught:
        rotate(reader)
    assert caught.value.exit_code is ExitCode.UNCERTAIN
    assert "run the same command again" in caught.value.advice


@pytest.mark.parametrize("written", [True, False])
def test_after_a_put_key_that_is_304_seconds_late_the_next_run_finds_which_set_opens(
    written: bool,
) -> None:
    reader = issued_card()
    sent: list[int] = []
    transmit = reader.transmit

    def late(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command[1])
        if command[1] != 0xD8:
            return transmit(command, timeout)
        if not written:
            raise ReaderTimeout("the card takes 304 seconds, and its power was taken before")
        reader.inject(Faults(answer_late=1, late_by=304))
        return transmit(command, timeout)

    reader.transmit = late  # type: ignore[method-assign]
    with pytest.raises(RotationInterrupted, match="PUT KEY") as caught:
        rotate(reader)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.UNKNOWN, ExitCode.UNCERTAIN)
    assert sent.count(0xD8) == 1, "the command is not repeated by itself"
    reader.transmit = transmit  # type: ignore[method-assign]
    reader.inject(Faults())
    reader.reset()
    expected = (OLD, NEW) if written else (OLD,)
    assert found(reader) == KeyFindings(present=expected, opening=expected)
    assert rotate(reader) == Rotation(NEW, added=not written, deleted=(OLD,))


def test_wrong_keys_end_the_attempt_before_external_authenticate() -> None:
    reader = issued_card()
    instructions: list[int] = []
    transmit = reader.transmit

    def watched(command: bytes, timeout: float | None = None) -> bytes:
        instructions.append(Apdu.parse(command).ins)
        return transmit(command, timeout)

    reader.transmit = watched  # type: ignore[method-assign]
    before = reader.card.memory.image
    with pytest.raises(CardCryptogramError):
        drive(rotate_issuer_keys({OLD, NEW}, NEW), reader, stranger)
    assert 0x50 in instructions
    assert 0x82 not in instructions
    assert reader.card.memory.image == before


def test_a_new_key_set_that_does_not_open_is_reported_and_the_old_one_kept() -> None:
    reader = issued_card()
    # To find the old keys, to open with them, for PUT KEY, and to open with the new ones.
    answers = iter((issuer, issuer, issuer, stranger))
    with pytest.raises(NewKeysDoNotOpen) as caught:
        drive(rotate_issuer_keys({OLD, NEW}, NEW), reader, lambda call: next(answers)(call))
    assert caught.value.changed is Changed.YES
    assert found(reader) == KeyFindings(present=(OLD, NEW), opening=(OLD, NEW))


def test_a_card_that_refuses_to_delete_the_old_set_is_reported_as_changed() -> None:
    reader = issued_card()
    transmit = reader.transmit

    def refusing(command: bytes, timeout: float | None = None) -> bytes:
        return b"\x69\x85" if command[1] == 0xE4 else transmit(command, timeout)

    reader.transmit = refusing  # type: ignore[method-assign]
    with pytest.raises(RotationInterrupted) as caught:
        rotate(reader)
    assert caught.value.changed is Changed.YES
    reader.transmit = transmit  # type: ignore[method-assign]
    assert found(reader) == KeyFindings(present=(OLD, NEW), opening=(OLD, NEW))


def test_a_card_of_another_issuer_is_left_alone() -> None:
    reader = issued_card()
    before = reader.card.memory.image
    with pytest.raises(NoKnownKeys, match="30"):
        drive(rotate_issuer_keys({0x35}, 0x35), reader, issuer)
    assert reader.card.memory.image == before


def test_find_names_only_the_versions_that_open() -> None:
    reader = issued_card()
    facts = drive(find_issuer_keys({OLD, NEW}), reader, stranger)
    assert facts == KeyFindings(present=(OLD,), opening=())
