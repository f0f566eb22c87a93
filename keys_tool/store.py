"""The interface that every key store implements, and the one function that opens them.

A key is named by its purpose and version. The interface has one method per allowed use, so that a
key cannot be asked for another: a derivation master only derives, a signing key only signs.
"""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from host_lib.flow.base import RoleKeys, Sam
from host_lib.keyset import KeySet
from host_lib.secret import AesKey, SecretBytes
from keys_tool.derivation import ReceiptKeys
from keys_tool.diversification import Master
from keys_tool.errors import StoreNotFound, StoreUnsupported
from keys_tool.passphrase import from_text
from keys_tool.purpose import Algorithm, KeyInfo, Purpose


class CardSerials(Protocol):
    """A stop list: `host_lib.stop_list.StopList`, or any container of card serials."""

    def __contains__(self, serial: bytes, /) -> bool:
        """Say whether the card of this serial (8 bytes) is stopped."""


class KeyStore(Protocol):
    """Keys with a purpose, a version and a check value. A context manager; closes itself.

    Every method raises `StoreClosed` after `close`, `KeyNotFound` for a key that is not there and
    `VersionOutOfRange` for a version that the purpose does not have. Methods that write raise
    `StoreLocked`, `StoreReadOnly` or `StoreChanged` and then have changed nothing.
    """

    @property
    def location(self) -> str:
        """The path or URI under which the store was opened."""

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return what may be known about each key, by purpose and version."""

    def info(self, purpose: Purpose, version: int) -> KeyInfo:
        """Return what may be known about one key."""

    def default_version(self, purpose: Purpose) -> int:
        """Return the version of the newest active key; `KeyNotFound` where there is none."""

    def generate(
        self, purpose: Purpose, version: int, algorithm: Algorithm | None = None
    ) -> KeyInfo:
        """Make a new key inside the store; a key pair comes with its issuer certificate.

        Without ``algorithm`` it is the purpose's first. Raises `KeyExists`, `WrongAlgorithm`, and
        `WrongPurpose` for TRANSPORT, whose keys come from the chip supplier.
        """

    def import_transport(self, version: int, keys: KeySet | Master) -> KeyInfo:
        """Take in the keys of a delivery of blank stock: a set, or the master from which they come.

        A set has key version number FF and all three keys, else ValueError. Raises `KeyExists`.
        """

    def retire(self, purpose: Purpose, version: int) -> KeyInfo:
        """Let a key protect nothing new from now on; what it protected stays within reach."""

    def transport_keys(self, version: int, diversification: bytes) -> KeySet:
        """Return the keys, version FF, of one blank card of that delivery.

        ``diversification`` are the card's 10 bytes from INITIALIZE UPDATE; a set that is the same
        for every card ignores them.
        """

    def issuer_keys(self, version: int, diversification: bytes) -> KeySet:
        """Return the issuer keys of one card, derived by KDF3; also of a retired master.

        ``diversification`` are the card's 10 bytes from INITIALIZE UPDATE.
        """

    def role_keys(self, asked: RoleKeys) -> KeySet:
        """Return ENC and MAC of one card's role, derived by UC1; also of a retired master.

        Key version, card serial, role and master version are those that are asked for. Raises
        `RoleMasterNotFound`, and ValueError for diversification data that are not 10 bytes.
        """

    def receipt_key(self, version: int, card_serial: bytes) -> AesKey:
        """Return the key with which one card signs receipts, by UC1; also of a retired master.

        ``card_serial`` has 8 bytes, else ValueError. Cards get it, and nobody else needs it:
        `keys_tool.receipts` verifies with it.
        """

    def receipt_keys(self, version: int) -> ReceiptKeys:
        """Return what derives the receipt keys of many cards, for `keys_tool.receipts`."""

    def sign_digest(self, version: int, digest: bytes) -> bytes:
        """Sign a SHA-256 digest (32 bytes) with the card CA's key: ECDSA, DER. `KeyRetired`."""

    def public_key(self, version: int) -> bytes:
        """Return the card CA's public point on P-256, uncompressed, 65 bytes."""

    def issuer_certificate(self, version: int) -> bytes:
        """Return the card CA's self-signed certificate, DER."""

    def seal(self, purpose: Purpose, version: int, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt and authenticate under a PRODUCTION or MAILER key, AES-256-GCM (SP 800-38D).

        Returns nonce (12) || ciphertext || tag (16). Purpose, version and ``aad`` are
        authenticated with it. Nonces are random: one key seals at most 2^32 times. Raises
        `WrongPurpose` for other keys, and `KeyRetired`.
        """

    def open(self, purpose: Purpose, version: int, sealed: bytes, aad: bytes) -> bytes:
        """Return what `seal` was given; `SealedDataDamaged` unless every byte is as it was."""

    def hand_over(
        self, purpose: Purpose, version: int, to: "KeyStore", *, within_issuer: bool = False
    ) -> KeyInfo:
        """Put a role's master into another store as well, for a terminal's SAM; return it there.

        A master keeps purpose, version and state. Only masters of roles that terminals have are
        handed over: every other key, the LOAD, receipt and issuer masters among them, stays with
        the issuer and raises `WrongPurpose`, unless ``within_issuer`` says that the other store is
        the issuer's as well. Raises `KeyExists`, and `StoreUnsupported` between stores of kinds
        that no key passes between.
        """

    def sam(self, transport: int | None = None, stop_list: CardSerials | None = None) -> Sam:
        """Return the key holder for host_lib's flows: `keys_tool.sam.StoreSam` over this store."""

    def close(self) -> None:
        """Forget the keys; again is harmless. Python cannot wipe memory, and this does not."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_store(location: str | Path, passphrase: SecretBytes | str) -> KeyStore:
    """Open the store at a path, and keep this process from dumping core.

    A passphrase may be given as text, as a person types it.

    Raises `StoreNotFound`, `WrongPassphrase`, `StoreDamaged`, `StoreTooNew`, and
    `StoreUnsupported` for a ``pkcs11:`` URI, which this version does not know yet.
    """
    require_store(location)
    from keys_tool.file_store import FileStore

    secret = from_text(passphrase) if isinstance(passphrase, str) else passphrase
    return FileStore.load(Path(location), secret)


def require_store(location: str | Path) -> None:
    """Raise `StoreNotFound` or `StoreUnsupported` where there is nothing to open.

    For command lines, which say so before they ask for a passphrase.
    """
    if str(location).startswith("pkcs11:"):
        raise StoreUnsupported(
            "PKCS#11 tokens cannot be opened yet: they arrive with the PKCS#11 store",
            advice="Name the path of an encrypted file store.",
        )
    if not Path(location).exists():
        raise StoreNotFound(f"there is no key store at {location}")
