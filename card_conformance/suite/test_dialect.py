"""The dialect of SCP03 that the card's i announces: challenges, sequence counters, padding."""

from dataclasses import replace

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.keyring import invented_keys
from card_conformance.needs import ANY_CARD, MANAGER, WITH_KEYS, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    application,
    expect_closed,
    get_data,
    handshake,
    manager,
    tag_of,
)
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.command import DeleteKey, PutKey
from host_lib.primitives import pad80
from host_lib.scp03 import SessionOffer

_SERIAL = get_data(tag_of("card serial"))
_KEYS = manager("GET DATA", 0x00, 0xE0, answer=True)
_SEARCH = manager("GET STATUS", 0x80, 0x02, b"\x4f\x08" + spec().aids.isd, answer=True)
_PROOF = application("INTERNAL AUTHENTICATE", 0x00, 0x00, bytes(17), answer=True)


def _initialize(size: int, version: int = 0, *, answer: bool = True) -> Apdu:
    return manager("INITIALIZE UPDATE", version, 0x00, bytes(size), answer=answer)


def _offer(card: CardUnderTest, version: int = 0) -> SessionOffer:
    return SessionOffer.parse(card.expect("9000", _initialize(card.mac_length, version)).data)


def _sequence(card: CardUnderTest, version: int = 0) -> int:
    """Return the counter of the next offer. Raises NotRun on a card with random challenges."""
    offer = _offer(card, version)
    if offer.sequence is None:
        raise NotRun("the card's challenges are random")
    return offer.sequence


@requirement("SCP-09", needs=ANY_CARD)
def test_a_host_challenge_of_another_length_is_refused(card: CardUnderTest) -> None:
    right = card.mac_length
    card.select_manager()
    for size in {8, 16} - {right} | {0, right - 1, right + 1}:
        card.expect("6700", _initialize(size))


@requirement("SCP-09", needs=MANAGER)
def test_cryptogram_and_mac_of_another_length_open_nothing(card: CardUnderTest) -> None:
    card.select_manager()
    made = handshake(card)
    level = SecurityLevel(max(card.levels))
    command = made.authenticate(level)
    other = {16: 32, 32: 16}[len(command.data)]
    card.expect("6700", replace(command, data=command.data.ljust(other, b"\x00")[:other]))
    channel = made.channel(level)
    channel.external_authenticate(made.cryptogram)
    expect_closed(card, channel)


@requirement("SCP-10", needs=WITH_KEYS)
def test_a_pseudo_random_challenge_follows_from_key_counter_and_name(card: CardUnderTest) -> None:
    card.select()
    _check_challenge(card, spec().aids.instance)


