"""What a card has to answer to PERFORM TRANSACTION: the contract's rules, once more.

Written from the text of `applet_spec/data/transactions.json` and `services.json` alone, in numbers
of Python that know no bounds, so that two cards that are wrong alike are found.
"""

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date

from tests.card_application.service_oracle import (
    ENTITLEMENT,
    LARGEST,
    PURSE,
    QUOTA,
    Service,
    period_of,
    refreshed,
)
from tests.support.terminal import CARD_SERIAL, RECEIPT_KEY, RECEIPT_KEY_VERSION, cmac

DEBIT, CREDIT, REVERSE = 1, 2, 3
LOAD, ALONE = 0, (0, 1, 2)
"""The role that credits, and those that may debit a purse alone."""
PIN, FINGER, ACTIVATION = 0x01, 0x02, 0x80
LOG_LENGTH, USED_UP = 20, 0xFFFFFF
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2079, 12, 31)
Answer = tuple[bytes, int]


class Refused(Exception):
    """The status word of a request that is refused."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(frozen=True)
class Operation:
    """One operation of a basket."""

    code: int
    service: int
    amount: int


@dataclass(frozen=True)
class Request:
    """The fields of a request."""

    name: bytes
    number: int
    day: date
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Logged:
    """A transaction in the log: its request, who sent it, the answer and the receipt."""

    role: int
    data: bytes
    answer: bytes
    receipt: bytes


@dataclass(frozen=True)
class Made:
    """What a reverse takes back: the operations, and the services as they were before these."""

    operations: tuple[Operation, ...]
    before: dict[int, Service]


@dataclass
class OracleCard:
    """What transactions read and change, with ``services`` by id.

    ``flags`` are the verified ones, ``role`` that of the open session, None where there is none.
    """

    services: dict[int, Service]
    expiry: date
    exempt: bool = False
    replaced: bytes = bytes(8)
    serial: bytes = CARD_SERIAL
    key_version: int = RECEIPT_KEY_VERSION
    key: bytes = RECEIPT_KEY
    number: int = 0
    card_date: date = FIRST_DAY
    activated: bool = False
    suspended: bool = False
    flags: int = 0
    role: int | None = None
    log: tuple[Logged, ...] = ()
    made: Made | None = field(default=None, repr=False)

    # What a session does

    def session(self, role: int | None) -> None:
        """Begin or end a session."""
        self.role, self.flags, self.made = role, 0, None

    def other_command(self) -> None:
        """Take any command that is neither a transaction nor a query."""
        self.made = None

    def query(self, data: bytes) -> Answer:
        """Answer a query."""
        if wrong_length(data):
            return b"", 0x6700
        assert self.role is not None
        number = self.number.to_bytes(3, "big")
        found = self._named(data)
        if found is None:
            return b"\x00" + number, 0x9000
        if (found.role, found.data) != (self.role, data):
            return b"\x02" + number, 0x9000
        return b"\x01" + number + found.answer, 0x9000

    def perform(self, data: bytes) -> Answer:
        """Answer a request, and do what it asks for."""
        made, self.made = self.made, None
        try:
            return self._performed(data, made), 0x9000
        except Refused as refused:
            return b"", refused.sw

    def _named(self, data: bytes) -> Logged | None:
        return next((each for each in self.log if each.data[:12] == data[:12]), None)

    # The order of checks

    def _performed(self, data: bytes, made: Made | None) -> bytes:
        assert self.role is not None
        if wrong_length(data):
            raise Refused(0x6700)
        request = parsed(data)
        if found := self._named(data):
            if (found.role, found.data) == (self.role, data):
                return found.answer
            raise Refused(0x9481)
        if request.number != self.number:
            raise Refused(0x9482)
        reverse = request.operations[0].code == REVERSE
        later = max(request.day, self.card_date)
        if self.suspended or self.number == USED_UP or (later > self.expiry and not reverse):
            raise Refused(0x6985)
        if reverse:
            if made is None:
                raise Refused(0x6985)
            return self._commit(data, *self._reversed(made))
        if not self.activated and not self.flags:
            raise Refused(0x9405)
        services = self._debited(request, later)
        if self.role == LOAD:
            self.card_date = later
        before = self.services
        answer = self._commit(data, services, request.operations)
        self.made = Made(request.operations, before)
        return answer

    def _debited(self, request: Request, later: date) -> dict[int, Service]:
        """Return the services after a basket."""
        services = dict(self.services)
        if self.role == LOAD:
            services = {at: replace(each, since_load=0) for at, each in services.items()}
        for operation in request.operations:
            changed = self._applied(operation, request, later, services)
            services[operation.service] = changed
        return services

    def _applied(
        self, operation: Operation, request: Request, later: date, services: dict[int, Service]
    ) -> Service:
        """Return a service after an operation on it."""
        assert self.role is not None
        service = services.get(operation.service)
        if service is None:
            raise Refused(0x6A88)
        if not service.enabled:
            raise Refused(0x9409)
        debit = operation.code == DEBIT
        if self.role not in (service.debit_roles if debit else service.credit_roles):
            raise Refused(0x6982)
        if (
            debit
            and service.kind == PURSE
            and self.role not in ALONE
            and not any(
                each.code == DEBIT
                and each.service in services
                and services[each.service].kind != PURSE
                for each in request.operations
            )
        ):
            raise Refused(0x6982)
        if service.kind == ENTITLEMENT and operation.amount != 1:
            raise Refused(0x6A80)
        verified = self._satisfied(service.rule)
        if service.kind == PURSE:
            change = self._purse_debit if debit else self._purse_credit
            return change(service, operation.amount, verified)
        if debit and not verified:
            raise Refused(0x9405)
        if service.kind == QUOTA:
            return _quota(service, operation, request.day)
        return _entitlement(service, debit=debit, day=later)

    def _satisfied(self, rule: str) -> bool:
        """Say whether the verified flags satisfy a service's rule."""
        pin, finger = bool(self.flags & PIN), bool(self.flags & FINGER)
        if self.exempt:
            finger = pin
        return {
            "none": True,
            "pin": pin,
            "finger": finger,
            "pin or finger": pin or finger,
            "pin and finger": pin and finger,
        }[rule]

    def _purse_debit(self, purse: Service, amount: int, verified: bool) -> Service:
        assert self.role is not None
        unverified = 0 if verified else purse.unverified + amount
        if not verified and unverified > purse.allowance:
            raise Refused(0x9405)
        if self.role in purse.limits and amount > purse.limits[self.role]:
            raise Refused(0x9403)
        if amount > purse.balance:
            raise Refused(0x9401)
        since_load = purse.since_load + amount
        if since_load > purse.debit_limit:
            raise Refused(0x9404)
        balance = purse.balance - amount
        return replace(purse, balance=balance, unverified=unverified, since_load=since_load)

    def _purse_credit(self, purse: Service, amount: int, _verified: bool) -> Service:
        if purse.balance + amount > purse.ceiling:
            raise Refused(0x9402)
        return replace(purse, balance=purse.balance + amount)

    def _reversed(self, made: Made) -> tuple[dict[int, Service], tuple[Operation, ...]]:
        """Return the services after a reverse, and the operations that it took back."""
        services = dict(self.services)
        for operation in made.operations:
            now, before = services[operation.service], made.before[operation.service]
            sign = 1 if operation.code == DEBIT else -1
            uses = now.kind == ENTITLEMENT
            services[operation.service] = replace(
                now,
                balance=before.balance if uses else now.balance + sign * operation.amount,
                unverified=before.unverified,
                since_load=before.since_load,
            )
        return services, made.operations

    # The commit

    def _commit(
        self, data: bytes, services: dict[int, Service], shown: tuple[Operation, ...]
    ) -> bytes:
        """Make a transaction the newest one; return its answer."""
        assert self.role is not None
        flags = self.flags | (0 if self.activated else ACTIVATION)
        replaced = bytes(8) if self.activated else self.replaced
        number = (self.number + 1).to_bytes(3, "big")
        balances = b"".join(services[each.service].balance.to_bytes(4, "big") for each in shown)
        fields = (
            bytes([self.key_version, self.role]) + self.serial + number + data[:12] + data[15:22]
            + data[22:].ljust(24, b"\x00") + balances.ljust(16, b"\x00") + bytes([flags]) + replaced
        )  # fmt: skip
        mac = cmac(self.key, fields)[:8]
        answer = number + bytes([self.key_version, flags]) + mac + balances
        answer += b"" if self.activated else replaced
        self.services, self.number, self.activated, self.flags = services, self.number + 1, True, 0
        logged = Logged(self.role, data, answer, fields + mac)
        self.log = (logged, *self.log)[:LOG_LENGTH]
        return answer


