"""What the user supplies for a CAP: a Java Card SDK, and the export files of org.globalplatform.

Neither may be handed on by this project. Each is looked at before it is used, and what is wrong
with it is said in words that name what was looked for.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

JC_HOME = "JC_HOME"
GP_EXPORTS = "GP_EXPORTS"

_SDK_WANTED = (
    "the unpacked Java Card Classic Development Kit 3.0.5u3 or 3.0.5u4, which Oracle gives out at "
    "https://www.oracle.com/java/technologies/javacard-sdk-downloads.html under its own licence"
)
_EXPORTS_WANTED = (
    "the folder with the export files of GlobalPlatform's Card API, package org.globalplatform "
    "1.x, which https://globalplatform.org/specs-library gives out as 'GlobalPlatform Card API "
    "(org.globalplatform)' under its own licence; version 1.6 is that of Card Specification 2.3.1"
)

_TOOLS = Path("lib", "tools.jar")
_CONVERTER = "com/sun/javacard/converter/Main.class"
_VERSIONS = "com/sun/javacard/toolsversion.properties"
_CONVERTER_VERSION = "3.0.5"
_YEARS = {"2018": "3.0.5u3", "2020": "3.0.5u4"}
"""The updates of 3.0.5 that are taken, by the year of their copyright. The older of them is known
to run on JDK 17."""

API_EXPORTS = Path("api_export_files")
_API_PACKAGES = ("java/lang", "javacard/framework", "javacard/security", "javacardx/crypto")

_GP_EXPORT = Path("org", "globalplatform", "javacard", "globalplatform.exp")
_GP_NAME = "org/globalplatform"
_GP_AID = bytes.fromhex("A00000015100")
_GP_MAJOR = 1


def faults(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with what the user supplies, each in one paragraph."""
    yield from _sdk_faults(environment.get(JC_HOME, ""))
    yield from _export_faults(environment.get(GP_EXPORTS, ""))


def _sdk_faults(named: str) -> Iterator[str]:
    if not named:
        yield _unset(JC_HOME, _SDK_WANTED, "java_card_kit-3_0_5u3")
        return
    home = Path(named)
    if not (home / _TOOLS).is_file():
        inside = sorted(home.glob(f"*/{_TOOLS}"))
        yield f"{JC_HOME}={named} is no Java Card SDK, {_TOOLS} is missing: {_found(home)}. " + (
            f"Perhaps you mean {JC_HOME}={inside[0].parents[1]}"
            if inside
            else f"It must name {_SDK_WANTED}."
        )
        return
    yield from _tools_faults(home / _TOOLS)
    for package in _API_PACKAGES:
        file = home / API_EXPORTS / export_file(package)
        if not file.is_file():
            yield f"{JC_HOME}={named} lacks the export file {file.relative_to(home)}"


def _tools_faults(tools: Path) -> Iterator[str]:
    """Yield why these are not the tools of an update of 3.0.5 that serves."""
    try:
        with zipfile.ZipFile(tools) as jar:
            if _CONVERTER not in jar.namelist():
                yield f"{tools} holds no converter: {_CONVERTER} is missing"
                return
            text = jar.read(_VERSIONS).decode("latin-1") if _VERSIONS in jar.namelist() else ""
    except (OSError, zipfile.BadZipFile) as error:
        yield f"{tools} cannot be read: {error}"
        return
    properties = dict(re.findall(r"^[ \t]*([\w.]+)[ \t]*[=:][ \t]*(.*?)\s*$", text, re.MULTILINE))
    version = properties.get("converter.version", "none that it names")
    year = re.search(r"(\d{4}), Oracle", properties.get("copyright.banner", ""))
    if version != _CONVERTER_VERSION or not year or year[1] not in _YEARS:
        of = f", of {year[1]}" if year else ""
        yield (
            f"{tools} is of version {version}{of}. Wanted is {' or '.join(_YEARS.values())} "
            f"(converter {_CONVERTER_VERSION} of {' or '.join(_YEARS)}): of older updates it is "
            "not known whether they run on this JDK, and newer kits make files for newer cards."
        )


