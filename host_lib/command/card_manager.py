"""The card manager's commands; names as in ``applet_spec/data/card_manager.json``."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal

from host_lib.apdu import Apdu, Response
from host_lib.command.base import SUCCESS, Command
from host_lib.command.card_answers import (
    CPLC_TAG,
    KEY_INFORMATION_TAG,
    Cplc,
    KeyEntry,
    StatusEntry,
    StatusPage,
    parse_cplc,
    parse_key_information,
    parse_status,
    tagged_value,
)
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext
from host_lib.secret import AesKey
from host_lib.tlv import encode

Target = Literal["application", "card manager"]
AES_KEY_TYPE = 0x88
MORE_DATA = 0x6310


@dataclass(frozen=True, slots=True)
class SelectCardManager(Command[bytes]):
    """SELECT the issuer security domain, by name or (empty) by default; answers its FCI."""

    NAME: ClassVar[str] = "SELECT"
    TARGET: ClassVar[Target] = "card manager"
    aid: bytes = b""

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x04, 0x00, self.aid, answer=True)

    def decode(self, response: Response) -> bytes:
        """Return the FCI as the card sent it."""
        return response.data


@dataclass(frozen=True, slots=True)
class GetCardData(Command[bytes]):
    """GET DATA of the card manager; answers the object's value without tag and length."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"
    tag: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.tag >> 8, self.tag & 0xFF, answer=True)

    def decode(self, response: Response) -> bytes:
        """Return the value."""
        return tagged_value(response.data, self.tag)


@dataclass(frozen=True, slots=True)
class GetCplc(Command[Cplc]):
    """GET DATA 9F7F: the chip's production data."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(CPLC_TAG).apdu()

    def decode(self, response: Response) -> Cplc:
        """Return the production data."""
        return parse_cplc(tagged_value(response.data, CPLC_TAG))


@dataclass(frozen=True, slots=True)
class GetKeyInformation(Command[tuple[KeyEntry, ...]]):
    """GET DATA E0: which keys the card manager has. Not authenticated, so only a hint."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(KEY_INFORMATION_TAG).apdu()

    def decode(self, response: Response) -> tuple[KeyEntry, ...]:
        """Return one entry a key."""
        return parse_key_information(tagged_value(response.data, KEY_INFORMATION_TAG))


@dataclass(frozen=True, slots=True)
class PutKey(Command[None]):
    """PUT KEY: adds a set of three AES keys, or replaces the set of version ``replaces``.

    ``dek`` is the DEK of the open session's key set. The card's echo of version and check values
    is compared; ProtocolError where it differs (GPC Amendment D, 7.2).
    """

    NAME: ClassVar[str] = "PUT KEY"
    TARGET: ClassVar[Target] = "card manager"
    keys: KeySet
    dek: AesKey
    replaces: int = 0

    def apdu(self) -> Apdu:
        """Return the command; its data is secret. Raises ValueError for a set without DEK."""
        blocks = b"".join(self._block(key) for key in _three(self.keys))
        version = bytes((self.keys.version,))
        return self.build(self.replaces, 0x81, version + blocks, answer=True, secret=True)

    def decode(self, response: Response) -> None:
        """Check that the card holds the keys that were meant."""
        check_values = b"".join(key.check_value for key in _three(self.keys))
        if response.data != bytes((self.keys.version,)) + check_values:
            raise self.malformed("version or check values are not those of the keys sent")

    def _block(self, key: AesKey) -> bytes:
        plain = key.reveal()
        # Whole blocks: only a 24-byte key needs filling, and its length byte says where it ends.
        filled = plain + bytes(-len(plain) % 16)
        cipher = AesContext(self.dek.reveal()).cbc_encrypt(bytes(16), filled)
        field = bytes((len(plain),)) + cipher
        return bytes((AES_KEY_TYPE, len(field))) + field + b"\x03" + key.check_value


def _three(keys: KeySet) -> tuple[AesKey, AesKey, AesKey]:
    if keys.dek is None:
        raise ValueError("an issuer key set has a DEK")
    return keys.enc, keys.mac, keys.dek


@dataclass(frozen=True, slots=True)
class DeleteKey(Command[None]):
    """DELETE: removes the key set of a version."""

    NAME: ClassVar[str] = "DELETE KEY"
    TARGET: ClassVar[Target] = "card manager"
    version: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x00, 0x00, encode(0xD2, bytes((self.version,))), answer=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is the confirmation 00, or empty as some cards send it."""
        if response.data not in (b"", b"\x00"):
            raise self.malformed("neither empty nor 00")


@dataclass(frozen=True, slots=True)
class Install(Command[None]):
    """INSTALL for install and make selectable; names of 5 to 16 bytes, no privileges."""

    NAME: ClassVar[str] = "INSTALL"
    TARGET: ClassVar[Target] = "card manager"
    load_file: bytes
    module: bytes
    instance: bytes

    def apdu(self) -> Apdu:
        """Return the command."""
        fields = (self.load_file, self.module, self.instance, b"\x00", encode(0xC9, b""), b"")
        data = b"".join(bytes((len(field),)) + field for field in fields)
        return self.build(0x0C, 0x00, data, answer=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is the confirmation 00, or empty as some cards send it."""
        if response.data not in (b"", b"\x00"):
            raise self.malformed("neither empty nor 00")


class Registry(IntEnum):
    """Which part of the card's registry GET STATUS lists (P1)."""

    ISSUER_SECURITY_DOMAIN = 0x80
    APPLICATIONS = 0x40
    LOAD_FILES = 0x20
    LOAD_FILES_AND_MODULES = 0x10


@dataclass(frozen=True, slots=True)
class GetStatus(Command[StatusPage]):
    """GET STATUS: one page of entries; `host_lib.flow.registry` reads them all.

    The page is raw: an E3 template may go on in the next page.
    """

    NAME: ClassVar[str] = "GET STATUS"
    TARGET: ClassVar[Target] = "card manager"
    part: Registry
    go_on: bool = False

    def accepts(self, sw: int) -> bool:
        """Accept 6310 too: there are more entries."""
        return sw in (SUCCESS, MORE_DATA)

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.part, 0x03 if self.go_on else 0x02, encode(0x4F, b""), answer=True)

    def decode(self, response: Response) -> StatusPage:
        """Return the page."""
        return StatusPage(response.data, more=response.sw == MORE_DATA)


@dataclass(frozen=True, slots=True)
class SetCardStatus(Command[None]):
    """SET STATUS of the card: INITIALIZED 07 or SECURED 0F."""

    NAME: ClassVar[str] = "SET STATUS"
    TARGET: ClassVar[Target] = "card manager"
    state: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x80, self.state)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


__all__ = [
    "DeleteKey",
    "GetCardData",
    "GetCplc",
    "GetKeyInformation",
    "GetStatus",
    "Install",
    "PutKey",
    "Registry",
    "SelectCardManager",
    "SetCardStatus",
    "StatusEntry",
    "parse_status",
]
