"""Rotation of one card's issuer keys: host_lib's steps over a key store; says the card's state.

The flow adds the new key set, proves it by a session and deletes the old ones. Interrupted at any
point, the card still opens with a key set of the store, and the same call finishes the work.
"""

from dataclasses import dataclass

from applet_spec import Changed, ExitCode, UnicardError
from host_lib.drive import drive, only_asking
from host_lib.errors import ProtocolError, ReaderError, SecureMessagingError
from host_lib.flow.base import Sam
from host_lib.flow.identify import identify
from host_lib.flow.planned import following
from host_lib.flow.rotation import (
    KeyFindings,
    RotationInterrupted,
    RotationSteps,
    find_issuer_keys,
    listed,
    new_key_length,
    rotation_steps,
)
from host_lib.flow.session import SessionTerms
from host_lib.plan import Plan, counting_remarks
from host_lib.plan_file import require_same
from host_lib.reader import Reader
from host_lib.refusals import Refused
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

    ``chip_serial`` (10 bytes) says of which card. ``opened_with`` are the versions of the store
    that opened the card before, ``added`` tells whether this call gave the card the new set,
    ``deleted`` are the versions that it took away.
    """

    chip_serial: bytes
    version: int
    before: tuple[int, ...]
    opened_with: tuple[int, ...]
    added: bool
    deleted: tuple[int, ...]
    after: tuple[int, ...]


def plan_rotation(reader: Reader, store: KeyStore, target: int, source: int | None = None) -> Plan:
    """Return what `rotate_card` would do to the card in a reader; the card is only read.

    A card with pseudo-random challenges counts the sessions that are opened for it: its sequence
    counter moves, and the plan says so. Errors as of `rotate_card`.
    """
    with reader.exclusive():
        return _Work.on(reader, store, target, source).plan


def rotate_card(
    reader: Reader,
    store: KeyStore,
    target: int,
    source: int | None = None,
    saved: Plan | None = None,
) -> RotationReport:
    """Give the card in a reader the issuer keys of version ``target`` and take older ones away.

    Older ones are all that the store has, or only version ``source``. With ``saved`` the card and
    the steps must be those of that plan; nothing but the plan's commands is sent in any case.
    Raises `KeyNotFound` and `KeyRetired` before the card is touched, `NoKnownKeys` and
    `CardCryptogramError` where no key of the store opens the card, `PlanDoesNotFit`,
    `RotationUnfinished` where it stopped in a known state, and the flow's and the reader's errors
    where the card could not be asked.
    """
    with reader.exclusive():
        work = _Work.on(reader, store, target, source)
        if saved is not None:
            require_same(saved, work.plan)
        try:
            done = drive(following(work.plan, work.steps.run()), reader, work.sam)
            after = work.ask(reader)
            _require_gone(done.deleted, after)
        except UnicardError as error:
            raise _explained(error, reader, work) from error
    found = work.found
    return RotationReport(
        found.state.chip_serial,
        target,
        found.present,
        found.opening,
        done.added,
        done.deleted,
        after.present,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done on one card: what was found, the steps, and their plan."""

    ours: frozenset[int]
    sam: Sam
    terms: SessionTerms
    found: KeyFindings
    steps: RotationSteps
    plan: Plan

    @classmethod
    def on(cls, reader: Reader, store: KeyStore, target: int, source: int | None) -> "_Work":
        """Ask the card which keys open it, and say what follows from that."""
        with only_asking():
            return cls._asked(reader, store, target, source)

    @classmethod
    def _asked(cls, reader: Reader, store: KeyStore, target: int, source: int | None) -> "_Work":
        ours = _usable_versions(store, target, source)
        sam = store.sam()
        terms = drive(identify(reader.atr), reader).terms
        found = drive(find_issuer_keys(ours, terms), reader, sam)
        length = _KEY_LENGTH
        if found.opening and target not in found.present:
            length = drive(new_key_length(found, target), reader, sam)
        steps = rotation_steps(found, ours, target, length)
        words = ("--to", f"{target:02X}", *(("--from", f"{source:02X}") if source else ()))
        remarks = counting_remarks(found.terms.i if found.terms else None)
        plan = Plan("keys rotate", words, found.state, steps.commands(), remarks)
        return cls(ours, sam, terms, found, steps, plan)

    def ask(self, reader: Reader) -> KeyFindings:
        """Ask the card again which keys open it."""
        return drive(find_issuer_keys(self.ours, self.terms), reader, self.sam)


_KEY_LENGTH = 16


def _usable_versions(store: KeyStore, target: int, source: int | None) -> frozenset[int]:
    if store.info(Purpose.ISSUER, target).state is KeyState.RETIRED:
        raise KeyRetired(f"the issuer key of version {target:02X} is retired")
    if source is None:
        return issuer_versions(store)
    store.info(Purpose.ISSUER, source)
    return frozenset((source, target))


def _explained(error: UnicardError, reader: Reader, work: _Work) -> UnicardError:
    """Ask the card where it stands after an error; the error itself where it does not answer."""
    try:
        now = work.ask(reader)
    except UnicardError:
        return error
    if now.chip != work.found.chip:
        # Another card was put in: what it says is nothing about the one that was in the making.
        return error
    same = now == work.found
    refused = isinstance(error, Refused) or isinstance(error.__cause__, Refused)
    failed = ExitCode.REFUSED if refused else ExitCode.FAILED
    return RotationUnfinished(
        f"{error.message}; the card has key versions {listed(now.present)} now "
        f"and opens with {listed(now.opening)}",
        changed=Changed.NO if same else Changed.YES,
        exit_code=failed if same else ExitCode.UNCERTAIN,
        advice=_advice(error),
    )


def _advice(error: UnicardError) -> str:
    """Return what to do: to run again helps where something was lost, not where it was refused."""
    refusal = error if isinstance(error, Refused) else error.__cause__
    if isinstance(refusal, Refused):
        return f"{refusal.advice} Once that is put right, the same command goes on from here."
    if isinstance(error, RotationInterrupted | ReaderError | ProtocolError | SecureMessagingError):
        return RotationUnfinished.advice
    return error.advice or RotationUnfinished.advice


def _require_gone(deleted: tuple[int, ...], after: KeyFindings) -> None:
    """Raise `RotationInterrupted` where a deletion was confirmed and did not happen.

    Where no session protects its answers, a confirmation proves nothing.
    """
    if kept := tuple(version for version in deleted if version in after.present):
        raise RotationInterrupted(f"the card confirmed that key set {listed(kept)} is deleted")
