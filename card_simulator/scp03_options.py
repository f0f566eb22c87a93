"""The SCP03 parameter ``i``: which of the protocol's options a card has.

GlobalPlatform Card Specification, Amendment D, table 5-1. A card keeps its parameter in one cell;
cards made before there was a choice have none, and the reference card's.
"""

from __future__ import annotations

from dataclasses import dataclass

from applet_spec import spec
from card_simulator.memory import Memory

OPTIONS_CELL = "isd.i"


@dataclass(frozen=True, slots=True)
class Options:
    """A card's parameter ``i`` (one byte); raises ValueError for one that does not exist."""

    i: int

    def __post_init__(self) -> None:
        if not spec().secure_channel.knows(self.i):
            raise ValueError(f"SCP03 has no parameter i = {self.i:02X}")

    @classmethod
    def of(cls, memory: Memory) -> Options:
        """Read the parameter of the card that has this memory."""
        return cls(int.from_bytes(memory.read(OPTIONS_CELL) or bytes((spec().secure_channel.i,))))

    @property
    def size(self) -> int:
        """Bytes of challenges, cryptograms and MACs: 8, or 16 in S16 mode."""
        return spec().secure_channel.mac_length_for(self.i)

    @property
    def pseudo_random(self) -> bool:
        """Whether card challenges come from a sequence counter instead of chance."""
        return spec().secure_channel.is_pseudo_random(self.i)

    @property
    def levels(self) -> frozenset[int]:
        """Security levels that the card has."""
        return spec().secure_channel.levels_for(self.i)
