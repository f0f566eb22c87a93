"""Load files: what INSTALL [for load] and LOAD put on a card, read from a CAP file or as raw bytes.

A CAP file is a ZIP archive with one entry a component (Java Card Virtual Machine Specification
3.0.5, chapter 6 and 4.1.2); a raw load file (IJC) is the components one after the other. Either way
the components are checked before a card hears of them.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from applet_spec import ExitCode, UnicardError
from host_lib.tlv import encode

_LARGEST_FILE = 1 << 20
_MAGIC = bytes.fromhex("DECAFFED")
_LOAD_FILE_DATA_BLOCK = 0xC4
_AID_LENGTHS = range(5, 17)
_ZIP = b"PK\x03\x04"

_HEADER, _DIRECTORY, _APPLET, _DESCRIPTOR = 1, 2, 3, 11
_ORDER = {
    "Header": _HEADER,
    "Directory": _DIRECTORY,
    "Import": 4,
    "Applet": _APPLET,
    "Class": 6,
    "Method": 7,
    "StaticField": 8,
    "Export": 10,
    "ConstantPool": 5,
    "RefLocation": 9,
    "StaticResources": 13,
}
"""The components that a card needs, in the order in which they are loaded, with their tags.

Descriptor (11) and Debug (12) serve verifiers and debuggers and stay off the card.
"""
_KNOWN_TAGS = {*_ORDER.values(), _DESCRIPTOR, 12}


_DAMAGES = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError
)  # fmt: skip
"""What zipfile raises for archives that are damaged, encrypted or packed in a way it lacks."""


class LoadFileInvalid(UnicardError):
    """A file is no load file that a card could take; no card was asked."""

    exit_code = ExitCode.USAGE
    advice = "Build the package again with the Java Card converter, and name its .cap file."


@dataclass(frozen=True, slots=True)
class LoadFile:
    """A load file: its name, its modules (applet classes), its version and its bytes.

    ``package`` and ``modules`` are AIDs of 5 to 16 bytes, ``version`` is major and minor, ``code``
    are the components as the card takes them.
    """

    package: bytes
    version: tuple[int, int]
    modules: tuple[bytes, ...]
    code: bytes

    @classmethod
    def of(cls, components: bytes) -> Self:
        """Check components in a row and read their names. Raises `LoadFileInvalid`."""
        parts = _split(components)
        if list(parts)[:2] != [_HEADER, _DIRECTORY]:
            raise LoadFileInvalid("it does not begin with the components Header and Directory")
        _check_sizes(parts)
        package, version = _read_header(parts[_HEADER])
        return cls(package, version, _read_applets(parts.get(_APPLET, b"")), components)

    @property
    def data(self) -> bytes:
        """What the blocks of LOAD carry: the load file data block, C4 (GlobalPlatform 2.3.1,
        11.6.2.3).
        """
        return encode(_LOAD_FILE_DATA_BLOCK, self.code)

    def cut(self, size: int) -> tuple[bytes, ...]:
        """Return the data of each LOAD command, at most ``size`` bytes.

        Raises `LoadFileInvalid` for more blocks than LOAD can number (256).
        """
        data = self.data
        pieces = tuple(data[start : start + size] for start in range(0, len(data), size))
        if len(pieces) > 0x100:
            raise LoadFileInvalid(
                f"{len(data)} bytes need {len(pieces)} commands of {size} bytes; LOAD counts to 256"
            )
        return pieces


def read_load_file(path: Path) -> LoadFile:
    """Read a CAP file, or a file of bare components. Raises `LoadFileInvalid`, naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise LoadFileInvalid(f"it is longer than {_LARGEST_FILE} bytes")
        return parse_load_file(data)
    except OSError as error:
        raise LoadFileInvalid(
            f"{path} cannot be read: {error.strerror}", advice="Check the name of the file."
        ) from error
    except LoadFileInvalid as error:
        raise LoadFileInvalid(f"{path} is no load file: {error.message}") from error


