"""Issuer sessions with every form of SCP03 that a card can have: the host does as ``i`` says."""

from dataclasses import replace
from itertools import product

import pytest

from applet_spec import CardProfile, spec
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.profiles import factory_keys, software_profiles
from card_simulator.reader import Faults, SimReader
from host_lib.apdu import Apdu, Response
from host_lib.command import GetCardData, GetCplc, GetKeyInformation, PutKey, SelectCardManager
from host_lib.drive import DEFAULT_TIMEOUT, drive, patience
from host_lib.errors import (
    CardChallengeError,
    DiversificationError,
    ReaderTimeout,
    SessionNotOffered,
)
from host_lib.flow.base import CardKeys, Sam
from host_lib.flow.session import (
    SLOW_AFTER_WRONG_KEYS,
    IssuerSession,
    SessionTerms,
    ask_for_session,
    confirm_diversification,
    open_issuer_session,
)
from host_lib.keyset import KeySet
from host_lib.profile import Evidence, terms_of
from host_lib.refusals import NotFound, Refused
from host_lib.scp03 import secured
from host_lib.secret import AesKey

REFERENCE = spec().card_profiles["unicard-reference"]
ISD = spec().aids.isd
OPTIONS = (0x00, 0x01, 0x10, 0x11, 0x20, 0x21, 0x60, 0x61, 0x70, 0x71)
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)


def a_card(profile: CardProfile) -> SimReader:
    (chip,) = new_chips(1, 1, profile)
    reader = SimReader("sim", Card(blank_image(chip, profile)))
    drive(iter(SelectCardManager(ISD)), reader)
    return reader


def a_type(i: int, length: int) -> CardProfile:
    """Return a card type that is the reference card but for options and key length."""
    return replace(REFERENCE, i=i, key_length=length)


def holder(profile: CardProfile) -> Sam:
    keys = factory_keys(profile)

    def give(call: CardKeys, /) -> KeySet:
        return KeySet(call.version, AesKey(keys.enc), AesKey(keys.mac), AesKey(keys.dek))

    return give


def opened(
    reader: SimReader, profile: CardProfile, level: int, terms: SessionTerms | None = None
) -> IssuerSession:
    flow = open_issuer_session(
        profile.factory_version, level, terms=terms or SessionTerms(), aid=ISD
    )
    return drive(flow, reader, holder(profile))


@pytest.mark.parametrize("length", [16, 24, 32])
@pytest.mark.parametrize("i", OPTIONS, ids=lambda i: f"i={i:02X}")
def test_a_session_works_with_every_option_key_length_and_level_that_the_card_offers(
    i: int, length: int
) -> None:
    profile = a_type(i, length)
    reader = a_card(profile)
    offered = spec().secure_channel.levels_for(i)
    for level in LEVELS:
        if level not in offered:
            with pytest.raises(SessionNotOffered, match=f"{level:02X}"):
                opened(reader, profile, level)
            continue
        session = opened(reader, profile, level)
        assert (session.i, session.channel.level) == (i, level)
        assert session.channel.mac_length == (16 if i & 1 else 8)
        for _ in range(2):
            assert drive(secured(session.channel, iter(GetCplc())), reader).chip_serial
            keys = drive(secured(session.channel, iter(GetKeyInformation())), reader)
            assert {key.length for key in keys} == {length}
            with pytest.raises(Refused):
                drive(secured(session.channel, iter(GetCardData(0x5F50))), reader)
        assert session.channel.is_open


@pytest.mark.parametrize(("i", "length"), [*product((0x60, 0x61, 0x70, 0x00), (16, 24, 32))])
def test_keys_of_any_length_are_put_in_any_session(i: int, length: int) -> None:
    profile = a_type(i, length)
    reader = a_card(profile)
    session = opened(reader, profile, 0x03)
    new = KeySet(0x31, *(AesKey(bytes(range(n, n + length))) for n in (1, 2, 3)))
    drive(secured(session.channel, iter(PutKey(new, session.dek))), reader)
    drive(iter(SelectCardManager(ISD)), reader)
    again = drive(open_issuer_session(0x31, 0x03, aid=ISD), reader, lambda _: new)
    assert again.channel.is_open


class Noted(SimReader):
    """Notes what is sent, and how long its answer is waited for."""

    def __init__(self, profile: CardProfile) -> None:
        self.sent: list[tuple[bytes, float | None]] = []
        (chip,) = new_chips(1, 1, profile)
        super().__init__("sim", Card(blank_image(chip, profile)))

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        self.sent.append((command, timeout))
        return super().transmit(command, timeout)

    def challenges(self) -> list[int]:
        return [command[4] for command, _ in self.sent if command[:2] == b"\x80\x50"]


@pytest.mark.parametrize(
    ("i", "told", "challenges"),
    [
        (0x60, None, [8]),
        (0x61, None, [8, 16]),
        (0x61, 0x61, [16]),
        (0x60, 0x61, [16, 8]),
        (0x60, 0x70, [8]),
    ],
)
def test_what_is_told_of_i_spares_a_step_and_the_card_decides(
    i: int, told: int | None, challenges: list[int]
) -> None:
    profile = a_type(i, 16)
    reader = Noted(profile)
    session = opened(reader, profile, 0x33, SessionTerms(i=told))
    assert reader.challenges() == challenges
    assert session.i == i
    assert [command[1] for command, _ in reader.sent].count(0x82) == 1


