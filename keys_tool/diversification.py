"""How the transport keys of a blank card come from its maker's master: schemes with a name.

The input is always the 10 bytes of diversification data that INITIALIZE UPDATE answers. KDF3 is the
AES scheme of `keys_tool.derivation`. EMV (EMV CPS 1.1) and VISA2 come from the days of 3DES: the
master is a two-key 3DES key, and cards that speak SCP03 take the 16 bytes that come out as AES-128
keys. Layouts and check values as GlobalPlatformPro computes them.
"""

from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from host_lib.keyset import KeySet
from host_lib.primitives import cmac_check_value
from host_lib.secret import AesKey
from keys_tool.derivation import CardKey, derive_card_keys, require_diversification

TDES_LENGTH = 16
"""Bytes of a two-key 3DES key, and of what it derives."""

_KDF3_LENGTHS = (16, 24, 32)
_CHECK_LENGTH = 3


class Scheme(Enum):
    """A way from a master to the keys of one card, by the name that suppliers give it."""

    KDF3 = "KDF3"
    EMV = "EMV"
    VISA2 = "VISA2"

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths of a master, in bytes; derived keys are as long."""
        return _KDF3_LENGTHS if self is Scheme.KDF3 else (TDES_LENGTH,)


NO_SCHEME = "none"
"""What a transport file says where the master itself is the key of every card."""


@dataclass(frozen=True, slots=True)
class Master:
    """A derivation master and its scheme. ValueError for a length that the scheme does not have."""

    scheme: Scheme
    key: AesKey

    def __post_init__(self) -> None:
        if len(self.key) not in self.scheme.lengths:
            wanted = " or ".join(str(length) for length in self.scheme.lengths)
            raise ValueError(
                f"{self.scheme.value} derives from a master of {wanted} bytes, not {len(self.key)}"
            )

    @property
    def check_value(self) -> bytes:
        """Three bytes: CMAC over zeros for KDF3, 3DES over zeros for a 3DES master."""
        if self.scheme is Scheme.KDF3:
            return cmac_check_value(self.key.reveal())
        return _tdes(self.key, bytes(8))[:_CHECK_LENGTH]

    def keys_of(self, version: int, diversification: bytes) -> KeySet:
        """Derive the keys of one card, to be of key version number ``version``.

        Raises ValueError for diversification data of another length than 10 bytes.
        """
        if self.scheme is Scheme.KDF3:
            return derive_card_keys(self.key, version, diversification)
        require_diversification(diversification)
        enc, mac, dek = (self._tdes_key(which, diversification) for which in CardKey)
        return KeySet(version, enc, mac, dek)

    def _tdes_key(self, which: CardKey, diversification: bytes) -> AesKey:
        card = (
            diversification[4:10]
            if self.scheme is Scheme.EMV
            else diversification[0:2] + diversification[4:8]
        )
        halves = card + bytes((0xF0, which)) + card + bytes((0x0F, which))
        return AesKey(_tdes(self.key, halves))


def _tdes(key: AesKey, data: bytes) -> bytes:
    """Encrypt whole blocks of 8 bytes with two-key 3DES, ECB (as the schemes have it)."""
    value = key.reveal()
    encryptor = Cipher(TripleDES(value + value[:8]), modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()
