"""The card manager's commands that change keys (GlobalPlatform 2.3.1, 11.8; Amendment D, 7.2).

Keys that no card could take are refused here, before anything is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from applet_spec import ExitCode, UnicardError
from host_lib.apdu import Apdu, Response
from host_lib.command.base import Command
from host_lib.command.card_content import Confirmed
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext
from host_lib.secret import AesKey
from host_lib.tlv import encode

Target = Literal["application", "card manager"]
AES_KEY_TYPE = 0x88
KEY_VERSIONS = range(0x01, 0x70)
"""Versions that PUT KEY may give a key: 70 to 7F are reserved, FF is the chip maker's."""
KEY_IDENTIFIERS = range(1, 4)
"""ENC, MAC and DEK (Amendment D, 7.2)."""
_MORE_KEYS = 0x80


class KeyNotPuttable(UnicardError):
    """A key's version or identifier is none that a card manager takes; nothing was sent."""

    exit_code = ExitCode.USAGE
    advice = "Choose a key version from 01 to 6F and a key identifier from 1 to 3."


@dataclass(frozen=True, slots=True)
class PutKey(Command[None]):
    """PUT KEY: adds a set of three AES keys, or replaces the set of version ``replaces``.

    ``dek`` is the DEK of the open session's key set. With ``inner_length`` the length of each key
    stands before its cryptogram, as Amendment D has it; some cards want it without. The card's
    echo of version and check values is compared; ProtocolError where it differs.
    """

    NAME: ClassVar[str] = "PUT KEY"
    TARGET: ClassVar[Target] = "card manager"
    keys: KeySet
    dek: AesKey
    replaces: int = 0
    inner_length: bool = True

    def apdu(self) -> Apdu:
        """Return the command; its data is secret.

        Raises `KeyNotPuttable`, and ValueError for a set without DEK.
        """
        _require_version(self.keys.version)
        blocks = [key_block(key, self.dek, self.inner_length) for key in _three(self.keys)]
        data = bytes((self.keys.version,)) + b"".join(blocks)
        p2 = KEY_IDENTIFIERS[0] | _MORE_KEYS
        return self.build(self.replaces, p2, data, answer=True, secret=True)

    def decode(self, response: Response) -> None:
        """Check that the card holds the keys that were meant."""
        if response.data != key_echo(self.keys.version, _three(self.keys)):
            raise self.malformed("version or check values are not those of the keys sent")


@dataclass(frozen=True, slots=True)
class PutOneKey(Command[None]):
    """PUT KEY of a single key: ENC 1, MAC 2 or DEK 3 of a version; otherwise as `PutKey`."""

    NAME: ClassVar[str] = "PUT KEY"
    TARGET: ClassVar[Target] = "card manager"
    version: int
    identifier: int
    key: AesKey
    dek: AesKey
    replaces: int = 0
    inner_length: bool = True

    def apdu(self) -> Apdu:
        """Return the command; its data is secret. Raises `KeyNotPuttable`."""
        _require_version(self.version)
        if self.identifier not in KEY_IDENTIFIERS:
            raise KeyNotPuttable(f"{self.identifier:02X} is no identifier of a key")
        data = bytes((self.version,)) + key_block(self.key, self.dek, self.inner_length)
        return self.build(self.replaces, self.identifier, data, answer=True, secret=True)

    def decode(self, response: Response) -> None:
        """Check that the card holds the key that was meant."""
        if response.data != key_echo(self.version, (self.key,)):
            raise self.malformed("version or check value is not that of the key sent")


@dataclass(frozen=True, slots=True)
class DeleteKey(Confirmed):
    """DELETE [key]: removes the key set of a version, or only its key ``identifier``."""

    NAME: ClassVar[str] = "DELETE KEY"
    version: int
    identifier: int | None = None

    def apdu(self) -> Apdu:
        """Return the command."""
        data = encode(0xD2, bytes((self.version,)))
        if self.identifier is not None:
            data = encode(0xD0, bytes((self.identifier,))) + data
        return self.build(0x00, 0x00, data, answer=True)


def _require_version(version: int) -> None:
    if version not in KEY_VERSIONS:
        raise KeyNotPuttable(f"PUT KEY cannot give a key the version {version:02X}")


def _three(keys: KeySet) -> tuple[AesKey, AesKey, AesKey]:
    if keys.dek is None:
        raise ValueError("an issuer key set has a DEK")
    return keys.enc, keys.mac, keys.dek


def key_block(key: AesKey, dek: AesKey, inner_length: bool = True) -> bytes:
    """Return type, length, [length of the key,] key under the DEK, length 3 and check value."""
    plain = key.reveal()
    # Whole blocks: only a 24-byte key needs filling, and its length byte says where it ends.
    filled = plain + bytes(-len(plain) % 16)
    if not inner_length and filled != plain:
        raise KeyNotPuttable("a card that wants keys without their length takes no AES-192 key")
    field = AesContext(dek.reveal()).cbc_encrypt(bytes(16), filled)
    if inner_length:
        field = bytes((len(plain),)) + field
    return bytes((AES_KEY_TYPE, len(field))) + field + b"\x03" + key.check_value


def key_echo(version: int, keys: Iterable[AesKey]) -> bytes:
    """Return what a card answers to PUT KEY: the version and a check value for each key."""
    return bytes((version,)) + b"".join(key.check_value for key in keys)
