"""What may happen to a card between and in transactions, drawn by hypothesis.

Events say what is wanted, not bytes: amounts and days are said by the bounds of what the card has
then, so that one above, one below and the bound itself come often.
"""

from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

from tests.card_application.application_transactions import (
    NEVER_GOOD,
    TIMES,
    WRONG_DAYS,
    allowed,
    either,
)
from tests.support.service_records import SERVICES
from tests.support.stages import ROLE_SLOTS
from tests.support.transactions import CREDIT, DEBIT

BOUNDS = ("balance", "room", "limit", "debits", "unverified", "number")
"""What an amount is near: balance, what fits under the ceiling, the limit of a transaction, what is
left of debits since LOAD or of unverified ones, or nothing but the number itself."""


@dataclass(frozen=True)
class Amount:
    """An amount: so much above a bound."""

    bound: str
    above: int


@dataclass(frozen=True)
class Day:
    """A day: so many days after another, or eight digits as they are."""

    since: str
    days: int = 0
    written: str = ""


@dataclass(frozen=True)
class Basket:
    """A request for operations (code, service, amount).

    ``name`` is None for a new name, else how many names ago; ``stale`` is added to the card's
    transaction number. With ``ask`` it is a query; with ``pin`` the PIN is verified before.
    """

    operations: tuple[tuple[int, int, Amount], ...]
    day: Day
    time: str = "120000"
    name: int | None = None
    stale: int = 0
    ask: bool = False
    pin: bool = False
    length: int = 0


@dataclass(frozen=True)
class Repeat:
    """A request that was sent before, so many ago.

    ``spoil`` is a byte of it and its change; with ``longer`` an operation of zeros follows it.
    """

    ago: int
    spoil: tuple[int, int] | None = None
    ask: bool = False
    longer: bool = False


@dataclass(frozen=True)
class Begin:
    """A session: of a role key set, of the issuer (00), or a reset (FF)."""

    kvn: int


@dataclass(frozen=True)
class Period:
    """PUT DATA of a service's period, relative to what it is."""

    service: int
    current: int
    horizon: int


@dataclass(frozen=True)
class CardDate:
    """PUT DATA of the card's date."""

    day: Day


@dataclass(frozen=True)
class Validity:
    """PUT DATA of the validity, up to this day."""

    day: Day


@dataclass(frozen=True)
class Status:
    """SET STATUS in an issuer session of its own."""

    p1: int
    p2: int


@dataclass(frozen=True)
class Settings:
    """STORE DATA of a record, in an issuer session of its own."""

    record: bytes


@dataclass(frozen=True)
class ReceiptKey:
    """STORE DATA of a receipt key, in an issuer session of its own."""

    version: int
    key: bytes


@dataclass(frozen=True)
class Command:
    """Another command: VERIFY with the right or a wrong PIN, a presence proof, or a read object."""

    what: str


@dataclass(frozen=True)
class Clear:
    """A command in clear that the application refuses before it looks at the session."""

    command: bytes


Event = (
    Basket | Repeat | Begin | Period | CardDate | Validity | Status | Settings | ReceiptKey
    | Command | Clear
)  # fmt: skip

AMOUNTS = st.builds(Amount, st.sampled_from(BOUNDS), st.sampled_from((0, 0, 0, 1, -1))) | st.builds(
    Amount, st.just("number"), st.sampled_from((1, 1, 1, 2, 3, 0, 0x7FFFFFFF, 1 << 31))
)
ONES = st.builds(Amount, st.just("number"), st.sampled_from((1, 1, 1, 1, 1, 1, 2)))
COVER = 7
DATED = (1, 2, 6, COVER, 10)
"""Services that look at the date, of which a PIN is enough for all."""
PINS = st.sampled_from((True, True, True, False))
KVNS = tuple(ROLE_SLOTS)
EDGES = ("20000101", "20000229", "20791231", "20280229", "20311231")
RIGHT_DAYS = st.one_of(
    st.just(Day("today")), st.just(Day("today")), st.just(Day("today")),
    st.builds(Day, st.sampled_from(("today", "card", "expiry")), st.sampled_from((0, 0, -1, 1))),
    st.builds(Day, st.sampled_from(("period", "horizon", "first", "last")),
              st.sampled_from((0, 0, -1, 1))),
    st.builds(Day, st.just("today"), st.sampled_from((2, 7, 31, 62, 400))),
    st.builds(lambda day: Day("", 0, day), st.sampled_from(EDGES)),
)  # fmt: skip
DAYS = RIGHT_DAYS | st.builds(lambda day: Day("", 0, day), st.sampled_from(WRONG_DAYS))
CODES = (DEBIT, DEBIT, DEBIT, CREDIT)
PLACES = (*SERVICES, *SERVICES, *SERVICES, 12, 0, 17, 0xFF)
ANY_OPERATIONS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(PLACES), AMOUNTS | ONES),
    min_size=1, max_size=4,
).map(tuple)  # fmt: skip
DIFFERENT = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(tuple(SERVICES)), AMOUNTS | ONES),
    min_size=1, max_size=4, unique_by=lambda each: each[1],
).map(tuple)  # fmt: skip
ONE = Amount("number", 1)
REVERSE_ALONE = ((3, 0, Amount("number", 0)),)
ODD = st.sampled_from((
    ((3, 4, Amount("number", 0)),), ((3, 0, ONE),), (*REVERSE_ALONE, *REVERSE_ALONE),
    ((0, 4, ONE),), ((4, 4, ONE),), ((129, 4, ONE),), ((1, 4, ONE), *REVERSE_ALONE),
    ((1, 4, ONE),) * 2, ((1, 4, ONE), (2, 4, ONE)), ((1, 4, ONE),) * 5, (), ((1, 12, ONE),),
    ((2, 0, ONE),), ((1, 4, ONE), (1, 17, ONE)), ((1, 11, ONE),), ((2, 7, Amount("number", 2)),),
))  # fmt: skip
SOME = st.sampled_from


