"""Sessions that a terminal opens with the application's role keys, and what may be done in them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from applet_spec import DataObject, spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ISSUED, WITH_KEYS, WITH_PIN, reading
from card_conformance.requirement import requirement
from card_conformance.suite.role_keys import (
    CHALLENGE,
    LEVEL,
    VERSIONS,
    OwnKeys,
    free_version,
    free_versions,
    listed,
    outermost_free,
    own_keys,
    role_handshake,
    role_session,
    update,
)
from card_conformance.suite.support import (
    Handshake,
    application,
    expect_closed,
    expect_open,
    get_data,
    handshake,
    manager,
    pin_is_verified,
    raw,
    raw_with,
    read,
    tag_of,
    tampered,
    verify,
)
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.command import GetDataPart, PutData, ReadPublicKey
from host_lib.flow.role_session import read_role_key_sets
from host_lib.refusals import NotFound
from host_lib.roles import Role
from host_lib.scp03 import SessionOffer
from host_lib.secret import Pin

_I = 0x60
_FULL = SecurityLevel(LEVEL)
_NOT_LEVELS = (0x00, 0x01, 0x02, 0x03, 0x10, 0x11, 0x13, 0x30, 0x31, 0x43, 0xFF)
_SERIAL = get_data(tag_of("card serial"))
_MANY = 20
"""Wrong cryptograms in a row; a chip that counts failures ends it sooner."""


@contextmanager
def _role(card: CardUnderTest, role: Role | None = None) -> Iterator[OwnKeys]:
    """Give the card keys of a role, of any where none is named, inside the block."""
    version = free_version(card, lambda number, _: role is None or number == role)
    with own_keys(card, version) as own:
        yield own


# Opening


@requirement("ROL-01", needs=WITH_KEYS)
def test_initialize_update_of_a_role_says_card_role_and_master(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        serial = read(card, tag_of("card serial"))
        said = serial + bytes((own.listed.role, own.master_version))
        offers = [
            SessionOffer.parse(card.expect("9000", update(own.version)).data) for _ in range(4)
        ]
        for offer in offers:
            same("diversification data", offer.diversification, said)
            same("key version", offer.version, own.version)
            same("i", f"{offer.i:02X}", f"{_I:02X}")
        same("different card challenges of 4", len({offer.challenge for offer in offers}), 4)


@requirement("ROL-01", needs=WITH_KEYS)
def test_the_cryptogram_proves_the_roles_keys(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        made = role_handshake(card, own)
        expected = made.session.card_cryptogram(made.host_challenge, made.offer.challenge)
        same("card cryptogram", made.offer.cryptogram, expected)


@requirement("ROL-01", needs=WITH_KEYS)
def test_a_roles_challenge_has_8_bytes_on_every_card(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        for length in (1, 7, 9, 16, 17):
            card.expect("6700", update(own.version, bytes(length)))
        card.expect("9000", update(own.version))


@requirement("ROL-01", "SCP-13", needs=WITH_KEYS)
def test_initialize_update_of_a_role_is_taken_without_le_too(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        answer = card.expect("9000", replace(update(own.version), ne=0))
        same("bytes of the offer", len(answer.data), 13 + 2 * CHALLENGE)


@requirement("SCP-02", needs=ISSUED)
def test_a_role_slot_has_keys_or_is_not_found(card: CardUnderTest) -> None:
    card.select()
    words = {f"{card.send(update(version)).sw:04X}" for version in VERSIONS}
    check(words <= {"9000", "6A88"}, "INITIALIZE UPDATE of all role slots", words, "9000 or 6A88")


@requirement("SCP-02", needs=WITH_KEYS)
def test_a_free_role_slot_is_not_found_once_the_length_is_right(card: CardUnderTest) -> None:
    version = free_version(card)
    card.select()
    card.expect("6A88", update(version))
    card.expect("6700", update(version, bytes(7)))


@requirement("ROL-01", needs=WITH_KEYS)
def test_the_card_manager_has_no_role_keys(card: CardUnderTest) -> None:
    version = free_version(card, lambda *_: True)
    if version in card.facts().key_versions:
        version = next(v for v in free_versions(card) if v not in card.facts().key_versions)
    with own_keys(card, version):
        card.select_manager()
        challenge = bytes(card.mac_length)
        card.expect("6A88", manager("INITIALIZE UPDATE", version, 0x00, challenge, answer=True))


@requirement("ROL-02", needs=WITH_KEYS)
def test_a_role_session_opens_at_level_33(card: CardUnderTest) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        for _ in range(3):
            expect_open(card, channel)
        answer = raw(card, channel, _SERIAL)
        same("length of an encrypted answer with its MAC", len(answer.data), 16 + CHALLENGE)


@requirement("ROL-02", needs=WITH_KEYS)
@pytest.mark.parametrize("level", _NOT_LEVELS, ids="{:02X}".format)
def test_a_role_session_has_no_other_level(card: CardUnderTest, level: int) -> None:
    with _role(card) as own:
        card.select()
        made = role_handshake(card, own)
        card.expect("6A86", made.authenticate(level))
        _opened_nothing(card, made, made.cryptogram, SecurityLevel.C_MAC)
        # The attempt ended what was pending: the right one comes too late.
        card.expect("6985", made.authenticate(_FULL))


def _opened_nothing(
    card: CardUnderTest, made: Handshake, sent: bytes, level: SecurityLevel = _FULL
) -> None:
    """Check that a refused EXTERNAL AUTHENTICATE with this cryptogram opened no session."""
    channel = made.channel(level)
    channel.external_authenticate(sent)
    expect_closed(card, channel)


@requirement("ROL-06", needs=WITH_KEYS)
def test_role_keys_survive_any_number_of_wrong_cryptograms(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        for _ in range(_MANY):
            made = role_handshake(card, own)
            wrong = made.cryptogram[:-1] + bytes((made.cryptogram[-1] ^ 0x01,))
            card.expect("6300", made.authenticate(_FULL, wrong))
            _opened_nothing(card, made, wrong)
        expect_open(card, role_session(card, own).channel)


@requirement("SCP-05", needs=WITH_KEYS)
def test_a_wrong_mac_opens_no_role_session(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        for position in (-1, CHALLENGE):
            made = role_handshake(card, own)
            card.expect("6982", tampered(made.authenticate(_FULL), position))
            _opened_nothing(card, made, made.cryptogram)
        expect_open(card, role_session(card, own).channel)


@requirement("GEN-07", needs=WITH_KEYS)
def test_a_roles_authentication_of_a_wrong_length_is_refused(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        for length in (15, 17, 32):
            role_handshake(card, own)
            command = application("EXTERNAL AUTHENTICATE", LEVEL, 0x00, bytes(length))
            card.expect("6700", command)


@requirement("SCP-06", needs=WITH_KEYS)
def test_a_command_in_between_spoils_a_roles_handshake(card: CardUnderTest) -> None:
    with _role(card) as own:
        for between in (_SERIAL, Apdu(0x00, 0x02, 0x00, 0x00), get_data(0xDF7E)):
            card.select()
            made = role_handshake(card, own)
            card.send(between)
            card.expect("6985", made.authenticate(_FULL))


@requirement("SCP-06", needs=WITH_KEYS)
def test_the_handshake_that_began_last_is_the_one_that_counts(card: CardUnderTest) -> None:
    with _role(card) as own:
        card.select()
        first = role_handshake(card, own)
        role_handshake(card, own)
        card.expect("6300", first.authenticate(_FULL))
        handshake(card)
        last = role_handshake(card, own)
        card.expect("9000", last.authenticate(_FULL))
        role_handshake(card, own)
        expect_open(card, _finished(card, handshake(card)))


def _finished(card: CardUnderTest, made: Handshake) -> SecureChannel:
    """Send the issuer's EXTERNAL AUTHENTICATE and return the open channel."""
    channel = made.channel(SecurityLevel(max(card.levels)))
    card.expect("9000", channel.external_authenticate(made.cryptogram))
    return channel


