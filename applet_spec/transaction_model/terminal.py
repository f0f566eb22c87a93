"""What a terminal concludes, and what it does with receipts."""

from applet_spec.transaction_model.card import (
    COMMITTED,
    SAME,
    STORED_ANSWER,
    Answer,
)
from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.invariants import TRUTH, UNDECIDED, VALUE, Violated
from applet_spec.transaction_model.values import Pending, World

HAPPENED, NOT_HAPPENED, LEFT = "happened", "did not happen", "left to clearing"


def answered(design: Design, world: World, number: int, answer: Answer) -> tuple[str, World]:
    """Let a terminal read the answer to its request; return what it says now, if anything.

    Raises `Violated`.
    """
    if answer.word in (COMMITTED, STORED_ANSWER):
        pending, session = world.terminals[number].pending, world.session
        if pending is not None and session is not None:
            told = session._replace(told=pending.request.card_number + 1)
            world = world._replace(session=told)
        return HAPPENED, settled(world, number, HAPPENED, answer)
    if design.believes_errors or design.believes_refusals:
        return NOT_HAPPENED, settled(world, number, NOT_HAPPENED, answer)
    return "", world


def decided(design: Design, bounds: Bounds, pending: Pending, answer: Answer, number: int) -> str:
    """Return what the answer to a query and the card's transaction number in it come to."""
    if answer.word == SAME:
        return HAPPENED
    since = number - pending.request.card_number
    within = since <= bounds.log + design.log_believed
    return NOT_HAPPENED if within or design.forgets_age else LEFT


def settled(world: World, number: int, verdict: str, answer: Answer) -> World:
    """Close what is pending in a terminal. Raises `Violated` where the verdict is not true."""
    terminal = world.terminals[number]
    pending = terminal.pending
    assert pending is not None
    receipts = terminal.receipts
    if verdict == HAPPENED:
        entry = answer.entry
        own = entry is not None and (entry.request, entry.role) == pending[:2]
        if pending.effects != 1 or not own:
            raise Violated(TRUTH)
        receipts = (*receipts, False)
    elif verdict == NOT_HAPPENED and pending.effects:
        raise Violated(TRUTH)
    held = world.held
    if held is not None and held.request == pending.request:
        world = world._replace(held=held._replace(verdict=verdict))
    return world.with_terminal(number, terminal._replace(pending=None, receipts=receipts))


def check_left(bounds: Bounds, world: World, pending: Pending) -> None:
    """Raise `Violated` where a request was left to clearing without need."""
    since = world.card.number - pending.request.card_number
    if since <= bounds.log:
        raise Violated(UNDECIDED)


def sent(design: Design, world: World, number: int, fate: str) -> World:
    """Send the oldest receipt to the issuer; ``fate`` is what is lost. Raises `Violated`."""
    terminal = world.terminals[number]
    there, *others = terminal.receipts
    arrived = fate != "lost"
    if arrived and there and not design.counts_once:
        raise Violated(VALUE)
    if fate == "fine" or not design.keeps_until_acknowledged:
        if not (arrived or there):
            raise Violated(VALUE)
        return world.with_terminal(number, terminal._replace(receipts=tuple(others)))
    kept = (there or arrived, *others)
    return world.with_terminal(number, terminal._replace(receipts=kept))
