"""Receipts, the first transaction, the log, and what proofs and SELECT show of them."""

from collections.abc import Callable
from functools import partial

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import receipt
from card_simulator.application import state as cell
from card_simulator.application.basket import Operation, Request
from card_simulator.application.booking import Booking, Change
from card_simulator.application.log import Log
from card_simulator.application.objects import Objects
from card_simulator.application.receipt import Receipt
from card_simulator.application.receipt_keys import ReceiptKeys
from card_simulator.application.transactions import Transactions
from card_simulator.cells import Cells
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    nothing,
    replaced,
    state_unchecked,
)

_fields = receipt.receipt_fields


def _without(name: str) -> Patch:
    """Return a patch under which one field of a receipt is zeros."""

    def receipt_fields(request: Request, balances: bytes, others: dict[str, bytes]) -> bytes:
        whole = _fields(request, balances, others)
        value = receipt.receipt_layout().field(whole, name)
        return receipt.receipt_layout().with_field(whole, name, bytes(len(value)))

    return replaced(receipt, "receipt_fields", receipt_fields)


def _with(name: str, change: Callable[[bytes], bytes]) -> Patch:
    """Return a patch under which the MAC is over another value of one field."""

    def patch(monkey: Patcher) -> None:
        original = ReceiptKeys.sign

        def sign(self: ReceiptKeys, message: bytes) -> bytes:
            value = receipt.receipt_layout().field(message, name)
            return original(self, receipt.receipt_layout().with_field(message, name, change(value)))

        monkey.setattr(ReceiptKeys, "sign", sign)

    return patch


def _zeros(value: bytes) -> bytes:
    return bytes(len(value))


def _signed(change: Callable[[bytes], bytes]) -> Patch:
    original = ReceiptKeys.sign
    return replaced(ReceiptKeys, "sign", lambda self, message: change(original(self, message)))


def _cell_stays(name: str) -> Patch:
    """Return a patch under which transactions do not write one cell."""

    def patch(monkey: Patcher) -> None:
        commit = Transactions._commit
        write = Cells.write

        def committed(self: Transactions, request: Request, change: Change) -> Answer:
            cells = self._cells

            def written(where: str, value: bytes) -> None:
                if where != name:
                    write(cells, where, value)

            monkey.setattr(cells, "write", written)
            try:
                return commit(self, request, change)
            finally:
                monkey.setattr(cells, "write", partial(write, cells))

        monkey.setattr(Transactions, "_commit", committed)

    return patch


def _no_flag(self: Transactions, request: Request, change: Change, _first: bool) -> Receipt:
    return _receipt(self, request, change, False)


_receipt = Transactions._receipt


def _always_a_first(self: Transactions, request: Request, change: Change, _: bool) -> Receipt:
    return _receipt(self, request, change, True)


def _no_replaced_number(patch: Patcher) -> None:
    original = Receipt.answer
    first = 0x80
    patch.setattr(
        Receipt,
        "answer",
        lambda self: original(self)[:-8] if original(self)[4] & first else original(self),
    )


def _credits_activate(patch: Patcher) -> None:
    """Activate by a credit without verification."""

    def perform(self: Transactions, command: Command) -> Answer:
        check = self._check_activation
        if command.p1 == 0 and command.data[22:23] == b"\x02":
            self._check_activation = nothing  # type: ignore[method-assign]
        try:
            return _perform(self, command)
        finally:
            self._check_activation = check  # type: ignore[method-assign]

    patch.setattr(Transactions, "perform", perform)


_perform = Transactions.perform


def _rules_activate(patch: Patcher) -> None:
    """Ask at the first transaction for no more than its services do."""
    patch.setattr(Transactions, "_check_activation", nothing)


def _activation_last(patch: Patcher) -> None:
    carried_out = Booking.carried_out

    def after(self: Booking, operations: tuple[Operation, ...], role: int, date: bytes) -> Change:
        change = carried_out(self, operations, role, date)
        if cell.ACTIVATED not in self._state.cells and not self._state.verified:
            raise StatusError(0x9405)
        return change

    patch.setattr(Transactions, "_check_activation", nothing)
    patch.setattr(Booking, "carried_out", after)


# The log


def _read(change: Callable[[Transactions, int], int]) -> Patch:
    """Return a patch under which READ RECORD reads another record than the one asked for."""

    def read_record(self: Transactions, command: Command) -> Answer:
        self._objects.check_readable(self._transaction_log)
        found = self._log.receipt(change(self, command.p1))
        if found is None:
            raise StatusError(SW.RECORD_NOT_FOUND)
        return Answer(found.record)

    return replaced(Transactions, "read_record", read_record)


def _oldest_first(self: Transactions, number: int) -> int:
    return self._log.count()[0] + 1 - number


def _answers(change: Callable[[bytes], bytes]) -> Patch:
    original = Transactions.read_record

    def read_record(self: Transactions, command: Command) -> Answer:
        return Answer(change(original(self, command).data))

    return replaced(Transactions, "read_record", read_record)


