"""What one service has, and how an operation finds it: values only."""

from __future__ import annotations

from dataclasses import dataclass

from card_simulator.application.service_record import header_layout

BALANCE_TOO_SMALL = 0x9401
CEILING_EXCEEDED = 0x9402
TRANSACTION_LIMIT_EXCEEDED = 0x9403
DEBIT_LIMIT_EXCEEDED = 0x9404
VERIFICATION_REQUIRED = 0x9405
PERIOD_PAST = 0x9406
PERIOD_BEYOND_HORIZON = 0x9407
NOT_VALID_ON_DATE = 0x9408
SERVICE_DISABLED = 0x9409


@dataclass(frozen=True, slots=True)
class Spent:
    """What a purse has counted: ``unverified`` spent, and ``debits`` since the last LOAD."""

    unverified: int = 0
    debits: int = 0


NOTHING_SPENT = Spent()


@dataclass(frozen=True, slots=True)
class Account:
    """A service: its record, and beside it what a purse has counted."""

    record: bytes
    spent: Spent = NOTHING_SPENT

    def header(self, name: str) -> int:
        """Return a field of the record's header."""
        return header_layout().number(self.record, name)


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation's amount in its circumstances.

    ``role`` is the session's, ``date`` the transaction's, ``today`` the later of it and the card's,
    each YYYYMMDD in BCD; ``verified`` says whether the holder's flags satisfy the service's rule.
    """

    amount: int
    role: int
    date: bytes
    today: bytes
    verified: bool
