"""Reading data objects of any length, and giving their values a shape."""

from dataclasses import dataclass
from datetime import date

from applet_spec import spec
from host_lib.command import GetData, GetDataPart
from host_lib.errors import ProtocolError, TlvError
from host_lib.flow.base import Flow
from host_lib.refusals import NotFound
from host_lib.services import ServiceRecord, decode_service
from host_lib.tlv import parse


def read_object(tag: int) -> Flow[bytes]:
    """Return the value of an object; a long one is read in parts.

    Raises `NotFound`, `SecurityStatusNotSatisfied`, and ProtocolError for a card that gives parts
    which do not add up.
    """
    known = spec().objects.get(tag)
    if known is None or not known.long:
        return (yield from GetData(tag))
    value = b""
    while True:
        part = yield from GetDataPart(tag, len(value))
        value += part.data
        if len(value) == part.total:
            return value
        if not part.data or len(value) > part.total:
            raise ProtocolError(
                f"object {tag:04X}: {len(value)} bytes came, {part.total} were announced"
            )


def read_services() -> Flow[tuple[ServiceRecord, ...]]:
    """Return the records of the service table, by tag; empty places are left out.

    Raises `SecurityStatusNotSatisfied`, and ProtocolError for a malformed record.
    """
    records = []
    for known in spec().objects.values():
        if known.format == "service":
            try:
                value = yield from read_object(known.tag)
            except NotFound:
                continue
            records.append(decode_service(value))
    return tuple(records)


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last day on which a card may be used."""

    effective: date
    expiry: date


@dataclass(frozen=True, slots=True, repr=False)
class Cardholder:
    """Cardholder data; ``governorate`` as two digits, ``mobile`` as 11, national id as 14.

    Prints as nothing but its name, so that no log gets a person's data by accident.
    """

    name: str
    birth_date: date
    national_id: str
    governorate: str
    mobile: str


def decode_validity(value: bytes) -> Validity:
    """Read the object "validity". Raises ProtocolError."""
    return Validity(_date(value[:4]), _date(value[4:]))


def decode_cardholder(value: bytes) -> Cardholder:
    """Read the template "cardholder data". Raises ProtocolError."""
    names = {field.tag: field.name for field in spec().object_named("cardholder data").fields}
    try:
        fields = {names.get(entry.tag, ""): entry.value for entry in parse(value)}
        return Cardholder(
            name=fields["name"].decode("utf-8"),
            birth_date=_date(fields["birth date"]),
            national_id=fields["national id"].hex(),
            governorate=fields["governorate"].hex(),
            mobile=fields["mobile number"].hex().rstrip("f"),
        )
    except (TlvError, KeyError, UnicodeDecodeError) as error:
        raise ProtocolError(f"the cardholder data is malformed: {error!r}") from error


def _date(bcd: bytes) -> date:
    try:
        return date(int(bcd[:2].hex()), int(bcd[2:3].hex()), int(bcd[3:].hex()))
    except ValueError as error:
        raise ProtocolError(f"{bcd.hex().upper()} is no date YYYYMMDD") from error
