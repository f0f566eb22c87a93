"""Requests of transactions: their form, their names, and the number that they know."""

from collections.abc import Callable, Sequence

from card_simulator.apdu import Answer, Command, StatusError
from card_simulator.application import basket, quota, receipt, transactions
from card_simulator.application import state as cell
from card_simulator.application.basket import Operation, Request
from card_simulator.application.dates import is_date
from card_simulator.application.log import Log
from card_simulator.application.periods import period_of
from card_simulator.application.receipt import Receipt
from card_simulator.application.transactions import Transactions
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    nothing,
    replaced,
)

Check = Callable[[Transactions, Request, tuple[Operation, ...]], object]


def _always(*_args: object, **_kwargs: object) -> bool:
    return True


def _earlier(check: Check) -> Patch:
    """Return a patch under which something is looked at before the log."""

    def patch(monkey: Patcher) -> None:
        original = Transactions.perform

        def perform(self: Transactions, command: Command) -> Answer:
            if command.p1 == 0:
                request = Request.read(command.data)
                check(self, request, request.operations())
            return original(self, command)

        monkey.setattr(Transactions, "perform", perform)

    return patch


def _number_first(self: Transactions, request: Request, _: tuple[Operation, ...]) -> None:
    self._check_number(request)


def _card_first(self: Transactions, request: Request, operations: tuple[Operation, ...]) -> None:
    if self._is_suspended() or self._is_expired(request):
        self._check_card(request, operations)


def _form_after_the_log(patch: Patcher) -> None:
    original = Transactions.perform

    def perform(self: Transactions, command: Command) -> Answer:
        request = Request.read(command.data)
        known = self._log.find(request.name)
        if command.p1 == 0 and known is not None:
            return self._repeat(known, request)
        return original(self, command)

    patch.setattr(Transactions, "perform", perform)


def _performs_again(self: Transactions, known: Receipt, request: Request) -> Answer:
    if not known.is_of(request, self._role):
        raise StatusError(transactions.NAME_USED_BEFORE)
    return self._carry_out(request, request.operations())


def _counts_again(self: Transactions, known: Receipt, request: Request) -> Answer:
    if not known.is_of(request, self._role):
        raise StatusError(transactions.NAME_USED_BEFORE)
    self._cells.write(cell.TRANSACTION_NUMBER, (self._log.newest + 1).to_bytes(3, "big"))
    return Answer(known.answer())


def _ignoring(*names: str) -> Patch:
    """Return a patch under which some fields do not tell a repeated request from another one."""

    def patch(monkey: Patcher) -> None:
        def is_of(self: Receipt, request: Request, role: int) -> bool:
            fields = receipt.receipt_layout()
            asked = receipt.request_fields(request) | {
                "operations": request.basket.ljust(24, b"\x00"),
                "role": bytes((role,)),
                "transaction number": (request.number + 1).to_bytes(3, "big"),
            }
            return all(
                fields.field(self.fields, name) == value
                for name, value in asked.items()
                if name not in names
            )

        monkey.setattr(Receipt, "is_of", is_of)

    return patch


def _older_numbers(self: Transactions, request: Request) -> None:
    if request.number > self._log.newest:
        raise StatusError(transactions.NUMBER_NOT_CURRENT)


def _number_zero_is_any(self: Transactions, request: Request) -> None:
    if request.number not in (0, self._log.newest):
        raise StatusError(transactions.NUMBER_NOT_CURRENT)


def _bytes_behind(patch: Patcher) -> None:
    """Leave out what follows the last whole operation."""
    original = Request.read.__func__  # type: ignore[attr-defined]

    def read(data: bytes) -> Request:
        return original(Request, data[: len(data) - (len(data) - 22) % 6])  # type: ignore[no-any-return]

    patch.setattr(Request, "read", staticmethod(read))


def _any(name: str) -> Patch:
    return replaced(basket, name, _always)


def _any_day_of_a_month(patch: Patcher) -> None:
    """Take 30 February, and count it as the first of the month."""
    patch.setattr(basket, "is_in", lambda value, first, last: first <= value <= last)
    patch.setattr(quota, "period_of", lambda kind, day: period_of(kind, day[:3] + b"\x01"))


_are_operations = basket.are_operations


def _reverse_beside(operations: Sequence[Operation]) -> bool:
    return basket.is_reverse(operations) or _are_operations(operations)


MUTANTS: Rows = (
    ("performs a repeated request", "TRX-03", replaced(Transactions, "_repeat", _performs_again)),
    ("counts a repeated request", "TRX-03", replaced(Transactions, "_repeat", _counts_again)),
    ("looks at state and expiry first", "TRX-03", _earlier(_card_first)),
    ("does not know its log", "TRX-03", replaced(Log, "find", nothing)),
    ("knows names as another role's", "TRX-04", _ignoring("role")),
    ("looks at names alone", "TRX-04", replaced(Receipt, "is_of", _always)),
    ("overlooks another time", "TRX-04", _ignoring("time")),
    ("overlooks another date", "TRX-04", _ignoring("date")),
    ("overlooks other operations", "TRX-04", _ignoring("operations")),
    ("overlooks another card number", "TRX-04", _ignoring("transaction number")),
    ("looks at the number before the name", "TRX-03", _earlier(_number_first)),
    ("takes any number", "TRX-05", replaced(Transactions, "_check_number", nothing)),
    ("takes older numbers", "TRX-05", replaced(Transactions, "_check_number", _older_numbers)),
    ("takes number 0", "TRX-05", replaced(Transactions, "_check_number", _number_zero_is_any)),
    ("takes bytes behind the operations", "TRX-09", _bytes_behind),
    ("takes any time", "TRX-10", _any("is_time")),
    ("takes dates of any year", "TRX-10", replaced(basket, "is_in", lambda v, *_: is_date(v))),
    ("takes 30 February", "TRX-10", _any_day_of_a_month),
    ("takes any amount", "TRX-10", _any("is_amount")),
    ("takes amount 0", "TRX-10", replaced(basket, "is_amount", lambda a: a <= 0x7FFFFFFF)),
    ("takes 80000000", "TRX-10", replaced(basket, "is_amount", lambda a: a > 0)),
    ("takes a service twice", "TRX-10", _any("are_distinct")),
    ("takes any operation", "TRX-10", _any("is_known")),
    ("looks at the form after the log", "TRX-10", _form_after_the_log),
    ("reverses beside others", "TRX-10", replaced(basket, "are_operations", _reverse_beside)),
)  # fmt: skip
