"""What a terminal asks of services: debit, credit, reverse, and baskets of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from applet_spec import spec
from host_lib.errors import NoTransaction
from host_lib.transaction_fields import encode_amount, joined, split


@dataclass(frozen=True, slots=True)
class _OnService:
    """An amount of one service. NoTransaction for an amount or a service that no card can take."""

    NAME: ClassVar[str]
    service: str | int
    amount: int

    def __post_init__(self) -> None:
        most = spec().limits["amount"]
        if not 1 <= self.amount <= most:
            raise NoTransaction(f"{self.amount} is no amount: they are 1 to {most}")
        service_id(self.service)

    def encode(self) -> bytes:
        """Return the 6 bytes of the operation."""
        return _operation(self.NAME, service_id(self.service), self.amount)


class Debit(_OnService):
    """Takes an amount from a service; of an entitlement, 1 counts a use."""

    NAME = "debit"
    __slots__ = ()


class Credit(_OnService):
    """Adds an amount to a service; of an entitlement, 1 takes a use back."""

    NAME = "credit"
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reverse:
    """Takes back the transaction before it; always alone in its request."""

    NAME: ClassVar[str] = "reverse"

    def encode(self) -> bytes:
        """Return the 6 bytes of the operation."""
        return _operation(self.NAME, 0, 0)


Operation: TypeAlias = Debit | Credit | Reverse


def service_id(service: str | int) -> int:
    """Return the id of a service, 1 to 255. NoTransaction for a label that the contract has not."""
    if isinstance(service, str):
        known = {one.label: one.id for one in spec().services.profile}
        if service not in known:
            raise NoTransaction(
                f"no service {service!r} in the contract: {', '.join(known)}, or an id"
            )
        return known[service]
    if service not in range(1, 0x100):
        raise NoTransaction(f"{service} is no service id")
    return service


def _operation(name: str, service: int, amount: int) -> bytes:
    fields = {
        "operation": bytes((spec().transactions.operations[name],)),
        "service": bytes((service,)),
        "amount": encode_amount(amount),
    }
    return joined(spec().transactions.operation, fields)


def decode_operations(data: bytes, *, padded: bool = False) -> list[Operation]:
    """Read operations one behind the other; ``padded``: the last one may have lost its zeros."""
    size = sum(one.length for one in spec().transactions.operation)
    if padded:
        data += bytes(-len(data) % size)
    found: list[Operation] = []
    while data:
        fields, data = split(spec().transactions.operation, data)
        found.append(_one_operation(fields))
    return found


def _one_operation(fields: Mapping[str, bytes]) -> Operation:
    codes = {code: name for name, code in spec().transactions.operations.items()}
    name = codes.get(fields["operation"][0])
    service, amount = fields["service"][0], int.from_bytes(fields["amount"], "big")
    if name == Reverse.NAME:
        if service or amount:
            raise ValueError("a reverse with a service or an amount")
        return Reverse()
    for kind in (Debit, Credit):
        if name == kind.NAME:
            return kind(service, amount)
    raise ValueError(f"operation {fields['operation'].hex()}")


def checked_basket(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Check a basket; return it with services by their ids. Raises NoTransaction."""
    basket = tuple(operations)
    if not 1 <= len(basket) <= spec().transactions.most_operations:
        raise NoTransaction(f"{len(basket)} operations: one to four go into a transaction")
    resolved = tuple(_resolved(one) for one in basket)
    services = [one.service for one in resolved if not isinstance(one, Reverse)]
    if len(services) != len(set(services)):
        raise NoTransaction("a service comes twice in a transaction")
    if len(services) != len(basket) and len(basket) > 1:
        raise NoTransaction("a reverse is alone in its transaction")
    return resolved


def _resolved(operation: Operation) -> Operation:
    if isinstance(operation, Reverse):
        return operation
    return type(operation)(service_id(operation.service), operation.amount)


def is_reverse(operations: Sequence[Operation]) -> bool:
    """Say whether these take a transaction back."""
    return isinstance(operations[0], Reverse)