@requirement("SCP-08", needs=WITH_KEYS)
def test_a_role_and_the_issuer_end_each_others_session(card: CardUnderTest) -> None:
    with _role(card) as own:
        issuer = card.session().channel
        card.expect("9000", update(own.version))
        expect_closed(card, issuer)
        role = role_session(card, own).channel
        version, challenge = card.key_version(), bytes(card.mac_length)
        card.expect("9000", application("INITIALIZE UPDATE", version, 0x00, challenge, answer=True))
        expect_closed(card, role)
        empty = free_version(card)
        again = role_session(card, own).channel
        card.expect("6A88", update(empty))
        expect_closed(card, again)


# Inside


def _what_needs_an_issuer(own: OwnKeys) -> Iterator[Apdu]:
    yield PutData(tag_of("validity"), bytes.fromhex("2024022920991231")).apdu()
    yield application("RESET RETRY COUNTER", 0x03, 0x81)
    yield application("GENERATE ASYMMETRIC KEY PAIR", 0x80, 0x00, answer=True)
    yield ReadPublicKey().apdu()
    yield application("STORE DATA", 0x08, 0x00, bytes.fromhex("0999"))
    yield application("PUT KEY", 0x00, 0x81, bytes((own.version ^ 0x30,)) + bytes(47), answer=True)
    reference = bytes((0xD2, 1, own.version))
    yield application("DELETE KEY", 0x00, 0x00, reference, answer=True)
    yield application("SET STATUS", 0x40, spec().states["SUSPENDED"].code)
    yield application("SET STATUS", 0x20, 0x01)
    yield application("SET STATUS", 0x21, 0x01)
    # The session is looked at before parameters and lengths are.
    yield application("DELETE KEY", 0x77, 0x77, b"\x01", answer=True)


