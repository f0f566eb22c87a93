"""The command line as a terminal: settle what is open with a card, then pay, load, read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from applet_spec import ExitCode, UnicardError
from card_administration.advice import refusals_in_words_to_type
from host_lib.card import Card
from host_lib.errors import RoleKeysNotHeld
from host_lib.flow.base import Sam
from host_lib.flow.pos import ReceiptNotWritten
from host_lib.flow.transaction import Outcome, TransactionUncertain
from host_lib.pos import NotDispensed, PosSession
from host_lib.refusals import VerificationRequired
from host_lib.roles import role_name
from host_lib.secret import Pin
from host_lib.terminal import Terminal
from host_lib.transaction import Operation, Pending, Receipt


@dataclass(frozen=True, slots=True)
class Till:
    """A card in a reader, the terminal that asks it, and who holds the roles' keys."""

    card: Card
    sam: Sam
    terminal: Terminal
    spend_last_try: bool = False

    def settle(self) -> tuple[tuple[Pending, Outcome], ...]:
        """Ask the card what became of every unsettled request of this terminal to it.

        The journal is brought up to date; errors as `Card.session`.
        """
        self.card.select()
        serial = self.card.read("card serial")
        roles = sorted({one.role for one in self.terminal.journal.pending(serial)})
        settled: list[tuple[Pending, Outcome]] = []
        for role in roles:
            settled += self._settled(role)
        return tuple(settled)

    def _settled(self, role: int) -> tuple[tuple[Pending, Outcome], ...]:
        try:
            with self.card.session(role, self.sam) as session:
                return session.settle(terminal=self.terminal)
        except RoleKeysNotHeld as error:
            error.advice = (
                "An earlier transaction of this terminal with this card is not settled; the card "
                f"is asked in a session of {role_name(role)}. Name the store that has its key: "
                "`unicard card recover --store STORE`."
            )
            raise

    @contextmanager
    def session(self, role: int, pin: Pin | None) -> Iterator[PosSession]:
        """Open a session of a role, with the PIN verified in it where there is one."""
        with self.card.session(role, self.sam) as session:
            if pin is not None:
                session.verify_pin(pin, spend_last_try=self.spend_last_try)
            yield session

    def transact(self, role: int, operations: tuple[Operation, ...], pin: Pin | None) -> Receipt:
        """Carry a basket out in a session of a role; errors as `PosSession.transact`."""
        with self.session(role, pin) as session:
            return session.transact(*operations, terminal=self.terminal)


@contextmanager
def said_what_to_type(recover: str, *, with_pin: bool) -> Iterator[None]:
    """Let errors name what to type next: ``recover`` is the command that asks the card."""
    try:
        with refusals_in_words_to_type():
            yield
    except VerificationRequired as error:
        if not with_pin:
            error.advice = "Repeat it with --with-pin: the holder types the PIN."
        raise
    except UnicardError as error:
        if _card_knows(error):
            error.advice = (
                "Give nothing out for it and do not repeat it. With the same card in the reader "
                f"type `{recover}`."
            )
        raise


def _card_knows(error: UnicardError) -> bool:
    """Say whether the journal has a request open of which only the card knows the end."""
    if isinstance(error, NotDispensed):
        return error.pending is not None and error.exit_code is ExitCode.UNCERTAIN
    return isinstance(error, TransactionUncertain | ReceiptNotWritten)
