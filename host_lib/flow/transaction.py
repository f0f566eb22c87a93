"""Transactions to their certain end, and recovery after any interruption.

Only what a card answers under R-MAC decides: that a request is in its log, or that it is not there
and too few others were done since to have pushed it out. No status word of an error does, and
nothing read outside a session. So after any error or loss the card is queried, in the same session
where that still works, else in a new one of the same role.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.channel import secured
from host_lib.command import (
    GetData,
    PerformTransaction,
    QueryTransaction,
    ReadRecord,
    Select,
)
from host_lib.errors import ChannelClosed, ProtocolError
from host_lib.flow.base import AnyFlow, Flow, Reconnect
from host_lib.flow.role_session import RoleSession, open_role_session
from host_lib.refusals import CardFailure, Refused
from host_lib.transaction import Answer, Pending, QueryOutcome, QueryResult, Receipt, Reverse

PATIENCE = 5.0
"""Seconds that a card which left may take to come back, before a query is given up."""
_NEW_SESSIONS = 2
"""So often a new session for the query is tried: the reader may have swallowed one answer more."""


@dataclass(frozen=True, slots=True)
class Happened:
    """The transaction was committed: its receipt, and the card's transaction number now."""

    receipt: Receipt
    number: int


@dataclass(frozen=True, slots=True)
class NotHappened:
    """It was not committed and never will be; ``number`` is the card's transaction number now."""

    number: int


class Why(Enum):
    """Why a card cannot say what became of a request."""

    OTHER_CARD = "this is another card"
    TOO_LATE = "more transactions were made since than the card's log holds"


@dataclass(frozen=True, slots=True)
class Undecided:
    """The card cannot say: another one may, or the clearing has to."""

    why: Why


Outcome: TypeAlias = Happened | NotHappened | Undecided


@dataclass(frozen=True, slots=True)
class Ending:
    """How a transaction ended, for certain, and the session that is open then.

    Where the first session broke, the second one is a new one. ``error`` says what went wrong where
    nothing happened.
    """

    outcome: Happened | NotHappened
    session: RoleSession
    error: UnicardError | None = None


class TransactionUncertain(UnicardError):
    """It is not known whether a transaction happened; ``pending`` is what asks the card for it."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = (
        "Keep `pending` (a terminal's journal does) and ask the card with `recover` as soon as it "
        "is there again; do not repeat the transaction, give nothing out for it."
    )

    def __init__(self, message: str, pending: Pending) -> None:
        super().__init__(message)
        self.pending = pending

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready values, with what `Pending.decode` reads."""
        return super().as_dict() | {"pending": self.pending.encode().hex()}


class TransactionNotHappened(UnicardError):
    """Something went wrong, and the card says under its MAC that the transaction did not happen.

    The error that went before is its ``__cause__``.
    """

    changed = Changed.NO
    exit_code = ExitCode.REFUSED
    advice = "Send the transaction again if it is still wanted; it gets a new terminal number."


def transact(
    session: RoleSession, pending: Pending, *, patience: float = PATIENCE
) -> AnyFlow[Ending]:
    """Send a request in the open session of a role and see it to its certain end.

    After any error or loss the card is queried. Where it says that nothing happened, the ending's
    error is the card's refusal (unchanged card), or `TransactionNotHappened` where there was none.
    Raises `ChannelClosed` where nothing was sent, and `TransactionUncertain` where the card could
    not be asked or cannot say.
    """
    try:
        command = PerformTransaction(pending.request)
        answer = yield from secured(session.channel, iter(command))
        receipt = _receipt(pending, answer)
        return Ending(Happened(receipt, receipt.number), session)
    except ChannelClosed:
        raise
    except UnicardError as error:
        failed = error
    try:
        outcome, session = yield from _resolve(session, pending, patience)
    except UnicardError as error:
        raise TransactionUncertain(
            f"it is not known whether the transaction happened ({failed.message}; then, when the "
            f"card was asked: {error.message})",
            pending,
        ) from failed
    if isinstance(outcome, Undecided):
        raise TransactionUncertain(
            f"it is not known whether the transaction happened ({failed.message}; then, when the "
            f"card was asked: {outcome.why.value})",
            pending,
        ) from failed
    if isinstance(outcome, Happened):
        return Ending(outcome, session)
    return Ending(outcome, session, _nothing_happened(failed))


