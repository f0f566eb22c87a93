"""The service table of one card: a reference profile with the enrolment's entitlements."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from applet_spec import spec
from applet_spec.model import ServiceProfile
from host_lib.services import ServiceRecord, Value
from personalization.dates import day_before, months_later

EPOCH = date(2000, 1, 1)
DELEGATE = "delegate"
"""The enrolment's ``card_kind`` of somebody who acts for a household; others are holders."""
_PERIOD_KINDS = {"none": 0, "day": 1, "month": 2}


def service_table(fields: Mapping[str, Any], effective: date) -> tuple[ServiceRecord, ...]:
    """Return the services that an enrolment's fields give, as they are on ``effective``.

    A delegate's card has the delegates' profile, any other the holders'.
    A quota begins with the allowance of the current period. It begins empty on a card that
    replaces another: the old card has spent this period's, and the rest is carried over later.
    """
    return tuple(_services(fields, effective))


def _services(fields: Mapping[str, Any], effective: date) -> Iterator[ServiceRecord]:
    for profile in _profile(fields):
        source = profile.settings.get("enrolment_field")
        if source is None or str(source) in fields:
            entitled = int(fields[str(source)]) if source is not None else 0
            yield ServiceRecord(
                id=profile.id,
                kind=profile.kind,
                label=profile.label,
                verification=profile.verification,
                debit_roles=frozenset(profile.debit_roles),
                credit_roles=frozenset(profile.credit_roles),
                enabled=True,
                values=_KINDS[profile.kind](profile, entitled, effective, fields),
                role_limits=_role_limits(profile),
            )


def _profile(fields: Mapping[str, Any]) -> tuple[ServiceProfile, ...]:
    services = spec().services
    return services.delegate_profile if is_delegate(fields) else services.profile


def is_delegate(fields: Mapping[str, Any]) -> bool:
    """Say whether an enrolment is for a delegate's card."""
    return fields.get("card_kind") == DELEGATE


def _quota(
    profile: ServiceProfile, allowance: int, effective: date, fields: Mapping[str, Any]
) -> Mapping[str, Value]:
    kind = str(profile.settings["period"])
    ceiling = allowance * _setting(profile, "carry_over_factor")
    return {
        "allowance": allowance,
        "period kind": _PERIOD_KINDS[kind],
        "carry-over ceiling": ceiling,
        "transaction limit": ceiling + allowance,
        "current period": period(kind, effective),
        "horizon": period(kind, months_later(effective, spec().services.horizon_months)),
        "balance": 0 if "replaces_card" in fields else allowance,
    }


def _entitlement(
    profile: ServiceProfile, cover: int, effective: date, _fields: Mapping[str, Any]
) -> Mapping[str, Value]:
    end = day_before(months_later(effective, _setting(profile, "valid_months")))
    return {"valid from": effective, "valid to": end, "class of cover": cover, "uses": 0}


def _purse(
    profile: ServiceProfile, _entitled: int, _effective: date, _fields: Mapping[str, Any]
) -> Mapping[str, Value]:
    return {
        "currency": spec().currency.numeric,
        "ceiling": _setting(profile, "ceiling"),
        "unverified allowance": _setting(profile, "unverified_allowance"),
        "debit limit": _setting(profile, "debit_limit"),
        "balance": 0,
    }


def _role_limits(profile: ServiceProfile) -> Mapping[int, int]:
    limits = profile.settings.get("role_limits", {})
    assert isinstance(limits, Mapping), "the spec's schema says so"
    return {int(role): int(limit) for role, limit in limits.items()}


def _setting(profile: ServiceProfile, name: str) -> int:
    value = profile.settings[name]
    assert isinstance(value, int), "the spec's schema says so"
    return value


def period(kind: str, day: date) -> int:
    """Return the number of the period that a day lies in: days or months since 2000-01-01."""
    if kind == "day":
        return (day - EPOCH).days
    return (day.year - EPOCH.year) * 12 + day.month - 1 if kind == "month" else 0


_Values = Callable[[ServiceProfile, int, date, Mapping[str, Any]], Mapping[str, Value]]
_KINDS: Mapping[str, _Values] = {"quota": _quota, "entitlement": _entitlement, "purse": _purse}
