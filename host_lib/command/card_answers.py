"""What the card manager's commands answer, as frozen values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from host_lib.errors import ProtocolError, TlvError
from host_lib.tlv import Tlv, find, parse

CPLC_TAG = 0x9F7F
KEY_INFORMATION_TAG = 0xE0
CARD_RECOGNITION_TAG = 0x66
ISSUER_NUMBER_TAG = 0x42
CARD_IMAGE_TAG = 0x45
DIVERSIFICATION_TAG = 0xCF
SEQUENCE_COUNTER_TAG = 0xC1
_KEY_ENTRY_TAG = 0xC0
_STATUS_ENTRY_TAG = 0xE3
_EXTENDED_KEY_TYPE = 0xFF
_GLOBALPLATFORM_OID = bytes.fromhex("2A864886FC6B")
_LOCKED = 0x80


class CardState(IntEnum):
    """The card life cycle (GlobalPlatform 2.3.1, 5.1 and 11.1.1)."""

    OP_READY = 0x01
    INITIALIZED = 0x07
    SECURED = 0x0F
    CARD_LOCKED = 0x7F
    TERMINATED = 0xFF


class ApplicationState(IntEnum):
    """States that GlobalPlatform gives an application (2.3.1, 5.3); others are its own."""

    INSTALLED = 0x03
    SELECTABLE = 0x07


@dataclass(frozen=True, slots=True)
class ManagerFci:
    """What SELECT by name answered: the name, the largest command data field it says (bytes).

    ``aid`` is empty and ``largest_command_data`` None where the card does not say. ``locked`` is
    true for a card manager of a card in CARD_LOCKED (warning 6283), ``raw`` is the template.
    """

    aid: bytes
    largest_command_data: int | None
    locked: bool
    raw: bytes = b""


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

    @property
    def fabricator(self) -> bytes:
        """IC fabricator, 2 bytes."""
        return self.raw[0:2]

    @property
    def chip_type(self) -> bytes:
        """IC type, 2 bytes."""
        return self.raw[2:4]

    @property
    def system(self) -> bytes:
        """Operating system identifier, 2 bytes."""
        return self.raw[4:6]

    @property
    def system_release(self) -> bytes:
        """Operating system release date and level, 2 and 2 bytes."""
        return self.raw[6:10]


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of the card manager: identifier, version, type (88 AES) and length in bytes."""

    identifier: int
    version: int
    type: int
    length: int

    @property
    def kind(self) -> str:
        """Type and length in words: ``AES-128``."""
        if self.type == _AES:
            return f"AES-{8 * self.length}"
        return f"type {self.type:02X}, {8 * self.length} bit"


_AES = 0x88


@dataclass(frozen=True, slots=True)
class ProtocolOffer:
    """A secure channel protocol that the card names, with its options ``i``."""

    protocol: int
    i: int


@dataclass(frozen=True, slots=True)
class CardRecognition:
    """Card recognition data (GlobalPlatform 2.3.1, annex H): version and secure channels."""

    globalplatform: tuple[int, ...]
    protocols: tuple[ProtocolOffer, ...]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Raw entries of GET STATUS, and whether more follow."""

    data: bytes
    more: bool


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One entry of the card's registry: name, life cycle code, names of modules.

    ``privileges`` are 1 or 3 bytes, ``load_file`` names where an application comes from and
    ``domain`` to which security domain an entry belongs, ``version`` is a load file's; each is
    empty where the card does not say it.
    """

    aid: bytes
    life_cycle: int
    modules: tuple[bytes, ...]
    privileges: bytes = b""
    load_file: bytes = b""
    domain: bytes = b""
    version: bytes = b""

    @property
    def locked(self) -> bool:
        """Whether this application is locked (bit 8 of its life cycle code)."""
        return bool(self.life_cycle & _LOCKED)


def tagged_value(data: bytes, tag: int) -> bytes:
    """Return the value of the one object that a GET DATA answer holds. Raises ProtocolError."""
    try:
        (entry,) = parse(data)
    except (TlvError, ValueError) as error:
        raise ProtocolError(f"the answer to GET DATA {tag:04X} is malformed: {error}") from error
    if entry.tag != tag:
        raise ProtocolError(f"GET DATA {tag:04X} was answered with object {entry.tag:02X}")
    return entry.value


def parse_manager_fci(data: bytes, *, locked: bool) -> ManagerFci:
    """Read an FCI template, or nothing where the card sends none. Raises ProtocolError."""
    if not data:
        return ManagerFci(b"", None, locked)
    inside = tagged_objects(data, 0x6F, "SELECT")
    aid = find(inside, 0x84)
    if aid is None:
        raise ProtocolError("the answer to SELECT names no application")
    try:
        largest = find(inside, 0xA5, 0x9F65)
    except TlvError as error:
        raise ProtocolError(f"the answer to SELECT is malformed: {error}") from error
    size = int.from_bytes(largest.value, "big") if largest else None
    return ManagerFci(aid.value, size, locked, data)


