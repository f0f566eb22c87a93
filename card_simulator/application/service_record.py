"""The card's reading of a service record: header and fields of fixed length, big-endian."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from applet_spec import spec
from card_simulator.application.dates import is_date
from card_simulator.application.layout import Layout
from card_simulator.application.periods import KINDS

Fields = dict[str, bytes]

ROLE_LIMIT = 5
"""Bytes of one role limit: the role, and its limit per transaction."""

_ROLES = 16


@cache
def header_layout() -> Layout:
    """Return the layout of what every record begins with."""
    return Layout(spec().services.header)


@cache
def kind_layout(kind: str) -> Layout:
    """Return the layout of what follows the header; field places count from the record's start."""
    return Layout(spec().services.kinds[kind].fields, header_layout().end)


def kind_of(record: bytes) -> str | None:
    """Return the name of a record's kind, None where it has none that is known."""
    return _kind_names().get(header_layout().number(record, "kind"))


def is_service_record(record: bytes, place: int) -> bool:
    """Say whether the bytes can be the record of this number (1 to 16)."""
    header = header_layout().cut(record)
    kind = kind_of(record)
    if kind is None or not _is_header(header, place):
        return False
    body = kind_layout(kind)
    return len(record) >= body.end and _BODY[kind](body.cut(record), record[body.end :])


@cache
def _kind_names() -> dict[int, str]:
    return {kind.code: name for name, kind in spec().services.kinds.items()}


def _is_header(header: Fields, place: int) -> bool:
    services = spec().services
    label = header["label"].rstrip(b"\x00")
    try:
        label.decode()
    except UnicodeDecodeError:
        return False
    return (
        is_of_place(header["id"][0], place)
        and header["flags"][0] & ~services.enabled_flag == 0
        and header["verification"][0] in services.verification.values()
        and b"\x00" not in label
    )


def is_of_place(number: int, place: int) -> bool:
    """Say whether a record with this id may lie there."""
    return number == place


def _is_purse(fields: Fields, limits: bytes) -> bool:
    count = fields["limits"][0]
    rows = [limits[at : at + ROLE_LIMIT] for at in range(0, len(limits), ROLE_LIMIT)]
    roles = [row[0] for row in rows]
    return (
        fields["currency"].hex().isdecimal()
        and _are_amounts(fields[n] for n in _PURSE_AMOUNTS)
        and count == len(rows) <= spec().limits["role_limits"]
        and len(limits) == count * ROLE_LIMIT
        and len(set(roles)) == count
        and all(role < _ROLES for role in roles)
        and _are_amounts(row[1:] for row in rows)
    )


def _is_quota(fields: Fields, rest: bytes) -> bool:
    return (
        not rest
        and fields["period kind"][0] in KINDS
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
