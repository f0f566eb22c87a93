"""SCP03: published sessions, the order of checks when opening, and every attack on a response."""

import json
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import host_lib.channel as channel_module
from applet_spec import Changed, ExitCode
from host_lib.apdu import Apdu, Response
from host_lib.errors import (
    CardChallengeError,
    CardCryptogramError,
    CardRemoved,
    ChannelClosed,
    CounterExhausted,
    MiscountError,
    ProtocolError,
    SecureMessagingError,
    SessionNotOffered,
)
from host_lib.framing import framed
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext, pad80
from host_lib.refusals import AuthenticationFailed, NotFound
from host_lib.scp03 import (
    SecureChannel,
    SecurityLevel,
    SessionKeys,
    SessionOffer,
    authenticate,
    open_session,
    reduced,
    secured,
)
from host_lib.secret import AesKey

SESSIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "scp03_sessions.json").read_text()
)["vectors"]
published = pytest.mark.parametrize("v", SESSIONS, ids=lambda v: v["name"])

KEY = AesKey(bytes.fromhex("404142434445464748494a4b4c4d4e4f"))
KEYS = KeySet(0xFF, KEY, KEY, KEY)
CHALLENGE = bytes(range(8))
KDD = bytes(range(10))


def h(text: str) -> bytes:
    return bytes.fromhex(text)


def published_keys(v: dict[str, Any]) -> KeySet:
    k = v["keys"]
    return KeySet(
        int(k["version"], 16), AesKey(h(k["enc"])), AesKey(h(k["mac"])), AesKey(h(k["dek"]))
    )


def finish(steps: Generator[Apdu, Response, Any], response: Response) -> Any:
    with pytest.raises(StopIteration) as done:
        steps.send(response)
    return done.value.value


def opened(v: dict[str, Any]) -> SecureChannel:
    """Open a published session and check both commands of it on the way."""
    update = Apdu.parse(h(v["initialize_update"]))
    steps = open_session(published_keys(v), int(v["level"], 16), update.data)
    assert next(steps) == update
    assert steps.send(Response(h(v["offer"]), 0x9000)).encode() == h(v["external_authenticate"])
    channel = finish(steps, Response(b"", 0x9000))
    assert isinstance(channel, SecureChannel)
    return channel


@published
def test_a_published_session_is_reproduced_byte_by_byte(v: dict[str, Any]) -> None:
    channel = opened(v)
    for exchange in v["exchanges"]:
        wrapped = channel.wrap(Apdu.parse(h(exchange["plain"])))
        expected = Apdu.parse(h(exchange["wrapped"]))
        # With R-MAC we always ask for response data; the published commands do not.
        assert replace(wrapped, ne=expected.ne) == expected
        if "answer" in exchange:
            response = channel.unwrap(Response.parse(h(exchange["answer"])))
            assert response.encode() == h(exchange["opened"])


@published
def test_the_cards_offer_is_read(v: dict[str, Any]) -> None:
    offer = SessionOffer.parse(h(v["offer"]))
    assert offer.diversification == bytes(10)
    assert offer.version == int(v["keys"]["version"], 16)
    assert (offer.i, offer.mac_length) == (0x70, 8)
    assert offer.sequence == int(v["offer"][-6:], 16)


ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
"""The security domain of an eUICC to which the published sessions were opened (GSMA SGP.02)."""


@published
def test_a_published_pseudo_random_challenge_follows_from_key_counter_and_name(
    v: dict[str, Any],
) -> None:
    offer, enc = SessionOffer.parse(h(v["offer"])), AesKey(h(v["keys"]["enc"]))
    assert offer.challenge_is_from(enc, ISD_R)
    assert not offer.challenge_is_from(enc, ISD_R[:-1])
    assert offer.sequence is not None
    assert not replace(offer, sequence=offer.sequence + 1).challenge_is_from(enc, ISD_R)


@published
def test_a_challenge_that_does_not_follow_ends_it_before_external_authenticate(
    v: dict[str, Any],
) -> None:
    challenge = Apdu.parse(h(v["initialize_update"])).data
    wrong = open_session(published_keys(v), 0x11, challenge, aid=bytes.fromhex("A000000151000000"))
    next(wrong)
    with pytest.raises(CardChallengeError, match="sequence counter") as caught:
        wrong.send(Response(h(v["offer"]), 0x9000))
    assert caught.value.changed is Changed.NO
    right = open_session(published_keys(v), int(v["level"], 16), challenge, aid=ISD_R)
    next(right)
    assert right.send(Response(h(v["offer"]), 0x9000)).ins == 0x82


