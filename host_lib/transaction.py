"""Transactions as values: operations, requests, answers, receipts, and what is not settled yet.

The layouts (order and lengths of fields, codes, flags) are the contract's
(``applet_spec/data/transactions.json``); nothing here talks to a card. Services are named by their
label in the contract's profile, or by id where an issuer has others. Amounts count units of the
service: piastres, loaves, points, uses.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache

from applet_spec import spec
from host_lib.errors import NoTransaction, ProtocolError
from host_lib.operations import (
    Credit,
    Debit,
    Operation,
    Reverse,
    checked_basket,
    decode_operations,
    is_reverse,
    service_id,
)
from host_lib.transaction_fields import (
    decode_amounts,
    decode_time,
    encode_amount,
    encode_time,
    has_flag,
    joined,
    known_flags,
    split,
)

__all__ = [
    "TERMINAL_ID_LENGTH",
    "Answer",
    "Credit",
    "Debit",
    "Operation",
    "Pending",
    "QueryOutcome",
    "QueryResult",
    "Receipt",
    "Request",
    "Reverse",
    "service_id",
]

TERMINAL_ID_LENGTH = 8


@cache
def _span() -> tuple[datetime, datetime]:
    """Return the first and the last second that a transaction can be dated with."""
    parts = spec().transactions
    day = bytes.fromhex("235959")
    return decode_time(parts.first_date, bytes(3)), decode_time(parts.last_date, day)


@dataclass(frozen=True, slots=True)
class Request:
    """What a terminal asks of a card; terminal id and number name it.

    ``terminal_id`` are 8 bytes, ``terminal_number`` is 0 to FFFFFFFF and never used again,
    ``card_number`` is the transaction number of the card as it is before, ``when`` the terminal's
    local time without zone. One to four operations on different services, or one `Reverse`.
    NoTransaction, which is a ValueError too, for another time or basket, ValueError for anything
    else. Services are kept by their ids.
    """

    terminal_id: bytes
    terminal_number: int
    card_number: int
    when: datetime
    operations: tuple[Operation, ...]

    def __post_init__(self) -> None:
        if len(self.terminal_id) != TERMINAL_ID_LENGTH:
            raise ValueError(f"a terminal id has {TERMINAL_ID_LENGTH} bytes")
        if self.terminal_number not in range(1 << 32) or self.card_number not in range(1 << 24):
            raise ValueError("a transaction number is out of range")
        if self.when.tzinfo is not None:
            raise ValueError("the time of a transaction is local time, without zone")
        first, last = _span()
        when = self.when.replace(microsecond=0)
        if not first <= when <= last:
            raise NoTransaction(
                f"{when} is not between {first:%Y} and {last:%Y}", advice="set the terminal's clock"
            )
        object.__setattr__(self, "when", when)
        object.__setattr__(self, "operations", checked_basket(self.operations))

    def encode(self) -> bytes:
        """Return the data field of PERFORM TRANSACTION: 22 bytes and 6 for each operation."""
        date, time = encode_time(self.when)
        fields = {
            "terminal id": self.terminal_id,
            "terminal transaction number": self.terminal_number.to_bytes(4, "big"),
            "card transaction number": self.card_number.to_bytes(3, "big"),
            "date": date,
            "time": time,
        }
        head = joined(spec().transactions.request, fields)
        return head + b"".join(one.encode() for one in self.operations)

    @classmethod
    def decode(cls, data: bytes) -> "Request":
        """Read the data field of a command. Raises ProtocolError."""
        try:
            fields, rest = split(spec().transactions.request, data)
            return cls(
                terminal_id=fields["terminal id"],
                terminal_number=int.from_bytes(fields["terminal transaction number"], "big"),
                card_number=int.from_bytes(fields["card transaction number"], "big"),
                when=decode_time(fields["date"], fields["time"]),
                operations=tuple(decode_operations(rest)),
            )
        except ValueError as error:
            raise ProtocolError(
                f"{data.hex().upper()} is no transaction request: {error}"
            ) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """What a card answers to a request that it carried out; out of a session, so it is authentic.

    ``balances`` are in the order of the request's operations; of a reverse, of the operations that
    it takes back. ``replaced_card_number`` are 16 digits, only at the activation of a card that
    replaces another.
    """

    number: int
    key_version: int
    flags: int
    mac: bytes
    balances: tuple[int, ...]
    replaced_card_number: str | None = None

    @property
    def activation(self) -> bool:
        """Whether this is the card's first transaction, which made it ACTIVE."""
        return has_flag(self.flags, "activation")

    @classmethod
    def decode(cls, data: bytes) -> "Answer":
        """Read the response data. Raises ProtocolError."""
        single = [one for one in spec().transactions.answer if one.name not in _REPEATED]
        try:
            fields, rest = split(single, data)
            flags = known_flags(fields["flags"][0])
            rest, replaced = _replaced(rest, flags)
            balances = tuple(decode_amounts(rest))
            if not 1 <= len(balances) <= spec().transactions.most_operations:
                raise ValueError(f"{len(balances)} balances")
        except ValueError as error:
            raise ProtocolError(
                f"the answer to PERFORM TRANSACTION is malformed: {error}"
            ) from error
        return cls(
            int.from_bytes(fields["transaction number"], "big"),
            fields["receipt key version"][0],
            flags,
            fields["receipt MAC"],
            balances,
            replaced,
        )


