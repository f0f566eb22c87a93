"""Command and response APDUs of ISO/IEC 7816-4 (5.1, 5.2): all four cases, short and extended."""

from dataclasses import dataclass, field

from applet_spec.errors import Changed, ExitCode
from host_lib.errors import ProtocolError

MAX_SHORT_DATA = 255
MAX_SHORT_NE = 256
MAX_EXTENDED_DATA = 65535
MAX_EXTENDED_NE = 65536
_HEADER = 4

Ranges = tuple[tuple[int, int], ...]
"""Half-open byte ranges (start, end)."""


class WireCommand(bytes):
    """The encoded bytes of a command, with what a tracer needs: its label and its secret bytes.

    ``plain`` is the command as it was before a session protected it.
    """

    label: str = ""
    secret: Ranges = ()
    plain: "Apdu | None" = None


@dataclass(frozen=True, slots=True)
class Apdu:
    """A command APDU.

    ``ne`` is the expected length of the response data, 0 to 65536; 0 means that no Le field is
    sent. ``label`` names the command in traces. ``secret`` says which bytes of ``data`` no trace
    may show: all (True) or half-open ranges. ``bare`` asks for no Le even where a session would
    add one for the response's MAC: for cards whose contract says that they answer all the same.
    ``plain`` is the command that a session has protected: who has to know what is sent looks there.
    ``timeout`` is how many seconds the answer is waited for, None for as long as the contract says.
    None of the last five takes part in comparison. Raises ValueError for values that no APDU can
    carry.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0
    label: str = field(default="", compare=False)
    secret: bool | Ranges = field(default=(), compare=False)
    bare: bool = field(default=False, compare=False)
    plain: "Apdu | None" = field(default=None, compare=False)
    timeout: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (self.cla | self.ins | self.p1 | self.p2) & ~0xFF:
            raise ValueError("CLA, INS, P1 and P2 are one byte each")
        if len(self.data) > MAX_EXTENDED_DATA or not 0 <= self.ne <= MAX_EXTENDED_NE:
            raise ValueError("a command has at most 65535 bytes of data and expects at most 65536")

    @property
    def header(self) -> bytes:
        """CLA INS P1 P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def is_extended(self) -> bool:
        """Whether the data or the expected length needs extended length fields."""
        return len(self.data) > MAX_SHORT_DATA or self.ne > MAX_SHORT_NE

    @property
    def secret_ranges(self) -> Ranges:
        """The secret bytes as half-open ranges of ``data``."""
        if isinstance(self.secret, bool):
            return ((0, len(self.data)),) if self.secret and self.data else ()
        return self.secret

    def encode(self) -> WireCommand:
        """Return the bytes on the wire, with extended length fields only where they are needed."""
        header = self.header
        if self.is_extended:
            lc = b"\x00" + len(self.data).to_bytes(2, "big") if self.data else b""
            le = (self.ne & 0xFFFF).to_bytes(2 if self.data else 3, "big") if self.ne else b""
        else:
            lc = bytes((len(self.data),)) if self.data else b""
            le = bytes((self.ne & 0xFF,)) if self.ne else b""
        wire = WireCommand(header + lc + self.data + le)
        wire.label = self.label
        if self.secret:
            start = _HEADER + len(lc)
            wire.secret = tuple((start + a, start + b) for a, b in self.secret_ranges)
        if self.plain is not None:
            wire.plain = self.plain
        return wire

    @classmethod
    def parse(cls, command: bytes) -> "Apdu":
        """Read the bytes of a command. Raises ProtocolError where they are none."""
        if len(command) < _HEADER:
            raise _malformed(command, "shorter than its header")
        lc_field, body = _split(command)
        lc = int.from_bytes(lc_field, "big")
        data, le_field = body[:lc], body[lc:]
        if len(data) < lc:
            raise _malformed(command, f"Lc says {lc} data bytes, there are {len(data)}")
        cla, ins, p1, p2 = command[:_HEADER]
        return cls(cla, ins, p1, p2, bytes(data), _ne(command, lc_field, le_field))

    def __repr__(self) -> str:
        data = masked(self.data, self.secret_ranges)
        name = f" {self.label!r}" if self.label else ""
        return f"Apdu({self.header.hex().upper()} data={data or '-'} ne={self.ne}{name})"


def _split(command: bytes) -> tuple[bytes, bytes]:
    """Split what follows the header into the Lc field (empty if absent) and the rest."""
    rest = command[_HEADER:]
    if len(rest) <= 1 or (len(rest) == 3 and rest[0] == 0):
        return b"", rest
    if rest[0]:
        return rest[:1], rest[1:]
    if len(rest) < 3 or rest[1:3] == b"\x00\x00":
        raise _malformed(command, "its length field is neither Lc nor Le")
    return rest[:3], rest[3:]


def _ne(command: bytes, lc_field: bytes, le_field: bytes) -> int:
    if not le_field:
        return 0
    le = int.from_bytes(le_field, "big")
    width = len(le_field)
    if len(lc_field) <= 1 and width == 1:
        return le or MAX_SHORT_NE
    if (len(lc_field), width) in ((0, 3), (3, 2)):
        return le or MAX_EXTENDED_NE
    raise _malformed(command, f"{width} bytes follow the data, which is no Le field")


def _malformed(command: bytes, why: str) -> ProtocolError:
    return ProtocolError(
        f"{len(command)} bytes are no command APDU: {why}",
        changed=Changed.NO,
        exit_code=ExitCode.FAILED,
        advice="correct the command; it was not sent",
    )


def masked(data: bytes, secret: Ranges) -> str:
    """Return upper-case hexadecimal with two stars for each secret byte."""
    text = list(data.hex().upper())
    for start, end in secret:
        stop = min(end, len(data))
        text[2 * start : 2 * stop] = "*" * (2 * max(0, stop - start))
    return "".join(text)


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU: its data and its status word SW1 SW2 as one number, for example 0x9000."""

    data: bytes
    sw: int

    @property
    def sw1(self) -> int:
        """First byte of the status word."""
        return self.sw >> 8

    @property
    def sw2(self) -> int:
        """Second byte of the status word."""
        return self.sw & 0xFF

    def encode(self) -> bytes:
        """Return the bytes on the wire."""
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def parse(cls, answer: bytes) -> "Response":
        """Read the bytes of an answer. Raises ProtocolError where they are no status word."""
        if len(answer) < 2:
            raise ProtocolError(
                f"truncated response: {len(answer)} bytes, a status word alone takes 2"
            )
        return cls(answer[:-2], int.from_bytes(answer[-2:], "big"))

    def __repr__(self) -> str:
        # Not the data: it may be a person's, and values are printed in tracebacks and logs.
        return f"Response({len(self.data)} bytes, sw={self.sw:04X})"
