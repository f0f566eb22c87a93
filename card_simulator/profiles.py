"""Card types that the software card can be, and how they show in production data (CPLC).

What they are is the contract's (``spec().card_profiles``); here they become bytes of a new card,
and a card's bytes the name of its type.
"""

from __future__ import annotations

from dataclasses import dataclass

from applet_spec import CardProfile, spec
from card_simulator.scp03 import StaticKeys

REFERENCE = "unicard-reference"


@dataclass(frozen=True, slots=True)
class System:
    """What CPLC says of the chip and its operating system; 2 bytes each."""

    fabricator: bytes
    ic_type: bytes
    os_id: bytes
    os_release_level: bytes


def software_profiles() -> list[str]:
    """Return the names of the card types that the software card can be."""
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


def factory_keys(profile: CardProfile) -> StaticKeys:
    """Return the keys of a new card: GlobalPlatform's public test key, as ENC, MAC and DEK.

    It is 40 41 42 … 4F; a longer key counts on, to 57 (AES-192) or 5F (AES-256).
    """
    key = bytes(range(0x40, 0x40 + profile.key_length))
    return StaticKeys(key, key, key)
