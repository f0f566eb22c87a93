"""Power cut at every write of every command that writes: afterwards old or new, never a mixture.

Comments name the requirements that a test shows.
"""

from collections.abc import Mapping

import pytest

from card_simulator.card import Card
from card_simulator.memory import Image, PowerCut
from tests.card_simulator.sim_cuts import Act, images
from tests.card_simulator.sim_host import (
    new_card,
    with_key_pair,
    with_own_pin,
)
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
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CERTIFICATE,
    FINGER,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    Keys,
    Terminal,
    dgi,
    stream,
)

ISSUER_KEYS = Keys(b"E" * 16, b"M" * 16, b"D" * 16)
OTHER_KEYS = Keys(b"e" * 32, b"m" * 32, b"d" * 32)

Cells = Mapping[str, bytes]

TRIES = f"app.{AIDS.instance.hex().upper()}.pin.tries"


def seen(image: Image) -> Cells:
    """Return the cells by their meaning: an object with two slots as its value, in whichever.

    Of the log only what is a record of the card's newest transactions.
    """
    cells = _without_free_slots(dict(image.cells))
    slots = {name: cells.pop(name) for name in list(cells) if _is_slot(name)}
    for name in {slot[:-2] for slot in slots}:
        if name in cells:
            slot, length = cells[name][0], int.from_bytes(cells[name][1:], "big")
            cells[name] = slots[f"{name}.{slot}"][: length or None]
    return cells


def _is_slot(name: str) -> bool:
    return name[-2:] in (".0", ".1") and ".log." not in name


def _without_free_slots(cells: Cells) -> dict[str, bytes]:
    newest = int.from_bytes(cells.get(TRANSACTION_NUMBER, b""), "big")
    known = range(max(1, newest - 19), newest + 1)
    return {
        name: value
        for name, value in cells.items()
        if ".log." not in name or int.from_bytes(value[10:13], "big") in known
    }


def outcomes(image: Image, prepare: Act, act: Act, torn: int = 0) -> list[Cells]:
    """Return what `images` returns, by its meaning."""
    return [seen(each) for each in images(image, prepare, act, torn)]


def assert_old_or_new(found: list[Cells]) -> None:
    old, new = found[0], found[-1]
    assert old != new
    for number, cells in enumerate(found):
        assert cells in (old, new), f"a mixture after a cut at write {number}"
    assert found == sorted(found, key=lambda cells: cells == new), "what was new stays new"


def no_preparation(_host: Terminal) -> None:
    """Leave the card as it is."""


def session(aid: bytes, keys: Keys | None = None, kvn: int = 0) -> Act:
    def open_session(host: Terminal) -> None:
        host.keys = keys or Keys()
        host.select(aid)
        host.authenticate(kvn)

    return open_session


TRANSACTION_NUMBER = f"app.{AIDS.instance.hex().upper()}.transaction.number"


def image_after(*acts: Act, card: Card | None = None) -> Image:
    card = card or new_card()
    host = Terminal(card.transmit)
    for act in acts:
        act(host)
    return card.memory.image


def put_first(host: Terminal) -> None:
    host.put_key(0x30, ISSUER_KEYS)


def test_the_first_put_key_swaps_the_transport_set_whole() -> None:
    # PUK-07
    found = outcomes(image_after(), session(ISD), put_first)
    assert_old_or_new(found)
    assert [
        sorted(name for name in cells if "keys" in name) for cells in (found[0], found[-1])
    ] == [
        ["isd.keys.FF"],
        ["isd.keys.30"],
    ]


def test_after_any_cut_of_the_first_put_key_exactly_one_set_opens_a_session() -> None:
    # PUK-07
    image = image_after()
    opened = []
    for cut in range(1, 20):
        card = Card(image)
        card.reset()
        host = Terminal(card.transmit)
        host.authenticate()
        card.memory.cut_power_at(cut)
        try:
            put_first(host)
        except PowerCut:
            card.reset()
        card.memory.keep_power()
        sets = {kvn for kvn in (0x30, 0xFF) if Terminal(card.transmit).raw(
            bytes([0x80, 0x50, kvn, 0, 8]) + bytes(8))[1] == 0x9000}  # fmt: skip
        host = Terminal(card.transmit, keys=ISSUER_KEYS if sets == {0x30} else Keys())
        host.authenticate(*sets)
        opened.append(sets)
    assert {frozenset(s) for s in opened} == {frozenset({0x30}), frozenset({0xFF})}


