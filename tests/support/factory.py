"""New cards of any type, as their maker gives them away, and a terminal that has their keys."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from applet_spec import CardProfile, spec
from tests.support.terminal import Keys, Terminal

REFERENCE = spec().card_profiles["unicard-reference"]


class Transmits(Protocol):
    """A card as a terminal needs it."""

    @property
    def transmit(self) -> Callable[[bytes], bytes]: ...


def profile(i: int, key_length: int = 16, version: int = 0xFF) -> CardProfile:
    """Return a card type with this parameter i, this length of keys (bytes) and key version."""
    return replace(REFERENCE, i=i, key_length=key_length, factory_version=version)


def public_key(length: int) -> bytes:
    """Return GlobalPlatform's public test key, counted on to this length (bytes)."""
    return bytes(range(0x40, 0x40 + length))


def host_of(card: Transmits, kind: CardProfile) -> Terminal:
    """Return a terminal that opens sessions with a new card of this type."""
    key = public_key(kind.key_length)
    return Terminal(card.transmit, keys=Keys(key, key, key), size=16 if (kind.i or 0) & 1 else 8)