def _for_role(
    kvn: int, amounts: st.SearchStrategy[Amount], never: tuple[int, ...] = ()
) -> st.SearchStrategy[tuple[tuple[int, int, Amount], ...]]:
    """Draw baskets that the role may do, so far as the roles of services go."""
    may = [each for each in allowed(kvn) if each[1] not in never]
    one = st.builds(lambda what, amount: (*what, amount), st.sampled_from(may), amounts)
    some: st.SearchStrategy[list[tuple[int, int, Amount]]] = either(
        (2, one.map(lambda alone: [alone])),
        (3, st.lists(one, min_size=2, max_size=4, unique_by=lambda each: each[1])),
    )
    return some.map(tuple)


def _plain(operations: tuple[tuple[int, int, Amount], ...], day: Day, pin: bool) -> Basket:
    """Return a basket; without PIN where that is what an amount is about."""
    unverified = any(amount.bound == "unverified" for _, _, amount in operations)
    return Basket(operations, day, pin=pin and not unverified)


def _purses(kvn: int) -> st.SearchStrategy[tuple[tuple[int, int, Amount], ...]]:
    """Draw debits of a small purse, with what roles that may not debit one alone debit beside."""
    beside = () if kvn & 0x0F in (0, 1, 2) else ((DEBIT, 6, ONE),)
    bounds = st.sampled_from(("debits", "debits", "unverified", "unverified", "limit", "balance"))
    amounts = st.builds(Amount, bounds, st.sampled_from((0, 0, 1, 1, -1, -2)))
    return amounts.map(lambda amount: ((DEBIT, 5, amount), *beside))


def _edges(kvn: int) -> st.SearchStrategy[Event]:
    """Draw one operation at the edge of periods, horizon or validity, or of a quota's limit."""
    may = [each for each in allowed(kvn) if each[1] in DATED]
    near = st.builds(Amount, st.sampled_from(("limit", "balance", "room")), SOME((0, 1)))

    def at_an_edge(what: tuple[int, int]) -> st.SearchStrategy[Event]:
        edges = ("first", "last") if what[1] == COVER else ("period", "horizon", "horizon")
        days = st.builds(Day, st.sampled_from(edges), SOME((0, 1, -1)))
        return st.builds(
            lambda amount, day, pin: Basket(((*what, amount),), day, pin=pin),
            either((2, st.just(ONE)), (1, near)), either((3, days), (1, st.just(Day("today")))),
            PINS,
        )  # fmt: skip

    return st.sampled_from(may).flatmap(at_an_edge)


def _basket(
    operations: st.SearchStrategy[tuple[tuple[int, int, Amount], ...]],
) -> st.SearchStrategy[Event]:
    plain: st.SearchStrategy[Event] = st.builds(_plain, operations, RIGHT_DAYS, PINS)
    odd: st.SearchStrategy[Event] = st.builds(
        Basket, operations, DAYS, st.sampled_from(TIMES), st.none() | st.integers(0, 22),
        SOME((0, 0, 0, 0, 1, -1, 0x8000)), SOME((False, False, True)), st.booleans(),
        SOME((0, 0, 0, 0, 1, -1)),
    )  # fmt: skip
    return either((4, plain), (1, odd))


REVERSED = st.builds(Basket, st.just(REVERSE_ALONE), DAYS)
REFUSED_IN_CLEAR = {
    bytes.fromhex("9440010000"): 0x6884, bytes.fromhex("A0CADF5100"): 0x6E00,
    bytes.fromhex("00A4000000"): 0x6A86,
}  # fmt: skip
"""Such commands with their answers: of a chained class, of a wrong one, SELECT not by name."""
REPEATS = st.builds(
    Repeat, st.integers(0, 3) | st.integers(0, 25),
    st.none() | st.none() | st.tuples(st.integers(0, 45), st.integers(1, 255)), st.booleans(),
    st.sampled_from((False, False, False, True)),
)  # fmt: skip
PERIODS = st.builds(
    Period, st.sampled_from((1, 2, 6, 8, 10, 11, 4, 7, 12)), st.sampled_from((0, 0, -1, -3, 1)),
    st.sampled_from((0, 1, 5, -1, -100, 30000)),
)  # fmt: skip
STATUSES = st.builds(
    Status, st.sampled_from((0x20, 0x20, 0x21)), st.sampled_from((*SERVICES, 11, 11, 12, 0, 17))
) | st.builds(Status, st.just(0x40), st.sampled_from((0x3F, 0x1F)))
RECEIPT_KEYS = st.builds(ReceiptKey, st.integers(0, 255), st.sampled_from((bytes(16), b"K" * 16)))
COMMANDS = st.builds(Command, st.sampled_from(("right", "right", "wrong", "presence", "read")))


