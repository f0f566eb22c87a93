"""Cards held against another program's SCP03: that of yubikey-manager (yubikit).

It speaks S8, AES-128, level 33; a pseudo-random challenge it takes as any other.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("yubikit.core.smartcard.scp", reason="needs yubikey-manager")

from yubikit.core import BadResponseError
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, ScpState, StaticKeys

from applet_spec import spec
from tests.support.any_card import AnyCard, MakeCard
from tests.support.terminal import Terminal, apdu

Send = Callable[[int, int, int, int, bytes], tuple[bytes, int]]

STEPS = [
    (0x80, 0xCA, 0x00, 0xCF, b""),
    (0x80, 0xCA, 0x9F, 0x7F, b""),
    (0x80, 0xCA, 0x00, 0x66, b""),
    (0x80, 0xCA, 0x00, 0x42, b""),
    (0x80, 0xFF, 0x00, 0x00, b"123"),
    (0x80, 0xF2, 0x80, 0x02, b"\x4f\x00"),
    (0x80, 0xD8, 0x00, 0x81, bytes(230)),
    (0x80, 0xE4, 0x00, 0x00, b"\xd2\x01\x55"),
    (0x80, 0xF0, 0x80, 0x07, b""),
]


def card_with(make_card: MakeCard, i: int) -> AnyCard:
    return make_card(replace(spec().card_profiles["unicard-reference"], i=i))


def opened(card: AnyCard, keys: StaticKeys, kvn: int = 0) -> tuple[ScpState, int]:
    """Return yubikit's session and what EXTERNAL AUTHENTICATE answered."""

    def send(cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        answer = card.transmit(apdu(cla, ins, p1, p2, data, b"\x00"))
        assert answer[-2:] == b"\x90\x00", answer.hex()
        return answer[:-2]

    state, cryptogram = ScpState.scp03_init(send, Scp03KeyParams(KeyRef(1, kvn), keys))
    head = bytes([0x84, 0x82, 0x33, 0x00, 16])
    answer = card.transmit(head + cryptogram + state.mac(head + cryptogram))
    return state, int.from_bytes(answer, "big")


def session(card: AnyCard, keys: StaticKeys | None = None, *, pad_empty: bool = True) -> Send:
    state, word = opened(card, keys or StaticKeys.default())
    assert word == 0x9000

    def send(cla: int, ins: int, p1: int, p2: int, data: bytes) -> tuple[bytes, int]:
        if data or pad_empty:
            data = state.encrypt(data)
        else:
            state.encrypt(b"")  # the counter goes on, nothing is sent
        head = bytes([cla | 4, ins, p1, p2, len(data) + 8])
        answer = card.transmit(head + data + state.mac(head + data) + b"\x00")
        found, sw = answer[:-2], int.from_bytes(answer[-2:], "big")
        if sw != 0x9000:
            assert not found
            return b"", sw
        found = state.unmac(found, sw)
        return state.decrypt(found) if found else b"", sw

    return send


@settings(max_examples=80, deadline=None)
@given(
    i=st.sampled_from([0x60, 0x70]),
    pad_empty=st.booleans(),
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=8),
)
def test_yubikit_and_the_card_understand_each_other(
    make_card: MakeCard, i: int, pad_empty: bool, steps: list[tuple[int, int, int, int, bytes]]
) -> None:
    own = Terminal(card_with(make_card, i).transmit)
    own.authenticate(level=0x01)
    expected = [own.send(*step) for step in steps]
    assert expected[0][1] != 0x6982
    send = session(card_with(make_card, i), pad_empty=pad_empty)
    assert [send(*step) for step in steps] == expected


def test_yubikit_finds_wrong_keys_by_the_card_cryptogram(make_card: MakeCard) -> None:
    wrong = StaticKeys(b"1" * 16, b"2" * 16, b"3" * 16)
    with pytest.raises(BadResponseError):
        opened(card_with(make_card, 0x60), wrong)


def test_yubikit_notices_a_changed_answer(make_card: MakeCard) -> None:
    card = card_with(make_card, 0x60)
    send = session(card)
    right = card.transmit

    def changed(raw: bytes) -> bytes:
        answer = right(raw)
        return bytes([answer[0] ^ 1]) + answer[1:]

    card.transmit = changed  # type: ignore[method-assign,assignment]
    with pytest.raises(BadResponseError):
        send(0x80, 0xCA, 0x00, 0xCF, b"")
