"""One key set: the keys of one version, by their identifiers, and their form in a memory cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from card_simulator.scp03 import KEY_LENGTHS, StaticKeys

KEY_IDS = (ENC, MAC, DEK) = (1, 2, 3)
"""Key identifiers of an SCP03 set (Amendment D, 5.1)."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys of 16, 24 or 32 bytes by their identifiers; ``repr`` shows none of them."""

    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, static: StaticKeys) -> KeySet:
        """Return the complete set of three keys."""
        return cls({ENC: static.enc, MAC: static.mac, DEK: static.dek})

    @property
    def static(self) -> StaticKeys | None:
        """The three keys of a session; None unless all are there and have one length."""
        if set(self.keys) != set(KEY_IDS) or len({len(key) for key in self.keys.values()}) != 1:
            return None
        return StaticKeys(self.keys[ENC], self.keys[MAC], self.keys[DEK])

    def with_keys(self, keys: Mapping[int, bytes]) -> KeySet:
        """Return the set with these keys added, or put in place of those of the same identifier."""
        return KeySet({**self.keys, **keys})

    def without(self, key_ids: Collection[int]) -> KeySet:
        """Return the set without the keys of these identifiers."""
        return KeySet({key_id: key for key_id, key in self.keys.items() if key_id not in key_ids})

    def encode(self) -> bytes:
        """Return the value of the set's cell.

        A complete set is ENC, MAC and DEK joined, whose length is a multiple of 8; in any other
        each key has its identifier and length before it, and no such length is a multiple of 8.
        """
        if self.static:
            return self.static.joined()
        return b"".join(
            bytes((key_id, len(key))) + key for key_id, key in sorted(self.keys.items())
        )

    @classmethod
    def decode(cls, cell: bytes) -> KeySet:
        """Read a cell's value; raises ValueError where it is none."""
        if len(cell) % 8 == 0:
            keys = cls.of(StaticKeys.split(cell)).keys
        else:
            keys = {}
            while len(cell) > 1:
                key_id, end = cell[0], 2 + cell[1]
                keys[key_id], cell = cell[2:end], cell[end:]
        lengths = {len(key) for key in keys.values()}
        if not (lengths <= set(KEY_LENGTHS) and keys.keys() <= set(KEY_IDS)) or len(cell) == 1:
            raise ValueError("a cell that is no key set")
        return cls(keys)
