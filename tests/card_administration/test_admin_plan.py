"""The plan of an operation foretells each byte that goes over the wire, on every type of card."""

import pytest

from card_administration.access import public_key_access
from card_administration.administration import Operation, Wish, carry_out, plan_operation
from card_simulator.profiles import software_profiles
from card_simulator.reader import SimReader
from host_lib.command import CardState
from host_lib.flow.content_steps import (
    delete_steps,
    install_steps,
    load_steps,
    lock_steps,
    make_selectable_steps,
    state_steps,
    store_steps,
)
from host_lib.load_file import parse_load_file
from host_lib.plan import Answer, Effect
from tests.card_administration.test_admin_operations import blank
from tests.support.cap_files import MODULE, PACKAGE, cap_file, contents

CAP = parse_load_file(cap_file(contents(modules=(MODULE,), code=700)))
LIFE: dict[str, Wish] = {
    "load": lambda found: load_steps(found.contents, CAP, found.room),
    "install": lambda found: install_steps(found.contents, MODULE, MODULE, selectable=False),
    "make-selectable": lambda found: make_selectable_steps(found.contents, MODULE),
    "lock": lambda found: lock_steps(found.contents, MODULE, lock=True),
    "unlock": lambda found: lock_steps(found.contents, MODULE, lock=False),
    "store": lambda found: store_steps(found.contents, b"\x98\x18", b"\x01\x02", found.room),
    "delete": lambda found: delete_steps(found.contents, PACKAGE, related=True),
    "state": lambda found: state_steps(found.contents, CardState.CARD_LOCKED),
}
"""One life of a card, operation by operation."""


def wire_of(reader: SimReader) -> list[tuple[int, int]]:
    """Write down the sizes of everything that goes over a reader from now on."""
    seen: list[tuple[int, int]] = []
    transmit = reader.transmit

    def watched(command: bytes, timeout: float | None = None) -> bytes:
        answer = transmit(command, timeout)
        seen.append((len(command), len(answer)))
        return answer

    reader.transmit = watched  # type: ignore[method-assign]
    return seen


@pytest.mark.parametrize("profile", software_profiles())
def test_every_operation_sends_and_gets_the_bytes_of_its_plan(profile: str) -> None:
    reader, access = blank(profile), public_key_access()
    seen = wire_of(reader)
    for name, wish in LIFE.items():
        operation = Operation(f"admin {name}", (), wish)
        before = reader.card.memory.image
        plan = plan_operation(reader, access, operation)
        changed = {
            cell
            for cell in before.cells.keys() | reader.card.memory.image.cells.keys()
            if before.cells.get(cell) != reader.card.memory.image.cells.get(cell)
        }
        assert not {cell for cell in changed if "sequence" not in cell}, "a plan only reads"
        seen.clear()
        carry_out(reader, access, operation, plan)
        last = seen[-len(plan.commands) :]
        assert all(command.answer is Answer.EXACT for command in plan.commands)
        assert [(c.sent, c.received) for c in plan.commands] == last, name


def test_what_cannot_be_taken_back_says_so() -> None:
    reader, access = blank(), public_key_access()
    for name, wish in LIFE.items():
        operation = Operation(f"admin {name}", (), wish)
        plan = plan_operation(reader, access, operation)
        marked = [c for c in plan.commands if c.effect is Effect.IRREVERSIBLE]
        assert bool(marked) == (name in ("delete", "state")), name
        assert all(command.warning for command in marked)
        carry_out(reader, access, operation, plan)
