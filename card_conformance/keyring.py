"""Who holds the keys of the cards under test: a key store, or keys invented for one run."""

from collections.abc import Collection
from secrets import token_bytes
from typing import Protocol

from applet_spec import spec
from host_lib.flow.base import CardKeys, SamCall
from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.purpose import Purpose, blank_key_version
from keys_tool.sam import StoreSam, issuer_versions
from keys_tool.store import KeyStore

GLOBALPLATFORM_TEST_KEY = "404142434445464748494A4B4C4D4E4F"
"""The public key of GlobalPlatform's examples; fresh software cards have it as transport key."""


class Keyring(Protocol):
    """A key holder for flows that also says which key versions it has."""

    @property
    def versions(self) -> Collection[int]:
        """The key versions for which keys are at hand."""

    @property
    def issuer_version(self) -> int:
        """The key version that a card gets when the suite personalizes it."""

    def __call__(self, call: SamCall, /) -> KeySet:
        """Return one card's key set of a version."""


class StoreKeyring:
    """The keys of a key store; its errors come through."""

    def __init__(self, store: KeyStore) -> None:
        self._sam = StoreSam(store)
        self._issuer_version = store.default_version(Purpose.ISSUER)
        self.versions = issuer_versions(store) | {blank_key_version()}

    @property
    def issuer_version(self) -> int:
        """The newest issuer version."""
        return self._issuer_version

    def __call__(self, call: SamCall, /) -> KeySet:
        """Ask the store."""
        return self._sam(call)


class InventedKeyring:
    """Transport keys of fresh software cards, and issuer keys made up for each card.

    ``key_length`` is that of the issuer keys, in bytes.
    """

    def __init__(self, key_length: int = 16) -> None:
        self._key_length = key_length
        self._invented: dict[CardKeys, KeySet] = {}
        issuer = spec().key_ranges["issuer"]
        self.versions = (blank_key_version(), *range(issuer.first, issuer.last + 1))

    @property
    def issuer_version(self) -> int:
        """The first issuer version."""
        return spec().key_ranges["issuer"].first

    def __call__(self, call: SamCall, /) -> KeySet:
        """Return the test key set for version FF, else this card's invented set."""
        if call.version == blank_key_version():
            test_key = AesKey(bytes.fromhex(GLOBALPLATFORM_TEST_KEY))
            return KeySet(call.version, test_key, test_key, test_key)
        if call not in self._invented:
            self._invented[call] = invented_keys(call.version, self._key_length)
        return self._invented[call]


def invented_keys(version: int, key_length: int) -> KeySet:
    """Return a key set of random keys of ``key_length`` bytes."""
    enc, mac, dek = (AesKey(token_bytes(key_length)) for _ in range(3))
    return KeySet(version, enc, mac, dek)
