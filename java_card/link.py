"""Frames to the Java card's process and back (``unicard.link.FrameSocket``).

A frame is 4 bytes length, 1 byte kind, payload; each is answered by one. An answer that was not
waited for is read away before anything else is asked.
"""

from __future__ import annotations

import socket
import struct
import time
from enum import Enum, IntEnum

_HEAD = struct.Struct(">IB")
_RECEIVE = 1 << 16


class Kind(Enum):
    """What a frame asks for."""

    HELLO = b"H"
    TRANSMIT = b"T"
    RESET = b"R"
    POWER_OFF = b"O"
    POWERED = b"?"
    WIRE = b"W"
    CUT = b"C"
    KEEP = b"K"
    MEASURES = b"M"
    THROWN = b"X"
    CHECKPOINT = b"P"
    RESTORE = b"B"
    NEW = b"N"
    QUIT = b"Q"


class Trouble(IntEnum):
    """Why a frame was not done."""

    POWER_CUT = 1
    HUNG = 2
    REFUSED = 3
    BAD_FRAME = 4
    TAKEN = 5
    DEFECT = 6


class LinkError(Exception):
    """The card's process answered that something was not done, and why."""

    def __init__(self, trouble: Trouble, sentence: str) -> None:
        super().__init__(sentence)
        self.trouble = trouble
        self.sentence = sentence


class LinkLost(Exception):
    """The connection ended."""


class LinkLate(Exception):
    """The answer did not come in time; it is still to come."""


class Link:
    """The connection to one card's process."""

    def __init__(self, port: int, token: bytes, timeout: float) -> None:
        """Connect and show the token. Raises LinkError, LinkLost or LinkLate."""
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        except OSError as error:
            raise LinkLost from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._to_come = 0
        try:
            self.ask(Kind.HELLO, token, timeout)
        except BaseException:
            self._socket.close()
            raise

    @property
    def owes_an_answer(self) -> bool:
        """Whether an answer that was not waited for is still to come."""
        return self._to_come > 0

    def ask(self, kind: Kind, payload: bytes = b"", timeout: float | None = None) -> bytes:
        """Send a frame and return what the answer holds.

        Raises LinkError, LinkLost, or LinkLate after ``timeout`` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        self._skip_to_here(end)
        self._to_come += 1  # before anything is sent: an interrupt may come at any point
        self._send(_HEAD.pack(1 + len(payload), kind.value[0]) + payload)
        answer = self._answer(end)
        self._to_come -= 1
        return _meaning(answer)

    def wait_for_late_answers(self, timeout: float) -> bool:
        """Read away what is still to come; return whether it came in time. Raises LinkLost."""
        try:
            self._skip_to_here(time.monotonic() + timeout)
        except LinkLate:
            return False
        return True

    def close(self) -> None:
        """Close the connection: the process ends then."""
        self._socket.close()

    def _skip_to_here(self, end: float | None) -> None:
        while self._to_come:
            self._answer(end)
            self._to_come -= 1

    def _send(self, frame: bytes) -> None:
        try:
            self._socket.settimeout(None)
            self._socket.sendall(frame)
        except OSError as error:
            raise LinkLost from error

    def _answer(self, end: float | None) -> bytes:
        """Return the next frame's kind and payload; what came of it in vain is kept."""
        while True:
            held = self._received
            length = int.from_bytes(held[:4], "big")
            if len(held) >= 4 and len(held) >= 4 + length:
                answer = bytes(held[4 : 4 + length])
                del held[: 4 + length]
                return answer
            self._receive(end)

    def _receive(self, end: float | None) -> None:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise LinkLate
        try:
            self._socket.settimeout(left)
            part = self._socket.recv(_RECEIVE)
        except TimeoutError as error:
            raise LinkLate from error
        except OSError as error:
            raise LinkLost from error
        if not part:
            raise LinkLost
        self._received += part


def _meaning(answer: bytes) -> bytes:
    if answer[:1] == b"+":
        return answer[1:]
    raise LinkError(Trouble(answer[1]), answer[2:].decode(errors="replace"))
