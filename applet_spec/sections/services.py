"""The service table: layout of its records and the reference profile."""

from collections.abc import Iterable, Iterator, Mapping

from applet_spec.model import RecordField, ServiceProfile, Spec
from applet_spec.sections.markdown import Read, and_list, bullets, code, table


def services(spec: Spec, read: Read) -> Iterator[str]:
    """Write the layout of service records and the reference profile."""
    content = read("services")
    yield "## Services"
    yield (
        f"The service table holds {spec.limits['services']} records at most, each written by a DGI "
        "of its own. A record is its header and what its kind adds; numbers are big-endian."
    )
    yield "### Header of a record"
    yield _layout(spec.services.header)
    start = sum(field.length for field in spec.services.header)
    for kind in spec.services.kinds.values():
        yield f"### Kind {code(f'{kind.code:02X}')} {kind.name}"
        yield _layout(kind.fields, start)
    yield "### Flags and verification rules"
    flags = [(f"flag {code(bit)}", name) for bit, name in content["flags"].items()]
    rules = [
        (f"verification {code(f'{value:02X}')}", name)
        for name, value in spec.services.verification.items()
    ]
    yield table(["value", "meaning"], [*flags, *rules])
    yield "### What a record may hold"
    yield bullets(content["rules"])
    yield from _periods(content["periods"])
    yield "### The reference profile"
    yield "What the bureau writes onto a holder's card. Amounts are in the unit."
    yield _profile(spec, spec.services.profile)
    yield "### The profile of delegates"
    yield "What the bureau writes onto the card of somebody who acts for a household."
    yield _profile(spec, spec.services.delegate_profile)


def _layout(fields: Iterable[RecordField], offset: int = 0) -> str:
    rows = []
    for field in fields:
        rows.append((offset, field.name, field.length, field.text))
        offset += field.length
    return table(["offset", "field", "length", "remarks"], rows)


def _periods(periods: Mapping[str, object]) -> Iterator[str]:
    yield "### Periods"
    yield (
        f"A day is numbered by {periods['day']} {periods['epoch']}, a month by "
        f"{code(str(periods['month']))}. A new quota is open for "
        f"{periods['horizon_default_months']} months ahead unless the issuer says otherwise."
    )


def _profile(spec: Spec, profile: Iterable[ServiceProfile]) -> str:
    rows = []
    for service in profile:
        settings = "<br>".join(_setting(spec, *item) for item in service.settings.items())
        rows.append(
            (
                service.id,
                service.label,
                service.kind,
                service.unit,
                service.verification,
                _roles(spec, service.debit_roles),
                _roles(spec, service.credit_roles),
                settings,
            )
        )
    head = ["id", "label", "kind", "unit", "verification", "debited by", "credited by", "settings"]
    return table(head, rows)


def _setting(spec: Spec, name: str, value: object) -> str:
    words = name.replace("_", " ")
    if isinstance(value, Mapping):
        value = and_list(f"{spec.roles[int(role)].name} {limit}" for role, limit in value.items())
    elif name == "enrolment_field":
        words, value = "value from enrolment", code(str(value))
    return f"{words}: {value}"


def _roles(spec: Spec, numbers: Iterable[int]) -> str:
    return and_list(spec.roles[number].name for number in numbers)
