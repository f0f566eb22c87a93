"""Role keys on the software card: listed, put, deleted, erased, and kept in card files.

Comments name the requirements that a test shows.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator import card_file, describe
from card_simulator.card import Card
from card_simulator.memory import Image
from card_simulator.reader import SIM
from tests.card_simulator.sim_cuts import Act, images
from tests.card_simulator.sim_host import (
    role_of,
    with_own_pin,
    with_role_keys,
)
from tests.card_simulator.sim_roles import (
    DELETE,
    EMPTY,
    LIST,
    OTHER,
    PUT,
    SERIAL,
    TAKEN,
    begins,
    issuer,
    listed,
    role,
)
from tests.support.stages import ROLE_SLOTS
from tests.support.terminal import (
    AIDS,
    ISD,
    Keys,
    Terminal,
    apdu,
    role_keys,
)


@pytest.fixture
def issued() -> Card:
    return with_role_keys()[0]


def test_the_list_names_each_key_set_in_order_of_its_version(issued: Card) -> None:
    # ROL-08
    expected = b"".join(bytes(item) for item in sorted(ROLE_SLOTS.items()))
    assert issuer(issued).send(*LIST) == (expected, 0x9000)
    assert role(issued, 0x56).send(*LIST) == (expected, 0x9000)
    assert Terminal(issued.transmit).raw(apdu(*LIST)) == (b"", 0x6982)
    part = issuer(issued).send(0, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C02DF5554020002"))
    size = len(expected)
    assert part == (bytes([0x80, 2, 0, size, 0x53, size - 2]) + expected[2:], 0x9000)


def test_a_card_without_role_keys_has_no_list() -> None:
    card, _ = with_own_pin()
    assert issuer(card).send(*LIST) == (b"", 0x6A88)


def test_nobody_writes_the_list(issued: Card) -> None:
    assert issuer(issued).sw(0, 0xDA, 0xDF, 0x55, b"\x50\x01") == 0x6982


def test_a_card_with_all_its_slots_lists_them_in_one_answer() -> None:
    card, _ = with_own_pin()
    host = issuer(card)
    slots = [*range(0x50, 0x70)]
    for kvn in reversed(slots):
        assert host.put_role_key(kvn, role_keys(kvn), kvn)[1] == 0x9000
    expected = b"".join(bytes([kvn, kvn]) for kvn in slots)
    assert host.send(*LIST) == (expected, 0x9000)
    assert len(expected) in spec().objects[0xDF55].length


# PUT KEY (RPK)


def test_put_key_answers_version_and_check_values_and_the_set_opens_sessions(issued: Card) -> None:
    # RPK-01
    host = issuer(issued)
    data = host.role_key_data(EMPTY, OTHER, 9)
    assert host.send(*PUT, data) == (bytes([EMPTY]) + data[21:24] + data[44:47], 0x9000)
    terminal = Terminal(issued.transmit, keys=OTHER)
    terminal.authenticate(EMPTY)
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("level", [0x01, 0x11, 0x00])
def test_put_and_delete_key_need_c_enc_of_the_issuer(issued: Card, level: int) -> None:
    # RPK-02, RDK-02
    host = issuer(issued, level) if level else Terminal(issued.transmit)
    before = issued.memory.image
    assert host.sw(*PUT, host.role_key_data(EMPTY, OTHER, 9)) == 0x6982
    assert host.sw(*DELETE, b"\xd2\x01\x51") == 0x6982
    assert issued.memory.image == before


def test_put_key_takes_one_form_only(issued: Card) -> None:
    host = issuer(issued)
    data = host.role_key_data(EMPTY, OTHER, 9)
    assert host.sw(0x80, 0xD8, 0x50, 0x81, data) == 0x6A86
    assert host.sw(0x80, 0xD8, 0x00, 0x01, data) == 0x6A86
    assert host.sw(*PUT, data[:-1]) == 0x6700
    assert host.sw(*PUT, data + b"\x00") == 0x6700
    assert host.sw(*PUT) == 0x6700
    assert EMPTY not in listed(issued)


FORM = [1, 2, 3, 20, 24, 25, 26, 43]
"""Where type, lengths and length of the check value stand in the two key blocks."""


@pytest.mark.parametrize("slot", [EMPTY, TAKEN])
@pytest.mark.parametrize("at", [*FORM, *range(4, 20), *range(21, 24), *range(27, 43), 44, 45, 46])
def test_a_wrong_byte_in_a_key_block_is_refused_before_the_slot(
    issued: Card, slot: int, at: int
) -> None:
    # RPK-03
    host = issuer(issued)
    data = bytearray(host.role_key_data(slot, OTHER, 9))
    data[at] ^= 0x01
    before = issued.memory.image
    assert host.sw(*PUT, bytes(data)) == 0x6A80
    assert issued.memory.image == before


@pytest.mark.parametrize("version", [0x00, 0x30, 0x4F, 0x70, 0x7F, 0xD0, 0xFF])
def test_only_versions_of_the_slots_are_role_keys(issued: Card, version: int) -> None:
    # RPK-03, RDK-03
    host = issuer(issued)
    assert host.put_role_key(version, OTHER, 9) == (b"", 0x6A80)
    assert host.sw(*DELETE, bytes([0xD2, 1, version])) == 0x6A88


def test_a_role_key_is_never_overwritten(issued: Card) -> None:
    # RPK-04
    assert issuer(issued).put_role_key(TAKEN, OTHER, 9) == (b"", 0x6985)
    role(issued, TAKEN)
    assert listed(issued) == ROLE_SLOTS


def test_the_dek_is_that_of_the_open_session(issued: Card) -> None:
    other = Keys(b"1" * 16, b"2" * 16, b"3" * 16)
    host = Terminal(issued.transmit)
    host.select(ISD)
    host.authenticate()
    assert host.put_key(0x30, other)[1] == 0x9000
    host.keys = other
    host.select(AIDS.instance)
    host.authenticate(0x30)
    assert host.put_role_key(EMPTY, OTHER, 9)[1] == 0x9000
    wrong = Terminal(issued.transmit).role_key_data(0x5E, OTHER, 9)
    assert host.sw(*PUT, wrong) == 0x6A80


def test_both_slots_of_a_role_open_sessions_until_one_is_deleted(issued: Card) -> None:
    # RPK-06
    for kvn, master in ((0x51, 2), (0x61, 3)):
        assert role_of(issued, kvn).initialize(kvn)[8:11] == bytes([1, master, kvn])
        assert role(issued, kvn).sw(*SERIAL) == 0x9000
    assert issuer(issued).sw(*DELETE, b"\xd2\x01\x51") == 0x9000
    assert Terminal(issued.transmit).raw(begins(0x51)) == (b"", 0x6A88)
    assert role(issued, 0x61).sw(*SERIAL) == 0x9000


# DELETE KEY (RDK)


def test_delete_key_empties_a_slot_which_then_takes_new_keys(issued: Card) -> None:
    # RDK-01, RDK-03
    host = issuer(issued)
    assert host.send(*DELETE, bytes([0xD2, 1, TAKEN])) == (b"\x00", 0x9000)
    assert host.sw(*DELETE, bytes([0xD2, 1, TAKEN])) == 0x6A88
    assert host.put_role_key(TAKEN, OTHER, 9)[1] == 0x9000
    host.select(AIDS.instance)
    terminal = Terminal(issued.transmit, keys=OTHER)
    terminal.authenticate(TAKEN)
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("data", ["D00150", "D20250", "D20050", "4F0150", "D28150", "500000"])
def test_delete_key_takes_one_key_reference(issued: Card, data: str) -> None:
    # RDK-04
    assert issuer(issued).sw(*DELETE, bytes.fromhex(data)) == 0x6A80
    assert listed(issued) == ROLE_SLOTS


def test_delete_key_takes_three_bytes_and_no_parameters(issued: Card) -> None:
    host = issuer(issued)
    assert host.sw(*DELETE) == 0x6700
    assert host.sw(*DELETE, bytes.fromhex("D00101D20150")) == 0x6700
    for p1, p2 in ((1, 0), (0, 1), (0, 0x80)):
        assert host.sw(0x80, 0xE4, p1, p2, b"\xd2\x01\x50") == 0x6A86


# States, deletion, files and power


def test_role_keys_are_put_and_used_while_suspended(issued: Card) -> None:
    assert issuer(issued).sw(0x80, 0xF0, 0x40, 0x3F) == 0x9000
    assert issuer(issued).put_role_key(EMPTY, OTHER, 9)[1] == 0x9000
    assert role(issued, TAKEN).sw(*SERIAL) == 0x9000


def cells_with_keys(image: Image) -> Iterator[str]:
    """Give the cells in which a byte string of a role key stands."""
    keys = [key for kvn in ROLE_SLOTS for key in (role_keys(kvn).enc, role_keys(kvn).mac)]
    return (name for name, value in image.cells.items() if any(key in value for key in keys))


def test_termination_erases_role_keys(issued: Card) -> None:
    # STA-05
    assert list(cells_with_keys(issued.memory.image))
    assert issuer(issued).sw(0x80, 0xF0, 0x40, 0x7F) == 0x9000
    assert list(cells_with_keys(issued.memory.image)) == []


def test_deleting_the_application_erases_role_keys(issued: Card) -> None:
    host = Terminal(issued.transmit)
    host.select(ISD)
    host.authenticate()
    assert (
        host.sw(0x80, 0xE4, 0, 0, b"\x4f" + bytes([len(AIDS.instance)]) + AIDS.instance) == 0x9000
    )
    assert list(cells_with_keys(issued.memory.image)) == []


def test_what_a_card_file_tells_of_role_keys_has_no_keys(issued: Card) -> None:
    state = describe.describe(issued.memory.image)
    (application,) = state["applications"]
    assert application["role_key_sets"] == [
        {"version": "50", "role": "LOAD", "master_version": "01"},
        {"version": "51", "role": "MERCHANT", "master_version": "02"},
        {"version": "53", "role": "RATION", "master_version": "08"},
        {"version": "56", "role": "INSPECT", "master_version": "05"},
        {"version": "61", "role": "MERCHANT", "master_version": "03"},
        {"version": "62", "role": "CASH", "master_version": "07"},
        {"version": "64", "role": "BREAD", "master_version": "04"},
        {"version": "65", "role": "HEALTH", "master_version": "09"},
        {"version": "6F", "role": "ROLE 15", "master_version": "06"},
    ]
    assert role_keys(0x51).enc.hex() not in repr(state).lower()


def test_a_card_file_keeps_role_keys(issued: Card, tmp_path: Path) -> None:
    card_file.create(tmp_path / "card.json", issued.memory.image)
    with SIM.open(str(tmp_path / "card.json")) as reader:
        host = Terminal(reader.transmit)
        host.select(AIDS.instance)
        host.authenticate()
        assert host.put_role_key(EMPTY, role_keys(EMPTY), 9)[1] == 0x9000
    with SIM.open(str(tmp_path / "card.json")) as reader:
        for kvn in (EMPTY, TAKEN):
            terminal = Terminal(reader.transmit, keys=role_keys(kvn))
            terminal.select(AIDS.instance)
            terminal.authenticate(kvn)
            assert terminal.sw(*SERIAL) == 0x9000


def test_a_card_file_of_before_there_were_role_keys_has_empty_slots(tmp_path: Path) -> None:
    card, _ = with_own_pin()
    assert not any(".role." in name for name in card.memory.image.cells)
    card_file.create(tmp_path / "card.json", card.memory.image)
    (application,) = describe.describe(card_file.read(tmp_path / "card.json"))["applications"]
    assert application["role_key_sets"] == []
    with SIM.open(str(tmp_path / "card.json")) as reader:
        host = Terminal(reader.transmit)
        host.select(AIDS.instance)
        host.authenticate()
        assert host.send(*LIST) == (b"", 0x6A88)
        assert host.put_role_key(EMPTY, OTHER, 9)[1] == 0x9000


@pytest.mark.parametrize(
    ("act", "kvn"),
    [
        (lambda host: host.put_role_key(EMPTY, role_keys(EMPTY), 9), EMPTY),
        (lambda host: host.send(*DELETE, bytes([0xD2, 1, TAKEN])), TAKEN),
    ],
    ids=["PUT KEY", "DELETE KEY"],
)
@pytest.mark.parametrize("torn", [0, 1, 16, 32])
def test_a_power_cut_leaves_a_role_key_set_whole_or_not_at_all(
    issued: Card, act: Act, kvn: int, torn: int
) -> None:
    # RPK-05, RDK-05
    found = images(issued.memory.image, in_issuer_session, act, torn)
    assert found[0] != found[-1]
    assert all(image in (found[0], found[-1]) for image in found)
    cards = [Card(image) for image in found]
    for card in cards:
        card.reset()
    assert {kvn in listed(card) for card in cards} == {True, False}
    for card in cards:
        if kvn in listed(card):
            assert role(card, kvn).sw(*SERIAL) == 0x9000
        assert role(card, 0x61).sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("torn", [0, 5])
def test_a_termination_that_loses_power_is_completed_at_select(issued: Card, torn: int) -> None:
    # STA-05
    def terminate(host: Terminal) -> None:
        assert host.sw(0x80, 0xF0, 0x40, 0x7F) == 0x9000

    for image in images(issued.memory.image, in_issuer_session, terminate, torn)[2:]:
        card = Card(image)
        card.reset()
        assert Terminal(card.transmit).select(AIDS.instance)[1] == 0x6285
        assert list(cells_with_keys(card.memory.image)) == []


def in_issuer_session(host: Terminal) -> None:
    host.select(AIDS.instance)
    host.authenticate()
