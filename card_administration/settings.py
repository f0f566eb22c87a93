"""Settings of a service, as typed (`allowance=20`) or in JSON as `unicard card services` prints it.

Both have the names of a record's fields with `_` between the words. Typed amounts of purses are in
the contract's currency (50.00), those in JSON, being numbers, in its smallest unit.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from applet_spec import ExitCode, UnicardError, spec
from card_administration.baskets import PURSE, minor_units
from card_administration.periods import DAY, LENGTHS, MONTH, day_of, period_of
from host_lib.roles import Role
from host_lib.services import ServiceRecord, Value, decode_service, encode_service

_ROLES = ("debit_roles", "credit_roles")
_DATES = frozenset({"valid from", "valid to"})
_PERIODS = frozenset({"current period", "horizon"})
_LIMITS = "role_limits"
_LIMIT = "limit."
_SHOWN_ONLY = frozenset({"unverified_spent", "debits_since_load"})
_HEAD = frozenset({"id", "label", "kind", "verification", "enabled", *_ROLES})

Settings = Mapping[str, Any]


class SettingsUnreadable(UnicardError):
    """What was typed, or stands in a file, are no settings of a service; no card was changed."""

    exit_code = ExitCode.USAGE
    advice = (
        "Write SETTING=VALUE for each, such as allowance=20 debit_roles=BREAD limit.BREAD=50.00; "
        "`unicard card services --json` shows their names, docs/services.md explains them."
    )


def typed(words: Iterable[str]) -> dict[str, Any]:
    """Return the settings of ``SETTING=VALUE`` words. Raises `SettingsUnreadable`."""
    found: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        name = name.replace("-", "_")
        if not sign or not name or name in found:
            raise SettingsUnreadable(f"{word!r} is no setting, or it comes twice")
        found[name] = text
    return found


def from_file(path: Path) -> dict[str, Any]:
    """Return the settings in a JSON file: one object, without what a card only shows.

    Raises `SettingsUnreadable`.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsUnreadable(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(data, dict):
        raise SettingsUnreadable(f"{path} is not one JSON object with the settings of a service")
    return {name: value for name, value in data.items() if name not in _SHOWN_ONLY}


def new_record(settings: Settings) -> ServiceRecord:
    """Return the record of a service that a card does not have yet. Raises `SettingsUnreadable`.

    What can be left out: enabled, credit_roles (LOAD), role limits, and of a quota the balance (the
    allowance), current period (today's) and carry-over ceiling (0), of an entitlement the uses, of
    a purse currency, unverified allowance (0) and balance (0).
    """
    kind = _kind(settings)
    start = {"enabled": True, "credit_roles": ["LOAD"], **_defaults(kind, settings), **settings}
    blank = ServiceRecord(0, kind, "", "none", frozenset(), frozenset(), enabled=True, values={})
    needed = (*_HEAD, *(_spoken(name) for name in _fields(kind)))
    if missing := sorted(name for name in needed if name not in start):
        raise SettingsUnreadable(f"a new {kind} needs {', '.join(missing)}")
    return changed_record(blank, start)


def _defaults(kind: str, settings: Settings) -> dict[str, Any]:
    if kind == PURSE:
        return {"currency": spec().currency.numeric, "unverified_allowance": 0, "balance": 0}
    if kind != "quota":
        return {"uses": 0}
    periods = {"current_period": date.today().isoformat(), "carry_over_ceiling": 0}
    if settings.get("period_kind") in ("none", "0", 0):
        periods |= {"current_period": 0, "horizon": 0}
    return periods | {"balance": settings.get("allowance", 0)}


def _kind(settings: Settings) -> str:
    kind = settings.get("kind")
    if kind not in spec().services.kinds:
        raise SettingsUnreadable(f"a new service needs kind={'|'.join(spec().services.kinds)}")
    return str(kind)


def changed_record(record: ServiceRecord, settings: Settings) -> ServiceRecord:
    """Return a record with these settings in place of its own. Raises `SettingsUnreadable`."""
    names = {_spoken(name): name for name in _fields(record.kind)}
    values: dict[str, Value] = dict(record.values)
    limits = dict(record.role_limits)
    head: dict[str, Any] = {}
    # The kind of period decides what a date means as a period.
    for name in sorted(settings, key=lambda one: one != "period_kind"):
        value = settings[name]
        try:
            if name in _HEAD:
                head[name] = _head(name, value)
            elif name in names:
                values[names[name]] = _value(record.kind, names[name], value, values)
            elif record.kind == PURSE and name == _LIMITS:
                limits = {role_of(str(role)): _amount(limit) for role, limit in value.items()}
            elif record.kind == PURSE and name.startswith(_LIMIT):
                limits[role_of(name.removeprefix(_LIMIT))] = _amount(value)
            else:
                raise SettingsUnreadable(f"a {record.kind} has no setting {name!r}")
        except (ValueError, TypeError, AttributeError) as error:
            raise SettingsUnreadable(f"{name}={value} is no setting: {error}") from error
    return _checked(replace(record, **head, values=values, role_limits=limits))


def _checked(record: ServiceRecord) -> ServiceRecord:
    """Return the record as a card reads it. Raises `SettingsUnreadable` where none can hold it."""
    try:
        if record.id not in range(1, 17):
            raise ValueError(f"id {record.id} is not between 1 and 16")
        if record.values.get("period kind", 0) not in range(len(LENGTHS)):
            raise ValueError("the kind of period is none, day or month")
        start, end = record.values.get("valid from"), record.values.get("valid to")
        if isinstance(start, date) and isinstance(end, date) and end < start:
            raise ValueError("it ends before it begins")
        now, horizon = record.values.get("current period"), record.values.get("horizon")
        if isinstance(now, int) and isinstance(horizon, int) and horizon < now:
            raise ValueError("the horizon is before the current period")
        return decode_service(encode_service(record))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise SettingsUnreadable(f"no card can hold this service: {error}") from error


def role_of(text: str) -> int:
    """Return the role of a name or a number from 0 to 15. ValueError for another."""
    if text.upper() in Role.__members__:
        return int(Role[text.upper()])
    if text.isascii() and text.isdigit() and int(text) < 16:
        return int(text)
    raise ValueError(f"{text!r} is no role: {', '.join(Role.__members__)}, or 0 to 15")


def _fields(kind: str) -> tuple[str, ...]:
    return tuple(one.name for one in spec().services.kinds[kind].fields if one.name != "limits")


def _spoken(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")


def _head(name: str, value: Any) -> Any:
    if name == "id":
        return _whole(value)
    if name == "enabled":
        return _truth(value)
    if name in _ROLES:
        roles = value.split(",") if isinstance(value, str) else value
        return frozenset(role_of(str(role)) for role in roles if role != "")
    known = {"kind": spec().services.kinds, "verification": spec().services.verification}
    if name in known and value not in known[name]:
        raise ValueError(f"it is one of {', '.join(known[name])}")
    return str(value)


def _truth(value: Any) -> bool:
    if value in (True, False, "true", "false"):
        return value in (True, "true")
    raise ValueError("it is true or false")


def _value(kind: str, name: str, value: Any, others: Mapping[str, Value]) -> Value:
    if isinstance(value, bool):
        raise ValueError("it is a number")
    if name in _DATES:
        return day_of(value)
    if name == "period kind" and value in ("none", "day", "month"):
        return {"none": 0, "day": DAY, "month": MONTH}[value]
    if name in _PERIODS and isinstance(value, str) and not value.isdigit():
        period_kind = others["period kind"]
        assert isinstance(period_kind, int), "only dates are none"
        return period_of(period_kind, value)
    if kind == PURSE and name != "currency":
        return _amount(value)
    return _whole(value)


def _whole(value: Any) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ValueError("it is a whole number") from error


def _amount(value: Any) -> int:
    return minor_units(value) if isinstance(value, str) else int(value)
