"""A card that refuses in the middle: whatever it refuses, its record is on no second chip."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from card_simulator.memory import Image
from card_simulator.reader import SimReader
from host_lib.drive import drive
from host_lib.errors import CardRemoved
from host_lib.flow.base import Flow
from keys_tool.errors import CertificateRequestInvalid
from personalization import steps
from personalization.errors import CardInTheMaking
from personalization.journal import Journal
from personalization.journal_schema import State
from personalization.outcome import Outcome
from personalization.station import personalize
from tests.personalization.perso_bureau import (
    Bureau,
    blanks,
    inserted,
    memory_folder,
    new_store,
    prepared_batch,
)

PUT_KEY, INSTALL, GENERATE, STORE_DATA, GET_DATA, SET_STATUS = 0xD8, 0xE6, 0x46, 0xE2, 0xCB, 0xF0
REFUSAL = bytes.fromhex("6985")


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Bureau]:
    """Give a bureau with more records than any test here needs."""
    with (
        memory_folder(tmp_path) as memory,
        new_store(memory / "keys.unicard") as store,
        Journal(memory / "bureau.journal", create=True) as journal,
    ):
        yield prepared_batch(memory, store, journal, 80, seed=12)


def through(reader: SimReader, change: Callable[[bytes, Callable[[], bytes]], bytes]) -> None:
    """Let a function have each command and the way to the card, and return the answer."""
    original = reader.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        return change(command, lambda: original(command, timeout))

    reader.transmit = transmit  # type: ignore[method-assign]


def lose_answer(reader: SimReader, ins: int, nth: int) -> None:
    """Take the card out after the nth command of an instruction, before its answer."""
    seen = 0

    def change(command: bytes, ask: Callable[[], bytes]) -> bytes:
        nonlocal seen
        answer = ask()
        seen += command[1] == ins
        if command[1] == ins and seen == nth:
            raise CardRemoved("the card was removed")
        return answer

    through(reader, change)


def refuse(reader: SimReader, nth: int) -> Callable[[], int]:
    """Refuse the nth command from now; the card never sees it. Return how many were sent."""
    sent = 0

    def change(_command: bytes, ask: Callable[[], bytes]) -> bytes:
        nonlocal sent
        sent += 1
        return REFUSAL if sent == nth else ask()

    through(reader, change)
    return lambda: sent


def interrupted(bureau: Bureau, image: Image, ins: int, nth: int) -> Image:
    """Return the memory of a card that was interrupted in the making."""
    with inserted(image) as reader:
        lose_answer(reader, ins, nth)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        return reader.card.memory.image


def holds_data(reader: SimReader) -> bool:
    """Say whether a card has a card serial of ours, by the card's own word."""
    return drive(steps.observe(), reader).card_serial is not None


@pytest.mark.parametrize(
    ("ins", "nth"),
    [
        *((PUT_KEY, 1), (INSTALL, 1), (GENERATE, 1), (STORE_DATA, 1), (STORE_DATA, 3)),
        *((GET_DATA, 1), (SET_STATUS, 1), (SET_STATUS, 2)),
    ],
    ids=lambda value: f"{value:X}",
)
def test_no_refusal_of_a_resumed_card_sends_its_record_to_a_second_chip(
    many: Bureau, ins: int, nth: int
) -> None:
    images = blanks(80, seed=3)
    refusal, spoiled = 0, 0
    while True:
        refusal += 1
        image = interrupted(many, images.pop(), ins, nth)
        with inserted(image) as reader:
            sent = refuse(reader, refusal)
            result = many.visit(reader)
            if sent() < refusal:
                break
            spoiled += result.outcome is Outcome.SPOILED
            chip = many.journal.chip(reader.card.chip.serial)
            assert chip is not None
            entry = many.journal.entry(chip.record)
            reader.reset()
            if holds_data(reader):
                assert entry.state is not State.WAITING, (refusal, result.message)
                assert entry.chip == chip.serial
    assert result.outcome in (Outcome.ISSUED, Outcome.ALREADY_DONE)
    assert spoiled, "no refusal fell into the work"


def test_a_card_that_forgets_what_it_was_told_after_its_keys_is_spoiled_with_its_record(
    bureau: Bureau,
) -> None:
    """The journal cannot know whether data followed the keys, and a card that forgot tells not."""
    (image,) = blanks(1)
    interrupted(bureau, image, STORE_DATA, 3)
    with inserted(image) as reader:  # the same chip, blank again
        assert bureau.visit(reader).outcome is Outcome.SPOILED
    assert bureau.entries()[0].state is State.SPOILED


def test_a_refusal_before_any_data_spoils_the_blank_and_frees_its_record(bureau: Bureau) -> None:
    (image,) = blanks(1)
    image = interrupted(bureau, image, PUT_KEY, 1)
    with inserted(image) as reader:
        through(reader, lambda command, ask: REFUSAL if command[1] == INSTALL else ask())
        assert bureau.visit(reader).outcome is Outcome.SPOILED
    assert {entry.state for entry in bureau.entries()} == {State.WAITING}


@pytest.mark.parametrize("point", [b"\x04" + bytes(64), bytes(65)], ids=["04", "00"])
def test_a_card_whose_public_key_is_no_point_is_spoiled_and_the_station_goes_on(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, point: bytes
) -> None:
    image, other = blanks(2)
    with monkeypatch.context() as patched, inserted(image) as reader:
        patched.setattr(steps, "make_key_pair", lambda _session: answered(point))
        result = bureau.visit(reader)
    assert result.outcome is Outcome.SPOILED
    assert "public key" in result.message
    with inserted(other) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED


def answered(point: bytes) -> Flow[bytes]:
    """Stand in for a GENERATE KEY PAIR whose answer is this point."""
    yield from ()
    return point


def test_a_fault_of_the_bureau_in_the_middle_of_a_card_says_that_the_card_may_be_changed(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> bytes:
        raise CertificateRequestInvalid("the dates are no dates")

    (image,) = blanks(1)
    monkeypatch.setattr("personalization.making.issue_card_certificate", refused)
    with inserted(image) as reader, bureau.bench() as bench:
        with pytest.raises(CardInTheMaking, match="the dates are no dates") as caught:
            personalize(bench, reader)
        assert caught.value.exit_code == 4
        assert caught.value.changed.name == "UNKNOWN"
        assert "put the card back" in caught.value.advice
    assert bureau.entries()[0].state is State.KEYS_CHANGED
