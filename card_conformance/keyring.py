"""Who holds the keys of the cards under test: a key store, or keys invented for one run."""

from collections.abc import Collection
from secrets import token_bytes
from typing import Protocol

from applet_spec import CardProfile, spec
from host_lib.flow.base import CardKeys, SamCall
from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.purpose import Purpose, blank_key_version
from keys_tool.sam import StoreSam, factory_versions, issuer_versions
from keys_tool.store import KeyStore

_TEST_KEY_BEGINS = 0x40
"""The public key of GlobalPlatform's examples is 40 41 … 4F; longer ones count on."""


class Keyring(Protocol):
    """A key holder for flows that also says which key versions it has."""

    @property
    def versions(self) -> Collection[int]:
        """The key versions for which keys are at hand."""

    @property
    def issuer_version(self) -> int:
        """The key version that a card gets when the suite personalizes it."""

    @property
    def blank_versions(self) -> Collection[int]:
        """The key versions with which blank stock comes that this holder has keys for."""

    def __call__(self, call: SamCall, /) -> KeySet:
        """Return one card's key set of a version."""


class StoreKeyring:
    """The keys of a key store; its errors come through."""

    def __init__(self, store: KeyStore) -> None:
        self._sam = StoreSam(store)
        self._issuer_version = store.default_version(Purpose.ISSUER)
        self.blank_versions = factory_versions()
        self.versions = issuer_versions(store) | self.blank_versions

    @property
    def issuer_version(self) -> int:
        """The newest issuer version."""
        return self._issuer_version

    def __call__(self, call: SamCall, /) -> KeySet:
        """Ask the store."""
        return self._sam(call)


class InventedKeyring:
    """Transport keys of fresh software cards, and issuer keys made up for each card.

    ``key_length`` is that of the issuer keys, in bytes; ``profile`` is the cards' type, the
    reference card's where none is given: transport keys are the public test key.
    """

    def __init__(self, key_length: int = 16, profile: CardProfile | None = None) -> None:
        self._key_length = key_length
        self._blank_version = profile.factory_version if profile else blank_key_version()
        self.blank_versions = (self._blank_version,)
        size = profile.key_length if profile else 16
        self._test_key = AesKey(bytes(range(_TEST_KEY_BEGINS, _TEST_KEY_BEGINS + size)))
        self._invented: dict[CardKeys, KeySet] = {}
        issuer = spec().key_ranges["issuer"]
        self.versions = (self._blank_version, *range(issuer.first, issuer.last + 1))

    @property
    def issuer_version(self) -> int:
        """The first issuer version."""
        return spec().key_ranges["issuer"].first

    def __call__(self, call: SamCall, /) -> KeySet:
        """Return the test key set for the version of blank stock, else this card's invented set."""
        if call.version == self._blank_version:
            return KeySet(call.version, self._test_key, self._test_key, self._test_key)
        if call not in self._invented:
            self._invented[call] = invented_keys(call.version, self._key_length)
        return self._invented[call]


def invented_keys(version: int, key_length: int) -> KeySet:
    """Return a key set of random keys of ``key_length`` bytes."""
    enc, mac, dek = (AesKey(token_bytes(key_length)) for _ in range(3))
    return KeySet(version, enc, mac, dek)
