"""`AsyncCard`: a card in a reader for programs on asyncio; the flows are those of `Card`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol, TypeVar

from applet_spec import UnicardError, spec
from host_lib.async_drive import AsyncReader, AsyncSam, drive_async
from host_lib.command import AskPin, Command, Fci, PinStatus, Proof, Select
from host_lib.drive import only_asking
from host_lib.flow.base import AnyFlow, Sam
from host_lib.flow.objects import read_object, read_services
from host_lib.flow.pin import verify_pin
from host_lib.flow.pos import Pos, ReceiptNotWritten, write_down
from host_lib.flow.prove import Prover
from host_lib.flow.role_session import open_role_session
from host_lib.flow.transaction import PATIENCE, Outcome, read_log, recover
from host_lib.pos import WALLET, NotDispensed, balances_of
from host_lib.roles import Slot
from host_lib.secret import Pin
from host_lib.services import ServiceRecord
from host_lib.terminal import Terminal
from host_lib.transaction import Credit, Debit, Operation, Pending, Receipt

R = TypeVar("R")


class AsyncRunner(Protocol):
    """Runs a flow to its end."""

    async def __call__(self, flow: AnyFlow[R], /) -> R:
        """Return the flow's result."""


class AsyncPosSession:
    """`host_lib.pos.PosSession` with methods that are awaited."""

    def __init__(self, pos: Pos, run: AsyncRunner) -> None:
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
        """The card's transaction number as last heard."""
        return self._pos.number

    async def run(self, flow: AnyFlow[R] | Command[R]) -> R:
        """Run any flow or single command in the session."""
        return await self._run(self._pos.inside(iter(flow)))

    async def pin_status(self) -> PinStatus:
        """Ask whether the PIN is verified and how many tries are left."""
        return await self.run(AskPin())

    async def verify_pin(self, pin: Pin, *, spend_last_try: bool = False) -> None:
        """Verify the PIN, for the next transaction."""
        await self.run(verify_pin(pin, spend_last_try=spend_last_try))

    async def transact(self, *operations: Operation, terminal: Terminal) -> Receipt:
        """Carry a basket out, all or nothing; return its receipt."""
        return await self._run(self._pos.transact(operations, terminal))

    async def reverse(self, *, terminal: Terminal) -> Receipt:
        """Take back the transaction that this session has just done."""
        return await self._run(self._pos.reverse(terminal))

    async def load(
        self, amount: int, *, terminal: Terminal, service: str | int = WALLET
    ) -> Receipt:
        """Credit a service; for the role LOAD."""
        return await self.transact(Credit(service, amount), terminal=terminal)

    async def withdraw(
        self,
        amount: int,
        dispense: Callable[[Receipt], Awaitable[object]],
        *,
        terminal: Terminal,
        service: str | int = WALLET,
    ) -> Receipt:
        """Debit, have the cash given out, and take the debit back where that fails."""
        basket = (Debit(service, amount),)
        try:
            receipt = await self._run(self._pos.transact_unproven(basket, terminal))
        except ReceiptNotWritten as error:
            raise NotDispensed(error.receipt) from error
        try:
            await dispense(receipt)
        except Exception as error:
            raise await self._taken_back(receipt, terminal) from error
        return receipt

    async def _taken_back(self, receipt: Receipt, terminal: Terminal) -> NotDispensed:
        try:
            return NotDispensed(receipt, reversal=await self.reverse(terminal=terminal))
        except UnicardError as error:
            return NotDispensed.after(receipt, error)

    async def query(self, pending: Pending) -> Outcome:
        """Ask what became of a request of this role."""
        return await self._run(self._pos.query(pending))

    async def settle(self, *, terminal: Terminal) -> tuple[tuple[Pending, Outcome], ...]:
        """Ask what became of the terminal's unsettled requests to this card; write it down."""
        return await self._run(self._pos.settle(terminal))

    async def read(self, name: str) -> bytes:
        """Return the value of the data object of this name in the contract. Raises KeyError."""
        return await self.run(read_object(spec().object_named(name).tag))

    async def services(self) -> tuple[ServiceRecord, ...]:
        """Return the records of the service table as they are now."""
        return await self.run(read_services())

    async def balances(self) -> dict[str, int]:
        """Return balance or uses of each service by its label."""
        return balances_of(await self.services())

    async def log(self) -> tuple[Receipt, ...]:
        """Return the receipts in the card's log, the newest first."""
        return await self.run(read_log())

    async def prove(self, issuers: Collection[bytes], *, at: datetime | None = None) -> Proof:
        """Let the card prove that it is genuine, against issuer certificates (DER)."""
        return await self._run(self._pos.prove(issuers, at=at))

    async def prove_presence(
        self,
        issuers: Collection[bytes],
        *,
        service: str | int | None = None,
        at: datetime | None = None,
    ) -> Proof:
        """Let the card sign that its holder was verified in this session."""
        return await self._run(self._pos.prove(issuers, at=at, presence=True, service=service))


class AsyncCard:
    """The application of the card in an `AsyncReader`; one task at a time."""

    def __init__(self, reader: AsyncReader, sam: Sam | AsyncSam | None = None) -> None:
        self._reader = reader
        self._sam = sam

    async def run(self, flow: AnyFlow[R] | Command[R]) -> R:
        """Run any flow or single command outside a session."""
        return await drive_async(iter(flow), self._reader, self._sam)

    async def select(self) -> Fci:
        """Select the application, which ends any session. Raises `ApplicationNotFound`."""
        return await self.run(Select(spec().aids.instance))

    @asynccontextmanager
    async def session(
        self,
        role: int,
        sam: Sam | AsyncSam | None = None,
        *,
        slot: Slot | None = None,
        master_version: int | None = None,
        prover: Prover | None = None,
        patience: float = PATIENCE,
    ) -> AsyncIterator[AsyncPosSession]:
        """Open a session of a terminal role; as `host_lib.card.Card.session`."""
        holder = sam or self._sam
        with only_asking():
            fci = await self.select()
            opening = open_role_session(role, slot, master_version=master_version)
            opened = await drive_async(opening, self._reader, holder)
        pos = Pos(opened, fci.transaction_number, patience=patience, prover=prover)

        async def run(flow: AnyFlow[R], /) -> R:
            return await drive_async(flow, self._reader, holder)

        try:
            yield AsyncPosSession(pos, run)
        finally:
            pos.channel.close("its block was left")
        with suppress(UnicardError):
            await self.select()

    async def recover(
        self,
        pending: Pending,
        sam: Sam | AsyncSam | None = None,
        *,
        terminal: Terminal | None = None,
        patience: float = PATIENCE,
    ) -> Outcome:
        """Ask the card what became of a request; as `host_lib.card.Card.recover`."""
        with only_asking():
            flow = recover(pending, patience=patience)
            outcome, session = await drive_async(flow, self._reader, sam or self._sam)
        session.channel.close("the query is done")
        if terminal is not None:
            write_down(terminal, pending, outcome)
        with suppress(UnicardError):
            await self.select()
        return outcome
