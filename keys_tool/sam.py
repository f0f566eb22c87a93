"""The key holder that flows ask for card keys, over a key store."""

from dataclasses import replace

from applet_spec import spec
from host_lib.errors import CardStopped
from host_lib.flow.base import RoleKeys, SamCall, SamReply
from keys_tool.errors import KeyNotFound
from keys_tool.purpose import KeyState, Purpose, blank_key_version, versions
from keys_tool.store import CardSerials, KeyStore


class StoreSam:
    """Answers the key requests of host_lib's flows: a `host_lib.flow.base.Sam`.

    A role's keys are derived from the role's master, unless the card's serial is in ``stop_list``,
    a `host_lib.stop_list.StopList` or any other container of serials. An issuer version is answered
    with the card's issuer keys, the version of blank stock of any known card type with its
    transport keys: those of delivery ``transport``, by default the newest. Holds the store, not the
    keys: one card's keys exist for one request.
    """

    def __init__(
        self,
        store: KeyStore,
        transport: int | None = None,
        stop_list: CardSerials | None = None,
    ) -> None:
        self._store = store
        self._transport = transport
        self._stopped: CardSerials = () if stop_list is None else stop_list

    def __call__(self, call: SamCall, /) -> SamReply:
        """Return the key set that is asked for; `KeyNotFound` where the store has none.

        Of roles: `CardStopped` before anything is derived, and `RoleMasterNotFound`.
        """
        store = self._store
        if isinstance(call, RoleKeys):
            if call.card_serial in self._stopped:
                serial = call.card_serial.hex().upper()
                raise CardStopped(f"the card with serial {serial} is on the stop list")
            return store.role_keys(call)
        if call.version in versions(Purpose.ISSUER):
            return store.issuer_keys(call.version, call.diversification)
        if call.version not in factory_versions():
            raise KeyNotFound(f"a store holds no keys for key version {call.version:02X} of cards")
        transport = self._transport or store.default_version(Purpose.TRANSPORT)
        return replace(store.transport_keys(transport, call.diversification), version=call.version)


def factory_versions() -> frozenset[int]:
    """Return the key versions with which blank stock of the known card types comes."""
    profiles = spec().card_profiles.values()
    return frozenset({blank_key_version(), *(profile.factory_version for profile in profiles)})


def issuer_versions(store: KeyStore) -> frozenset[int]:
    """Return the versions of all issuer masters of a store, retired ones too: cards carry them."""
    infos = store.keys()
    return frozenset(info.version for info in infos if info.purpose is Purpose.ISSUER)


def transport_versions(store: KeyStore) -> tuple[int, ...]:
    """Return the deliveries of blank stock whose keys a store has, the newest first."""
    infos = store.keys()
    found = [info for info in infos if info.purpose is Purpose.TRANSPORT]
    found.sort(key=lambda info: (info.state is KeyState.ACTIVE, info.created), reverse=True)
    return tuple(info.version for info in found)
