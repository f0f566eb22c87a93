"""What a relaying terminal and the back office say to each other, frame by frame.

A frame is a length (4 bytes, big-endian, of what follows), a kind (1 byte), a sequence number (4
bytes) and a body. The back office asks, the terminal answers with the same sequence number. The
terminal speaks first: `Kind.HELLO`, sequence number 0, body = version (1), terminal id (8), length
of the ATR (1), ATR, name of its reader (UTF-8). Times are milliseconds (4 bytes), FFFFFFFF: none.
"""

import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import cast

from applet_spec import Changed, ExitCode
from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.transaction import TERMINAL_ID_LENGTH

VERSION = 1
HELLO_SECONDS = 10.0
"""How long either end waits for the other to say who it is."""
_HEAD = struct.Struct(">IBI")
_AFTER_LENGTH = _HEAD.size - 4
_LARGEST = 1 << 17
_FOREVER = 0xFFFFFFFF
_LONGEST_TEXT = 300

_KEEPALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4}
"""A line whose other end is gone without a word is noticed after 40 seconds."""

Address = tuple[str, int]
"""Host and port."""


class Kind(IntEnum):
    """What a frame is; bodies in brackets."""

    HELLO = 0x01
    """Terminal: here I am."""
    TRANSMIT = 0x10
    """Back office: pass a command to the card [time, command]."""
    RESET = 0x11
    """Back office: reset the card."""
    WAIT_FOR_CARD = 0x12
    """Back office: wait for a card [time]."""
    WAIT_FOR_REMOVAL = 0x13
    """Back office: wait until it is gone [time]."""
    ASK_PIN = 0x14
    """Back office: have the holder enter the PIN [time]; over TLS only."""
    ANSWER = 0x80
    """Terminal: the card's answer, the ATR of a reset or a new card, the PIN's digits, or empty."""
    ERROR = 0x81
    """Terminal: what went wrong [name of the error's class, 00, message in UTF-8]."""


