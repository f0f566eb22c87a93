"""Queries and reverses."""

from collections.abc import Callable

from card_simulator.apdu import Answer, Command, StatusError
from card_simulator.application import entitlement, purse, quota
from card_simulator.application import state as cell
from card_simulator.application.account import Account
from card_simulator.application.basket import Request, is_reverse
from card_simulator.application.booking import Booking, Change
from card_simulator.application.receipt import Receipt
from card_simulator.application.transactions import Transactions
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced

_QUERY = 1
_perform = Transactions.perform
_hear = Transactions.hear
_taken_back = Booking.taken_back


def _queries(change: Callable[[bytes], bytes]) -> Patch:
    """Return a patch that changes the answers of queries."""
    original = Transactions._answer_query

    def answer(self: Transactions, request: Request) -> Answer:
        return Answer(change(original(self, request).data))

    return replaced(Transactions, "_answer_query", answer)


def _result(right: int, instead: int) -> Patch:
    def change(data: bytes) -> bytes:
        if data[0] != right:
            return data
        return bytes((instead,)) + data[1 : None if instead == 1 else 4]

    return _queries(change)


def _asked(before: Callable[[Transactions, Command, Request], object]) -> Patch:
    """Return a patch that does something before a query is answered."""

    def perform(self: Transactions, command: Command) -> Answer:
        if command.p1 == _QUERY:
            before(self, command, Request.read(command.data))
        return _perform(self, command)

    return replaced(Transactions, "perform", perform)


def _refused_suspended(self: Transactions, _command: Command, _request: Request) -> None:
    if self._is_suspended():
        raise StatusError(0x6985)


def _counted(self: Transactions, _command: Command, _request: Request) -> None:
    number = (self._log.newest + 1).to_bytes(3, "big")
    self._cells.write(cell.TRANSACTION_NUMBER, number)


def _marked(self: Transactions, _command: Command, request: Request) -> None:
    """Write a purse's debit away though nothing was asked but a question."""
    if self._log.find(request.name) is None:
        for place, account in self._services.accounts(range(1, 17)).items():
            if account.record[1] == 1 and purse.balance(account):
                after = purse.with_balance(account, purse.balance(account) - 1)
                self._services.write({place: after}, forget_debits=False)
                return


def _performed(patch: Patcher) -> None:
    """Carry a query's request out where it is not in the log."""

    def answer_query(self: Transactions, request: Request) -> Answer:
        found = _answer_query(self, request)
        if found.data[0] == 0 and request.number == self._log.newest:
            try:
                self._carry_out(request, request.operations())
            except StatusError:
                return found
        return found

    patch.setattr(Transactions, "_answer_query", answer_query)


_answer_query = Transactions._answer_query


def _arms(self: Transactions, known: Receipt, request: Request) -> Answer:
    """Let a stored answer arm the reverse again."""
    answer = _repeat(self, known, request)
    operations = request.operations()
    if not is_reverse(operations):
        accounts = self._services.accounts(each.service for each in operations)
        self._armed = Change(accounts, operations, accounts)
    return answer


_repeat = Transactions._repeat


def _stays_armed(patch: Patcher, but: Callable[[Command], bool]) -> None:
    """Leave a reverse possible after some commands."""

    def hear(self: Transactions, command: Command) -> None:
        armed = self._armed
        _hear(self, command)
        if but(command):
            self._armed = armed

    patch.setattr(Transactions, "hear", hear)


def _armed_after(*instructions: int) -> Patch:
    return lambda patch: _stays_armed(patch, lambda command: command.ins in instructions)


def _armed_after_refusals(patch: Patcher) -> None:
    def perform(self: Transactions, command: Command) -> Answer:
        last = self._last
        try:
            return _perform(self, command)
        except StatusError:
            self._armed = last
            raise

    patch.setattr(Transactions, "perform", perform)


def _across_sessions(patch: Patcher) -> None:
    """Remember what can be taken back through SELECT and the next session."""
    _stays_armed(patch, lambda command: command.ins in (0x50, 0x82))
    patch.setattr(Transactions, "forget", nothing)


def _twice(patch: Patcher) -> None:
    """Let a reverse be reversed."""

    def take_back(self: Transactions, request: Request) -> Answer:
        last = self._last
        answer = _take_back(self, request)
        self._armed = last
        return answer

    patch.setattr(Transactions, "_take_back", take_back)


_take_back = Transactions._take_back


def _disarmed_by_queries(self: Transactions, command: Command) -> None:
    _hear(self, command)
    if command.ins == 0x40 and command.p1 == _QUERY:
        self._armed = None


def _armed_by_any_p2(patch: Patcher) -> None:
    _stays_armed(patch, lambda command: command.ins == 0x40 and command.p1 == _QUERY)


def _undone(change: Callable[[Account, int, Account], Account]) -> Patch:
    """Return a patch under which purses are taken back in another way."""
    return replaced(purse, "undone", change)


def _balance_only(held: Account, amount: int, _before: Account) -> Account:
    return purse.with_balance(held, purse.balance(held) + amount)


