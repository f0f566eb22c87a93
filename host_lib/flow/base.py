"""What a flow is: a generator that yields commands and key requests, and returns a result.

A flow does no I/O. Whoever drives it answers an `Apdu` with a `Response` and a `CardKeys` with a
`KeySet`, and reports a lost card or link with ``throw()``. A flow is used once and never stored.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from host_lib.apdu import Apdu, Response
from host_lib.keyset import KeySet
from host_lib.roles import Slot, role_key_version, role_slot

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


@dataclass(frozen=True, slots=True)
class RoleKeys(CardKeys):
    """Asks the key holder for the keys, ENC and MAC, of one card's terminal role.

    A key holder looks the card serial up in its stop list and picks the master by role and master
    version. Whatever error it raises ends the attempt before EXTERNAL AUTHENTICATE, except that
    after `RoleKeysNotHeld` the role's other slot is tried. Nothing of the request is proven yet:
    the card's cryptogram is compared with what the keys give.
    """

    SERIAL: ClassVar[slice] = slice(0, 8)
    ROLE: ClassVar[int] = 8
    MASTER_VERSION: ClassVar[int] = 9

    @classmethod
    def of(cls, card_serial: bytes, role: int, slot: Slot, master_version: int) -> "RoleKeys":
        """Return the request for a role of the card with this serial (8 bytes)."""
        return cls(role_key_version(role, slot), card_serial + bytes((role, master_version)))

    @property
    def card_serial(self) -> bytes:
        """The card's serial, 8 bytes."""
        return self.diversification[self.SERIAL]

    @property
    def role(self) -> int:
        """The role, 0 to 15, as the key version says it."""
        return role_slot(self.version)[0]

    @property
    def slot(self) -> Slot:
        """The slot that the key version names."""
        return role_slot(self.version)[1]

    @property
    def master_version(self) -> int:
        """The version of the master from which the keys are derived, one byte."""
        return self.diversification[self.MASTER_VERSION]


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Asks the driver for the card again, in whatever state: connected, powered and reset.

    ``patience`` is how many seconds a card that left may take to come back. The driver answers
    with None, or throws the error of the reader that could not do it.
    """

    patience: float

    def __iter__(self) -> Generator["Reconnect", None, None]:
        """Ask."""
        yield self


SamCall: TypeAlias = CardKeys
SamReply: TypeAlias = KeySet
Flow: TypeAlias = Generator[Apdu | SamCall, Response | SamReply, R]
"""A flow that may ask for keys."""
AnyFlow: TypeAlias = Generator[Apdu | SamCall | Reconnect, Any, R]
"""What a driver runs: a flow, one that also reconnects, or the generator of a single command."""


class Sam(Protocol):
    """Who holds the keys: answers the requests of flows. Raises an error of its own for none."""

    def __call__(self, call: SamCall, /) -> SamReply:
        """Answer one request."""
