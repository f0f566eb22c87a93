"""What the card does with a transaction and with a query, in the contract's order of checks."""

from typing import NamedTuple

from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.invariants import (
    REVERSE_ONCE,
    STORED,
    TRUTH,
    TWICE,
    VALUE,
    Violated,
)
from applet_spec.transaction_model.values import (
    REVERSE,
    VALUES,
    Card,
    Entry,
    Held,
    Request,
    World,
)

COMMITTED, STORED_ANSWER = "committed", "stored answer"
NAME_USED, NUMBER_STALE, NOTHING_TO_REVERSE, NO_SESSION = "9481", "9482", "6985", "6982"
SAME, OTHER, ABSENT = "same", "same name, other bytes or role", "not in the log"


class Answer(NamedTuple):
    """What the card answers: one of the names above, and the receipt where it has one."""

    word: str
    entry: Entry | None = None


def perform(
    design: Design, bounds: Bounds, world: World, request: Request, role: int
) -> tuple[Answer, World]:
    """Carry a request out in a session of this role. Raises `Violated`."""
    card, session = world.card, world.session
    armed = session is not None and session.armed
    known = find(design, card, request, role)
    if known.word == SAME:
        return _stored(design, world, known)
    world = _armed(world, armed=False)
    if known.word == OTHER:
        return Answer(NAME_USED), world
    if design.checks_number and request.card_number != card.number:
        return Answer(NUMBER_STALE), world
    if request.kind == REVERSE and not armed:
        return Answer(NOTHING_TO_REVERSE), world
    return _commit(design, bounds, world, request, role)


def find(design: Design, card: Card, request: Request, role: int) -> Answer:
    """Look a request up in the log."""
    if not design.keeps_answers:
        return Answer(ABSENT)
    first = 0 if design.ids_differ else 1
    for entry in card.log:
        if entry.request[first:2] != request[first:2]:
            continue
        same_bytes = entry.request[first:] == request[first:] or not design.compares_bytes
        same_role = entry.role == role or not design.compares_role
        return Answer(SAME, entry) if same_bytes and same_role else Answer(OTHER)
    return Answer(ABSENT)


def torn(design: Design, bounds: Bounds, world: World, request: Request, role: int) -> World:
    """Return what a cut leaves of a card that writes its parts one after the other.

    Raises `Violated`.
    """
    answer, after = perform(design, bounds, world, request, role)
    if answer.word == COMMITTED and answer.entry is not None:
        value = answer.entry.value
        card = world.card
        if design.commit == "log":
            card = card._replace(log=after.card.log)
            value = -value
        after = world._replace(card=card._replace(drift=card.drift + value))
    if after.card.drift:
        raise Violated(VALUE)
    return after


def _stored(design: Design, world: World, known: Answer) -> tuple[Answer, World]:
    after = _armed(world, armed=design.stored_answer_arms)
    if design.stored_answer_counts:
        after = after._replace(card=after.card._replace(number=after.card.number + 1))
    if after.card != world.card:
        raise Violated(STORED)
    return Answer(STORED_ANSWER, known.entry), after


def _armed(world: World, *, armed: bool) -> World:
    session = world.session
    if session is None or session.armed == armed:
        return world
    return world._replace(session=session._replace(armed=armed))


def _commit(
    design: Design, bounds: Bounds, world: World, request: Request, role: int
) -> tuple[Answer, World]:
    card, session = world.card, world.session
    reverse = request.kind == REVERSE
    if reverse:
        own = session is not None and session.own
        if not (own and card.log and card.log[0].request.kind != REVERSE):
            raise Violated(REVERSE_ONCE)
    value = -card.log[0].value if reverse else VALUES[request.kind]
    entry = Entry(request, role, value)
    after = world._replace(card=Card(card.number + 1, (entry, *card.log)[: bounds.log]))
    if session is not None:
        armed = not reverse or design.reverse_arms
        after = after._replace(session=session._replace(armed=armed, own=True))
    return Answer(COMMITTED, entry), _accounted(after, request)


def _accounted(world: World, request: Request) -> World:
    """Count an effect where its request is pending. Raises `Violated` where it is not, or again."""
    terminal = world.terminals[request.terminal]
    pending = terminal.pending
    if pending is None or pending.request != request:
        raise Violated(_unexpected(world.held, request))
    if pending.effects:
        raise Violated(TWICE)
    pending = pending._replace(effects=1)
    return world.with_terminal(request.terminal, terminal._replace(pending=pending))


def _unexpected(held: Held | None, request: Request) -> str:
    """Return what is violated by an effect that no terminal awaits."""
    if held is None or held.request != request or not held.verdict:
        return VALUE
    return TWICE if held.verdict == "happened" else TRUTH
