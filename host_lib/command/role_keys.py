"""The application's commands that change role keys: PUT KEY and DELETE KEY of a slot."""

from dataclasses import dataclass
from typing import ClassVar

from applet_spec.model import Variant
from host_lib.apdu import Apdu, Ranges, Response
from host_lib.command.base import Command
from host_lib.command.card_keys import KeyNotPuttable, key_block, key_echo
from host_lib.keyset import KeySet
from host_lib.roles import role_slot
from host_lib.secret import AesKey
from host_lib.tlv import encode

ROLE_KEY_LENGTH = 16
_FIRST_OF_SEVERAL = 0x81
_CONFIRMATION = b"\x00"


@dataclass(frozen=True, slots=True)
class PutRoleKeys(Command[None]):
    """PUT KEY: ENC and MAC of a role into the empty slot that the key version names.

    ``master_version`` is that of the master from which the keys are derived, one byte, ``dek`` the
    DEK of the open issuer session's key set. The card's echo of version and check values is
    compared; ProtocolError where it differs.
    """

    NAME: ClassVar[str] = "PUT KEY"
    keys: KeySet
    master_version: int
    dek: AesKey

    def apdu(self) -> Apdu:
        """Return the command; its key blocks are secret.

        Raises `KeyNotPuttable`, and ValueError for a master version of more than one byte.
        """
        _require_role(self.keys.version)
        pair = (self.keys.enc, self.keys.mac)
        if len(self.keys.enc) != ROLE_KEY_LENGTH:
            raise KeyNotPuttable(
                f"role keys are AES-128, and these have {len(self.keys.enc)} bytes",
                advice="Derive them from their master anew.",
            )
        blocks = b"".join(key_block(key, self.dek) for key in pair)
        data = bytes((self.keys.version,)) + blocks + bytes((self.master_version,))
        (variant,) = self.contract.variants
        hidden = _secret_fields(variant)
        return self.build(0x00, _FIRST_OF_SEVERAL, data, answer=True, secret=hidden)

    def decode(self, response: Response) -> None:
        """Check that the card holds the keys that were meant."""
        if response.data != key_echo(self.keys.version, (self.keys.enc, self.keys.mac)):
            raise self.malformed("version or check values are not those of the keys sent")


@dataclass(frozen=True, slots=True)
class DeleteRoleKeys(Command[None]):
    """DELETE KEY: empties the role slot that the key version names."""

    NAME: ClassVar[str] = "DELETE KEY"
    version: int

    def apdu(self) -> Apdu:
        """Return the command. Raises `KeyNotPuttable`."""
        _require_role(self.version)
        return self.build(0x00, 0x00, encode(0xD2, bytes((self.version,))), answer=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is the confirmation 00."""
        if response.data != _CONFIRMATION:
            raise self.malformed("not the confirmation 00")


def _require_role(version: int) -> None:
    try:
        role_slot(version)
    except ValueError as error:
        raise KeyNotPuttable(
            str(error), advice="Role keys have the versions 50 to 5F in slot A, 60 to 6F in slot B."
        ) from error


def _secret_fields(variant: Variant) -> Ranges:
    """Return where the secret fields of command data are, all of whose lengths are fixed."""
    ranges, start = [], 0
    for field in variant.data:
        end = start + int(field.length)
        if field.secret:
            ranges.append((start, end))
        start = end
    return tuple(ranges)
