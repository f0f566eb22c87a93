"""New blank cards: chips with serials of their own, in memory as their maker ships them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from applet_spec import CardProfile
from card_simulator.chip import Chip, new_cplc

_FABRICATION_DATE = bytes.fromhex("6001")
"""Year digit and day of the year, in BCD."""


def new_chips(
    count: int, seed: int | None = None, profile: CardProfile | None = None
) -> Iterator[Chip]:
    """Yield ``count`` chips of one batch and card type, no two with the same serial.

    With a seed the serials are the same every time; without one batch and serials are random.
    """
    numbers = random.Random(seed) if seed is not None else random.SystemRandom()
    batch = numbers.randbytes(2)
    for number in numbers.sample(range(1 << 32), count):
        yield Chip(new_cplc(_FABRICATION_DATE, batch, number.to_bytes(4, "big"), profile))
