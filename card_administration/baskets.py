"""What a person types for a basket, and how amounts are shown: `bread=20 wallet=4.00`."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from applet_spec import ExitCode, UnicardError, spec
from host_lib.services import ServiceRecord
from host_lib.transaction import (
    TERMINAL_ID_LENGTH,
    Credit,
    Debit,
    Operation,
    Receipt,
    Request,
    Reverse,
    service_id,
)

PURSE = "purse"
_ANY_TIME = datetime(2000, 1, 1)


class BasketUnreadable(UnicardError):
    """What was typed is no basket; no card was touched."""

    exit_code = ExitCode.USAGE
    advice = "Write SERVICE=AMOUNT for each service, such as bread=20 wallet=4.00."


def basket(words: Iterable[str], kind: type[Debit] | type[Credit] = Debit) -> tuple[Operation, ...]:
    """Return the operations of ``SERVICE=AMOUNT`` words; a service is a label, or an id.

    Amounts of the contract's purses are in its currency with up to two digits (4.00), others whole
    numbers in the service's unit; those of a service that only its id names are whole numbers, too.
    Raises `BasketUnreadable`.
    """
    operations = tuple(_operation(word, kind) for word in words)
    try:
        # The rules of baskets are those of a request: it is made here for them alone.
        Request(bytes(TERMINAL_ID_LENGTH), 0, 0, _ANY_TIME, operations)
    except ValueError as error:
        raise BasketUnreadable(f"no card takes this basket: {error}") from error
    return operations


def _operation(word: str, kind: type[Debit] | type[Credit]) -> Operation:
    name, sign, text = word.partition("=")
    service: str | int = int(name) if name.isascii() and name.isdigit() else name
    try:
        if not sign:
            raise ValueError("there is no = in it")
        return kind(service, amount_of(service, text))
    except ValueError as error:
        raise BasketUnreadable(f"{word!r} is no operation: {error}") from error


def amount_of(service: str | int, text: str) -> int:
    """Return an amount in units of the service (piastres for purses). ValueError for none."""
    return _scaled(text, spec().currency.minor_digits if is_purse(service) else 0)


def minor_units(text: str) -> int:
    """Return an amount of the currency (50.00) in its smallest unit. ValueError for none."""
    return _scaled(text, spec().currency.minor_digits)


def _scaled(text: str, digits: int) -> int:
    try:
        amount = Decimal(text).scaleb(digits)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number") from error
    exponent = amount.as_tuple().exponent
    # 1.00 of a service that counts whole units was meant as money: not even that is one unit.
    if not isinstance(exponent, int) or exponent < 0:
        allowed = f"up to {digits} digits behind the point" if digits else "whole numbers only"
        raise ValueError(f"{text!r}: {allowed}")
    return int(amount)


def is_purse(service: str | int) -> bool:
    """Say whether the contract's profile has a purse of this label or id."""
    return any(
        service in (one.label, one.id) and one.kind == PURSE for one in spec().services.profile
    )


def money(minor: int) -> str:
    """Return piastres as an amount in the currency: ``4.00 EGP``."""
    currency = spec().currency
    whole = Decimal(minor).scaleb(-currency.minor_digits)
    return f"{whole:.{currency.minor_digits}f} {currency.alpha}"


def shown_amount(service: int, amount: int) -> str:
    """Return an amount with the unit that the profile gives the service of this id."""
    if is_purse(service):
        return money(amount)
    unit = next((one.unit for one in spec().services.profile if one.id == service), "units")
    return f"{amount} {unit}"


def shown_record_amount(record: ServiceRecord, amount: int) -> str:
    """Return an amount of a service as its record on the card is: money for a purse."""
    return money(amount) if record.kind == PURSE else shown_amount(record.id, amount)


def label_of(service: int) -> str:
    """Return the profile's label of a service, or its number."""
    known = (one.label for one in spec().services.profile if one.id == service)
    return next(known, f"service {service}")


def shown_operation(operation: Operation) -> str:
    """Return an operation in words: ``bread -20 loaves``."""
    if isinstance(operation, Reverse):
        return "takes the transaction before it back"
    service = service_id(operation.service)
    sign = "-" if isinstance(operation, Debit) else "+"
    return f"{label_of(service)} {sign}{shown_amount(service, operation.amount)}"


def balances_of(receipt: Receipt, before: Receipt | None = None) -> tuple[tuple[int, int], ...]:
    """Return service id and balance of each operation of a receipt, as they are after it.

    A reverse does not name the services it takes back: ``before`` is the receipt that it follows.
    """
    named = before if receipt.is_reverse else receipt
    if named is None or (named is before and named.number != receipt.number - 1):
        return ()
    pairs = zip(named.operations, receipt.balances, strict=False)
    return tuple(
        (service_id(one.service), balance) for one, balance in pairs if not isinstance(one, Reverse)
    )


def receipt_facts(receipt: Receipt) -> dict[str, object]:
    """Return a receipt as values for JSON; ``receipt`` are its 89 bytes in hexadecimal."""
    return {
        "number": receipt.number,
        "role": receipt.role,
        "card_serial": receipt.card_serial.hex().upper(),
        "terminal_id": receipt.terminal_id.decode("ascii", "backslashreplace").rstrip(),
        "terminal_number": receipt.terminal_number,
        "when": receipt.when.isoformat(),
        "operations": [
            {"operation": Reverse.NAME}
            if isinstance(one, Reverse)
            else {
                "operation": one.NAME,
                "service": label_of(service_id(one.service)),
                "id": service_id(one.service),
                "amount": one.amount,
            }
            for one in receipt.operations
        ],
        "balances": list(receipt.balances),
        "pin_verified": receipt.pin_verified,
        "finger_verified": receipt.finger_verified,
        "activation": receipt.activation,
        "replaced_card_number": receipt.replaced_card_number,
        "receipt_key_version": receipt.key_version,
        "receipt": receipt.encode().hex().upper(),
    }
