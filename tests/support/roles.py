"""Role keys of an invented issuer, on software cards, and the SAM of a terminal that has them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from card_simulator.reader import SimReader
from host_lib import Card, CardKeys, CardStopped, KeySet, RoleKeys, RoleKeysNotHeld, Slot
from host_lib.command import PutRoleKeys
from host_lib.primitives import AesContext
from host_lib.secret import AesKey
from keys_tool.contents import Contents
from keys_tool.derivation import derive_role_keys
from keys_tool.entry import Entry
from keys_tool.file_store import FileStore
from keys_tool.passphrase import from_text
from keys_tool.purpose import ROLE_PURPOSES, Algorithm
from keys_tool.vault import ScryptCost
from tests.support.cards import CARD_SERIAL, GP_TEST_KEY, OLD, issuer, personalized_card


def master(role: int, version: int) -> AesKey:
    """Return the invented master of a role and version."""
    return AesKey(AesContext(GP_TEST_KEY.reveal()).cmac(b"role", bytes((role, version))))


@dataclass
class Sam:
    """Holds the masters of some roles and versions, and a stop list of card serials."""

    masters: frozenset[tuple[int, int]]
    stopped: frozenset[bytes] = frozenset()
    asked: list[RoleKeys] = field(default_factory=list)

    def __call__(self, call: CardKeys, /) -> KeySet:
        """Answer the request for a role's keys."""
        assert isinstance(call, RoleKeys), "a terminal holds no other keys"
        self.asked.append(call)
        if call.card_serial in self.stopped:
            raise CardStopped("the card is on the stop list")
        if (call.role, call.master_version) not in self.masters:
            raise RoleKeysNotHeld(f"no master {call.master_version:02X} of role {call.role}")
        return derive_role_keys(master(call.role, call.master_version), call)


def store_with_roles(path: Path, passphrase: str, *held: tuple[int, int]) -> FileStore:
    """Make the store of a terminal that has these roles' masters, each of a version."""
    contents, created = Contents("Terminal"), datetime.now(UTC)
    for role, version in held:
        made = ROLE_PURPOSES[role], version, Algorithm.AES_128_UC1, created, master(role, version)
        contents = contents.with_entry(Entry.of(*made))
    secret = from_text(passphrase)
    return FileStore.create(path, secret, contents=contents, cost=ScryptCost(n=1024))


def put_role_keys(reader: SimReader, role: int, slot: Slot, master_version: int) -> None:
    """Put a role's keys on a card of this issuer."""
    asked = RoleKeys.of(CARD_SERIAL, role, slot, master_version)
    keys = derive_role_keys(master(role, master_version), asked)
    card = Card(reader, issuer)
    with card.issuer_session(OLD) as session:
        card.run(PutRoleKeys(keys, master_version, session.dek))


def card_with_roles(*held: tuple[int, Slot, int]) -> SimReader:
    """Return a PERSONALIZED card with keys of these roles, slots and master versions."""
    reader, _ = personalized_card()
    for role, slot, master_version in held:
        put_role_keys(reader, role, slot, master_version)
    return reader