def test_a_refusal_that_is_not_about_the_length_is_not_answered_with_another_challenge() -> None:
    reader = Noted(REFERENCE)
    with pytest.raises(NotFound):
        drive(ask_for_session(0x33), reader)
    assert reader.challenges() == [8]


def test_a_card_that_answers_in_the_other_mode_is_asked_once_more_and_no_third_time() -> None:
    steps = ask_for_session(0xFF)
    first = next(steps)
    assert isinstance(first, Apdu)
    assert len(first.data) == 8
    second = steps.send(Response(bytes(10) + b"\xff\x03\x61" + bytes(32), 0x9000))
    assert isinstance(second, Apdu)
    assert len(second.data) == 16
    with pytest.raises(StopIteration) as done:
        steps.send(Response(bytes(10) + b"\xff\x03\x60" + bytes(16), 0x9000))
    offer, challenge = done.value.value
    assert (offer.mac_length, len(challenge)) == (8, 16), "authenticate() refuses it"


def test_another_application_than_was_meant_shows_in_a_pseudo_random_challenge() -> None:
    profile = spec().card_profiles["unicard-pseudo-random"]
    reader = Noted(profile)
    flow = open_issuer_session(profile.factory_version, aid=spec().aids.instance)
    with pytest.raises(CardChallengeError):
        drive(flow, reader, holder(profile))
    assert all(command[1] != 0x82 for command, _ in reader.sent)


@pytest.mark.parametrize("name", software_profiles())
def test_the_level_is_the_callers_else_that_of_the_terms_else_the_daily_one(name: str) -> None:
    profile = spec().card_profiles[name]
    reader = a_card(profile)
    terms = SessionTerms(i=profile.i, level=0x03)
    version = profile.factory_version
    sam = holder(profile)
    low = drive(open_issuer_session(version, terms=terms), reader, sam)
    assert low.channel.level == 0x03
    assert low.terms is terms
    lowest = drive(open_issuer_session(version, 0x01, terms=terms), reader, sam)
    assert lowest.channel.level == 0x01
    if profile.i:
        daily = drive(open_issuer_session(version), reader, sam)
        assert daily.channel.level == 0x33
    else:
        with pytest.raises(SessionNotOffered):
            drive(open_issuer_session(version), reader, sam)


@pytest.mark.parametrize("real", [0x20, 0x60, 0x71])
def test_card_data_that_offers_less_than_the_card_does_takes_no_protection_away(real: int) -> None:
    profile = a_type(real, 16)
    reader = a_card(profile)
    said = terms_of(REFERENCE, Evidence(options=(0x00,)))
    assert said.level == 0x03
    flow = open_issuer_session(profile.factory_version, terms=said, aid=ISD)
    session = drive(flow, reader, holder(profile))
    assert session.channel.level == (0x13 if real == 0x20 else 0x33)


def test_card_data_that_offers_more_than_the_card_does_lowers_nothing_either() -> None:
    profile = a_type(0x00, 16)
    reader = a_card(profile)
    said = terms_of(REFERENCE, Evidence(options=(0x60,)))
    with pytest.raises(SessionNotOffered):
        drive(open_issuer_session(profile.factory_version, terms=said), reader, holder(profile))


@pytest.mark.parametrize("name", software_profiles())
def test_the_card_says_in_the_session_from_what_its_keys_are_derived(name: str) -> None:
    profile = spec().card_profiles[name]
    reader = a_card(profile)
    terms = terms_of(profile)
    flow = open_issuer_session(profile.factory_version, terms=terms, aid=ISD)
    session = drive(flow, reader, holder(profile))
    drive(confirm_diversification(session), reader)
    damaged = replace(session, diversification=bytes(10))
    with pytest.raises(DiversificationError, match=bytes(10).hex()):
        drive(confirm_diversification(damaged), reader)


# Waiting.


@pytest.mark.parametrize("name", ["PUT KEY", "GENERATE ASYMMETRIC KEY PAIR", "GET DATA"])
def test_a_command_is_waited_for_as_long_as_the_contract_says(name: str) -> None:
    books = (spec().commands, spec().card_manager)
    longest = max(book[name].timeout for book in books if name in book)
    assert patience(Apdu(0x80, 0, 0, 0, label=name)) == longest


def test_a_command_that_the_contract_does_not_name_is_waited_for_too() -> None:
    assert patience(Apdu(0, 0xC0, 0, 0, label="GET RESPONSE")) == DEFAULT_TIMEOUT


def test_a_card_known_to_be_slow_after_wrong_keys_is_waited_for_ten_minutes() -> None:
    reader = Noted(REFERENCE)
    reader.inject(Faults(answer_late=1, late_by=304))
    terms = SessionTerms(quirks=frozenset({SLOW_AFTER_WRONG_KEYS}))
    offer, _ = drive(ask_for_session(0xFF, terms), reader)
    assert offer.version == 0xFF
    assert [timeout for _, timeout in reader.sent] == [600]


def test_a_card_that_is_304_seconds_late_is_a_timeout_and_is_not_asked_again() -> None:
    reader = Noted(REFERENCE)
    reader.inject(Faults(answer_late=1, late_by=304))
    with pytest.raises(ReaderTimeout, match="INITIALIZE UPDATE was not answered within 10 sec"):
        drive(open_issuer_session(0xFF), reader, holder(REFERENCE))
    assert len(reader.sent) == 1


def test_an_answer_within_the_time_is_no_timeout() -> None:
    reader = a_card(REFERENCE)
    reader.inject(Faults(answer_late=1, late_by=9.5))
    assert drive(iter(GetCplc()), reader).chip_serial
