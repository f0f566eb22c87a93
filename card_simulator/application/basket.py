"""A request of PERFORM TRANSACTION: who asks, when, and a basket of operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from applet_spec import spec
from card_simulator.apdu import SW, StatusError
from card_simulator.application.dates import is_in, is_time
from card_simulator.application.layout import Layout


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its code, the service's id, the amount in the service's units."""

    code: int
    service: int
    amount: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its bytes say, of any content.

    ``name`` is terminal id and terminal transaction number, ``number`` the card's transaction
    number as the terminal knows it, ``moment`` date and time, ``basket`` the operations' bytes.
    """

    name: bytes
    number: int
    moment: bytes
    basket: bytes

    @property
    def date(self) -> bytes:
        """YYYYMMDD in BCD."""
        return self.moment[:_DATE]

    @classmethod
    def read(cls, data: bytes) -> Request:
        """Cut a request; raises `StatusError` 6700 unless it has one to four whole operations."""
        count, rest = divmod(len(data) - request_layout().end, operation_layout().end)
        if rest or not 1 <= count <= spec().transactions.most_operations:
            raise StatusError(SW.WRONG_LENGTH)
        head = request_layout().cut(data)
        return cls(
            head["terminal id"] + head["terminal transaction number"],
            int.from_bytes(head["card transaction number"], "big"),
            head["date"] + head["time"],
            data[request_layout().end :],
        )

    def operations(self) -> tuple[Operation, ...]:
        """Return the operations; raises `StatusError` 6A80 where anything has no right form."""
        size = operation_layout().end
        found = tuple(
            _operation(self.basket[at : at + size]) for at in range(0, len(self.basket), size)
        )
        if not (is_moment(self.moment) and are_operations(found)):
            raise StatusError(SW.WRONG_DATA)
        return found


def is_moment(moment: bytes) -> bool:
    """Say whether date and time are a moment that transactions can have."""
    table = spec().transactions
    day, hour = moment[:_DATE], moment[_DATE:]
    return is_in(day, table.first_date, table.last_date) and is_time(hour)


def are_operations(basket: Sequence[Operation]) -> bool:
    """Say whether the operations may stand in one basket; a reverse only by itself."""
    if len(basket) == 1 and is_reverse(basket):
        return basket[0].service == basket[0].amount == 0
    return are_distinct(basket) and all(
        is_known(each) and is_amount(each.amount) for each in basket
    )


def is_reverse(basket: Sequence[Operation]) -> bool:
    """Say whether the basket takes a transaction back."""
    return basket[0].code == spec().transactions.operations["reverse"]


def are_distinct(basket: Sequence[Operation]) -> bool:
    """Say whether no service comes twice."""
    return len({each.service for each in basket}) == len(basket)


def is_known(operation: Operation) -> bool:
    """Say whether the operation is a debit or a credit."""
    codes = spec().transactions.operations
    return operation.code in (codes["debit"], codes["credit"])


def is_amount(amount: int) -> bool:
    """Say whether so much can be debited or credited."""
    return 0 < amount <= spec().limits["amount"]


@cache
def request_layout() -> Layout:
    """Return the layout of a request's head."""
    return Layout(spec().transactions.request)


@cache
def operation_layout() -> Layout:
    """Return the layout of one operation."""
    return Layout(spec().transactions.operation)


def _operation(data: bytes) -> Operation:
    fields = operation_layout()
    return Operation(*(fields.number(data, name) for name in ("operation", "service", "amount")))


_DATE = 4
