"""Bare cipher primitives: AES, CMAC, key derivation, padding, check values.

The only code that the software card shares with the host, because published vectors prove it.
Keys are 16, 24 or 32 bytes. Lengths are in bytes throughout.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
CHECK_VALUE_LENGTH = 3


class AesContext:
    """One AES key, ready for use: what a mode needs is made when it is first used, and kept.

    A new cipher context costs ten times as much as a block. CBC contexts are kept too: such a
    context goes on from the last block that it made, so that block is taken out of the next first
    block by exclusive or, and the wanted IV put in. Not for use by several threads at once. Raises
    ValueError for a key of another length.
    """

    __slots__ = ("_algorithm", "_decryptor", "_ecb", "_encryptor", "_mac", "_read", "_written")

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES(key)
        self._ecb: CipherContext | None = None
        self._encryptor: CipherContext | None = None
        self._decryptor: CipherContext | None = None
        self._mac: CMAC | None = None
        # The last ciphertext block of either CBC context, as a number.
        self._written = self._read = 0

    def encrypt_block(self, block: bytes) -> bytes:
        """Encrypt one block of 16 bytes (FIPS 197). Raises ValueError for another length."""
        if len(block) != BLOCK:
            raise ValueError(f"an AES block has 16 bytes, not {len(block)}")
        if self._ecb is None:
            self._ecb = Cipher(self._algorithm, modes.ECB()).encryptor()
        return self._ecb.update(block)

    def cbc_encrypt(self, iv: bytes, data: bytes) -> bytes:
        """Encrypt whole blocks in CBC mode (SP 800-38A), no padding.

        Raises ValueError unless ``data`` is a multiple of 16 bytes and ``iv`` is 16 bytes.
        """
        _need_blocks(iv, data)
        if not data:
            return b""
        first = int.from_bytes(data[:BLOCK], "big") ^ int.from_bytes(iv, "big")
        return self._chained(first, data[BLOCK:])

    def cbc_encrypt_nonce(self, nonce: bytes, data: bytes) -> bytes:
        """Encrypt whole blocks in CBC mode with the encrypted nonce of 16 bytes as its IV.

        SP 800-38A, appendix C, first method: the IV of SCP03. Errors as in `cbc_encrypt`.
        """
        _need_blocks(nonce, data)
        return self._chained(int.from_bytes(nonce, "big"), data)[BLOCK:]

    def cbc_decrypt(self, iv: bytes, data: bytes) -> bytes:
        """Decrypt whole blocks in CBC mode (SP 800-38A); errors as in `cbc_encrypt`."""
        _need_blocks(iv, data)
        if not data:
            return b""
        if self._decryptor is None:
            self._decryptor = Cipher(self._algorithm, modes.CBC(bytes(BLOCK))).decryptor()
        plain = self._decryptor.update(data)
        before, self._read = self._read, int.from_bytes(data[-BLOCK:], "big")
        first = int.from_bytes(plain[:BLOCK], "big") ^ before ^ int.from_bytes(iv, "big")
        return first.to_bytes(BLOCK, "big") + plain[BLOCK:]

    def cmac(self, *parts: bytes) -> bytes:
        """Return the 16-byte CMAC (SP 800-38B) of the concatenated parts."""
        if self._mac is None:
            self._mac = CMAC(self._algorithm)
        state = self._mac.copy()
        state.update(b"".join(parts))
        return state.finalize()

    def _chained(self, first: int, rest: bytes) -> bytes:
        """Encrypt a first block, given as a number, and the rest, in CBC mode with a zero IV."""
        if self._encryptor is None:
            self._encryptor = Cipher(self._algorithm, modes.CBC(bytes(BLOCK))).encryptor()
        cipher = self._encryptor.update((first ^ self._written).to_bytes(BLOCK, "big") + rest)
        self._written = int.from_bytes(cipher[-BLOCK:], "big")
        return cipher


def cmac_once(key: bytes, message: bytes) -> bytes:
    """Return the 16-byte CMAC (SP 800-38B) of a message under a key that nothing else is for."""
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def _need_blocks(iv: bytes, data: bytes) -> None:
    # A kept context would keep a part of a block too, and be out of step for good.
    if len(iv) != BLOCK or len(data) % BLOCK:
        raise ValueError(f"CBC takes an IV of 16 bytes and whole blocks, not {len(data)} bytes")


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
    if blocks == 1:
        return context.cmac(before + (1).to_bytes(counter_bytes, "big") + after)[:length]
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
