"""PERFORM TRANSACTION: requests, names, numbers, and what all operations of a basket share."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import basket, booking, quota, receipt, transactions
from card_simulator.application import state as cell
from card_simulator.application.account import Account
from card_simulator.application.basket import Operation, Request
from card_simulator.application.booking import Booking, Change
from card_simulator.application.dates import is_date
from card_simulator.application.log import Log
from card_simulator.application.periods import period_of
from card_simulator.application.receipt import Receipt
from card_simulator.application.services import Services
from card_simulator.application.transactions import Transactions
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    before,
    no_session_needed,
    nothing,
    replaced,
    state_unchecked,
)

Check = Callable[[Transactions, Request, tuple[Operation, ...]], object]


def _never(*_args: object, **_kwargs: object) -> bool:
    return False


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


def _first_operation_stays(patch: Patcher) -> None:
    """Keep each operation of a basket, whatever becomes of the next one."""

    def carried_out(
        self: Booking, operations: tuple[Operation, ...], role: int, date: bytes
    ) -> Change:
        for count in range(1, len(operations)):
            change = _carried_out(self, operations[:count], role, date)
            try:
                _carried_out(self, operations[: count + 1], role, date)
            except StatusError:
                with self._state.cells.transaction():
                    self._services.write(change.accounts, forget_debits=False)
                raise
        return _carried_out(self, operations, role, date)

    patch.setattr(Booking, "carried_out", carried_out)


_carried_out = Booking.carried_out


def _what_is_there(patch: Patcher) -> None:
    """Leave out operations on services that the card does not have."""

    def carried_out(
        self: Booking, operations: tuple[Operation, ...], role: int, date: bytes
    ) -> Change:
        there = self._services.accounts(operation.service for operation in operations)
        known = tuple(each for each in operations if each.service in there)
        if not known:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return _carried_out(self, known, role, date)

    patch.setattr(Booking, "carried_out", carried_out)


def _last_operation_first(patch: Patcher) -> None:
    def carried_out(
        self: Booking, operations: tuple[Operation, ...], role: int, date: bytes
    ) -> Change:
        change = _carried_out(self, operations[::-1], role, date)
        accounts = {each.service: change.accounts[each.service] for each in operations}
        return replace(change, accounts=accounts, operations=operations)

    patch.setattr(Booking, "carried_out", carried_out)


def _only_the_first(patch: Patcher) -> None:
    """Write the first account of a basket, and tell of all."""
    original = Services.write

    def write(self: object, accounts: dict[int, Account], *, forget_debits: bool) -> None:
        first = dict(list(accounts.items())[:1])
        original(self, first, forget_debits=forget_debits)  # type: ignore[arg-type]

    patch.setattr(Services, "write", write)


def _told_by_id(self: Change) -> list[int]:
    places = sorted(self.accounts)
    return [booking._kind(self.accounts[n]).balance(self.accounts[n]) for n in places]


def _balances_of_services(self: Change) -> list[int]:
    return _balances(self)[:1]


_balances = Change.balances


def _answer_with(change: Callable[[bytes], bytes]) -> Patch:
    """Return a patch that changes the answers of transactions, the repeated ones too."""
    original = Receipt.answer
    return replaced(Receipt, "answer", lambda self: change(original(self)))


def _flags_survive_transactions(patch: Patcher) -> None:
    original = Transactions._commit

    def commit(self: Transactions, request: Request, change: Change) -> Answer:
        verified = self._state.verified
        answer = original(self, request, change)
        self._state.verified = verified
        return answer

    patch.setattr(Transactions, "_commit", commit)


def _clears(name: str) -> Patch:
    return before(Transactions, name, lambda self, *_args: self._state.clear_verified())


def _refusal_clears(patch: Patcher) -> None:
    original = Transactions.perform

    def perform(self: Transactions, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError:
            self._state.clear_verified()
            raise

    patch.setattr(Transactions, "perform", perform)


def _ends_the_session(patch: Patcher) -> None:
    original = Booking._check_role

    def check(self: Booking, *args: object) -> None:
        try:
            original(self, *args)  # type: ignore[arg-type]
        except StatusError:
            self._state.channel.close_after_answer()
            raise

    patch.setattr(Booking, "_check_role", check)


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
    ("answers balances in the order of ids", "TRX-01", replaced(Change, "balances", _told_by_id)),
    ("tells the first balance only", "TRX-01", replaced(Change, "balances", _balances_of_services)),
    ("answers no flags", "TRX-01", _answer_with(lambda a: a[:4] + b"\x00" + a[5:])),
    ("answers key version 0", "TRX-01", _answer_with(lambda a: a[:3] + b"\x00" + a[4:])),
    ("answers the number before", "TRX-01", _answer_with(
        lambda a: (int.from_bytes(a[:3], "big") - 1).to_bytes(3, "big") + a[3:])),
    ("carries out the first operation only", "TRX-01", _only_the_first),
    ("keeps what came before a refused one", "TRX-02", _first_operation_stays),
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
    ("trades while suspended", "TRX-06", replaced(Transactions, "_is_suspended", _never)),
    ("trades when expired", "TRX-07", replaced(Transactions, "_is_expired", _never)),
    ("expires a day early", "TRX-07", replaced(
        Transactions, "_is_expired",
        lambda self, request: self._booking.today(request.date)
        >= self._objects.value(self._validity)[4:])),
    ("expires by the terminal's date alone", "TRX-07", replaced(
        Transactions, "_is_expired",
        lambda self, request: request.date > self._objects.value(self._validity)[4:])),
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
    ("leaves out unknown services", "TRX-11", _what_is_there),
    ("trades in an issuer session", "TRX-13", no_session_needed("PERFORM TRANSACTION")),
    ("ends a session that it refuses", "TRX-13", _ends_the_session),
    ("keeps flags after a transaction", "TRX-17", _flags_survive_transactions),
    ("clears flags with a stored answer", "TRX-17", _clears("_repeat")),
    ("clears flags with a query", "TRX-17", _clears("_answer_query")),
    ("clears flags with a refusal", "TRX-17", _refusal_clears),
    ("looks at the last operation first", "TRX-20", _last_operation_first),
    ("trades in BLANK", "GEN-05", state_unchecked("PERFORM TRANSACTION")),
)  # fmt: skip
