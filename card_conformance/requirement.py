"""How a test of the suite says which requirements it shows and what it needs of the card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from card_conformance.needs import ANY_CARD, Needs

F = TypeVar("F", bound=Callable[..., object])
_ATTRIBUTE = "conformance_claim"


@dataclass(frozen=True, slots=True)
class Claim:
    """Requirement numbers that a test shows, and its needs."""

    requirements: tuple[str, ...]
    needs: Needs


def requirement(*numbers: str, needs: Needs = ANY_CARD) -> Callable[[F], F]:
    """Mark a test with the requirements that it shows; at least one."""

    def mark(test: F) -> F:
        setattr(test, _ATTRIBUTE, Claim(numbers, needs))
        return test

    return mark


def claim_of(test: object) -> Claim | None:
    """Return what a test claims, or None for one that claims nothing."""
    found = getattr(test, _ATTRIBUTE, None)
    return found if isinstance(found, Claim) else None