def _export_faults(named: str) -> Iterator[str]:
    if not named:
        yield _unset(GP_EXPORTS, _EXPORTS_WANTED, "exports")
        return
    folder = Path(named)
    file = folder / _GP_EXPORT
    if not file.is_file():
        inside = sorted([*folder.glob(f"*/{_GP_EXPORT}"), *folder.glob(f"*/*/{_GP_EXPORT}")])
        yield (
            f"{GP_EXPORTS}={named} does not hold {_GP_EXPORT}: {_found(folder)}. "
            + (
                f"Perhaps you mean {GP_EXPORTS}={inside[-1].parents[3]}"
                if inside
                else f"It must name {_EXPORTS_WANTED}."
            )
        )
        return
    try:
        export = ExportFile(file.read_bytes())
    except (OSError, ValueError, IndexError) as error:
        yield f"{file} is no export file: {error}"
        return
    if (export.name, export.aid, export.version[0]) != (_GP_NAME, _GP_AID, _GP_MAJOR):
        yield (
            f"{file} is of {export.name} {export.version[0]}.{export.version[1]}, AID "
            f"{export.aid.hex().upper()}. Wanted is {_GP_NAME} {_GP_MAJOR}.x, AID "
            f"{_GP_AID.hex().upper()}."
        )
    if export.form >= (2, 3):
        yield (
            f"{file} is written in format {export.form[0]}.{export.form[1]}, which came with Java "
            "Card 3.1. The same archive has it in format 2.1: take that one."
        )


class ExportFile:
    """An export file's names (Java Card Virtual Machine Specification 3.0.5, chapter 5).

    ``form`` is the version of the format, ``version`` that of the package, both major and minor.
    Raises ValueError or IndexError for anything else.
    """

    def __init__(self, data: bytes) -> None:
        if data[:4] != bytes.fromhex("00FACADE"):
            raise ValueError("it does not begin with 00FACADE")
        self.form = (data[5], data[4])
        constants: list[bytes] = []
        position = 8
        for _ in range(int.from_bytes(data[6:8], "big")):
            start = position
            position += _constant_length(data, start)
            constants.append(data[start:position])
        this = constants[int.from_bytes(data[position : position + 2], "big")]
        if this[0] != 13:
            raise ValueError("its own name is no package")
        self.version = (this[5], this[4])
        self.aid = this[7 : 7 + this[6]]
        self.name = constants[int.from_bytes(this[2:4], "big")][3:].decode()


_CONSTANT_LENGTHS = {7: 2, 3: 4}
"""Of constants without a length of their own: class reference and integer."""


def _constant_length(data: bytes, start: int) -> int:
    """Return the length of the constant at ``start``: text, package, or another."""
    tag = data[start]
    if tag == 1:
        return 3 + int.from_bytes(data[start + 1 : start + 3], "big")
    if tag == 13:
        return 7 + data[start + 6]
    if tag not in _CONSTANT_LENGTHS:
        raise ValueError(f"there is no constant of kind {tag}")
    return 1 + _CONSTANT_LENGTHS[tag]


def export_file(package: str) -> Path:
    """Return where the export file of a package lies below a folder of export files."""
    return Path(package, "javacard", f"{package.rpartition('/')[2]}.exp")


def _unset(variable: str, wanted: str, example: str) -> str:
    return f"{variable} is not set. It names {wanted}. Then: export {variable}=…/{example}"


def _found(folder: Path) -> str:
    """Say what a name leads to."""
    if not folder.exists():
        return "there is no such folder"
    if not folder.is_dir():
        return "it is a file; unpack it and name the folder"
    names = sorted(path.name for path in folder.iterdir())
    some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f"it holds {some}" if names else "it is empty"