def _quota(quota: Service, operation: Operation, day: date) -> Service:
    now = period_of(quota.period_kind, day)
    if now < quota.period:
        raise Refused(0x9406)
    if now > max(quota.horizon, quota.period):
        raise Refused(0x9407)
    quota = replace(
        quota,
        balance=refreshed(quota.allowance, quota.ceiling, quota.balance, now - quota.period),
        period=now,
    )
    if operation.code == DEBIT:
        if operation.amount > quota.limit:
            raise Refused(0x9403)
        if operation.amount > quota.balance:
            raise Refused(0x9401)
        return replace(quota, balance=quota.balance - operation.amount)
    if quota.balance + operation.amount > min(quota.ceiling + quota.allowance, LARGEST):
        raise Refused(0x9402)
    return replace(quota, balance=quota.balance + operation.amount)


def _entitlement(cover: Service, *, debit: bool, day: date) -> Service:
    if debit:
        if not cover.first <= day <= cover.last:
            raise Refused(0x9408)
        if cover.balance == 0xFFFFFF:
            raise Refused(0x9402)
        return replace(cover, balance=cover.balance + 1)
    if cover.balance == 0:
        raise Refused(0x9401)
    return replace(cover, balance=cover.balance - 1)


# The form of a request


def wrong_length(data: bytes) -> bool:
    """Say whether a request has a length that none has."""
    return len(data) not in (28, 34, 40, 46)


