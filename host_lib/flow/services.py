"""What the issuer reads and changes of services besides their records, after issuance.

Periods and horizon of quotas and the card's date: in a session of LOAD or the issuer. Purse
counters: in any session that may read balances. Each flow runs inside the session.
"""

from dataclasses import dataclass
from datetime import date

from applet_spec import spec
from host_lib.command import PutData
from host_lib.errors import ProtocolError
from host_lib.flow.base import Flow
from host_lib.flow.objects import read_object
from host_lib.refusals import NotFound
from host_lib.transaction import service_id

_COUNTERS = 9


@dataclass(frozen=True, slots=True)
class PurseCounters:
    """What a purse has counted: piastres spent without verification, and debits since LOAD."""

    service: int
    unverified_spent: int
    debits_since_load: int


@dataclass(frozen=True, slots=True)
class ServicePeriod:
    """A quota's current period and the last one that a transaction may open; days or months."""

    current: int
    horizon: int


def read_purse_counters() -> Flow[tuple[PurseCounters, ...]]:
    """Return the counters of every purse, in the order of the table; none without purses."""
    try:
        value = yield from read_object(spec().object_named("purse counters").tag)
    except NotFound:
        return ()
    if len(value) % _COUNTERS:
        raise ProtocolError(f"{len(value)} bytes are no purse counters")
    return tuple(
        PurseCounters(
            value[at],
            int.from_bytes(value[at + 1 : at + 5], "big"),
            int.from_bytes(value[at + 5 : at + 9], "big"),
        )
        for at in range(0, len(value), _COUNTERS)
    )


def read_service_period(service: str | int) -> Flow[ServicePeriod]:
    """Return period and horizon of a quota. Raises `NotFound` where the service is none."""
    value = yield from read_object(_period_tag(service))
    if len(value) != 4:
        raise ProtocolError(f"{len(value)} bytes are no service period")
    return ServicePeriod(int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big"))


def set_service_period(service: str | int, period: ServicePeriod) -> Flow[None]:
    """Set a quota's period back, or leave it, and set its horizon.

    Raises `IncorrectData` for a period after the card's or a horizon before the period, and
    `NotFound`. ValueError for numbers of more than 2 bytes.
    """
    if not (0 <= period.current <= 0xFFFF and 0 <= period.horizon <= 0xFFFF):
        raise ValueError("periods have two bytes")
    value = period.current.to_bytes(2, "big") + period.horizon.to_bytes(2, "big")
    yield from PutData(_period_tag(service), value)


def read_card_date() -> Flow[date | None]:
    """Return the latest day that LOAD or the issuer has told the card, None before the first."""
    try:
        value = yield from read_object(spec().object_named("card date").tag)
    except NotFound:
        return None
    try:
        return date.fromisoformat(value.hex())
    except ValueError as error:
        raise ProtocolError(f"{value.hex()} is no date") from error


def set_card_date(day: date) -> Flow[None]:
    """Raise the card's date. Raises `IncorrectData` for a day before the card's."""
    yield from PutData(spec().object_named("card date").tag, bytes.fromhex(f"{day:%Y%m%d}"))


def _period_tag(service: str | int) -> int:
    return spec().object_named(f"service period {service_id(service)}").tag
