"""What a flow is: a generator that yields commands and key requests, and returns a result.

A flow does no I/O. Whoever drives it answers an `Apdu` with a `Response` and a `CardKeys` with a
`KeySet`, and reports a lost card or link with ``throw()``. A flow is used once and never stored.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from host_lib.apdu import Apdu, Response
from host_lib.keyset import KeySet

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class CardKeys:
    """Asks the key holder for one card's key set of a version.

    ``diversification`` are the card's 10 bytes from INITIALIZE UPDATE, input of the derivation.
    """

    version: int
    diversification: bytes

    def __iter__(self) -> Generator["CardKeys", KeySet, KeySet]:
        """Ask, and return the key set."""
        return (yield self)


SamCall: TypeAlias = CardKeys
SamReply: TypeAlias = KeySet
Flow: TypeAlias = Generator[Apdu | SamCall, Response | SamReply, R]
"""A flow that may ask for keys."""
AnyFlow: TypeAlias = Generator[Apdu | SamCall, Any, R]
"""What a driver runs: a flow, or the generator of a single command, which asks for no keys."""


class Sam(Protocol):
    """Who holds the keys: answers the requests of flows. Raises an error of its own for none."""

    def __call__(self, call: SamCall, /) -> SamReply:
        """Answer one request."""
