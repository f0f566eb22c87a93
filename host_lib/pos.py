"""A terminal's session with one card, for blocking programs: what `Card.session` gives."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol, Self, TypeVar

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.command import AskPin, Command, PinStatus, Proof
from host_lib.flow.base import AnyFlow
from host_lib.flow.objects import read_object, read_services
from host_lib.flow.pin import verify_pin
from host_lib.flow.pos import Pos, ReceiptNotWritten
from host_lib.flow.transaction import Outcome, TransactionUncertain, read_log
from host_lib.secret import Pin
from host_lib.services import ServiceRecord
from host_lib.terminal import Terminal
from host_lib.transaction import Credit, Debit, Operation, Pending, Receipt

R = TypeVar("R")
WALLET = "wallet"


class Runner(Protocol):
    """Runs a flow to its end, blocking."""

    def __call__(self, flow: AnyFlow[R], /) -> R:
        """Return the flow's result."""


class NotDispensed(UnicardError):
    """A withdrawal's cash was not given out.

    ``receipt`` is that of the debit. Where the card took it back, ``reversal`` is the receipt of
    that and the card's balance is as before; else the debit stands, and ``pending`` is set where it
    is not known whether it was taken back. Exit code 3 says that the balance is as before.
    """

    exit_code = ExitCode.UNCERTAIN

    def __init__(
        self,
        receipt: Receipt,
        *,
        reversal: Receipt | None = None,
        pending: Pending | None = None,
    ) -> None:
        super().__init__(_not_dispensed(receipt, reversal, pending))
        self.receipt, self.reversal, self.pending = receipt, reversal, pending
        if reversal is not None:
            self.changed, self.exit_code = Changed.NO, ExitCode.REFUSED
            self.advice = "Try again, or another machine; both receipts go to the issuer."
        elif pending is not None:
            self.changed = Changed.UNKNOWN
            self.advice = "Ask the card with `recover`; without it the clearing decides."
        else:
            self.changed = Changed.YES
            self.advice = "The issuer credits the amount (a LOAD transaction); give it the receipt."

    @classmethod
    def after(cls, receipt: Receipt, error: UnicardError) -> Self:
        """Return what a withdrawal came to whose reversal ended with this error."""
        if isinstance(error, TransactionUncertain):
            return cls(receipt, pending=error.pending)
        if isinstance(error, ReceiptNotWritten):
            taken_back = cls(receipt, reversal=error.receipt)
            taken_back.advice += f" The journal lacks the second one: {error.advice}."
            return taken_back
        return cls(receipt)

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready values, with the bytes of receipts and open request."""
        known = {"receipt": self.receipt, "reversal": self.reversal, "pending": self.pending}
        found = {name: one.encode().hex() for name, one in known.items() if one is not None}
        return super().as_dict() | found


def _not_dispensed(receipt: Receipt, reversal: Receipt | None, pending: Pending | None) -> str:
    told = f"no cash was given out after transaction {receipt.number}"
    if reversal is not None:
        return f"{told}; the card took it back by transaction {reversal.number}"
    if pending is not None:
        return f"{told}; it is not known whether the card took it back"
    return f"{told}, and the card did not take it back"


class PosSession:
    """An open session of a role; methods send what they need and return when it is certain."""

    def __init__(self, pos: Pos, run: Runner) -> None:
        self._pos = pos
        self._run = run

    @property
    def role(self) -> int:
        """The session's role."""
        return self._pos.session.asked.role

    @property
    def card_serial(self) -> bytes:
        """The card's serial, 8 bytes."""
        return self._pos.card_serial

    @property
    def number(self) -> int:
        """The card's transaction number as last heard; before anything else, SELECT's hint."""
        return self._pos.number

    def run(self, flow: AnyFlow[R] | Command[R]) -> R:
        """Run any flow or single command in the session."""
        return self._run(self._pos.inside(iter(flow)))

    def pin_status(self) -> PinStatus:
        """Ask whether the PIN is verified and how many tries are left; costs none."""
        return self.run(AskPin())

    def verify_pin(self, pin: Pin, *, spend_last_try: bool = False) -> None:
        """Verify the PIN, for the next transaction. Raises `WrongPin` and `LastTry`."""
        self.run(verify_pin(pin, spend_last_try=spend_last_try))

    def transact(self, *operations: Operation, terminal: Terminal) -> Receipt:
        """Carry a basket out, all or nothing; return its receipt, which is in the journal then.

        Errors as of `host_lib.flow.pos.Pos.transact`.
        """
        return self._run(self._pos.transact(operations, terminal))

    def reverse(self, *, terminal: Terminal) -> Receipt:
        """Take back the transaction that this session has just done."""
        return self._run(self._pos.reverse(terminal))

    def load(self, amount: int, *, terminal: Terminal, service: str | int = WALLET) -> Receipt:
        """Credit a service; for the role LOAD, whose keys are at the issuer."""
        return self.transact(Credit(service, amount), terminal=terminal)

    def withdraw(
        self,
        amount: int,
        dispense: Callable[[Receipt], object],
        *,
        terminal: Terminal,
        service: str | int = WALLET,
    ) -> Receipt:
        """Debit, have the cash given out, and take the debit back where that fails.

        ``dispense`` gives the cash out, or raises and has given nothing out. Raises `NotDispensed`
        then, after the reversal in the same session; and without one where the journal cannot take
        the debit's receipt, because nothing can be written down before the reversal then. A
        session's policy of proofs is left out here, because a proof bars the reversal.
        """
        basket = (Debit(service, amount),)
        try:
            receipt = self._run(self._pos.transact_unproven(basket, terminal))
        except ReceiptNotWritten as error:
            raise NotDispensed(error.receipt) from error
        try:
            dispense(receipt)
        except Exception as error:
            raise self._taken_back(receipt, terminal) from error
        return receipt

    def _taken_back(self, receipt: Receipt, terminal: Terminal) -> NotDispensed:
        try:
            return NotDispensed(receipt, reversal=self.reverse(terminal=terminal))
        except UnicardError as error:
            return NotDispensed.after(receipt, error)

    def query(self, pending: Pending) -> Outcome:
        """Ask what became of a request of this role; changes nothing, no journal either."""
        return self._run(self._pos.query(pending))

    def settle(self, *, terminal: Terminal) -> tuple[tuple[Pending, Outcome], ...]:
        """Ask what became of the terminal's unsettled requests to this card, and write it down."""
        return self._run(self._pos.settle(terminal))

    def read(self, name: str) -> bytes:
        """Return the value of the data object of this name in the contract. Raises KeyError."""
        return self.run(read_object(spec().object_named(name).tag))

    def services(self) -> tuple[ServiceRecord, ...]:
        """Return the records of the service table as they are now."""
        return self.run(read_services())

    def balances(self) -> dict[str, int]:
        """Return balance or uses of each service by its label, in the order of the table.

        A quota's is that of its current period in the card: the next transaction may open another.
        """
        return balances_of(self.services())

    def log(self) -> tuple[Receipt, ...]:
        """Return the receipts in the card's log, the newest first.

        Needs the PIN or the finger, or a session of INSPECT.
        """
        return self.run(read_log())

    def prove(self, issuers: Collection[bytes], *, at: datetime | None = None) -> Proof:
        """Let the card prove that it is genuine, against issuer certificates (DER).

        Bars the reversal of the last transaction. Raises `NotGenuine` and what the check of the
        certificate raises.
        """
        return self._run(self._pos.prove(issuers, at=at))

    def prove_presence(
        self,
        issuers: Collection[bytes],
        *,
        service: str | int | None = None,
        at: datetime | None = None,
    ) -> Proof:
        """Let the card sign that its holder was verified in this session; uses the flags up."""
        return self._run(self._pos.prove(issuers, at=at, presence=True, service=service))


def balances_of(records: tuple[ServiceRecord, ...]) -> dict[str, int]:
    """Return balance or uses by label; one that is empty or comes twice has its id behind it."""
    found: dict[str, int] = {}
    for record in records:
        label = record.label
        if not label or label in found:
            label = f"{label}#{record.id}"
        amount = record.values["uses" if "uses" in record.values else "balance"]
        assert isinstance(amount, int), "amounts are numbers"
        found[label] = amount
    return found
