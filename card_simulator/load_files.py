"""Reading a load file: the components of a Java Card CAP file, one after the other.

Each component is its tag (1 byte), its size (2 bytes) and its content (Java Card Virtual Machine
Specification 3.0.5, 6.1). The card looks at two of them: the Header says which package it is, the
Applet component which modules can be installed from it. The others are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = bytes.fromhex("DECAFFED")
_HEADER, _APPLET = 1, 3
_LAST_TAG, _FIRST_CUSTOM_TAG = 12, 128
_AID_LENGTHS = range(5, 17)
_EXTENDED = 0x08


class LoadFileError(ValueError):
    """The bytes are not the components of a CAP file."""


@dataclass(frozen=True, slots=True)
class LoadFile:
    """What a load file holds: package AID, version (major, minor; 2 bytes) and module AIDs.

    ``size`` is the length of the load file data block in bytes; a library has no modules.
    """

    aid: bytes
    version: bytes
    modules: tuple[bytes, ...]
    size: int


def read_load_file(data: bytes) -> LoadFile:
    """Return what a load file data block holds; raises `LoadFileError` and nothing else."""
    components: dict[int, bytes] = {}
    for tag, content in _components(data):
        if tag in components:
            raise LoadFileError(f"component {tag} is there twice")
        components[tag] = content
    if next(iter(components), None) != _HEADER:
        raise LoadFileError("the first component is not the Header")
    aid, version = _package(_Bytes(components[_HEADER]))
    modules = _modules(_Bytes(components[_APPLET])) if _APPLET in components else ()
    return LoadFile(aid, version, modules, len(data))


class _Bytes:
    """Bytes taken from the front; raises `LoadFileError` where too few are left."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, count: int) -> bytes:
        if count > len(self.left):
            raise LoadFileError(f"{count} bytes expected, {len(self.left)} are left")
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def aid(self) -> bytes:
        aid = self.take(self.number(1))
        if len(aid) not in _AID_LENGTHS:
            raise LoadFileError(f"an AID of {len(aid)} bytes")
        return aid


def _components(data: bytes) -> Iterator[tuple[int, bytes]]:
    rest = _Bytes(data)
    while rest.left:
        tag = rest.number(1)
        if not 1 <= tag <= _LAST_TAG and tag < _FIRST_CUSTOM_TAG:
            raise LoadFileError(f"there is no component {tag}")
        yield tag, rest.take(rest.number(2))


def _package(header: _Bytes) -> tuple[bytes, bytes]:
    """Return AID and version of the Header component (6.3)."""
    if header.take(4) != _MAGIC:
        raise LoadFileError("the Header does not begin as a CAP file does")
    header.take(2)  # version of the format
    if header.number(1) & _EXTENDED:
        raise LoadFileError("the extended format is not for this card")
    minor, major = header.take(1), header.take(1)
    aid = header.aid()
    if header.left:
        header.take(header.number(1))  # the package's name, since format 2.2
    if header.left:
        raise LoadFileError("the Header is longer than its parts")
    return aid, major + minor


def _modules(applet: _Bytes) -> tuple[bytes, ...]:
    """Return the AIDs of the Applet component (6.5)."""
    modules = []
    for _ in range(applet.number(1)):
        modules.append(applet.aid())
        applet.take(2)  # where its install method is
    if not modules or applet.left or len(set(modules)) != len(modules):
        raise LoadFileError("the Applet component is empty, too long, or names a module twice")
    return tuple(modules)
