"""What is on a card and the steps that change it, pure: nothing is sent here."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import Changed, ExitCode
from host_lib.command import (
    CardState,
    InstallForLoad,
    KeyEntry,
    Load,
    PutKey,
    SetCardStatus,
    StatusEntry,
    StoreCardData,
)
from host_lib.command.base import Command
from host_lib.flow.content import CardContents, DoesNotFit
from host_lib.flow.content_steps import (
    Digest,
    delete_keys_steps,
    delete_steps,
    install_steps,
    load_steps,
    lock_steps,
    make_selectable_steps,
    put_keys_steps,
    state_steps,
    store_steps,
)
from host_lib.flow.stages import Step
from host_lib.load_file import parse_load_file
from host_lib.plan import Effect
from tests.support.cap_files import MODULE, PACKAGE, contents, load_file

ISD = bytes.fromhex("A000000151000000")
GONE = bytes.fromhex("F0554E49434152440101")
APPLICATION = StatusEntry(MODULE, 0x07, (), load_file=PACKAGE)
CARD = CardContents(
    chip_serial=bytes(range(10)),
    state=CardState.SECURED,
    domain=StatusEntry(ISD, CardState.SECURED, ()),
    applications=(APPLICATION,),
    load_files=(StatusEntry(PACKAGE, 0x01, (MODULE,)),),
    keys=tuple(KeyEntry(n, version, 0x88, 16) for version in (0x30, 0x31) for n in (1, 2, 3)),
)
EMPTY = replace(CARD, applications=(), load_files=())
LOAD_FILE = parse_load_file(load_file(contents(code=900)))


def commands(steps: tuple[Step, ...]) -> list[Command[object]]:
    return [step.command for step in steps]


@given(st.integers(16, 255), st.sampled_from(Digest))
def test_loading_announces_the_package_and_sends_all_of_it_in_order(
    block: int, digest: Digest
) -> None:
    first, *blocks = commands(load_steps(EMPTY, LOAD_FILE, block, digest))
    assert isinstance(first, InstallForLoad)
    assert (first.load_file, first.domain) == (PACKAGE, ISD)
    assert len(first.digest) == {Digest.NONE: 0, Digest.SHA_1: 20, Digest.SHA_256: 32}[digest]
    loads = [one for one in blocks if isinstance(one, Load)]
    assert len(loads) == len(blocks)
    assert b"".join(load.data for load in loads) == LOAD_FILE.data
    assert [load.number for load in loads] == list(range(len(loads)))
    assert [load.last for load in loads] == [False] * (len(loads) - 1) + [True]


@pytest.mark.parametrize(
    ("start", "target", "ways"),
    [
        (0x01, CardState.INITIALIZED, [0x07]),
        (0x01, CardState.SECURED, [0x07, 0x0F]),
        (0x01, CardState.CARD_LOCKED, [0x07, 0x0F, 0x7F]),
        (0x07, CardState.SECURED, [0x0F]),
        (0x0F, CardState.CARD_LOCKED, [0x7F]),
        (0x7F, CardState.SECURED, [0x0F]),
        (0x01, CardState.TERMINATED, [0xFF]),
        (0x0F, CardState.TERMINATED, [0xFF]),
        (0x7F, CardState.TERMINATED, [0xFF]),
    ],
)
def test_the_card_is_led_through_its_life_one_state_at_a_time(
    start: int, target: CardState, ways: list[int]
) -> None:
    steps = state_steps(replace(CARD, state=start), target)
    assert commands(steps) == [SetCardStatus(way) for way in ways]
    for step, way in zip(steps, ways, strict=True):
        back = way == 0x7F or (start == 0x7F and way == 0x0F)
        assert (step.effect is Effect.IRREVERSIBLE) != back


@pytest.mark.parametrize(
    ("start", "target"),
    [
        (0x0F, CardState.INITIALIZED),
        (0x0F, CardState.OP_READY),
        (0x7F, CardState.INITIALIZED),
        (0xFF, CardState.SECURED),
        (0x23, CardState.SECURED),
        (0x0F, CardState.SECURED),
    ],
)
def test_there_is_no_way_back_and_none_to_where_the_card_is(start: int, target: CardState) -> None:
    with pytest.raises(DoesNotFit) as caught:
        state_steps(replace(CARD, state=start), target)
    assert caught.value.changed is Changed.NO
    assert caught.value.exit_code is ExitCode.FAILED


REFUSED: dict[str, Callable[[], tuple[Step, ...]]] = {
    "a load file that is there": lambda: load_steps(CARD, LOAD_FILE, 239),
    "a module that is nowhere": lambda: install_steps(CARD, GONE, GONE),
    "an instance that is there": lambda: install_steps(CARD, MODULE, MODULE),
    "an instance with the card manager's name": lambda: install_steps(CARD, MODULE, ISD),
    "what can be selected already": lambda: make_selectable_steps(CARD, MODULE),
    "deleting what is not there": lambda: delete_steps(CARD, GONE),
    "deleting the card manager": lambda: delete_steps(CARD, ISD),
    "deleting a load file in use": lambda: delete_steps(CARD, PACKAGE),
    "locking what is not there": lambda: lock_steps(CARD, GONE, lock=True),
    "unlocking what is not locked": lambda: lock_steps(CARD, MODULE, lock=False),
    "storing nothing": lambda: store_steps(CARD, None, None, 239),
    "storing an empty number": lambda: store_steps(CARD, b"", None, 239),
    "storing 17 bytes": lambda: store_steps(CARD, None, bytes(17), 239),
    "a key set that is there": lambda: put_keys_steps(CARD, 0x30, 16),
    "replacing what is not there": lambda: put_keys_steps(CARD, 0x33, 16, replaces=0x32),
    "deleting keys that are not there": lambda: delete_keys_steps(CARD, 0x32, 0x30),
    "deleting the session's keys": lambda: delete_keys_steps(CARD, 0x30, 0x30),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_card_would_refuse_is_refused_before_anything_is_sent(what: str) -> None:
    with pytest.raises(DoesNotFit) as caught:
        REFUSED[what]()
    assert caught.value.changed is Changed.NO
    assert caught.value.advice


@pytest.mark.parametrize("state", [CardState.CARD_LOCKED, CardState.TERMINATED])
def test_a_locked_card_takes_no_change_of_its_contents(state: CardState) -> None:
    card = replace(CARD, state=state)
    wishes: tuple[Callable[[], tuple[Step, ...]], ...] = (
        lambda: load_steps(replace(EMPTY, state=state), LOAD_FILE, 239),
        lambda: install_steps(card, MODULE, GONE),
        lambda: delete_steps(card, MODULE),
        lambda: store_steps(card, b"\x01", None, 239),
        lambda: put_keys_steps(card, 0x33, 16),
        lambda: delete_keys_steps(card, 0x31, 0x30),
    )
    for wish in wishes:
        with pytest.raises(DoesNotFit, match=state.name):
            wish()


def test_a_locked_application_can_be_unlocked_and_shows_it() -> None:
    locked = replace(APPLICATION, life_cycle=0x87)
    card = replace(CARD, applications=(locked,))
    assert locked.locked
    assert not APPLICATION.locked
    assert len(lock_steps(card, MODULE, lock=False)) == 1
    with pytest.raises(DoesNotFit, match="is locked"):
        lock_steps(card, MODULE, lock=True)


@given(st.binary(min_size=1, max_size=16), st.binary(min_size=1, max_size=16), st.integers(5, 60))
def test_stored_numbers_go_in_blocks_of_any_size(iin: bytes, cin: bytes, block: int) -> None:
    sent = commands(store_steps(CARD, iin, cin, block))
    blocks = [one for one in sent if isinstance(one, StoreCardData)]
    assert len(blocks) == len(sent)
    joined = b"".join(one.data for one in blocks)
    expected = b"\x42" + bytes((len(iin),)) + iin + b"\x45" + bytes((len(cin),)) + cin
    assert joined == expected
    assert [one.number for one in blocks] == list(range(len(blocks)))
    assert [one.last for one in blocks].index(True) == len(blocks) - 1


def test_what_cannot_be_undone_is_marked() -> None:
    irreversible = (
        *delete_steps(CARD, MODULE),
        *delete_steps(CARD, PACKAGE, related=True),
        *delete_keys_steps(CARD, 0x31, 0x30),
        *put_keys_steps(CARD, 0x32, 16, replaces=0x31),
        *state_steps(CARD, CardState.TERMINATED),
    )
    assert {step.effect for step in irreversible} == {Effect.IRREVERSIBLE}
    changing = (
        *lock_steps(CARD, MODULE, lock=True),
        *load_steps(EMPTY, LOAD_FILE, 239),
        *install_steps(CARD, MODULE, GONE),
        *put_keys_steps(CARD, 0x32, 16),
    )
    assert {step.effect for step in changing} == {Effect.CHANGES}


def test_no_plan_holds_a_key() -> None:
    (step,) = put_keys_steps(CARD, 0x32, 32)
    assert isinstance(step.command, PutKey)
    assert set(step.command.keys.enc.reveal()) == {0}
    assert step.planned(None).digest == b""