def test_wrong_keys_are_told_as_wrong_keys_though_the_challenge_is_wrong_too() -> None:
    v = SESSIONS[0]
    keys = replace(published_keys(v), enc=KEY, mac=KEY, dek=KEY)
    steps = open_session(keys, 0x11, Apdu.parse(h(v["initialize_update"])).data, aid=ISD_R)
    next(steps)
    with pytest.raises(CardCryptogramError):
        steps.send(Response(h(v["offer"]), 0x9000))


def test_a_random_challenge_follows_from_nothing_and_is_not_checked() -> None:
    assert SessionOffer.parse(an_offer()).challenge_is_from(KEY, b"any name")


# A card of our own for all that has not been published: S16, refusals, attacks.


def an_offer(
    *, i: int = 0x60, size: int = 8, host: bytes = CHALLENGE, keys: KeySet = KEYS
) -> bytes:
    challenge = bytes(range(0x80, 0x80 + size))
    cryptogram = SessionKeys.derive(keys, host, challenge).card_cryptogram(host, challenge)
    sequence = b"\x00\x00\x07" if i & 0x10 else b""
    return KDD + bytes((keys.version, 3, i)) + challenge + cryptogram + sequence


def a_channel(level: int = 0x33) -> SecureChannel:
    steps = open_session(KEYS, level, CHALLENGE)
    next(steps)
    steps.send(Response(an_offer(), 0x9000))
    channel: SecureChannel = finish(steps, Response(b"", 0x9000))
    return channel


class CardEnd:
    """The card's end of a channel, worked out from the formulas of Amendment D, 6.2."""

    def __init__(self, level: int, mac_length: int = 8, host: bytes = CHALLENGE) -> None:
        challenge = bytes(range(0x80, 0x80 + mac_length))
        keys = SessionKeys.derive(KEYS, host, challenge)
        self.enc, self.mac, self.rmac = (
            AesContext(k.reveal()) for k in (keys.enc, keys.mac, keys.rmac)
        )
        self.level, self.length = level, mac_length
        self.chaining, self.counter = bytes(16), 0

    def take_authentication(self, apdu: Apdu) -> None:
        self._check(apdu)

    def receive(self, apdu: Apdu) -> bytes:
        """Return the plain data of a protected command."""
        data = self._check(apdu)
        self.counter += 1
        if self.level & 2 and data:
            icv = self.enc.encrypt_block(self.counter.to_bytes(16, "big"))
            plain = self.enc.cbc_decrypt(icv, data)
            data = plain[: plain.rindex(b"\x80")]
        return data

    def answer(self, data: bytes, sw: int = 0x9000) -> Response:
        """Return the protected response."""
        if self.level & 0x20 and data:
            icv = self.enc.encrypt_block(b"\x80" + self.counter.to_bytes(15, "big"))
            data = self.enc.cbc_encrypt(icv, pad80(data))
        if self.level & 0x10:
            data += self.rmac.cmac(self.chaining, data, sw.to_bytes(2, "big"))[: self.length]
        return Response(data, sw)

    def _check(self, apdu: Apdu) -> bytes:
        assert apdu.cla & 4
        data, mac = apdu.data[: -self.length], apdu.data[-self.length :]
        # 6.2.4: the MAC is computed as if on logical channel 0.
        lc = apdu.encode()[4:7] if apdu.is_extended else apdu.encode()[4:5]
        header = bytes((apdu.cla & 0xFC,)) + apdu.header[1:] + lc
        self.chaining = self.mac.cmac(self.chaining, header, data)
        assert mac == self.chaining[: self.length]
        return data


def a_session(level: int, size: int = 8, max_lc: int = 255) -> tuple[SecureChannel, CardEnd]:
    host = bytes(range(size))
    card = CardEnd(level, size, host)
    i = 0x60 | (size == 16)
    offer = SessionOffer.parse(an_offer(i=i, size=size, host=host))
    steps = authenticate(offer, KEYS, level, host, max_lc=max_lc)
    card.take_authentication(next(steps))
    return finish(steps, Response(b"", 0x9000)), card


