"""Everything that can happen next in a world, with what can go wrong in it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.exchange import (
    FATES,
    QUERY_FATES,
    TORN,
    Outcome,
    exchange,
    late,
    lied_to,
    query,
)
from applet_spec.transaction_model.invariants import Violated
from applet_spec.transaction_model.terminal import sent
from applet_spec.transaction_model.values import (
    OTHER_SALE,
    REVERSE,
    SALE,
    Card,
    Pending,
    Request,
    Session,
    World,
)

SESSIONS = {
    "session": 0,
    "session, SELECT answer one too high": 1,
    "session, SELECT answer one too low": -1,
}
"""How much the card transaction number that somebody shows the terminal at SELECT is wrong."""
NEW, AGAIN, TAKE_BACK = "new request", "number used again", "reverse"
REPEAT, QUERY, CUT = "repeat", "query", "power cut between commands"
LATE, RECEIPT = "held command comes late", "receipt to the issuer"
EVENTS = (*SESSIONS, NEW, AGAIN, TAKE_BACK, REPEAT, QUERY, LATE, CUT, RECEIPT)
RECEIPT_FATES = ("fine", "lost", "acknowledgement lost")
MOST_RECEIPTS = 2


class Move(NamedTuple):
    """One event: what it is, of which terminal and role, what became of it, what was seen.

    ``word`` is what the card answers, or would have if the answer had come; ``verdict`` what the
    terminal then says of its request, ``broken`` the invariant that does not hold, each empty
    where there is none.
    """

    event: str
    terminal: int
    role: int
    fate: str
    word: str
    verdict: str
    world: World
    broken: str = ""


def first_world(bounds: Bounds) -> World:
    """Return the beginning: nothing has happened, nothing is open."""
    return World(Card(bounds.log + 3))


def moves(design: Design, bounds: Bounds, world: World) -> Iterator[Move]:
    """Yield everything that can happen next."""
    for number in (0, 1):
        yield from _sessions(design, bounds, world, number)
        yield from _receipts(design, world, number)
        yield from _open_queries(design, bounds, world, number)
    session = world.session
    if session is not None:
        yield Move(CUT, session.terminal, session.role, "", "", "", world.closed())
        pending = world.terminals[session.terminal].pending
        if pending is None:
            yield from _new_requests(design, bounds, world, session)
        else:
            yield from _recovery(design, bounds, world, session, pending)
    held = world.held
    if held is not None:
        number = held.request.terminal
        yield _move(LATE, number, 0, "", world, lambda: _unseen(late(design, bounds, world)))


def _move(
    event: str, number: int, role: int, fate: str, world: World, happen: Callable[[], Outcome]
) -> Move:
    """Let something happen; where an invariant breaks, say which."""
    try:
        return Move(event, number, role, fate, *happen())
    except Violated as violated:
        return Move(event, number, role, fate, "", "", world, str(violated))


def _unseen(outcome: tuple[str, World]) -> Outcome:
    return outcome[0], "", outcome[1]


def _sessions(design: Design, bounds: Bounds, world: World, number: int) -> Iterator[Move]:
    """Put the card into a terminal, which selects and authenticates."""
    log = world.card.log
    armed = not design.session_disarms and bool(log) and log[0].request.kind != REVERSE
    for role in range(bounds.roles):
        for event, lie in SESSIONS.items():
            session = Session(number, role, world.card.number + lie, armed=armed)
            opened = world.closed()._replace(session=session)
            yield Move(event, number, role, "", "", "", opened)


def _receipts(design: Design, world: World, number: int) -> Iterator[Move]:
    if world.terminals[number].receipts:
        for fate in RECEIPT_FATES:
            yield _move(
                RECEIPT, number, 0, fate, world,
                lambda fate=fate: ("", "", sent(design, world, number, fate)),  # type: ignore[misc]
            )  # fmt: skip


def _open_queries(design: Design, bounds: Bounds, world: World, number: int) -> Iterator[Move]:
    pending = world.terminals[number].pending
    if pending is not None and not design.queries_in_session:
        event = "query without session"
        yield _move(event, number, 0, "", world, lambda: lied_to(design, bounds, world, pending))


def _recovery(
    design: Design, bounds: Bounds, world: World, session: Session, pending: Pending
) -> Iterator[Move]:
    """Ask what became of a request, or send it again."""
    number, role = session[:2]
    if pending.role != role and design.queries_in_role:
        return
    for fate in QUERY_FATES:
        yield _move(
            QUERY, number, role, fate, world,
            lambda fate=fate: query(design, bounds, world, session, pending, fate),  # type: ignore[misc]
        )  # fmt: skip
    if pending.role == role:
        yield from _exchanges(design, bounds, world, REPEAT, pending)


def _new_requests(design: Design, bounds: Bounds, world: World, session: Session) -> Iterator[Move]:
    """Write a new request into the terminal's journal and send it."""
    number, role = session[:2]
    terminal = world.terminals[number]
    known = [(entry.request, entry.role) for entry in world.card.log]
    for event, name, kind in _wanted(design, world, session):
        request = Request(number, name, session.told, kind)
        if (request, role) not in known:
            pending = Pending(request, role)
            ready = world.with_terminal(number, terminal._replace(pending=pending))
            yield from _exchanges(design, bounds, ready, event, pending)


def _wanted(design: Design, world: World, session: Session) -> Iterator[tuple[str, int, int]]:
    """Yield event, name and kind of what a terminal may want.

    It sells nothing before its receipt is with the issuer, but takes back what it sold.
    """
    number = session.terminal
    receipts = len(world.terminals[number].receipts)
    requests = [entry.request for entry in world.card.log]
    held = world.held
    if held is not None and (held.live or not design.sessions_end):
        requests.append(held.request)
    used = sorted({request.name for request in requests if request.terminal == number})
    fresh = len(used) and used[-1] + 1
    if receipts < MOST_RECEIPTS:
        yield TAKE_BACK, fresh, REVERSE
    if not receipts:
        yield NEW, fresh, SALE
        for name in used:
            yield AGAIN, name, OTHER_SALE
            if session.role:
                yield AGAIN, name, SALE


def _exchanges(
    design: Design, bounds: Bounds, world: World, event: str, pending: Pending
) -> Iterator[Move]:
    fates = FATES if design.commit == "atomic" else (*FATES, TORN)
    for fate in fates:
        if world.held is None or fate not in ("command held", "command copied"):
            yield _move(
                event, pending.request.terminal, pending.role, fate, world,
                lambda fate=fate: exchange(design, bounds, world, pending, fate),  # type: ignore[misc]
            )  # fmt: skip
