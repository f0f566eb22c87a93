"""A request, a query or a receipt on its way, and what becomes of it there."""

from applet_spec.transaction_model.card import (
    ABSENT,
    NO_SESSION,
    Answer,
    find,
    perform,
    torn,
)
from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.invariants import VALUE, Violated
from applet_spec.transaction_model.terminal import (
    LEFT,
    answered,
    check_left,
    decided,
    settled,
)
from applet_spec.transaction_model.values import Held, Pending, Request, Session, World

FATES = (
    "fine", "command lost", "command held", "command doubled", "command copied", "answer lost",
    "error in place of the answer", "older answer", "cut before the commit",
    "cut after the commit", "terminal dies",
)  # fmt: skip
"""What can become of a request and its answer."""
TORN = "cut inside the commit"
"""What can become of it besides, where a commit is not atomic."""
QUERY_FATES = (
    "fine", "command lost", "answer lost", "error in place of the answer", "older answer", "cut",
)  # fmt: skip
Outcome = tuple[str, str, World]
"""The card's answer, what the terminal says then (each empty if nothing), the world after it."""


def exchange(design: Design, bounds: Bounds, world: World, pending: Pending, fate: str) -> Outcome:
    """Send a request that is in the journal. Raises `Violated`."""
    match fate:
        case "command lost":
            return "", "", lost(world)
        case "command held":
            return "", "", _held(world, *pending[:2])
        case "cut before the commit":
            return "", "", world.closed()
        case "cut inside the commit":
            return "", "", torn(design, bounds, world, *pending[:2]).closed()
    return _performed(design, bounds, world, pending, fate)


def _performed(
    design: Design, bounds: Bounds, world: World, pending: Pending, fate: str
) -> Outcome:
    """Bring a request to the card, and its answer back or not."""
    request, role = pending[:2]
    number = request.terminal
    answer, after = _delivered(design, bounds, world, request, role)
    match fate:
        case "cut after the commit":
            return answer.word, "", after.closed()
        case "terminal dies":
            return answer.word, "", _died(design, after, number).closed()
        case "error in place of the answer" if design.believes_errors:
            return answer.word, *answered(design, after, number, Answer(NO_SESSION))
        case "answer lost" | "error in place of the answer" | "older answer":
            return answer.word, "", after
        case "command copied":
            after = after._replace(held=Held(request, role, live=False))
    verdict, after = answered(design, after, number, answer)
    if fate == "command doubled":
        copy = after._replace(held=Held(request, role, False, verdict))
        after = late(design, bounds, copy)[1]._replace(held=world.held)
    return answer.word, verdict, after


def late(design: Design, bounds: Bounds, world: World) -> tuple[str, World]:
    """Bring the held command to the card at last; its answer reaches nobody. Raises `Violated`."""
    held, session = world.held, world.session
    assert held is not None
    if held.live and session is not None:
        world = world._replace(session=session._replace(in_step=not held.followed))
    elif design.sessions_end:
        return NO_SESSION, world.closed()._replace(held=None)
    answer, after = perform(design, bounds, world, held.request, held.role)
    return answer.word, after._replace(held=None)


def lost(world: World) -> World:
    """Lose a command on its way to the card, which then counts one less than the terminal."""
    session, held = world.session, world.held
    assert session is not None
    if held is not None and held.live:
        world = world._replace(held=held._replace(followed=True))
    return world._replace(session=session._replace(in_step=False))


def _held(world: World, request: Request, role: int) -> World:
    in_step = world.session is not None and world.session.in_step
    return lost(world)._replace(held=Held(request, role, live=in_step))


def _died(design: Design, world: World, number: int) -> World:
    """Let a terminal lose what it has not written down. Raises `Violated` if it happened."""
    terminal = world.terminals[number]
    if design.journal_first:
        return world
    if terminal.pending is not None and terminal.pending.effects:
        raise Violated(VALUE)
    return world.with_terminal(number, terminal._replace(pending=None))


def _delivered(
    design: Design, bounds: Bounds, world: World, request: Request, role: int
) -> tuple[Answer, World]:
    """Bring a command to the card, which ends a session that is out of step."""
    session = world.session
    if session is None or not session.in_step:
        return Answer(NO_SESSION), world.closed()
    return perform(design, bounds, world, request, role)


def query(
    design: Design, bounds: Bounds, world: World, session: Session, pending: Pending, fate: str
) -> Outcome:
    """Ask the card in a session what became of a pending request. Raises `Violated`."""
    if fate == "cut":
        return "", "", world.closed()
    if fate == "command lost":
        return "", "", lost(world)
    if not session.in_step:
        return NO_SESSION, "", world.closed()
    answer = find(design, world.card, pending.request, session.role)
    if fate == "older answer" and not design.answers_bound:
        return answer.word, *_read(design, bounds, world, pending, Answer(ABSENT), pending[0][2])
    if fate != "fine":
        return answer.word, "", world
    number = world.card.number
    verdict, after = _read(design, bounds, world, pending, answer, number)
    return answer.word, verdict, after._replace(session=session._replace(told=number))


def lied_to(design: Design, bounds: Bounds, world: World, pending: Pending) -> Outcome:
    """Let a shim answer a query that no session protects. Raises `Violated`."""
    answer = Answer(ABSENT)
    number = pending.request.card_number
    return answer.word, *_read(design, bounds, world, pending, answer, number)


def _read(
    design: Design, bounds: Bounds, world: World, pending: Pending, answer: Answer, number: int
) -> tuple[str, World]:
    verdict = decided(design, bounds, pending, answer, number)
    if verdict == LEFT:
        check_left(bounds, world, pending)
    return verdict, settled(world, pending.request.terminal, verdict, answer)
