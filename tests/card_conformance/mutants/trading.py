"""Transactions as wholes: baskets, answers, the card's state, sessions and flags."""

from collections.abc import Callable
from dataclasses import replace

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import booking
from card_simulator.application.account import Account
from card_simulator.application.basket import Operation, Request
from card_simulator.application.booking import Booking, Change
from card_simulator.application.receipt import Receipt
from card_simulator.application.services import Services
from card_simulator.application.transactions import Transactions
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    before,
    no_session_needed,
    replaced,
    state_unchecked,
)


def _never(*_args: object, **_kwargs: object) -> bool:
    return False


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


MUTANTS: Rows = (
    ("answers balances in the order of ids", "TRX-01", replaced(Change, "balances", _told_by_id)),
    ("tells the first balance only", "TRX-01", replaced(Change, "balances", _balances_of_services)),
    ("answers no flags", "TRX-01", _answer_with(lambda a: a[:4] + b"\x00" + a[5:])),
    ("answers key version 0", "TRX-01", _answer_with(lambda a: a[:3] + b"\x00" + a[4:])),
    ("answers the number before", "TRX-01", _answer_with(
        lambda a: (int.from_bytes(a[:3], "big") - 1).to_bytes(3, "big") + a[3:])),
    ("carries out the first operation only", "TRX-01", _only_the_first),
    ("keeps what came before a refused one", "TRX-02", _first_operation_stays),
    ("trades while suspended", "TRX-06", replaced(Transactions, "_is_suspended", _never)),
    ("trades when expired", "TRX-07", replaced(Transactions, "_is_expired", _never)),
    ("expires a day early", "TRX-07", replaced(
        Transactions, "_is_expired",
        lambda self, request: self._booking.today(request.date)
        >= self._objects.value(self._validity)[4:])),
    ("expires by the terminal's date alone", "TRX-07", replaced(
        Transactions, "_is_expired",
        lambda self, request: request.date > self._objects.value(self._validity)[4:])),
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
