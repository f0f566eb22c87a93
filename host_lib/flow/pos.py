"""What a terminal does in a role session, as flows: the same ones for blocking and async drivers.

A `Pos` holds what is true of the session: the channel, and the card's transaction number. Its
flows ask for the card again by themselves where an answer was lost (`host_lib.flow.transaction`).
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from applet_spec import Changed, ExitCode, UnicardError
from host_lib.channel import SecureChannel, secured
from host_lib.command import Proof
from host_lib.errors import ChannelClosed
from host_lib.flow.base import AnyFlow
from host_lib.flow.prove import NotProven, Prover, prove_session
from host_lib.flow.role_session import RoleSession
from host_lib.flow.transaction import (
    PATIENCE,
    Happened,
    NotHappened,
    Outcome,
    TransactionUncertain,
    Undecided,
    Why,
    query,
    transact,
)
from host_lib.journal import JournalError
from host_lib.terminal import Terminal
from host_lib.transaction import Operation, Pending, Receipt, Reverse

R = TypeVar("R")


class UnsettledTransaction(UnicardError):
    """This terminal has an earlier request to this card whose end it does not know.

    Nothing was sent. ``pending`` are the requests.
    """

    changed = Changed.NO
    advice = "Settle it first: `settle` asks the card, in a session of the request's role."

    def __init__(self, pending: Collection[Pending]) -> None:
        super().__init__(
            f"{len(pending)} earlier transaction(s) of this terminal with this card are not settled"
        )
        self.pending = tuple(pending)


class ReceiptNotWritten(JournalError):
    """A transaction happened, and the terminal's journal could not take its receipt.

    The journal still has the request, so `settle` finds the receipt again. ``receipt`` is it.
    """

    changed = Changed.YES
    exit_code = ExitCode.UNCERTAIN

    def __init__(self, receipt: Receipt, reason: JournalError) -> None:
        super().__init__(
            f"transaction {receipt.number} was done, and its receipt not written: {reason.message}"
        )
        self.receipt = receipt

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready values, with the receipt's 89 bytes."""
        return super().as_dict() | {"receipt": self.receipt.encode().hex()}


class Pos:
    """The flows of one role session; ``number`` is the card's transaction number as last heard.

    ``session`` is the open session, replaced where a query needed a new one.
    """

    def __init__(
        self,
        session: RoleSession,
        number: int,
        *,
        patience: float = PATIENCE,
        prover: Prover | None = None,
    ) -> None:
        self.session = session
        self.number = number
        self._patience = patience
        self._prover = prover
        self._newest: Receipt | None = None

    @property
    def channel(self) -> SecureChannel:
        """The channel of the session."""
        return self.session.channel

    @property
    def card_serial(self) -> bytes:
        """The card's serial, 8 bytes; proven, because its keys are derived from it."""
        return self.session.asked.card_serial

    def inside(self, flow: AnyFlow[R]) -> AnyFlow[R]:
        """Return a flow that runs in the session as it is now."""
        return secured(self.session.channel, flow)

    def transact(self, operations: tuple[Operation, ...], terminal: Terminal) -> AnyFlow[Receipt]:
        """Carry a basket out, all or nothing, and return its receipt.

        The request is in the terminal's journal before it is sent, the receipt before it is
        returned. Raises `UnsettledTransaction` and `ChannelClosed`: nothing was sent; a `Refused`
        error or `TransactionNotHappened`: the card says under its MAC that nothing happened;
        `TransactionUncertain`: nobody knows yet, and the journal keeps the request;
        `ReceiptNotWritten`: it happened. `NotProven`: it happened, and the card failed the proof
        that the session's policy asks for. `NoTransaction` for a basket or a date that no card can
        take.
        """
        receipt = yield from self.transact_unproven(operations, terminal)
        if self._prover is not None and self._prover.policy.asks(receipt):
            try:
                yield from self.prove(self._prover.issuers, at=self._prover.clock())
            except UnicardError as error:
                raise NotProven(receipt, error) from error
        return receipt

    def transact_unproven(
        self, operations: tuple[Operation, ...], terminal: Terminal
    ) -> AnyFlow[Receipt]:
        """As `transact`, whatever the session's policy of proofs: the reversal stays possible."""
        if unsettled := terminal.journal.pending(self.card_serial):
            raise UnsettledTransaction(unsettled)
        if not self.session.channel.is_open:
            raise ChannelClosed("the session is closed")
        role = self.session.asked.role
        pending = terminal.begin(role, self.card_serial, self.number, operations)
        try:
            ending = yield from transact(self.session, pending, patience=self._patience)
        except TransactionUncertain:
            self.session.channel.close("a transaction in it is uncertain")
            raise
        except ChannelClosed:
            terminal.journal.not_happened(pending)
            raise
        self.session, self.number = ending.session, ending.outcome.number
        self._remember(ending.outcome)
        write_down(terminal, pending, ending.outcome)
        if isinstance(ending.outcome, Happened):
            return ending.outcome.receipt
        assert ending.error is not None, "something went wrong where nothing happened"
        raise ending.error

    def reverse(self, terminal: Terminal) -> AnyFlow[Receipt]:
        """Take back the transaction that this session did just before; as `transact`.

        `ConditionsNotSatisfied` where anything but a query came between, or the session is new.
        """
        return (yield from self.transact_unproven((Reverse(),), terminal))

    def query(self, pending: Pending) -> AnyFlow[Outcome]:
        """Ask what became of a request of this role, and remember the card's number."""
        outcome = yield from query(self.session, pending)
        if not isinstance(outcome, Undecided):
            self.number = outcome.number
            self._remember(outcome)
        return outcome

    def settle(self, terminal: Terminal) -> AnyFlow[tuple[tuple[Pending, Outcome], ...]]:
        """Ask what became of this terminal's unsettled requests to this card, in this role.

        The journal then has the receipt, or no request any more, or leaves it to the clearing.
        """
        settled = []
        for pending in terminal.journal.pending(self.card_serial):
            if pending.role == self.session.asked.role:
                outcome = yield from self.query(pending)
                write_down(terminal, pending, outcome)
                settled.append((pending, outcome))
        return tuple(settled)

    def prove(
        self,
        issuers: Collection[bytes],
        *,
        at: datetime | None = None,
        presence: bool = False,
        service: str | int | None = None,
    ) -> AnyFlow[Proof]:
        """Let the card prove that it is genuine; as `host_lib.flow.prove.prove_session`.

        What it signs is compared with the newest receipt of this session, where there is one. The
        session's last transaction cannot be reversed afterwards.
        """
        flow = prove_session(
            self.card_serial,
            issuers,
            at=at,
            newest=self._newest,
            presence=presence,
            service=service,
        )
        return (yield from self.inside(flow))

    def _remember(self, outcome: Happened | NotHappened) -> None:
        """Keep the receipt that the card's next proof must name."""
        if isinstance(outcome, Happened):
            newest = outcome.number == outcome.receipt.number
            self._newest = outcome.receipt if newest else None
        elif self._newest is not None and self._newest.number != outcome.number:
            self._newest = None


def write_down(terminal: Terminal, pending: Pending, outcome: Outcome) -> None:
    """Let a terminal's journal know what became of a request; again is harmless."""
    if isinstance(outcome, Happened):
        try:
            terminal.journal.happened(pending, outcome.receipt)
        except JournalError as error:
            raise ReceiptNotWritten(outcome.receipt, error) from error
    elif isinstance(outcome, NotHappened):
        terminal.journal.not_happened(pending)
    elif outcome == Undecided(Why.TOO_LATE):
        terminal.journal.undecided(pending)
