"""Invented fingers as ISO/IEC 19794-2:2005 finger minutiae records (record format, one view).

The points come from a random generator, not from anybody's finger: spread over an oval with the
distances that ridges leave, angles following a smooth field of loops. Good for moving data about;
no statement about accuracy can rest on them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

WIDTH, HEIGHT = 300, 400
"""Image size in pixels."""

RESOLUTION = 197
"""Pixels per centimetre (500 dpi)."""

FEWEST, MOST = 15, 45
"""Number of minutiae."""

_LEAST_DISTANCE = 14
_ANGLE_UNITS = 256
_ENDING, _BIFURCATION = 1, 2
_QUALITY = 60


def finger_record(numbers: random.Random, position: int) -> bytes:
    """Return one record for a finger position (1 right thumb to 10 left little finger)."""
    points = list(_points(numbers, numbers.randint(FEWEST, MOST)))
    phase = numbers.uniform(0, math.tau)
    view = bytes((position, 0, _QUALITY, len(points)))
    view += b"".join(_minutia(numbers, x, y, phase) for x, y in points)
    length = 24 + len(view) + 2
    header = (
        b"FMR\x00 20\x00"
        + length.to_bytes(4, "big")
        + bytes(2)  # capture device: none
        + WIDTH.to_bytes(2, "big")
        + HEIGHT.to_bytes(2, "big")
        + RESOLUTION.to_bytes(2, "big") * 2
        + bytes((1, 0))
    )
    return header + view + bytes(2)


def _points(numbers: random.Random, count: int) -> Iterator[tuple[int, int]]:
    """Yield points inside an oval, none too close to another."""
    kept: list[tuple[int, int]] = []
    while len(kept) < count:
        x, y = numbers.randrange(WIDTH), numbers.randrange(HEIGHT)
        inside = ((x / WIDTH - 0.5) / 0.45) ** 2 + ((y / HEIGHT - 0.5) / 0.45) ** 2 <= 1
        if inside and all(math.dist((x, y), other) >= _LEAST_DISTANCE for other in kept):
            kept.append((x, y))
            yield x, y


def _minutia(numbers: random.Random, x: int, y: int, phase: float) -> bytes:
    """Return six bytes: type and x, y, angle, quality unknown."""
    kind = numbers.choices((_ENDING, _BIFURCATION), weights=(3, 2))[0]
    around = math.atan2(y - HEIGHT * 0.45, x - WIDTH * 0.5) / 2 + phase
    turned = around + numbers.gauss(0, 0.15) + numbers.choice((0, math.pi))
    angle = int(turned / math.tau * _ANGLE_UNITS) % _ANGLE_UNITS
    return (kind << 14 | x).to_bytes(2, "big") + y.to_bytes(2, "big") + bytes((angle, 0))
