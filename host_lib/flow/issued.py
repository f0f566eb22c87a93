"""An issued card as its issuer finds it, and the steps that change it: services and life cycle.

Pure functions of what was observed and what is wished, as `host_lib.flow.content_steps`; the
session is the issuer's, with the application selected.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from applet_spec import UnicardError, spec
from host_lib.command import PutData, SetServiceStatus, SetStatus
from host_lib.command.base import Command
from host_lib.flow.base import Flow
from host_lib.flow.content import open_application
from host_lib.flow.identify import CardFacts
from host_lib.flow.objects import read_object, read_services
from host_lib.flow.stages import Opening, Stage, Step, select_application, terms_of_session
from host_lib.flow.store import DgiValue, block_size, blocks, payload
from host_lib.plan import CardState, Effect, digest_of
from host_lib.scp03 import secured
from host_lib.services import ServiceRecord, encode_service

_NOT_ISSUED = ("BLANK", "TERMINATED")


class NotAsAsked(UnicardError):
    """What was asked for does not fit the card; nothing was sent to change it."""

    advice = "See the card with `unicard card show`, its services with `unicard card services`."


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card as an issuer session found it. ``state`` is the application's, by its name."""

    chip_serial: bytes
    card_serial: bytes
    state: str
    services: tuple[ServiceRecord, ...]
    opening: Opening

    def service(self, identifier: int) -> ServiceRecord:
        """Return the record of a service. Raises `NotAsAsked`."""
        for record in self.services:
            if record.id == identifier:
                return record
        raise NotAsAsked(f"the card has no service {identifier}")

    def service_id(self, name: str) -> int:
        """Return the id of the service with this label or id. Raises `NotAsAsked`."""
        found = [one.id for one in self.services if name in (one.label, str(one.id))]
        if len(found) != 1:
            known = ", ".join(f"{one.id} {one.label}" for one in self.services)
            raise NotAsAsked(f"the card has no service {name!r}: it has {known or 'none'}")
        return found[0]

    def stage(self, steps: tuple[Step, ...]) -> Stage:
        """Return the steps in a session such as this was found by."""
        return Stage(select_application(), self.opening, steps)

    def planned_for(self) -> CardState:
        """Return what a plan depends on: the state, and each service's settings as a digest."""
        settings = (f"{one.id} {_digest(one)}" for one in self.services)
        return CardState(
            self.chip_serial,
            (
                ("card serial", self.card_serial.hex().upper()),
                ("application", self.state),
                ("services", ", ".join(settings) or "none"),
                ("opens with", f"{self.opening.version:02X}"),
                ("session", str(self.opening.shape)),
            ),
        )


def observe_issued(facts: CardFacts, ours: Collection[int]) -> Flow[IssuedCard]:
    """Open a session with the application under one of our key versions and read its services.

    Raises `NotAsAsked` for a card that is not issued yet or terminated, and as `open_application`.
    """
    state = facts.application.state if facts.application else "not installed"
    if facts.application is None or state in _NOT_ISSUED:
        raise NotAsAsked(f"the card is no issued card: its application is {state}")
    session = yield from open_application(ours, facts.terms)

    def read() -> Flow[tuple[bytes, tuple[ServiceRecord, ...]]]:
        serial = yield from read_object(spec().object_named("card serial").tag)
        return serial, (yield from read_services())

    serial, services = yield from secured(session.channel, read())
    opening = Opening(session.keys.version, terms_of_session(session), session.diversification)
    return IssuedCard(facts.cplc.chip_serial, serial, state, services, opening)


def add_service_steps(card: IssuedCard, record: ServiceRecord) -> tuple[Step, ...]:
    """Put a service into an empty place. A purse starts with nothing in it."""
    if any(one.id == record.id for one in card.services):
        raise NotAsAsked(
            f"the card has a service {record.id} already: {card.service(record.id).label}",
            advice="Change it with `unicard card set-service`, or take another id, up to 16.",
        )
    if record.kind == "purse" and record.values["balance"]:
        raise NotAsAsked("a new purse has no balance", advice="Load it: `unicard card load`.")
    return _store(record, "new service")


