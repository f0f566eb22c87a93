"""Role sessions: a terminal opens the application with its role's keys, and with nothing else."""

from dataclasses import dataclass
from secrets import token_bytes

from applet_spec import spec
from host_lib.channel import SecureChannel
from host_lib.errors import DiversificationError, RoleKeysNotHeld, SessionNotOffered
from host_lib.flow.base import Flow, RoleKeys
from host_lib.flow.objects import read_object
from host_lib.refusals import NotFound
from host_lib.roles import RoleKeySet, Slot, decode_role_key_sets, role_key_version, role_name
from host_lib.scp03 import SessionOffer, authenticate, initialize_update


@dataclass(frozen=True, slots=True)
class RoleSession:
    """An open session of a role; ``asked`` says which card, slot and master its keys are of."""

    channel: SecureChannel
    asked: RoleKeys


def open_role_session(
    role: int, slot: Slot | None = None, *, master_version: int | None = None
) -> Flow[RoleSession]:
    """Open a session of a role with the application, which is selected.

    Without ``slot`` slot A is tried and then slot B, where the card has no such keys or the key
    holder not their master. With ``master_version`` only keys of this master will do.

    The keys are asked for by `RoleKeys`. Before EXTERNAL AUTHENTICATE: NotFound where the card has
    no keys of the role, `ConditionsNotSatisfied` on a BLANK card, `RoleKeysNotHeld`,
    `DiversificationError` for an answer about other keys than were asked for, `SessionNotOffered`
    for another protocol, `CardCryptogramError` where the card has other keys, and what the key
    holder raises. ValueError for a number that is no role or no master version.
    """
    if master_version is not None and master_version not in range(0x100):
        raise ValueError(f"{master_version} is no master version: they are 0 to 255")
    slots = tuple(Slot) if slot is None else (slot,)
    missing: NotFound | RoleKeysNotHeld | None = None
    for place in slots:
        try:
            return (yield from _open(role, place, master_version))
        except RoleKeysNotHeld as error:
            missing = error
        except NotFound as error:
            # That there are keys, of another master, says more than that a slot is empty.
            missing = missing or error
    assert missing is not None, "there is at least one slot"
    raise missing


def _open(role: int, slot: Slot, master_version: int | None) -> Flow[RoleSession]:
    version = role_key_version(role, slot)
    # Role sessions have the contract's own form of SCP03 on every card, whatever its issuer's is.
    scp03 = spec().secure_channel
    challenge = token_bytes(scp03.mac_length)
    offer = yield from initialize_update(version, challenge, target="application")
    asked = RoleKeys(version, offer.diversification)
    _check(offer, asked)
    if master_version is not None and master_version != asked.master_version:
        raise RoleKeysNotHeld(
            f"the card's keys of {role_name(role)} in {slot.value} come from master version "
            f"{asked.master_version:02X}, not {master_version:02X}"
        )
    keys = yield from asked
    channel = yield from authenticate(
        offer,
        keys,
        scp03.daily_level,
        challenge,
        most=spec().limits["role_session_commands"],
        target="application",
    )
    return RoleSession(channel, asked)


def _check(offer: SessionOffer, asked: RoleKeys) -> None:
    """Compare what the card offers with what was asked for; nothing of it is proven yet."""
    i = spec().secure_channel.i
    if offer.i != i:
        raise SessionNotOffered(
            f"role sessions have i = {i:02X}, and the card answers {offer.i:02X}"
        )
    said = offer.diversification[RoleKeys.ROLE]
    if (offer.version, said) != (asked.version, asked.role):
        raise DiversificationError(
            f"key version {asked.version:02X} of {role_name(asked.role)} was asked for, and the "
            f"card answers for version {offer.version:02X} of {role_name(said)}"
        )


def read_role_key_sets() -> Flow[tuple[RoleKeySet, ...]]:
    """Return the role key sets that the card has, by key version; none where there are none.

    Needs an issuer session at level 33 or a role session. Raises `SecurityStatusNotSatisfied`, and
    ProtocolError for a malformed list.
    """
    try:
        value = yield from read_object(spec().object_named("role key sets").tag)
    except NotFound:
        return ()
    return decode_role_key_sets(value)
