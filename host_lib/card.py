"""One card in a reader, for people who write terminals: each method runs a flow to its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from applet_spec import UnicardError, spec
from host_lib.command import AskPin, Command, Fci, PinStatus, Proof, Select
from host_lib.drive import drive, only_asking
from host_lib.flow.base import AnyFlow, Sam
from host_lib.flow.genuine import prove_card
from host_lib.flow.identify import CardFacts, identify
from host_lib.flow.objects import (
    Cardholder,
    Validity,
    decode_cardholder,
    decode_validity,
    read_object,
    read_services,
)
from host_lib.flow.pin import change_pin, verify_pin
from host_lib.flow.pos import Pos, write_down
from host_lib.flow.prove import Prover
from host_lib.flow.role_session import RoleSession, open_role_session, read_role_key_sets
from host_lib.flow.session import PLAIN_TERMS, IssuerSession, SessionTerms, open_issuer_session
from host_lib.flow.transaction import PATIENCE, Outcome, read_log, recover
from host_lib.pos import PosSession, balances_of
from host_lib.reader import Reader
from host_lib.roles import RoleKeySet, Slot
from host_lib.scp03 import secured
from host_lib.secret import Pin
from host_lib.services import ServiceRecord
from host_lib.terminal import Terminal
from host_lib.transaction import Pending, Receipt

R = TypeVar("R")


class Card:
    """The application of the card in a reader.

    ``sam`` answers requests for keys; without one, what needs a session raises `NoKeysError`.
    ``terms`` are what sessions go by on a card of this type (`host_lib.profile.terms_of`).
    Errors of the reader, refusals of the card and attacks on the session come out as children of
    `UnicardError`, each with what happened, whether the card changed and what to do.
    """

    def __init__(
        self, reader: Reader, sam: Sam | None = None, terms: SessionTerms = PLAIN_TERMS
    ) -> None:
        self._reader = reader
        self._sam = sam
        self._terms = terms
        self._session: IssuerSession | RoleSession | Pos | None = None

    def run(self, flow: AnyFlow[R] | Command[R]) -> R:
        """Run any flow or single command, in the open session where there is one."""
        steps: AnyFlow[R] = iter(flow)
        if self._session is None:
            return drive(steps, self._reader, self._sam)
        return drive(secured(self._session.channel, steps), self._reader, self._sam)

    def identify(self) -> CardFacts:
        """Ask who the card is and how far it has come; ends any session on the card."""
        self._close()
        return drive(identify(self._reader.atr), self._reader)

    def select(self) -> Fci:
        """Select the application, which ends any session. Raises `ApplicationNotFound`."""
        self._close()
        return drive(iter(Select(spec().aids.instance)), self._reader)

    def _close(self) -> None:
        """Close a session that the card is about to end: what comes after is not sent in clear."""
        if self._session is not None:
            self._session.channel.close("another SELECT ended the session")

    @contextmanager
    def issuer_session(self, version: int, level: int | None = None) -> Iterator[IssuerSession]:
        """Open a session with the issuer keys of a version; methods inside the block use it.

        Raises `CardCryptogramError`, before the card could count a failure, where the keys are not
        the card's.
        """
        with only_asking():
            aid = self.select().aid
            opening = open_issuer_session(version, level, terms=self._terms, aid=aid)
            session = drive(opening, self._reader, self._sam)
        with self._inside(session):
            yield session

    @contextmanager
    def role_session(
        self, role: int, slot: Slot | None = None, *, master_version: int | None = None
    ) -> Iterator[RoleSession]:
        """Open a session of a terminal role; methods inside the block use it.

        Without ``slot`` the one is taken whose keys the key holder has, slot A first; with
        ``master_version`` only keys of this master. Raises as `open_role_session`.
        """
        with only_asking():
            self.select()
            opening = open_role_session(role, slot, master_version=master_version)
            session = drive(opening, self._reader, self._sam)
        with self._inside(session):
            yield session

    @contextmanager
    def session(
        self,
        role: int,
        sam: Sam | None = None,
        *,
        slot: Slot | None = None,
        master_version: int | None = None,
        prover: Prover | None = None,
        patience: float = PATIENCE,
    ) -> Iterator[PosSession]:
        """Open a session of a terminal role, in which transactions are done.

        ``sam`` answers for the role's keys (None: the card's own), ``slot`` and ``master_version``
        as `role_session`. ``prover`` says after which transactions the card has to prove itself.
        Where an answer is lost, a card that left is waited for ``patience`` seconds and asked in a
        new session. Raises as `open_role_session`. The session is closed when the block is left; a
        card that is gone by then is no error.
        """
        holder = sam or self._sam
        with only_asking():
            fci = self.select()
            opening = open_role_session(role, slot, master_version=master_version)
            opened = drive(opening, self._reader, holder)
        pos = Pos(opened, fci.transaction_number, patience=patience, prover=prover)
        outer, self._session = self._session, pos
        try:
            yield PosSession(pos, lambda flow: drive(flow, self._reader, holder))
        finally:
            self._session = outer
            pos.channel.close("its block was left")
        with suppress(UnicardError):
            self.select()

    def recover(
        self,
        pending: Pending,
        sam: Sam | None = None,
        *,
        terminal: Terminal | None = None,
        patience: float = PATIENCE,
    ) -> Outcome:
        """Ask the card, in a session of its own, what became of a request: after an interruption.

        A card that is not there is waited for ``patience`` seconds. With ``terminal`` its journal
        is brought up to date. Raises what opening a session raises; nothing is changed then and it
        can be tried again.
        """
        self._close()
        with only_asking():
            flow = recover(pending, patience=patience)
            outcome, session = drive(flow, self._reader, sam or self._sam)
        session.channel.close("the query is done")
        if terminal is not None:
            write_down(terminal, pending, outcome)
        with suppress(UnicardError):
            self.select()
        return outcome

    @contextmanager
    def _inside(self, session: IssuerSession | RoleSession) -> Iterator[None]:
        outer, self._session = self._session, session
        try:
            yield
        finally:
            self._session = outer
        # After an error the card has ended the session itself, or is gone; only here it is open.
        self.select()

    def pin_status(self) -> PinStatus:
        """Ask whether the PIN is verified and how many tries are left; costs none."""
        return self.run(AskPin())

    def verify_pin(self, pin: Pin, *, spend_last_try: bool = False) -> None:
        """Verify the PIN. Raises `WrongPin` (with the tries left) and `LastTry`."""
        self.run(verify_pin(pin, spend_last_try=spend_last_try))

    def change_pin(self, old: Pin, new: Pin, *, spend_last_try: bool = False) -> None:
        """Replace the PIN, the transport PIN too. Raises `WrongPin` and `LastTry`."""
        self.run(change_pin(old, new, spend_last_try=spend_last_try))

    def read(self, name: str) -> bytes:
        """Return the value of the data object of this name in the contract. Raises KeyError."""
        return self.run(read_object(spec().object_named(name).tag))

    def validity(self) -> Validity:
        """Return the first and last day of the card."""
        return decode_validity(self.read("validity"))

    def cardholder(self) -> Cardholder:
        """Return the holder's data; needs the PIN, the finger or a session."""
        return decode_cardholder(self.read("cardholder data"))

    def services(self) -> tuple[ServiceRecord, ...]:
        """Return the records of the service table; needs the PIN, the finger or a session."""
        return self.run(read_services())

    def balances(self) -> dict[str, int]:
        """Return balance or uses of each service by its label; needs the PIN or a session."""
        return balances_of(self.services())

    def log(self) -> tuple[Receipt, ...]:
        """Return the receipts in the card's log, the newest first; needs the PIN or a session."""
        return self.run(read_log())

    def role_key_sets(self) -> tuple[RoleKeySet, ...]:
        """Return the role key sets that the card has; needs an issuer or a role session."""
        return self.run(read_role_key_sets())

    def prove(self, challenge: bytes, public_key: bytes, *, presence: bool = False) -> Proof:
        """Let the card prove that it is genuine, or with ``presence`` that its holder is here."""
        return self.run(prove_card(challenge, public_key, presence=presence))
