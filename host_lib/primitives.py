"""Bare cipher primitives: AES, CMAC, key derivation, padding, check values.

The only code that the software card shares with the host, because published vectors prove it.
Keys are 16, 24 or 32 bytes. Lengths are in bytes throughout.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
CHECK_VALUE_LENGTH = 3


class AesContext:
    """One AES key, ready for use: its ECB state and its CMAC start state are kept.

    Not for use by several threads at once. Raises ValueError for a key of another length.
    """

    __slots__ = ("_algorithm", "_cmac", "_ecb")

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES(key)
        self._ecb = Cipher(self._algorithm, modes.ECB()).encryptor()
        self._cmac = CMAC(self._algorithm)

    def encrypt_block(self, block: bytes) -> bytes:
        """Encrypt one block of 16 bytes (FIPS 197). Raises ValueError for another length."""
        if len(block) != BLOCK:
            raise ValueError(f"an AES block has 16 bytes, not {len(block)}")
        return self._ecb.update(block)

    def cbc_encrypt(self, iv: bytes, data: bytes) -> bytes:
        """Encrypt whole blocks in CBC mode (SP 800-38A), no padding.

        Raises ValueError unless ``data`` is a multiple of 16 bytes and ``iv`` is 16 bytes.
        """
        cipher = Cipher(self._algorithm, modes.CBC(iv)).encryptor()
        return cipher.update(data) + cipher.finalize()

    def cbc_decrypt(self, iv: bytes, data: bytes) -> bytes:
        """Decrypt whole blocks in CBC mode (SP 800-38A); errors as in `cbc_encrypt`."""
        cipher = Cipher(self._algorithm, modes.CBC(iv)).decryptor()
        return cipher.update(data) + cipher.finalize()

    def cmac(self, *parts: bytes) -> bytes:
        """Return the 16-byte CMAC (SP 800-38B) of the concatenated parts."""
        state = self._cmac.copy()
        for part in parts:
            state.update(part)
        return state.finalize()


def kdf_counter_cmac(
    key: AesContext | bytes,
    length: int,
    *,
    before: bytes = b"",
    after: bytes = b"",
    counter_bytes: int = 1,
) -> bytes:
    """Derive ``length`` bytes by SP 800-108 in counter mode with CMAC as its PRF.

    Block i, from 1, is CMAC(key, before || [i] || after), the counter in ``counter_bytes``
    big-endian bytes. The fixed input data (label, separator, context, output length) is the
    caller's, who puts it on the side of the counter where the scheme wants it: SCP03 has the
    label and the length before and the context after, GlobalPlatform's KDF3 has all of it after.
    Raises ValueError when the counter cannot count the blocks.
    """
    blocks = -(-length // BLOCK)
    if length < 1 or blocks >= 1 << (8 * counter_bytes):
        raise ValueError(f"cannot derive {length} bytes with a counter of {counter_bytes} bytes")
    context = AesContext(key) if isinstance(key, bytes) else key
    derived = b"".join(
        context.cmac(before, i.to_bytes(counter_bytes, "big"), after) for i in range(1, blocks + 1)
    )
    return derived[:length]


def pad80(data: bytes, block: int = BLOCK) -> bytes:
    """Pad to whole blocks with 80 00 … 00 (ISO/IEC 9797-1 method 2); always adds at least 80."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad80(data: bytes) -> bytes:
    """Remove the padding 80 00 … 00; ValueError where there is none."""
    stripped = data.rstrip(b"\x00")
    if stripped[-1:] != b"\x80":
        raise ValueError("no padding by ISO/IEC 9797-1 method 2")
    return stripped[:-1]


def key_check_value(key: bytes) -> bytes:
    """Return GlobalPlatform's 3-byte check value of an AES key: first bytes of AES(key, 01 … 01).

    GPC Amendment D, PUT KEY.
    """
    return AesContext(key).encrypt_block(b"\x01" * BLOCK)[:CHECK_VALUE_LENGTH]


def cmac_check_value(key: bytes) -> bytes:
    """Return the 3-byte CMAC check value of an AES key: first bytes of CMAC(key, 16 bytes 00).

    ANSI X9.24-1, annex A.
    """
    return AesContext(key).cmac(bytes(BLOCK))[:CHECK_VALUE_LENGTH]
