"""Issuer keys in two phases: add the new set, prove it by a session, only then delete the old.

No key set is overwritten, so that at every moment the card opens with a key set that the issuer
has. The same flow, run again after an interruption at any point, finishes the work.
"""

from collections.abc import Collection
from dataclasses import dataclass

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.command import DeleteKey, PutKey, SelectCardManager
from host_lib.errors import CardCryptogramError, ProtocolError, ReaderError, SecureMessagingError
from host_lib.flow.base import CardKeys, Flow
from host_lib.flow.identify import key_versions
from host_lib.flow.session import IssuerSession, open_issuer_session
from host_lib.refusals import Refused
from host_lib.scp03 import secured


class NoKnownKeys(UnicardError):
    """None of the card's key versions is one that the issuer has; nothing was tried."""

    advice = (
        "Check that this is your card and that the store holds the key version it was issued with."
    )


class RotationInterrupted(UnicardError):
    """Card or link were lost, or the card refused, in the middle of a rotation."""

    exit_code = ExitCode.UNCERTAIN
    changed = Changed.UNKNOWN
    advice = (
        "Put the card back and run the same command again: it finds out which key set opens the "
        "card and finishes from there."
    )


class NewKeysDoNotOpen(UnicardError):
    """The new key set was echoed rightly and then did not open a session; the old one is kept."""

    changed = Changed.YES
    advice = "Keep the card apart: it opens with its old keys. Report the card type."


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: whether the new set was added now, and which versions were deleted."""

    version: int
    added: bool
    deleted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """Which key versions the card says it has, and which of them open it with our keys."""

    present: tuple[int, ...]
    opening: tuple[int, ...]


def find_issuer_keys(ours: Collection[int]) -> Flow[KeyFindings]:
    """Find out which of our key versions open the card.

    A version is tried once, and EXTERNAL AUTHENTICATE goes out only after the card cryptogram
    matched, so that a wrong guess costs the card nothing.
    """
    present = yield from _present()
    opening = []
    for version in present:
        if version in ours:
            try:
                yield from open_issuer_session(version)
            except CardCryptogramError:
                continue
            opening.append(version)
    yield from SelectCardManager(spec().aids.isd)
    return KeyFindings(present, tuple(opening))


def rotate_issuer_keys(ours: Collection[int], target: int) -> Flow[Rotation]:
    """Give the card the issuer key set of version ``target`` and delete our older ones.

    ``ours`` are the versions that the key holder has. Raises `NoKnownKeys`,
    `CardCryptogramError` (before anything changed), `NewKeysDoNotOpen` and `RotationInterrupted`.
    """
    present = yield from _present()
    added = target not in present
    if added:
        yield from _add(tuple(v for v in present if v in ours), present, target)
    try:
        session = yield from open_issuer_session(target)
        deleted = yield from secured(session.channel, _delete_others(ours, target))
    except (ReaderError, ProtocolError, SecureMessagingError, Refused) as error:
        raise RotationInterrupted(
            f"key set {target:02X} is on the card, the older ones may still be: {error.message}",
            changed=Changed.YES if added else Changed.UNKNOWN,
        ) from error
    except CardCryptogramError as error:
        if not added:
            raise
        raise NewKeysDoNotOpen(
            f"the card took key set {target:02X} and does not open with it; the old set is there"
        ) from error
    return Rotation(target, added, deleted)


def _present() -> Flow[tuple[int, ...]]:
    yield from SelectCardManager(spec().aids.isd)
    return (yield from key_versions())


def _add(known: tuple[int, ...], present: tuple[int, ...], target: int) -> Flow[None]:
    if not known:
        listed = ", ".join(f"{version:02X}" for version in present) or "none"
        raise NoKnownKeys(f"the card has key versions {listed}; the key holder has none of them")
    session = yield from _open_one_of(known)
    keys = yield from CardKeys(target, session.diversification)
    assert session.keys.dek is not None, "an issuer key set has a DEK"
    try:
        yield from secured(session.channel, iter(PutKey(keys, session.keys.dek)))
    except (ReaderError, ProtocolError, SecureMessagingError) as error:
        raise RotationInterrupted(
            f"no answer to PUT KEY of key set {target:02X}: {error.message}"
        ) from error


def _open_one_of(versions: tuple[int, ...]) -> Flow[IssuerSession]:
    *others, last = versions
    for version in others:
        try:
            return (yield from open_issuer_session(version))
        except CardCryptogramError:
            continue
    return (yield from open_issuer_session(last))


def _delete_others(ours: Collection[int], target: int) -> Flow[tuple[int, ...]]:
    present = yield from key_versions()
    old = tuple(version for version in present if version in ours and version != target)
    for version in old:
        yield from DeleteKey(version)
    return old