def _settings(place: int, which: int, value: int) -> Settings:
    """Return the record of a place with one thing changed."""
    record = SERVICES[place]
    purse, quota = record[1] == 1, record[1] == 2
    changes = [
        record[:3] + bytes([value % 5]) + record[4:],
        record[:4] + b"\xff\xff\xff\xff" + record[8:],
        record[:2] + bytes([0x80 * (value & 1)]) + record[3:],
        record[:22] + bytes([0, 0, 0, value]) + record[26:] if purse else record,
        record[:26] + bytes([0, 0, 0, value]) + record[30:] if purse else record,
        record[:30] + bytes([0, 0, 0, value]) + record[34:] if purse else record,
        record[:38] + b"\x01\x01\x00\x00\x00" + bytes([value]) if purse else record,
        record[:34] + b"\x00\x00\x00\x63" + record[38:] if purse else record,
        record[:20] + bytes([0, 0, 0, value]) + record[24:] if quota else record,
        record[:25] + bytes([0, 0, 0, value]) + record[29:] if quota else record,
        record[:33] + b"\x00\x01\x00\x02\x00\x00\x00" + bytes([value]) if quota else record,
        record[:24] + bytes([value % 3]) + record[25:] if quota else record,
        record[:1] + bytes([1 + record[1] % 3]) + record[2:],
        record[:8] + "جديد".encode() + bytes(4) + record[20:],
    ]
    return Settings(changes[which % len(changes)])


SETTINGS = st.builds(
    _settings, st.sampled_from(tuple(SERVICES)), st.integers(0, 13), st.integers(0, 12)
) | st.sampled_from((4, 5, 6, 7)).map(lambda at: Settings(bytes([12]) + SERVICES[at][1:]))
ISSUER, RESET = 0x00, 0xFF
OTHERS: st.SearchStrategy[Event] = either(
    (4, PERIODS),
    (2, st.builds(CardDate, DAYS)),
    (4, COMMANDS),
    (1, st.builds(Clear, st.sampled_from(tuple(REFUSED_IN_CLEAR)))),
)
"""What is done in whatever session is open."""
BY_ISSUER: st.SearchStrategy[Event] = either(
    (2, STATUSES),
    (3, SETTINGS),
    (1, RECEIPT_KEYS),
    (1, st.builds(Validity, DAYS)),
)


def _visit(kvn: int) -> st.SearchStrategy[list[Event]]:
    """Draw a session and what happens in it."""
    good = st.builds(Basket, _for_role(kvn, ONES, NEVER_GOOD), st.just(Day("today")), pin=PINS)
    ours = _basket(_for_role(kvn, AMOUNTS | ONES))
    purses = st.builds(_plain, _purses(kvn), st.just(Day("today")), PINS)
    wrong = _basket(either((1, DIFFERENT), (1, ANY_OPERATIONS), (1, ODD)))
    event: st.SearchStrategy[Event] = either(
        (5, good), (5, ours), (3 if kvn & 0x0F < 6 else 0, purses), (3, REVERSED), (3, REPEATS),
        (2, wrong), (2, OTHERS), (2, _edges(kvn)),
    )  # fmt: skip
    return st.lists(event, min_size=4, max_size=9).map(lambda events: [Begin(kvn), *events])


def _by_issuer(event: Event) -> list[Event]:
    if event == Status(0x40, 0x3F):
        return [event, *SUSPENDED]
    return [event]


SUSPENDED: tuple[Event, ...] = (
    Begin(0x51), Basket(((DEBIT, 4, ONE),), Day("today"), pin=True), Repeat(3), Repeat(3, ask=True),
    Status(0x40, 0x1F),
)  # fmt: skip
"""What a suspended card is asked before it is resumed."""
VISITS: st.SearchStrategy[list[Event]] = st.sampled_from((*KVNS, 0x50, 0x51, 0x51, 0x64)).flatmap(
    _visit
)
IN_SESSION: st.SearchStrategy[Event] = either((2, PERIODS), (1, st.builds(CardDate, DAYS)))
ADMINISTRATION: st.SearchStrategy[list[Event]] = either(
    (4, BY_ISSUER.map(_by_issuer)),
    (1, st.lists(IN_SESSION, min_size=1, max_size=2).map(lambda some: [Begin(ISSUER), *some])),
)
LIVES: st.SearchStrategy[list[Event]] = st.lists(
    either((3, VISITS), (1, ADMINISTRATION)), min_size=1, max_size=4
).map(lambda some: [event for each in some for event in each])


def shifted(day: date, days: int) -> date:
    """Return a day so many days later, within what requests can say."""
    later = day.toordinal() + days
    first, last = date(1990, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
    return date.fromordinal(min(max(later, first), last))
