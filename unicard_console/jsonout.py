"""JSON as the project prints it: UTF-8 text, bytes in hexadecimal, dates in ISO 8601."""

from collections.abc import Mapping


def to_json(data: Mapping[str, object]) -> str:
    """Return ``data`` as indented JSON text.

    Bytes become upper-case hexadecimal, dates and times ISO 8601, enums their value, paths text,
    other mappings objects. Raises ``TypeError`` for anything else, so that a secret is never
    printed by way of its ``str()``.
    """
    import json

    return json.dumps(data, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> object:
    from datetime import date, time
    from enum import Enum
    from pathlib import PurePath

    match value:
        case bytes():
            return value.hex().upper()
        case date() | time():
            return value.isoformat()
        case Enum():
            return value.value
        case PurePath():
            return str(value)
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
