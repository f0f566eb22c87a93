"""What a rotation that stopped tells: how the card stands, and advice that helps."""

from collections.abc import Callable

import pytest

from applet_spec import Changed, ExitCode
from card_simulator.key_sets import KeySets
from card_simulator.reader import Faults, SimReader
from host_lib.errors import ReaderTimeout
from host_lib.flow.planned import DiffersFromPlan
from host_lib.flow.rotation import NewKeysDoNotOpen
from keys_tool.file_store import FileStore
from keys_tool.finding import find_keys
from keys_tool.purpose import Purpose
from keys_tool.rotation import RotationUnfinished, plan_rotation, rotate_card
from tests.support.card_kinds import Kind, cells_but_sequences, issued, static

REFERENCE, BARE_ANSWERS = Kind(0x60, 0x30, 0x31), Kind(0x00, 0x30, 0x31)
LOOKED = 12
"""So many commands find out what is to be done, this one included: the first that does it."""
PUT_KEY, DELETE, INITIALIZE_UPDATE = 0xD8, 0xE4, 0x50
Change = Callable[[bytes, Callable[[bytes], bytes]], bytes]


@pytest.fixture
def rotating(store: FileStore) -> FileStore:
    """Give a store with an old and a new issuer master."""
    store.generate(Purpose.ISSUER, 0x31)
    return store


def altered(card: SimReader, change: Change) -> SimReader:
    """Put something between host and card: it gets each command, and the way to the card."""
    transmit = card.transmit

    def through(command: bytes, timeout: float | None = None) -> bytes:
        return change(command, lambda sent: transmit(sent, timeout))

    card.transmit = through  # type: ignore[method-assign]
    return card


def with_foreign_sets(store: FileStore, *versions: int) -> SimReader:
    card = issued(REFERENCE, store)
    for version in versions:
        KeySets(card.card.memory).store(version, static(store.issuer_keys(0x30, bytes(10))))
    return card


def test_key_sets_of_others_stay_on_the_card(rotating: FileStore) -> None:
    card = with_foreign_sets(rotating, 0x21, 0x22)
    foreign = {
        name: value
        for name, value in cells_but_sequences(card.card.memory.image).items()
        if name.startswith(("isd.keys.21", "isd.keys.22"))
    }
    assert len(foreign) == 2
    report = rotate_card(card, rotating, 0x31)
    assert (report.deleted, report.after) == ((0x30,), (0x21, 0x22, 0x31))
    assert foreign.items() <= cells_but_sequences(card.card.memory.image).items()


def test_a_card_without_room_refuses_and_running_again_is_not_the_first_advice(
    rotating: FileStore,
) -> None:
    card = with_foreign_sets(rotating, 0x21, 0x22, 0x23)
    with pytest.raises(RotationUnfinished, match="6A84") as caught:
        rotate_card(card, rotating, 0x31)
    error = caught.value
    assert (error.changed, error.exit_code) == (Changed.NO, ExitCode.REFUSED)
    assert error.advice != RotationUnfinished.advice
    assert "Once that is put right" in error.advice


def test_a_refused_deletion_leaves_both_sets_and_says_so(rotating: FileStore) -> None:
    def refusing(command: bytes, card: Callable[[bytes], bytes]) -> bytes:
        return b"\x69\x85" if command[1] == DELETE else card(command)

    card = altered(issued(REFERENCE, rotating), refusing)
    with pytest.raises(RotationUnfinished, match="opens with 30 and 31") as caught:
        rotate_card(card, rotating, 0x31)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.YES, ExitCode.UNCERTAIN)
    assert "Once that is put right" in caught.value.advice


def test_a_new_set_that_does_not_open_is_no_case_for_running_again(rotating: FileStore) -> None:
    seen: list[int] = []

    def damaging(command: bytes, card: Callable[[bytes], bytes]) -> bytes:
        answer = card(command)
        seen.append(command[1])
        new = command[1] == INITIALIZE_UPDATE and PUT_KEY in seen and command[2] == 0x31
        return answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:] if new else answer

    card = altered(issued(REFERENCE, rotating), damaging)
    with pytest.raises(RotationUnfinished, match="does not open with it") as caught:
        rotate_card(card, rotating, 0x31)
    assert isinstance(caught.value.__cause__, NewKeysDoNotOpen)
    assert caught.value.advice == NewKeysDoNotOpen.advice


def test_another_card_that_was_put_in_meanwhile_is_not_told_about(rotating: FileStore) -> None:
    first, second = issued(REFERENCE, rotating), issued(Kind(0x61, 0x30, 0x31), rotating)
    sent: list[int] = []

    def swapped(command: bytes, card: Callable[[bytes], bytes]) -> bytes:
        sent.append(command[1])
        return card(command) if len(sent) < LOOKED else second.card.transmit(command)

    place = altered(first, swapped)
    before = cells_but_sequences(second.card.memory.image)
    with pytest.raises(DiffersFromPlan) as caught:
        rotate_card(place, rotating, 0x31)
    assert caught.value.changed is Changed.NO
    assert cells_but_sequences(second.card.memory.image) == before


def test_a_deletion_that_was_confirmed_and_did_not_happen_is_noticed(rotating: FileStore) -> None:
    """At levels without protected answers anybody can confirm."""

    def confirming(command: bytes, card: Callable[[bytes], bytes]) -> bytes:
        return b"\x90\x00" if command[1] == DELETE else card(command)

    card = altered(issued(BARE_ANSWERS, rotating), confirming)
    with pytest.raises(RotationUnfinished, match="confirmed that key set 30 is deleted") as caught:
        rotate_card(card, rotating, 0x31)
    assert "key versions 30 and 31 now" in caught.value.message
    assert caught.value.changed is Changed.YES


ASKING: dict[str, tuple[int, Callable[[SimReader, FileStore], object]]] = {
    "find": (LOOKED - 1, find_keys),
    "plan": (LOOKED - 1, lambda card, store: plan_rotation(card, store, 0x31)),
    "rotate": (LOOKED - 1, lambda card, store: rotate_card(card, store, 0x31)),
}


@pytest.mark.parametrize("what", ASKING)
def test_what_is_lost_while_a_card_is_only_asked_leaves_nothing_open(
    rotating: FileStore, what: str
) -> None:
    commands, ask = ASKING[what]
    for at in range(1, commands + 1):
        card = issued(REFERENCE, rotating)
        before = cells_but_sequences(card.card.memory.image)
        card.inject(Faults(answer_late=at))
        with pytest.raises(ReaderTimeout) as caught:
            ask(card, rotating)
        assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)
        assert cells_but_sequences(card.card.memory.image) == before
