"""Role keys of the suite's own: random ones, put into a free slot and taken away again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import randbelow, token_bytes

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check
from card_conformance.suite.support import Handshake, application, run_with
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import DeleteRoleKeys, PutRoleKeys
from host_lib.flow.role_session import RoleSession, open_role_session, read_role_key_sets
from host_lib.keyset import KeySet
from host_lib.roles import RoleKeySet, Slot, role_key_version, role_slot
from host_lib.scp03 import SessionKeys, initialize_update
from host_lib.secret import AesKey

CHALLENGE = 8
"""Bytes of a host challenge for a role, whatever the card's own form of SCP03 is."""
LEVEL = spec().secure_channel.read_level
VERSIONS = tuple(version for slot in Slot for version in slot.versions)
NO_ROLES = (0x00, 0x30, min(VERSIONS) - 1, max(VERSIONS) + 1, 0xFF)
"""Key versions of no role."""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Keys of a role that the suite put on a card."""

    keys: KeySet
    master_version: int

    @property
    def version(self) -> int:
        """The key version, which says role and slot."""
        return self.keys.version

    @property
    def listed(self) -> RoleKeySet:
        """How the card lists them."""
        return RoleKeySet(self.version, self.master_version)


def random_keys(version: int) -> OwnKeys:
    """Return keys that no card has."""
    enc, mac = AesKey(token_bytes(16)), AesKey(token_bytes(16))
    return OwnKeys(KeySet(version, enc, mac), randbelow(256))


def listed(card: CardUnderTest) -> tuple[RoleKeySet, ...]:
    """Return the role key sets that the card lists in an issuer session."""
    card.need_level(LEVEL)
    return card.run(read_role_key_sets(), card.session(level=LEVEL).channel)


def free_versions(card: CardUnderTest) -> list[int]:
    """Return the key versions whose slots are empty.

    A card that lists nothing, because it has no R-ENC, is asked for a session with each.
    """
    with card.reader.unobserved():
        if LEVEL in card.levels:
            taken = {one.version for one in listed(card)}
        else:
            card.select()
            taken = {v for v in VERSIONS if card.send(update(v)).sw == 0x9000}
        card.select()
    return [version for version in VERSIONS if version not in taken]


def free_version(card: CardUnderTest, fits: Callable[[int, Slot], bool] | None = None) -> int:
    """Return a free key version, of a role that cards rarely have where any role fits.

    Raises NotRun where all slots that fit hold keys.
    """
    free = [v for v in free_versions(card) if fits is None or fits(*role_slot(v))]
    if not free:
        raise _full()
    return max(free, key=lambda version: role_slot(version)[0])


def outermost_free(card: CardUnderTest) -> tuple[int, int]:
    """Return the lowest and the highest free key version. Raises NotRun for fewer than two."""
    free = free_versions(card)
    if len(free) < 2:
        raise _full()
    return free[0], free[-1]


def _full() -> NotRun:
    return NotRun("the card has keys in every role slot that this test could use")


def free_pair(card: CardUnderTest) -> tuple[int, int]:
    """Return the key versions of a role whose two slots are free. Raises NotRun without one."""
    free = set(free_versions(card))
    pairs = [(role_key_version(r, Slot.A), role_key_version(r, Slot.B)) for r in range(16)]
    fitting = [pair for pair in pairs if free.issuperset(pair)]
    if not fitting:
        raise NotRun("the card has no role of which both slots are free")
    return fitting[-1]


def put(card: CardUnderTest, own: OwnKeys) -> None:
    """Put keys into their slot, in an issuer session."""
    session = card.session()
    command = PutRoleKeys(own.keys, own.master_version, session.dek)
    card.run(command, session.channel)


@contextmanager
def own_keys(card: CardUnderTest, version: int) -> Iterator[OwnKeys]:
    """Give the card keys of the suite's own inside the block."""
    own = random_keys(version)
    with slot_emptied(card, version):
        with card.reader.unobserved():
            put(card, own)
            card.select()
        yield own


@contextmanager
def slot_emptied(card: CardUnderTest, *versions: int) -> Iterator[None]:
    """Empty slots after the block, whatever it put there."""
    try:
        yield
    finally:
        with card.reader.unobserved(), card.restoring("the card's role keys"):
            card.reader.reset()
            channel = card.session().channel
            for version in versions:
                _empty(card, version, channel)
            card.select()


def _empty(card: CardUnderTest, version: int, channel: SecureChannel) -> None:
    answer = card.send(DeleteRoleKeys(version).apdu(), channel)
    came = f"{answer.sw:04X}"
    check(came in ("9000", "6A88"), f"DELETE KEY of {version:02X}", came, "9000 or 6A88")


def update(version: int, challenge: bytes = bytes(CHALLENGE)) -> Apdu:
    """Return INITIALIZE UPDATE of a role."""
    return application("INITIALIZE UPDATE", version, 0x00, challenge, answer=True)


def role_session(card: CardUnderTest, own: OwnKeys) -> RoleSession:
    """Select the application and open a session with keys of the suite's own."""
    card.select()
    return session_here(card, own)


def session_here(card: CardUnderTest, own: OwnKeys) -> RoleSession:
    """Open a session with keys of the suite's own on the application, which is selected."""
    role, slot = role_slot(own.version)
    opening = open_role_session(role, slot, master_version=own.master_version)
    return run_with(card, opening, own.keys)


def role_handshake(card: CardUnderTest, own: OwnKeys) -> Handshake:
    """Send INITIALIZE UPDATE of a role to the application, which is selected."""
    challenge = token_bytes(CHALLENGE)
    offer = card.run(initialize_update(own.version, challenge, target="application"))
    session = SessionKeys.derive(own.keys, challenge, offer.challenge)
    return Handshake(offer, own.keys, session, challenge)
