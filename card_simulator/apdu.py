"""Commands as the card receives them, and the status words of the platform.

Short commands only, cases 1 to 4 of ISO/IEC 7816-3, 12.1. Any other form gets 6700 before the class
is looked at, and before a session or the selected application sees it: a card's operating system
does so too, and the application there could not (requirement GEN-11).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum


class SW(IntEnum):
    """Status words of ISO/IEC 7816-4 and GlobalPlatform Card 2.3.1 that the platform uses."""

    OK = 0x9000
    WARNING_MORE_DATA = 0x6310
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    CHAINING_NOT_SUPPORTED = 0x6884
    SECURITY_NOT_SATISFIED = 0x6982
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NO_SPACE = 0x6A84
    WRONG_P1P2 = 0x6A86
    REFERENCED_DATA_NOT_FOUND = 0x6A88
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00


class StatusError(Exception):
    """Ends a command with a status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = int(sw)


SECURE = 0x04
"""The class bit that announces GlobalPlatform secure messaging."""


@dataclass(frozen=True, slots=True)
class Command:
    """One short command; ``ne`` is the expected length 1..256, None where Le is absent."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int | None = None

    @property
    def header(self) -> bytes:
        """CLA, INS, P1 and P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def p1p2(self) -> int:
        """P1 and P2 as one number."""
        return self.p1 << 8 | self.p2

    @property
    def secure(self) -> bool:
        """Whether the class announces secure messaging."""
        return bool(self.cla & SECURE)

    def plain(self, data: bytes) -> Command:
        """Return the command as it was before it was protected."""
        return replace(self, cla=self.cla & ~SECURE, data=data)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers: data and status word."""

    data: bytes = b""
    sw: int = SW.OK

    def encode(self) -> bytes:
        """Return data and status word as they leave the card."""
        return self.data + self.sw.to_bytes(2, "big")


def parse(raw: bytes) -> Command:
    """Read a short command; raises `StatusError` 6700 where its lengths contradict each other."""
    if len(raw) < 4:
        raise StatusError(SW.WRONG_LENGTH)
    (cla, ins, p1, p2), body = raw[:4], raw[4:]
    data, le = b"", body
    if len(body) > 1:
        length = body[0]
        data, le = body[1 : 1 + length], body[1 + length :]
        if length == 0 or len(data) != length or len(le) > 1:
            raise StatusError(SW.WRONG_LENGTH)
    return Command(cla, ins, p1, p2, data, (le[0] or 256) if le else None)


def check_class(cla: int) -> None:
    """Accept 00, 04, 80 and 84; raises `StatusError` 6881, 6884 or 6E00 for any other class.

    Bits of ISO/IEC 7816-4, 5.4.1: logical channels 1 to 3 in the two low bits, 4 to 19 in the
    classes with bit 7; command chaining in bit 5. Channels are in A0 to BF, too, which on a Java
    Card mirror 80 to 9F (Java Card RE 3.0.5, 4.3); chaining is not.
    """
    if cla in (0x00, 0x04, 0x80, 0x84):
        return
    if cla == 0xFF or cla & 0xE0 == 0x20:
        raise StatusError(SW.CLA_NOT_SUPPORTED)
    if cla & 0x40 or cla & 0x03:
        raise StatusError(SW.CHANNEL_NOT_SUPPORTED)
    if cla & 0x10 and not cla & 0x20:
        raise StatusError(SW.CHAINING_NOT_SUPPORTED)
    raise StatusError(SW.CLA_NOT_SUPPORTED)