def _number_before_rule(patch: Patcher) -> None:
    original = Transactions.read_record

    def read_record(self: Transactions, command: Command) -> Answer:
        if self._log.receipt(command.p1) is None:
            raise StatusError(SW.RECORD_NOT_FOUND)
        return original(self, command)

    patch.setattr(Transactions, "read_record", read_record)


def _role_of_any_kind(patch: Patcher) -> None:
    original = Transactions.read_record

    def read_record(self: Transactions, command: Command) -> Answer:
        if self._state.channel.role is not None:
            found = self._log.receipt(command.p1)
            if found is not None:
                return Answer(found.record)
        return original(self, command)

    patch.setattr(Transactions, "read_record", read_record)


def _log_of(most: int) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = Log.receipt

        def found(self: Log, record: int) -> Receipt | None:
            return original(self, record) if record <= most else None

        monkey.setattr(Log, "receipt", found)

    return patch


def _forgets_the_oldest(patch: Patcher) -> None:
    """Know the names of 19 transactions only."""
    original = Log.find

    def find(self: Log, name: bytes) -> Receipt | None:
        found = original(self, name)
        return found if found and found.number > self.newest - 19 else None

    patch.setattr(Log, "find", find)


def _remembers_one_more(patch: Patcher) -> None:
    """Know the name in the free slot, too."""
    original = Log.find

    def find(self: Log, name: bytes) -> Receipt | None:
        most = self._most
        self._most = most + 1
        try:
            return original(self, name)
        finally:
            self._most = most

    patch.setattr(Log, "find", find)


def _records_from_zero(self: Log) -> bytes:
    return bytes((max(0, _count(self)[0] - 1),))


_count = Log.count


def _number_for_count(self: Log) -> bytes:
    return bytes((self.newest & 0xFF,))


def _no_r_enc_needed(patch: Patcher) -> None:
    patch.setattr(Objects, "_unheard", lambda _self: True)


MUTANTS: Rows = (
    ("is activated without verification", "TRX-16", _rules_activate),
    ("is activated by a credit", "TRX-16", _credits_activate),
    ("looks at activation last", "TRX-16", _activation_last),
    ("tells of no activation", "TRX-16", replaced(Transactions, "_receipt", _no_flag)),
    ("tells of activation always", "TRX-16", replaced(Transactions, "_receipt", _always_a_first)),
    ("stays PERSONALIZED", "TRX-16", _cell_stays(cell.ACTIVATED)),
    ("keeps the replaced number to itself", "TRX-16", _no_replaced_number),
    *((f"signs no {name}", "TRX-18", _with(name, _zeros)) for name in (
        "receipt key version", "role", "card serial", "transaction number", "terminal id",
        "terminal transaction number", "date", "time", "operations", "new balances", "flags")),
    ("signs no replaced number", "TRX-18", _with("replaced card number", lambda _: b"\xff" * 8)),
    ("signs operations without zeros", "TRX-18", _with(
        "operations", lambda value: value[:6] + b"\xff" * 18)),
    ("signs with the end of the MAC", "TRX-18", _signed(lambda mac: mac[8:])),
    ("signs with nothing", "TRX-18", _signed(lambda mac: bytes(len(mac)))),
    ("shows no number", "TRX-01", _cell_stays(cell.TRANSACTION_NUMBER)),
    ("proves no receipt", "TRX-19", _cell_stays(cell.RECEIPT_MAC)),
    ("reads the oldest first", "LOG-01", _read(_oldest_first)),
    ("reads one record too far", "LOG-01", _read(lambda _self, number: number + 1)),
    ("reads the newest always", "LOG-01", _read(lambda _self, _number: 1)),
    ("reads no MAC", "LOG-01", _answers(lambda record: record[:81])),
    ("reads the count of balances too", "LOG-01", _answers(lambda record: record + b"\x01")),
    *((f"logs no {name}", "LOG-01", _without(name)) for name in ("time", "terminal id", "role")),
    ("has records for 19", "LOG-01", _log_of(19)),
    ("reads record 0", "LOG-02", _read(lambda _self, number: number or 1)),
    ("reads one record behind the last", "LOG-02", _read(
        lambda self, number: min(number, self._log.count()[0]))),
    ("reads the log to every role", "LOG-03", _role_of_any_kind),
    ("reads the log without R-ENC", "LOG-03", _no_r_enc_needed),
    ("looks at the record number first", "LOG-03", _number_before_rule),
    ("reads the log in BLANK", "GEN-05", state_unchecked("READ RECORD")),
    ("counts one record less", "LOG-04", replaced(Log, "count", _records_from_zero)),
    ("counts all transactions ever", "LOG-04", replaced(Log, "count", _number_for_count)),
    ("forgets the oldest of 20", "TRX-03", _forgets_the_oldest),
    ("remembers 21 names", "TRX-03", _remembers_one_more),
)  # fmt: skip
