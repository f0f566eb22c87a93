"""The fields of transactions as bytes: layouts of the contract, amounts, times and flags."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from applet_spec import spec
from applet_spec.model import RecordField

_DIGITS = "%Y%m%d%H%M%S"


def known_flags(flags: int) -> int:
    """Return flags that the contract knows. ValueError for others."""
    known = sum(spec().transactions.flags.values())
    if flags & ~known:
        raise ValueError(f"unknown flags {flags:02X}")
    return flags


def has_flag(flags: int, name: str) -> bool:
    """Say whether a flag of this name is set."""
    return bool(flags & spec().transactions.flags[name])


def encode_amount(amount: int) -> bytes:
    """Return an amount as 4 bytes."""
    return amount.to_bytes(4, "big")


def decode_amounts(data: bytes) -> list[int]:
    """Read amounts of 4 bytes one behind the other. ValueError for a part of one."""
    if len(data) % 4:
        raise ValueError(f"{len(data)} bytes of balances")
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]


def encode_time(when: datetime) -> tuple[bytes, bytes]:
    """Return date and time in BCD."""
    both = bytes.fromhex(when.strftime(_DIGITS))
    return both[:4], both[4:]


def decode_time(date: bytes, time: bytes) -> datetime:
    """Read date and time in BCD. ValueError for what is none."""
    return datetime.strptime((date + time).hex(), _DIGITS)


def joined(layout: Iterable[RecordField], fields: Mapping[str, bytes]) -> bytes:
    """Return the fields in the layout's order, each padded with zeros to its length."""
    parts = []
    for one in layout:
        value = fields[one.name]
        if len(value) > one.length:
            raise ValueError(f"{one.name} has {len(value)} bytes instead of {one.length}")
        parts.append(value.ljust(one.length, b"\0"))
    return b"".join(parts)


def split(layout: Iterable[RecordField], data: bytes) -> tuple[dict[str, bytes], bytes]:
    """Split data into the layout's fields and what is left."""
    fields = {}
    for one in layout:
        if len(data) < one.length:
            raise ValueError("too short")
        fields[one.name], data = data[: one.length], data[one.length :]
    return fields, data
