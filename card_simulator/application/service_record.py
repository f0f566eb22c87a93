"""The card's reading of a service record: header and fields of fixed length, big-endian."""

from __future__ import annotations

from collections.abc import Iterable

from applet_spec import spec
from applet_spec.model import RecordField
from card_simulator.application.dates import is_date

Fields = dict[str, bytes]

_PERIOD_KINDS = (0, 1, 2)
_ROLES = 16
_ROLE_LIMIT = 5


def is_service_record(record: bytes) -> bool:
    """Say whether the bytes are one record whose fields have values that the contract allows."""
    services = spec().services
    header = _cut(record, services.header)
    kind = next((k for k in services.kinds.values() if k.code == header["kind"][0]), None)
    start = sum(field.length for field in services.header)
    if kind is None or not _is_header(header):
        return False
    size = sum(field.length for field in kind.fields)
    if len(record) < start + size:
        return False
    fields = _cut(record[start:], kind.fields)
    return _BODY[kind.name](fields, record[start + size :])


def _cut(record: bytes, fields: Iterable[RecordField]) -> Fields:
    values, position = {}, 0
    for field in fields:
        values[field.name] = record[position : position + field.length]
        position += field.length
    return values


def _is_header(header: Fields) -> bool:
    services = spec().services
    label = header["label"].rstrip(b"\x00")
    try:
        label.decode()
    except UnicodeDecodeError:
        return False
    return (
        header["flags"][0] & ~services.enabled_flag == 0
        and header["verification"][0] in services.verification.values()
        and b"\x00" not in label
    )


def _is_purse(fields: Fields, limits: bytes) -> bool:
    count = fields["limits"][0]
    rows = [limits[at : at + _ROLE_LIMIT] for at in range(0, len(limits), _ROLE_LIMIT)]
    roles = [row[0] for row in rows]
    return (
        fields["currency"].hex().isdecimal()
        and _are_amounts(fields[n] for n in _PURSE_AMOUNTS)
        and count == len(rows) <= spec().limits["role_limits"]
        and len(limits) == count * _ROLE_LIMIT
        and len(set(roles)) == count
        and all(role < _ROLES for role in roles)
        and _are_amounts(row[1:] for row in rows)
    )


def _is_quota(fields: Fields, rest: bytes) -> bool:
    return (
        not rest
        and fields["period kind"][0] in _PERIOD_KINDS
        and _are_amounts(fields[n] for n in _QUOTA_AMOUNTS)
    )


def _is_entitlement(fields: Fields, rest: bytes) -> bool:
    start, end = fields["valid from"], fields["valid to"]
    return not rest and is_date(start) and is_date(end) and start <= end


def _are_amounts(values: Iterable[bytes]) -> bool:
    return all(int.from_bytes(value, "big") <= spec().limits["amount"] for value in values)


_PURSE_AMOUNTS = ("ceiling", "unverified allowance", "debit limit", "balance")
_QUOTA_AMOUNTS = ("allowance", "carry-over ceiling", "transaction limit", "balance")
_BODY = {"purse": _is_purse, "quota": _is_quota, "entitlement": _is_entitlement}
