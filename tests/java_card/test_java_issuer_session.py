"""The host library's end of SCP03 against the Java card, on each type that simulated cards have."""

from collections.abc import Iterator
from secrets import token_bytes

import pytest

from applet_spec import CardProfile, spec
from applet_spec.simulated import factory_key, software_profiles
from host_lib.command import DeleteKey, GetKeyInformation, PutKey, SelectCardManager
from host_lib.drive import drive
from host_lib.flow.base import CardKeys
from host_lib.flow.session import IssuerSession, SessionTerms, confirm_diversification
from host_lib.flow.session import open_issuer_session as open_session
from host_lib.keyset import KeySet
from host_lib.scp03 import secured
from host_lib.secret import AesKey
from java_card.reader import JavaReader
from java_card.settings import blank_card

pytestmark = pytest.mark.usefixtures("java")
NEW = spec().key_ranges["issuer"].first


@pytest.fixture(params=software_profiles())
def profile(request: pytest.FixtureRequest) -> CardProfile:
    """Give each type of simulated card."""
    return spec().card_profiles[request.param]


@pytest.fixture
def reader(profile: CardProfile) -> Iterator[JavaReader]:
    """Give a new card of the type."""
    with JavaReader("java", blank_card(profile, seed=1)) as opened:
        yield opened


def factory_keys(profile: CardProfile) -> KeySet:
    key = AesKey(factory_key(profile))
    return KeySet(profile.factory_version, key, key, key)


def opened(
    reader: JavaReader, profile: CardProfile, keys: KeySet, level: int | None = None
) -> IssuerSession:
    def sam(_: CardKeys) -> KeySet:
        return keys

    isd = spec().aids.isd
    drive(iter(SelectCardManager(isd)), reader)
    terms = SessionTerms(profile.i, level or max(profile.levels), factory_version=NEW)
    session = drive(open_session(keys.version, terms=terms, aid=isd), reader, sam)
    drive(confirm_diversification(session), reader)
    return session


def test_the_host_library_opens_sessions_at_every_level_of_the_type(
    reader: JavaReader, profile: CardProfile
) -> None:
    for level in profile.levels:
        session = opened(reader, profile, factory_keys(profile), level)
        for _ in range(3):
            entries = drive(secured(session.channel, iter(GetKeyInformation())), reader)
            assert {entry.version for entry in entries} == {profile.factory_version}


def test_the_host_library_changes_the_factory_keys_for_others(
    reader: JavaReader, profile: CardProfile
) -> None:
    new = KeySet(NEW, *(AesKey(token_bytes(32)) for _ in range(3)))
    session = opened(reader, profile, factory_keys(profile))
    drive(secured(session.channel, iter(PutKey(new, session.dek))), reader)
    session = opened(reader, profile, new)
    entries = drive(secured(session.channel, iter(GetKeyInformation())), reader)
    if profile.factory_version in {entry.version for entry in entries}:
        drive(secured(session.channel, iter(DeleteKey(profile.factory_version))), reader)
        entries = drive(secured(session.channel, iter(GetKeyInformation())), reader)
    assert {(entry.version, entry.length) for entry in entries} == {(NEW, 32)}
