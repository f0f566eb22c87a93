"""The format of the encrypted file: from a payload and a passphrase to bytes and back.

One JSON document (`applet_spec/formats/key-store.schema.json`). A random store key encrypts the
payload; scrypt turns the passphrase into the key that wraps the store key. Both are AES-256-GCM,
each with everything before it as associated data. A SHA-256 over the document comes last: it
protects against nothing but accidents, and is there so that damage is told from a wrong passphrase.
Members of the document have one order and one spelling: a document that parses but is not spelled
so is damaged. Every later version keeps ``format``, ``version`` and the checksum as they are here.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from host_lib.secret import SecretBytes
from keys_tool.errors import StoreDamaged, StoreTooNew, WrongPassphrase

FORMAT: Final = "unicard-key-store"
VERSION: Final = 1
_KEY_LENGTH = 32
_SALT_LENGTH = 16
_NONCE_LENGTH = 12
_TAG_LENGTH = 16
_HEADER_FIELDS = ("kdf", "n", "r", "p", "salt", "nonce", "wrapped_key")
_FIELDS = ("format", "version", "passphrase", "nonce", "payload", "sha256")


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """Cost of scrypt (RFC 7914): 128 * n * r bytes of memory, p times over.

    The default is what OWASP's Password Storage Cheat Sheet asks for at least: 128 MiB. ValueError
    outside n = 2^10 to 2^20, r = 8, p = 1 to 4; the upper bounds keep a forged file from taking all
    memory.
    """

    n: int = 1 << 17
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        power_of_two = self.n & (self.n - 1) == 0
        if not (power_of_two and 1 << 10 <= self.n <= 1 << 20):
            raise ValueError("scrypt's n is a power of two from 2^10 to 2^20")
        if self.r != 8 or not 1 <= self.p <= 4:
            raise ValueError("scrypt's r is 8 and its p is 1 to 4")


def _spell(document: dict[str, object]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode("ascii")


@dataclass(frozen=True, slots=True)
class _Header:
    """The passphrase's part of the document."""

    cost: ScryptCost
    salt: bytes
    nonce: bytes = b""
    wrapped_key: bytes = b""

    def as_dict(self) -> dict[str, object]:
        return {
            "kdf": "scrypt",
            "n": self.cost.n,
            "r": self.cost.r,
            "p": self.cost.p,
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "wrapped_key": self.wrapped_key.hex(),
        }

    def associated_data(self) -> bytes:
        return _spell({"format": FORMAT, "version": VERSION, "passphrase": self.as_dict()})

    def key_encryption_key(self, passphrase: SecretBytes) -> AESGCM:
        cost = self.cost
        kdf = Scrypt(salt=self.salt, length=_KEY_LENGTH, n=cost.n, r=cost.r, p=cost.p)
        return AESGCM(kdf.derive(passphrase.reveal()))


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is spelled as it should be, still encrypted."""

    header: _Header
    nonce: bytes
    payload: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Document":
        """Read a document's bytes. Raises `StoreDamaged` and `StoreTooNew`."""
        try:
            document = _checked(data)
        except (ValueError, RecursionError) as error:
            raise StoreDamaged("the file is no key store, or it is damaged or cut short") from error
        try:
            return cls._from_dict(document)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged("the key store is damaged: its header makes no sense") from error

    @classmethod
    def _from_dict(cls, document: dict[str, object]) -> "Document":
        header = document["passphrase"]
        if tuple(document) != _FIELDS or not isinstance(header, dict):
            raise ValueError("other members than those of this version")
        if tuple(header) != _HEADER_FIELDS or header["kdf"] != "scrypt":
            raise ValueError("another key derivation than that of this version")
        return cls(
            _Header(
                ScryptCost(*(_integer(header[name]) for name in "nrp")),
                _bytes(header["salt"], _SALT_LENGTH),
                _bytes(header["nonce"], _NONCE_LENGTH),
                _bytes(header["wrapped_key"], _KEY_LENGTH + _TAG_LENGTH),
            ),
            _bytes(document["nonce"], _NONCE_LENGTH),
            base64.b64decode(str(document["payload"]), validate=True),
        )

    def encode(self) -> bytes:
        """Return the document's bytes."""
        document: dict[str, object] = {
            "format": FORMAT,
            "version": VERSION,
            "passphrase": self.header.as_dict(),
            "nonce": self.nonce.hex(),
            "payload": base64.b64encode(self.payload).decode("ascii"),
        }
        return _spell(document | {"sha256": hashlib.sha256(_spell(document)).hexdigest()})


@dataclass(frozen=True, slots=True)
class Vault:
    """An unlocked store key with the header it came from: encrypts and decrypts payloads."""

    header: _Header
    _key: SecretBytes = field(repr=False)

    @classmethod
    def new(cls, passphrase: SecretBytes, cost: ScryptCost) -> "Vault":
        """Make a new store key and wrap it under the passphrase."""
        key = secrets.token_bytes(_KEY_LENGTH)
        salt, nonce = secrets.token_bytes(_SALT_LENGTH), secrets.token_bytes(_NONCE_LENGTH)
        bare = _Header(cost, salt)
        wrapped = bare.key_encryption_key(passphrase).encrypt(nonce, key, bare.associated_data())
        return cls(_Header(cost, salt, nonce, wrapped), SecretBytes(key))

    @classmethod
    def unlock(cls, document: Document, passphrase: SecretBytes) -> "Vault":
        """Unwrap a document's store key. Raises `WrongPassphrase`."""
        header = document.header
        bare = _Header(header.cost, header.salt)
        try:
            key = bare.key_encryption_key(passphrase).decrypt(
                header.nonce, header.wrapped_key, bare.associated_data()
            )
        except InvalidTag:
            raise WrongPassphrase("the passphrase does not open this key store") from None
        return cls(header, SecretBytes(key))

    def encrypt(self, payload: bytes) -> bytes:
        """Return the bytes of a document with this payload, under a fresh random nonce."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        aad = self.header.associated_data()
        return Document(
            self.header, nonce, AESGCM(self._key.reveal()).encrypt(nonce, payload, aad)
        ).encode()

    def decrypt(self, document: Document) -> bytes:
        """Return the payload of a document that this vault wrote. Raises `StoreDamaged`."""
        aad = self.header.associated_data()
        try:
            return AESGCM(self._key.reveal()).decrypt(document.nonce, document.payload, aad)
        except InvalidTag:
            raise StoreDamaged(
                "the key store was changed by something else than its owner"
            ) from None


def _checked(data: bytes) -> dict[str, object]:
    """Parse the parts that every version has: spelling, checksum, format and version."""
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("another file")
    body = {name: value for name, value in document.items() if name != "sha256"}
    sum_of_body = hashlib.sha256(_spell(body)).hexdigest()
    if _spell(body | {"sha256": sum_of_body}) != data:
        raise StoreDamaged("the key store is damaged: its checksum is wrong")
    if document.get("version") != VERSION:
        raise StoreTooNew(
            f"the key store has format version {document.get('version')}; "
            f"this program knows version {VERSION}"
        )
    return document


def _integer(value: object) -> int:
    if type(value) is not int:
        raise ValueError("no integer")
    return value


def _bytes(value: object, length: int) -> bytes:
    decoded = bytes.fromhex(str(value))
    if len(decoded) != length:
        raise ValueError("another length")
    return decoded
