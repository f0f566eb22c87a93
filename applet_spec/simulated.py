"""Blank cards that are not real: which card types they can be, and what they say of their chip.

The software card and the Java card are blank cards of one maker: what they share as new cards is
here; what a card does with it is each one's own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from applet_spec.loader import spec
from applet_spec.model import CardProfile

REFERENCE = "unicard-reference"
"""The card type of a card for which none is asked."""

CONTACT_ATR = bytes.fromhex("3B800181")
"""Answer to reset over contacts: T=1 only, no historical bytes."""

CPLC_LENGTH = 42

_FABRICATION_DATE = bytes.fromhex("6001")
"""Year digit and day of the year, in BCD."""
_OS_RELEASE_DATE = bytes.fromhex("6001")
_MODULE_AND_INITIALIZATION = bytes.fromhex("5543 6001 5543 6001 5543 6001 00000000")
_NOT_PERSONALIZED = bytes(8)


@dataclass(frozen=True, slots=True)
class System:
    """What CPLC says of the chip and its operating system; 2 bytes each."""

    fabricator: bytes
    ic_type: bytes
    os_id: bytes
    os_release_level: bytes


def software_profiles() -> list[str]:
    """Return the names of the card types that a software card can be."""
    return [profile.name for profile in spec().card_profiles.values() if profile.software]


def system_of(profile: CardProfile) -> System:
    """Return what the card type has in its CPLC.

    Raises ValueError for a type of real cards, which has no CPLC of its own here.
    """
    for rule in profile.recognise if profile.software else ():
        if rule.fabricator and rule.ic_type and rule.os_id and rule.os_release_level:
            return System(rule.fabricator, rule.ic_type, rule.os_id, rule.os_release_level)
    raise ValueError(f"the software card cannot be {profile.name}")


def profile_of(cplc: bytes) -> str | None:
    """Return the name of the card type with this CPLC (42 bytes), None where it is another's."""
    shown = System(cplc[0:2], cplc[2:4], cplc[4:6], cplc[8:10])
    for name in software_profiles():
        if system_of(spec().card_profiles[name]) == shown:
            return name
    return None


def factory_key(profile: CardProfile) -> bytes:
    """Return GlobalPlatform's public test key, which a new card has as ENC, MAC and DEK.

    It is 40 41 42 … 4F; a longer key counts on, to 57 (AES-192) or 5F (AES-256).
    """
    return bytes(range(0x40, 0x40 + profile.key_length))


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


def new_cplcs(
    count: int, seed: int | None = None, profile: CardProfile | None = None
) -> Iterator[bytes]:
    """Yield the CPLC of ``count`` chips of one batch and card type, no two with the same serial.

    With a seed the serials are the same every time; without one batch and serials are random.
    """
    numbers = random.Random(seed) if seed is not None else random.SystemRandom()
    batch = numbers.randbytes(2)
    for number in numbers.sample(range(1 << 32), count):
        yield new_cplc(_FABRICATION_DATE, batch, number.to_bytes(4, "big"), profile)
