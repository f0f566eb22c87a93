"""What the software card keeps of SCP03: parameter i, sequence and encryption counters.

Comments name the requirements that a test shows.
"""

from pathlib import Path

import pytest

from card_simulator.apdu import Answer, Command, parse
from card_simulator.card import Card
from card_simulator.card_file import CardFileDamagedError, create, read
from card_simulator.chip import Chip
from card_simulator.key_sets import KeySets
from card_simulator.memory import Image, Memory
from card_simulator.scp03 import StaticKeys
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel
from tests.card_simulator.sim_host import installed, new_card
from tests.support.factory import profile, public_key
from tests.support.terminal import AIDS, ISD, Keys, Terminal, derive


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


# The sequence counter


def sequence_of(offer: bytes) -> int:
    return int.from_bytes(offer[-3:], "big")


def with_sequence(image: Image, value: bytes, kvn: str = "FF") -> Card:
    card = Card(Image({**image.cells, f"isd.sequence.{kvn}": value}))
    card.reset()
    return card


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


def test_a_deleted_set_takes_its_counter_along() -> None:
    card = new_card(profile(0x70))
    host = Terminal(card.transmit)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.put_key(0x31, Keys())
    host.keys = NEW_KEYS
    host.initialize(0x30)
    host.keys = Keys()
    host.authenticate(0x31)
    assert host.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == 0x9000
    assert "isd.sequence.30" not in card.memory.image.cells


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
