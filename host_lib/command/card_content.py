"""The card manager's commands that load, install and delete.

GlobalPlatform 2.3.1, 11.2, 11.5 and 11.6. Each answers the confirmation 00, or nothing as some
cards do; receipts and tokens are not used.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from host_lib.apdu import Apdu, Response
from host_lib.command.base import Command
from host_lib.tlv import encode

Target = Literal["application", "card manager"]
_FOR_LOAD, _FOR_INSTALL, _MAKE_SELECTABLE, _FOR_PERSONALIZATION = 0x02, 0x04, 0x08, 0x20
_LAST_BLOCK = 0x80
_WITH_RELATED = 0x80
_APPLICATION_PARAMETERS = 0xC9
_LONGEST_FIELD = 0x7F


class Confirmed(Command[None]):
    """A command that is answered with a confirmation."""

    TARGET: ClassVar[Target] = "card manager"

    def decode(self, response: Response) -> None:
        """Check that the answer is the confirmation 00, or empty as some cards send it."""
        if response.data not in (b"", b"\x00"):
            raise self.malformed("neither empty nor 00")


@dataclass(frozen=True, slots=True)
class InstallForLoad(Confirmed):
    """INSTALL [for load]: announces a load file; the blocks of LOAD must follow directly.

    ``domain`` is the security domain that gets it (empty: the selected one), ``digest`` SHA-1 or
    SHA-256 over the components, or empty.
    """

    NAME: ClassVar[str] = "INSTALL"
    load_file: bytes
    domain: bytes = b""
    digest: bytes = b""
    parameters: bytes = b""

    def apdu(self) -> Apdu:
        """Return the command."""
        fields = (self.load_file, self.domain, self.digest, self.parameters, b"")
        return self.build(_FOR_LOAD, 0x00, _length_values(*fields), answer=True)


@dataclass(frozen=True, slots=True)
class Load(Confirmed):
    """LOAD: one block of a load file data block, `host_lib.load_file.LoadFile.cut` makes them."""

    NAME: ClassVar[str] = "LOAD"
    number: int
    data: bytes
    last: bool

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(_LAST_BLOCK if self.last else 0x00, self.number, self.data, answer=True)


@dataclass(frozen=True, slots=True)
class Install(Confirmed):
    """INSTALL [for install], by default also [and make selectable]; names of 5 to 16 bytes.

    ``parameters`` go to the application, inside C9. ``privileges`` are 1 or 3 bytes.
    """

    NAME: ClassVar[str] = "INSTALL"
    load_file: bytes
    module: bytes
    instance: bytes
    parameters: bytes = b""
    privileges: bytes = b"\x00"
    selectable: bool = True

    def apdu(self) -> Apdu:
        """Return the command."""
        parameters = encode(_APPLICATION_PARAMETERS, self.parameters)
        names = (self.load_file, self.module, self.instance)
        data = _length_values(*names, self.privileges, parameters, b"")
        p1 = _FOR_INSTALL | (_MAKE_SELECTABLE if self.selectable else 0)
        return self.build(p1, 0x00, data, answer=True)


@dataclass(frozen=True, slots=True)
class MakeSelectable(Confirmed):
    """INSTALL [for make selectable]: an installed application can be selected from now on."""

    NAME: ClassVar[str] = "INSTALL"
    instance: bytes
    privileges: bytes = b"\x00"

    def apdu(self) -> Apdu:
        """Return the command."""
        data = _length_values(b"", b"", self.instance, self.privileges, b"", b"")
        return self.build(_MAKE_SELECTABLE, 0x00, data, answer=True)


@dataclass(frozen=True, slots=True)
class InstallForPersonalization(Confirmed):
    """INSTALL [for personalization]: the STORE DATA that follow go to this application."""

    NAME: ClassVar[str] = "INSTALL"
    instance: bytes

    def apdu(self) -> Apdu:
        """Return the command."""
        data = _length_values(b"", b"", self.instance, b"", b"", b"")
        return self.build(_FOR_PERSONALIZATION, 0x00, data, answer=True)


@dataclass(frozen=True, slots=True)
class DeleteContent(Confirmed):
    """DELETE [card content]: an application or a load file, ``related`` also what came from it."""

    NAME: ClassVar[str] = "DELETE"
    aid: bytes
    related: bool = False

    def apdu(self) -> Apdu:
        """Return the command."""
        p2 = _WITH_RELATED if self.related else 0x00
        return self.build(0x00, p2, encode(0x4F, self.aid), answer=True)


def _length_values(*fields: bytes) -> bytes:
    """Join fields, each with its length in one byte. Raises ValueError for more than 127 bytes."""
    if any(len(field) > _LONGEST_FIELD for field in fields):
        raise ValueError(f"a field of INSTALL has at most {_LONGEST_FIELD} bytes")
    return b"".join(bytes((len(field),)) + field for field in fields)
