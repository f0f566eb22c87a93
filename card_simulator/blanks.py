"""New blank cards: chips with serials of their own, in memory as their maker ships them."""

from __future__ import annotations

from collections.abc import Iterator

from applet_spec import CardProfile
from applet_spec.simulated import new_cplcs
from card_simulator.chip import Chip


def new_chips(
    count: int, seed: int | None = None, profile: CardProfile | None = None
) -> Iterator[Chip]:
    """Yield ``count`` chips of one batch and card type, no two with the same serial.

    With a seed the serials are the same every time; without one batch and serials are random.
    """
    return map(Chip, new_cplcs(count, seed, profile))
