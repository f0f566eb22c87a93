"""The issuer's record of one card: verified receipts, each counted once, and what they add up to.

Written from the contract's rules; it knows of the card what an issuer knows: how it was made, what
the issuer changed on it and when, and the receipts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from tests.support.service_records import (
    DAY,
    ENTITLEMENT,
    LARGEST,
    MONTH,
    PURSE,
    QUOTA,
    day_number,
    month_number,
)
from tests.support.terminal import RECEIPT_KEY, RECEIPT_KEY_VERSION, cmac
from tests.support.transactions import DEBIT, REVERSE, Operation
from tests.transactions.trx_terminal import Pending

SIGNED = 81
MOST_USES = 0xFFFFFF


@dataclass(frozen=True)
class Account:
    """A service as the issuer's record has it: what is left on it, and how it fills up."""

    kind: int
    balance: int
    period: int = 0
    periods: int = 0
    allowance: int = 0
    carry_over: int = 0

    @property
    def most(self) -> int:
        """The most that there can ever be."""
        return MOST_USES if self.kind == ENTITLEMENT else LARGEST

    def at(self, day: date) -> "Account":
        """Return the account in the period of a day. AssertionError for an earlier one."""
        if self.kind != QUOTA:
            return self
        number = {DAY: day_number, MONTH: month_number}.get(self.periods, lambda _day: 0)(day)
        ahead = number - self.period
        assert ahead >= 0, "a transaction in a period before the card's"
        return self.ahead(ahead)

    def ahead(self, periods: int) -> "Account":
        """Return the account so many periods later."""
        if not periods:
            return self
        kept = min(self.balance + (periods - 1) * self.allowance, self.carry_over)
        balance = min(kept + self.allowance, LARGEST)
        return replace(self, period=self.period + periods, balance=balance)

    def changed(self, by: int) -> "Account":
        """Return the account with another balance. AssertionError for one that cannot be."""
        assert 0 <= self.balance + by <= self.most, f"{self.balance} and {by}"
        return replace(self, balance=self.balance + by)


def account(record: bytes) -> Account:
    """Read a service record."""
    kind, body = record[1], record[20:]
    number = int.from_bytes
    if kind == PURSE:
        return Account(PURSE, number(body[14:18], "big"))
    if kind == ENTITLEMENT:
        return Account(ENTITLEMENT, number(body[9:12], "big"))
    return Account(
        QUOTA,
        balance=number(body[17:21], "big"),
        period=number(body[13:15], "big"),
        periods=body[4],
        allowance=number(body[:4], "big"),
        carry_over=number(body[5:9], "big"),
    )


@dataclass(frozen=True)
class Ledger:
    """All accounts after some transaction, and what that one changed."""

    accounts: Mapping[int, Account]
    last: tuple[tuple[int, int], ...] = ()

    def booked(
        self, operations: Iterable[Operation], day: date
    ) -> tuple["Ledger", tuple[int, ...]]:
        """Return the ledger after a transaction, and the balances that its receipt must show."""
        accounts, changes = dict(self.accounts), list[tuple[int, int]]()
        for code, service, amount in operations:
            if code == REVERSE:
                changes = [(one, -by) for one, by in self.last]
                assert changes, "nothing to take back"
                for one, by in changes:
                    accounts[one] = accounts[one].changed(by)
                shown = tuple(accounts[one].balance for one, _ in changes)
                return Ledger(accounts), shown
            now = accounts[service].at(day)
            by = amount if (code == DEBIT) == (now.kind == ENTITLEMENT) else -amount
            accounts[service] = now.changed(by)
            changes.append((service, by))
        shown = tuple(accounts[one].balance for one, _ in changes)
        return Ledger(accounts, tuple(changes)), shown

    def with_account(self, service: int, one: Account) -> "Ledger":
        """Return the ledger with an account that the issuer has changed."""
        return replace(self, accounts={**self.accounts, service: one})


def read_operations(data: bytes) -> tuple[Operation, ...]:
    """Read operations; places of zeros behind them are none."""
    parts = (data[at : at + 6] for at in range(0, len(data), 6))
    return tuple((p[0], p[1], int.from_bytes(p[2:], "big")) for p in parts if p[0])


def read_day(digits: bytes) -> date:
    """Read a date in BCD."""
    return date.fromisoformat(digits.hex())


class WrongReceipt(AssertionError):
    """A receipt that this card never made."""


