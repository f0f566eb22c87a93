"""The chip under the card: who made it, which one it is, its random numbers and its interface."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from applet_spec import CardProfile, spec
from card_simulator.profiles import REFERENCE, system_of

CPLC_LENGTH = 42

ATR = bytes.fromhex("3B800181")
"""Answer to reset: T=1 only, no historical bytes."""


class Interface(Enum):
    """How the reader talks to the card."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"


@dataclass(frozen=True, slots=True)
class Chip:
    """What the platform knows of its hardware; ``cplc`` is 42 bytes, the value of tag 9F7F."""

    cplc: bytes
    random: Callable[[int], bytes] = field(default=secrets.token_bytes, compare=False)

    @property
    def serial(self) -> bytes:
        """Chip serial, 10 bytes: fabricator, fabrication date, batch and serial number."""
        return self.cplc[0:2] + self.cplc[10:12] + self.cplc[16:18] + self.cplc[12:16]

    @property
    def diversification_data(self) -> bytes:
        """The 10 bytes that diversify the issuer keys; on this chip its serial."""
        return self.serial


_OS_RELEASE_DATE = bytes.fromhex("6001")
_MODULE_AND_INITIALIZATION = bytes.fromhex("5543 6001 5543 6001 5543 6001 00000000")
_NOT_PERSONALIZED = bytes(8)


def new_cplc(
    fabrication_date: bytes,
    batch: bytes,
    serial_number: bytes,
    profile: CardProfile | None = None,
) -> bytes:
    """Return card production life cycle data (42 bytes) of a simulated chip.

    Fields in the order of the GlobalPlatform Card mapping guidelines, table 6-20. Fabrication
    date and batch are 2 bytes, the serial number 4 bytes; the manufacturer is invented. The card
    type is the reference card's where none is given; ValueError for one of real cards.
    """
    system = system_of(profile or spec().card_profiles[REFERENCE])
    cplc = (
        system.fabricator
        + system.ic_type
        + system.os_id
        + _OS_RELEASE_DATE
        + system.os_release_level
        + fabrication_date
        + serial_number
        + batch
        + _MODULE_AND_INITIALIZATION
        + _NOT_PERSONALIZED
    )
    if len(cplc) != CPLC_LENGTH:
        raise ValueError(f"production data of {len(cplc)} bytes, {CPLC_LENGTH} expected")
    return cplc
