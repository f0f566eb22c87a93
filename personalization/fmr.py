"""Finger minutiae records of ISO/IEC 19794-2:2005, section 7: read strictly, never repaired."""

from dataclasses import dataclass, field

from personalization.errors import FingerRecordInvalid

HEADER_LENGTH = 24
VIEW_HEADER_LENGTH = 4
MINUTIA_LENGTH = 6
FORMAT = b"FMR\0 20\0"
_RESERVED_TYPE = 3


@dataclass(frozen=True, slots=True)
class Minutia:
    """One minutia: ``x``, ``y`` in pixels from the top left, ``angle`` in units of 360/256 degrees.

    ``type``: 0 other, 1 ridge ending, 2 bifurcation. ``quality`` 1 to 100, 0: not reported.
    """

    type: int
    x: int
    y: int
    angle: int
    quality: int


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """A record of one finger view.

    ``position`` is the finger position code (0 unknown, 1 right thumb to 10 left little finger),
    resolutions are in pixels per centimetre, ``width`` and ``height`` in pixels.
    """

    position: int
    width: int
    height: int
    x_resolution: int
    y_resolution: int
    quality: int
    minutiae: tuple[Minutia, ...] = field(repr=False)


def parse_finger_record(data: bytes) -> FingerRecord:
    """Read a record that holds exactly one finger view. Raises `FingerRecordInvalid`."""
    if len(data) < HEADER_LENGTH + VIEW_HEADER_LENGTH + 2:
        raise FingerRecordInvalid(f"{len(data)} bytes are too few for a finger minutiae record")
    if data[:8] != FORMAT:
        raise FingerRecordInvalid("the record does not begin with FMR and version 20")
    length, _capture, width, height, x_resolution, y_resolution = _numbers(
        data[8:HEADER_LENGTH], 4, 2, 2, 2, 2, 2
    )
    if length != len(data):
        raise FingerRecordInvalid(f"the record says {length} bytes and has {len(data)}")
    if not (width and height and x_resolution and y_resolution):
        raise FingerRecordInvalid("image size or resolution is zero")
    views, reserved = data[22:24]
    if views != 1 or reserved:
        raise FingerRecordInvalid(f"the record holds {views} finger views; one is needed")
    position, view, quality, count = data[HEADER_LENGTH : HEADER_LENGTH + VIEW_HEADER_LENGTH]
    if position > 10 or view >> 4 or quality > 100:
        raise FingerRecordInvalid("finger position, view number or quality is out of range")
    record = FingerRecord(
        position,
        width,
        height,
        x_resolution,
        y_resolution,
        quality,
        _minutiae(data, count, width, height),
    )
    _check_extended(data[HEADER_LENGTH + VIEW_HEADER_LENGTH + count * MINUTIA_LENGTH :])
    return record


def _numbers(data: bytes, *widths: int) -> tuple[int, ...]:
    values, start = [], 0
    for width in widths:
        values.append(int.from_bytes(data[start : start + width], "big"))
        start += width
    return tuple(values)


def _minutiae(data: bytes, count: int, width: int, height: int) -> tuple[Minutia, ...]:
    if not count:
        raise FingerRecordInvalid("the record holds no minutiae")
    start = HEADER_LENGTH + VIEW_HEADER_LENGTH
    end = start + count * MINUTIA_LENGTH
    if end + 2 > len(data):
        raise FingerRecordInvalid(f"the record is too short for its {count} minutiae")
    return tuple(
        _minutia(data[offset : offset + MINUTIA_LENGTH], width, height)
        for offset in range(start, end, MINUTIA_LENGTH)
    )


def _minutia(data: bytes, width: int, height: int) -> Minutia:
    typed_x, reserved_y = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    minutia = Minutia(typed_x >> 14, typed_x & 0x3FFF, reserved_y & 0x3FFF, data[4], data[5])
    if minutia.type == _RESERVED_TYPE or reserved_y >> 14:
        raise FingerRecordInvalid("a minutia has a reserved type or reserved bits set")
    if minutia.x >= width or minutia.y >= height:
        raise FingerRecordInvalid("a minutia lies outside the image")
    if minutia.quality > 100:
        raise FingerRecordInvalid("a minutia's quality is above 100")
    return minutia


def _check_extended(rest: bytes) -> None:
    """Check the extended data of the view: areas of type 2, length 2 (its own 4 bytes included)."""
    areas = rest[2:]
    if int.from_bytes(rest[:2], "big") != len(areas):
        raise FingerRecordInvalid("the extended data is not as long as it says")
    while areas:
        size = int.from_bytes(areas[2:4], "big") if len(areas) >= 4 else 0
        if not 4 <= size <= len(areas):
            raise FingerRecordInvalid("an area of the extended data is not as long as it says")
        areas = areas[size:]
