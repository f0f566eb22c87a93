"""Cards that read one field of a service record otherwise."""

from collections.abc import Callable

from card_simulator.application import purse, quota
from card_simulator.application.account import Account
from card_simulator.application.service_record import kind_layout
from tests.card_conformance.mutants.base import Patch, replaced


def field(kind: str, name: str, change: Callable[[int], int]) -> Patch:
    """Return a patch under which a kind of service reads one of its fields otherwise."""
    module = {"purse": purse, "quota": quota}[kind]

    def number(held: Account, wanted: str) -> int:
        found = kind_layout(kind).number(held.record, wanted)
        return change(found) if wanted == name else found

    return replaced(module, "_number", number)


def less(value: int) -> int:
    return value - 1


def more(value: int) -> int:
    return value + 1