@requirement("ROL-04", needs=WITH_KEYS)
def test_a_role_may_nothing_that_is_the_issuers(card: CardUnderTest) -> None:
    with _role(card) as own:
        before = card.select()
        validity = read(card, tag_of("validity"))
        channel = role_session(card, own).channel
        for apdu in _what_needs_an_issuer(own):
            # The host's channel ends with 6982; the card's session goes on.
            answer = raw(card, channel, apdu)
            same(f"{apdu.label} of a role", f"{answer.sw:04X}", "6982")
        expect_open(card, channel)
        same("the FCI afterwards", card.select(), before)
        same("validity", read(card, tag_of("validity")), validity)
        expect_open(card, role_session(card, own).channel)


def _allowed(target: DataObject, role: int) -> bool:
    return bool({"anyone", "role", f"role:{role}"} & set(target.read))


def _ask(target: DataObject) -> Apdu:
    return GetDataPart(target.tag).apdu() if target.long else get_data(target.tag)


@requirement("ROL-05", needs=WITH_KEYS)
@pytest.mark.parametrize("role", [Role.LOAD, Role.BREAD, Role.INSPECT], ids=lambda role: role.name)
def test_a_role_reads_what_it_may_and_nothing_else(card: CardUnderTest, role: Role) -> None:
    with _role(card, role) as own:
        channel = role_session(card, own).channel
        for target in spec().objects.values():
            answer = raw(card, channel, _ask(target))
            came, name = f"{answer.sw:04X}", f"{target.name} read by {role.name}"
            # An object without value is one that a card need not have.
            allowed = ("9000", "6A88") if _allowed(target, role) else ("6982",)
            check(came in allowed, name, came, " or ".join(allowed))
        expect_open(card, channel)


@requirement("ROL-05", needs=reading(WITH_KEYS))
def test_what_an_office_reads_is_what_the_issuer_reads(card: CardUnderTest) -> None:
    names = ("cardholder data", "card number", "card certificate", "holder flags")
    issuer = card.session().channel
    there = {name: read(card, tag_of(name), issuer) for name in names}
    with _role(card, Role.INSPECT) as own:
        channel = role_session(card, own).channel
        for name in names:
            same(f"{name} as read", read(card, tag_of(name), channel) == there[name], True)


