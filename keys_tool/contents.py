"""What a file store holds once it is decrypted: the issuer's name and the keys, in one value."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from host_lib.keyset import KeySet
from host_lib.roles import Role
from host_lib.secret import SecretBytes
from keys_tool.diversification import Master
from keys_tool.entry import Entry
from keys_tool.errors import KeyExists, KeyNotFound, KeysError, StoreDamaged, WrongPurpose
from keys_tool.purpose import (
    ALGORITHMS,
    ROLE_PURPOSES,
    Algorithm,
    KeyInfo,
    Purpose,
    blank_key_version,
    check_algorithm,
    check_version,
    versions,
)

_PURPOSE_ORDER = {purpose: index for index, purpose in enumerate(Purpose)}
_NOT_AT_FIRST = frozenset((Purpose.TRANSPORT, *ROLE_PURPOSES[len(Role) :]))
_LONGEST_ISSUER = 56  # a common name has at most 64 characters (RFC 5280, A.1), " CA 01" is ours


@dataclass(frozen=True, slots=True)
class Contents:
    """All keys of a store; changing it makes a new value.

    ``issuer`` is the name in the certificates of the issuer's CAs, 1 to 56 characters (ValueError).
    """

    issuer: str = "Unicard"
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.issuer) <= _LONGEST_ISSUER:
            raise ValueError(f"the issuer's name has 1 to {_LONGEST_ISSUER} characters")

    def find(self, purpose: Purpose, version: int) -> Entry:
        """Return a key; raises `VersionOutOfRange` and `KeyNotFound`."""
        check_version(purpose, version)
        for entry in self.entries:
            if (entry.info.purpose, entry.info.version) == (purpose, version):
                return entry
        raise KeyNotFound(f"the store holds no {purpose.value} key of version {version:02X}")

    def infos(self) -> tuple[KeyInfo, ...]:
        """Return what may be known about each key, by purpose and version."""
        infos = (entry.info for entry in self.entries)
        return tuple(sorted(infos, key=lambda info: (_PURPOSE_ORDER[info.purpose], info.version)))

    def require_free(self, purpose: Purpose, version: int) -> None:
        """Raise `KeyExists` where there is a key, `VersionOutOfRange` where there can be none."""
        try:
            self.find(purpose, version)
        except KeyNotFound:
            return
        raise KeyExists(f"the store holds a {purpose.value} key of version {version:02X} already")

    def with_generated(
        self, purpose: Purpose, version: int, algorithm: Algorithm | None = None
    ) -> Self:
        """Return the contents and a new key; raises as `KeyStore.generate`."""
        if purpose is Purpose.TRANSPORT:
            raise WrongPurpose(
                "transport keys are not generated: blank stock comes with its keys",
                advice="Import the keys that the chip supplier sent with the stock.",
            )
        chosen = algorithm or ALGORITHMS[purpose][0]
        check_algorithm(purpose, chosen)
        self.require_free(purpose, version)
        return self._with(
            Entry.generate(purpose, version, chosen, self.next_created(), self.issuer)
        )

    def with_transport(self, version: int, keys: KeySet | Master) -> Self:
        """Return the contents with keys of blank stock; raises as `KeyStore.import_transport`."""
        algorithm, material = _transport_material(keys)
        self.require_free(Purpose.TRANSPORT, version)
        return self._with(
            Entry.of(Purpose.TRANSPORT, version, algorithm, self.next_created(), material)
        )

    def with_entry(self, entry: Entry) -> Self:
        """Return the contents with a key of another store, which keeps all that is known of it.

        Raises `KeyExists`. Its time is the later of its own and the next here, so that keys keep
        their order.
        """
        self.require_free(entry.info.purpose, entry.info.version)
        created = max(entry.info.created, self.next_created())
        return self._with(replace(entry, info=replace(entry.info, created=created)))

    def _with(self, entry: Entry) -> Self:
        return replace(self, entries=(*self.entries, entry))

    def with_retired(self, purpose: Purpose, version: int) -> Self:
        """Return the contents with one key retired."""
        old = self.find(purpose, version)
        entries = tuple(one.retired() if one is old else one for one in self.entries)
        return replace(self, entries=entries)

    def next_created(self) -> datetime:
        """Return the time for a new key: now, and after every other key whatever the clock says."""
        moments = [entry.info.created + timedelta(microseconds=1) for entry in self.entries]
        return max([datetime.now(UTC), *moments])

    def encode(self) -> bytes:
        """Return the payload of the encrypted file; holds the keys themselves."""
        keys = [entry.as_dict() for entry in self.entries]
        return json.dumps({"issuer": self.issuer, "keys": keys}).encode("ascii")

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a decrypted payload. Raises `StoreDamaged` without a word of the payload."""
        try:
            values = json.loads(payload)
            entries = tuple(Entry.from_dict(one) for one in values["keys"])
            contents = cls(str(values["issuer"]), entries)
            names = {(entry.info.purpose, entry.info.version) for entry in entries}
            if len(names) != len(entries) or contents.encode() != payload:
                raise ValueError
        except (KeyError, TypeError, ValueError, KeysError):
            # Not chained: the message of the cause might quote a key.
            raise StoreDamaged("the key store holds a key that contradicts itself") from None
        return contents


def initial_contents(issuer: str, transport: KeySet | Master | None = None) -> Contents:
    """Return what a new store begins with: the first key of each purpose.

    Of role masters those of the contract's roles; other roles have one when a service needs it.
    ``transport`` are the keys of blank stock, which are not generated; without them the store
    opens no blank card until they are imported.
    """
    contents = Contents(issuer)
    for purpose in Purpose:
        if purpose not in _NOT_AT_FIRST:
            contents = contents.with_generated(purpose, versions(purpose)[0])
    return contents if transport is None else contents.with_transport(1, transport)


def _transport_material(keys: KeySet | Master) -> tuple[Algorithm, SecretBytes]:
    if isinstance(keys, Master):
        return Algorithm(f"AES-{8 * len(keys.key)} {keys.scheme.value}"), keys.key
    if keys.version != blank_key_version() or keys.dek is None:
        raise ValueError("the keys of blank stock are a set of version FF with all three keys")
    material = b"".join(key.reveal() for key in (keys.enc, keys.mac, keys.dek))
    return Algorithm(f"AES-{8 * len(keys.enc)} key set"), SecretBytes(material)
