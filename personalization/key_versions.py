"""Which masters the keys of a batch's cards come from: one of receipts, and one of each role.

`prepare` settles the versions, so that a batch is of one kind whatever is added to the store
meanwhile. The stations derive the keys: so the keys of one card exist in one process, for one
card, and a production file holds none of its ten thousand cards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from host_lib.roles import RoleKeySet, Slot, role_key_version
from keys_tool import KeyState, KeyStore, Purpose
from keys_tool.purpose import ROLE_PURPOSES


@dataclass(frozen=True, slots=True)
class KeyVersions:
    """Versions of masters: of the receipt keys, and of the role keys by role (0 to 15)."""

    receipt: int
    roles: tuple[tuple[int, int], ...] = ()

    @classmethod
    def newest(cls, store: KeyStore) -> Self:
        """Take the store's newest active receipt master, and that of each role that has one.

        Raises `KeyNotFound` for a store without a receipt master: no card is issued without.
        """
        infos = store.keys()
        active = {info.purpose for info in infos if info.state is KeyState.ACTIVE}
        roles = tuple(
            (role, store.default_version(purpose))
            for role, purpose in enumerate(ROLE_PURPOSES)
            if purpose in active
        )
        return cls(store.default_version(Purpose.RECEIPT), roles)

    def require(self, store: KeyStore) -> None:
        """Raise `KeyNotFound` unless the store has all of them."""
        store.info(Purpose.RECEIPT, self.receipt)
        for role, version in self.roles:
            store.info(ROLE_PURPOSES[role], version)

    @property
    def role_key_sets(self) -> tuple[RoleKeySet, ...]:
        """The role key sets that a card gets, all in slot A, by key version."""
        return tuple(
            RoleKeySet(role_key_version(role, Slot.A), version) for role, version in self.roles
        )

    def as_dict(self) -> dict[str, Any]:
        """Return them as members of a production file's header."""
        roles = {str(role): version for role, version in self.roles}
        return {"receipt_version": self.receipt, "role_versions": roles}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_dict` gave. Raises KeyError, TypeError, AttributeError or ValueError."""
        roles = sorted((int(role), int(v)) for role, v in values["role_versions"].items())
        return cls(int(values["receipt_version"]), tuple(roles))
