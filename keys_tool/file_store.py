"""The encrypted file store: all keys in one file, under one passphrase.

Any number of processes read; a writer takes the file's lock, reads the file again, adds its change
and replaces the file whole. `keys_tool.vault` has the format, `keys_tool.atomic_file` the writing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from host_lib.certificates import encode_point
from host_lib.flow.base import RoleKeys
from host_lib.keyset import KeySet
from host_lib.reader import SelfClosing
from host_lib.roles import role_name
from host_lib.secret import AesKey, SecretBytes
from keys_tool import atomic_file, sealing
from keys_tool import passphrase as passphrases
from keys_tool.contents import Contents
from keys_tool.derivation import (
    ReceiptKeys,
    derive_receipt_key,
    derive_role_keys,
    require_diversification,
)
from keys_tool.diversification import Master
from keys_tool.entry import Entry
from keys_tool.errors import (
    KeyNotFound,
    KeyRetired,
    RoleMasterNotFound,
    StoreChanged,
    StoreClosed,
    StoreDamaged,
    StoreExists,
    StoreNotFound,
    StoreTooNew,
    StoreUnsupported,
    VersionOutOfRange,
    WrongPassphrase,
)
from keys_tool.hygiene import forbid_core_dumps
from keys_tool.purpose import (
    KEY_SETS,
    ROLE_PURPOSES,
    Algorithm,
    KeyInfo,
    KeyState,
    Purpose,
    blank_key_version,
    newest_active,
    require_for_terminals,
)
from keys_tool.sam import StoreSam
from keys_tool.store import CardSerials, KeyStore
from keys_tool.vault import Document, ScryptCost, Vault

_LARGEST_FILE = 1 << 24


@dataclass(slots=True)
class _Unlocked:
    """What an open store knows; gone when it closes."""

    vault: Vault
    contents: Contents


class FileStore(SelfClosing):
    """A `keys_tool.store.KeyStore` in one encrypted file. See there for what the methods do.

    Not for use by several threads at once while one of them writes. The instance shows the keys as
    they were when it was opened or last written by itself.
    """

    def __init__(self, path: Path, vault: Vault, contents: Contents) -> None:
        self._path = path
        self._state: _Unlocked | None = _Unlocked(vault, contents)

    @classmethod
    def load(cls, path: Path, passphrase: SecretBytes) -> Self:
        """Open the store in a file, and keep this process from dumping core.

        Raises `StoreNotFound`, `StoreDamaged`, `StoreTooNew` and `WrongPassphrase`.
        """
        forbid_core_dumps()
        path = path.resolve()
        try:
            document = _read(path)
            vault = Vault.unlock(document, passphrase)
            return cls(path, vault, Contents.decode(vault.decrypt(document)))
        except (StoreDamaged, StoreTooNew, WrongPassphrase) as error:
            raise type(error)(f"{path.name}: {error.message}") from error

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: SecretBytes,
        *,
        contents: Contents | None = None,
        cost: ScryptCost | None = None,
    ) -> Self:
        """Create a store with these keys, by default none: complete in one write, or not at all.

        Raises `StoreExists` (the file is untouched), `WeakPassphrase` and `StoreReadOnly`.
        """
        passphrases.check_new(passphrase)
        forbid_core_dumps()
        path = path.resolve()
        require_absent(path)
        contents = contents or Contents()
        vault = Vault.new(passphrase, cost or ScryptCost())
        with atomic_file.exclusive(path):
            require_absent(path)
            atomic_file.replace(path, vault.encrypt(contents.encode()))
        return cls(path, vault, contents)

    @property
    def location(self) -> str:
        """The absolute path of the file."""
        return str(self._path)

    def keys(self) -> tuple[KeyInfo, ...]:
        """List the keys."""
        return self._contents.infos()

    def info(self, purpose: Purpose, version: int) -> KeyInfo:
        """Describe one key."""
        return self._contents.find(purpose, version).info

    def default_version(self, purpose: Purpose) -> int:
        """Return the newest active version."""
        return newest_active(self.keys(), purpose).version

    def generate(
        self, purpose: Purpose, version: int, algorithm: Algorithm | None = None
    ) -> KeyInfo:
        """Make a new key."""
        self._write(lambda contents: contents.with_generated(purpose, version, algorithm))
        return self.info(purpose, version)

    def import_transport(self, version: int, keys: KeySet | Master) -> KeyInfo:
        """Take in the keys of blank stock."""
        self._write(lambda contents: contents.with_transport(version, keys))
        return self.info(Purpose.TRANSPORT, version)

    def retire(self, purpose: Purpose, version: int) -> KeyInfo:
        """Retire a key."""
        self._write(lambda contents: contents.with_retired(purpose, version))
        return self.info(purpose, version)

    def change_passphrase(self, new: SecretBytes) -> None:
        """Put the keys under a new passphrase and a new store key, at the same cost.

        Raises `WeakPassphrase`. Copies of the old file still open with the old passphrase.
        """
        passphrases.check_new(new)
        cost = self._unlocked.vault.header.cost
        self._write(lambda contents: contents, Vault.new(new, cost))

    def transport_keys(self, version: int, diversification: bytes) -> KeySet:
        """Return the keys of one blank card."""
        entry = self._contents.find(Purpose.TRANSPORT, version)
        if entry.info.algorithm in KEY_SETS:
            return entry.key_set(blank_key_version())
        return entry.master().keys_of(blank_key_version(), diversification)

    def issuer_keys(self, version: int, diversification: bytes) -> KeySet:
        """Derive the keys of one card."""
        master = self._contents.find(Purpose.ISSUER, version).master()
        return master.keys_of(version, diversification)

    def role_keys(self, asked: RoleKeys) -> KeySet:
        """Derive the keys of one card's role."""
        require_diversification(asked.diversification)
        try:
            entry = self._contents.find(ROLE_PURPOSES[asked.role], asked.master_version)
        except (KeyNotFound, VersionOutOfRange) as error:
            raise RoleMasterNotFound(
                f"the store holds no master of {role_name(asked.role)}, version "
                f"{asked.master_version:02X}"
            ) from error
        return derive_role_keys(entry.aes_key(), asked)

    def receipt_key(self, version: int, card_serial: bytes) -> AesKey:
        """Derive one card's receipt key."""
        master = self._contents.find(Purpose.RECEIPT, version).aes_key()
        return derive_receipt_key(master, version, card_serial)

    def receipt_keys(self, version: int) -> ReceiptKeys:
        """Keep a context of a receipt master."""
        return ReceiptKeys(self._contents.find(Purpose.RECEIPT, version).aes_key(), version)

    def sign_digest(self, version: int, digest: bytes) -> bytes:
        """Sign with a card CA."""
        entry = self._protecting(Purpose.CARD_CA, version)
        return entry.private_key().sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    def public_key(self, version: int) -> bytes:
        """Return a card CA's public point."""
        entry = self._contents.find(Purpose.CARD_CA, version)
        return encode_point(entry.private_key().public_key())

    def issuer_certificate(self, version: int) -> bytes:
        """Return a card CA's certificate."""
        return self._contents.find(Purpose.CARD_CA, version).certificate

    def seal(self, purpose: Purpose, version: int, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt and authenticate."""
        sealing.require_sealing(purpose)
        key = self._protecting(purpose, version).aes_key()
        return sealing.seal(key, plaintext, sealing.associated_data(purpose, version, aad))

    def open(self, purpose: Purpose, version: int, sealed: bytes, aad: bytes) -> bytes:
        """Check and decrypt."""
        sealing.require_sealing(purpose)
        key = self._contents.find(purpose, version).aes_key()
        return sealing.unseal(key, sealed, sealing.associated_data(purpose, version, aad))

    def hand_over(
        self, purpose: Purpose, version: int, to: KeyStore, *, within_issuer: bool = False
    ) -> KeyInfo:
        """Put a role's master into another file store."""
        if not within_issuer:
            require_for_terminals(purpose)
        if not isinstance(to, FileStore):
            raise StoreUnsupported("keys pass from file stores to file stores only")
        entry = self._contents.find(purpose, version)
        to._write(lambda contents: contents.with_entry(entry))
        return to.info(purpose, version)

    def sam(self, transport: int | None = None, stop_list: CardSerials | None = None) -> StoreSam:
        """Return the key holder for flows."""
        return StoreSam(self, transport, stop_list)

    def close(self) -> None:
        """Forget the keys."""
        self._state = None

    def __repr__(self) -> str:
        return f"FileStore({self.location!r})"

    @property
    def _unlocked(self) -> _Unlocked:
        if self._state is None:
            raise StoreClosed("the key store is closed")
        return self._state

    @property
    def _contents(self) -> Contents:
        return self._unlocked.contents

    def _protecting(self, purpose: Purpose, version: int) -> Entry:
        entry = self._contents.find(purpose, version)
        if entry.info.state is KeyState.RETIRED:
            raise KeyRetired(f"the {purpose.value} key of version {version:02X} is retired")
        return entry

    def _write(
        self, change: Callable[[Contents], Contents], new_vault: Vault | None = None
    ) -> None:
        """Apply a change to what the file holds now, so that no other writer's key is lost."""
        vault = self._unlocked.vault
        with atomic_file.exclusive(self._path):
            document = _read(self._path)
            if document.header != vault.header:
                raise StoreChanged("the key store has been given another passphrase meanwhile")
            contents = change(Contents.decode(vault.decrypt(document)))
            atomic_file.replace(self._path, (new_vault or vault).encrypt(contents.encode()))
        self._state = _Unlocked(new_vault or vault, contents)


def require_absent(path: Path) -> None:
    """Raise `StoreExists` where there is a file."""
    if path.exists():
        raise StoreExists(f"there is a file at {path} already")


def _read(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise StoreNotFound(f"there is no key store at {path}") from error
    except OSError as error:
        raise StoreNotFound(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST_FILE:
        raise StoreDamaged("the file is no key store: it is too large")
    return Document.parse(data)
