"""Paths of the model, carried out by real terminals on a card, and compared event by event."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from applet_spec.transaction_model import Bounds, Design, Move, moves
from applet_spec.transaction_model.events import AGAIN, CUT, LATE, QUERY, RECEIPT, REPEAT, SESSIONS
from applet_spec.transaction_model.values import (
    OTHER_SALE,
    REVERSE,
    SALE,
    VALUES,
    Card,
    Entry,
    Request,
    World,
)
from tests.support.any_card import AnyCard
from tests.support.service_records import LARGE_PURSE, TODAY
from tests.support.stages import Stage, at_stage
from tests.support.transactions import DEBIT, HISTORY, REVERSES, Operation, in_role
from tests.transactions.trx_line import CUT_BEFORE, HELD, LOST, Line
from tests.transactions.trx_terminal import HAPPENED, NOT_HAPPENED, Pos, shown_number

RIGHT, BOUNDS = Design(), Bounds(log=20, roles=2)
ROLE_KEY_SETS = (0x51, 0x62)
INSPECT, READER = 0x56, 0x51
SOMEBODY = 2
"""The model's number of the terminals that have filled the log before, and do so meanwhile."""
OPERATIONS: dict[int, tuple[Operation, ...]] = {
    SALE: ((DEBIT, LARGE_PURSE, VALUES[SALE]),),
    OTHER_SALE: ((DEBIT, LARGE_PURSE, VALUES[OTHER_SALE]),),
    REVERSE: REVERSES,
}
DAY = f"{TODAY:%Y%m%d}"
BALANCE = slice(34, 38)
"""Where the balance is in a purse's record: header 20, currency 2, ceiling, two limits."""


class Others(NamedTuple):
    """Transactions of other terminals, so many that the log moves on."""

    transactions: int


Step = Move | Others
OTHERS_COME = 0.05


def beginning() -> World:
    """Return the model's world of a card at `Stage.ACTIVE`: 19 transactions in its log."""
    return moved_on(World(Card(0)), len(HISTORY))


def moved_on(world: World, count: int) -> World:
    """Return the world after so many transactions of others, in sessions of their own."""
    card = world.card
    for _ in range(count):
        entry = Entry(Request(SOMEBODY, card.number, card.number, SALE), 0, VALUES[SALE])
        card = Card(card.number + 1, (entry, *card.log)[: BOUNDS.log])
    return world.closed()._replace(card=card)


def following(world: World, bounds: Bounds) -> Iterator[tuple[Move, World]]:
    """Yield what can happen next, and the world after it."""
    for move in moves(RIGHT, bounds, world):
        assert not move.broken
        yield move, move.world


def every_path(depth: int, bounds: Bounds) -> Iterator[tuple[Step, ...]]:
    """Yield a path to every event that is at most so many after the beginning, the short first.

    Worlds are reached by one path each; the card is in terminal A first.
    """
    seen = {beginning()}
    level: list[tuple[tuple[Step, ...], World]] = [((), beginning())]
    while depth:
        longer: list[tuple[tuple[Step, ...], World]] = []
        for path, world in level:
            for move, after in following(world, bounds):
                if path or move.terminal == 0:
                    yield (*path, move)
                    if after not in seen:
                        longer.append(((*path, move), after))
                        seen.add(after)
        level, depth = longer, depth - 1


def drawn_path(chance: random.Random, length: int) -> tuple[Step, ...]:
    """Return a path of random events, and of transactions of others that fill the log."""
    world, path = beginning(), list[Step]()
    while len(path) < length:
        if chance.random() < OTHERS_COME:
            others = Others(chance.choice((1, BOUNDS.log - 1, BOUNDS.log, BOUNDS.log + 1)))
            world = moved_on(world, others.transactions)
            path.append(others)
        possible = list(following(world, BOUNDS))
        ((move, world),) = chance.choices(possible, [_likely(one) for one, _ in possible])
        path.append(move)
    return tuple(path)


def _likely(move: Move) -> float:
    """Return how much a move is wanted: without those that only begin again."""
    if move.event in SESSIONS:
        return 0.1 if SESSIONS[move.event] else 1
    if move.event == CUT:
        return 0.3
    return 6 if move.fate in ("", "fine") else 0.6


