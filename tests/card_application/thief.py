"""What somebody sends who has a terminal's SAM, and what must hold of the card whatever that is.

The thief has the real keys of debit roles, the holder's PIN at times, and the card for as long as
he wants. He knows no issuer key, no key of LOAD and no receipt key. The books are kept from the
answers and from what an office reads, by no rule of how a card works inside.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st

from applet_spec import spec
from card_conformance.suite.requests import Operation, Request, Taken, mac_of, parse, receipt
from card_conformance.suite.services import Service, decode
from host_lib.secret import AesKey
from tests.card_application.rights_card import SERVICE_DGIS, led
from tests.support.any_card import AnyCard
from tests.support.service_records import TODAY
from tests.support.terminal import (
    CARD_SERIAL,
    NEW_PIN,
    RECEIPT_KEY,
    SessionEndedError,
)
from tests.support.transactions import in_role, perform, records

STOLEN = {"BREAD": (0x54,), "MERCHANT": (0x51,), "every debit role": tuple(range(0x51, 0x56))}
_OFFICE = 0x56
PURSE = 4
_DEBIT, _CREDIT, _REVERSE = (
    spec().transactions.operations[n] for n in ("debit", "credit", "reverse")
)
_PLACES = tuple(range(1, len(spec().services.profile) + 1))
_FORM = spec().transactions
_KEY = AesKey(RECEIPT_KEY)
_KEPT = ("role key sets", "card date", "receipt key version", "replaced card number", "validity")
_ISSUERS = {
    "STORE DATA": (0x80, 0xE2, 0x88, 0x00, SERVICE_DGIS[:100]),
    "SET STATUS": (0x80, 0xF0, 0x21, 0x04, b""),
    "resume": (0x80, 0xF0, 0x40, 0x1F, b""),
    "RESET RETRY COUNTER": (0x00, 0x2C, 0x03, 0x81, b""),
    "PUT KEY": (0x80, 0xD8, 0x00, 0x81, bytes(48)),
    "DELETE KEY": (0x80, 0xE4, 0x00, 0x00, bytes.fromhex("D20150")),
    "GENERATE": (0x00, 0x46, 0x80, 0x00, b""),
}
"""Commands that are the issuer's."""


@dataclass(frozen=True)
class Open:
    """A session, with one of the stolen key sets."""

    which: int
    pin: bool


@dataclass(frozen=True)
class Basket:
    """A transaction; ``off`` is how far the card's number is missed, ``days`` how far today is.

    ``old`` first sends the first request again, with its bytes or with another amount; ``back``
    reverses it after something in between, "no" never; ``pin`` has the holder verified first.
    """

    moves: tuple[tuple[int, int, int], ...]
    days: int = 0
    off: int = 0
    old: str = ""
    back: str = "no"
    pin: bool = False


@dataclass(frozen=True)
class Reverse:
    """A reverse, after something in between."""

    between: str = ""


@dataclass(frozen=True)
class Put:
    """PUT DATA of a service's period or of the card's date."""

    tag: int
    value: bytes


@dataclass(frozen=True)
class Other:
    """A command of the issuer's, or one recorded and sent again."""

    name: str


Step = Open | Basket | Reverse | Put | Other
_amount = st.one_of(
    st.integers(1, 60), st.sampled_from([300, 5000, 5001, 20_000, 20_001, 300_000, 0x7FFFFFFF])
)
_move = st.tuples(st.sampled_from([_DEBIT] * 5 + [_CREDIT]), st.sampled_from(_PLACES), _amount)
_month_ahead = st.sampled_from([0] * 6 + [1, 2, 3, 4, 30, 61, 92, 93, 150, 4000, -1, -40])
BREAD, _RATION = 2, 1
_own = st.sampled_from(
    [
        ((_DEBIT, BREAD, 9),),
        ((_DEBIT, BREAD, 1),),
        ((_DEBIT, BREAD, 45),),
        ((_DEBIT, PURSE, 50), (_DEBIT, BREAD, 3)),
        ((_DEBIT, PURSE, 4000), (_DEBIT, BREAD, 1)),
        ((_DEBIT, PURSE, 7),),
        ((_DEBIT, PURSE, 9000),),
        ((_DEBIT, PURSE, 200_000),),
        ((_DEBIT, PURSE, 290_000),),
        ((_DEBIT, _RATION, 6),),
    ]
)
_between = st.sampled_from(["", "", "query", "read", "session", "stored"])
BASKETS = st.one_of(
    st.builds(Basket, _own),
    st.builds(Basket, _own, back=_between),
    st.builds(Basket, _own, pin=st.just(True)),
    st.builds(Basket, _own, _month_ahead),
    st.builds(
        Basket,
        st.lists(_move, min_size=1, max_size=4, unique_by=lambda move: move[1]).map(tuple),
        _month_ahead,
        st.sampled_from([0] * 8 + [-1, 1]),
        st.sampled_from(["", "", "", "", "same", "other"]),
    ),
)
PUTS = st.one_of(
    st.builds(Put, st.sampled_from([0xDF60, 0xDF61]), st.binary(min_size=4, max_size=4)),
    st.builds(Put, st.just(0xDF61), st.just(bytes.fromhex("0000FFFF"))),
    st.builds(Put, st.just(0xDF57), st.sampled_from([b"\x20\x79\x12\x31", b"\x20\x27\x01\x01"])),
    st.builds(Put, st.sampled_from([0xDF52, 0xDF33, 0xDF56, 0xDF58]), st.just(bytes(8))),
)
STEPS = st.lists(
    st.one_of(
        st.builds(Open, st.integers(0, 4), st.booleans()),
        BASKETS,
        BASKETS,
        BASKETS,
        st.builds(Reverse, _between),
        PUTS,
        st.builds(Other, st.sampled_from([*_ISSUERS, "again", "reset"])),
    ),
    min_size=6,
    max_size=30,
)


