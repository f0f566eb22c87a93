"""A card of the reference profile with keys of all roles, led from state to state."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from applet_spec import spec
from applet_spec.model import ServiceProfile
from applet_spec.rights import EXPIRED, ROLES, Act, Actor, Verified, may_verify, session_opens
from card_simulator.application.state import Verified as Flags
from tests.support import service_records as records
from tests.support.any_card import AnyCard, SimCard
from tests.support.service_records import TODAY
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import (
    AIDS,
    NEW_PIN,
    PIN,
    Terminal,
    apdu,
    dgi,
    role_keys,
    stream,
)
from tests.support.transactions import REVERSES, Operation, in_role, perform, request

_SLOT_A = 0x50
_CODES = spec().transactions.operations
_NAME = b"RIGHTS 1"
_PERIODS = {"month": records.MONTH, "day": records.DAY}
_NUMBERS = {"month": records.month_number(TODAY), "day": records.day_number(TODAY)}
_PLENTY = 900_000


def profile_record(service: ServiceProfile) -> bytes:
    """Return the record of a service of the reference profile, with enough for every act."""
    rule = spec().services.verification[service.verification]
    kind = spec().services.kinds[service.kind].code
    head = records.header(
        service.id, kind, service.label, rule, service.debit_roles, service.credit_roles
    )
    settings = dict(service.settings)
    if service.kind == "purse":
        limits: Any = settings["role_limits"]
        names = ("ceiling", "unverified_allowance", "debit_limit")
        ceiling, allowance, most = (int(str(settings[name])) for name in names)
        each = {int(role): limit for role, limit in limits.items()}
        return records.purse(head, ceiling, allowance, most, _PLENTY, each)
    if service.kind == "quota":
        period = str(settings["period"])
        now = _NUMBERS[period]
        return records.quota(head, 20, _PERIODS[period], 60, 50, now, now + 3, 40)
    return records.entitlement(head, "20260101", "20261231", 1)


SERVICE_DGIS = b"".join(
    dgi(0x0400 + service.id - 1, profile_record(service)) for service in spec().services.profile
)


def led(card: AnyCard) -> Iterator[str]:
    """Lead a new blank card through its states; yield each when the card is there.

    The state is the card's checkpoint while it is the last one yielded.
    """
    host = at_stage(card, Stage.BLANK)
    yield "BLANK"
    for state, step in _STEPS.items():
        card.restore()
        card.reset()
        step(host)
        host.level = 0
        card.reset()
        card.checkpoint()
        yield state


def _personalize(host: Terminal) -> None:
    session(host)
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert set(host.store(stream(host, services=SERVICE_DGIS))) == {0x9000}
    session(host)
    assert host.sw(0, 0x24, 0, 0x81, PIN + NEW_PIN) == 0x9000
    for role in ROLES:
        kvn = _SLOT_A + role
        assert host.put_role_key(kvn, role_keys(kvn), 1)[1] == 0x9000


def _activate(host: Terminal) -> None:
    purse = next(one.id for one in spec().services.profile if one.kind == "purse")
    pos = in_role(host.transmit, _SLOT_A)
    assert pos.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    data = request(0, ((_CODES["credit"], purse, 1),), (_NAME, 0))
    assert perform(pos, data)[1] == 0x9000


def _status(*codes: int) -> Callable[[Terminal], None]:
    def step(host: Terminal) -> None:
        for code in codes:
            session(host)
            assert host.sw(0x80, 0xF0, 0x40, code) == 0x9000

    return step


def _expire(host: Terminal) -> None:
    _status(0x1F)(host)
    session(host)
    last = f"{TODAY.replace(day=TODAY.day - 1):%Y%m%d}"
    assert host.sw(0, 0xDA, 0xDF, 0x52, bytes.fromhex("20260101" + last)) == 0x9000


_STEPS: dict[str, Callable[[Terminal], None]] = {
    "PERSONALIZED": _personalize,
    "ACTIVE": _activate,
    "SUSPENDED": _status(0x3F),
    EXPIRED: _expire,
    "TERMINATED": _status(0x7F),
}


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix."""

    state: str
    actor: Actor
    verified: Verified
    act: Act

    def __str__(self) -> str:
        return f"{self.act.name} by {self.actor}, {self.verified!r}, {self.state}"


class RightsCard:
    """A card at a state; `ask` does an act there and leaves the card as it was."""

    def __init__(self, card: AnyCard) -> None:
        self._card = card
        self.refusals_that_wrote: list[Cell] = []

    def ask(self, cell: Cell) -> int:
        """Return the status word of an act."""
        self._card.reset()
        host = Terminal(self._card.transmit)
        host.select(AIDS.instance)
        self._open(host, cell)
        self._verify(host, cell)
        before = self._card.kept
        word = _do(host, cell)
        if self._card.kept != before:
            if word != 0x9000 or cell.act.command in ("query", "READ RECORD"):
                self.refusals_that_wrote.append(cell)
            self._card.restore()
        return word

    def _open(self, host: Terminal, cell: Cell) -> None:
        if cell.actor == "nobody":
            return
        kvn = 0 if cell.actor == "issuer" else _SLOT_A + cell.actor
        if session_opens(cell.actor, cell.state):
            host.keys = role_keys(kvn) if kvn else host.keys
            host.authenticate(kvn)
            return
        refused = host.raw(apdu(0x80, 0x50, kvn, 0, bytes(8), b"\x00"))[1]
        assert refused == (0x6D00 if cell.state == "TERMINATED" else 0x6985), f"{refused:04X}"

    def _verify(self, host: Terminal, cell: Cell) -> None:
        if Verified.PIN in cell.verified:
            word = host.sw(0, 0x20, 0, 0x81, NEW_PIN)
            ended = 0x6D00 if cell.state == "TERMINATED" else 0x6985
            assert word == (0x9000 if may_verify(spec(), cell.state) else ended), f"{word:04X}"
        if Verified.FINGER in cell.verified and may_verify(spec(), cell.state):
            assert isinstance(self._card, SimCard), "no command sets the finger flag"
            application = self._card._card.application(AIDS.instance)
            application._state.verified |= Flags.FINGER


def _do(host: Terminal, cell: Cell) -> int:
    act = cell.act
    if act.command == "READ RECORD":
        return host.sw(0, 0xB2, 1, 4)
    if act.command == "PUT DATA":
        tag = spec().object_named(act.object).tag
        return host.sw(0, 0xDA, tag >> 8, tag & 0xFF, _value(act))
    operations: tuple[Operation, ...] = tuple(
        (_CODES[move.operation], move.service.id, move.amount) for move in act.moves
    )
    number = 0 if cell.state == "PERSONALIZED" else 1
    data = request(number, operations or REVERSES, (_NAME, 1))
    return perform(host, data, query=act.command == "query")[1]


def _value(act: Act) -> bytes:
    if act.object == "card date":
        return bytes.fromhex(f"{TODAY:%Y%m%d}")
    quota = next(one for one in spec().services.profile if act.object.endswith(f" {one.id}"))
    now = _NUMBERS[str(quota.settings["period"])]
    return now.to_bytes(2, "big") + (now + 1).to_bytes(2, "big")