@dataclass
class Issuer:
    """Receives receipts, and settles them in the order of their numbers.

    ``ledgers`` are those that are possible after transaction ``settled``: more than one only where
    more than one terminal could have had a transaction that nobody has the receipt of.
    """

    ledgers: tuple[Ledger, ...]
    keys: dict[int, bytes] = field(default_factory=lambda: {RECEIPT_KEY_VERSION: RECEIPT_KEY})
    receipts: dict[int, bytes] = field(default_factory=dict)
    changes: dict[int, list[tuple[int, Account | int]]] = field(default_factory=dict)
    settled: int = 0
    last: tuple[Ledger, ...] = ()

    def receive(self, receipt: bytes) -> None:
        """Check a receipt and keep it; the same one may come again. Raises `WrongReceipt`."""
        key = self.keys.get(receipt[0])
        if key is None or cmac(key, receipt[:SIGNED])[:8] != receipt[SIGNED:]:
            raise WrongReceipt(receipt.hex())
        number = int.from_bytes(receipt[10:13], "big")
        known = self.receipts.setdefault(number, receipt)
        if known != receipt:
            raise WrongReceipt(f"two receipts of transaction {number}")

    def changed(self, number: int, service: int, what: Account | int) -> None:
        """Note a change of the issuer's after a transaction: an account, or only its period."""
        self.changes.setdefault(number, []).append((service, what))

    def settle(self, newest: int, claims: Iterable[Pending], *, final: bool) -> tuple[int, int]:
        """Return how many transactions were settled, and how many by claims alone, kept or not.

        ``newest`` is the card's transaction number, ``claims`` are the requests of which terminals
        do not know whether they happened. Unless ``final``, nothing is kept from the first such
        one on. AssertionError for a transaction that nobody knows of, or of another value.
        """
        claimed: dict[int, list[Pending]] = {}
        for claim in claims:
            claimed.setdefault(claim.card_number + 1, []).append(claim)
        assert all(number <= newest for number in self.receipts), "a receipt from the future"
        ledgers, gaps, keep = self.ledgers, 0, True
        first = self.settled
        for number in range(first + 1, newest + 1):
            ledgers = self._with_changes(ledgers, number - 1)
            receipt = self.receipts.get(number)
            if receipt is not None:
                ledgers = _with_receipt(ledgers, receipt)
            else:
                gaps += 1
                keep = final
                assert number in claimed, f"transaction {number}: nobody knows of it"
                ledgers = _with_claims(ledgers, claimed[number])
            assert ledgers, f"transaction {number}: another value than the receipts before it make"
            if keep:
                self.settled, self.ledgers = number, ledgers
        self.last = self._with_changes(ledgers, newest)
        return self.settled - first, gaps

    def _with_changes(self, ledgers: tuple[Ledger, ...], number: int) -> tuple[Ledger, ...]:
        for service, what in self.changes.get(number, ()):
            ledgers = tuple(_with_change(one, service, what) for one in ledgers)
        return ledgers

    def check(self, accounts: Mapping[int, Account]) -> None:
        """Compare what the card shows with what was settled last. Raises AssertionError."""
        values = {service: (one.balance, one.period) for service, one in accounts.items()}
        possible = [
            {service: (one.balance, one.period) for service, one in ledger.accounts.items()}
            for ledger in self.last
        ]
        assert values in possible, f"the card has {values}, its receipts say {possible}"


def _with_change(ledger: Ledger, service: int, what: Account | int) -> Ledger:
    before = ledger.accounts[service]
    if isinstance(what, int):
        return ledger.with_account(service, replace(before, period=what))
    return ledger.with_account(service, replace(what, balance=before.balance, period=before.period))


def _with_receipt(ledgers: tuple[Ledger, ...], receipt: bytes) -> tuple[Ledger, ...]:
    operations, day = read_operations(receipt[32:56]), read_day(receipt[25:29])
    found = []
    for ledger in ledgers:
        try:
            after, balances = ledger.booked(operations, day)
        except (AssertionError, KeyError):
            continue
        shown = b"".join(one.to_bytes(4, "big") for one in balances).ljust(16, b"\x00")
        if shown == receipt[56:72]:
            found.append(after)
    return tuple(found)


def _with_claims(ledgers: tuple[Ledger, ...], claims: Iterable[Pending]) -> tuple[Ledger, ...]:
    found = []
    for claim in claims:
        operations, day = read_operations(claim.data[22:]), read_day(claim.data[15:19])
        for ledger in ledgers:
            try:
                found.append(ledger.booked(operations, day)[0])
            except (AssertionError, KeyError):
                continue  # this one cannot have happened
    return tuple(found)