class QueryOutcome(Enum):
    """What a card knows of a request, by the contract's names."""

    NOT_IN_LOG = "not in the log"
    SAME = "same"
    OTHER = "same name, other bytes or role"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer to a query: the card's transaction number now, and of the same its answer."""

    outcome: QueryOutcome
    number: int
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, whole with 89 bytes: the fields that its MAC is over, and the MAC (8 bytes).

    Only who has the card's receipt key can check it: the issuer. ``balances`` are those after the
    transaction, in the order of the operations; those of a reverse fill four places, zeros behind
    the operations that it took back. ``replaced_card_number`` are 16 digits, or None.
    """

    key_version: int
    role: int
    card_serial: bytes
    number: int
    terminal_id: bytes
    terminal_number: int
    when: datetime
    operations: tuple[Operation, ...]
    balances: tuple[int, ...]
    flags: int
    replaced_card_number: str | None
    mac: bytes

    @classmethod
    def of(cls, request: Request, answer: Answer, *, role: int, card_serial: bytes) -> "Receipt":
        """Return the receipt that a request and its authentic answer make."""
        balances = answer.balances
        if is_reverse(request.operations):
            places = spec().transactions.most_operations
            balances = (balances + (0,) * places)[:places]
        return cls(
            key_version=answer.key_version,
            role=role,
            card_serial=card_serial,
            number=answer.number,
            terminal_id=request.terminal_id,
            terminal_number=request.terminal_number,
            when=request.when,
            operations=request.operations,
            balances=balances,
            flags=answer.flags,
            replaced_card_number=answer.replaced_card_number,
            mac=answer.mac,
        )

    @property
    def pin_verified(self) -> bool:
        """Whether the PIN was verified when it was done."""
        return has_flag(self.flags, "PIN verified")

    @property
    def finger_verified(self) -> bool:
        """Whether a finger was verified when it was done."""
        return has_flag(self.flags, "finger verified")

    @property
    def activation(self) -> bool:
        """Whether this is the card's first transaction, which made it ACTIVE."""
        return has_flag(self.flags, "activation")

    @property
    def is_reverse(self) -> bool:
        """Whether it took the transaction before it back."""
        return is_reverse(self.operations)

    def balance(self, service: str | int) -> int:
        """Return the balance after it of a service in its basket. KeyError for another one."""
        wanted = service_id(service)
        for operation, balance in zip(self.operations, self.balances, strict=False):
            if not isinstance(operation, Reverse) and service_id(operation.service) == wanted:
                return balance
        raise KeyError(service)

    def signed_bytes(self) -> bytes:
        """Return the 81 bytes that the MAC is over."""
        places = spec().transactions.most_operations
        date, time = encode_time(self.when)
        fields = {
            "receipt key version": bytes((self.key_version,)),
            "role": bytes((self.role,)),
            "card serial": self.card_serial,
            "transaction number": self.number.to_bytes(3, "big"),
            "terminal id": self.terminal_id,
            "terminal transaction number": self.terminal_number.to_bytes(4, "big"),
            "date": date,
            "time": time,
            "operations": b"".join(one.encode() for one in self.operations),
            "new balances": b"".join(encode_amount(one) for one in self.balances[:places]),
            "flags": bytes((self.flags,)),
            "replaced card number": bytes.fromhex(self.replaced_card_number or ""),
        }
        return joined(spec().transactions.receipt, fields)

    def encode(self) -> bytes:
        """Return the 89 bytes of the receipt: what is signed, then the MAC."""
        return self.signed_bytes() + self.mac

    @classmethod
    def decode(cls, data: bytes) -> "Receipt":
        """Read the 89 bytes of a receipt. Raises ProtocolError; the MAC is not checked here."""
        try:
            return cls._decoded(data)
        except ValueError as error:
            raise ProtocolError(f"{len(data)} bytes are no receipt: {error}") from error

    @classmethod
    def _decoded(cls, data: bytes) -> "Receipt":
        fields, mac = split(spec().transactions.receipt, data)
        if len(mac) != spec().transactions.receipt_mac_length:
            raise ValueError(f"{len(mac)} bytes of MAC")
        operations = checked_basket(
            decode_operations(fields["operations"].rstrip(b"\0"), padded=True)
        )
        balances = tuple(decode_amounts(fields["new balances"]))
        if not is_reverse(operations):
            if any(balances[len(operations) :]):
                raise ValueError("more balances than operations")
            balances = balances[: len(operations)]
        flags = known_flags(fields["flags"][0])
        replaced = fields["replaced card number"]
        if any(replaced) and not has_flag(flags, "activation"):
            raise ValueError("a replaced card number without activation")
        return cls(
            key_version=fields["receipt key version"][0],
            role=fields["role"][0],
            card_serial=fields["card serial"],
            number=int.from_bytes(fields["transaction number"], "big"),
            terminal_id=fields["terminal id"],
            terminal_number=int.from_bytes(fields["terminal transaction number"], "big"),
            when=decode_time(fields["date"], fields["time"]),
            operations=operations,
            balances=balances,
            flags=flags,
            replaced_card_number=replaced.hex() if any(replaced) else None,
            mac=mac,
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that may have been sent and whose end is not known: all that recovery needs."""

    role: int
    card_serial: bytes
    request: Request

    def encode(self) -> bytes:
        """Return it as bytes for a file or a database: role, card serial, request."""
        return bytes((self.role,)) + self.card_serial + self.request.encode()

    @classmethod
    def decode(cls, data: bytes) -> "Pending":
        """Read what `encode` wrote. Raises ProtocolError."""
        return cls(data[0] if data else 0, data[1:9], Request.decode(data[9:]))


_REPEATED = ("new balances", "replaced card number")


def _replaced(rest: bytes, flags: int) -> tuple[bytes, str | None]:
    """Split the number of the card that this one replaces off the end, where there is one."""
    if not has_flag(flags, "activation"):
        return rest, None
    length = next(f.length for f in spec().transactions.answer if f.name == "replaced card number")
    if len(rest) < length:
        raise ValueError("no replaced card number at activation")
    number = rest[-length:]
    return rest[:-length], number.hex() if any(number) else None
