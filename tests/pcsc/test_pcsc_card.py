"""A terminal and a card with a real PC/SC stack between them."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from applet_spec import Changed
from card_simulator.card_file import create, read
from card_simulator.memory import Image
from host_lib import Card, ExitCode, Pin
from host_lib.apdu import Apdu, Response
from host_lib.command import GetCplc, SelectCardManager
from host_lib.drive import drive
from host_lib.errors import ReaderError, ReaderTimeout
from host_lib.flow.rotation import Rotation, rotate_issuer_keys
from host_lib.reader import Reader, open_reader
from tests.support.cards import HOLDER_NAME, NEW, OLD, TRANSPORT_PIN, issuer, personalized_card
from tests.support.pcscd import Pcscd
from tests.support.serving import PATIENCE, serving
from tests.support.slow_card import SlowReader, slow_card

pytestmark = pytest.mark.pcsc


def card_file(folder: Path) -> Path:
    reader, _ = personalized_card()
    path = folder / "card.json"
    create(path, reader.card.memory.image)
    return path


def opened(name: str) -> Reader:
    reader = open_reader(f"pcsc:{name}")
    reader.wait_for_card(PATIENCE)
    return reader


def test_a_holder_changes_the_pin_through_pcscd(pcscd: Pcscd, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    with serving(pcscd, 0, path), opened(pcscd.readers[0]) as reader:
        card = Card(reader)
        card.select()
        card.change_pin(TRANSPORT_PIN, Pin("2468"))
        card.verify_pin(Pin("2468"))
        assert card.cardholder().name == HOLDER_NAME


def test_issuer_keys_are_rotated_through_pcscd(pcscd: Pcscd, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    with serving(pcscd, 0, path), opened(pcscd.readers[0]) as reader:
        done = drive(rotate_issuer_keys({OLD, NEW}, NEW), reader, issuer)
    assert done == Rotation(NEW, added=True, deleted=(OLD,))


def test_a_card_that_is_taken_out_in_the_middle_leaves_the_outcome_uncertain(
    pcscd: Pcscd, tmp_path: Path
) -> None:
    path = card_file(tmp_path)
    with serving(pcscd, 0, path) as server, opened(pcscd.readers[0]) as reader:
        card = Card(reader)
        card.select()
        server.terminate()
        server.wait(PATIENCE)
        # The service notices the removal a moment later: until then the transmission fails.
        with pytest.raises(ReaderError) as caught:
            card.pin_status()
        assert caught.value.exit_code is ExitCode.UNCERTAIN


def test_a_card_that_is_late_is_not_waited_for_and_not_asked_again(pcscd: Pcscd) -> None:
    get_data = 0xCA
    card = SlowReader(get_data, seconds=2.0)

    def impatient() -> Generator[Apdu, Response, Response]:
        return (yield replace(GetCplc().apdu(), timeout=0.5))

    with slow_card(pcscd, 0, card):
        with opened(pcscd.readers[0]) as reader:
            with pytest.raises(ReaderTimeout, match="GET DATA was not answered") as e:
                drive(impatient(), reader)
            assert e.value.exit_code is ExitCode.UNCERTAIN
            with pytest.raises(ReaderError, match="waits for a card") as refused:
                drive(iter(SelectCardManager()), reader)
            assert refused.value.changed is Changed.NO
        assert card.ran.count(get_data) == 1
        with opened(pcscd.readers[0]) as reader:
            drive(iter(SelectCardManager()), reader)
        assert card.ran.count(get_data) == 1


def test_two_readers_hold_two_cards_at_once(pcscd: Pcscd, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = (card_file(folder) for folder in folders)
    with (
        serving(pcscd, 0, first),
        serving(pcscd, 1, second),
        opened(pcscd.readers[0]) as left,
        opened(pcscd.readers[1]) as right,
    ):
        serials = {Card(place).identify().cplc.chip_serial for place in (left, right)}
    assert len(serials) == 2


def test_an_empty_reader_is_waited_for_no_longer_than_asked(pcscd: Pcscd) -> None:
    with open_reader(f"pcsc:{pcscd.readers[0]}") as reader, pytest.raises(ReaderTimeout):
        reader.wait_for_card(0.2)


def test_a_hopper_gives_one_card_after_the_other(pcscd: Pcscd, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    paths = []
    for name in names:
        (tmp_path / name).mkdir()
        paths.append(card_file(tmp_path / name))
    seen = []
    with (
        serving(pcscd, 0, *paths, hopper=True),
        open_reader(f"pcsc:{pcscd.readers[0]}") as reader,
    ):
        for _ in names:
            reader.wait_for_card(PATIENCE)
            seen.append(Card(reader).identify().cplc.chip_serial)
            reader.wait_for_removal(PATIENCE)
    assert len(set(seen)) == 3
    assert all(isinstance(read(path), Image) for path in paths)
