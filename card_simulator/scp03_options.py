"""The SCP03 parameter ``i``: which of the protocol's options a card has.

GlobalPlatform Card Specification, Amendment D 1.2, table 5-1. A card keeps its parameter in one
cell; cards made before there was a choice have none and are 60.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from card_simulator.memory import Memory
from card_simulator.scp03 import Level

OPTIONS_CELL = "isd.i"

_S16, _PSEUDO_RANDOM, _R_MAC, _R_MAC_AND_R_ENC = 0x01, 0x10, 0x20, 0x60
_DEFAULT = b"\x60"
_COMMAND_LEVELS = (Level.C_MAC, Level.C_MAC | Level.C_ENC)


@dataclass(frozen=True, slots=True)
class Options:
    """A card's parameter ``i`` (one byte); raises ValueError for one that does not exist."""

    i: int

    def __post_init__(self) -> None:
        known = _S16 | _PSEUDO_RANDOM | _R_MAC_AND_R_ENC
        if self.i & ~known or self.i & _R_MAC_AND_R_ENC not in (0, _R_MAC, _R_MAC_AND_R_ENC):
            raise ValueError(f"SCP03 has no parameter i = {self.i:02X}")

    @classmethod
    def of(cls, memory: Memory) -> Options:
        """Read the parameter of the card that has this memory."""
        return cls(memory.read(OPTIONS_CELL, _DEFAULT)[0])

    @property
    def size(self) -> int:
        """Bytes of challenges, cryptograms and MACs: 8, or 16 in S16 mode."""
        return 16 if self.i & _S16 else 8

    @property
    def pseudo_random(self) -> bool:
        """Whether card challenges come from a sequence counter instead of chance."""
        return bool(self.i & _PSEUDO_RANDOM)

    def levels(self, allowed: Iterable[int]) -> frozenset[int]:
        """Return those of the ``allowed`` security levels that a card with these options has.

        C-MAC alone and with C-ENC always; R-MAC beside either where the card has R-MAC; R-ENC
        beside everything else (Amendment D, table 7-6).
        """
        levels: set[int] = set(_COMMAND_LEVELS)
        if self.i & _R_MAC:
            levels |= {level | Level.R_MAC for level in _COMMAND_LEVELS}
        if self.i & _R_MAC_AND_R_ENC == _R_MAC_AND_R_ENC:
            levels.add(Level.C_MAC | Level.C_ENC | Level.R_MAC | Level.R_ENC)
        return frozenset(levels.intersection(allowed))
