"""Opening a session on the host: INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, S8, AES-128.

By turns: ours (the flow `open_session`, from the challenge to the open channel), yubikit's
``scp03_init`` with its EXTERNAL AUTHENTICATE, and the bare calls of `cryptography` that an opening
cannot do without: three CMAC keys (Key-ENC, Key-MAC, S-MAC), three session keys, two cryptograms
and the first MAC of the chain. The card's part is worked out beforehand. There is no goal: it
happens once in a session, and the card takes a thousand times as long for its part.
"""

from collections.abc import Iterator
from contextlib import suppress

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from yubikit.core.smartcard import ApduFormatProcessor, ScpProcessor, ShortApduFormatter
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, ScpState, StaticKeys

from benchmarks.figure import Figure
from benchmarks.turns import Run, microseconds
from host_lib.apdu import Response
from host_lib.keyset import KeySet
from host_lib.scp03 import SessionKeys, open_session
from host_lib.secret import AesKey

REPEATS = 10
LEVEL = 0x33
VERSION = 0x30
KEYS = (bytes(range(0x40, 0x50)), bytes(range(0x50, 0x60)), bytes(range(0x60, 0x70)))
HOST, CARD = bytes(range(8)), bytes(range(0x80, 0x88))


def measure() -> Iterator[Figure]:
    """Yield microseconds of each, and ours over the others."""
    times = microseconds({"ours": _ours, "yubikit": _yubikit, "primitives": _primitives}, REPEATS)
    yield Figure("session_setup.ours", times["ours"], "µs", "open_session, median")
    yield Figure("session_setup.yubikit", times["yubikit"], "µs", "scp03_init and after, median")
    yield Figure("session_setup.primitives", times["primitives"], "µs", "bare calls, median")
    faster = times["yubikit"] / times["ours"]
    yield Figure("session_setup.faster", faster, "times", "yubikit's SCP03, which checks less")
    over = times["ours"] / times["primitives"]
    yield Figure("session_setup.over_primitives", over, "", "bare calls")


def _offer(keys: KeySet) -> bytes:
    cryptogram = SessionKeys.derive(keys, HOST, CARD).card_cryptogram(HOST, CARD)
    return bytes(10) + bytes((VERSION, 3, 0x60)) + CARD + cryptogram


def _key_set() -> KeySet:
    return KeySet(VERSION, *(AesKey(key) for key in KEYS))


def _ours() -> Run:
    keys = _key_set()
    offer, done = Response(_offer(keys), 0x9000), Response(b"", 0x9000)

    def run() -> None:
        for _ in range(REPEATS):
            steps = open_session(keys, LEVEL, HOST)
            next(steps).encode()
            steps.send(offer).encode()
            with suppress(StopIteration):
                steps.send(done)

    return run


def _yubikit() -> Run:
    params = Scp03KeyParams(KeyRef(1, VERSION), StaticKeys(*KEYS))
    offer = _offer(_key_set())
    formatter = ShortApduFormatter()
    wire = ApduFormatProcessor(_Connection(offer), formatter)

    def send(cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        answer, _ = wire.send_apdu(cla, ins, p1, p2, data, 0)
        return bytes(answer)

    def run() -> None:
        for _ in range(REPEATS):
            state, cryptogram = ScpState.scp03_init(send, params, host_challenge=HOST)
            processor = ScpProcessor(wire, formatter, state)
            processor.send_apdu(0x84, 0x82, LEVEL, 0, cryptogram, 0, encrypt=False)

    return run


class _Connection:
    """A connection of yubikit's to a card that answers INITIALIZE UPDATE."""

    def __init__(self, offer: bytes) -> None:
        self._offer = offer

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        return (self._offer if apdu[1] == 0x50 else b""), 0x9000


def _primitives() -> Run:
    enc, mac, _ = KEYS
    derivation, chained = bytes(16) + HOST + CARD, bytes(16 + 5 + 8)

    def run() -> None:
        for _ in range(REPEATS):
            _macs(enc, [derivation])
            session = _macs(mac, [derivation, derivation])
            _macs(session, [derivation, derivation, chained])

    return run


def _macs(key: bytes, messages: list[bytes]) -> bytes:
    """Compute the CMAC of each message, all under one key; return the last."""
    start, last = CMAC(algorithms.AES(key)), b""
    for message in messages:
        state = start.copy()
        state.update(message)
        last = state.finalize()
    return last
