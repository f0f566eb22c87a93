"""SCP03 beside yubikit's: both sides of the same session put the same bytes on the wire."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_lib.apdu import Apdu, Response
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.keyset import KeySet
from host_lib.scp03 import SessionKeys, open_session
from host_lib.secret import AesKey

smartcard = pytest.importorskip("yubikit.core.smartcard")
scp = pytest.importorskip("yubikit.core.smartcard.scp")

KEYS = [bytes(range(start, start + 16)) for start in (0x40, 0x50, 0x60)]
KDD = bytes(10)
CARD = bytes(range(0x80, 0x88))


class Wire:
    """A connection of yubikit's that notes what is sent and answers what it is told to."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.answer: Callable[[], tuple[bytes, int]] = lambda: (b"", 0x9000)

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        self.sent.append(apdu)
        return self.answer()


def both(max_lc: int) -> tuple[SecureChannel, Wire, object]:
    enc, mac, rmac = KEYS
    level = SecurityLevel.C_ENC_R_ENC
    ours = SecureChannel(AesKey(enc), AesKey(mac), AesKey(rmac), level, 8, max_lc)
    wire = Wire()
    if max_lc > 255:
        formatter = smartcard.ExtendedApduFormatter(smartcard._MaxApduSize.YK4_3)
    else:
        formatter = smartcard.ShortApduFormatter()
    delegate = smartcard.ApduFormatProcessor(wire, formatter)
    state = scp.ScpState(scp.SessionKeys(enc, mac, rmac))
    return ours, wire, smartcard.ScpProcessor(delegate, formatter, state)


def card_answer(ours: SecureChannel, data: bytes) -> bytes:
    """Answer as the card would: with yubikit's own encryption under the response's counter."""
    icv = scp._init_cipher(KEYS[0], ours._counter, response=True).encryptor()
    padded = data + b"\x80" + bytes(-(len(data) + 1) % 16)
    body: bytes = (icv.update(padded) + icv.finalize()) if data else b""
    _, mac = scp._calculate_mac(KEYS[2], ours._chaining, body + b"\x90\x00")
    return body + bytes(mac)


COMMANDS = st.lists(
    st.tuples(st.binary(min_size=1, max_size=239), st.binary(max_size=239)), min_size=1, max_size=5
)


@given(COMMANDS)
def test_a_session_of_short_commands_is_yubikits_byte_by_byte(
    commands: list[tuple[bytes, bytes]],
) -> None:
    ours, wire, theirs = both(255)
    for data, answered in commands:
        wrapped = ours.wrap(Apdu(0x80, 0xE2, 0x90, 0x01, data))
        answer = card_answer(ours, answered)
        wire.answer = lambda answer=answer: (answer, 0x9000)  # type: ignore[misc]
        opened = theirs.send_apdu(0x80, 0xE2, 0x90, 0x01, data, 0)  # type: ignore[attr-defined]
        # yubikit leaves Le out where nothing is expected; the MAC does not cover it.
        assert wire.sent[-1] + b"\x00" == wrapped.encode()
        assert opened == (ours.unwrap(Response(answer, 0x9000)).data, 0x9000)
        assert opened[0] == answered


@given(st.lists(st.binary(min_size=240, max_size=1900), min_size=1, max_size=4))
def test_a_session_of_extended_commands_is_yubikits_byte_by_byte(commands: list[bytes]) -> None:
    ours, wire, theirs = both(2038)
    for data in commands:
        wrapped = ours.wrap(Apdu(0x80, 0xE2, 0x90, 0x01, data))
        theirs.send_apdu(0x80, 0xE2, 0x90, 0x01, data, 0)  # type: ignore[attr-defined]
        assert wire.sent[-1] + b"\x00\x00" == wrapped.encode()


@given(st.binary(min_size=8, max_size=8))
def test_a_session_is_opened_with_yubikits_bytes(challenge: bytes) -> None:
    enc, mac, dek = KEYS
    keys = KeySet(0xFF, AesKey(enc), AesKey(mac), AesKey(dek))
    cryptogram = SessionKeys.derive(keys, challenge, CARD).card_cryptogram(challenge, CARD)
    offer = KDD + b"\xff\x03\x60" + CARD + cryptogram
    wire = Wire()

    def send(*command: object) -> bytes:
        wire.sent.append(b"".join(p if isinstance(p, bytes) else bytes((p,)) for p in command))  # type: ignore[arg-type]
        return offer

    params = scp.Scp03KeyParams(scp.KeyRef(1, 0xFF), scp.StaticKeys(enc, mac, dek))
    state, host_cryptogram = scp.ScpState.scp03_init(send, params, host_challenge=challenge)
    formatter = smartcard.ShortApduFormatter()
    delegate = smartcard.ApduFormatProcessor(wire, formatter)
    processor = smartcard.ScpProcessor(delegate, formatter, state)
    processor.send_apdu(0x84, 0x82, 0x33, 0, host_cryptogram, 0, encrypt=False)
    steps = open_session(keys, 0x33, challenge)
    first = next(steps)
    assert first.header + first.data == wire.sent[0]
    assert steps.send(Response(offer, 0x9000)).encode() == wire.sent[1]
