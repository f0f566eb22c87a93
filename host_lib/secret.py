"""Secrets with types: they print as stars or a check value and give their bytes when asked."""

import hmac
from typing import NoReturn

from host_lib.errors import PinMalformed
from host_lib.primitives import key_check_value

PIN_BLOCK_LENGTH = 8
_AES_KEY_LENGTHS = (16, 24, 32)


class SecretBytes:
    """Bytes that no log, trace or traceback shows; `reveal` is the only way to the value.

    Compared in constant time, and only with secrets. Cannot be pickled or copied into another
    process. Python cannot wipe memory: the value lives until it is collected.
    """

    __slots__ = ("__value",)

    def __init__(self, value: bytes) -> None:
        self.__value = bytes(value)

    def reveal(self) -> bytes:
        """Return the value itself."""
        return self.__value

    def __len__(self) -> int:
        return len(self.__value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretBytes):
            return NotImplemented
        return hmac.compare_digest(self.__value, other.__value)

    def __hash__(self) -> int:
        return hash(self.__value)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is never pickled or copied")


class AesKey(SecretBytes):
    """An AES key of 16, 24 or 32 bytes; prints as its check value. ValueError for other lengths."""

    __slots__ = ()

    def __init__(self, value: bytes) -> None:
        if len(value) not in _AES_KEY_LENGTHS:
            raise ValueError(f"an AES key has 16, 24 or 32 bytes, not {len(value)}")
        super().__init__(value)

    @property
    def check_value(self) -> bytes:
        """The 3-byte check value that GlobalPlatform uses for AES (over 16 bytes 01)."""
        return key_check_value(self.reveal())

    def __repr__(self) -> str:
        return f"AesKey(AES-{8 * len(self)}, check value {self.check_value.hex().upper()})"


class Pin(SecretBytes):
    """A PIN of 4 to 8 digits 0-9. PinMalformed (which does not repeat it) for anything else."""

    __slots__ = ()

    def __init__(self, digits: str) -> None:
        if not (4 <= len(digits) <= 8 and digits.isascii() and digits.isdigit()):
            raise PinMalformed("a PIN has 4 to 8 digits, 0 to 9")
        super().__init__(digits.encode("ascii"))

    def block(self) -> bytes:
        """Return the 8-byte PIN block of ISO 9564-1 format 2: 2, length, digits, filler F."""
        digits = self.reveal().decode("ascii")
        return bytes.fromhex(f"2{len(digits):X}{digits}".ljust(2 * PIN_BLOCK_LENGTH, "F"))
