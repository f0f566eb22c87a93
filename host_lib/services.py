"""Service records: the lines of a card's service table, as bytes and as values.

The layout (order, lengths, codes) is the contract's (``applet_spec/data/services.json``); what the
bytes of a field mean - a number, digits in BCD, a date - is said here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from applet_spec import spec
from applet_spec.model import RecordField, ServiceKind
from host_lib.errors import ProtocolError

Value = int | date
_DATES = frozenset({"valid from", "valid to"})
_BCD = frozenset({"currency"})
_ROLE_LIMITS = "limits"
_LIMIT_LENGTH = 4


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service. ``values`` are the kind's own fields by their names in the contract.

    Amounts count units of the service (piastres, points, loaves); roles are numbers 0 to 15;
    ``role_limits`` is the limit per transaction of each role, for purses only.
    """

    id: int
    kind: str
    label: str
    verification: str
    debit_roles: frozenset[int]
    credit_roles: frozenset[int]
    enabled: bool
    values: Mapping[str, Value]
    role_limits: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))


def encode_service(record: ServiceRecord) -> bytes:
    """Return a record's bytes. Raises ValueError or KeyError for values that no record can hold."""
    services = spec().services
    kind = services.kinds[record.kind]
    unknown = set(record.values) - {f.name for f in kind.fields if f.name != _ROLE_LIMITS}
    if unknown:
        raise ValueError(f"a {record.kind} has no {', '.join(sorted(unknown))}")
    header: dict[str, bytes] = {
        "id": _number(record.id, 1),
        "kind": _number(kind.code, 1),
        "flags": _number(services.enabled_flag if record.enabled else 0, 1),
        "verification": _number(services.verification[record.verification], 1),
        "debit roles": _roles(record.debit_roles),
        "credit roles": _roles(record.credit_roles),
        "label": _label(record.label),
    }
    parts = [header[f.name] for f in services.header]
    parts += [_field(f, record) for f in kind.fields]
    return b"".join(parts)


def decode_service(data: bytes) -> ServiceRecord:
    """Read a record. Raises ProtocolError for bytes that are none."""
    try:
        return _decode(data)
    except (ValueError, KeyError, StopIteration) as error:
        raise ProtocolError(f"the service record is malformed: {error}") from error


def _decode(data: bytes) -> ServiceRecord:
    services = spec().services
    reader = _Fields(data)
    header = {f.name: reader.take(f.length) for f in services.header}
    kind = next(k for k in services.kinds.values() if k.code == header["kind"][0])
    rules = {code: name for name, code in services.verification.items()}
    values = dict(_values(reader, kind))
    limits = dict(_limits(reader, kind))
    flags = header["flags"][0]
    if reader.left or flags & ~services.enabled_flag:
        raise ValueError(f"{reader.left} bytes too many, or unknown flags {flags:02X}")
    return ServiceRecord(
        id=header["id"][0],
        kind=kind.name,
        label=_text(header["label"]),
        verification=rules[header["verification"][0]],
        debit_roles=_role_set(header["debit roles"]),
        credit_roles=_role_set(header["credit roles"]),
        enabled=bool(flags & services.enabled_flag),
        values=MappingProxyType(values),
        role_limits=MappingProxyType(limits),
    )


class _Fields:
    """Takes fields off the front of a record."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def left(self) -> int:
        return len(self._data)

    def take(self, length: int) -> bytes:
        if length > len(self._data):
            raise ValueError("it is too short for its kind")
        taken, self._data = self._data[:length], self._data[length:]
        return taken


def _values(reader: _Fields, kind: ServiceKind) -> Iterator[tuple[str, Value]]:
    for entry in kind.fields:
        if entry.name != _ROLE_LIMITS:
            yield entry.name, _value(entry.name, reader.take(entry.length))


def _limits(reader: _Fields, kind: ServiceKind) -> Iterator[tuple[int, int]]:
    counts = (entry for entry in kind.fields if entry.name == _ROLE_LIMITS)
    roles = set[int]()
    for entry in counts:
        for _ in range(reader.take(entry.length)[0]):
            role = reader.take(1)[0]
            if role in roles or role > 15:
                raise ValueError(f"the limits name role {role} twice, or it is no role")
            roles.add(role)
            yield role, int.from_bytes(reader.take(_LIMIT_LENGTH), "big")


def _value(name: str, data: bytes) -> Value:
    if name in _DATES:
        return date(int(data[:2].hex()), int(data[2:3].hex()), int(data[3:].hex()))
    if name in _BCD:
        return int(data.hex())
    return int.from_bytes(data, "big")


def _field(entry: RecordField, record: ServiceRecord) -> bytes:
    if entry.name == _ROLE_LIMITS:
        return _encoded_limits(record.role_limits, entry.length)
    value = record.values[entry.name]
    if entry.name in _DATES:
        if not isinstance(value, date):
            raise ValueError(f"{entry.name} is a date")
        return bytes.fromhex(f"{value:%Y%m%d}".zfill(2 * entry.length))
    if isinstance(value, date):
        raise ValueError(f"{entry.name} is a number")
    if entry.name in _BCD:
        return bytes.fromhex(f"{value:0{2 * entry.length}d}")
    return _number(value, entry.length)


def _encoded_limits(limits: Mapping[int, int], length: int) -> bytes:
    if len(limits) > spec().limits["role_limits"]:
        raise ValueError(f"{len(limits)} role limits are too many")
    each = (_number(role, 1) + _number(limits[role], _LIMIT_LENGTH) for role in sorted(limits))
    return _number(len(limits), length) + b"".join(each)


def _number(value: int, length: int) -> bytes:
    largest = min((1 << 8 * length) - 1, spec().limits["amount"])
    if not 0 <= value <= largest:
        raise ValueError(f"{value} is not between 0 and {largest}")
    return value.to_bytes(length, "big")


def _roles(roles: frozenset[int]) -> bytes:
    if not roles <= set(range(16)):
        raise ValueError("roles are numbers from 0 to 15")
    return sum(1 << role for role in roles).to_bytes(2, "big")


def _role_set(data: bytes) -> frozenset[int]:
    mask = int.from_bytes(data, "big")
    return frozenset(role for role in range(16) if mask >> role & 1)


def _label(text: str) -> bytes:
    length = next(f.length for f in spec().services.header if f.name == "label")
    data = text.encode("utf-8")
    if len(data) > length or "\0" in text:
        raise ValueError(f"a label has at most {length} bytes of UTF-8")
    return data.ljust(length, b"\0")


def _text(data: bytes) -> str:
    text = data.rstrip(b"\0")
    if b"\0" in text:
        raise ValueError("the label has a 00 inside")
    return text.decode("utf-8")
