"""Finger records become what the card compares: compact minutiae, and the template that says so.

ISO/IEC 19794-2:2005, 8.3 (compact size): x and y in 0.1 mm, one byte each; type in the two high
bits of the third byte, the angle in units of 5.625 degrees in the other six.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from applet_spec import spec
from host_lib.tlv import encode
from personalization.fmr import FingerRecord, Minutia

LARGEST = 255
"""The largest coordinate, 25.5 mm."""
_TENTHS_PER_CM = 100
_ANGLE_STEP = 4
"""Angle units of the record (360/256 degrees) in one unit of the card (360/64)."""

_BIOMETRIC_TYPE_FINGERPRINT = 0x08
_FORMAT_OWNER_SC37 = 0x0101
_FORMAT_TYPE_COMPACT = 0x0005
"""ISO/IEC JTC 1/SC 37: finger minutiae, card, compact size."""


@dataclass(frozen=True, slots=True)
class CardFinger:
    """One finger as the card stores it; ``notes`` say what of the record was left out, and why."""

    position: int
    template: bytes = field(repr=False)
    notes: tuple[str, ...]

    @property
    def minutiae(self) -> int:
        """How many minutiae the template has."""
        return (len(self.template) - 1) // 3


@dataclass(frozen=True, slots=True)
class _Point:
    """A minutia in the card's units, before it is known to fit into bytes."""

    x: int
    y: int
    type: int
    angle: int
    quality: int


def card_finger(record: FingerRecord, position: int) -> CardFinger:
    """Return the template of a finger: its position and at most 60 minutiae, by y and then x.

    A print larger than 25.5 mm is cut around its centroid. Of too many minutiae those of low
    quality go first, then those far from the centroid.
    """
    points = [_in_card_units(minutia, record) for minutia in record.minutiae]
    points, notes = _fitted(points)
    most = spec().limits["finger_minutiae"]
    if len(points) > most:
        notes = (*notes, f"{len(points) - most} of {len(points)} minutiae dropped")
        points = _best(points, most)
    points.sort(key=lambda p: (p.y, p.x, p.type, p.angle))
    body = b"".join(bytes((p.x, p.y, p.type << 6 | p.angle)) for p in points)
    return CardFinger(position, bytes((position,)) + body, notes)


def _in_card_units(minutia: Minutia, record: FingerRecord) -> _Point:
    return _Point(
        x=_scaled(minutia.x, record.x_resolution),
        y=_scaled(minutia.y, record.y_resolution),
        type=minutia.type,
        angle=(minutia.angle + _ANGLE_STEP // 2) // _ANGLE_STEP % 64,
        quality=minutia.quality,
    )


def _scaled(pixels: int, resolution: int) -> int:
    """Return pixels at ``resolution`` per cm in 0.1 mm, rounded to nearest."""
    return (2 * pixels * _TENTHS_PER_CM + resolution) // (2 * resolution)


def _fitted(points: Sequence[_Point]) -> tuple[list[_Point], tuple[str, ...]]:
    """Move the points so that they fit into bytes; cut off those that cannot."""
    x_start, x_cut = _window([p.x for p in points])
    y_start, y_cut = _window([p.y for p in points])
    inside = [
        _Point(p.x - x_start, p.y - y_start, p.type, p.angle, p.quality)
        for p in points
        if x_start <= p.x <= x_start + LARGEST and y_start <= p.y <= y_start + LARGEST
    ]
    if not (x_cut or y_cut):
        return inside, ()
    lost = len(points) - len(inside)
    return inside, (f"print larger than 25.5 mm: {lost} of {len(points)} minutiae cut off",)


def _window(values: Sequence[int]) -> tuple[int, bool]:
    """Return where the window of 256 units begins, and whether values lie outside of it."""
    low, high = min(values), max(values)
    if high <= LARGEST:
        return 0, False
    if high - low <= LARGEST:
        return low, False
    start = round(sum(values) / len(values)) - (LARGEST + 1) // 2
    return min(max(start, low), high - LARGEST), True


def _best(points: Sequence[_Point], most: int) -> list[_Point]:
    centre_x = sum(p.x for p in points) / len(points)
    centre_y = sum(p.y for p in points) / len(points)

    def rank(point: _Point) -> tuple[float, ...]:
        distance = (point.x - centre_x) ** 2 + (point.y - centre_y) ** 2
        return (-point.quality, distance, point.y, point.x)

    return sorted(points, key=rank)[:most]


_SIDES = {"right": 0b01, "left": 0b10}


def biometric_subtype(position: int) -> int:
    """Return the CBEFF subtype of a finger position (1 right thumb to 10 left little finger).

    ISO/IEC 19785-3: bits 1-2 say right or left, bits 3-5 thumb, index, middle, ring or little.
    """
    finger = (position - 1) % 5 + 1
    return finger << 2 | _SIDES["right" if position <= 5 else "left"]


def biometric_information(fingers: Iterable[CardFinger]) -> bytes:
    """Return the value of the biometric information template 7F60 (ISO/IEC 7816-11).

    One biometric header template A1 a finger (81 type, 82 subtype, 87 format owner, 88 format
    type) and the matching parameters B1 (81: least and most minutiae); ISO/IEC 19785-3.
    """
    headers = b"".join(_header(finger.position) for finger in fingers)
    limits = encode(0x81, bytes((1, spec().limits["finger_minutiae"])))
    return headers + encode(0xB1, limits)


def _header(position: int) -> bytes:
    fields = (
        encode(0x81, bytes((_BIOMETRIC_TYPE_FINGERPRINT,))),
        encode(0x82, bytes((biometric_subtype(position),))),
        encode(0x87, _FORMAT_OWNER_SC37.to_bytes(2, "big")),
        encode(0x88, _FORMAT_TYPE_COMPACT.to_bytes(2, "big")),
    )
    return encode(0xA1, b"".join(fields))
