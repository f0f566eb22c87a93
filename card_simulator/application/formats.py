"""Which values a data object can hold, by the format that the contract names for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from applet_spec import DataObject, spec
from applet_spec.model import TemplateField
from card_simulator import tlv
from card_simulator.application.dates import is_date, is_in
from card_simulator.application.service_record import is_service_record

_FINGERS = 10
_MINUTIA = 3
_PERIOD = 2


def can_hold(target: DataObject, value: bytes, held: bytes = b"") -> bool:
    """Say whether ``value`` has the length and the format of the object, which holds ``held``."""
    if len(value) not in target.length:
        return False
    if target.format in _SUCCESSIONS:
        return _SUCCESSIONS[target.format](value, held)
    if target.format == "service":
        return is_service_record(value, _places()[target.tag])
    if target.format == "bits":
        return value[0] & ~sum(target.bits) == 0
    if target.format == "template":
        return _is_template(value, {field.tag: field for field in target.fields})
    return _CHECKS[target.format](value)


def is_bcd(value: bytes) -> bool:
    """Say whether every half byte is a decimal digit."""
    return value.hex().isdecimal()


def is_pin_block(block: bytes) -> bool:
    """Say whether eight bytes are a PIN block of format 2 (ISO 9564-1, 9.3.3) of allowed length."""
    limits = spec().limits
    digits = block[:1].hex()
    length = int(digits[1], 16)
    text = block[1:].hex()
    return (
        len(block) == 8
        and digits[0] == "2"
        and limits["pin_digits_min"] <= length <= limits["pin_digits_max"]
        and text[:length].isdecimal()
        and set(text[length:]) <= {"f"}
    )


def follows_card_date(value: bytes, held: bytes) -> bool:
    """Say whether a day can be the card's date after the one that it has, if it has one."""
    table = spec().transactions
    return is_in(value, table.first_date, table.last_date) and value >= held


def follows_period(value: bytes, held: bytes) -> bool:
    """Say whether period and horizon can be set: not a later period, no horizon before it."""
    return value[:_PERIOD] <= held[:_PERIOD] and value[:_PERIOD] <= value[_PERIOD:]


@cache
def _places() -> dict[int, int]:
    """Return the number of each service record by the tag of its object."""
    records = range(1, spec().limits["services"] + 1)
    return {spec().object_named(f"service record {number}").tag: number for number in records}


def _is_padded_bcd(value: bytes) -> bool:
    """Digits, the last half byte F where their number is odd."""
    return value.hex().removesuffix("f").isdecimal()


def _is_date_range(value: bytes) -> bool:
    effective, expiry = value[:4], value[4:]
    return is_date(effective) and is_date(expiry) and effective <= expiry


def _is_finger(value: bytes) -> bool:
    """Finger position and whole minutiae."""
    return 1 <= value[0] <= _FINGERS and (len(value) - 1) % _MINUTIA == 0


def _is_der(value: bytes) -> bool:
    """One SEQUENCE and nothing after it; what it holds is for its readers to check."""
    try:
        return tlv.read_one(value).tag == 0x30
    except tlv.TlvError:
        return False


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_template(value: bytes, fields: dict[int, TemplateField]) -> bool:
    """Well-formed objects; where fields are listed, only these, each once and of its format."""
    try:
        found = list(tlv.read(value))
    except tlv.TlvError:
        return False
    if not fields:
        return True
    return len({part.tag for part in found}) == len(found) and all(
        part.tag in fields
        and len(part.value) in fields[part.tag].length
        and _FIELD_CHECKS[fields[part.tag].format](part.value)
        for part in found
    )


def _anything(_value: bytes) -> bool:
    return True


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "bcd": is_bcd,
    "bytes": _anything,
    "date-range": _is_date_range,
    "der": _is_der,
    "finger": _is_finger,
}

_SUCCESSIONS: dict[str, Callable[[bytes, bytes], bool]] = {
    "card-date": lambda value, held: follows_card_date(value, held),
    "service-period": lambda value, held: follows_period(value, held),
}
"""Checks that need the value before."""

_FIELD_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "bcd": _is_padded_bcd,
    "date": is_date,
    "utf-8": _is_utf8,
}
