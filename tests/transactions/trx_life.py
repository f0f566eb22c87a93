"""A card's life among terminals and its issuer, drawn by chance; nothing of it may lose value."""

import random
from collections import Counter

from tests.support.any_card import AnyCard
from tests.support.stages import Stage, at_stage
from tests.support.terminal import NEW_PIN
from tests.support.transactions import DEBIT, REVERSES, Operation
from tests.transactions.trx_cuts import Cuts
from tests.transactions.trx_line import (
    ANSWER_LOST,
    COPIED,
    CUT_AFTER,
    CUT_AT,
    CUT_TWICE,
    DIES,
    DOUBLED,
    FINE,
    FORGED,
    HELD,
    LOST,
    OLDER,
    Line,
)
from tests.transactions.trx_office import Office
from tests.transactions.trx_terminal import HAPPENED, ROLE_OF, Pending, Pos, shown_number
from tests.transactions.trx_wants import basket, some_day

KEY_SETS = tuple(ROLE_OF)
FATES = (
    LOST, HELD, DOUBLED, COPIED, ANSWER_LOST, FORGED, OLDER, CUT_AFTER, DIES, *[CUT_AT] * 8,
    CUT_TWICE,
)  # fmt: skip
QUERY_FATES = (LOST, HELD, DOUBLED, ANSWER_LOST, FORGED, OLDER, CUT_AFTER)
GOES_WRONG = 0.25
LOOK_AFTER = 100
"""Operations between two looks at what the card has."""
ISSUER_WORKS, RESETS, COMES_LATE = 0.03, 0.05, 0.06
"""Below which draws one of these happens."""
OPERATIONS = (
    "perform", "credit", "load", "reverse", "number used again", "query", "recover", "repeat",
    "reset", "suspend", "resume", "set service", "switch service", "set period", "period roll",
    "new receipt key",
)  # fmt: skip