def set_service_steps(card: IssuedCard, record: ServiceRecord) -> tuple[Step, ...]:
    """Give a service of the card the settings of a record; balance and uses stay as they are.

    Settings, period and horizon, and whether it is enabled are changed by a command of their own
    each, where they differ; the last ends the session. Raises `NotAsAsked` where none differs.
    """
    old = card.service(record.id)
    if record.kind != old.kind:
        raise NotAsAsked(
            f"service {record.id} is a {old.kind}, and stays one",
            advice="Disable it, and add the other one in an empty place.",
        )
    for amount in ("balance", "uses"):
        if record.values.get(amount) != old.values.get(amount):
            raise NotAsAsked(f"{amount}: only transactions change it", advice="See `unicard card`.")
    steps: tuple[Step, ...] = ()
    if _digest(replace(record, enabled=old.enabled), whole=True) != _digest(old, whole=True):
        steps += _store(replace(record, enabled=old.enabled), "settings")
    steps += _period_steps(old, record)
    if record.enabled != old.enabled:
        said = "enable" if record.enabled else "disable"
        steps += (_changing(SetServiceStatus(record.id, record.enabled), f"{said} {record.id}"),)
    if not steps:
        raise NotAsAsked(f"service {record.id} is as it should be already")
    return steps


def _period_steps(old: ServiceRecord, record: ServiceRecord) -> tuple[Step, ...]:
    if record.kind != "quota":
        return ()
    now, horizon = record.values["current period"], record.values["horizon"]
    if (now, horizon) == (old.values["current period"], old.values["horizon"]):
        return ()
    before = old.values["current period"]
    assert isinstance(now, int), "periods are numbers"
    assert isinstance(horizon, int), "periods are numbers"
    assert isinstance(before, int), "periods are numbers"
    if now > before:
        raise NotAsAsked(
            f"period {now} is after the card's, {before}: an issuer sets it back only",
            advice="Transactions open periods, up to the horizon.",
        )
    tag = spec().object_named(f"service period {record.id}").tag
    value = now.to_bytes(2, "big") + horizon.to_bytes(2, "big")
    return (_changing(PutData(tag, value), f"period and horizon of {record.id}"),)


def suspend_steps(card: IssuedCard) -> tuple[Step, ...]:
    """Suspend the card: no transaction and no PIN until it is resumed."""
    if card.state == "SUSPENDED":
        raise NotAsAsked("the card is SUSPENDED already")
    return (_changing(SetStatus("SUSPENDED"), "suspend"),)


def resume_steps(card: IssuedCard) -> tuple[Step, ...]:
    """Resume a suspended card: it is again what it was before."""
    if card.state != "SUSPENDED":
        raise NotAsAsked(f"the card is not suspended: it is {card.state}")
    return (_changing(SetStatus("ACTIVE"), "resume"),)


def terminate_steps() -> tuple[Step, ...]:
    """Terminate the card, for ever."""
    warning = "the card is of no use any more; keys, PIN and templates are erased"
    return (Step(SetStatus("TERMINATED"), 0, Effect.IRREVERSIBLE, "terminate", warning),)


def _store(record: ServiceRecord, what: str) -> tuple[Step, ...]:
    tag = spec().dgi_named(f"service record {record.id}").tag
    stream = payload([DgiValue(tag, encode_service(record))])
    note = f"{what} {record.id} {record.label} {_digest(record)}"
    return tuple(_changing(command, note) for command in blocks(stream, block_size()))


def _changing(command: Command[None], note: str) -> Step:
    return Step(command, 0, Effect.CHANGES, note)


_PRIVATE = frozenset({"class of cover"})
_KEPT = frozenset({"balance", "current period", "horizon", "uses"})


def _digest(record: ServiceRecord, *, whole: bool = False) -> str:
    """Return what tells settings from others; not of what the card keeps, nor what is private."""
    left_out = _KEPT if whole else _KEPT | _PRIVATE
    values = {name: 0 if name in left_out else value for name, value in record.values.items()}
    return digest_of(encode_service(replace(record, values=values))).hex().upper()
