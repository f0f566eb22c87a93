"""What the contract says of transactions and the log, and what becomes of the card.

The part of the tests' model between `sim_role_model` and `sim_model`: the whole of PERFORM
TRANSACTION, its answers and receipts too, written by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tests.card_simulator.sim_log import Entry, Spent
from tests.card_simulator.sim_records import COVER, MOST, PURSE, Record, is_day, is_hour
from tests.card_simulator.sim_role_model import RoleModel
from tests.card_simulator.sim_rules import SUSPENDED
from tests.support.terminal import CARD_SERIAL, cmac

DEBIT, CREDIT, REVERSE = 1, 2, 3
FIRST_DAY = bytes.fromhex("20000101")
VALID, CARD_DATE, FLAGS, REPLACED = 0xDF52, 0xDF57, 0xDF53, 0xDF54
Operation = tuple[int, int, int]


@dataclass(frozen=True)
class Undo:
    """What a reverse needs: the operations and what was there before them."""

    operations: tuple[Operation, ...]
    records: Mapping[int, bytes]
    spent: Spent


@dataclass
class TransactionModel(RoleModel):
    """One card as its contract says that it is now: transactions.

    ``armed`` is what the next command can take back, ``taken`` what the present one could;
    ``answer`` is what the last command answers, None where the model does not say.
    """

    armed: Undo | None = None
    taken: Undo | None = None
    answer: bytes | None = None

    def hear(self, cla: int, ins: int, p1: int, p2: int) -> None:
        """Take note of a command of the session."""
        self.taken = self.armed
        if (cla, ins, p1, p2) != (0x80, 0x40, 0x01, 0x00):
            self.armed = None

    def perform(self, p1: int, data: bytes) -> int:
        count, rest = divmod(len(data) - 22, 6)
        if rest or not 1 <= count <= 4 or self.role is None:
            return 0x6700
        known = self._known(data[:12])
        same = known is not None and (known.role, known.request) == (self.role, data)
        if p1 == 1:
            number = self.lasting.number.to_bytes(3, "big")
            stored = known.answer if known and same else b""
            self.answer = bytes([0 if known is None else 1 if same else 2]) + number + stored
            return 0x9000
        operations = tuple(_operation(data[at : at + 6]) for at in range(22, len(data), 6))
        if not (is_day(data[15:19].hex()) and is_hour(data[19:22].hex()) and _fit(operations)):
            return 0x6A80
        if known is not None:
            self.answer = known.answer if same else None
            return 0x9000 if same else 0x9481
        return self._new(data, operations)

    def read_log(self, number: int) -> int:
        if self._may_not_read():
            return 0x6982
        if not 1 <= number <= len(self.lasting.log):
            return 0x6A83
        self.answer = self.lasting.log[number - 1].record
        return 0x9000

    def set_service(self, p1: int, place: int) -> int:
        held = self.lasting.record(place)
        if not held:
            return 0x6A88
        wanted = 0x80 if p1 == 0x20 else 0
        if held[2] == wanted:
            return 0x6985
        self._put_record(place, held[:2] + bytes([wanted]) + held[3:])
        return 0x9000

    def put_card_date(self, data: bytes) -> int:
        if len(data) != 4 or not is_day(data.hex()) or data < self.lasting.value(CARD_DATE):
            return 0x6A80
        self.now(values={**self.lasting.values, CARD_DATE: data})
        return 0x9000

    def put_period(self, place: int, data: bytes) -> int:
        held = self.lasting.value(0xDF5F + place)
        if not held:
            return 0x6A88
        if len(data) != 4 or data[:2] > held[:2] or data[2:] < data[:2]:
            return 0x6A80
        record = self.lasting.record(place)
        self._put_record(place, record[:33] + data + record[37:])
        return 0x9000

    # Inside

    def _may_not_read(self) -> bool:
        met = self.meets(frozenset({"issuer", "role:6"})) or self.verified
        return not met or self.level not in (0, 0x33)

    def _put_record(self, place: int, record: bytes) -> None:
        self.now(values={**self.lasting.values, 0xDF2F + place: record})

    def _known(self, name: bytes) -> Entry | None:
        return next((each for each in self.lasting.log if each.request[:12] == name), None)

    def _new(self, data: bytes, operations: tuple[Operation, ...]) -> int:
        lasting = self.lasting
        if int.from_bytes(data[12:15], "big") != lasting.number:
            return 0x9482
        day = max(data[15:19], lasting.value(CARD_DATE) or FIRST_DAY)
        reverse = operations[0][0] == REVERSE
        expired = day > lasting.value(VALID)[4:] and not reverse
        nothing = reverse and self.taken is None
        full = lasting.number == 0xFFFFFF
        if lasting.state == SUSPENDED or expired or nothing or full or not lasting.receipt:
            return 0x6985
        if not lasting.active and not self.verified:
            return 0x9405
        if reverse and self.taken is not None:
            self._reverse(data, self.taken)
            return 0x9000
        return self._book(data, operations, day)

    def _book(self, data: bytes, operations: tuple[Operation, ...], day: bytes) -> int:
        lasting = self.lasting
        spent = dict(lasting.spent)
        if self.role == 0:
            spent = {place: (unverified, 0) for place, (unverified, _) in spent.items()}
        records: dict[int, bytes] = {}
        for operation in operations:
            after = self._one(operation, operations, spent, data[15:19], day)
            if isinstance(after, int):
                return after
            records[operation[1]] = after.data
        balances = [Record(record).balance for record in records.values()]
        date_too = (
            {CARD_DATE: day}
            if self.role == 0 and data[15:19] > (lasting.value(CARD_DATE) or FIRST_DAY)
            else {}
        )
        undo = Undo(operations, {n: lasting.record(n) for n in records}, lasting.spent)
        self._commit(data, records, spent, balances, date_too)
        self.armed = undo
        return 0x9000

    def _one(
        self,
        operation: Operation,
        basket: tuple[Operation, ...],
        spent: dict[int, tuple[int, int]],
        date_of: bytes,
        day: bytes,
    ) -> "Record | int":
        code, place, amount = operation
        if not self.lasting.record(place):
            return 0x6A88
        held = Record(self.lasting.record(place))
        if not held.enabled:
            return 0x9409
        if self.role is None or not held.roles(code) >> self.role & 1:
            return 0x6982
        if code == DEBIT and held.kind == PURSE and self.role > 2 and not self._in_company(basket):
            return 0x6982
        if held.kind == COVER and amount != 1:
            return 0x6A80
        if held.kind == COVER:
            return self._cover(held, code, day)
        if held.kind == PURSE:
            return self._purse(held, operation, spent)
        return self._quota(held, code, amount, date_of)

    def _in_company(self, basket: tuple[Operation, ...]) -> bool:
        beside = [self.lasting.record(place) for code, place, _ in basket if code == DEBIT]
        return any(record and record[1] != PURSE for record in beside)

    def _satisfied(self, rule: int) -> bool:
        """Say whether the PIN, the only thing that a walk verifies, is enough."""
        exempt = bool(self.lasting.value(FLAGS)[0] & 1)
        return rule == 0 or (self.verified and (rule in (1, 3) or exempt))

    def _cover(self, held: Record, code: int, day: bytes) -> "Record | int":
        if code == CREDIT:
            return held.with_balance(held.balance - 1) if held.balance else 0x9401
        if not self._satisfied(held.data[3]):
            return 0x9405
        if not held.data[20:24] <= day <= held.data[24:28]:
            return 0x9408
        return 0x9402 if held.balance == 0xFFFFFF else held.with_balance(held.balance + 1)

    def _purse(
        self, held: Record, operation: Operation, spent: dict[int, tuple[int, int]]
    ) -> "Record | int":
        code, place, amount = operation
        if code == CREDIT:
            after = held.balance + amount
            return 0x9402 if after > held.number((22, 4)) else held.with_balance(after)
        unverified, debits = spent.get(place, (0, 0))
        unverified = 0 if self._satisfied(held.data[3]) else unverified + amount
        if unverified > held.number((26, 4)):
            return 0x9405
        if amount > held.limits.get(self.role or 0, MOST):
            return 0x9403
        if amount > held.balance:
            return 0x9401
        if debits + amount > held.number((30, 4)):
            return 0x9404
        spent[place] = (unverified, debits + amount)
        return held.with_balance(held.balance - amount)

    def _quota(self, held: Record, code: int, amount: int, date_of: bytes) -> "Record | int":
        if code == DEBIT and not self._satisfied(held.data[3]):
            return 0x9405
        now = held.opened(date.fromisoformat(date_of.hex()))
        if isinstance(now, int):
            return now
        if code == CREDIT:
            ceiling = min(now.number((25, 4)) + now.number((20, 4)), MOST)
            after = now.balance + amount
            return 0x9402 if after > ceiling else now.with_balance(after)
        if amount > now.number((29, 4)):
            return 0x9403
        return 0x9401 if amount > now.balance else now.with_balance(now.balance - amount)

    def _reverse(self, data: bytes, undo: Undo) -> None:
        spent = dict(self.lasting.spent)
        records: dict[int, bytes] = {}
        for code, place, amount in undo.operations:
            now, before = Record(self.lasting.record(place)), Record(undo.records[place])
            back = (
                before.balance
                if now.kind == COVER
                else (now.balance + (amount if code == DEBIT else -amount))
            )
            records[place] = now.with_balance(back).data
            if now.kind == PURSE:
                spent[place] = undo.spent.get(place, (0, 0))
        balances = [Record(record).balance for record in records.values()]
        self._commit(data, records, spent, balances, {})

    def _commit(
        self,
        data: bytes,
        records: Mapping[int, bytes],
        spent: Mapping[int, tuple[int, int]],
        balances: list[int],
        date_too: Mapping[int, bytes],
    ) -> None:
        lasting, first = self.lasting, not self.lasting.active
        number = (lasting.number + 1).to_bytes(3, "big")
        version, key = lasting.receipt[:1], lasting.receipt[1:]
        flags = bytes([int(self.verified) | (0x80 if first else 0)])
        replaced = lasting.value(REPLACED) if first else b""
        told = b"".join(balance.to_bytes(4, "big") for balance in balances)
        fields = (
            version + bytes([self.role or 0]) + CARD_SERIAL + number + data[:12] + data[15:22]
            + data[22:].ljust(24, b"\x00") + told.ljust(16, b"\x00") + flags
            + replaced.ljust(8, b"\x00")
        )  # fmt: skip
        mac = cmac(key, fields)[:8]
        self.answer = number + version + flags + mac + told + replaced
        entry = Entry(self.role or 0, data, self.answer, fields + mac)
        self.now(
            values={**lasting.values, **{0xDF2F + n: r for n, r in records.items()}, **date_too},
            spent={place: each for place, each in spent.items() if any(each)},
            number=lasting.number + 1,
            log=(entry, *lasting.log)[:20],
            active=True,
            state="ACTIVE",
        )
        self.verified = False


def _operation(data: bytes) -> Operation:
    return data[0], data[1], int.from_bytes(data[2:], "big")


def _fit(operations: tuple[Operation, ...]) -> bool:
    if operations == ((REVERSE, 0, 0),):
        return True
    places = [place for _, place, _ in operations]
    return len(set(places)) == len(places) and all(
        code in (DEBIT, CREDIT) and 0 < amount <= MOST for code, _, amount in operations
    )