@dataclass
class Books:
    """What the thief got, and what the card had when he began."""

    services: Mapping[int, Service]
    kept: tuple[bytes, ...]
    log: tuple[bytes, ...]
    number: int
    taken: Counter[int] = field(default_factory=Counter)
    verified: bool = False
    receipts: dict[int, bytes] = field(default_factory=dict)


class Robbed:
    """An active card of the reference profile that a thief has, with the keys of some roles."""

    def __init__(self, card: AnyCard, stolen: tuple[int, ...]) -> None:
        self._card = card
        self._stolen = stolen
        self.counts: Counter[str] = Counter()
        next(state for state in led(card) if state == "ACTIVE")
        self._first = self._look()

    def run(self, steps: list[Step]) -> None:
        """Let the thief do this, from the same card on, and hold the card to what must be."""
        self._card.restore()
        self._card.reset()
        services, kept, log, number = self._first
        self.books = Books(services, kept, log, number)
        self._sent: dict[bytes, bytes] = {}
        self._number = number
        self._name = 0
        self._begin(0, pin=False)
        for step in steps:
            self._do(step)
        self._settle()
        self.counts["robberies"] += 1

    # What the thief does

    def _begin(self, which: int, *, pin: bool) -> None:
        self._kvn = self._stolen[which % len(self._stolen)]
        self._pos = in_role(self._card.transmit, self._kvn)
        self._armed: tuple[Operation, ...] = ()
        self._recorded = b""
        if pin:
            self._verify()
        self.counts["sessions"] += 1

    def _verify(self) -> None:
        """Have the holder type the PIN."""
        assert self._pos.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
        self.books.verified, self._armed = True, ()

    def _do(self, step: Step) -> None:
        match step:
            case Open(which, pin):
                self._begin(which, pin=pin)
            case Basket():
                self._pay(step)
            case Reverse(between):
                self._reverse(between)
            case Put(tag, value):
                word = self._pos.sw(0, 0xDA, tag >> 8, tag & 0xFF, value)
                self._armed = ()
                assert word != 0x9000, f"a thief wrote {tag:04X}"
                self.counts["PUT DATA refused"] += 1
            case Other(name):
                self._other(name)

    def _other(self, name: str) -> None:
        self._armed = ()
        if name == "reset":
            self._card.reset()
            self._begin(0, pin=False)
        elif name == "again":
            answer = self._card.transmit(self._recorded) if self._recorded else b"\x69\x82"
            assert answer == b"\x69\x82", "a command was taken twice"
            self.counts["recorded commands refused"] += 1
            self._begin(0, pin=False)
        else:
            word = self._pos.sw(*_ISSUERS[name])
            assert word != 0x9000, f"a thief may {name}"
            self.counts["commands of the issuer refused"] += 1

    def _request(self, operations: tuple[Operation, ...], days: int = 0, off: int = 0) -> Request:
        self._name += 1
        day = f"{TODAY + timedelta(days):%Y%m%d}"
        return Request(b"THIEF  1", self._name, max(self._number + off, 0), day, operations)

    def _pay(self, step: Basket) -> None:
        if step.pin:
            self._verify()
        operations = tuple(Operation(*move) for move in step.moves)
        request = self._request(operations, step.days, step.off)
        if step.old and self._sent:
            self._send(next(iter(self._sent)), None)
        if step.old == "other" and self._sent:
            old = next(iter(self._sent))
            self._send(old[:-1] + bytes([old[-1] ^ 1]), None)
        self._send(request.encode(), request)
        if step.back != "no":
            self._reverse(step.back)

    def _reverse(self, between: str) -> None:
        if between == "query":
            perform(self._pos, self._request(()).encode().ljust(28, b"\x00"), query=True)
        elif between == "read":
            self._pos.send(0, 0xCA, 0xDF, 0x51)
            self._armed = ()
        elif between == "session":
            self._begin(self._stolen.index(self._kvn), pin=False)
        elif between == "stored" and self._sent:
            self._send(list(self._sent)[-1], None)
        request = self._request((Operation(_REVERSE, 0, 0),))
        self._send(request.encode(), request)

    def _send(self, data: bytes, request: Request | None) -> None:
        """Send a transaction; a new one that the card takes goes into the books."""
        armed, self._armed = self._armed, ()
        self._recorded = self._pos.wrap(0x80, 0x40, 0, 0, data)
        try:
            answer, word = self._pos.unwrap(self._card.transmit(self._recorded))
        except SessionEndedError:
            raise AssertionError("an answer without its MAC") from None
        self.counts[f"transactions answered {word:04X}"] += 1
        if word != 0x9000:
            return
        if data in self._sent:
            assert answer == self._sent[data], "a repeated request was answered otherwise"
            self.counts["stored answers"] += 1
            return
        assert request is not None, "the name of another request was taken"
        self._sent[data] = answer
        self._book(request, answer, armed)

    # The books

    def _book(self, request: Request, answer: bytes, armed: tuple[Operation, ...]) -> None:
        is_reverse = request.operations[0].code == _REVERSE
        assert armed or not is_reverse, "a reverse of another session's transaction, or of none"
        moves = armed if is_reverse else request.operations
        taken = parse(answer, len(moves))
        assert taken.number == self._number + 1
        assert request.card_number == self._number, "a request for another number was taken"
        self._number = taken.number
        if not is_reverse and self._kvn & 0x0F not in _FORM.purse_alone_roles:
            assert {move.service for move in moves} != {PURSE}, "a programme took money alone"
        for move in moves:
            assert move.code == _DEBIT, "a debit role credited"
            self.books.taken[move.service] += -move.amount if is_reverse else move.amount
        self._armed = () if is_reverse else moves
        self.counts["reverses of one's own" if is_reverse else "debits committed"] += 1
        self._receipt(request, taken)

    def _receipt(self, request: Request, taken: Taken) -> None:
        fields = receipt(self._kvn & 0x0F, CARD_SERIAL, request, taken)
        assert taken.mac == mac_of(_KEY, fields), "a receipt of something else"
        self.books.receipts[taken.number] = fields + taken.mac

    # What must be

    def _look(self) -> tuple[dict[int, Service], tuple[bytes, ...], tuple[bytes, ...], int]:
        office = in_role(self._card.transmit, _OFFICE)
        services = {n: decode(office.send(0, 0xCA, 0xDF, 0x2F + n)[0]) for n in _PLACES}
        tags = (spec().object_named(name).tag for name in _KEPT)
        kept = tuple(office.send(0, 0xCA, tag >> 8, tag & 0xFF)[0] for tag in tags)
        log = tuple(records(office))
        number = int.from_bytes(log[0][10:13], "big")
        return services, kept, log, number

    def _settle(self) -> None:
        """Compare the card with the books: nothing gained, nothing passed, nothing forged."""
        books = self.books
        services, kept, log, number = self._look()
        assert kept == books.kept, "keys, dates or validity are others"
        assert number == self._number
        for place, now in services.items():
            self._compare(now, books.services[place], books.taken[place])
        loss, purse = books.taken[PURSE], services[PURSE]
        assert loss <= purse["debit limit"], "more than between two loads"
        if not books.verified:
            assert loss <= purse["unverified allowance"], "more than without verification"
        kind = "with the PIN" if books.verified else "without verification"
        self._most(f"largest loss of a purse {kind}", loss)
        self._most("largest loss of a quota", max(books.taken[1], books.taken[2]))
        known = {*books.receipts.values(), *books.log}
        assert set(log) <= known, "a record of a transaction that the card has not answered"

    def _most(self, what: str, loss: int) -> None:
        self.counts[what] = max(self.counts[what], loss)

    def _compare(self, now: Service, before: Service, taken: int) -> None:
        dynamic = {"balance", "current period", "horizon", "uses"}
        for name, value in now.values.items():
            assert name in dynamic or value == before[name], f"{name} is another one"
        if now.kind == "entitlement":
            assert now["uses"] == before["uses"] + taken
            return
        assert taken >= 0
        released = 0
        if now.kind == "quota":
            assert now["horizon"] == before["horizon"], "a thief moved the horizon"
            assert before["current period"] <= now["current period"]
            assert now["current period"] <= now["horizon"], "a period beyond the horizon"
            released = (now["current period"] - before["current period"]) * now["allowance"]
            self.counts["quotas opened up to the horizon"] += (
                now["current period"] == now["horizon"]
            )
            assert now["balance"] + taken <= before["balance"] + released, "a quota gained"
            self.counts["allowances released early"] += bool(released)
        else:
            assert now["balance"] + taken == before["balance"], "a purse gained or lost"
