"""What a file store holds once it is decrypted: the issuer's name and the keys, in one value."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from keys_tool.entry import Entry
from keys_tool.errors import KeyExists, KeyNotFound, StoreDamaged
from keys_tool.purpose import KeyInfo, Purpose, check_version

_PURPOSE_ORDER = {purpose: index for index, purpose in enumerate(Purpose)}


@dataclass(frozen=True, slots=True)
class Contents:
    """All keys of a store; changing it makes a new value. ``issuer`` names the issuer's CAs."""

    issuer: str
    entries: tuple[Entry, ...] = ()

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

    def with_new(self, entry: Entry) -> Self:
        """Return the contents and one key more; raises as `require_free`."""
        self.require_free(entry.info.purpose, entry.info.version)
        return replace(self, entries=(*self.entries, entry))

    def with_changed(self, entry: Entry) -> Self:
        """Return the contents with the key of the same purpose and version replaced."""
        old = self.find(entry.info.purpose, entry.info.version)
        changed = tuple(entry if one is old else one for one in self.entries)
        return replace(self, entries=changed)

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
        except (KeyError, TypeError, ValueError):
            # Not chained: the message of the cause might quote a key.
            raise StoreDamaged("the key store holds a key that contradicts itself") from None
        return contents
