"""One world for all that differ in nothing but names: numbers shifted, terminals exchanged.

Only differences to the card's transaction number matter, and none beyond the log; names only as
equal or not. So however many transactions there are, the worlds are finitely many.
"""

from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.values import (
    Card,
    Entry,
    Held,
    Pending,
    Request,
    Session,
    Terminal,
    World,
)

JUNK = Request(-1, -1, -1, -1)
"""A held command that no card will take: what it was does not matter."""


def canonical(design: Design, bounds: Bounds, world: World) -> World:
    """Return the world that stands for all those like this one."""
    one = _renamed(design, bounds, world, swap=False)
    first, second = one.terminals
    if _order(first) < _order(second):
        return one
    other = _renamed(design, bounds, world, swap=True)
    return other if _key(other) < _key(one) else one


def _order(terminal: Terminal) -> tuple[object, ...]:
    pending = terminal.pending
    return (pending is None, () if pending is None else pending[0][1:] + pending[1:],
            terminal.receipts)  # fmt: skip


def _key(world: World) -> tuple[object, ...]:
    first, second = world.terminals
    return (
        _order(first),
        _order(second),
        world.session or (),
        world.card,
        world.held or (),
    )


def _renamed(design: Design, bounds: Bounds, world: World, *, swap: bool) -> World:
    base = bounds.log + 3
    shift = world.card.number - base
    first_names: dict[int, int] = {}
    names = (first_names, {} if design.ids_differ else first_names)

    def renamed(request: Request) -> Request:
        terminal, name, number, kind = request
        known = names[terminal]
        short = known.setdefault(name, len(known))
        return Request(terminal ^ swap, short, max(number - shift, 0), kind)

    log = tuple([Entry(renamed(entry[0]), entry[1], entry[2]) for entry in world.card.log])
    terminals = [
        one
        if one.pending is None
        else Terminal(Pending(renamed(one.pending[0]), *one.pending[1:]), one.receipts)
        for one in world.terminals
    ]
    held = world.held
    if held is not None:
        dead = design.sessions_end and not held.live
        held = Held(JUNK, 0, False) if dead else Held(renamed(held[0]), *held[1:])
    session = world.session
    if session is not None:
        session = Session(session[0] ^ swap, session[1], max(session[2] - shift, 0), *session[3:])
    first, second = terminals
    return World(
        Card(base, log, world.card.drift),
        session,
        (second, first) if swap else (first, second),
        held,
    )
