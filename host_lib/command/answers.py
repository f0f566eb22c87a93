"""What the application's commands answer, as frozen values."""

from dataclasses import dataclass
from typing import ClassVar

from applet_spec import spec
from host_lib.errors import ProtocolError, TlvError
from host_lib.tlv import Tlv, find, parse


@dataclass(frozen=True, slots=True)
class Fci:
    """The answer to SELECT. Tries are 0 where no PIN or finger is stored.

    Nothing here is authenticated: the transaction number is a hint.
    """

    aid: bytes
    version: tuple[int, int]
    state: str
    pin_tries: int
    finger_tries: int
    transaction_number: int


@dataclass(frozen=True, slots=True)
class PinStatus:
    """Whether the PIN is verified now, and the tries left (None when verified: not said)."""

    verified: bool
    tries_left: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object's value and the total length of the value in bytes."""

    total: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed answer to a challenge. ``verified``: bit 01 PIN, 02 finger."""

    FIXED: ClassVar[int] = 20
    verified: int
    card_serial: bytes
    transaction_number: int
    receipt_mac: bytes
    signature: bytes


def parse_fci(data: bytes) -> Fci:
    """Read the FCI template. Raises ProtocolError."""
    try:
        (template,) = parse(data)
        inside = parse(template.value)
        details = parse(_value(inside, 0xA5))
        aid = _value(inside, 0x84)
        version = _sized(details, 0x80, 2)
        code = _sized(details, 0x81, 1)[0]
        tries = _sized(details, 0x82, 2)
        number = _sized(details, 0x83, 3)
    except (TlvError, ValueError) as error:
        raise ProtocolError(f"the answer to SELECT is malformed: {error}") from error
    state = spec().state_of(code)
    if template.tag != 0x6F or state is None:
        raise ProtocolError(f"the answer to SELECT has tag {template.tag:02X}, state {code:02X}")
    return Fci(
        aid,
        (version[0], version[1]),
        state.name,
        tries[0],
        tries[1],
        int.from_bytes(number, "big"),
    )


def parse_part(data: bytes) -> Part:
    """Read the answer to GET DATA PART. Raises ProtocolError."""
    try:
        objects = parse(data)
        total = int.from_bytes(_sized(objects, 0x80, 2), "big")
        part = _value(objects, 0x53)
    except (TlvError, ValueError) as error:
        raise ProtocolError(f"the answer to GET DATA PART is malformed: {error}") from error
    return Part(total, part)


def _value(objects: tuple[Tlv, ...], tag: int) -> bytes:
    found = find(objects, tag)
    if found is None:
        raise ValueError(f"object {tag:02X} is missing")
    return found.value


def _sized(objects: tuple[Tlv, ...], tag: int, length: int) -> bytes:
    value = _value(objects, tag)
    if len(value) != length:
        raise ValueError(f"object {tag:02X} has {len(value)} bytes instead of {length}")
    return value
