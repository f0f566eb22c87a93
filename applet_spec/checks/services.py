"""The service table: records fit their DGI, the profile uses what exists."""

from collections.abc import Iterator

from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.loader import Json
from applet_spec.model import Length, ServiceKind, ServiceProfile, Spec

SERVICES = data_file("services")
ROLE_LIMIT = 5
"""Bytes of one role limit: role 1, amount 4."""


def records_fit_their_dgi(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A record of each kind, with any number of role limits, is as long as its DGI allows."""
    places = {entry.tag for entry in spec.objects.values() if entry.format == "service"}
    dgis = [dgi for dgi in spec.dgis.values() if any(f.object in places for f in dgi.fields)]
    for kind in spec.services.kinds.values():
        size = record_length(spec, kind)
        for allowed in sorted({str(dgi.length) for dgi in dgis if not _covers(dgi.length, size)}):
            what = f"A record is {size} bytes long, its DGI {allowed}."
            yield Finding(SERVICES, kind.name, what)


def _covers(allowed: Length, size: Length) -> bool:
    return size.least in allowed and size.most in allowed


def record_length(spec: Spec, kind: ServiceKind) -> Length:
    """Return how long a record of this kind can be, in bytes."""
    fixed = sum(field.length for field in (*spec.services.header, *kind.fields))
    counted = any(field.name == "limits" for field in kind.fields)
    return Length(fixed, fixed + counted * ROLE_LIMIT * spec.limits["role_limits"])


def table_has_a_place_for_each_service(_files: Files, spec: Spec) -> Iterator[Finding]:
    """There are as many service objects as the table has records, and each id is a place."""
    places = sum(entry.format == "service" for entry in spec.objects.values())
    limit = spec.limits["services"]
    if places != limit:
        what = f"objects.json has {places} service records, the table {limit}."
        yield Finding(data_file("card"), "limits, services", what)
    for service in _all_services(spec):
        if service.id > limit:
            what = f"Its id is its place, and the table has {limit}."
            yield Finding(SERVICES, service.label, what)


def services_use_what_exists(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A service's kind, verification rule and roles are there."""
    for service in _all_services(spec):
        if service.kind not in spec.services.kinds:
            yield Finding(SERVICES, service.label, f"There is no kind {service.kind!r}.")
        if service.verification not in spec.services.verification:
            what = f"There is no verification rule {service.verification!r}."
            yield Finding(SERVICES, service.label, what)
        for role in sorted({*service.debit_roles, *service.credit_roles} - set(spec.roles)):
            yield Finding(SERVICES, service.label, f"There is no role {role}.")


def labels_fit_the_header(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A label fits the header's field in UTF-8."""
    room = next((field.length for field in spec.services.header if field.name == "label"), 0)
    for service in _all_services(spec):
        if len(service.label.encode()) > room:
            what = f"The label is longer than its {room} bytes in a record."
            yield Finding(SERVICES, service.label, what)


def role_limits_fit_the_debit_roles(files: Files, spec: Spec) -> Iterator[Finding]:
    """A purse has one limit for each role that may debit it, and for no other."""
    for entry in _all_entries(files):
        if "role_limits" not in entry:
            continue
        limited, debit = {int(role) for role in entry["role_limits"]}, set(entry["debit_roles"])
        for role in sorted(debit - limited):
            yield Finding(SERVICES, entry["label"], f"Role {role} may debit it without a limit.")
        for role in sorted(limited - debit):
            what = f"Role {role} has a limit, but may not debit it."
            yield Finding(SERVICES, entry["label"], what)
        if len(limited) > spec.limits["role_limits"]:
            what = f"A record holds {spec.limits['role_limits']} role limits at most."
            yield Finding(SERVICES, entry["label"], what)


def enrolment_gives_the_values(files: Files, _spec: Spec) -> Iterator[Finding]:
    """A service whose value comes from enrolment names a number in the enrolment record."""
    properties = files.formats["enrolment"]["properties"]
    for entry in _all_entries(files):
        field = entry.get("enrolment_field")
        if field and properties.get(field, {}).get("type") != "integer":
            what = f"An enrolment record has no number called {field!r}."
            yield Finding(SERVICES, entry["label"], what)


def delegates_have_no_more_than_holders(files: Files, _spec: Spec) -> Iterator[Finding]:
    """A delegate's service is one of the holder's, with the same identity and no wider limits."""
    holders = {entry["label"]: entry for entry in files["services"]["profile"]}
    for entry in files["services"]["delegate_profile"]:
        own = holders.get(entry["label"])
        if own is None:
            yield Finding(SERVICES, entry["label"], "A delegate has it, and no holder does.")
            continue
        for name in sorted(entry):
            # An id is a place, not an amount.
            same = entry[name] == own.get(name)
            if not same and (name == "id" or not _within(entry[name], own.get(name))):
                what = f"A delegate's {name} goes beyond a holder's."
                yield Finding(SERVICES, entry["label"], what)


def _within(own: object, holders: object) -> bool:
    """Say whether a setting of a delegate stays within the holder's."""
    if isinstance(own, dict) and isinstance(holders, dict):
        return all(role in holders and own[role] <= holders[role] for role in own)
    if isinstance(own, list) and isinstance(holders, list):
        return set(own) <= set(holders)
    if isinstance(own, int) and isinstance(holders, int):
        return own <= holders
    return own == holders


def _all_services(spec: Spec) -> tuple[ServiceProfile, ...]:
    return (*spec.services.profile, *spec.services.delegate_profile)


def _all_entries(files: Files) -> Iterator[Json]:
    yield from files["services"]["profile"]
    yield from files["services"]["delegate_profile"]


CHECKS: tuple[SpecCheck, ...] = (
    records_fit_their_dgi,
    table_has_a_place_for_each_service,
    services_use_what_exists,
    labels_fit_the_header,
    role_limits_fit_the_debit_roles,
    enrolment_gives_the_values,
    delegates_have_no_more_than_holders,
)