def _counters_only(held: Account, _amount: int, before: Account) -> Account:
    return Account(held.record, before.spent)


def _wrong_way(held: Account, amount: int, before: Account) -> Account:
    return Account(_balance_only(held, -amount, before).record, before.spent)


def _period_too(_held: Account, _amount: int, before: Account) -> Account:
    return before


def _uses_stay(held: Account, _amount: int, _before: Account) -> Account:
    return held


def _first_only(self: Booking, last: Change) -> Change:
    operations = last.operations[:1]
    accounts = _taken_back(self, Change(last.accounts, operations, last.before)).accounts
    return Change(accounts)


def _checked(patch: Patcher, check: Callable[[Transactions, Request, Change], object]) -> None:
    """Look at something before a transaction is taken back."""

    def take_back(self: Transactions, request: Request) -> Answer:
        if self._last is not None:
            check(self, request, self._last)
        return _take_back(self, request)

    patch.setattr(Transactions, "_take_back", take_back)


def _needs_verification(patch: Patcher) -> None:
    def check(self: Transactions, _request: Request, _last: Change) -> None:
        if not self._state.verified:
            raise StatusError(0x9405)

    _checked(patch, check)


def _needs_validity(patch: Patcher) -> None:
    def check(self: Transactions, request: Request, _last: Change) -> None:
        if self._is_expired(request):
            raise StatusError(0x6985)

    _checked(patch, check)


def _needs_room(patch: Patcher) -> None:
    """Look at ceilings as if the amounts were credits."""

    def check(self: Transactions, _request: Request, last: Change) -> None:
        for place, account in self._services.accounts(last.accounts).items():
            amount = sum(each.amount for each in last.operations if each.service == place)
            if account.record[1] == 1:
                purse.check_ceiling(account, purse.balance(account) + amount)
            if account.record[1] == 2:
                quota.check_ceiling(account, quota.balance(account) + amount)

    _checked(patch, check)


class _OneTold(Change):
    """Tells one balance, however many it changes."""

    def balances(self) -> list[int]:
        return super().balances()[:1]


def _one_told(self: Booking, last: Change) -> Change:
    return _OneTold(_taken_back(self, last).accounts)


MUTANTS: Rows = (
    ("knows nothing when asked", "QRY-01", _result(1, 0)),
    ("takes its own for another one when asked", "QRY-01", _result(1, 2)),
    ("forgets the stored answer", "QRY-01", _queries(lambda data: data[:4])),
    ("tells number 0 when asked", "QRY-01", _queries(lambda data: data[:1] + bytes(3) + data[4:])),
    ("takes another one for the same", "QRY-02", _result(2, 1)),
    ("does not know other bytes", "QRY-02", _result(2, 0)),
    ("takes what it does not know for another", "QRY-03", _result(0, 2)),
    ("looks at the form of queries", "QRY-03", _asked(
        lambda _self, _command, request: request.operations())),
    ("looks at the number of queries", "QRY-03", _asked(
        lambda self, _command, request: self._check_number(request))),
    ("counts queries", "QRY-04", _asked(_counted)),
    ("debits with queries", "QRY-04", _asked(_marked)),
    ("performs what was asked", "QRY-04", _performed),
    ("answers no queries when suspended", "QRY-04", _asked(_refused_suspended)),
    ("cannot reverse after a query", "QRY-04", replaced(
        Transactions, "hear", _disarmed_by_queries)),
    ("gives nothing back", "REV-01", _undone(_counters_only)),
    ("takes as much again", "REV-01", _undone(_wrong_way)),
    ("gives the first one back only", "REV-01", replaced(Booking, "taken_back", _first_only)),
    ("tells one balance of a reverse", "REV-01", replaced(Booking, "taken_back", _one_told)),
    ("leaves counters as they are", "REV-02", _undone(_balance_only)),
    ("leaves uses as they are", "REV-02", replaced(entitlement, "undone", _uses_stay)),
    ("takes the period back", "REV-02", replaced(quota, "undone", _period_too)),
    ("reverses a reverse", "REV-03", _twice),
    ("reverses after a stored answer", "REV-03", replaced(Transactions, "_repeat", _arms)),
    ("reverses after GET DATA", "REV-03", _armed_after(0xCA, 0xCB)),
    ("reverses after VERIFY", "REV-03", _armed_after(0x20)),
    ("reverses after a proof", "REV-03", _armed_after(0x88)),
    ("reverses after an unknown instruction", "REV-03", lambda patch: _stays_armed(
        patch, lambda command: command.ins not in (0x40, 0x20, 0xCA, 0x50, 0x82))),
    ("reverses after a query with another P2", "REV-03", _armed_by_any_p2),
    ("reverses after a refused transaction", "REV-03", _armed_after_refusals),
    ("reverses in another session", "REV-03", _across_sessions),
    ("reverses with verification only", "REV-04", _needs_verification),
    ("reverses on a valid card only", "REV-04", _needs_validity),
    ("reverses below the ceiling only", "REV-04", _needs_room),
)  # fmt: skip