LEVELS = st.sampled_from(list(SecurityLevel))
EXCHANGES = st.lists(
    st.tuples(
        st.binary(max_size=223),
        st.one_of(st.binary(max_size=200), st.none()),
        st.sampled_from([0x9000, 0x6283, 0x63C2]),
    ),
    max_size=4,
)


@given(LEVELS, st.sampled_from([8, 16]), EXCHANGES)
def test_both_ends_understand_each_other_at_every_level_in_s8_and_s16(
    level: SecurityLevel, size: int, exchanges: list[tuple[bytes, bytes | None, int]]
) -> None:
    channel, card = a_session(level, size)
    for command, answer, sw in exchanges:
        assert card.receive(channel.wrap(Apdu(0x80, 0xE2, 0, 0, command))) == command
        response = Response(b"", 0x6A80) if answer is None else card.answer(answer, sw)
        assert channel.unwrap(response) == Response(answer or b"", response.sw)
    assert channel.is_open


def test_an_extended_command_is_signed_with_its_length_in_three_bytes() -> None:
    for level in SecurityLevel:
        for size in (8, 16):
            channel, card = a_session(level, size, max_lc=1000)
            for length in (100, channel.max_data, 224, channel.max_data - 1, 0):
                data = bytes(length)
                wrapped = channel.wrap(Apdu(0x80, 0xE2, 0, 0, data))
                assert len(wrapped.data) <= 1000
                assert Apdu.parse(wrapped.encode()).data == wrapped.data
                assert card.receive(wrapped) == data
                assert channel.unwrap(card.answer(data)) == Response(data, 0x9000)


def test_a_long_expected_length_alone_makes_a_command_extended_where_the_card_takes_it() -> None:
    short, _ = a_session(0x03)
    assert not short.wrap(Apdu(0x80, 0xCA, 0, 0, b"x", 65536)).is_extended
    channel, card = a_session(0x03, max_lc=256)
    wrapped = channel.wrap(Apdu(0x80, 0xCA, 0, 0, b"x", 65536))
    assert wrapped.ne == 65536
    assert card.receive(wrapped) == b"x"


def test_a_protected_command_is_never_cut_into_links() -> None:
    channel, _ = a_session(0x33, max_lc=600)
    flow = framed(secured(channel, iter_of(Apdu(0x80, 0xE2, 0, 0, bytes(500)))))
    assert len(next(flow).data) == 520


def iter_of(apdu: Apdu) -> Generator[Apdu, Response, Response]:
    return (yield apdu)


@pytest.mark.parametrize(
    ("level", "size", "most"),
    [(0x33, 8, 239), (0x03, 8, 239), (0x11, 8, 247), (0x33, 16, 223), (0x01, 16, 239)],
)
def test_a_short_command_carries_what_mac_and_padding_leave(
    level: int, size: int, most: int
) -> None:
    channel, card = a_session(level, size)
    assert channel.max_data == most
    wrapped = channel.wrap(Apdu(0x80, 0xE2, 0, 0, bytes(most)))
    assert len(wrapped.data) <= 255
    assert card.receive(wrapped) == bytes(most)
    with pytest.raises(ValueError, match="do not fit one command"):
        channel.wrap(Apdu(0x80, 0xE2, 0, 0, bytes(most + 1)))
    assert card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0))) == b"", "the refusal moved nothing"


def test_239_bytes_at_level_33_take_248_on_the_wire_and_240_take_none() -> None:
    channel = a_channel()
    assert len(channel.wrap(Apdu(0x80, 0xE2, 0, 0, bytes(239))).data) == 248
    assert len(channel.wrap(Apdu(0x80, 0xE2, 0, 0, bytes(15))).data) == 24
    assert len(channel.wrap(Apdu(0x80, 0xE2, 0, 0)).data) == 8, "no data, no padding block"


@pytest.mark.parametrize("level", [0x11, 0x13, 0x33])
def test_with_response_macs_every_command_asks_for_data(level: int) -> None:
    assert a_channel(level).wrap(Apdu(0x80, 0xE2, 0, 0, b"x")).ne == 256


def test_without_response_macs_the_expected_length_stays() -> None:
    assert a_channel(0x03).wrap(Apdu(0x80, 0xE2, 0, 0, b"x", 5)).ne == 5


