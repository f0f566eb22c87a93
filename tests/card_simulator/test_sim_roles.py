"""Role keys and role sessions on the software card, next to the contract's text.

Comments name the requirements that a test shows.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator import card_file, describe
from card_simulator.application.role_session import role_form
from card_simulator.card import Card
from card_simulator.memory import Image
from card_simulator.reader import SIM
from tests.card_simulator.sim_cuts import Act, images
from tests.card_simulator.sim_host import (
    installed,
    new_card,
    personalized,
    role_of,
    with_own_pin,
    with_role_keys,
)
from tests.support.factory import host_of, profile
from tests.support.stages import ROLE_SLOTS
from tests.support.terminal import (
    AIDS,
    CARD_SERIAL,
    CARDHOLDER,
    ISD,
    NEW_PIN,
    VALIDITY,
    Keys,
    Terminal,
    apdu,
    dgi,
    role_keys,
    stream,
)

LIST = (0x00, 0xCA, 0xDF, 0x55)
SERIAL = (0x00, 0xCA, 0xDF, 0x51)
HOLDER = (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65\x54\x02\x00\x00")
PUT, DELETE = (0x80, 0xD8, 0x00, 0x81), (0x80, 0xE4, 0x00, 0x00)
EMPTY, TAKEN = 0x5F, 0x50
OTHER = Keys(b"E" * 16, b"M" * 16, b"")


@pytest.fixture
def issued() -> Card:
    return with_role_keys()[0]


def issuer(card: Card, level: int = 0x33) -> Terminal:
    host = Terminal(card.transmit)
    host.select(AIDS.instance)
    host.authenticate(level=level)
    return host


def role(card: Card, kvn: int) -> Terminal:
    """Return a terminal in the session of a role."""
    terminal = role_of(card, kvn)
    terminal.select(AIDS.instance)
    terminal.authenticate(kvn)
    return terminal


def listed(card: Card) -> dict[int, int]:
    data, sw = issuer(card).send(*LIST)
    assert sw in (0x9000, 0x6A88)
    return dict(zip(data[::2], data[1::2], strict=True))


def begins(kvn: int, length: int = 8, p2: int = 0) -> bytes:
    return apdu(0x80, 0x50, kvn, p2, bytes(length))


# Opening a session (ROL-01, ROL-02, ROL-03, ROL-06)


@pytest.mark.parametrize(("kvn", "master"), ROLE_SLOTS.items())
def test_the_answer_lets_a_terminal_find_its_key(issued: Card, kvn: int, master: int) -> None:
    # ROL-01
    data = role_of(issued, kvn).initialize(kvn)
    assert data[:10] == CARD_SERIAL + bytes([kvn & 0x0F, master])
    assert data[10:13] == bytes([kvn, 0x03, 0x60])
    assert len(data) == 13 + 8 + 8


@pytest.mark.parametrize("i", sorted({0x00, 0x01, 0x20, 0x70, 0x71}))
def test_a_role_session_is_the_same_on_every_card(i: int) -> None:
    # ROL-01: S8, random challenges, R-ENC, whatever the issuer's own channel has.
    card = new_card(profile(i))
    host = host_of(card, profile(i))
    host.authenticate(level=0x03)
    assert host.install() == 0x9000
    host.select(AIDS.instance)
    host.authenticate(level=0x03)
    assert host.put_role_key(0x51, role_keys(0x51), 7)[1] == 0x9000
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert set(host.store(stream(host))) == {0x9000}
    assert role_of(card, 0x51).initialize(0x51)[8:13] == bytes.fromhex("0107510360")
    terminal = role(card, 0x51)
    assert terminal.send(*LIST) == (b"\x51\x07", 0x9000)


def test_card_challenges_are_random(issued: Card) -> None:
    terminal = role_of(issued, 0x51)
    assert len({terminal.initialize(0x51)[13:21] for _ in range(20)}) == 20


@pytest.mark.parametrize("level", [x for x in range(256) if x != 0x33])
def test_no_other_level_opens_a_role_session(issued: Card, level: int) -> None:
    # ROL-02
    terminal = role_of(issued, 0x51)
    terminal.initialize(0x51)
    assert terminal.external_authenticate(level) == 0x6A86
    assert terminal.external_authenticate(0x33) == 0x6985


def test_external_authenticate_is_looked_at_in_the_contracts_order(issued: Card) -> None:
    terminal = role_of(issued, 0x51)

    def answer(command: str) -> int:
        terminal.initialize(0x51)
        return terminal.raw(command)[1]

    assert answer("8082330010" + "00" * 16) == 0x6E00
    assert answer("8482010003" + "00" * 3) == 0x6A86
    assert answer("8482330103" + "00" * 3) == 0x6A86
    assert answer("8482330020" + "00" * 32) == 0x6700
    assert answer("8482330010" + "00" * 16) == 0x6300
    terminal.initialize(0x51)
    assert terminal.external_authenticate(spoil=15) == 0x6982
    terminal.initialize(0x51)
    assert terminal.external_authenticate() == 0x9000


def test_role_keys_have_no_failure_counter(issued: Card) -> None:
    # ROL-06
    terminal = role_of(issued, 0x51)
    before = issued.memory.image
    for _ in range(300):
        terminal.initialize(0x51)
        assert terminal.external_authenticate(spoil=0) == 0x6300
    assert issued.memory.image == before
    terminal.authenticate(0x51)
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("kvn", [EMPTY, TAKEN])
def test_a_blank_card_opens_no_role_session(kvn: int) -> None:
    # ROL-03: in the order state, length, slot.
    card, host = installed()
    assert host.put_role_key(TAKEN, role_keys(TAKEN), 1)[1] == 0x9000
    host.select(AIDS.instance)
    assert host.raw(begins(kvn)) == (b"", 0x6985)
    assert host.raw(begins(kvn, length=3)) == (b"", 0x6985)
    assert host.raw(begins(kvn, p2=1)) == (b"", 0x6A86)
    assert listed(card) == {TAKEN: 1}


@pytest.mark.parametrize("length", [0, 7, 9, 16, 255])
def test_a_role_session_takes_a_challenge_of_8_bytes(issued: Card, length: int) -> None:
    host = Terminal(issued.transmit)
    for kvn in (EMPTY, TAKEN):
        assert host.raw(begins(kvn, length)) == (b"", 0x6700)
    assert host.raw(begins(EMPTY)) == (b"", 0x6A88)


def test_the_issuer_security_domain_has_no_role_sessions(issued: Card) -> None:
    host = Terminal(issued.transmit)
    host.select(ISD)
    assert host.raw(begins(0x51)) == (b"", 0x6A88)


def test_the_contract_has_one_form_for_roles() -> None:
    (form,) = role_form().variants
    assert form.length() == spec().commands["INITIALIZE UPDATE"].variants[0].length()
    assert form.states is not None
    assert set(form.states) == {"PERSONALIZED", "ACTIVE", "SUSPENDED"}


# One session at a time


def test_a_role_session_ends_the_issuers_and_the_other_way_round(issued: Card) -> None:
    # SCP-08
    host = issuer(issued)
    late = host.wrap(*SERIAL)
    terminal = role_of(issued, 0x51)
    terminal.authenticate(0x51)
    assert issued.transmit(late) == b"\x69\x82"
    terminal.authenticate(0x51)
    late = terminal.wrap(*SERIAL)
    host.authenticate()
    assert issued.transmit(late) == b"\x69\x82"


HEARD = ["00CADF5100", "10CADF5100", "A0CADF5100", "00A40000023F00", "00FF0000"]
UNHEARD = ["", "00CA", "01CA000000", "FFCA0000", "0070800001", "00A4040005AABBCCDDEE"]


@pytest.mark.parametrize("between", HEARD + UNHEARD)
def test_a_command_that_the_application_hears_of_drops_a_pending_role_session(
    issued: Card, between: str
) -> None:
    # SCP-06
    terminal = role_of(issued, 0x51)
    terminal.initialize(0x51)
    terminal.raw(between)
    assert terminal.external_authenticate() == (0x6985 if between in HEARD else 0x9000)


def test_a_role_cannot_finish_what_the_issuer_began_nor_the_issuer_a_roles(issued: Card) -> None:
    host, terminal = Terminal(issued.transmit), role_of(issued, 0x51)
    host.initialize()
    terminal.initialize(0x51)
    assert host.external_authenticate() == 0x6300
    terminal.initialize(0x51)
    host.initialize()
    assert terminal.external_authenticate() == 0x6300


@pytest.mark.parametrize("aid", [AIDS.instance, ISD])
def test_no_role_session_outlives_select(issued: Card, aid: bytes) -> None:
    terminal = role(issued, 0x51)
    late = terminal.wrap(*SERIAL)
    terminal.select(aid)
    assert issued.transmit(late) == b"\x69\x82"


def test_the_holders_flags_end_where_a_role_session_begins_and_ends(issued: Card) -> None:
    # PIN-08
    terminal = role_of(issued, 0x51)
    asked, verify = (0, 0x20, 0, 0x81), (0, 0x20, 0, 0x81, NEW_PIN)
    assert terminal.sw(*verify) == 0x9000
    terminal.initialize(0x51)
    assert terminal.raw(apdu(*asked))[1] == 0x63C3
    terminal.authenticate(0x51)
    assert terminal.sw(*verify) == 0x9000
    assert terminal.sw(*asked) == 0x9000
    assert terminal.raw(apdu(*asked))[1] == 0x6982
    terminal.level = 0
    assert terminal.sw(*asked) == 0x63C3


def test_a_session_takes_as_many_commands_as_the_contract_says(issued: Card) -> None:
    # ROL-07
    most = spec().limits["role_session_commands"]
    terminal = role(issued, 0x51)
    for _ in range(most):
        assert issued.transmit(terminal.wrap(*SERIAL))[-2:] == b"\x90\x00"
    assert issued.transmit(terminal.wrap(*SERIAL)) == b"\x69\x82"
    terminal.level = 0
    assert terminal.sw(*SERIAL) == 0x9000


# What a role may do (ROL-04, ROL-05, ROL-08)

ISSUERS: dict[str, tuple[int, int, int, int] | tuple[int, int, int, int, bytes]] = {
    "PUT DATA": (0x00, 0xDA, 0xDF, 0x52, VALIDITY),
    "RESET RETRY COUNTER": (0x00, 0x2C, 0x03, 0x81),
    "GENERATE, again": (0x00, 0x46, 0x81, 0x00),
    "STORE DATA": (0x80, 0xE2, 0x08, 0x00, dgi(0x0103, VALIDITY)),
    "PUT KEY": (*PUT, bytes(48)),
    "PUT KEY, too short": (*PUT, bytes(2)),
    "DELETE KEY": (*DELETE, b"\xd2\x01\x51"),
    "SET STATUS": (0x80, 0xF0, 0x40, 0x3F),
}


@pytest.mark.parametrize("name", ISSUERS)
def test_what_needs_the_issuer_a_role_may_not(issued: Card, name: str) -> None:
    # ROL-04
    terminal = role(issued, 0x51)
    before = issued.memory.image
    assert terminal.sw(*ISSUERS[name]) == 0x6982
    assert issued.memory.image == before
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("number", range(16))
def test_a_role_reads_what_names_it_or_every_role(number: int) -> None:
    # ROL-05
    card, host = personalized()
    host.authenticate()
    assert host.put_role_key(0x60 + number, role_keys(0x60 + number), 1)[1] == 0x9000
    terminal = role(card, 0x60 + number)
    for target in spec().objects.values():
        read = target.read & {"anyone", "role", f"role:{number}"}
        tag = target.tag.to_bytes(2).lstrip(b"\x00")
        word = terminal.sw(0, 0xCB, 0x3F, 0xFF, bytes([0x5C, len(tag)]) + tag)
        assert word in ((0x9000, 0x6A88) if read else (0x6982,)), target.name
    assert terminal.send(*HOLDER)[1] == (0x9000 if number == 6 else 0x6982)


def test_what_roles_read_is_read_in_their_session_only(issued: Card) -> None:
    # ROL-05, GDA-03
    number, anybody = (0x00, 0xCA, 0x00, 0x5A), Terminal(issued.transmit)
    assert anybody.sw(*number) == 0x6982
    terminal = role(issued, 0x51)
    assert terminal.sw(*number) == 0x9000
    assert anybody.sw(*number) == 0x6982
    assert anybody.sw(*number) == 0x6982, "the command in clear has ended the session"


def test_a_verified_holder_opens_more_to_a_role(issued: Card) -> None:
    terminal = role(issued, 0x51)
    assert terminal.sw(*HOLDER) == 0x6982
    assert terminal.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    data, sw = terminal.send(*HOLDER)
    assert (CARDHOLDER in data, sw) == (True, 0x9000)


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
        {"version": "56", "role": "INSPECT", "master_version": "05"},
        {"version": "61", "role": "MERCHANT", "master_version": "03"},
        {"version": "64", "role": "BREAD", "master_version": "04"},
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