class Life:
    """One card, two or three terminals and the issuer; ``counts`` says how often what happened."""

    def __init__(self, card: AnyCard, cuts: Cuts, seed: str) -> None:
        self.card, self.cuts, self.counts = card, cuts, cuts.counts
        self.chance = random.Random(seed)
        card.restore()
        card.reset()
        self.line = Line(card)
        self.line.counts = self.counts
        self.office = Office(self.line, self.chance, self.counts)
        names = self.chance.choice(("AB", "ABC"))
        self.terminals = [Pos(self.line, f"LIFE   {name}".encode()) for name in names]
        self.holder: Pos | None = None
        self.aside: dict[bytes, int] = {}

    def run(self, operations: int) -> None:
        """Live so many operations, then settle everything. Raises AssertionError."""
        end = self.counts["operations"] + operations
        look = self.counts["operations"] + LOOK_AFTER
        while self.counts["operations"] < end:
            self._next()
            if self.counts["operations"] >= look:
                look += LOOK_AFTER
                self._look(final=False)
        if self.office.suspended:
            self._count(self.office.resume())
        for pos in self.terminals:
            if pos.pending:
                self._count("recover", pos.recover())
        self._look(final=True)

    # What happens

    def _next(self) -> None:
        """Let one thing happen."""
        draw = self.chance.random()
        if self.office.suspended and self.chance.random() < 0.1:
            self.holder = None
            self._count(self.office.resume())
        elif draw < ISSUER_WORKS:
            self.holder = None
            self._count(self.office.works())
        elif draw < RESETS:
            self.holder = None
            self.line.reset()
            self._count("reset")
        elif draw < COMES_LATE and self.line.held:
            self.line.late(self.chance.randrange(len(self.line.held)))
        else:
            self._terminal_works(self._whose_turn())

    def _whose_turn(self) -> Pos:
        """Return who works now: mostly who has the card, nobody who was put aside."""
        if self.holder is not None and self.chance.random() < 0.85:
            return self.holder
        now = self.counts["operations"]
        here = [pos for pos in self.terminals if self.aside.get(pos.name, 0) <= now]
        return self.chance.choice(here)

    def _count(self, what: str, verdict: str = "") -> None:
        self.counts[f"operation: {what}"] += 1
        self.counts["operations"] += 1
        if verdict:
            self.counts[f"terminal: {verdict}"] += 1

    def _terminal_works(self, pos: Pos) -> None:
        if pos.pending is not None:
            self._recovers(pos, pos.pending)
            return
        if self.holder is not pos or self.chance.random() < 0.1:
            self._opens(pos, self.chance.choice(KEY_SETS))
        draw, name = self.chance.random(), None
        if draw < (0.2 if pos.said == HAPPENED else 0.02):
            what, operations = "reverse", REVERSES
        else:
            office = self.office
            what, operations = basket(
                self.chance, ROLE_OF[pos.kvn], office.records, office.accounts
            )
            self._verify(pos, operations)
            if draw > 0.98 and pos.count:
                what, name = "number used again", self.chance.randrange(pos.count)
        pos.new(operations, f"{some_day(self.chance, self.office.day):%Y%m%d}", name)
        self._sends(pos, what)

    def _opens(self, pos: Pos, kvn: int) -> None:
        lie = self.chance.choice((1, -1, 5)) if self.chance.random() < 0.02 else 0
        self.counts["SELECT answers that lie"] += bool(lie)
        pos.open(kvn, lie)
        pos.said = ""
        self.holder = pos

    def _verify(self, pos: Pos, operations: tuple[Operation, ...]) -> None:
        """Let the holder enter the PIN, mostly where it is asked for."""
        rules = [self.office.records[place][3] for code, place, _ in operations if code == DEBIT]
        needed = any(rules) or not pos.told
        if needed and not self.office.suspended and self.chance.random() < 0.8:
            assert pos.host is not None
            pos.host.sw(0, 0x20, 0, 0x81, NEW_PIN)

    def _sends(self, pos: Pos, what: str) -> None:
        """Send what is pending, and let it go wrong sometimes."""
        fate, write = self._fate(FATES)
        measured = fate == FINE and what != "repeat" and self.chance.random() < 0.05
        before = self.card.writes if measured else 0
        pos.said = pos.send(fate, write)
        self._count(what, pos.said)
        if pos.said:
            self.office.hears(pos.receipts[-1])
        word = self.line.last[-2:].hex()
        if word:
            self.counts[f"card: {word}"] += 1
        if measured and pos.said:
            self.cuts.seen(self.card.writes - before)
        self._notices(fate, word)
        others = len(self.terminals) - len(self.aside)
        if not pos.said and others > 1 and self.chance.random() < 0.03:
            self.aside[pos.name] = self.counts["operations"] + self.chance.randint(20, 150)
            self.holder = None

    def _recovers(self, pos: Pos, pending: Pending) -> None:
        """Recover, query in a session that may be over, or send again."""
        self.aside.pop(pos.name, None)
        draw = self.chance.random()
        if draw < 0.5:
            self._count("recover", pos.recover())
            self.holder = pos
            return
        if self.holder is not pos or pos.kvn != pending.kvn:
            self._opens(pos, pending.kvn)
        if draw < 0.75:
            fate, _ = self._fate(QUERY_FATES)
            self._count("query", pos.query(fate))
            self._notices(fate, self.line.last[-2:].hex())
        else:
            self._sends(pos, "repeat")

    def _notices(self, fate: str, word: str) -> None:
        """Let a terminal notice that its session is over: at once, or later."""
        ended = fate in (CUT_AT, CUT_TWICE, CUT_AFTER, DIES)
        doubtful = fate != FINE or word == "6982"
        if ended or (doubtful and self.chance.random() < 0.7):
            self.holder = None

    def _fate(self, fates: tuple[str, ...]) -> tuple[str, int]:
        if self.chance.random() > GOES_WRONG:
            return FINE, 1
        return self.chance.choice(fates), self.cuts.choose(self.chance)

    # What it comes to

    def _look(self, *, final: bool) -> None:
        """Send receipts, settle them, and compare what they make with what the card has."""
        self.holder = None
        for pos in self.terminals:
            self._uploads(pos)
        pending = [pos.pending for pos in self.terminals if pos.pending]
        assert not (final and pending)
        claims = [*pending, *(claim for pos in self.terminals for claim in pos.undecided)]
        newest = shown_number(self.line)
        settled, gaps = self.office.issuer.settle(newest, claims, final=not pending)
        self.office.look()
        self.counts["transactions settled"] += settled
        self.counts["looks at the card"] += 1
        self.counts["looks with a transaction that no receipt told of"] += bool(gaps)

    def _uploads(self, pos: Pos) -> None:
        """Send receipts until each is acknowledged; the way to the issuer is no better."""
        while pos.receipts:
            draw = self.chance.random()
            if draw < 0.05:
                self.counts["receipts that got lost"] += 1
                continue
            self.office.issuer.receive(pos.receipts[0])
            if draw < 0.1:
                self.counts["acknowledgements that got lost"] += 1
                continue
            del pos.receipts[0]
            self.counts["receipts verified"] += 1


def ready(card: AnyCard) -> AnyCard:
    """Bring a new card to where lives begin: no transaction yet, finger-exempt, with role keys."""
    at_stage(card, Stage.EXEMPT)
    return card


def live(card: AnyCard, operations: int, each: int, seed: int) -> Cuts:
    """Let a card that is `ready` live so many operations, in lives of ``each``.

    Returns what happened. Raises AssertionError where value was lost or made.
    """
    cuts, number = Cuts(Counter()), 0
    while cuts.counts["operations"] < operations:
        life = f"{seed} {number}"
        try:
            Life(card, cuts, life).run(min(each, operations - cuts.counts["operations"]))
        except AssertionError as error:
            error.add_note(f"life {life}, after {cuts.counts['operations']} operations")
            raise
        number += 1
    cuts.counts["lives"] = number
    return cuts