class Replay:
    """Carries paths out on one card, from `Stage.ACTIVE` on; ``counts`` says what happened."""

    def __init__(self, card: AnyCard) -> None:
        self.card = card
        self.counts: Counter[str] = Counter()
        at_stage(card, Stage.ACTIVE)
        self._begin()
        self._start = self._balance()

    def run(self, steps: Iterable[Step]) -> None:
        """Carry out a path, and look at the card after it. Raises AssertionError."""
        self._begin()
        world, spent = beginning(), 0
        for step in steps:
            if isinstance(step, Others):
                self._others(step.transactions)
                world = moved_on(world, step.transactions)
                spent += step.transactions * VALUES[SALE]
                continue
            self._take(step, world)
            if step.world.card.number > world.card.number:
                spent += step.world.card.log[0].value
            world = step.world
        self._compare(world, spent)
        self.counts["paths"] += 1
        self.counts.update(self.line.counts)

    def _begin(self) -> None:
        self.card.restore()
        self.card.reset()
        self.line = Line(self.card)
        self.somebody = Pos(self.line, b"MODEL  C")
        self.terminals = (Pos(self.line, b"MODEL  A"), Pos(self.line, b"MODEL  B"))
        self.names: dict[tuple[int, int], int] = {}

    def _others(self, count: int) -> None:
        """Sell so often with another terminal."""
        pos = self.somebody
        pos.open(READER)
        for _ in range(count):
            pos.new(OPERATIONS[SALE], DAY)
            assert pos.send() == HAPPENED
        self.counts["transactions of others"] += count

    def _take(self, move: Move, before: World) -> None:
        """Let one event happen, and compare what is seen of it."""
        pos = self.terminals[move.terminal]
        self.counts[f"event: {move.event}"] += 1
        verdict, fate = "", move.fate
        self.line.last = b""
        match move.event:
            case event if event in SESSIONS:
                pos.open(ROLE_KEY_SETS[move.role], SESSIONS[event])
            case event if event == CUT:
                self.line.reset()
            case event if event == RECEIPT:
                del pos.receipts[: fate == "fine"]
            case event if event == LATE:
                self.line.last = self.line.late()
            case event if event == QUERY:
                verdict = pos.query(CUT_BEFORE if fate == "cut" else fate)
            case event if event == REPEAT:
                verdict = pos.send(fate)
            case _:
                verdict = self._new(move, before, pos)
        self._check(move, verdict)

    def _new(self, move: Move, before: World, pos: Pos) -> str:
        request = _requested(move, before)
        key = (move.terminal, request.name)
        pos.new(OPERATIONS[request.kind], DAY, self.names[key] if move.event == AGAIN else None)
        if move.event != AGAIN:
            self.names[key] = pos.count - 1
        return pos.send(move.fate)

    def _check(self, move: Move, verdict: str) -> None:
        """Compare what card and terminal said with what they say in the model."""
        assert verdict == move.verdict, f"{move[:6]}: {verdict or 'nothing'}"
        word = self.line.last[-2:].hex()
        if move.word:
            expected = move.word if move.word.isdigit() else "9000"
            assert word == expected, f"{move[:6]}: {word}"
            self.counts[f"card: {move.word}"] += 1
        if move.fate in (LOST, HELD):
            assert word == ""
        if verdict:
            self.counts[f"terminal: {verdict}"] += 1

    def _compare(self, world: World, spent: int) -> None:
        """Compare the card and what its terminals find out now with the world."""
        assert shown_number(self.line) == world.card.number
        assert self._start - self._balance() == spent
        self._compare_log(world)
        for pos, terminal in zip(self.terminals, world.terminals, strict=True):
            assert (pos.pending is None) == (terminal.pending is None)
            assert len(pos.receipts) == len(terminal.receipts)
            if terminal.pending is None:
                continue
            late = world.card.number - terminal.pending.request.card_number > BOUNDS.log
            expected = HAPPENED if terminal.pending.effects else NOT_HAPPENED
            found = pos.recover()
            assert late or found == expected
            self.counts[f"recovered: {found}"] += 1

    def _balance(self) -> int:
        host = in_role(self.card.transmit, READER)
        record, word = host.send(0, 0xCA, 0xDF, 0x30 + LARGE_PURSE - 1)
        assert word == 0x9000
        return int.from_bytes(record[BALANCE], "big")

    def _compare_log(self, world: World) -> None:
        host = in_role(self.card.transmit, INSPECT)
        newest, word = host.send(0, 0xB2, 1, 4)
        assert word == 0x9000
        assert int.from_bytes(newest[10:13], "big") == world.card.number
        request = world.card.log[0].request
        if request.terminal != SOMEBODY:
            assert newest[13:21] == self.terminals[request.terminal].name
            name = self.names[request.terminal, request.name]
            assert int.from_bytes(newest[21:25], "big") == name


def _requested(move: Move, before: World) -> Request:
    """Return the request that is new in a move: in the journal, in the log, or in both."""
    pending = move.world.terminals[move.terminal].pending
    if pending is not None:
        return pending.request
    return next(
        entry.request
        for entry in (*move.world.card.log[:1], *before.card.log)
        if entry.request.terminal == move.terminal
    )
