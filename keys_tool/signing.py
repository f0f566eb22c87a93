"""Lets the X.509 library sign with a key that never leaves its store."""

from collections.abc import Callable
from typing import NoReturn, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


class StoreSigner(ec.EllipticCurvePrivateKey):
    """A P-256 private key that can only sign, by asking its store to sign a SHA-256 digest.

    ``sign_digest`` takes 32 bytes and returns an ECDSA signature in DER. Every other use raises
    TypeError: the key is not here.
    """

    def __init__(self, point: bytes, sign_digest: Callable[[bytes], bytes]) -> None:
        self._public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        self._sign_digest = sign_digest

    def sign(
        self,
        data: bytes | bytearray | memoryview,
        signature_algorithm: ec.EllipticCurveSignatureAlgorithm,
    ) -> bytes:
        """Sign data with ECDSA and SHA-256; TypeError for another algorithm."""
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise TypeError("the store signs with SHA-256 only")
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        return self._sign_digest(digest.finalize())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public key."""
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve, P-256."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """The size of the curve in bits."""
        return self._public_key.key_size

    def exchange(self, *_: object, **__: object) -> NoReturn:
        """Refuse: a signing key agrees on no keys."""
        raise TypeError("a signing key is never used for key agreement")

    def private_numbers(self) -> NoReturn:
        """Refuse: the key stays in its store."""
        raise TypeError("the key stays in its store")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Refuse: the key stays in its store."""
        raise TypeError("the key stays in its store")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
