"""Requests, answers and receipts of PERFORM TRANSACTION, put together from the contract's layouts.

Nothing is checked on the way out: a request can be as wrong as a test wants it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from applet_spec import spec
from applet_spec.model import RecordField
from card_conformance.failure import same
from card_conformance.suite.support import application
from host_lib.apdu import Apdu
from host_lib.primitives import AesContext
from host_lib.secret import AesKey

_FORM = spec().transactions
PERFORM, QUERY = 0x00, 0x01
ACTIVATION = _FORM.flags["activation"]
PIN_VERIFIED = _FORM.flags["PIN verified"]
NOT_IN_LOG, SAME, OTHER = (
    _FORM.query_results[name]
    for name in ("not in the log", "same", "same name, other bytes or role")
)
_SIZE = sum(one.length for one in _FORM.receipt)
LAST_NUMBER = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a basket."""

    code: int
    service: int
    amount: int

    def encode(self) -> bytes:
        """Return its bytes."""
        return bytes((self.code, self.service)) + self.amount.to_bytes(4, "big")


def debit(service: int, amount: int) -> Operation:
    """Return a debit."""
    return Operation(_FORM.operations["debit"], service, amount)


def credit(service: int, amount: int) -> Operation:
    """Return a credit."""
    return Operation(_FORM.operations["credit"], service, amount)


REVERSE = Operation(_FORM.operations["reverse"], 0, 0)


@dataclass(frozen=True, slots=True)
class Request:
    """A request; ``date`` YYYYMMDD and ``time`` hhmmss are hexadecimal digits of any kind."""

    terminal: bytes
    terminal_number: int
    card_number: int
    date: str
    operations: tuple[Operation, ...]
    time: str = "101112"

    def encode(self) -> bytes:
        """Return the data field."""
        values = {
            "terminal id": self.terminal,
            "terminal transaction number": self.terminal_number.to_bytes(4, "big"),
            "card transaction number": self.card_number.to_bytes(3, "big"),
            "date": bytes.fromhex(self.date),
            "time": bytes.fromhex(self.time),
        }
        head = b"".join(values[one.name] for one in _FORM.request)
        return head + b"".join(operation.encode() for operation in self.operations)

    def apdu(self, p1: int = PERFORM) -> Apdu:
        """Return PERFORM TRANSACTION with it."""
        return perform(self.encode(), p1)

    def but(self, **changes: object) -> "Request":
        """Return the request with other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]


def perform(data: bytes, p1: int = PERFORM) -> Apdu:
    """Return PERFORM TRANSACTION with any data."""
    return application("PERFORM TRANSACTION", p1, 0x00, data, answer=True)


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer to a transaction; ``replaced`` is the number of a card, with the activation."""

    number: int
    key_version: int
    flags: int
    mac: bytes
    balances: tuple[int, ...]
    replaced: bytes

    @property
    def activates(self) -> bool:
        """Whether this was the card's first transaction."""
        return bool(self.flags & ACTIVATION)


def parse(data: bytes, balances: int) -> Taken:
    """Read the answer to a transaction of so many balances. Raises NotConform for its length."""
    parts, rest = _split(_FORM.answer[:4], data)
    flags = int.from_bytes(parts["flags"], "big")
    expected = 4 * balances + (8 if flags & ACTIVATION else 0)
    same("bytes of balances and replaced card in the answer", len(rest), expected)
    values = (int.from_bytes(rest[4 * n : 4 * n + 4], "big") for n in range(balances))
    return Taken(
        int.from_bytes(parts["transaction number"], "big"),
        int.from_bytes(parts["receipt key version"], "big"),
        flags,
        parts["receipt MAC"],
        tuple(values),
        rest[4 * balances :],
    )


def _split(fields: tuple[RecordField, ...], data: bytes) -> tuple[Mapping[str, bytes], bytes]:
    parts, at = {}, 0
    for one in fields:
        parts[one.name] = data[at : at + one.length]
        at += one.length
    return parts, data[at:]


def receipt(role: int, serial: bytes, request: Request, taken: Taken) -> bytes:
    """Return the fields that the MAC of this transaction's receipt is over."""
    values = {
        "receipt key version": bytes((taken.key_version,)),
        "role": bytes((role,)),
        "card serial": serial,
        "transaction number": taken.number.to_bytes(3, "big"),
        "terminal id": request.terminal,
        "terminal transaction number": request.terminal_number.to_bytes(4, "big"),
        "date": bytes.fromhex(request.date),
        "time": bytes.fromhex(request.time),
        "operations": b"".join(operation.encode() for operation in request.operations),
        "new balances": b"".join(value.to_bytes(4, "big") for value in taken.balances),
        "flags": bytes((taken.flags,)),
        "replaced card number": taken.replaced,
    }
    return b"".join(values[one.name].ljust(one.length, b"\x00") for one in _FORM.receipt)


def mac_of(key: AesKey, fields: bytes) -> bytes:
    """Return the receipt MAC over a receipt's fields."""
    same("bytes of a receipt", len(fields), _SIZE)
    return AesContext(key.reveal()).cmac(fields)[: _FORM.receipt_mac_length]
