"""INITIALIZE UPDATE and EXTERNAL AUTHENTICATE: how a session opens, and how it does not."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ANY_CARD, APPLICATION, MANAGER, WITH_KEYS
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    application,
    expect_closed,
    expect_open,
    get_data,
    handshake,
    manager,
    tag_of,
    tampered,
)
from host_lib.apdu import Apdu
from host_lib.channel import SecurityLevel
from host_lib.command import GetCardData
from host_lib.scp03 import SessionOffer

_DIVERSIFICATION_DATA = 0x00CF
_NOT_LEVELS = (0x00, 0x02, 0x10, 0x30, 0x43)


def _initialize(card: CardUnderTest, version: int) -> Apdu:
    challenge = bytes(card.mac_length)
    return manager("INITIALIZE UPDATE", version, 0x00, challenge, answer=True)


def _best(card: CardUnderTest) -> SecurityLevel:
    return SecurityLevel(max(card.levels))


def _absent_versions(card: CardUnderTest) -> list[int]:
    """Return two key versions of the issuer's range that the card does not have."""
    present = card.facts().key_versions
    issuer = spec().key_ranges["issuer"]
    return [v for v in range(issuer.first, issuer.last + 1) if v not in present][-2:]


@requirement("SCP-01", needs=ANY_CARD)
def test_initialize_update_answers_an_offer_of_scp03(card: CardUnderTest) -> None:
    version = card.facts().key_versions[0]
    card.select_manager()
    diversification = card.run(GetCardData(_DIVERSIFICATION_DATA))
    offers = [
        SessionOffer.parse(card.expect("9000", _initialize(card, version)).data) for _ in range(4)
    ]
    for offer in offers:
        same("key version", offer.version, version)
        check(spec().secure_channel.knows(offer.i), "i", f"{offer.i:02X}", "one of SCP03")
        same("i", offer.i, card.i if card.statement.i is None else card.statement.i)
        same("diversification data", offer.diversification, diversification)
    fresh = len({offer.challenge for offer in offers})
    same("different card challenges of 4", fresh, 4)


@requirement("SCP-01", needs=WITH_KEYS)
def test_the_applications_cryptogram_proves_the_cards_keys(card: CardUnderTest) -> None:
    card.select()
    _check_cryptogram(card)


@requirement("SCP-01", needs=MANAGER)
def test_the_card_managers_cryptogram_proves_the_cards_keys(card: CardUnderTest) -> None:
    card.select_manager()
    _check_cryptogram(card)


def _check_cryptogram(card: CardUnderTest) -> None:
    made = handshake(card)
    expected = made.session.card_cryptogram(made.host_challenge, made.offer.challenge)
    same("card cryptogram", made.offer.cryptogram, expected)


@requirement("SCP-02", needs=ANY_CARD)
def test_a_key_version_that_is_not_there_is_not_found(card: CardUnderTest) -> None:
    absent = _absent_versions(card)
    card.select_manager()
    for version in absent:
        card.expect("6A88", _initialize(card, version))


@requirement("SCP-02", needs=APPLICATION)
def test_the_application_too_refuses_a_key_version_that_is_not_there(card: CardUnderTest) -> None:
    absent = _absent_versions(card)
    card.select()
    for version in absent:
        card.expect("6A88", _initialize(card, version))


@requirement("SCP-03", needs=WITH_KEYS)
@pytest.mark.parametrize("level", sorted(spec().secure_channel.level_needs), ids="{:02X}".format)
def test_the_right_cryptogram_opens_a_session_at_the_level_asked_for(
    card: CardUnderTest, level: int
) -> None:
    card.need_level(level)
    expect_open(card, card.session(level=level).channel)


@requirement("SCP-04", needs=WITH_KEYS)
def test_a_wrong_host_cryptogram_opens_nothing(card: CardUnderTest) -> None:
    card.select()
    made = handshake(card)
    wrong = bytes((made.cryptogram[0] ^ 0x80,)) + made.cryptogram[1:]
    command = made.authenticate(_best(card), wrong)
    card.expect("6300", command)
    channel = made.channel(_best(card))
    channel.external_authenticate(wrong)
    expect_closed(card, channel)
    expect_open(card, card.session().channel)


@requirement("SCP-05", needs=WITH_KEYS)
def test_a_wrong_mac_on_external_authenticate_opens_nothing(card: CardUnderTest) -> None:
    card.select()
    made = handshake(card)
    card.expect("6982", tampered(made.authenticate(_best(card))))
    channel = made.channel(_best(card))
    channel.external_authenticate(made.cryptogram)
    expect_closed(card, channel)
    expect_open(card, card.session().channel)


@requirement("SCP-06", needs=APPLICATION)
def test_external_authenticate_out_of_the_blue_is_refused(card: CardUnderTest) -> None:
    card.select()
    card.expect("6985", application("EXTERNAL AUTHENTICATE", 0x33, 0x00, bytes(16)))


@requirement("SCP-06", needs=WITH_KEYS)
def test_a_command_in_between_spoils_the_handshake(card: CardUnderTest) -> None:
    card.select()
    made = handshake(card)
    card.expect("9000", get_data(tag_of("card serial")))
    card.expect("6985", made.authenticate(_best(card)))


@requirement("SCP-07", needs=WITH_KEYS)
@pytest.mark.parametrize("level", _NOT_LEVELS, ids="{:02X}".format)
def test_a_level_that_does_not_exist_is_refused(card: CardUnderTest, level: int) -> None:
    card.select()
    made = handshake(card)
    card.expect("6A86", made.authenticate(level))
    channel = made.channel(SecurityLevel.C_MAC)
    channel.external_authenticate(made.cryptogram)
    expect_closed(card, channel)


@requirement("SCP-07", needs=WITH_KEYS)
def test_a_level_that_i_does_not_announce_is_refused(card: CardUnderTest) -> None:
    channel = spec().secure_channel
    for level in sorted(set(channel.level_needs) - channel.levels_for(card.i)):
        card.select()
        card.expect("6A86", handshake(card).authenticate(level))


@requirement("SCP-08", needs=WITH_KEYS)
def test_initialize_update_ends_the_open_session_even_if_it_fails(card: CardUnderTest) -> None:
    _begin_anew(card, on_manager=False)


@requirement("SCP-08", needs=MANAGER)
def test_initialize_update_ends_the_card_managers_session_even_if_it_fails(
    card: CardUnderTest,
) -> None:
    _begin_anew(card, on_manager=True)


def _begin_anew(card: CardUnderTest, *, on_manager: bool) -> None:
    absent = _absent_versions(card)[0]
    for version, sw in ((card.key_version(), "9000"), (absent, "6A88")):
        channel = card.session(on_manager=on_manager).channel
        card.expect(sw, _initialize(card, version))
        next_command = channel.wrap(manager("GET DATA", 0x00, 0xE0, answer=True))
        answer = card.send(next_command if on_manager else channel.wrap(get_data(0x5A)))
        check(answer.sw == 0x6982, "a command of the old session", f"{answer.sw:04X}", "6982")
