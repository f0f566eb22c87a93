"""What the card manager's commands answer, as frozen values."""

from dataclasses import dataclass
from typing import ClassVar

from host_lib.errors import ProtocolError, TlvError
from host_lib.tlv import find, parse

CPLC_TAG = 0x9F7F
KEY_INFORMATION_TAG = 0xE0
_KEY_ENTRY_TAG = 0xC0
_STATUS_ENTRY_TAG = 0xE3


@dataclass(frozen=True, slots=True)
class Cplc:
    """Card production life cycle data (GlobalPlatform, tag 9F7F), 42 bytes."""

    LENGTH: ClassVar[int] = 42
    raw: bytes

    @property
    def chip_serial(self) -> bytes:
        """The chip's name, 10 bytes: IC fabricator, fabrication date, batch, serial number."""
        fabricator, date = self.raw[0:2], self.raw[10:12]
        serial, batch = self.raw[12:16], self.raw[16:18]
        return fabricator + date + batch + serial


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of the card manager: identifier, version, type (88 AES) and length in bytes."""

    identifier: int
    version: int
    type: int
    length: int


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Raw entries of GET STATUS, and whether more follow."""

    data: bytes
    more: bool


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One entry of the card's registry: name, life cycle code, names of modules."""

    aid: bytes
    life_cycle: int
    modules: tuple[bytes, ...]


def tagged_value(data: bytes, tag: int) -> bytes:
    """Return the value of the one object that a GET DATA answer holds. Raises ProtocolError."""
    try:
        (entry,) = parse(data)
    except (TlvError, ValueError) as error:
        raise ProtocolError(f"the answer to GET DATA {tag:04X} is malformed: {error}") from error
    if entry.tag != tag:
        raise ProtocolError(f"GET DATA {tag:04X} was answered with object {entry.tag:02X}")
    return entry.value


def parse_cplc(raw: bytes) -> Cplc:
    """Read the production data. Raises ProtocolError."""
    if len(raw) != Cplc.LENGTH:
        raise ProtocolError(f"production data of {len(raw)} bytes instead of {Cplc.LENGTH}")
    return Cplc(raw)


def parse_key_information(value: bytes) -> tuple[KeyEntry, ...]:
    """Read the key information template (GlobalPlatform 2.3.1, 11.3.3.1). Raises ProtocolError."""
    try:
        entries = parse(value)
    except TlvError as error:
        raise ProtocolError(f"the key information is malformed: {error}") from error
    if any(entry.tag != _KEY_ENTRY_TAG or len(entry.value) < 4 for entry in entries):
        raise ProtocolError("the key information holds something else than keys")
    return tuple(KeyEntry(*entry.value[:4]) for entry in entries)


def parse_status(data: bytes) -> tuple[StatusEntry, ...]:
    """Read the joined pages of GET STATUS. Raises ProtocolError."""
    try:
        templates = parse(data)
        insides = [parse(t.value) for t in templates if t.tag == _STATUS_ENTRY_TAG]
    except TlvError as error:
        raise ProtocolError(f"the answer to GET STATUS is malformed: {error}") from error
    entries = []
    for inside in insides:
        aid, state = find(inside, 0x4F), find(inside, 0x9F70)
        if aid is None or state is None or not state.value:
            raise ProtocolError("an entry of GET STATUS lacks its AID or its life cycle")
        modules = tuple(o.value for o in inside if o.tag == 0x84)
        entries.append(StatusEntry(aid.value, state.value[0], modules))
    return tuple(entries)