def tagged_objects(data: bytes, tag: int, command: str) -> tuple[Tlv, ...]:
    """Return the objects inside the one template of an answer. Raises ProtocolError."""
    try:
        (template,) = parse(data)
        if template.tag != tag:
            raise ProtocolError(f"{command} was answered with object {template.tag:02X}")
        return template.children()
    except (TlvError, ValueError) as error:
        raise ProtocolError(f"the answer to {command} is malformed: {error}") from error


def parse_cplc(raw: bytes) -> Cplc:
    """Read the production data. Raises ProtocolError."""
    if len(raw) != Cplc.LENGTH:
        raise ProtocolError(f"production data of {len(raw)} bytes instead of {Cplc.LENGTH}")
    return Cplc(raw)


def parse_recognition(value: bytes) -> CardRecognition:
    """Read the value of object 66 (GlobalPlatform 2.3.1, annex H.2). Raises ProtocolError."""
    try:
        inside = parse(tagged_value(value, 0x73))
        versions = [_arcs(o) for t in inside if t.tag == 0x60 for o in t.children()]
        offers = [_arcs(o) for t in inside if t.tag == 0x64 for o in t.children()]
    except TlvError as error:
        raise ProtocolError(f"the card recognition data is malformed: {error}") from error
    if len(versions) != 1 or versions[0][:1] != (2,):
        raise ProtocolError("the card recognition data names no GlobalPlatform version")
    if any(len(arcs) != 3 or arcs[0] != 4 for arcs in offers):
        raise ProtocolError("the card recognition data names a secure channel in no known form")
    protocols = tuple(ProtocolOffer(protocol, i) for _, protocol, i in offers)
    return CardRecognition(versions[0][1:], protocols)


def _arcs(identifier: Tlv) -> tuple[int, ...]:
    """Return what follows GlobalPlatform's own arc in an object identifier."""
    value = identifier.value
    if identifier.tag != 0x06 or not value.startswith(_GLOBALPLATFORM_OID) or value[-1] & 0x80:
        raise ProtocolError("the card recognition data holds no identifier of GlobalPlatform")
    arcs, arc = [], 0
    for byte in value[len(_GLOBALPLATFORM_OID) :]:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    return tuple(arcs)


def parse_key_information(value: bytes) -> tuple[KeyEntry, ...]:
    """Read the key information template (GlobalPlatform 2.3.1, 11.3.3.1). Raises ProtocolError."""
    try:
        entries = parse(value)
    except TlvError as error:
        raise ProtocolError(f"the key information is malformed: {error}") from error
    if any(entry.tag != _KEY_ENTRY_TAG or len(entry.value) < 4 for entry in entries):
        raise ProtocolError("the key information holds something else than keys")
    return tuple(_key_entry(entry.value) for entry in entries)


def _key_entry(value: bytes) -> KeyEntry:
    """Read one key in the basic form, or in the extended one that FF in place of a type begins."""
    if value[2] != _EXTENDED_KEY_TYPE:
        return KeyEntry(*value[:4])
    if len(value) < 6:
        raise ProtocolError("an entry of the key information is cut off")
    return KeyEntry(value[0], value[1], value[3], int.from_bytes(value[4:6], "big"))


def parse_status(data: bytes) -> tuple[StatusEntry, ...]:
    """Read the joined pages of GET STATUS. Raises ProtocolError."""
    try:
        templates = parse(data)
        insides = [template.children() for template in templates]
    except TlvError as error:
        raise ProtocolError(f"the answer to GET STATUS is malformed: {error}") from error
    if any(template.tag != _STATUS_ENTRY_TAG for template in templates):
        raise ProtocolError("the answer to GET STATUS holds something else than entries")
    return tuple(_status_entry(inside) for inside in insides)


def _status_entry(inside: tuple[Tlv, ...]) -> StatusEntry:
    aid, state = find(inside, 0x4F), find(inside, 0x9F70)
    if aid is None or state is None or not state.value:
        raise ProtocolError("an entry of GET STATUS lacks its AID or its life cycle")
    return StatusEntry(
        aid.value,
        state.value[0],
        tuple(_values(inside, 0x84)),
        *(next(_values(inside, tag), b"") for tag in (0xC5, 0xC4, 0xCC, 0xCE)),
    )


def _values(objects: tuple[Tlv, ...], tag: int) -> Iterator[bytes]:
    return (entry.value for entry in objects if entry.tag == tag)
