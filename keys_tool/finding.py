"""Which keys of a store open a card: asked of the card, at no cost to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from host_lib.drive import drive, only_asking
from host_lib.flow.identify import identify
from host_lib.flow.rotation import find_issuer_keys, listed
from host_lib.flow.session import SessionTerms
from host_lib.reader import Reader
from keys_tool.errors import KeysError
from keys_tool.purpose import Purpose
from keys_tool.sam import issuer_versions, transport_versions
from keys_tool.store import KeyStore


class NoKeyOpens(KeysError):
    """None of the store's keys is one of the card's; it was not authenticated to."""

    advice = (
        "Look for the store that this card was issued with, or for the transport keys of its "
        "delivery (`unicard keys add transport`); `unicard card probe` shows how long the card's "
        "keys are."
    )


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """A key of the store that opens the card's key version: issuer master or a delivery's keys."""

    version: int
    purpose: Purpose
    key: int


@dataclass(frozen=True, slots=True)
class FoundKeys:
    """The card's key versions, and which of them the store opens."""

    chip_serial: bytes
    present: tuple[int, ...]
    opening: tuple[OpeningKey, ...]


def find_keys(reader: Reader, store: KeyStore) -> FoundKeys:
    """Find the keys of a store that open the card in a reader.

    Each key is tried once by INITIALIZE UPDATE, and EXTERNAL AUTHENTICATE goes out only where the
    card has proven that it has the key: at most one a key version, and none for a wrong guess.
    Raises `NoKeyOpens` where none does.
    """
    with reader.exclusive(), only_asking():
        facts = drive(identify(reader.atr), reader)
        ours = issuer_versions(store)
        found = drive(find_issuer_keys(ours, facts.terms), reader, store.sam())
        opening = [OpeningKey(version, Purpose.ISSUER, version) for version in found.opening]
        if facts.terms.blank_version in found.present:
            opening += _deliveries(reader, store, facts.terms)
    if not opening:
        raise NoKeyOpens(
            f"the card {found.chip.hex().upper()} has key versions {listed(found.present)}; "
            f"none of the keys in {store.location} opens it"
        )
    return FoundKeys(found.chip, found.present, tuple(opening))


def _deliveries(reader: Reader, store: KeyStore, terms: SessionTerms) -> Iterator[OpeningKey]:
    """Try the transport keys of each delivery, the newest first, until one opens the card."""
    version = terms.blank_version
    for delivery in transport_versions(store):
        sam = store.sam(delivery)
        if drive(find_issuer_keys({version}, terms), reader, sam).opening:
            yield OpeningKey(version, Purpose.TRANSPORT, delivery)
            return
