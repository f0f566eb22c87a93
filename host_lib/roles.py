"""Terminal roles, the two slots for the keys of each, and what a card lists of them.

A role is a number from 0 to 15; `Role` names those that the contract gives a meaning to, and any
other may have keys all the same.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from applet_spec import spec
from host_lib.errors import ProtocolError


class Role(IntEnum):
    """The roles of the contract."""

    LOAD = 0
    MERCHANT = 1
    CASH = 2
    RATION = 3
    BREAD = 4
    HEALTH = 5
    INSPECT = 6


class Slot(Enum):
    """Where a card keeps keys of a role: there are two, so that new ones can go beside the old."""

    A = "role slot A"
    B = "role slot B"

    @property
    def versions(self) -> range:
        """The key versions of the slot, role by role."""
        known = spec().key_ranges[self.value]
        return range(known.first, known.last + 1)


def role_key_version(role: int, slot: Slot) -> int:
    """Return the key version of a role's slot. ValueError for a number that is no role."""
    if not 0 <= role < len(slot.versions):
        raise ValueError(f"{role} is no role: they are 0 to {len(slot.versions) - 1}")
    return slot.versions[role]


def role_slot(version: int) -> tuple[int, Slot]:
    """Return the role and the slot of a key version. ValueError for one of no role."""
    for slot in Slot:
        if version in slot.versions:
            return slot.versions.index(version), slot
    raise ValueError(f"{version:02X} is the key version of no role")


def role_name(role: int) -> str:
    """Return how messages call a role, for example ``BREAD``, or ``role 9``."""
    try:
        return Role(role).name
    except ValueError:
        return f"role {role}"


@dataclass(frozen=True, slots=True)
class RoleKeySet:
    """A role key set that a card has: its key version, and that of the master of its keys."""

    version: int
    master_version: int

    @property
    def role(self) -> int:
        """The role, 0 to 15."""
        return role_slot(self.version)[0]

    @property
    def slot(self) -> Slot:
        """The slot that it is in."""
        return role_slot(self.version)[1]


def decode_role_key_sets(value: bytes) -> tuple[RoleKeySet, ...]:
    """Read the object "role key sets". Raises ProtocolError."""
    found = tuple(RoleKeySet(*value[at : at + 2]) for at in range(0, len(value) & ~1, 2))
    versions = [one.version for one in found]
    known = {version for slot in Slot for version in slot.versions}
    if len(value) % 2 or not known.issuperset(versions) or versions != sorted(set(versions)):
        raise ProtocolError(f"{value.hex().upper()} is no list of role key sets")
    return found