class LinkLost(ReaderError):
    """The line between back office and terminal broke, or said what no terminal says."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "the terminal connects again by itself; then ask the card for its state"


class LinkRefused(ReaderError):
    """One end does not accept the other; nothing was passed on."""

    advice = "check both certificates, and that the terminal's names the terminal"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; its body may be a PIN, so it is not shown."""

    kind: Kind
    number: int
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Frame({self.kind.name}, {self.number}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Hello:
    """What a terminal says of itself; ``atr`` is empty where there is no card."""

    terminal_id: bytes
    atr: bytes
    reader: str

    def encode(self) -> bytes:
        """Return the body of the frame."""
        head = bytes((VERSION,)) + self.terminal_id + bytes((len(self.atr),))
        return head + self.atr + self.reader.encode()

    @classmethod
    def decode(cls, body: bytes) -> "Hello":
        """Read the body of the frame. Raises LinkRefused for another version or no hello."""
        start = 1 + TERMINAL_ID_LENGTH + 1
        if len(body) < start or body[0] != VERSION or len(body) < start + body[start - 1]:
            raise LinkRefused("what connected is no terminal of this version")
        end = start + body[start - 1]
        return cls(body[1 : start - 1], body[start:end], _readable(body[end:]))


class Link:
    """One connection; sends and receives whole frames. ``secure``: both ends are authenticated."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self._connection = connection

    @property
    def secure(self) -> bool:
        """Whether the line is TLS and the other end has shown a certificate."""
        return isinstance(self._connection, ssl.SSLSocket) and bool(self._connection.getpeercert())

    @property
    def peer_name(self) -> str | None:
        """The common name in the other end's certificate, where there is one."""
        if not isinstance(self._connection, ssl.SSLSocket):
            return None
        shown = self._connection.getpeercert() or {}
        subject = cast("tuple[tuple[tuple[str, str], ...], ...]", shown.get("subject", ()))
        found = (value for names in subject for key, value in names if key == "commonName")
        return next(found, None)

    def send(self, frame: Frame, timeout: float | None = None) -> None:
        """Send a frame. Raises LinkLost."""
        head = _HEAD.pack(_AFTER_LENGTH + len(frame.body), frame.kind, frame.number)
        try:
            self._connection.settimeout(timeout)
            self._connection.sendall(head + frame.body)
        except OSError as error:
            raise LinkLost(f"the line broke: {error}") from error

    def receive(self, timeout: float | None = None) -> Frame:
        """Return the next frame. Raises LinkLost, also when it is not whole in time (seconds)."""
        end = None if timeout is None else time.monotonic() + timeout
        try:
            length, kind, number = _HEAD.unpack(self._exactly(_HEAD.size, end))
            if not _AFTER_LENGTH <= length <= _LARGEST:
                raise LinkLost(f"a frame of {length} bytes came over the line")
            body = self._exactly(length - _AFTER_LENGTH, end)
            return Frame(Kind(kind), number, body)
        except TimeoutError as error:
            raise LinkLost("the other end of the line does not answer") from error
        except (OSError, ValueError) as error:
            raise LinkLost(f"the line broke: {error}") from error

    def _exactly(self, count: int, end: float | None) -> bytes:
        data = bytearray()
        while len(data) < count:
            # What is left of the whole time: whoever sends byte by byte gets no more of it.
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            part = self._connection.recv(count - len(data))
            if not part:
                raise LinkLost("the other end closed the line")
            data += part
        return bytes(data)

    def close(self) -> None:
        """End the connection, also under a thread that waits for it; again is harmless."""
        with suppress(OSError):  # it may be gone already
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def encode_time(seconds: float | None) -> bytes:
    """Return a time as 4 bytes."""
    return (_FOREVER if seconds is None else min(int(seconds * 1000), _FOREVER - 1)).to_bytes(
        4, "big"
    )


def decode_time(body: bytes) -> float | None:
    """Read the time at the beginning of a body, in seconds."""
    milliseconds = int.from_bytes(body[:4], "big")
    return None if milliseconds == _FOREVER else milliseconds / 1000


_TOLD: tuple[type[ReaderError], ...] = (CardRemoved, ReaderTimeout, ReaderError)


def encode_error(error: ReaderError) -> bytes:
    """Return an error of a reader as the body of a frame."""
    kind = next(kind for kind in _TOLD if isinstance(error, kind))
    return kind.__name__.encode() + b"\0" + error.message.encode()


def decode_error(body: bytes) -> ReaderError:
    """Return the error that a frame tells, of the same type."""
    name, _, message = body.partition(b"\0")
    known = {kind.__name__.encode(): kind for kind in _TOLD}
    return known.get(name, ReaderError)(_readable(message))


def _readable(text: bytes) -> str:
    """Return what a terminal says of itself as one short line, which a log can take."""
    line = text.decode(errors="replace")[:_LONGEST_TEXT]
    return "".join(one if one.isprintable() else "?" for one in line)


def server_context(certificate: str, key: str, authority: str) -> ssl.SSLContext:
    """Return the back office's side of TLS 1.3: its certificate, and whose terminals it takes."""
    return _context(ssl.PROTOCOL_TLS_SERVER, certificate, key, authority)


def client_context(certificate: str, key: str, authority: str) -> ssl.SSLContext:
    """Return a terminal's side of TLS 1.3; the back office's certificate must name its host."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, certificate, key, authority)


def _context(protocol: int, certificate: str, key: str, authority: str) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    return context


def require_tls(context: ssl.SSLContext | None, *, plain: bool) -> None:
    """Raise LinkRefused for a line without TLS that nobody asked for, or TLS with one end only."""
    if context is None and not plain:
        raise LinkRefused("a relay needs TLS; a plain line, for tests, must be asked for")
    if context is not None and context.verify_mode is not ssl.CERT_REQUIRED:
        raise LinkRefused("both ends of a relay must show a certificate")
