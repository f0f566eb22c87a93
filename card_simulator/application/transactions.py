"""PERFORM TRANSACTION: the order of its checks, its one commit, query and reverse."""

from __future__ import annotations

from card_simulator.apdu import SECURE, SW, Answer, Command, StatusError
from card_simulator.application import state as cell
from card_simulator.application.account import VERIFICATION_REQUIRED
from card_simulator.application.basket import Operation, Request, is_reverse
from card_simulator.application.booking import Booking, Change
from card_simulator.application.log import Log
from card_simulator.application.objects import Objects
from card_simulator.application.receipt import Receipt, signed
from card_simulator.application.receipt_keys import ReceiptKeys
from card_simulator.application.services import Services
from card_simulator.application.state import State

NAME_USED_BEFORE = 0x9481
NUMBER_NOT_CURRENT = 0x9482

LAST_NUMBER = 0xFFFFFF

_QUERY = 0x01


class Transactions:
    """The transactions of the card.

    A transaction that has just been committed can be taken back by the next command; queries in
    between do not count.
    """

    def __init__(
        self, state: State, objects: Objects, services: Services, log: Log, keys: ReceiptKeys
    ) -> None:
        named = state.spec.object_named
        self._state = state
        self._cells = state.cells
        self._objects = objects
        self._services = services
        self._booking = Booking(state, objects, services)
        self._log = log
        self._keys = keys
        self._serial = named("card serial").tag
        self._replaced = named("replaced card number").tag
        self._card_date = named("card date").tag
        self._validity = named("validity").tag
        self._transaction_log = named("transaction log").tag
        command = state.spec.commands["PERFORM TRANSACTION"]
        self._query = bytes((command.cla | SECURE, command.ins, _QUERY, 0x00))
        self._armed: Change | None = None
        self._last: Change | None = None

    def hear(self, command: Command) -> None:
        """Note that a command has come, as it came; only queries leave a reverse possible."""
        self._last = self._armed
        if command.header != self._query:
            self.disarm()

    def disarm(self) -> None:
        """Let no later command take anything back."""
        self._armed = None

    def forget(self) -> None:
        """Forget what could be taken back: the session has ended."""
        self._armed = self._last = None

    # Commands

    def perform(self, command: Command) -> Answer:
        """PERFORM TRANSACTION: a new transaction, a repeated one, or a query."""
        request = Request.read(command.data)
        if command.p1 == _QUERY:
            return self._answer_query(request)
        operations = request.operations()
        known = self._log.find(request.name)
        if known is not None:
            return self._repeat(known, request)
        self._check_number(request)
        self._check_card(request, operations)
        self._check_activation()
        if is_reverse(operations):
            return self._take_back(request)
        return self._carry_out(request, operations)

    def read_record(self, command: Command) -> Answer:
        """READ RECORD: one receipt of the log, 1 the newest."""
        self._objects.check_readable(self._transaction_log)
        receipt = self._log.receipt(command.p1)
        if receipt is None:
            raise StatusError(SW.RECORD_NOT_FOUND)
        return Answer(receipt.record)

    def _answer_query(self, request: Request) -> Answer:
        """Tell what became of a request, and the card's transaction number."""
        results = self._state.spec.transactions.query_results
        known = self._log.find(request.name)
        if known is None:
            result, stored = "not in the log", b""
        elif known.is_of(request, self._role):
            result, stored = "same", known.answer()
        else:
            result, stored = "same name, other bytes or role", b""
        return Answer(bytes((results[result],)) + _number(self._log.newest) + stored)

    def _repeat(self, known: Receipt, request: Request) -> Answer:
        """Answer what was answered the first time, if it is the same request."""
        if not known.is_of(request, self._role):
            raise StatusError(NAME_USED_BEFORE)
        return Answer(known.answer())

    def _carry_out(self, request: Request, operations: tuple[Operation, ...]) -> Answer:
        change = self._booking.carried_out(operations, self._role, request.date)
        answer = self._commit(request, change)
        self._armed = change
        return answer

    def _take_back(self, request: Request) -> Answer:
        """Undo the transaction that this session has just committed."""
        if self._last is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        return self._commit(request, self._booking.taken_back(self._last))

    # Checks

    def _check_number(self, request: Request) -> None:
        """Refuse what was asked of the card as it was before a later transaction."""
        if request.number != self._log.newest:
            raise StatusError(NUMBER_NOT_CURRENT)

    def _check_card(self, request: Request, operations: tuple[Operation, ...]) -> None:
        """Refuse a new transaction that the card as a whole cannot have."""
        impossible = self._last is None if is_reverse(operations) else self._is_expired(request)
        if impossible or self._is_suspended() or self._is_used_up() or not self._keys.stored:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)

    def _check_activation(self) -> None:
        """Refuse the first transaction of a holder who has proven nothing."""
        if self._is_first() and not self._state.verified:
            raise StatusError(VERIFICATION_REQUIRED)

    @property
    def _role(self) -> int:
        """Role of the open session, which the command table has made sure of."""
        role = self._state.channel.role
        if role is None:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        return role

    def _is_suspended(self) -> bool:
        return self._state.name == "SUSPENDED"

    def _is_used_up(self) -> bool:
        return self._log.newest >= LAST_NUMBER

    def _is_expired(self, request: Request) -> bool:
        return self._booking.today(request.date) > self._objects.value(self._validity)[4:]

    def _is_first(self) -> bool:
        return cell.ACTIVATED not in self._cells

    # The commit

    def _commit(self, request: Request, change: Change) -> Answer:
        """Sign the receipt, put it into the log's free slot, then change everything at once."""
        first = self._is_first()
        receipt = self._receipt(request, change, first)
        self._log.write(receipt)
        with self._cells.transaction():
            self._services.write(change.accounts, forget_debits=change.forget_debits)
            self._cells.write(cell.TRANSACTION_NUMBER, _number(receipt.number))
            self._cells.write(cell.RECEIPT_MAC, receipt.mac)
            if first:
                self._cells.write(cell.ACTIVATED, cell.MARK)
            if change.card_date:
                self._objects.switch(self._card_date, change.card_date)
        self._state.clear_verified()
        return Answer(receipt.answer())

    def _receipt(self, request: Request, change: Change, first: bool) -> Receipt:
        activation = self._state.spec.transactions.flags["activation"]
        own = {
            "receipt key version": self._keys.version(),
            "role": bytes((self._role,)),
            "card serial": self._objects.value(self._serial),
            "transaction number": _number(self._log.newest + 1),
            "flags": bytes((self._state.verified | (activation if first else 0),)),
            "replaced card number": self._objects.value(self._replaced) if first else b"",
        }
        return signed(request, change.balances(), own, self._keys.sign)


def _number(value: int) -> bytes:
    return value.to_bytes(3, "big")