def test_rotation_adds_replaces_and_deletes_sets_whole() -> None:
    image = image_after(session(ISD), put_first)
    ready = session(ISD, ISSUER_KEYS, 0x30)
    assert_old_or_new(outcomes(image, ready, lambda h: h.put_key(0x31, OTHER_KEYS)))
    assert_old_or_new(outcomes(image, ready, lambda h: h.put_key(0x31, OTHER_KEYS, 0x30)))
    assert_old_or_new(outcomes(image, ready, lambda h: h.put_key(0x30, OTHER_KEYS, 0x30)))
    both = image_after(ready, lambda h: h.put_key(0x31, OTHER_KEYS), card=reborn(image))
    other = session(ISD, OTHER_KEYS, 0x31)
    found = outcomes(both, other, lambda h: h.send(0x80, 0xE4, 0, 0, b"\xd2\x01\x30"))
    assert_old_or_new(found)


def reborn(image: Image) -> Card:
    card = Card(image)
    card.reset()
    return card


def test_install_and_the_card_life_cycle_step_whole() -> None:
    assert_old_or_new(outcomes(image_after(), session(ISD), lambda h: h.install()))
    assert_old_or_new(outcomes(image_after(), session(ISD), lambda h: h.sw(0x80, 0xF0, 0x80, 7)))


def only(name: str, image: Image) -> dict[str, bytes]:
    return {cell: value for cell, value in image.cells.items() if name in cell}


def loaded_image() -> Image:
    return image_after(session(ISD), load)


def last_block(host: Terminal) -> None:
    """Send the last block of the load file that `all_but_the_last_block` began."""
    assert host.sw(0x80, 0xE8, 0x80, 1, load_file(cap())[50:]) == 0x9000


def all_but_the_last_block(host: Terminal) -> None:
    session(ISD)(host)
    assert announce(host) == 0x9000
    assert host.sw(0x80, 0xE8, 0x00, 0, load_file(cap())[:50]) == 0x9000


def test_a_load_file_appears_whole_with_its_last_block() -> None:
    found = outcomes(image_after(), all_but_the_last_block, last_block)
    assert_old_or_new(found)
    assert found[0] == seen(image_after()), "nothing is written before the last block"


@pytest.mark.parametrize("p1", [0x04, 0x0C])
def test_an_instance_of_a_loaded_module_appears_whole(p1: int) -> None:
    def install(host: Terminal) -> None:
        assert host.sw(0x80, 0xE6, p1, 0, install_for()) == 0x9000

    assert_old_or_new(outcomes(loaded_image(), session(ISD), install))


def test_an_installed_application_becomes_selectable_in_one_step() -> None:
    card = reborn(loaded_image())
    host = Terminal(card.transmit)
    session(ISD)(host)
    assert host.sw(0x80, 0xE6, 0x04, 0, install_for()) == 0x9000

    def make_selectable(host: Terminal) -> None:
        assert host.sw(0x80, 0xE6, 0x08, 0, named(INSTANCE)) == 0x9000

    assert_old_or_new(outcomes(card.memory.image, session(ISD), make_selectable))


def test_an_application_is_deleted_with_all_its_cells_or_not_at_all() -> None:
    # DEL-08
    card, _ = with_own_pin()
    card.reset()

    def delete(host: Terminal) -> None:
        assert host.sw(0x80, 0xE4, 0, 0, deletion(AIDS.instance)) == 0x9000

    found = images(card.memory.image, session(ISD), delete)
    assert len(found) > 15
    assert_old_or_new([seen(each) for each in found])
    assert not only(AIDS.instance.hex().upper(), found[-1])
    again = reborn(found[-2])
    host = Terminal(again.transmit)
    session(ISD)(host)
    assert host.install() == 0x9000
    assert again.application(AIDS.instance).state == "BLANK"


def test_the_erasure_of_a_deletion_survives_a_cut_at_every_reset() -> None:
    # DEL-08
    card, host = with_own_pin()
    session(ISD)(host)
    card.memory.cut_power_at(2)
    with pytest.raises(PowerCut):
        host.sw(0x80, 0xE4, 0, 0, deletion(AIDS.instance))
    cuts = 0
    while True:
        card.memory.cut_power_at(2)
        try:
            card.reset()
            break
        except PowerCut:
            cuts += 1
    card.memory.keep_power()
    assert cuts > 10
    assert not only(AIDS.instance.hex().upper(), card.memory.image)


def test_a_load_file_and_its_instances_are_deleted_together_or_not_at_all() -> None:
    # DEL-08
    card = reborn(loaded_image())
    host = Terminal(card.transmit)
    session(ISD)(host)
    for number in range(3):
        aid = INSTANCE + bytes([number])
        assert host.sw(0x80, 0xE6, 0x0C, 0, install_for(aid)) == 0x9000

    def delete(host: Terminal) -> None:
        assert host.sw(0x80, 0xE4, 0, 0x80, deletion(PACKAGE)) == 0x9000

    found = outcomes(card.memory.image, session(ISD), delete)
    assert len(found) > 5
    assert_old_or_new(found)


