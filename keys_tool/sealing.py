"""How stores seal data: AES-256-GCM (SP 800-38D) bound to the key's purpose and version."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host_lib.secret import AesKey
from keys_tool.errors import SealedDataDamaged, WrongPurpose
from keys_tool.purpose import Purpose

NONCE_LENGTH = 12
TAG_LENGTH = 16
_SEALING = (Purpose.PRODUCTION, Purpose.MAILER)


def require_sealing(purpose: Purpose) -> None:
    """Raise `WrongPurpose` unless keys of this purpose seal data."""
    if purpose not in _SEALING:
        raise WrongPurpose(f"a {purpose.value} key never seals or opens data")


def associated_data(purpose: Purpose, version: int, aad: bytes) -> bytes:
    """Return what is authenticated: ``purpose:VV``, 00, then the caller's own associated data."""
    return f"{purpose.value}:{version:02X}\0".encode("ascii") + aad


def seal(key: AesKey, plaintext: bytes, aad: bytes) -> bytes:
    """Return nonce (12, random) || ciphertext || tag (16)."""
    nonce = secrets.token_bytes(NONCE_LENGTH)
    return nonce + AESGCM(key.reveal()).encrypt(nonce, plaintext, aad)


def unseal(key: AesKey, sealed: bytes, aad: bytes) -> bytes:
    """Return what `seal` was given; raises `SealedDataDamaged`."""
    nonce, rest = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
    if len(rest) < TAG_LENGTH:
        raise SealedDataDamaged("the sealed data is cut short")
    try:
        return AESGCM(key.reveal()).decrypt(nonce, rest, aad)
    except InvalidTag:
        raise SealedDataDamaged(
            "the sealed data was changed, or was sealed for another use or with another key"
        ) from None
