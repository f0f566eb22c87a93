"""The card's life cycle leads somewhere, and the registry's states leave room for the lock."""

from collections.abc import Iterator

from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import Spec

LIFE_CYCLE = data_file("lifecycle")


def card_states_exist(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A card state leads to states that there are."""
    for state in spec.card_states.values():
        for name in sorted(state.next - set(spec.card_states)):
            yield Finding(LIFE_CYCLE, state.name, f"The card has no state {name}.")


def card_states_are_reached(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Every card state can be reached from the first, in which cards leave their maker."""
    reached: set[str] = set()
    coming = [next(iter(spec.card_states))]
    while coming:
        name = coming.pop()
        if name in spec.card_states and name not in reached:
            reached.add(name)
            coming += spec.card_states[name].next
    for name in spec.card_states:
        if name not in reached:
            yield Finding(LIFE_CYCLE, name, "No state leads to this one.")


def states_leave_the_lock_bit(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The codes of content and application have the bit free that tells of a lock."""
    codes = [(state.name, state.code) for state in spec.content_states.values()]
    codes += [(state.name, state.code) for state in spec.states.values()]
    for name, code in codes:
        if code & spec.lock_bit:
            yield Finding(LIFE_CYCLE, name, "The code has the bit that tells of a lock.")


CHECKS: tuple[SpecCheck, ...] = (
    card_states_exist,
    card_states_are_reached,
    states_leave_the_lock_bit,
)
