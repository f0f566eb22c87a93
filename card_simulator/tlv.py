"""Reading and writing BER-TLV as the card does (ISO/IEC 8825-1 in the form of ISO/IEC 7816-4).

Definite lengths in their shortest form, tags of one to three bytes, no padding between objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class TlvError(ValueError):
    """The bytes are not the BER-TLV that the card accepts."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: its tag as a number (``0x9F70``) and its value."""

    tag: int
    value: bytes


def read(data: bytes) -> Iterator[Tlv]:
    """Yield the data objects that lie one after the other in ``data``; raises `TlvError`."""
    position = 0
    while position < len(data):
        tag, position = _read_tag(data, position)
        length, position = _read_length(data, position)
        end = position + length
        if end > len(data):
            raise TlvError(f"tag {tag:X} announces {length} bytes, {len(data) - position} are left")
        yield Tlv(tag, data[position:end])
        position = end


def read_tags(data: bytes) -> Iterator[int]:
    """Yield the tags that lie one after the other in a tag list; raises `TlvError`."""
    position = 0
    while position < len(data):
        tag, position = _read_tag(data, position)
        yield tag


def read_one(data: bytes) -> Tlv:
    """Return the only data object in ``data``; raises `TlvError` if there is none or more."""
    objects = list(read(data))
    if len(objects) != 1:
        raise TlvError(f"one data object expected, found {len(objects)}")
    return objects[0]


def write(tag: int, *parts: bytes) -> bytes:
    """Return one data object whose value is ``parts`` joined."""
    value = b"".join(parts)
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + _length_field(value) + value


def _read_tag(data: bytes, start: int) -> tuple[int, int]:
    first = data[start]
    if first == 0x00:
        raise TlvError("00 is not a tag")
    end = start + 1
    if first & 0x1F == 0x1F:
        end += 1
        while end - start < 3 and end <= len(data) and data[end - 1] & 0x80:
            end += 1
        field = data[start + 1 : end]
        if len(data) < end or field[-1] & 0x80 or field[0] == 0x80 or field[0] < 0x1F:
            raise TlvError("a tag is cut short, too long or not in its shortest form")
    return int.from_bytes(data[start:end], "big"), end


def _read_length(data: bytes, start: int) -> tuple[int, int]:
    if start >= len(data):
        raise TlvError("a length is missing")
    first = data[start]
    if first < 0x80:
        return first, start + 1
    count = first & 0x7F
    end = start + 1 + count
    if count not in (1, 2) or end > len(data):
        raise TlvError("a length field is cut short, indefinite or too long")
    length = int.from_bytes(data[start + 1 : end], "big")
    if length < (0x80 if count == 1 else 0x100):
        raise TlvError("a length is not in its shortest form")
    return length, end


def _length_field(value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        return bytes([length])
    if length < 0x100:
        return bytes([0x81, length])
    if length < 0x10000:
        return b"\x82" + length.to_bytes(2, "big")
    raise TlvError(f"{length} bytes are too long for a data object")