def test_the_mac_does_not_depend_on_the_logical_channel() -> None:
    channel, card = a_session(0x33)
    wrapped = channel.wrap(Apdu(0x81, 0xE2, 0, 0, b"x"))
    assert wrapped.cla == 0x85
    assert card.receive(wrapped) == b"x"


def test_labels_stay_and_secret_bytes_need_no_stars_once_they_are_encrypted() -> None:
    pin = Apdu(0, 0x20, 0, 0x80, b"\x24\x12\x34", label="VERIFY", secret=True)
    encrypted = a_channel(0x33).wrap(pin)
    assert (encrypted.label, encrypted.secret_ranges) == ("VERIFY", ())
    only_signed = a_channel(0x11).wrap(replace(pin, secret=((0, 3),)))
    assert only_signed.secret_ranges == ((0, 3),)


# Opening.


def test_a_wrong_card_cryptogram_ends_it_before_external_authenticate() -> None:
    other = AesKey(bytes(16))
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    with pytest.raises(CardCryptogramError, match="FF") as caught:
        steps.send(Response(an_offer(keys=KeySet(0xFF, other, other)), 0x9000))
    assert caught.value.changed is Changed.NO
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("bit", range(64))
def test_any_wrong_bit_of_the_card_cryptogram_is_noticed(bit: int) -> None:
    offer = bytearray(an_offer())
    offer[21 + bit // 8] ^= 1 << (bit % 8)
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    with pytest.raises(CardCryptogramError):
        steps.send(Response(bytes(offer), 0x9000))


@pytest.mark.parametrize(
    ("i", "level"), [(0x00, 0x11), (0x00, 0x33), (0x20, 0x33), (0x40, 0x13), (0x40, 0x33)]
)
def test_a_level_that_the_card_does_not_offer_is_not_tried(i: int, level: int) -> None:
    steps = open_session(KEYS, level, CHALLENGE)
    next(steps)
    with pytest.raises(SessionNotOffered, match="does not offer") as caught:
        steps.send(Response(an_offer(i=i), 0x9000))
    assert caught.value.exit_code is ExitCode.REFUSED


def test_a_card_of_the_other_length_mode_is_not_authenticated_to() -> None:
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    with pytest.raises(SessionNotOffered, match="16 bytes"):
        steps.send(Response(an_offer(i=0x61, size=16, host=bytes(16)), 0x9000))


@pytest.mark.parametrize("cut", [0, 1, 12, 13, 20, 28, 30])
def test_an_answer_of_a_wrong_length_is_a_protocol_error(cut: int) -> None:
    data = (an_offer() + b"\x00")[:cut] if cut < 30 else an_offer() + b"\x00"
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    with pytest.raises(ProtocolError, match="INITIALIZE UPDATE") as caught:
        steps.send(Response(data, 0x9000))
    assert caught.value.changed is Changed.NO


def test_a_card_of_another_protocol_is_named() -> None:
    data = bytearray(an_offer())
    data[11] = 2
    with pytest.raises(SessionNotOffered, match="SCP02"):
        SessionOffer.parse(bytes(data))


def test_a_card_without_the_key_version_refuses() -> None:
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    with pytest.raises(NotFound, match="key set"):
        steps.send(Response(b"", 0x6A88))


def test_a_refused_host_cryptogram_opens_no_channel() -> None:
    steps = open_session(KEYS, 0x33, CHALLENGE)
    next(steps)
    steps.send(Response(an_offer(), 0x9000))
    with pytest.raises(AuthenticationFailed):
        steps.send(Response(b"", 0x6300))


@pytest.mark.parametrize(
    ("level", "i", "left"),
    [
        (0x33, 0x60, 0x33),
        (0x33, 0x71, 0x33),
        (0x33, 0x20, 0x13),
        (0x33, 0x10, 0x03),
        (0x33, 0x40, 0x03),
        (0x13, 0x00, 0x03),
        (0x11, 0x01, 0x01),
        (0x01, 0x60, 0x01),
    ],
)
def test_a_level_is_reduced_to_what_i_offers_and_never_loses_what_protects_commands(
    level: int, i: int, left: int
) -> None:
    assert reduced(level, i) == left


def test_a_number_that_is_no_level_is_refused() -> None:
    steps = open_session(KEYS, 0x23, CHALLENGE)
    next(steps)
    with pytest.raises(ValueError, match="35"):
        steps.send(Response(an_offer(), 0x9000))


# Attacks.


@pytest.mark.parametrize("sw", [0x9000, 0x6283, 0x6300, 0x63C2])
@pytest.mark.parametrize("data", [b"", bytes(7), bytes(8), bytes(24)])
def test_a_success_or_warning_without_its_mac_is_an_attack_and_ends_the_channel(
    sw: int, data: bytes
) -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0x20, 0, 0x80, b"x")))
    with pytest.raises(SecureMessagingError, match="MAC") as caught:
        channel.unwrap(Response(data, sw))
    assert caught.value.changed is Changed.UNKNOWN
    assert caught.value.exit_code is ExitCode.UNCERTAIN
    assert not channel.is_open
    with pytest.raises(ChannelClosed, match="closed") as closed:
        channel.wrap(Apdu(0, 0xB0, 0, 0))
    assert closed.value.changed is Changed.NO


