"""Yubico's library administers the software card and the Java card behind a real pcscd.

`SecurityDomainSession` of yubikit (package yubikey-manager) over pyscard: other people wrote it for
other cards, with an SCP03 of its own, and it takes nothing from this project.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from card_simulator.blanks import new_chips
from card_simulator.card_file import create, read
from card_simulator.card_manager import blank_image
from card_simulator.memory import Memory
from card_simulator.scp03_options import OPTIONS_CELL
from tests.support.java_cards import missing_for_java
from tests.support.pcscd import Pcscd
from tests.support.serving import serving

pytest.importorskip("smartcard.System", reason="needs pyscard, which `make test` installs")
pytest.importorskip("yubikit.securitydomain", reason="needs yubikey-manager, as `make test` has")

from smartcard.System import readers
from ykman.pcsc import ScardSmartCardConnection
from yubikit.core import Tlv
from yubikit.core.smartcard import SW, ApduError
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, StaticKeys
from yubikit.securitydomain import SecurityDomainSession

pytestmark = pytest.mark.pcsc

TRANSPORT = Scp03KeyParams(KeyRef(1, 0xFF))
"""The key set of blank stock; its keys are yubikit's default, GlobalPlatform's test key."""

OURS = StaticKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
OTHERS = StaticKeys(bytes(range(128, 144)), bytes(range(144, 160)), bytes(range(160, 176)))


def ours(version: int) -> Scp03KeyParams:
    return Scp03KeyParams(KeyRef(1, version), OURS)


def others(version: int) -> Scp03KeyParams:
    return Scp03KeyParams(KeyRef(1, version), OTHERS)


def key_set(version: int) -> dict[KeyRef, dict[int, int]]:
    """Return how yubikit lists a set of three AES-128 keys."""
    return {KeyRef(key, version): {0x88: 16} for key in (1, 2, 3)}


def blank(folder: Path, i: int = 0x60) -> Path:
    """Make the file of a blank card with this SCP03 parameter."""
    (chip,) = new_chips(1, seed=4)
    memory = Memory(blank_image(chip))
    memory.write(OPTIONS_CELL, bytes((i,)))
    path = folder / "card.json"
    create(path, memory.image)
    return path


@pytest.fixture(params=["sim", "java"])
def card(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """A blank card: the file of a software card, None for a Java card."""
    if request.param == "sim":
        return blank(tmp_path)
    if why := missing_for_java():
        pytest.skip(why)
    return None


@contextmanager
def inserted(pcscd: Pcscd, card: Path | None) -> Iterator[ScardSmartCardConnection]:
    """Serve a card, None for a new Java card, and connect to it with pyscard, as ykman does."""
    with serving(pcscd, 0, *([card] if card else []), java=card is None):
        (reader,) = (each for each in readers() if str(each) == pcscd.readers[0])
        connection = ScardSmartCardConnection(reader.createConnection())
        try:
            yield connection
        finally:
            connection.close()


def opened(connection: ScardSmartCardConnection, keys: Scp03KeyParams) -> SecurityDomainSession:
    domain = SecurityDomainSession(connection)
    domain.authenticate(keys)
    return domain


def test_anyone_reads_the_card_recognition_data_and_the_key_information(
    pcscd: Pcscd, card: Path | None
) -> None:
    with inserted(pcscd, card) as connection:
        domain = SecurityDomainSession(connection)
        recognition = Tlv.parse_list(domain.get_card_recognition_data())
        assert recognition[0] == Tlv(0x06, bytes.fromhex("2A864886FC6B01"))
        assert Tlv(0x64, Tlv(0x06, bytes.fromhex("2A864886FC6B040360"))) in recognition
        assert domain.get_key_information() == key_set(0xFF)


@pytest.mark.parametrize("i", [0x60, 0x70], ids=["random challenge", "pseudo-random challenge"])
def test_the_transport_keys_open_a_session_in_which_everything_is_read_again(
    i: int, pcscd: Pcscd, tmp_path: Path
) -> None:
    with inserted(pcscd, blank(tmp_path, i)) as connection:
        plain = SecurityDomainSession(connection)
        recognition, keys = plain.get_card_recognition_data(), plain.get_key_information()
        domain = opened(connection, TRANSPORT)
        for _ in range(3):
            assert domain.get_card_recognition_data() == recognition
            assert domain.get_key_information() == keys


def test_a_new_key_set_takes_the_place_of_the_transport_keys(
    pcscd: Pcscd, card: Path | None
) -> None:
    with inserted(pcscd, card) as connection:
        domain = opened(connection, TRANSPORT)
        domain.put_key(KeyRef(1, 0x30), OURS)
        assert domain.get_key_information() == key_set(0x30)
        assert opened(connection, ours(0x30)).get_key_information() == key_set(0x30)
        with pytest.raises(ValueError, match="Incorrect SCP parameters"):
            opened(connection, TRANSPORT)


def test_a_key_set_is_replaced_under_its_own_version(pcscd: Pcscd, tmp_path: Path) -> None:
    with inserted(pcscd, blank(tmp_path)) as connection:
        opened(connection, TRANSPORT).put_key(KeyRef(1, 1), OURS)
        opened(connection, ours(1)).put_key(KeyRef(1, 1), OTHERS, replace_kvn=1)
        assert opened(connection, others(1)).get_key_information() == key_set(1)
        with pytest.raises(ValueError, match="Incorrect SCP parameters"):
            opened(connection, ours(1))


def test_a_key_set_is_replaced_by_one_of_another_version(pcscd: Pcscd, card: Path | None) -> None:
    with inserted(pcscd, card) as connection:
        opened(connection, TRANSPORT).put_key(KeyRef(1, 1), OURS)
        opened(connection, ours(1)).put_key(KeyRef(1, 0x6F), OTHERS, replace_kvn=1)
        assert opened(connection, others(0x6F)).get_key_information() == key_set(0x6F)


def test_one_of_two_key_sets_is_deleted_by_the_other(pcscd: Pcscd, card: Path | None) -> None:
    with inserted(pcscd, card) as connection:
        opened(connection, TRANSPORT).put_key(KeyRef(1, 1), OURS)
        domain = opened(connection, ours(1))
        domain.put_key(KeyRef(1, 2), OTHERS)
        assert domain.get_key_information() == key_set(1) | key_set(2)
        domain = opened(connection, others(2))
        domain.delete_key(kvn=1)
        assert domain.get_key_information() == key_set(2)
        with pytest.raises(ValueError, match="Incorrect SCP parameters"):
            opened(connection, ours(1))


def test_the_last_key_set_stays_even_when_its_deletion_is_insisted_on(
    pcscd: Pcscd, tmp_path: Path
) -> None:
    with inserted(pcscd, blank(tmp_path)) as connection:
        domain = opened(connection, TRANSPORT)
        for insist in (False, True):
            with pytest.raises(ApduError) as caught:
                domain.delete_key(kvn=0xFF, delete_last=insist)
            assert caught.value.sw == SW.CONDITIONS_NOT_SATISFIED
        assert domain.get_key_information() == key_set(0xFF)


@pytest.mark.parametrize(
    "keys", [others(0xFF), ours(0x30)], ids=["wrong keys", "a version that is not there"]
)
def test_keys_that_do_not_fit_open_nothing_and_leave_the_card_as_it_was(
    keys: Scp03KeyParams, pcscd: Pcscd, tmp_path: Path
) -> None:
    card = blank(tmp_path)
    before = read(card)
    with inserted(pcscd, card) as connection:
        with pytest.raises(ValueError, match="Incorrect SCP parameters"):
            opened(connection, keys)
        with pytest.raises(ApduError) as caught:
            SecurityDomainSession(connection).delete_key(kvn=0xFF)
        assert caught.value.sw == SW.SECURITY_CONDITION_NOT_SATISFIED
        assert opened(connection, TRANSPORT).get_key_information() == key_set(0xFF)
    assert read(card) == before


def test_issuer_and_card_number_are_stored_and_read_by_anyone(
    pcscd: Pcscd, card: Path | None
) -> None:
    issuer, number = Tlv(0x42, bytes.fromhex("98180100")), Tlv(0x45, bytes(range(10)))
    with inserted(pcscd, card) as connection:
        domain = opened(connection, TRANSPORT)
        domain.store_data(issuer + number)
        domain = SecurityDomainSession(connection)
        assert (domain.get_data(0x42), domain.get_data(0x45)) == (issuer, number)


def test_a_card_without_certificate_authorities_says_so(pcscd: Pcscd, tmp_path: Path) -> None:
    with inserted(pcscd, blank(tmp_path)) as connection:
        assert SecurityDomainSession(connection).get_supported_ca_identifiers() == {}


def test_the_reset_that_blocks_keys_of_other_cards_changes_nothing_here(
    pcscd: Pcscd, tmp_path: Path
) -> None:
    card = blank(tmp_path)
    before = read(card)
    with inserted(pcscd, card) as connection:
        SecurityDomainSession(connection).reset()
        assert opened(connection, TRANSPORT).get_key_information() == key_set(0xFF)
    assert read(card) == before