def parsed(data: bytes) -> Request:
    """Take a request of right length apart. Raises `Refused` for a wrong form."""
    day = _day(data[15:19].hex())
    _check_time(data[19:22].hex())
    operations = tuple(
        Operation(data[at], data[at + 1], int.from_bytes(data[at + 2 : at + 6], "big"))
        for at in range(22, len(data), 6)
    )
    for each in operations:
        if each.code == REVERSE:
            if len(operations) > 1 or each.service or each.amount:
                raise Refused(0x6A80)
        elif each.code not in (DEBIT, CREDIT) or not 1 <= each.amount <= LARGEST:
            raise Refused(0x6A80)
    if len({each.service for each in operations}) < len(operations):
        raise Refused(0x6A80)
    return Request(data[:12], int.from_bytes(data[12:15], "big"), day, operations)


def _day(written: str) -> date:
    if not written.isdecimal():
        raise Refused(0x6A80)
    year, month, day = int(written[:4]), int(written[4:6]), int(written[6:])
    if not (2000 <= year <= 2079 and 1 <= month <= 12):
        raise Refused(0x6A80)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise Refused(0x6A80)
    return date(year, month, day)


def _check_time(written: str) -> None:
    if not (written.isdecimal() and written[:2] < "24" and written[2:4] < "60"):
        raise Refused(0x6A80)
    if written[4:] >= "60":
        raise Refused(0x6A80)
