"""Every form of SCP03 that a card can have: parameter i, key length, security level.

Comments name the requirements that a test shows.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applet_spec import CardProfile, spec
from card_simulator.apdu import Answer, Command, parse
from card_simulator.card import Card
from card_simulator.card_file import CardFileDamagedError, create, read
from card_simulator.chip import Chip
from card_simulator.key_sets import KeySets
from card_simulator.memory import Image, Memory, PowerCut
from card_simulator.scp03 import StaticKeys
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel
from tests.card_simulator.sim_host import installed, new_card
from tests.support.terminal import AIDS, ISD, Keys, Terminal, aes_cbc, apdu, derive

REFERENCE = spec().card_profiles["unicard-reference"]
PARAMETERS = [base | s16 for base in (0x00, 0x10, 0x20, 0x30, 0x60, 0x70) for s16 in (0, 1)]
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)
EVERY = b"\x4f\x00"


def profile(i: int, key_length: int = 16, version: int = 0xFF) -> CardProfile:
    return replace(REFERENCE, i=i, key_length=key_length, factory_version=version)


def public_key(length: int) -> bytes:
    return bytes(range(0x40, 0x40 + length))


def host_of(card: Card, kind: CardProfile) -> Terminal:
    key = public_key(kind.key_length)
    return Terminal(card.transmit, keys=Keys(key, key, key), size=16 if (kind.i or 0) & 1 else 8)


def pair(i: int, key_length: int = 16) -> tuple[Card, Terminal]:
    kind = profile(i, key_length)
    card = new_card(kind)
    return card, host_of(card, kind)


def offered(i: int) -> set[int]:
    """Return the levels of Amendment D, tables 5-1 and 7-6, that this i announces."""
    levels = {0x01, 0x03}
    if i & 0x20:
        levels |= {0x11, 0x13}
    if i & 0x60 == 0x60:
        levels.add(0x33)
    return levels


@pytest.mark.parametrize("i", PARAMETERS)
@pytest.mark.parametrize("key_length", [16, 24, 32])
def test_a_card_works_at_each_level_that_its_i_announces(i: int, key_length: int) -> None:
    # SCP-01, SCP-03, SCP-07
    card, host = pair(i, key_length)
    for level in LEVELS:
        host.initialize()
        if level not in offered(i):
            assert host.external_authenticate(level) == 0x6A86
            assert host.external_authenticate(0x01) == 0x6985
            continue
        host.authenticate(level=level)
        for pad_empty in (False, True):
            host.pad_empty = pad_empty
            data, sw = host.send(0x80, 0xCA, 0x00, 0xCF)
            assert (data, sw) == (b"\xcf\x0a" + card.chip.serial, 0x9000)
            assert host.send(0x80, 0xF2, 0x80, 0x02, EVERY)[1] == 0x9000


@pytest.mark.parametrize("i", PARAMETERS)
def test_initialize_update_answers_what_i_says(i: int) -> None:
    # SCP-01
    card, host = pair(i)
    first, second = host.initialize(), host.initialize()
    size = 16 if i & 1 else 8
    assert first[:13] == card.chip.serial + bytes([0xFF, 0x03, i])
    assert len(first) == 13 + 2 * size + (3 if i & 0x10 else 0)
    assert first[13 : 13 + size] != second[13 : 13 + size]
    assert host.raw("80CA006600")[0][-3:] == bytes([0x04, 0x03, i])


@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 24])
def test_a_challenge_of_another_length_gets_6700(i: int, length: int) -> None:
    # SCP-09
    card, host = pair(i)
    right = length == host.size
    before = card.memory.image
    _, sw = host.raw(apdu(0x80, 0x50, 0xFF, 0, bytes(length)))
    assert sw == (0x9000 if right else 0x6700)
    assert right or card.memory.image == before
    if not right:
        assert host.raw(b"\x84\x82\x01\x00\x10" + bytes(16))[1] == 0x6985


@pytest.mark.parametrize(
    ("i", "length"),
    [*((0x60, n) for n in (8, 15, 17, 32)), *((0x61, n) for n in (16, 24, 31, 33))],
)
def test_external_authenticate_of_another_length_gets_6700(i: int, length: int) -> None:
    _, host = pair(i)
    host.initialize()
    body = (host.host_cryptogram() + bytes(33))[:length]
    assert host.raw(bytes([0x84, 0x82, 0x33, 0, length]) + body)[1] == 0x6700
    assert host.external_authenticate() == 0x6985


@pytest.mark.parametrize("i", [0x60, 0x61])
@pytest.mark.parametrize("short", [1, 4, 7, 8])
def test_a_mac_of_another_length_ends_the_session(i: int, short: int) -> None:
    # SM-11
    card, host = pair(i)
    host.authenticate(level=0x01)
    whole = host.wrap(0x80, 0xCA, 0x00, 0xCF)
    command = bytes([*whole[:4], host.size - short]) + whole[5 : 5 + host.size - short] + b"\x00"
    if host.size == short:
        command = whole[:4] + b"\x00"
    before = card.memory.image
    assert host.raw(command) == (b"", 0x6982)
    assert host.raw("80CA00CF00")[1] == 0x9000
    assert card.memory.image == before


@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71])
def test_initialize_update_is_taken_with_and_without_le(i: int) -> None:
    # SCP-13
    _, host = pair(i)
    assert len(host.initialize(le=b"")) == len(host.initialize(le=b"\x00"))


def test_a_missing_i_is_that_of_the_first_cards(tmp_path: Path) -> None:
    image = new_card().memory.image
    old = Image({name: value for name, value in image.cells.items() if name != "isd.i"})
    create(tmp_path / "old.json", old)
    card = Card(read(tmp_path / "old.json"))
    card.reset()
    host = Terminal(card.transmit)
    assert host.initialize()[12] == 0x60
    host.authenticate()
    assert host.send(0x80, 0xCA, 0x00, 0xCF)[1] == 0x9000


@pytest.mark.parametrize("i", ["02", "40", "50", "80", "6000", "FF"])
def test_a_card_file_with_an_i_that_does_not_exist_is_damaged(tmp_path: Path, i: str) -> None:
    cells = {**new_card().memory.image.cells, "isd.i": bytes.fromhex(i)}
    create(tmp_path / "card.json", Image(cells))
    with pytest.raises(CardFileDamagedError):
        read(tmp_path / "card.json")


@pytest.mark.parametrize("cell", ["0110" + "00" * 16, "00", "01" * 60])
def test_a_card_file_without_a_complete_key_set_is_damaged(tmp_path: Path, cell: str) -> None:
    cells = {**new_card().memory.image.cells, "isd.keys.FF": bytes.fromhex(cell)}
    create(tmp_path / "card.json", Image(cells))
    with pytest.raises(CardFileDamagedError):
        read(tmp_path / "card.json")


Step = tuple[int, int, int, int, bytes]
STEPS: list[Step] = [
    (0x80, 0xCA, 0x00, 0xCF, b""),
    (0x80, 0xCA, 0x9F, 0x7F, b""),
    (0x80, 0xCA, 0x00, 0x42, b""),
    (0x80, 0xFF, 0x00, 0x00, b""),
    (0x80, 0xF2, 0x80, 0x02, EVERY),
    (0x80, 0xF2, 0x80, 0x02, b"\x4f\x10" + bytes(16)),
    (0x80, 0xE4, 0x00, 0x00, b"\xd2\x01\x55"),
    (0x80, 0xD8, 0x00, 0x81, bytes(200)),
]


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from([(i, level) for i in PARAMETERS for level in sorted(offered(i))]),
    key_length=st.sampled_from([16, 24, 32]),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=1, max_size=8),
)
def test_host_and_card_stay_in_step_whatever_is_sent(
    form: tuple[int, int], key_length: int, steps: list[tuple[Step, bool]]
) -> None:
    # SM-04, SM-05, SM-06, SM-07
    i, level = form
    _, host = pair(i, key_length)
    _, reference = pair(0x60)
    host.authenticate(level=level)
    reference.authenticate(level=0x01)
    for step, pad_empty in steps:
        host.pad_empty = pad_empty
        data, sw = host.send(*step)
        expected, word = reference.send(*step)
        assert sw == word
        assert len(data) == len(expected)


# The sequence counter


def sequence_of(offer: bytes) -> int:
    return int.from_bytes(offer[-3:], "big")


@pytest.mark.parametrize("i", [0x10, 0x70, 0x71])
@pytest.mark.parametrize("key_length", [16, 24, 32])
def test_a_pseudo_random_challenge_comes_from_counter_and_name(i: int, key_length: int) -> None:
    # SCP-10
    _, host = pair(i, key_length)
    for count in (1, 2, 3):
        offer = host.initialize()
        assert sequence_of(offer) == count
        context = count.to_bytes(3, "big") + ISD
        assert offer[13 : 13 + host.size] == derive(host.keys.enc, 2, context, 8 * host.size)


def test_the_challenge_is_of_the_application_that_is_selected() -> None:
    # SCP-10
    card, host = installed(new_card(profile(0x70)))
    host.select(AIDS.instance)
    offer = host.initialize()
    assert offer[13:21] == derive(host.keys.enc, 2, offer[-3:] + AIDS.instance, 64)
    host.select(AIDS.instance[:6])
    offer = host.initialize()
    assert offer[13:21] == derive(host.keys.enc, 2, offer[-3:] + AIDS.instance, 64)
    assert card.memory.image.cells["isd.sequence.FF"] == offer[-3:]


def test_only_an_initialize_update_that_succeeds_moves_the_counter() -> None:
    # SCP-11
    card, host = pair(0x70)
    host.initialize()
    before = card.memory.image
    for command in ("8050300008" + "00" * 8, "8050FF0007" + "00" * 7, "8050FF0108" + "00" * 8):
        assert host.raw(command)[1] != 0x9000
    host.initialize()
    host.external_authenticate(spoil=0)
    host.initialize()
    assert sequence_of(host.initialize()) == 4
    assert before.cells["isd.sequence.FF"] == b"\x00\x00\x01"


def test_the_counter_survives_a_reset_and_get_data_answers_it() -> None:
    card, host = pair(0x70)
    assert host.raw("80CA00C100") == (bytes.fromhex("C103000000"), 0x9000)
    host.initialize()
    card.reset()
    assert host.raw("80CA00C100") == (bytes.fromhex("C103000001"), 0x9000)
    assert sequence_of(host.initialize()) == 2


def test_a_card_with_random_challenges_has_no_counter() -> None:
    card, host = pair(0x60)
    before = card.memory.image
    host.initialize()
    assert host.raw("80CA00C100") == (b"", 0x6A88)
    assert card.memory.image == before


def with_sequence(image: Image, value: bytes, kvn: str = "FF") -> Card:
    card = Card(Image({**image.cells, f"isd.sequence.{kvn}": value}))
    card.reset()
    return card


def test_a_counter_at_its_end_opens_no_session_and_never_begins_again() -> None:
    # SCP-12
    image = new_card(profile(0x70)).memory.image
    card = with_sequence(image, b"\xff\xff\xfe")
    host = Terminal(card.transmit)
    assert sequence_of(host.initialize()) == 0xFFFFFF
    before = card.memory.image
    for _ in range(2):
        assert host.raw("8050FF0008" + "00" * 8) == (b"", 0x6985)
        assert host.external_authenticate() == 0x6985
        card.reset()
    assert card.memory.image == before


NEW_KEYS = Keys(b"E" * 16, b"M" * 16, b"D" * 16)


def test_each_key_set_counts_for_itself_and_a_new_one_begins_again() -> None:
    # SCP-11
    card, host = pair(0x70)
    host.authenticate()
    assert host.put_key(0x30, NEW_KEYS)[1] == 0x9000
    assert "isd.sequence.FF" not in card.memory.image.cells
    host.keys = NEW_KEYS
    host.authenticate(0x30)
    assert host.put_key(0x31, Keys())[1] == 0x9000
    counts = [sequence_of(host.initialize(kvn)) for kvn in (0x30, 0x31, 0x31, 0x30)]
    assert counts == [2, 1, 2, 3]
    host.authenticate(0x30)
    assert host.put_key(0x32, Keys(b"e" * 16, b"m" * 16, b"d" * 16), replaces=0x31)[1] == 0x9000
    assert sequence_of(host.initialize(0x32)) == 1
    assert {name for name in card.memory.image.cells if "sequence" in name} == {
        "isd.sequence.30",
        "isd.sequence.32",
    }


def test_a_deleted_set_takes_its_counter_along() -> None:
    card, host = pair(0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.put_key(0x31, Keys())
    host.keys = NEW_KEYS
    host.initialize(0x30)
    host.keys = Keys()
    host.authenticate(0x31)
    assert host.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == 0x9000
    assert "isd.sequence.30" not in card.memory.image.cells


def one_key(host: Terminal, kvn: int, key_id: int, key: bytes, replaces: int = 0) -> int:
    body = aes_cbc(host.keys.dek, bytes(16), key)
    check = aes_cbc(key, bytes(16), b"\x01" * 16)[:3]
    data = bytes([kvn, 0x88, len(body)]) + body + b"\x03" + check
    return host.sw(0x80, 0xD8, replaces, key_id, data)


def test_a_counter_goes_on_while_its_key_enc_stays() -> None:
    """Else the same challenge would come twice under the same key."""
    card, host = pair(0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.keys = NEW_KEYS
    host.authenticate(0x30)
    assert one_key(host, 0x31, 2, b"m" * 16, replaces=0x30) == 0x9000
    host.keys = Keys(NEW_KEYS.enc, b"m" * 16, NEW_KEYS.dek)
    host.authenticate(0x31)
    assert card.memory.image.cells["isd.sequence.31"] == b"\x00\x00\x02"
    assert one_key(host, 0x31, 1, b"e" * 16, replaces=0x31) == 0x9000
    host.keys = Keys(b"e" * 16, b"m" * 16, NEW_KEYS.dek)
    assert sequence_of(host.initialize(0x31)) == 1


@pytest.mark.parametrize("kvn", [0x30, 0x31], ids=["its version", "another version"])
def test_a_session_cannot_be_replayed_after_the_same_keys_were_sent_again(kvn: int) -> None:
    """SCP-12: the challenge would come again, and with it everything that was ever sent."""
    card, host = pair(0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.keys = NEW_KEYS
    seen = [host.initialize(0x30)[13:21] for _ in range(3)]
    host.authenticate(0x30)
    assert host.put_key(kvn, NEW_KEYS, replaces=0x30)[1] == 0x9000
    again = host.initialize(kvn)
    assert sequence_of(again) == 5
    assert again[13:21] not in seen
    assert card.memory.names("isd.sequence.") == [f"isd.sequence.{kvn:02X}"]


def test_no_power_cut_repeats_a_challenge() -> None:
    image = new_card(profile(0x70)).memory.image
    seen: list[bytes] = []
    cuts = 0
    for attempt in range(12):
        card = Card(image)
        card.reset()
        if attempt % 2:
            card.memory.cut_power_at(1)
        try:
            seen.append(Terminal(card.transmit).initialize()[13:21])
        except PowerCut:
            cuts += 1
            card.reset()
        card.memory.keep_power()
        image = card.memory.image
    assert (len(set(seen)), len(seen), cuts) == (6, 6, 6)


def test_the_counter_is_written_before_the_answer() -> None:
    card, host = pair(0x70)
    start = card.memory.writes
    card.memory.cut_power_at(1)
    with pytest.raises(PowerCut):
        host.initialize()
    card.reset()
    assert card.memory.writes == start + 1
    assert sequence_of(host.initialize()) == 1


# The encryption counter


@pytest.mark.parametrize("i", [0x60, 0x61])
def test_a_session_ends_where_its_encryption_counter_does(i: int) -> None:
    # SM-10
    chip = Chip(bytes(42))
    memory = Memory()
    key = public_key(16)
    KeySets(memory).store(0xFF, StaticKeys(key, key, key))
    channel = SecureChannel(chip, KeySets(memory), Options(i), last_count=3)

    def answer(command: Command) -> Answer:
        if command.ins == 0x50:
            return channel.initialize_update(command, ISD)
        if command.ins == 0x82:
            return channel.external_authenticate(command)
        return Answer(command.data)

    host = Terminal(
        lambda raw: channel.run(parse(raw), answer), keys=Keys(), size=channel.options.size
    )
    host.authenticate()
    assert [host.send(0x80, 0xF2, 0, 0, b"x") for _ in range(3)] == [(b"x", 0x9000)] * 3
    assert host.send(0x80, 0xF2, 0, 0, b"x") == (b"", 0x6982)
    assert channel.session is None
    host.authenticate()
    assert host.send(0x80, 0xF2, 0, 0, b"x") == (b"x", 0x9000)