@given(st.sampled_from([0x11, 0x13, 0x33]), st.binary(max_size=40), st.data())
def test_a_change_of_any_bit_of_a_protected_response_is_noticed(
    level: int, data: bytes, draw: st.DataObject
) -> None:
    channel, card = a_session(level)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    answer = card.answer(data).data
    bit = draw.draw(st.integers(0, 8 * len(answer) - 1))
    forged = bytearray(answer)
    forged[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(SecureMessagingError):
        channel.unwrap(Response(bytes(forged), 0x9000))


def test_an_answer_too_short_for_a_mac_is_told_from_a_wrong_one() -> None:
    channel = a_channel()
    channel.wrap(Apdu(0, 0xB0, 0, 0))
    with pytest.raises(SecureMessagingError, match="carries no MAC"):
        channel.unwrap(Response(bytes(7), 0x9000))
    channel.close("later")
    with pytest.raises(ChannelClosed, match="carries no MAC"):
        channel.wrap(Apdu(0, 0xB0, 0, 0))


def test_a_warning_turned_into_a_success_is_noticed() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0x20, 0, 0x80, b"x")))
    with pytest.raises(SecureMessagingError):
        channel.unwrap(replace(card.answer(b"", 0x63C2), sw=0x9000))


def test_an_earlier_response_is_not_accepted_again() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    first = card.answer(b"data")
    channel.unwrap(first)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    with pytest.raises(SecureMessagingError):
        channel.unwrap(first)


def test_responses_in_the_wrong_order_are_noticed() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    first = card.answer(b"first")
    channel.unwrap(first)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 1)))
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 2)))
    later = card.answer(b"third")
    with pytest.raises(SecureMessagingError, match="wrong MAC"):
        channel.unwrap(first)
    assert later.sw == 0x9000
    assert not channel.is_open


@given(st.sampled_from([0x11, 0x13, 0x33]), st.sampled_from([8, 16]), st.data())
def test_a_response_that_is_cut_anywhere_is_noticed(
    level: int, size: int, draw: st.DataObject
) -> None:
    channel, card = a_session(level, size)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    answer = card.answer(bytes(range(40))).data
    cut = draw.draw(st.integers(0, len(answer) - 1))
    with pytest.raises(SecureMessagingError):
        channel.unwrap(Response(answer[:cut], 0x9000))
    assert not channel.is_open


def test_the_encryption_counter_is_not_let_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    assert channel_module.MOST_COMMANDS == 2**120 - 1
    monkeypatch.setattr(channel_module, "MOST_COMMANDS", 2)
    channel, card = a_session(0x33)
    for _ in range(2):
        card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
        channel.unwrap(card.answer(b"ok"))
    with pytest.raises(CounterExhausted) as caught:
        channel.wrap(Apdu(0, 0xB0, 0, 0))
    assert caught.value.changed is Changed.NO
    with pytest.raises(ChannelClosed, match="at its end"):
        channel.wrap(Apdu(0, 0xB0, 0, 0))


