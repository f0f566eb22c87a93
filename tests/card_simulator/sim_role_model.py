"""What the contract says of role keys and role sessions, and what becomes of the card.

The part of the tests' model between `sim_manager_model` and `sim_model`. A session is the issuer's
unless ``role`` says whose it is.
"""

from dataclasses import dataclass

from tests.card_simulator.sim_manager_model import Hints, ManagerModel
from tests.card_simulator.sim_rules import BLANK

ROLE_SETS = range(0x50, 0x70)


@dataclass
class RoleModel(ManagerModel):
    """One card as its contract says that it is now: its role slots."""

    role: int | None = None
    pending_of_role: bool = False

    @property
    def issuer(self) -> bool:
        """Whether a session of the issuer is open."""
        return self.level > 0 and self.role is None

    @property
    def secret(self) -> bool:
        """Whether a session of the issuer with C-MAC and C-ENC is open."""
        return self.issuer and self.level & 0x03 == 0x03

    def initialize_role(self, kvn: int, length: int) -> int:
        if self.lasting.state == BLANK:
            return 0x6985
        if length != 8:
            return 0x6700
        if kvn not in self.lasting.roles:
            return 0x6A88
        self.pending, self.pending_of_role = kvn, True
        return 0x9000

    def put_role_key(self, data: bytes, hints: Hints) -> int | None:
        """Only of commands with right key blocks, which the terminal tells."""
        kvn = data[0]
        if kvn not in ROLE_SETS or data[1:4] != b"\x88\x11\x10" or data[24:27] != b"\x88\x11\x10":
            return 0x6A80
        if hints.key_set is None:
            return None
        if kvn in self.lasting.roles:
            return 0x6985
        held = hints.key_set.enc + hints.key_set.mac + data[-1:]
        self.now(roles={**self.lasting.roles, kvn: held})
        return 0x9000

    def delete_role_key(self, data: bytes) -> int:
        if data[:2] != b"\xd2\x01":
            return 0x6A80
        roles = dict(self.lasting.roles)
        if roles.pop(data[2], None) is None:
            return 0x6A88
        self.now(roles=roles)
        return 0x9000

    def meets(self, read: frozenset[str]) -> bool:
        """Say whether the open session meets a read rule."""
        if self.role is None:
            return self.issuer and "issuer" in read
        return bool(read & {"role", f"role:{self.role}"})