def _nothing_happened(failed: UnicardError) -> UnicardError:
    """Return the error to raise once the card has said that nothing happened."""
    if isinstance(failed, Refused) and not isinstance(failed, CardFailure):
        return failed
    certain = TransactionNotHappened(f"the transaction did not happen: {failed.message}")
    certain.__cause__ = failed
    return certain


def _resolve(
    session: RoleSession, pending: Pending, patience: float
) -> AnyFlow[tuple[Outcome, RoleSession]]:
    """Ask in the session, then in new ones; raise the last error where none gave an answer."""
    try:
        return (yield from query(session, pending)), session
    except UnicardError as error:
        last = error
    for _ in range(_NEW_SESSIONS):
        try:
            return (yield from recover(pending, patience=patience))
        except UnicardError as error:
            last = error
    raise last


def query(session: RoleSession, pending: Pending) -> Flow[Outcome]:
    """Ask, in an open session of the request's role, what became of it; changes nothing.

    Raises ValueError for a session of another role, ProtocolError for an authentic answer that
    contradicts the request, and what a broken session raises.
    """
    if session.asked.role != pending.role:
        raise ValueError("a transaction is queried in a session of its own role")
    if session.asked.card_serial != pending.card_serial:
        return Undecided(Why.OTHER_CARD)
    command = QueryTransaction(pending.request)
    result = yield from secured(session.channel, iter(command))
    return outcome_of(pending, result)


def recover(
    pending: Pending, *, patience: float = PATIENCE
) -> AnyFlow[tuple[Outcome, RoleSession]]:
    """Have the card again, select the application, open a session of the role, and query.

    For whoever comes back to a card: after a removal, a broken link, a restart. Returns the
    outcome and the session, which is open then. Raises what opening a session raises.
    """
    yield from Reconnect(patience)
    yield from Select(spec().aids.instance)
    session = yield from open_role_session(pending.role)
    outcome = yield from query(session, pending)
    return outcome, session


def outcome_of(pending: Pending, result: QueryResult) -> Outcome:
    """Say what an authentic answer to a query proves. Raises ProtocolError for a contradiction."""
    if result.outcome is QueryOutcome.SAME:
        if result.answer is None or result.number < result.answer.number:
            raise ProtocolError("the card has done a transaction that its number does not count")
        return Happened(_receipt(pending, result.answer), result.number)
    if result.number - pending.request.card_number > spec().limits["log_records"]:
        return Undecided(Why.TOO_LATE)
    return NotHappened(result.number)


def _receipt(pending: Pending, answer: Answer) -> Receipt:
    """Return the receipt, where the answer fits the request. Raises ProtocolError."""
    request = pending.request
    reverse = isinstance(request.operations[0], Reverse)
    if answer.number != request.card_number + 1:
        raise ProtocolError(
            f"the card answers with transaction {answer.number} after {request.card_number}"
        )
    if not reverse and len(answer.balances) != len(request.operations):
        raise ProtocolError(
            f"the card answers {len(request.operations)} operations with {len(answer.balances)} "
            "balances"
        )
    if answer.activation != (answer.number == 1):
        raise ProtocolError(f"the card says of transaction {answer.number} that it is the first")
    return Receipt.of(request, answer, role=pending.role, card_serial=pending.card_serial)


def read_log() -> Flow[tuple[Receipt, ...]]:
    """Return the receipts in the card's log, the newest first.

    Needs the holder's PIN or finger, or a session of INSPECT or the issuer; raises
    `SecurityStatusNotSatisfied`, and ProtocolError for a count that is none.
    """
    value = yield from GetData(spec().object_named("transaction log").tag)
    count = int.from_bytes(value, "big")
    if count > spec().limits["log_records"]:
        raise ProtocolError(f"the card says that its log has {count} records")
    receipts = []
    for number in range(1, count + 1):
        receipts.append((yield from ReadRecord(number)))
    return tuple(receipts)
