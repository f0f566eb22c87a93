"""The keys with which a card is administered: a key store's, or the public test keys."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from applet_spec import ExitCode, UnicardError
from host_lib.flow.base import Sam, SamCall, SamReply
from host_lib.flow.identify import CardFacts
from keys_tool.purpose import Purpose
from keys_tool.sam import factory_versions, issuer_versions, transport_versions
from keys_tool.store import KeyStore
from keys_tool.transport_file import globalplatform_default

_KEY_LENGTH = 16


class KeysUnusable(UnicardError):
    """The keys that were named cannot do what was asked for; no card was touched."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Access:
    """Who has the keys, and which key versions of a card they could open.

    ``sam`` is the key holder for a card, ``key_length`` says how long the new keys of a version
    would be, in bytes.
    """

    sam: Callable[[CardFacts], Sam]
    versions: Callable[[CardFacts], Collection[int]]
    key_length: Callable[[int], int]

    def only(self, version: int) -> "Access":
        """Return the same keys, with one key version to open cards with."""
        return replace(self, versions=lambda _: (version,))


def store_access(store: KeyStore, transport: int | None = None) -> Access:
    """Return the access that a store gives: its issuer keys, and those of blank stock.

    ``transport`` names the delivery whose transport keys open blank cards, by default the newest.
    """

    def known(facts: CardFacts) -> Collection[int]:
        blank = {facts.terms.blank_version} if transport_versions(store) else set()
        return issuer_versions(store) | blank

    def key_length(version: int) -> int:
        info = store.info(Purpose.ISSUER, version)
        return int(info.algorithm.value.removeprefix("AES-").split()[0]) // 8

    return Access(lambda _: store.sam(transport), known, key_length)


def public_key_access() -> Access:
    """Return the access that everybody has to cards with GlobalPlatform's public test keys.

    The keys are as long as the card's type has them.
    """

    def sam(facts: CardFacts) -> Sam:
        length = facts.profile.key_length if facts.profile else _KEY_LENGTH

        def answer(call: SamCall, /) -> SamReply:
            return replace(globalplatform_default(length), version=call.version)

        return answer

    def none(version: int) -> int:
        raise KeysUnusable(
            f"there are no new keys of version {version:02X}",
            advice="Name a key store with --store; its issuer keys are put on cards.",
        )

    return Access(sam, lambda facts: factory_versions() & set(facts.key_versions), none)
