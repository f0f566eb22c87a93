"""Card types that the software card can be; what they are is the contract's."""

from __future__ import annotations

from applet_spec import CardProfile
from applet_spec.simulated import REFERENCE, factory_key, profile_of, software_profiles
from card_simulator.scp03 import StaticKeys

__all__ = ["REFERENCE", "factory_keys", "profile_of", "software_profiles"]


def factory_keys(profile: CardProfile) -> StaticKeys:
    """Return the keys of a new card: one key as ENC, MAC and DEK."""
    key = factory_key(profile)
    return StaticKeys(key, key, key)
