"""Power cut at every write of what changes a card: afterwards it shows the old or the new.

Comments name the requirements that a test shows.
"""

import pytest

from tests.card_manager.manager_cuts import Act, Shown, assert_old_or_new, outcomes
from tests.card_manager.manager_keys import CHANGES, DEK, ENC, LONG, A, B, put, ready_with
from tests.support.any_card import AnyCard, MakeCard
from tests.support.content import (
    INSTANCE,
    PACKAGE,
    announce,
    cap,
    deletion,
    install_for,
    load,
    load_file,
    named,
    set_card,
)
from tests.support.terminal import AIDS, ISD, Keys, Terminal

FACTORY = Keys()
KNOWN = (FACTORY, A, B, LONG)
Found = list[Shown]


def cut(card: AnyCard, prepare: Act, act: Act, *, every: bool = False) -> Found:
    found = outcomes(card, prepare, act, KNOWN, every=every)
    assert_old_or_new(found)
    return found


def session(host: Terminal) -> None:
    host.select(ISD)
    host.authenticate()


def after(make_card: MakeCard, *acts: Act) -> AnyCard:
    """Return a card on which all of this happened in a session of the factory keys."""
    card = make_card()
    host = Terminal(card.transmit)
    session(host)
    for act in acts:
        act(host)
    return card


def sends(ins: int, p1: int, p2: int, data: bytes = b"") -> Act:
    """Return what sends this command and expects success."""

    def send(host: Terminal) -> None:
        assert host.sw(0x80, ins, p1, p2, data) == 0x9000

    return send


def loads(host: Terminal) -> None:
    assert load(host) == 0x9000


# Keys


def two_sets(make_card: MakeCard) -> AnyCard:
    card = make_card()
    host = Terminal(card.transmit)
    for keys, kvn, new, added in ((FACTORY, 0xFF, A, 0x30), (A, 0x30, B, 0x31)):
        ready_with(keys, kvn)(host)
        assert host.put_key(added, new)[1] == 0x9000
    return card


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_of_keys_happens_whole_or_not_at_all(make_card: MakeCard, change: Act) -> None:
    cut(two_sets(make_card), ready_with(A, 0x30), change)


def test_after_any_cut_of_the_first_put_key_exactly_one_set_opens_a_session(
    make_card: MakeCard,
) -> None:
    # PUK-07
    found = cut(make_card(), session, lambda h: h.put_key(0x30, A))
    assert {tuple(version for version, _, _ in each.proven) for each in found} == {(0x30,), (0xFF,)}


def test_completing_the_first_set_key_by_key_swaps_the_transport_set_whole(
    make_card: MakeCard,
) -> None:
    # PUK-07
    card = after(make_card, lambda h: put(h, 0x30, ENC, A.enc, A.mac))
    found = cut(card, session, lambda h: put(h, 0x30, DEK, A.dek))
    assert {tuple(version for version, _, _ in each.proven) for each in found} == {(0x30,), (0xFF,)}


# Content


def test_a_load_file_appears_whole_with_its_last_block(make_card: MakeCard) -> None:
    def all_but_the_last(host: Terminal) -> None:
        session(host)
        assert announce(host) == 0x9000
        assert host.sw(0x80, 0xE8, 0x00, 0, load_file(cap())[:50]) == 0x9000

    cut(make_card(), all_but_the_last, sends(0xE8, 0x80, 1, load_file(cap())[50:]))


@pytest.mark.parametrize("p1", [0x04, 0x0C])
def test_an_instance_of_a_loaded_module_appears_whole(make_card: MakeCard, p1: int) -> None:
    cut(after(make_card, loads), session, sends(0xE6, p1, 0, install_for()))


def test_an_instance_of_the_cards_own_module_appears_whole(make_card: MakeCard) -> None:
    cut(make_card(), session, lambda h: h.install())


def test_an_installed_application_becomes_selectable_in_one_step(make_card: MakeCard) -> None:
    card = after(make_card, loads, sends(0xE6, 0x04, 0, install_for()))
    cut(card, session, sends(0xE6, 0x08, 0, named(INSTANCE)))


@pytest.mark.parametrize("lock", [0x80, 0x00])
def test_an_application_is_locked_and_unlocked_whole(make_card: MakeCard, lock: int) -> None:
    card = after(make_card, loads, sends(0xE6, 0x0C, 0, install_for()))
    host = Terminal(card.transmit)
    session(host)
    if not lock:
        sends(0xF0, 0x40, 0x80, INSTANCE)(host)
    cut(card, session, sends(0xF0, 0x40, lock, INSTANCE))


def test_an_application_is_deleted_whole(make_card: MakeCard) -> None:
    # DEL-08
    card = after(make_card, loads, sends(0xE6, 0x0C, 0, install_for()))
    cut(card, session, sends(0xE4, 0, 0, deletion(INSTANCE)))
    host = Terminal(card.transmit)
    card.reset()
    session(host)
    assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000


def test_an_application_of_the_cards_own_module_is_deleted_whole(make_card: MakeCard) -> None:
    # DEL-08
    card = after(make_card, lambda h: h.install())
    cut(card, session, sends(0xE4, 0, 0, deletion(AIDS.instance)))


def test_a_load_file_and_its_instances_are_deleted_together_or_not_at_all(
    make_card: MakeCard,
) -> None:
    # DEL-08
    names = [INSTANCE + bytes([number]) for number in range(3)]
    card = after(make_card, loads, *(sends(0xE6, 0x0C, 0, install_for(aid)) for aid in names))
    cut(card, session, sends(0xE4, 0, 0x80, deletion(PACKAGE)))


# The card


@pytest.mark.parametrize("steps", [(7,), (7, 15), (7, 15, 127), (7, 15, 127, 15), (255,)])
def test_the_card_changes_its_state_whole(make_card: MakeCard, steps: tuple[int, ...]) -> None:
    def ready(host: Terminal) -> None:
        session(host)
        assert {set_card(host, state) for state in steps[:-1]} <= {0x9000}

    found = outcomes(
        after(make_card, lambda h: h.install()), ready, lambda h: set_card(h, steps[-1]), KNOWN
    )
    if len(steps) == 1:
        assert_old_or_new(found)
    else:
        assert len(set(found[1:])) == 2, "the step before, or this one"


def test_the_numbers_of_store_data_are_replaced_together(make_card: MakeCard) -> None:
    card = after(make_card, sends(0xE2, 0x90, 0, b"\x42\x01\x01"))
    cut(card, session, sends(0xE2, 0x90, 0, b"\x42\x02\x02\x02\x45\x01\x07"))
