"""How long bytes take between a reader and a card, by the standards' own figures.

A model, not a measurement: what the standards say a link needs at least, with the parameters
written out, so that other figures can be put in their place.

- Contact, T=1 (ISO/IEC 7816-3:2006): a block is prologue (3 bytes), the APDU and an epilogue of one
  byte (11.3); every APDU here fits one block. A character takes 12 elementary time units, with
  extra guard time N = 0 (8.2, 11.2); between blocks of opposite direction lie 22 (block guard time,
  11.4.3). A unit is F / D clock cycles (7.1).
- Contactless, ISO/IEC 14443 type A: an I-block is PCB (1 byte), the APDU and CRC (2 bytes; part 4,
  7.1), without CID and NAD; every APDU here fits one frame of 256 bytes. A byte takes 9 bits, a
  frame 2 bits more (part 3, 6.2.3). The card answers after at least 1236 / fc, the reader sends
  again after at least 1172 / fc (part 3, 6.2.1). No waiting time extension is counted (FWI 10, a
  frame waiting time of 309 ms).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

CARRIER = 13_560_000
"""Frequency of the field, Hz."""


class Link(Protocol):
    """A way to a card."""

    @property
    def name(self) -> str:
        """Its name in figures."""

    @property
    def told(self) -> str:
        """Its parameters in words."""

    def seconds(self, command: int, answer: int) -> float:
        """Return how long an APDU of so many bytes and its answer are on the way."""


@dataclass(frozen=True)
class Contact:
    """T=1 at a clock of ``clock`` Hz and ``cycles`` clock cycles an elementary time unit."""

    name: str
    clock: int
    cycles: float

    @property
    def told(self) -> str:
        """Its parameters in words."""
        rate = self.clock / self.cycles
        return (
            f"T=1 at {self.clock / 1e6:g} MHz, {self.cycles:g} cycles a bit ({rate:.0f} bit/s), "
            "12 bits a character, 4 bytes a block, block guard 22 bits"
        )

    def seconds(self, command: int, answer: int) -> float:
        """Return the time of two blocks and the guard time after each."""
        characters = command + answer + 2 * 4
        return (12 * characters + 2 * 22) * self.cycles / self.clock


@dataclass(frozen=True)
class Contactless:
    """ISO/IEC 14443-4 type A with ``cycles`` periods of the carrier a bit, in both directions."""

    name: str
    cycles: int

    @property
    def told(self) -> str:
        """Its parameters in words."""
        rate = CARRIER / self.cycles / 1000
        return (
            f"type A at {rate:.0f} kbit/s both ways, 9 bits a byte, 3 bytes and 2 bits a frame, "
            "guard times of the standard, no waiting time extension"
        )

    def seconds(self, command: int, answer: int) -> float:
        """Return the time of two frames and the guard times after each."""
        bits = 9 * (command + answer + 2 * 3) + 2 * 2
        return (bits * self.cycles + 1236 + 1172) / CARRIER


LINKS: tuple[Link, ...] = (
    Contact("contact_9600", 3_571_200, 372),
    Contact("contact_125k", 4_000_000, 512 / 16),
    Contactless("contactless_106k", 128),
    Contactless("contactless_424k", 32),
)


def milliseconds(link: Link, exchanges: Iterable[tuple[int, int]]) -> float:
    """Return how long these exchanges (bytes of command and answer) take on a link."""
    return 1000 * sum(link.seconds(command, answer) for command, answer in exchanges)