@requirement("ROL-05", needs=WITH_PIN)
def test_the_pin_opens_the_holders_data_in_a_role_session_too(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    holder = GetDataPart(tag_of("cardholder data")).apdu()
    with _role(card, Role.MERCHANT) as own:
        channel = role_session(card, own).channel
        same("cardholder data", f"{raw(card, channel, holder).sw:04X}", "6982")
        card.expect("9000", verify(holder_pin.block()), channel)
        card.expect("9000", holder, channel)


@requirement("PIN-08", needs=WITH_PIN)
def test_the_pin_flag_ends_with_start_and_end_of_a_role_session(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with _role(card) as own:
        card.select()
        card.expect("9000", verify(holder_pin.block()))
        made = role_handshake(card, own)
        same("PIN verified after INITIALIZE UPDATE", pin_is_verified(card), False)
        channel = role_session(card, own).channel
        same("PIN verified in the session", pin_is_verified(card, channel), False)
        card.expect("9000", verify(holder_pin.block()), channel)
        same("PIN verified in the session", pin_is_verified(card, channel), True)
        card.expect("6982", _SERIAL)
        same("PIN verified after the session", pin_is_verified(card), False)
        card.expect("6985", made.authenticate(_FULL))


@requirement("ROL-08", needs=reading(WITH_KEYS))
def test_the_card_lists_its_role_keys_to_the_issuer_and_to_roles(card: CardUnderTest) -> None:
    before = listed(card)
    low, high = outermost_free(card)
    with own_keys(card, high) as last, own_keys(card, low) as first:
        expected = tuple(sorted((*before, first.listed, last.listed), key=lambda one: one.version))
        same("role key sets", listed(card), expected)
        channel = role_session(card, last).channel
        same("role key sets", card.run(read_role_key_sets(), channel), expected)
    same("role key sets afterwards", listed(card), before)


@requirement("ROL-08", "GDA-02", needs=reading(WITH_KEYS))
def test_a_card_without_role_keys_has_no_list_of_them(card: CardUnderTest) -> None:
    channel = card.session().channel
    tag = tag_of("role key sets")
    try:
        value = read(card, tag, channel)
    except NotFound:
        card.expect("6A88", get_data(tag), channel)
    else:
        check(len(value) > 1, "role key sets", value, "at least one, or 6A88")


# Secure messaging


@requirement("SM-02", needs=WITH_KEYS)
def test_a_plain_command_ends_a_role_session(card: CardUnderTest) -> None:
    _ended_by(card, lambda channel: _SERIAL)  # noqa: ARG005


@requirement("SM-03", needs=WITH_KEYS)
def test_a_command_with_a_wrong_mac_ends_a_role_session(card: CardUnderTest) -> None:
    _ended_by(card, lambda channel: tampered(channel.wrap(_SERIAL)))


@requirement("SM-11", needs=WITH_KEYS)
def test_a_command_shorter_than_its_mac_ends_a_role_session(card: CardUnderTest) -> None:
    _ended_by(card, lambda _channel: Apdu(0x04, 0xCA, 0xDF, 0x51, bytes(7), 256))


@requirement("SM-05", "SM-07", needs=WITH_KEYS)
def test_a_refused_command_leaves_a_role_session_open(card: CardUnderTest) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        for refused, sw in (
            (get_data(0xDF7E), "6A88"),
            (Apdu(0x00, 0x02, 0x00, 0x00), "6D00"),
            (application("VERIFY", 0x00, 0x81, bytes(7)), "6700"),
        ):
            answer = raw(card, channel, refused)
            same("status word", f"{answer.sw:04X}", sw)
            same("data of an error", answer.data, b"")
            expect_open(card, channel)


@requirement("SM-08", needs=WITH_KEYS)
def test_a_role_session_answers_with_le_and_without(card: CardUnderTest) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        for ne in (0, 256, 0):
            answer = channel.unwrap(raw_with(card, channel, _SERIAL, ne))
            same("GET DATA", f"{answer.sw:04X}", "9000")


@requirement("SM-09", needs=WITH_KEYS)
def test_select_with_secure_messaging_leaves_a_role_session_open(card: CardUnderTest) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        aid = spec().aids.instance
        card.expect("6882", application("SELECT", 0x04, 0x00, aid, answer=True), channel)
        expect_open(card, channel)


@requirement("SEL-04", needs=WITH_KEYS)
def test_select_ends_a_role_session(card: CardUnderTest) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        card.select()
        expect_closed(card, channel)


def _ended_by(card: CardUnderTest, command: Callable[[SecureChannel], Apdu]) -> None:
    with _role(card) as own:
        channel = role_session(card, own).channel
        expect_open(card, channel)
        card.expect("6982", command(channel))
        expect_closed(card, channel)
