"""Receipts: what a transaction leaves, and the answer that the terminal gets of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from applet_spec import spec
from card_simulator.application.basket import Request, operation_layout
from card_simulator.application.layout import Layout

_AMOUNT = 4


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it lies in the log: its fields, its MAC, and how many balances it tells.

    The count is not part of the receipt: of a reverse its fields do not say it.
    """

    fields: bytes
    mac: bytes
    balances: int

    @property
    def number(self) -> int:
        """Transaction number."""
        return number_of(self.fields)

    @property
    def record(self) -> bytes:
        """What READ RECORD answers."""
        return self.fields + self.mac

    def encode(self) -> bytes:
        """Return the receipt as the log keeps it."""
        return self.record + bytes((self.balances,))

    @classmethod
    def decode(cls, held: bytes) -> Receipt:
        """Read what the log keeps."""
        end = receipt_layout().end
        return cls(held[:end], held[end:-1], held[-1])

    def is_of(self, request: Request, role: int) -> bool:
        """Say whether this is what became of a request of this name: same role, same bytes."""
        fields = receipt_layout()
        return (
            fields.number(self.fields, "role") == role
            and self.number == request.number + 1
            and fields.run(self.fields, "date", "time") == request.moment
            and self._basket() == request.basket
        )

    def _basket(self) -> bytes:
        """Return the operations that were asked for: places without one begin with 00."""
        operations, size = receipt_layout().field(self.fields, "operations"), operation_layout().end
        places = (operations[at : at + size] for at in range(0, len(operations), size))
        return b"".join(place for place in places if place[0])

    def answer(self) -> bytes:
        """Return the answer of PERFORM TRANSACTION, the first time and whenever it is repeated."""
        values = receipt_layout().cut(self.fields) | {"receipt MAC": self.mac}
        values["new balances"] = values["new balances"][: _AMOUNT * self.balances]
        if not values["flags"][0] & spec().transactions.flags["activation"]:
            del values["replaced card number"]
        return b"".join(values.get(name, b"") for name in _answer_fields())


def number_of(receipt: bytes) -> int:
    """Return a receipt's transaction number."""
    return receipt_layout().number(receipt, "transaction number")


def name_of(receipt: bytes) -> bytes:
    """Return a receipt's terminal id and terminal transaction number."""
    return receipt_layout().run(receipt, "terminal id", "terminal transaction number")


def signed(
    request: Request,
    balances: Iterable[int],
    others: dict[str, bytes],
    sign: Callable[[bytes], bytes],
) -> Receipt:
    """Make the receipt of a transaction; ``others`` are the fields that the card adds by name."""
    told = [balance.to_bytes(_AMOUNT, "big") for balance in balances]
    fields = receipt_fields(request, b"".join(told), others)
    return Receipt(fields, sign(fields)[: spec().transactions.receipt_mac_length], len(told))


def receipt_fields(request: Request, balances: bytes, others: dict[str, bytes]) -> bytes:
    """Return what a receipt's MAC is over."""
    asked = {
        **request_fields(request),
        "operations": request.basket,
        "new balances": balances,
    }
    return receipt_layout().joined(others | asked)


def request_fields(request: Request) -> dict[str, bytes]:
    """Return the fields of a receipt that the terminal said."""
    date = request.date
    return {
        "terminal id": request.name[:-4],
        "terminal transaction number": request.name[-4:],
        "date": date,
        "time": request.moment[len(date) :],
    }


@cache
def receipt_layout() -> Layout:
    """Return the layout of a receipt."""
    return Layout(spec().transactions.receipt)


@cache
def _answer_fields() -> tuple[str, ...]:
    return tuple(field.name for field in spec().transactions.answer)