def parse_load_file(data: bytes) -> LoadFile:
    """Read the bytes of a CAP file or of bare components. Raises `LoadFileInvalid`."""
    return LoadFile.of(_unzipped(data) if data.startswith(_ZIP) else data)


def _unzipped(data: bytes) -> bytes:
    """Return the components of a CAP file in loading order."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _components(archive)
            return b"".join(
                _unpacked(archive, entries[name], tag)
                for name, tag in _ORDER.items()
                if name in entries
            )
    except _DAMAGES as error:
        raise LoadFileInvalid(f"the archive is damaged: {error}") from error


def _components(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by component name; they lie in one folder ``…/javacard``."""
    found: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        if path.suffix == ".capx":
            raise LoadFileInvalid("it is in the extended CAP format, which cards of ours lack")
        if path.suffix != ".cap" or path.parent.name != "javacard":
            continue
        if path.stem in found:
            raise LoadFileInvalid(f"it has more than one component {path.stem}")
        found[path.stem] = info
        folders.add(path.parent)
    if len(folders) != 1:
        raise LoadFileInvalid(f"it has {len(folders)} packages instead of one")
    return found


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, tag: int) -> bytes:
    if info.file_size > _LARGEST_FILE:
        raise LoadFileInvalid(f"{info.filename} would unpack to {info.file_size} bytes")
    with archive.open(info) as file:
        component = file.read(_LARGEST_FILE + 1)
    if list(_split(component)) != [tag]:
        raise LoadFileInvalid(f"{info.filename} is not the component of that name")
    return component


def _split(data: bytes) -> dict[int, bytes]:
    """Return the components by tag, in their order: tag (1 byte), size (2 bytes), content."""
    parts: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        tag, start = data[position], position + 3
        position = start + int.from_bytes(data[position + 1 : start], "big")
        if start > len(data) or position > len(data):
            raise LoadFileInvalid(f"component {tag} is cut off at byte {len(data)}")
        if tag not in _KNOWN_TAGS:
            raise LoadFileInvalid(f"there is no component {tag}")
        if tag in parts:
            raise LoadFileInvalid(f"component {tag} comes twice")
        parts[tag] = data[start:position]
    if not parts:
        raise LoadFileInvalid("there is no component in it")
    return parts


def _check_sizes(parts: dict[int, bytes]) -> None:
    """Compare the sizes that the Directory component announces with those that are there."""
    directory = parts[_DIRECTORY]
    for tag in range(_HEADER, _DESCRIPTOR + 1):
        announced = int.from_bytes(directory[2 * (tag - 1) : 2 * tag], "big")
        size = len(parts.get(tag, b""))
        # A descriptor may have been left out, because cards do not need it.
        if announced != size and (tag, size) != (_DESCRIPTOR, 0):
            raise LoadFileInvalid(
                f"component {tag} has {size} bytes, the directory says {announced}"
            )


def _read_header(header: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return package AID and version: magic 4, format 2, flags 1, minor, major, AID length, AID."""
    if header[:4] != _MAGIC or len(header) < 10:
        raise LoadFileInvalid("the Header component does not begin with DECAFFED")
    minor, major, length = header[7:10]
    return _aid(header[10 : 10 + length], length, "package"), (major, minor)


def _read_applets(applets: bytes) -> tuple[bytes, ...]:
    """Return the AIDs of the Applet component: count, then length, AID, install method (2)."""
    modules = []
    position = 1
    for _ in range(applets[0] if applets else 0):
        length = int.from_bytes(applets[position : position + 1], "big")
        end = position + 1 + length
        if end + 2 > len(applets):
            raise LoadFileInvalid("the Applet component is cut off")
        modules.append(_aid(applets[position + 1 : end], length, "applet"))
        position = end + 2
    if position < len(applets) or len(set(modules)) != len(modules):
        raise LoadFileInvalid("the Applet component holds something else than distinct applets")
    return tuple(modules)


def _aid(value: bytes, length: int, what: str) -> bytes:
    if len(value) != length or length not in _AID_LENGTHS:
        raise LoadFileInvalid(f"the {what} has no AID of 5 to 16 bytes")
    return value
