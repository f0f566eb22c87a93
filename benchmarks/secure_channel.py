"""One command at full security (level 33, S8, AES-128): from its parts to the wire and back.

Four programs run by turns over the same exchanges: ours (`Apdu`, wrap, encode; parse, unwrap),
yubikit's processors, and twice the bare calls of `cryptography` that one exchange cannot do
without: 2 single blocks (the IVs), CBC over the padded command, CBC over the answer, 2 CMACs.

- ``primitives``: ECB context kept, CMAC start state kept and copied, a new CBC context for each
  direction, which is what the library has for a new IV. Inputs are joined and padded beforehand.
- ``kept``: CBC contexts kept as well, as `host_lib.primitives` does it, without what that costs
  (the exclusive or of first blocks): less than this no program can call.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from yubikit.core.smartcard import ApduFormatProcessor, ScpProcessor, ShortApduFormatter
from yubikit.core.smartcard.scp import ScpState
from yubikit.core.smartcard.scp import SessionKeys as YubikitKeys

from benchmarks.figure import Figure, Goal
from benchmarks.turns import Run, microseconds
from card_simulator.apdu import Answer, parse
from card_simulator.scp03 import Level, Session
from host_lib.apdu import Apdu, Response
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.primitives import AesContext
from host_lib.secret import AesKey

REPEATS = 40
SIZES = (16, 200)
ENC, MAC, RMAC = (bytes(range(start, start + 16)) for start in (0x10, 0x20, 0x30))
"""Session keys of a session that never was."""


def measure() -> Iterator[Figure]:
    """Yield for 16 and 200 bytes each way: microseconds, and ours over each of the others."""
    for size in SIZES:
        yield from _measured(Exchanges.of(size))


def _measured(exchanges: "Exchanges") -> Iterator[Figure]:
    name = f"secure_channel.{len(exchanges.data)}"
    times = microseconds(
        {
            "ours": exchanges.ours,
            "yubikit": exchanges.yubikit,
            "primitives": exchanges.primitives,
            "kept": exchanges.kept,
        },
        REPEATS,
    )
    words = {
        "ours": "wrap, encode, parse, unwrap, median",
        "yubikit": "yubikit's processors, median",
        "primitives": "bare calls, a new CBC context each, median",
        "kept": "bare calls, every context kept, median",
    }
    for program, against in words.items():
        yield Figure(f"{name}.{program}", times[program], "µs", against)
    faster = times["yubikit"] / times["ours"]
    yield Figure(f"{name}.faster", faster, "times", "yubikit's SCP03", 2, Goal.AT_LEAST)
    over = times["ours"] / times["primitives"]
    yield Figure(f"{name}.over_primitives", over, "", "bare calls, a new CBC context each", 1.6)
    over = times["ours"] / times["kept"]
    yield Figure(f"{name}.over_kept", over, "", "bare calls, every context kept")


@dataclass
class Exchanges:
    """The same command again and again in one session, and what the card answers to each."""

    data: bytes
    answers: list[bytes]

    @classmethod
    def of(cls, size: int) -> "Exchanges":
        """Let a software card answer with as many bytes as the command has."""
        data = bytes(range(size))
        card = Session(
            Level(0x33), AesContext(ENC), AesContext(MAC), AesContext(RMAC), bytes(16), bytes(16)
        )
        channel = _channel()
        answers = []
        for _ in range(REPEATS):
            wire = channel.wrap(Apdu(0x80, 0xE2, 0, 0, data)).encode()
            assert card.unwrap(parse(bytes(wire))).data == data
            answers.append(card.wrap(Answer(data)))
        return cls(data, answers)

    def ours(self) -> Run:
        """Return our side of the session, from the first command on."""
        channel, data = _channel(), self.data

        def run() -> None:
            for answer in self.answers:
                channel.wrap(Apdu(0x80, 0xE2, 0, 0, data)).encode()
                channel.unwrap(Response.parse(answer))

        return run

    def yubikit(self) -> Run:
        """Return yubikit's side of the session."""
        wire = ApduFormatProcessor(_Connection(self.answers), ShortApduFormatter())
        state = ScpState(YubikitKeys(ENC, MAC, RMAC))
        processor = ScpProcessor(wire, ShortApduFormatter(), state)
        data = self.data

        def run() -> None:
            for _ in self.answers:
                processor.send_apdu(0x80, 0xE2, 0, 0, data, 0)

        return run

    def primitives(self) -> Run:
        """Return the calls that an exchange needs, with a new CBC context for each direction."""
        enc = algorithms.AES(ENC)

        def cbc(mode: modes.CBC, data: bytes, *, encrypt: bool) -> None:
            cipher = Cipher(enc, mode)
            context = cipher.encryptor() if encrypt else cipher.decryptor()
            context.update(data)
            context.finalize()

        def encrypt(icv: bytes, data: bytes) -> None:
            cbc(modes.CBC(icv), data, encrypt=True)

        def decrypt(icv: bytes, data: bytes) -> None:
            cbc(modes.CBC(icv), data, encrypt=False)

        return partial(self._calls, encrypt, decrypt)

    def kept(self) -> Run:
        """Return the calls that an exchange needs, with CBC contexts that go on."""
        cipher = Cipher(algorithms.AES(ENC), modes.CBC(bytes(16)))
        encryptor, decryptor = cipher.encryptor(), cipher.decryptor()
        return partial(
            self._calls,
            lambda _, data: encryptor.update(data),
            lambda _, data: decryptor.update(data),
        )

    def _calls(
        self,
        encrypt: Callable[[bytes, bytes], object],
        decrypt: Callable[[bytes, bytes], object],
    ) -> None:
        block = Cipher(algorithms.AES(ENC), modes.ECB()).encryptor().update
        command_mac, response_mac = CMAC(algorithms.AES(MAC)), CMAC(algorithms.AES(RMAC))
        padded = bytes(-(-(len(self.data) + 1) // 16) * 16)
        signed, answered = bytes(21) + padded, bytes(18) + padded
        icv = bytes(16)
        for _ in self.answers:
            encrypt(block(icv), padded)
            state = command_mac.copy()
            state.update(signed)
            state.finalize()
            state = response_mac.copy()
            state.update(answered)
            state.finalize()
            decrypt(block(icv), padded)


class _Connection:
    """A connection of yubikit's whose card answers from a list."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = iter(answers)

    def send_and_receive(self, _: bytes) -> tuple[bytes, int]:
        """Return the next answer as data and status word."""
        answer = next(self._answers)
        return answer[:-2], int.from_bytes(answer[-2:], "big")


def _channel() -> SecureChannel:
    return SecureChannel(AesKey(ENC), AesKey(MAC), AesKey(RMAC), SecurityLevel.C_ENC_R_ENC, 8)
