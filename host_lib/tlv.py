"""Strict BER-TLV as ISO/IEC 7816-4 (5.2.2) uses it: one encoding for one meaning.

Tags of one to three bytes in their shortest form, definite lengths in their shortest form, no
padding between objects, nothing left over. A tag is one number, for example 0x7F49.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from host_lib.errors import TlvError

_MAX_TAG_BYTES = 3
_MAX_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: its tag as a number and its value."""

    tag: int
    value: bytes

    @property
    def constructed(self) -> bool:
        """Whether the tag says that the value consists of data objects (bit 6 of byte 1)."""
        return bool(_tag_bytes(self.tag)[0] & 0x20)

    def children(self) -> tuple["Tlv", ...]:
        """Parse the value as data objects; offsets in errors count from the start of the value."""
        return parse(self.value)

    def encode(self) -> bytes:
        """Return tag, length and value."""
        return encode(self.tag, self.value)


def parse(data: bytes) -> tuple[Tlv, ...]:
    """Read all data objects in ``data``, in order. Raises TlvError with the offset of the fault."""
    objects = []
    position = 0
    while position < len(data):
        tag, after_tag = _read_tag(data, position)
        length, start = _read_length(data, after_tag)
        position = start + length
        if position > len(data):
            missing = position - len(data)
            raise TlvError(f"object {tag:X} is {missing} bytes short of its length", after_tag)
        objects.append(Tlv(tag, bytes(data[start:position])))
    return tuple(objects)


def find(objects: Iterable[Tlv], *path: int) -> Tlv | None:
    """Return the first object with this tag, or None; more tags descend into the values.

    Raises TlvError when a value on the way does not consist of data objects.
    """
    tag, *rest = path
    for item in objects:
        if item.tag == tag:
            return find(item.children(), *rest) if rest else item
    return None


def encode(tag: int, value: bytes) -> bytes:
    """Return tag, length and value. Raises ValueError for a number that is no tag."""
    return _tag_bytes(tag) + _length_bytes(len(value)) + value


def _tag_bytes(tag: int) -> bytes:
    if tag < 1:
        raise ValueError(f"{tag} is no BER-TLV tag")
    encoded = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    try:
        _, end = _read_tag(encoded, 0)
    except TlvError as error:
        raise ValueError(f"{tag:X} is no BER-TLV tag: {error.message}") from error
    if end != len(encoded):
        raise ValueError(f"{tag:X} is no BER-TLV tag: it ends after {end} bytes")
    return encoded


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    encoded = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(encoded),)) + encoded


def _read_tag(data: bytes, start: int) -> tuple[int, int]:
    """Return the tag at ``start`` and the offset behind it."""
    if data[start] == 0:
        raise TlvError("00 is no tag", start)
    end = start + 1
    if data[start] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data):
        raise TlvError("the tag is cut off", start)
    encoded = data[start:end]
    if len(encoded) > _MAX_TAG_BYTES:
        raise TlvError(f"a tag of {len(encoded)} bytes is longer than {_MAX_TAG_BYTES}", start)
    if len(encoded) > 1 and (encoded[1] < 0x1F or encoded[1] == 0x80):
        raise TlvError(f"tag {encoded.hex().upper()} has a shorter form", start)
    return int.from_bytes(encoded, "big"), end


def _read_length(data: bytes, start: int) -> tuple[int, int]:
    """Return the length at ``start`` and the offset behind it."""
    if start >= len(data):
        raise TlvError("the length is missing", start)
    first = data[start]
    if first < 0x80:
        return first, start + 1
    count = first & 0x7F
    if not 1 <= count <= _MAX_LENGTH_BYTES:
        raise TlvError(f"length byte {first:02X} is not allowed", start)
    end = start + 1 + count
    if end > len(data):
        raise TlvError("the length is cut off", start)
    length = int.from_bytes(data[start + 1 : end], "big")
    if len(_length_bytes(length)) != 1 + count:
        raise TlvError(f"length {length} has a shorter form", start)
    return length, end