def test_the_registry_of_a_card_that_lost_power_in_a_deletion_lists_nothing_of_it() -> None:
    card, host = with_own_pin()
    session(ISD)(host)
    card.memory.cut_power_at(2)
    with pytest.raises(PowerCut):
        host.sw(0x80, 0xE4, 0, 0, deletion(AIDS.instance))
    marked = Card(card.memory.image)
    assert only("app." + AIDS.instance.hex().upper(), marked.memory.image)
    assert marked.content.applications() == []


def test_locks_and_card_states_change_whole() -> None:
    image = image_after(session(ISD), load, lambda h: h.sw(0x80, 0xE6, 0x0C, 0, install_for()))

    def lock(host: Terminal) -> None:
        assert host.sw(0x80, 0xF0, 0x40, 0x80, INSTANCE) == 0x9000

    assert_old_or_new(outcomes(image, session(ISD), lock))
    for steps in ((7,), (7, 15), (7, 15, 127), (7, 15, 127, 15), (255,)):

        def ready(host: Terminal, before: tuple[int, ...] = steps[:-1]) -> None:
            session(ISD)(host)
            assert {set_card(host, state) for state in before} <= {0x9000}

        def move(host: Terminal, state: int = steps[-1]) -> None:
            assert set_card(host, state) == 0x9000

        assert_old_or_new(outcomes(image, ready, move))


def test_the_numbers_of_store_data_are_replaced_together() -> None:
    image = image_after(session(ISD), lambda h: h.sw(0x80, 0xE2, 0x90, 0, b"\x42\x01\x01"))

    def store(host: Terminal) -> None:
        assert host.sw(0x80, 0xE2, 0x90, 0, b"\x42\x02\x02\x02\x45\x01\x07") == 0x9000

    found = outcomes(image, session(ISD), store)
    assert len(found) > 6
    assert_old_or_new(found)


def test_a_forwarded_personalization_ends_whole() -> None:
    card, host = with_key_pair()
    assert set(host.store(stream(host)[:-19], last=False)) == {0x9000}
    card.reset()

    def forwarded(host: Terminal) -> None:
        session(ISD)(host)
        assert host.sw(0x80, 0xE6, 0x20, 0, named(AIDS.instance)) == 0x9000

    def last(host: Terminal) -> None:
        assert host.sw(0x80, 0xE2, 0x88, 0, host.secret(0x8010, PIN)) == 0x9000

    found = outcomes(card.memory.image, forwarded, last)
    assert_old_or_new(found)
    assert any(name.endswith("personalized") for name in found[-1])


def test_the_key_pair_appears_whole() -> None:
    card = new_card()
    image = image_after(session(ISD), lambda h: h.install(), card=card)
    found = outcomes(image, session(AIDS.instance), lambda h: h.sw(0x00, 0x46, 0x80, 0x00))
    # every run makes another pair: compare which cells there are
    names = [frozenset(cells) for cells in found]
    assert set(names) == {names[0], names[-1]}
    assert len(names[-1] - names[0]) == 2


@pytest.mark.parametrize("torn", [0, 1, 17, 59])
def test_the_dgis_of_a_command_are_stored_all_or_none(torn: int) -> None:
    # STD-09
    card, host = with_key_pair()
    data = dgi(0x0101, ANCHOR) + dgi(0x0103, VALIDITY) + dgi(0x0301, FINGER)
    data += host.secret(0x8010, PIN)
    card.reset()
    ready = session(AIDS.instance)
    found = outcomes(card.memory.image, ready, lambda h: h.sw(0x80, 0xE2, 0x08, 0, data), torn)
    assert_old_or_new(found)


@pytest.mark.parametrize("torn", [0, 1, 200, 331])
def test_a_long_object_is_replaced_whole(torn: int) -> None:
    card, _ = with_own_pin()
    card.reset()
    certificate = dgi(0x0201, CERTIFICATE[:4] + bytes(len(CERTIFICATE) - 4))

    def ready(host: Terminal) -> None:
        session(AIDS.instance)(host)
        assert host.sw(0x80, 0xE2, 0x08, 0, certificate[:200]) == 0x9000

    found = outcomes(
        card.memory.image, ready, lambda h: h.sw(0x80, 0xE2, 0x88, 1, certificate[200:]), torn
    )
    assert_old_or_new(found)
    assert len(found) > 3


