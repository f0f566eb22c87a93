"""What a terminal may do to a card with the application.

Steps say what is wanted, not bytes: secrets are encrypted, sessions opened and streams cut when
they are run, so that what a failure is shortened to still means something.
"""

from dataclasses import dataclass

from tests.support.service_records import TODAY
from tests.support.stages import ROLE_SLOTS
from tests.support.terminal import AIDS
from tests.support.transactions import Operation
from tests.support.two_cards import Again, Parts, Tamper

APP = AIDS.instance
ROLES = tuple(ROLE_SLOTS)
ISSUER = "issuer"
ROLE = "role"
ANY = ""
HOME = "application"


@dataclass(frozen=True)
class Open:
    """A handshake on what is selected, in its halves: ``between`` comes between them.

    ``spoil`` is a byte of EXTERNAL AUTHENTICATE; ``wrong`` keys are none that the card has.
    """

    kvn: int
    level: int = 0x33
    spoil: int | None = None
    wrong: bool = False
    between: Parts | None = None


@dataclass(frozen=True)
class Send:
    """A command in a session of this kind, opened before where none is open.

    With `ANY` it goes into what is there, with `HOME` to the application, selected before where it
    is not; ``clear`` sends it unprotected all the same.
    """

    parts: Parts
    session: str = ANY
    clear: bool = False
    le: bool = True


@dataclass(frozen=True)
class Raw:
    """Bytes as they are."""

    raw: bytes


@dataclass(frozen=True)
class Select:
    """SELECT in the clear, by name; the last byte is P2."""

    aid: bytes
    p2: int = 0


@dataclass(frozen=True)
class Store:
    """STORE DATA of these DGIs: tag and content, PIN and receipt key in the clear.

    ``cuts`` are where the stream is cut, ``forwarded`` sends it through the issuer's domain,
    ``fault`` puts something wrong at one of its blocks: P1, P2, or the rest of the stream away.
    """

    dgis: tuple[tuple[int, bytes], ...]
    cuts: tuple[int, ...] = ()
    last: bool = True
    forwarded: bool = False
    fault: tuple[str, int, int] | None = None


@dataclass(frozen=True)
class Several:
    """Commands that are worth more together: a holder's visit, one until no tries are left."""

    commands: tuple[Parts, ...]


@dataclass(frozen=True)
class PutKey:
    """PUT KEY of a role's keys; ``damage``: a byte of the data to spoil, or none."""

    kvn: int
    master: int
    damage: tuple[int, int] | None = None


@dataclass(frozen=True)
class Anew:
    """DELETE of the application and INSTALL, or one of both."""

    delete: bool = True
    install: bool = True


@dataclass(frozen=True)
class Transact:
    """A request for these operations under a new name, or with ``ask`` the query of it.

    ``stale`` is added to the card's transaction number; ``day`` and ``time`` are in digits.
    """

    operations: tuple[Operation, ...]
    day: str = f"{TODAY:%Y%m%d}"
    time: str = "120000"
    stale: int = 0
    ask: bool = False


@dataclass(frozen=True)
class Resend:
    """A request that was sent before, so many ago; ``spoil`` is a byte of it and its change."""

    ago: int
    spoil: tuple[int, int] | None = None
    ask: bool = False


@dataclass(frozen=True)
class Visit:
    """A session with a role's keys, or the issuer's (00), and what is sent in it."""

    kvn: int
    acts: "tuple[Transact | Resend | Send, ...]"


@dataclass(frozen=True)
class Cut:
    """A step in which power fails at one of its commands, at a write of each card.

    ``places`` say which: 0 is its first, 99 its last. ``twice`` cuts the recovery too.
    """

    step: "Send | Store | PutKey | Open | Select | Visit"
    command: int
    places: tuple[int, int]
    twice: bool = False


Step = (
    Open | Send | Raw | Select | Store | Several | PutKey | Anew | Tamper | Again | Visit | Cut
)  # fmt: skip