@pytest.mark.parametrize(("counted", "off"), [(0, -2), (1, -1), (3, 1)])
def test_a_card_that_miscounts_is_told_from_an_attacker(counted: int, off: int) -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    channel.unwrap(card.answer(b""))
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    card.counter = counted
    with pytest.raises(MiscountError, match=f"counter {counted} and not the host's 2") as caught:
        channel.unwrap(card.answer(b"short"))
    assert caught.value.off == off
    assert "carried the command out" in caught.value.message
    assert "ask it for its state" in caught.value.advice
    assert not channel.is_open


def test_a_right_mac_over_undecryptable_data_ends_the_channel() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    card.level = 0x13  # signs as it should, but sends plain data
    with pytest.raises(SecureMessagingError, match="right MAC"):
        channel.unwrap(card.answer(b"not whole blocks"[:15]))
    assert not channel.is_open


def test_the_data_of_an_error_is_dropped_and_the_session_goes_on() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    assert channel.unwrap(Response(b"lies", 0x6A80)) == Response(b"", 0x6A80)
    assert card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0, b"next"))) == b"next"
    assert channel.unwrap(card.answer(b"ok")) == Response(b"ok", 0x9000)


def test_the_card_can_end_the_session() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    assert channel.unwrap(Response(b"", 0x6988)).sw == 0x6988
    with pytest.raises(ChannelClosed, match="6988"):
        channel.wrap(Apdu(0, 0xB0, 0, 0))


def test_a_card_that_refuses_a_command_with_6982_may_go_on_with_the_session() -> None:
    channel, card = a_session(0x33)
    card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0)))
    assert channel.unwrap(Response(b"lies", 0x6982)) == Response(b"", 0x6982)
    assert card.receive(channel.wrap(Apdu(0, 0xB0, 0, 0, b"next"))) == b"next"
    assert channel.unwrap(card.answer(b"ok")) == Response(b"ok", 0x9000)


# In a flow.


def two_reads() -> Generator[Apdu, Response, list[Response]]:
    first = yield Apdu(0, 0xB0, 0, 0)
    second = yield Apdu(0, 0xB0, 0, 1)
    return [first, second]


def run(flow: Generator[Apdu, Response, Any], card: Callable[[Apdu], Response]) -> Any:
    try:
        apdu = next(flow)
        while True:
            apdu = flow.send(card(apdu))
    except StopIteration as done:
        return done.value


def test_corrected_lengths_and_get_response_below_the_channel_move_no_counter() -> None:
    channel, card = a_session(0x33)
    whole = b""
    log: list[str] = []

    def link(apdu: Apdu) -> Response:
        nonlocal whole
        if apdu.ins == 0xC0:
            log.append("fetch")
            part, whole = whole[: apdu.ne], whole[apdu.ne :]
            return Response(part, 0x6100 | len(whole) if whole else 0x9000)
        if apdu.ne == 256:
            log.append("asked")
            return Response(b"", 0x6C20)
        log.append("received")
        card.receive(apdu)
        whole = card.answer(bytes((apdu.p2,)) * 20).data
        return Response(b"", 0x6110)

    answers = run(framed(secured(channel, two_reads())), link)
    assert answers == [Response(bytes(20), 0x9000), Response(b"\x01" * 20, 0x9000)]
    assert log == ["asked", "received", "fetch", "fetch"] * 2


def test_a_lost_card_closes_the_channel_and_the_flow_decides() -> None:
    channel = a_channel()

    def flow() -> Generator[Apdu, Response, str]:
        try:
            yield Apdu(0, 0xB0, 0, 0)
        except CardRemoved:
            try:
                yield Apdu(0, 0xB0, 0, 1)
            except ChannelClosed as error:
                return error.message
        return "nothing happened"

    steps = secured(channel, flow())
    next(steps)
    with pytest.raises(StopIteration) as done:
        steps.throw(CardRemoved("gone"))
    assert "cut off" in done.value.value


def test_an_attack_is_raised_in_the_flow_that_waits() -> None:
    def flow() -> Generator[Apdu, Response, str]:
        try:
            yield Apdu(0, 0xB0, 0, 0)
        except SecureMessagingError as error:
            return f"noticed: {error.message}"
        return "fooled"

    assert "noticed" in run(secured(a_channel(), flow()), lambda _: Response(b"", 0x9000))


def test_a_channel_prints_its_state_and_no_key() -> None:
    channel = a_channel()
    assert repr(channel) == "SecureChannel(level 33, 0 commands, open)"
    channel.close("done")
    assert "closed: done" in repr(channel)
