"""Every type of software card is personalized by what its profile says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from applet_spec import CardProfile, spec
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.profiles import factory_keys, software_profiles
from card_simulator.reader import SimReader
from host_lib.drive import drive
from host_lib.errors import CardRemoved
from host_lib.flow.session import PUT_KEY_WITHOUT_INNER_LENGTH, SessionTerms
from host_lib.keyset import KeySet
from host_lib.secret import AesKey, SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.sam import StoreSam
from keys_tool.vault import ScryptCost
from personalization import steps
from personalization.errors import CardSetAside
from personalization.journal import Journal
from personalization.outcome import Outcome
from personalization.visit_plan import plan_visit
from tests.personalization.perso_bureau import PASSPHRASE, Bureau, prepared_batch

MAC_ONLY = "unicard-mac-only"


def new_store(path: Path, profile: CardProfile) -> FileStore:
    keys = factory_keys(profile)
    transport = KeySet(0xFF, AesKey(keys.enc), AesKey(keys.mac), AesKey(keys.dek))
    secret = SecretBytes(PASSPHRASE.encode())
    contents = initial_contents("Test issuer", transport)
    return FileStore.create(path, secret, contents=contents, cost=ScryptCost(n=1024))


class Watched(SimReader):
    """Notes the level of each EXTERNAL AUTHENTICATE, the longest data and the last PUT KEY."""

    def __init__(self, card: Card) -> None:
        super().__init__("sim", card)
        self.levels: set[int] = set()
        self.longest = 0
        self.put_key = b""
        self.lose_put_key = False

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        if command[:2] == b"\x84\x82":
            self.levels.add(command[2])
        if command[1] == 0xD8:
            self.put_key = command
        self.longest = max(self.longest, len(command) - 6)
        answer = super().transmit(command, timeout)
        if self.put_key and self.lose_put_key:
            self.lose_put_key = False
            raise CardRemoved("the answer to PUT KEY is lost")
        return answer


@contextmanager
def bureau_and_card(
    folder: Path, name: str, *, installed: bool = False
) -> Iterator[tuple[Bureau, Watched]]:
    profile = spec().card_profiles[name]
    store = new_store(folder / "keys.unicard", profile)
    journal = Journal(folder / "bureau.journal", create=True)
    (chip,) = new_chips(1, 1, profile)
    card = Card(blank_image(chip, profile, installed=installed))
    with store, journal, Watched(card) as reader:
        yield prepared_batch(folder, store, journal, 1, 7), reader


@pytest.mark.parametrize("installed", [False, True], ids=["bare", "with the application"])
@pytest.mark.parametrize("name", sorted({*software_profiles()} - {MAC_ONLY}))
def test_a_card_of_every_profile_with_protected_answers_is_issued(
    tmp_path: Path, name: str, installed: bool
) -> None:
    with bureau_and_card(tmp_path, name, installed=installed) as (bureau, reader):
        result = bureau.visit(reader)
        assert result.outcome is Outcome.ISSUED, (result.message, result.advice)
        assert bureau.visit(reader).outcome is Outcome.ALREADY_DONE
        assert reader.levels == {0x33}
        assert reader.longest <= 255


@pytest.mark.parametrize("name", sorted({*software_profiles()} - {MAC_ONLY}))
def test_an_issued_card_has_its_issuer_keys_only_whatever_the_version_of_its_factory_keys(
    tmp_path: Path, name: str
) -> None:
    with bureau_and_card(tmp_path, name) as (bureau, reader):
        bureau.visit(reader)
        assert drive(steps.observe(), reader).key_versions == (0x30,)


def test_a_card_with_factory_keys_of_another_version_that_lost_power_after_the_keys_goes_on(
    tmp_path: Path,
) -> None:
    with bureau_and_card(tmp_path, "unicard-s16-pseudo-random") as (bureau, reader):
        reader.lose_put_key = True
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        reader.reset()
        assert bureau.visit(reader).outcome is Outcome.ISSUED


def test_a_card_whose_answers_nothing_protects_is_set_aside_before_anything_is_written(
    tmp_path: Path,
) -> None:
    with bureau_and_card(tmp_path, MAC_ONLY) as (bureau, reader):
        before = reader.card.memory.image
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SET_ASIDE
        assert "level 03" in result.message
        assert "card probe" in result.advice
        assert reader.card.memory.image == before
        assert all(entry.chip is None for entry in bureau.entries())
        # A dry run says the same, and plans nothing.
        with bureau.bench() as bench, pytest.raises(CardSetAside, match="level 03"):
            plan_visit(bench, reader, ())


@pytest.mark.parametrize(("quirks", "field"), [({PUT_KEY_WITHOUT_INNER_LENGTH}, 16), (set(), 17)])
def test_keys_are_put_in_the_form_that_the_profile_names(
    tmp_path: Path, quirks: set[str], field: int
) -> None:
    with bureau_and_card(tmp_path, "unicard-reference") as (bureau, reader):
        # A level that encrypts nothing, so that the form can be seen on the wire.
        terms = SessionTerms(level=0x11, quirks=frozenset(quirks))
        sam = StoreSam(bureau.store)
        session = drive(steps.open_blank(terms), reader, sam)
        drive(steps.put_issuer_keys(session, 0x30), reader, sam)
        assert reader.put_key[5:8] == bytes((0x30, 0x88, field))
        assert drive(steps.open_card_manager(0x30, terms), reader, sam).channel.is_open