@requirement("SCP-10", needs=MANAGER)
def test_the_card_managers_challenge_follows_from_key_counter_and_name(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    _check_challenge(card, spec().aids.isd)


def _check_challenge(card: CardUnderTest, aid: bytes) -> None:
    made = handshake(card)
    announced = spec().secure_channel.is_pseudo_random(made.offer.i)
    same("sequence counter in the answer", made.offer.sequence is not None, announced)
    check(
        made.offer.challenge_is_from(made.keys.enc, aid),
        "card challenge",
        "not what key, counter and name give",
        "what they give",
    )


@requirement("SCP-11", needs=ANY_CARD)
def test_the_sequence_counter_counts_each_initialize_update(card: CardUnderTest) -> None:
    card.select_manager()
    first = _sequence(card)
    for number in (1, 2):
        card.expect("6700", _initialize(card.mac_length - 1))
        same("sequence counter", _sequence(card), first + number)
    card.reader.reset()
    same("sequence counter after reset", _sequence(card), first + 3)


@requirement("SCP-11", needs=at(Stage.KEYED))
def test_each_key_set_has_its_own_sequence_counter(card: CardUnderTest) -> None:
    version = spec().key_ranges["issuer"].last
    session = card.session(on_manager=True)
    if not spec().secure_channel.is_pseudo_random(session.i):
        raise NotRun("the card's challenges are random")
    before = _offer(card, session.keys.version).sequence or 0
    try:
        for _ in range(2):
            keys = invented_keys(version, card.statement.key_length)
            replaces = version if _has(card, version) else 0
            again = card.session(on_manager=True)
            card.run(PutKey(keys, again.dek, replaces), again.channel)
            same("counter of the new set", [_sequence(card, version) for _ in range(2)], [1, 2])
        check(_sequence(card, session.keys.version) > before, "own counter", "less", "more")
    finally:
        with card.restoring("the card's key sets"):
            card.run(DeleteKey(version), card.session(on_manager=True).channel)


def _has(card: CardUnderTest, version: int) -> bool:
    return card.send(_initialize(card.mac_length, version)).sw == 0x9000


@requirement("ISD-07", needs=ANY_CARD)
def test_get_data_answers_the_sequence_counter_where_there_is_one(card: CardUnderTest) -> None:
    card.select_manager()
    command = manager("GET DATA", 0x00, 0xC1, answer=True)
    last = _offer(card).sequence
    if last is None:
        card.expect("6A88", command)
    else:
        stored = card.expect("9000", command).data
        same("GET DATA C1", stored, b"\xc1\x03" + last.to_bytes(3, "big"))


@requirement("SCP-13", needs=ANY_CARD)
def test_initialize_update_is_answered_with_le_and_without(card: CardUnderTest) -> None:
    size = card.mac_length
    card.select_manager()
    with_le, without = (
        card.expect("9000", _initialize(size, answer=answer)).data for answer in (True, False)
    )
    same("length of the answer without Le", len(without), len(with_le))
    same("diversification data, version and i", without[:13], with_le[:13])


# Secure messaging


class _OwnPadding(SecureChannel):
    """A host's end of a session that pads as the test says instead of as the host library does."""

    def wrap_body(self, apdu: Apdu, body: bytes) -> Apdu:
        """Return a command with this protected data, under a right MAC; the command counts."""
        self._counter += 1
        cla = apdu.cla | 0x04
        header = bytes((cla, apdu.ins, apdu.p1, apdu.p2))
        data = self._signed(header, body, extended=False)
        return replace(apdu, cla=cla, data=data, ne=256)

    def sealed(self, plain: bytes) -> bytes:
        """Return whole blocks encrypted as the next command's data."""
        icv = self._enc.encrypt_block((self._counter + 1).to_bytes(16, "big"))
        return self._enc.cbc_encrypt(icv, plain)


def _own_padding(card: CardUnderTest, *, on_manager: bool = False) -> _OwnPadding:
    """Open a session with C-MAC and C-ENC in which data can be padded in any way."""
    if on_manager:
        card.select_manager()
    else:
        card.select()
    made, level = handshake(card), SecurityLevel(card.need_level(0x03))
    keys = made.session
    channel = _OwnPadding(keys.enc, keys.mac, keys.rmac, level, made.offer.mac_length)
    card.expect("9000", channel.external_authenticate(made.cryptogram))
    return channel


@requirement("SM-04", needs=WITH_KEYS)
def test_a_command_without_data_may_bring_one_block_of_padding(card: CardUnderTest) -> None:
    channel = _own_padding(card)
    for _ in range(3):
        card.expect("9000", channel.wrap_body(_SERIAL, b""))
        card.expect("9000", channel.wrap_body(_SERIAL, channel.sealed(pad80(b""))))
    card.expect("9000", channel.wrap_body(_PROOF, channel.sealed(pad80(bytes(17)))))


@requirement("SM-04", needs=MANAGER)
def test_a_command_to_the_card_manager_without_data_may_bring_one_block_of_padding(
    card: CardUnderTest,
) -> None:
    channel = _own_padding(card, on_manager=True)
    for _ in range(3):
        card.expect("9000", channel.wrap_body(_KEYS, b""))
        card.expect("9000", channel.wrap_body(_KEYS, channel.sealed(pad80(b""))))
    card.expect("9000", channel.wrap_body(_SEARCH, channel.sealed(pad80(_SEARCH.data))))


_FAULTS = ("no block", "no padding", "padding of zeros")


def _unreadable(channel: _OwnPadding, fault: str) -> bytes:
    return {
        "no block": channel.sealed(pad80(b""))[:-1],
        "no padding": channel.sealed(bytes(15) + b"\x01"),
        "padding of zeros": channel.sealed(bytes(16)),
    }[fault]


@requirement("SM-11", needs=WITH_KEYS)
@pytest.mark.parametrize("fault", _FAULTS)
def test_data_that_cannot_be_decrypted_ends_the_session(card: CardUnderTest, fault: str) -> None:
    channel = _own_padding(card)
    card.expect("6982", channel.wrap_body(_PROOF, _unreadable(channel, fault)))
    expect_closed(card, channel)


@requirement("SM-11", needs=MANAGER)
@pytest.mark.parametrize("fault", _FAULTS)
def test_data_that_cannot_be_decrypted_ends_the_card_managers_session(
    card: CardUnderTest, fault: str
) -> None:
    channel = _own_padding(card, on_manager=True)
    card.expect("6982", channel.wrap_body(_SEARCH, _unreadable(channel, fault)))
    expect_closed(card, channel)


@requirement("SM-11", needs=WITH_KEYS)
def test_a_protected_command_shorter_than_its_mac_ends_the_session(card: CardUnderTest) -> None:
    for length in (0, 1, card.mac_length - 1):
        channel = card.session().channel
        wrapped = channel.wrap(_SERIAL)
        card.expect("6982", replace(wrapped, data=wrapped.data[:length]))
        expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
def test_no_bit_of_a_protected_command_can_be_changed(card: CardUnderTest) -> None:
    for position in range(0, 16 + card.mac_length, 3):
        channel = card.session().channel
        wrapped = channel.wrap(_PROOF)
        data = bytearray(wrapped.data)
        data[position] ^= 1 << position % 8
        card.expect("6982", replace(wrapped, data=bytes(data)))
        expect_closed(card, channel)


@requirement("SM-03", needs=WITH_KEYS)
def test_a_protected_command_cannot_be_cut_short(card: CardUnderTest) -> None:
    for cut in (1, card.mac_length, 16):
        channel = card.session().channel
        wrapped = channel.wrap(_PROOF)
        card.expect("6982", replace(wrapped, data=wrapped.data[:-cut]))
        expect_closed(card, channel)
