"""The states of the model: values that are compared and hashed, numbers as small as they can be.

What the model is about is kept with the state as *ghosts*: no side knows them, the invariants are
told in them.
"""

from typing import NamedTuple

SALE, OTHER_SALE, REVERSE = 0, 1, 2
"""What a request asks for; the two sales differ in bytes and value."""
VALUES = {SALE: 1, OTHER_SALE: 2}


class Request(NamedTuple):
    """A request's bytes. Terminal and ``name``, its transaction number, are the request's name."""

    terminal: int
    name: int
    card_number: int
    kind: int


class Entry(NamedTuple):
    """A record of the log: the receipt, which is the stored answer too."""

    request: Request
    role: int
    value: int


class Card(NamedTuple):
    """What the card keeps without power. Ghost: ``drift``, its balance less what receipts say."""

    number: int
    log: tuple[Entry, ...] = ()
    drift: int = 0


class Session(NamedTuple):
    """The session that is open, on the card and in one terminal.

    ``told`` is the card transaction number that the terminal knows; ``in_step`` says whether both
    have counted the same commands. Ghost: ``own``, whether the newest transaction is this
    session's own.
    """

    terminal: int
    role: int
    told: int
    in_step: bool = True
    armed: bool = False
    own: bool = False


class Pending(NamedTuple):
    """A request in a terminal's journal. Ghost: ``effects``, how often it has happened."""

    request: Request
    role: int
    effects: int = 0


class Terminal(NamedTuple):
    """What a terminal keeps: the request it does not know the outcome of, receipts not yet sent.

    Of each receipt the ghost is kept: whether the issuer has it already.
    """

    pending: Pending | None = None
    receipts: tuple[bool, ...] = ()


class Held(NamedTuple):
    """A wrapped request that somebody between card and terminal keeps.

    ``live``: it is the next that the open session awaits; ``followed``: the terminal has sent
    more in that session, which got lost. Ghost: ``verdict``, what its terminal has said of it
    since, empty as long as that is open.
    """

    request: Request
    role: int
    live: bool
    verdict: str = ""
    followed: bool = False


class World(NamedTuple):
    """Everything at one moment."""

    card: Card
    session: Session | None = None
    terminals: tuple[Terminal, Terminal] = (Terminal(), Terminal())
    held: Held | None = None

    def with_terminal(self, number: int, terminal: Terminal) -> "World":
        """Return this world with one terminal changed."""
        one, other = self.terminals
        return self._replace(terminals=(terminal, other) if number == 0 else (one, terminal))

    def closed(self) -> "World":
        """Return this world with no session open."""
        held = self.held
        if held is not None and held.live:
            held = held._replace(live=False, followed=False)
        return self._replace(session=None, held=held)
