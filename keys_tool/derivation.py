"""Key derivation: KDF3 for issuer keys, UC1 for role and receipt keys; both are SP 800-108.

Layouts and vectors are in the spec (`applet_spec/data/keys.json`, derivations).
"""

from enum import IntEnum

from host_lib.flow.base import RoleKeys
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext, kdf_counter_cmac
from host_lib.secret import AesKey

DIVERSIFICATION_LENGTH = 10
CARD_SERIAL_LENGTH = 8
RECEIPT_ROLE = 0xFF
_UC1 = b"\x01UC1\x00"
_ROLE_KEY_BITS = b"\x00\x80"


class CardKey(IntEnum):
    """Which of the keys of a set KDF3 derives."""

    ENC = 1
    MAC = 2
    DEK = 3


class RoleKey(IntEnum):
    """Which key UC1 derives; a receipt key has no role of its own and takes role FF."""

    ENC = 1
    MAC = 2
    RECEIPT = 3


def require_diversification(data: bytes) -> None:
    """Raise ValueError unless these are 10 bytes of diversification data."""
    if len(data) != DIVERSIFICATION_LENGTH:
        raise ValueError(
            f"diversification data has {DIVERSIFICATION_LENGTH} bytes, not {len(data)}"
        )


def _card_key(context: AesContext, length: int, which: CardKey, diversification: bytes) -> AesKey:
    fixed = bytes((0, 0, 0, which, 0)) + diversification
    return AesKey(kdf_counter_cmac(context, length, after=fixed))


def derive_card_keys(master: AesKey, version: int, diversification: bytes) -> KeySet:
    """Derive the key set of one card by KDF3, as GlobalPlatformPro computes it.

    Block i of a key is CMAC(master, [i]_8 || 00 00 00 0n 00 || KDD), n from `CardKey`;
    ``diversification`` (KDD) are the 10 bytes of INITIALIZE UPDATE, and each key is as long as the
    master. Raises ValueError for a KDD of another length.
    """
    require_diversification(diversification)
    context = AesContext(master.reveal())
    enc, mac, dek = (_card_key(context, len(master), n, diversification) for n in CardKey)
    return KeySet(version, enc, mac, dek)


def role_key_block(which: RoleKey, role: int, version: int, card_serial: bytes) -> bytes:
    """Return what UC1 makes a CMAC of, with the master as its key; the CMAC is the derived key.

    So a token that signs with CMAC and has no SP 800-108 of its own derives too: 01 || 'UC1' || 00
    || purpose || role || version || card serial (8) || 0080, ``version`` being the master's. Raises
    ValueError for a card serial that is not 8 bytes, a role or version of more than one byte, and a
    receipt key of any role but FF.
    """
    if len(card_serial) != CARD_SERIAL_LENGTH:
        raise ValueError(f"a card serial has {CARD_SERIAL_LENGTH} bytes, not {len(card_serial)}")
    if (which is RoleKey.RECEIPT) != (role == RECEIPT_ROLE):
        raise ValueError("a receipt key, and no other, is derived for role FF")
    return _UC1 + bytes((which, role, version)) + card_serial + _ROLE_KEY_BITS


def derive_role_key(
    master: AesKey, which: RoleKey, role: int, version: int, card_serial: bytes
) -> AesKey:
    """Derive one AES-128 role or receipt key of a card by UC1. ValueError as `role_key_block`."""
    block = role_key_block(which, role, version, card_serial)
    return AesKey(AesContext(master.reveal()).cmac(block))


def derive_role_keys(master: AesKey, asked: RoleKeys) -> KeySet:
    """Derive ENC and MAC of a card's role by UC1, ``master`` being of the asked master version."""
    enc, mac = (
        derive_role_key(master, which, asked.role, asked.master_version, asked.card_serial)
        for which in (RoleKey.ENC, RoleKey.MAC)
    )
    return KeySet(asked.version, enc, mac)


class ReceiptKeys:
    """Derives the receipt keys of many cards under one kept context of the master.

    Holds the master as long as it lives.
    """

    def __init__(self, master: AesKey, version: int) -> None:
        self._context = AesContext(master.reveal())
        block = role_key_block(RoleKey.RECEIPT, RECEIPT_ROLE, version, bytes(CARD_SERIAL_LENGTH))
        self._before, self._after = block.split(bytes(CARD_SERIAL_LENGTH))

    def of_card(self, card_serial: bytes) -> bytes:
        """Return a card's receipt key, plain: it is used at once. The serial has 8 bytes."""
        return self._context.cmac(self._before + card_serial + self._after)


def derive_receipt_key(master: AesKey, version: int, card_serial: bytes) -> AesKey:
    """Derive a card's receipt key of this version by UC1. ValueError as `role_key_block`."""
    return derive_role_key(master, RoleKey.RECEIPT, RECEIPT_ROLE, version, card_serial)
