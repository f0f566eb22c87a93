"""Rotation of a software card's issuer keys, and what is left when it is interrupted anywhere."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.reader import Faults, SimReader
from host_lib.drive import drive
from host_lib.errors import CardCryptogramError
from host_lib.flow.rotation import NoKnownKeys, find_issuer_keys, listed, rotate_issuer_keys
from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.errors import KeyNotFound, KeyRetired
from keys_tool.file_store import FileStore
from keys_tool.purpose import Purpose
from keys_tool.rotation import RotationUnfinished, rotate_card
from keys_tool.sam import StoreSam
from keys_tool.vault import ScryptCost


def issued_card(store: FileStore) -> SimReader:
    """Return a card whose transport keys were replaced by issuer keys of version 30."""
    (chip,) = new_chips(1, seed=3)
    reader = SimReader("sim", Card(blank_image(chip)))
    drive(rotate_issuer_keys({0xFF, 0x30}, 0x30), reader, StoreSam(store))
    return reader


@pytest.fixture
def card(store: FileStore) -> Iterator[SimReader]:
    store.generate(Purpose.ISSUER, 0x31)
    with issued_card(store) as reader:
        yield reader


def versions_on(card: SimReader, store: FileStore) -> tuple[tuple[int, ...], tuple[int, ...]]:
    card.reset()
    found = drive(find_issuer_keys({0x30, 0x31}), card, StoreSam(store))
    return found.present, found.opening


def test_the_new_keys_open_the_card_and_the_old_ones_are_gone(
    store: FileStore, card: SimReader
) -> None:
    report = rotate_card(card, store, 0x31)
    assert (report.before, report.opened_with) == ((0x30,), (0x30,))
    assert (report.added, report.deleted, report.after) == (True, (0x30,), (0x31,))
    assert versions_on(card, store) == ((0x31,), (0x31,))


def test_a_second_rotation_to_the_same_version_changes_nothing(
    store: FileStore, card: SimReader
) -> None:
    rotate_card(card, store, 0x31)
    writes = card.card.memory.writes
    report = rotate_card(card, store, 0x31)
    assert (report.added, report.deleted, report.after) == (False, (), (0x31,))
    assert card.card.memory.writes == writes


def test_a_version_that_the_store_has_not_or_has_retired_never_reaches_the_card(
    store: FileStore, card: SimReader
) -> None:
    card.inject(Faults(remove_before=1))
    with pytest.raises(KeyNotFound):
        rotate_card(card, store, 0x32)
    with pytest.raises(KeyNotFound):
        rotate_card(card, store, 0x31, source=0x3A)
    store.retire(Purpose.ISSUER, 0x31)
    with pytest.raises(KeyRetired):
        rotate_card(card, store, 0x31)


def test_a_card_of_another_store_is_untouched_after_one_attempt(
    card: SimReader, path: Path, passphrase: SecretBytes, cheap: ScryptCost
) -> None:
    other = FileStore.create(
        path.with_name("other"), passphrase, contents=initial_contents("Other"), cost=cheap
    )
    other.generate(Purpose.ISSUER, 0x31)
    writes = card.card.memory.writes
    sent: list[int] = []
    original = card.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command[1])
        return original(command, timeout)

    card.transmit = transmit  # type: ignore[method-assign]
    with pytest.raises(CardCryptogramError) as caught:
        rotate_card(card, other, 0x31)
    assert caught.value.changed is Changed.NO
    assert sent.count(0x50) == 1, "one INITIALIZE UPDATE"
    assert 0x82 not in sent, "no EXTERNAL AUTHENTICATE"
    assert card.card.memory.writes == writes


def test_a_card_with_none_of_our_versions_is_not_tried(store: FileStore, card: SimReader) -> None:
    store.generate(Purpose.ISSUER, 0x38)
    with pytest.raises(NoKnownKeys, match="30"):
        rotate_card(card, store, 0x31, source=0x38)


def interrupted(card: SimReader, store: FileStore) -> UnicardError | None:
    try:
        rotate_card(card, store, 0x31)
    except UnicardError as error:
        return error
    return None


def finishes(card: SimReader, store: FileStore, outcomes: Counter[tuple[int, ...]]) -> None:
    present, opening = versions_on(card, store)
    assert present == opening, "every key set on the card opens it"
    assert opening, "the card is within reach"
    outcomes[present] += 1
    assert rotate_card(card, store, 0x31).after == (0x31,)
    assert versions_on(card, store) == ((0x31,), (0x31,))


def test_a_power_cut_at_any_write_leaves_a_card_that_the_same_call_finishes(
    store: FileStore,
) -> None:
    store.generate(Purpose.ISSUER, 0x31)
    outcomes: Counter[tuple[int, ...]] = Counter()
    for write in range(1, 1000):
        card = issued_card(store)
        card.card.memory.cut_power_at(write)
        error = interrupted(card, store)
        if error is None:
            break
        assert error.exit_code in (ExitCode.UNCERTAIN, ExitCode.FAILED)
        finishes(card, store, outcomes)
    assert error is None, "at last it was not cut"
    assert set(outcomes) >= {(0x30,), (0x30, 0x31)}


@pytest.mark.parametrize("kind", ["lose_answer_of", "remove_before"])
def test_a_card_lost_at_any_command_is_finished_by_the_same_call(
    store: FileStore, kind: str
) -> None:
    store.generate(Purpose.ISSUER, 0x31)
    outcomes: Counter[tuple[int, ...]] = Counter()
    said = 0
    for command in range(1, 1000):
        card = issued_card(store)
        card.inject(Faults(**{kind: command}))
        error = interrupted(card, store)
        card.inject(Faults())
        if error is None:
            break
        card.insert()
        if isinstance(error, RotationUnfinished):
            said += 1
            untouched = versions_on(card, store)[0] == (0x30,)
            assert error.changed is (Changed.NO if untouched else Changed.YES)
            assert error.exit_code is (ExitCode.FAILED if untouched else ExitCode.UNCERTAIN)
        finishes(card, store, outcomes)
    assert error is None, "at last it was not lost"
    assert set(outcomes) >= {(0x30,), (0x30, 0x31), (0x31,)}
    # A lost answer leaves a card that can be asked where it stands; a removed card cannot.
    assert (said > 5) == (kind == "lose_answer_of")


def test_a_lost_answer_ends_with_the_state_of_the_card_said(
    store: FileStore, card: SimReader
) -> None:
    original = card.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == 0xE4 and command[0] & 0x80:
            card.transmit = original  # type: ignore[method-assign]
            card.inject(Faults(lose_answer_of=1))
        return original(command, timeout)

    card.transmit = transmit  # type: ignore[method-assign]
    with pytest.raises(RotationUnfinished, match="key versions 31 now and opens with 31") as caught:
        rotate_card(card, store, 0x31)
    assert caught.value.changed is Changed.YES
    assert caught.value.exit_code is ExitCode.UNCERTAIN


def test_versions_are_listed_as_words() -> None:
    assert [listed(()), listed((0x30,)), listed((0x30, 0x31)), listed((1, 2, 3))] == [
        "none",
        "30",
        "30 and 31",
        "01, 02 and 03",
    ]
