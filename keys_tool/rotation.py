"""Rotation of one card's issuer keys: host_lib's flow over a key store; says the card's state.

The flow adds the new key set, proves it by a session and deletes the old ones. Interrupted at any
point, the card still opens with a key set of the store, and the same call finishes the work.
"""

from dataclasses import dataclass

from applet_spec import Changed, ExitCode, UnicardError
from host_lib.drive import drive
from host_lib.errors import CardCryptogramError
from host_lib.flow.base import Sam
from host_lib.flow.rotation import (
    KeyFindings,
    NoKnownKeys,
    find_issuer_keys,
    rotate_issuer_keys,
)
from host_lib.reader import Reader
from keys_tool.errors import KeyRetired, KeysError
from keys_tool.purpose import KeyState, Purpose
from keys_tool.sam import issuer_versions
from keys_tool.store import KeyStore


class RotationUnfinished(KeysError):
    """A rotation stopped, and the card was asked afterwards which key sets it has."""

    advice = "Run the same command again: it finds out how far the card has come and finishes."


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What a rotation found and did: key versions on the card before and after.

    ``opened_with`` are the versions of the store that opened the card before, ``added`` tells
    whether this call gave the card the new set, ``deleted`` are the versions that it took away.
    """

    version: int
    before: tuple[int, ...]
    opened_with: tuple[int, ...]
    added: bool
    deleted: tuple[int, ...]
    after: tuple[int, ...]


def rotate_card(
    reader: Reader, store: KeyStore, target: int, source: int | None = None
) -> RotationReport:
    """Give the card in a reader the issuer keys of version ``target`` and take older ones away.

    Older ones are all that the store has, or only version ``source``. Raises `KeyNotFound` and
    `KeyRetired` before the card is touched, `NoKnownKeys` and `CardCryptogramError` where no key
    of the store opens the card, `RotationUnfinished` where it stopped in a known state, and the
    flow's and the reader's errors where the card could not be asked.
    """
    ours = _usable_versions(store, target, source)
    sam = store.sam()
    with reader.exclusive():
        before = drive(find_issuer_keys(ours), reader, sam)
        _require_way_in(before, ours)
        try:
            done = drive(rotate_issuer_keys(ours, target), reader, sam)
            after = drive(find_issuer_keys(ours), reader, sam)
        except UnicardError as error:
            raise _explained(error, reader, sam, ours, before) from error
    return RotationReport(
        target, before.present, before.opening, done.added, done.deleted, after.present
    )


def _usable_versions(store: KeyStore, target: int, source: int | None) -> frozenset[int]:
    if store.info(Purpose.ISSUER, target).state is KeyState.RETIRED:
        raise KeyRetired(f"the issuer key of version {target:02X} is retired")
    if source is None:
        return issuer_versions(store)
    store.info(Purpose.ISSUER, source)
    return frozenset((source, target))


def _require_way_in(found: KeyFindings, ours: frozenset[int]) -> None:
    if found.opening:
        return
    common = [version for version in found.present if version in ours]
    if not common:
        raise NoKnownKeys(
            f"the card has key versions {listed(found.present)}; "
            f"the store was asked for {listed(tuple(sorted(ours)))}"
        )
    raise CardCryptogramError(
        f"the card's keys of version {listed(tuple(common))} are not those of this store"
    )


def _explained(
    error: UnicardError,
    reader: Reader,
    sam: Sam,
    ours: frozenset[int],
    before: KeyFindings,
) -> UnicardError:
    """Ask the card where it stands after an error; the error itself where it does not answer."""
    try:
        now = drive(find_issuer_keys(ours), reader, sam)
    except UnicardError:
        return error
    same = now == before
    return RotationUnfinished(
        f"{error.message}; the card has key versions {listed(now.present)} now "
        f"and opens with {listed(now.opening)}",
        changed=Changed.NO if same else Changed.YES,
        exit_code=ExitCode.FAILED if same else ExitCode.UNCERTAIN,
    )


def listed(versions: tuple[int, ...]) -> str:
    """Return key versions as words: ``30 and 31``, or ``none``."""
    words = [f"{version:02X}" for version in versions]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "none"
