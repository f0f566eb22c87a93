"""Invented CAP files: the components of a package with applets that do nothing."""

import io
import zipfile
from collections.abc import Mapping, Sequence

PACKAGE = bytes.fromhex("F0554E4954455354")
MODULE = PACKAGE + b"\x01"
OTHER_MODULE = PACKAGE + b"\x02"

FILES = {
    1: "Header", 2: "Directory", 3: "Applet", 4: "Import", 5: "ConstantPool", 6: "Class",
    7: "Method", 8: "StaticField", 9: "RefLocation", 10: "Export", 11: "Descriptor", 12: "Debug",
}  # fmt: skip
ORDER = (1, 2, 4, 3, 6, 7, 8, 10, 5, 9)
"""In which order a card is given the components (Java Card VM Specification 3.0.5, 4.1.2)."""


def contents(
    package: bytes = PACKAGE, modules: Sequence[bytes] = (MODULE,), code: int = 40
) -> dict[int, bytes]:
    """Return the components of a package by tag, without tag and size.

    ``code`` is the length of the Method component in bytes.
    """
    header = bytes.fromhex("DECAFFED") + bytes((1, 2, 4, 3, 1, len(package))) + package
    applets = b"".join(bytes((len(aid),)) + aid + b"\x00\x08" for aid in modules)
    parts = {
        1: header,
        4: bytes.fromhex("0100010107A0000000620101"),
        3: bytes((len(modules),)) + applets,
        6: b"\x00\x80\x03\x00",
        7: bytes(n % 251 for n in range(code)),
        8: bytes(10),
        5: b"\x00\x01\x06\x00\x00\x01",
        9: bytes(4),
        11: bytes(20),
    }
    if not modules:
        del parts[3]
    sizes = {tag: len(part) for tag, part in parts.items()}
    table_length = 2 * 11 + 6 + 3
    sizes[2] = table_length
    table = b"".join(sizes.get(tag, 0).to_bytes(2, "big") for tag in range(1, 12))
    parts[2] = table + bytes(6) + bytes((1, len(modules), 0))
    return parts


def component(tag: int, content: bytes) -> bytes:
    """Return a component as it lies in its file: tag, size in 2 bytes, content."""
    return bytes((tag,)) + len(content).to_bytes(2, "big") + content


def load_file(parts: Mapping[int, bytes] | None = None) -> bytes:
    """Return the components as a card is given them."""
    chosen = contents() if parts is None else parts
    return b"".join(component(tag, chosen[tag]) for tag in ORDER if tag in chosen)


def cap_file(parts: Mapping[int, bytes] | None = None, folder: str = "test/unicard") -> bytes:
    """Return a CAP file: a ZIP archive of the components and what a converter puts beside them."""
    chosen = contents() if parts is None else parts
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        for tag in sorted(chosen, reverse=True):
            archive.writestr(f"{folder}/javacard/{FILES[tag]}.cap", component(tag, chosen[tag]))
    return buffer.getvalue()
