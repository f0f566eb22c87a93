"""Issuer keys in two phases: add the new set, prove it by a session, only then delete the old.

No key set is overwritten, so that at every moment the card opens with a key set that the issuer
has. The work is done again, after an interruption at any point, and finishes.

Three parts: `find_issuer_keys` asks the card, `rotation_steps` says without any card what is to be
done, `RotationSteps.run` does it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.command import DeleteKey, GetCplc, PutKey, SelectCardManager
from host_lib.errors import CardCryptogramError, ProtocolError, ReaderError, SecureMessagingError
from host_lib.flow.base import CardKeys, Flow
from host_lib.flow.identify import key_versions
from host_lib.flow.session import (
    PLAIN_TERMS,
    IssuerSession,
    SessionTerms,
    open_issuer_session,
)
from host_lib.flow.stages import (
    Opening,
    Stage,
    Step,
    commands_of,
    select_card_manager,
    terms_of_session,
)
from host_lib.keyset import KeySet
from host_lib.plan import CardState, Effect, PlannedCommand
from host_lib.refusals import ConditionsNotSatisfied, NotFound, Refused
from host_lib.secret import AesKey


class NoKnownKeys(UnicardError):
    """None of the card's key versions is one that the issuer has; nothing was tried."""

    advice = (
        "A blank card gets its first issuer keys from `unicard personalize run` or `unicard admin "
        "put-keys`. Of any other card check that it is yours and that the store holds the key "
        "version it was issued with."
    )

    @classmethod
    def among(cls, present: tuple[int, ...], ours: Collection[int]) -> "NoKnownKeys":
        """Return the error for a card with key versions of which none is among ours."""
        wanted = f"keys were looked for of version {listed(tuple(sorted(ours)))}"
        return cls(
            f"the card has key versions {listed(present)}; "
            + (wanted if ours else "the key holder has a key of none of them")
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
    """Which key versions the card says it has, and which of them open it with our keys.

    ``chip`` is its serial, ``diversification`` the input of its keys, ``terms`` what its sessions
    go by (None where none opened); ``fci_length`` in bytes is what SELECT answered.
    """

    present: tuple[int, ...]
    opening: tuple[int, ...]
    chip: bytes = field(default=b"", compare=False)
    diversification: bytes = field(default=b"", compare=False)
    terms: SessionTerms | None = field(default=None, compare=False)
    fci_length: int = field(default=0, compare=False)

    @property
    def state(self) -> CardState:
        """What a plan of a rotation depends on."""
        session = str(Opening(0, self.terms).shape) if self.terms else "none"
        return CardState(
            self.chip,
            (
                ("key versions", listed(self.present)),
                ("opens with", listed(self.opening)),
                ("session", session),
            ),
        )


def find_issuer_keys(ours: Collection[int], terms: SessionTerms = PLAIN_TERMS) -> Flow[KeyFindings]:
    """Find out which of our key versions open the card.

    A version is tried once, and EXTERNAL AUTHENTICATE goes out only after the card cryptogram
    matched, so that a wrong guess costs the card nothing. A card that does not list its key
    versions is asked for each of ours.
    """
    fci = yield from SelectCardManager(spec().aids.isd)
    cplc = yield from GetCplc()
    present = yield from key_versions()
    opened: dict[int, IssuerSession] = {}
    for version in present or sorted(ours):
        if version in ours:
            try:
                opened[version] = yield from open_issuer_session(version, terms=terms, aid=fci.aid)
            except (CardCryptogramError, NotFound, ConditionsNotSatisfied):
                # Not our keys, not three keys of one length, or a used-up sequence counter.
                continue
    yield from SelectCardManager(spec().aids.isd)
    one = next(iter(opened.values()), None)
    return KeyFindings(
        present or tuple(opened),
        tuple(opened),
        cplc.chip_serial,
        one.diversification if one else b"",
        terms_of_session(one) if one else None,
        len(fci.raw),
    )


@dataclass(frozen=True, slots=True)
class RotationSteps:
    """What is to be done; both stages None where the card is rotated already.

    ``add`` puts the new key set beside the old one, ``finish`` opens a session with it, which
    proves it, and deletes the versions of ``delete``.
    """

    target: int
    add: Stage | None
    finish: Stage | None
    delete: tuple[int, ...]

    def commands(self) -> tuple[PlannedCommand, ...]:
        """Return the commands of the plan."""
        return commands_of(filter(None, (self.add, self.finish)))

    def run(self) -> Flow[Rotation]:
        """Do it. Raises `NewKeysDoNotOpen`, `RotationInterrupted` and refusals of PUT KEY."""
        if self.add is not None:
            yield from self._add(self.add)
        if self.finish is not None:
            yield from self._finish(self.finish)
        return Rotation(self.target, self.add is not None, self.delete)

    def _add(self, stage: Stage) -> Flow[None]:
        try:
            yield from stage.run()
        except (ReaderError, ProtocolError, SecureMessagingError) as error:
            raise RotationInterrupted(
                f"key set {self.target:02X} may be on the card or not: {error.message}"
            ) from error

    def _finish(self, stage: Stage) -> Flow[None]:
        added = self.add is not None
        try:
            yield from stage.run()
        except (ReaderError, ProtocolError, SecureMessagingError, Refused) as error:
            raise RotationInterrupted(
                f"key set {self.target:02X} is on the card, the older ones may still be: "
                f"{error.message}",
                changed=Changed.YES if added else Changed.UNKNOWN,
            ) from error
        except CardCryptogramError as error:
            if not added:
                raise
            raise NewKeysDoNotOpen(
                f"the card took key set {self.target:02X} and does not open with it; "
                "the old set is there"
            ) from error


def rotation_steps(
    found: KeyFindings, ours: Collection[int], target: int, key_length: int = 16
) -> RotationSteps:
    """Return what a rotation to ``target`` has to do on a card that was found so.

    ``key_length`` is that of the new keys, in bytes. Raises `NoKnownKeys` and
    `CardCryptogramError` where no key, or the one of version ``target``, is not ours.
    """
    _require_way_in(found, ours, target)
    assert found.terms is not None, "a session opened"
    adding = target not in found.present
    # Goes by itself; a factory set of another version stays.
    blank = spec().key_ranges["blank"].first
    old = tuple(v for v in found.present if v in ours and v != target)
    delete = tuple(v for v in old if not (adding and v == blank))
    select = select_card_manager(found.fci_length)
    proof = Opening(target, found.terms, found.diversification)
    deleting = tuple(_delete(version, target) for version in delete)
    if not adding:
        finish = Stage(select, proof, deleting) if deleting else None
        return RotationSteps(target, None, finish, delete)
    put = _put(
        target,
        key_length,
        replaces_blank=blank in found.present,
        inner_length=found.terms.inner_length,
    )
    add = Stage(select, Opening(found.opening[0], found.terms, found.diversification), (put,))
    return RotationSteps(target, add, Stage(None, proof, deleting), delete)


def _put(target: int, key_length: int, *, replaces_blank: bool, inner_length: bool) -> Step:
    key = AesKey(bytes(key_length))
    return Step(
        PutKey(KeySet(target, key, key, key), key, inner_length=inner_length),
        answer_length=1 + 3 * len(key.check_value),
        effect=Effect.IRREVERSIBLE if replaces_blank else Effect.CHANGES,
        note=f"add key set {target:02X}",
        warning="the transport keys are gone, the card opens with its issuer keys only"
        if replaces_blank
        else "",
        fill=fill_put_key,
    )


def fill_put_key(planned: PutKey, session: IssuerSession) -> Flow[PutKey]:
    """Ask the key holder for the keys of a planned PUT KEY, under the session's DEK."""
    keys = yield from CardKeys(planned.keys.version, session.diversification)
    return replace(planned, keys=keys, dek=session.dek)


def _delete(version: int, target: int) -> Step:
    return Step(
        DeleteKey(version),
        answer_length=1,
        effect=Effect.IRREVERSIBLE,
        note=f"key set {version:02X}",
        warning=f"key set {version:02X} is gone, the card opens with {target:02X}",
    )


def _require_way_in(found: KeyFindings, ours: Collection[int], target: int) -> None:
    if target in found.opening or (found.opening and target not in found.present):
        return
    common = tuple(version for version in found.present if version in ours)
    if not common:
        raise NoKnownKeys.among(found.present, ours)
    foreign = (target,) if found.opening else common
    raise CardCryptogramError(
        f"the card's keys of version {listed(foreign)} are not those of the key holder"
    )


def rotate_issuer_keys(ours: Collection[int], target: int) -> Flow[Rotation]:
    """Give the card the issuer key set of version ``target`` and delete our older ones.

    ``ours`` are the versions that the key holder has. Raises `NoKnownKeys`,
    `CardCryptogramError` (before anything changed), `NewKeysDoNotOpen` and `RotationInterrupted`.
    """
    found = yield from find_issuer_keys(ours)
    steps = rotation_steps(found, ours, target)
    return (yield from steps.run())


def new_key_length(found: KeyFindings, target: int) -> Flow[int]:
    """Ask the key holder how long the card's keys of version ``target`` are, in bytes."""
    keys = yield from CardKeys(target, found.diversification)
    return len(keys.enc)


def listed(versions: tuple[int, ...]) -> str:
    """Return key versions as words: ``30 and 31``, or ``none``."""
    words = [f"{version:02X}" for version in versions]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "none"