def test_the_last_block_personalizes_whole_or_not_at_all() -> None:
    card, host = with_key_pair()
    data = stream(host)
    assert set(host.store(data[:-19], last=False)) == {0x9000}
    card.reset()

    def last_block(host: Terminal) -> None:
        host.sw(0x80, 0xE2, 0x88, 0, host.secret(0x8010, PIN))

    found = outcomes(card.memory.image, session(AIDS.instance), last_block)
    assert_old_or_new(found)
    assert any(name.endswith("personalized") for name in found[-1])


def test_a_personalization_cut_at_any_write_is_completed_by_starting_again() -> None:
    card, host = with_key_pair()
    data = stream(host)
    card.reset()
    image = card.memory.image

    def personalize(host: Terminal) -> None:
        session(AIDS.instance)(host)
        assert set(host.store(data)) == {0x9000}

    found = images(image, no_preparation, personalize)
    for each in found[:-1]:
        again = reborn(each)
        if not any(name.endswith("personalized") for name in each.cells):
            personalize(Terminal(again.transmit))
        assert seen(again.memory.image) == seen(found[-1])


def tries(found: list[Cells]) -> list[int]:
    return [cells[TRIES][0] for cells in found]


def test_no_cut_of_verify_gains_a_try() -> None:
    # PIN-06
    card, host = with_own_pin()
    host.sw(0, 0x20, 0, 0x81, WRONG_PIN)
    image = card.memory.image
    wrong = outcomes(
        image, lambda h: h.select(AIDS.instance), lambda h: h.sw(0, 0x20, 0, 0x81, WRONG_PIN)
    )
    assert tries(wrong) == [2, 2, 1]
    right = outcomes(
        image, lambda h: h.select(AIDS.instance), lambda h: h.sw(0, 0x20, 0, 0x81, NEW_PIN)
    )
    # before the try is taken, after it, and given back
    assert tries(right) == [2, 2, 1, 3]


def test_a_cut_of_change_keeps_pin_mark_and_tries_together() -> None:
    # PIN-06, CHG-01
    card, host = with_own_pin()
    host.sw(0, 0x20, 0, 0x81, WRONG_PIN)
    pin = TRIES.removesuffix(".tries")

    def change(host: Terminal) -> None:
        host.sw(0, 0x24, 0, 0x81, NEW_PIN + PIN)

    found = outcomes(card.memory.image, lambda h: h.select(AIDS.instance), change)
    pairs = [(cells[pin][1:], cells[TRIES][0]) for cells in found]
    assert set(pairs) == {(NEW_PIN, 2), (NEW_PIN, 1), (PIN, 3)}
    assert pairs == sorted(pairs, key=[(NEW_PIN, 2), (NEW_PIN, 1), (PIN, 3)].index)


def test_resetting_the_tries_happens_whole() -> None:
    card, host = with_own_pin()
    host.sw(0, 0x20, 0, 0x81, WRONG_PIN)
    card.reset()
    ready = session(AIDS.instance)
    assert_old_or_new(outcomes(card.memory.image, ready, lambda h: h.sw(0, 0x2C, 2, 0x81, PIN)))


def test_suspending_and_resuming_happen_whole() -> None:
    card, _ = with_own_pin()
    card.reset()
    ready = session(AIDS.instance)

    def change(p2: int) -> Act:
        return lambda host: host.sw(0x80, 0xF0, 0x40, p2)

    assert_old_or_new(outcomes(card.memory.image, ready, change(0x3F)))
    suspended = image_after(ready, change(0x3F), card=card)
    assert_old_or_new(outcomes(suspended, ready, change(0x1F)))


def test_a_termination_that_lost_power_is_completed_at_select() -> None:
    # STA-05
    card, _ = with_own_pin()
    card.reset()
    found = images(
        card.memory.image, session(AIDS.instance), lambda h: h.sw(0x80, 0xF0, 0x40, 0x7F)
    )
    assert len(found) > 5
    for each in found[1:]:
        again = reborn(each)
        _, sw = Terminal(again.transmit).select(AIDS.instance)
        ended = any(name.endswith("terminated") for name in each.cells)
        assert sw == (0x6285 if ended else 0x9000)
        assert again.memory.image == (found[-1] if ended else found[0])


def test_the_erasure_at_select_survives_cuts_too() -> None:
    card, host = with_own_pin()
    host.authenticate()
    start = card.memory.writes
    card.memory.cut_power_at(2)
    with pytest.raises(PowerCut):
        host.sw(0x80, 0xF0, 0x40, 0x7F)
    assert card.memory.writes == start + 2
    cuts = 0
    while True:
        card.reset()
        card.memory.cut_power_at(2)
        try:
            assert Terminal(card.transmit).select(AIDS.instance)[1] == 0x6285
            break
        except PowerCut:
            cuts += 1
    assert cuts > 2
    assert not any("pin" in name or "key.private" in name for name in seen(card.memory.image))
