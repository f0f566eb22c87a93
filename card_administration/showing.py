"""What a card's services and log are, as values for JSON: read in a session or after the PIN."""

from dataclasses import dataclass

from host_lib.flow.base import Flow
from host_lib.flow.objects import read_services
from host_lib.flow.services import PurseCounters, read_purse_counters
from host_lib.services import ServiceRecord


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """The records of a card's services, with the counters of its purses by service id."""

    records: tuple[ServiceRecord, ...]
    counters: dict[int, PurseCounters]


def read_table() -> Flow[ServiceTable]:
    """Return the service table as it is now; needs the PIN, the finger or a session.

    Raises `SecurityStatusNotSatisfied`, and ProtocolError for malformed records.
    """
    records = yield from read_services()
    counters = yield from read_purse_counters()
    return ServiceTable(records, {one.service: one for one in counters})


def service_facts(record: ServiceRecord, counters: PurseCounters | None) -> dict[str, object]:
    """Return a service as values for JSON; amounts in units of the service."""
    facts: dict[str, object] = {
        "id": record.id,
        "label": record.label,
        "kind": record.kind,
        "enabled": record.enabled,
        "verification": record.verification,
        "debit_roles": sorted(record.debit_roles),
        "credit_roles": sorted(record.credit_roles),
    }
    for name, value in record.values.items():
        facts[name.replace(" ", "_").replace("-", "_")] = (
            value if isinstance(value, int) else value.isoformat()
        )
    if record.role_limits:
        facts["role_limits"] = {str(role): limit for role, limit in record.role_limits.items()}
    if counters is not None:
        facts["unverified_spent"] = counters.unverified_spent
        facts["debits_since_load"] = counters.debits_since_load
    return facts
