"""The guard: lets a flow send exactly what its plan says, in its order, and nothing else.

It lies above secure messaging's wrapping and below nothing: whatever a flow sends, by whichever
session, goes through it, and is compared as it was before it was protected.
"""

from collections.abc import Generator, Iterable
from typing import TypeVar

from applet_spec import Changed, ExitCode, UnicardError
from host_lib.apdu import Apdu, Response
from host_lib.layer import layered
from host_lib.plan import Occurs, Plan, PlannedCommand

Y = TypeVar("Y")
S = TypeVar("S")
R = TypeVar("R")


class DiffersFromPlan(UnicardError):
    """An operation wanted to send something else than its plan says; that was not sent."""

    advice = (
        "Look at the card before anything else (`unicard card show`), and report this: it is a "
        "defect of the program."
    )


class Guard:
    """Holds flows, one after the other, to the commands of one plan."""

    def __init__(self, commands: Iterable[PlannedCommand]) -> None:
        self._commands = tuple(commands)
        self._next = 0
        self._changed = Changed.NO

    def over(self, flow: Generator[Y, S, R]) -> Generator[Y | Apdu, S, R]:
        """Run a flow with each of its commands compared; `DiffersFromPlan` is raised in it."""
        return layered(flow, self._exchange)

    def revise(self, commands: Iterable[PlannedCommand]) -> None:
        """Take a plan that has become more exact; what was sent already must stand in it too."""
        revised = tuple(commands)
        if revised[: self._next] != self._commands[: self._next]:
            raise self._refusal("the plan was changed behind what is done already")
        self._commands = revised

    def finish(self) -> None:
        """Raise `DiffersFromPlan` where a command of the plan was not sent."""
        for command in self._commands[self._next :]:
            if command.occurs is Occurs.ONCE:
                raise self._refusal(f"it ended before {command}")

    def _exchange(self, apdu: Apdu) -> Generator[Apdu, Response, Response]:
        command = self._expected(apdu)
        before = self._changed
        if command.effect.changes:
            # Until the answer is there.
            self._changed = Changed.UNKNOWN
        response = yield apdu
        if command.effect.changes:
            # 63Cx too: a wrong PIN has cost a try.
            took = response.sw == _SUCCESS or response.sw1 == _WARNING
            self._changed = Changed.YES if took else before
        return response

    def _expected(self, apdu: Apdu) -> PlannedCommand:
        """Move to the planned command that this is, over those that may be left out."""
        sought = self._next
        for command in self._commands[sought:]:
            difference = command.differs_from(apdu)
            if not difference:
                self._next = sought + (command.occurs is not Occurs.WHILE_MORE)
                return command
            if command.occurs is Occurs.ONCE:
                raise self._refusal(f"{_said(apdu)} instead of {command}: {difference}")
            sought += 1
        raise self._refusal(f"{_said(apdu)} after the last command of the plan")

    def _refusal(self, what: str) -> DiffersFromPlan:
        return DiffersFromPlan(
            f"stopped, because the operation is not what was planned: {what}",
            changed=self._changed,
            exit_code=ExitCode.FAILED if self._changed is Changed.NO else ExitCode.UNCERTAIN,
        )


_SUCCESS, _WARNING = 0x9000, 0x63


def _said(apdu: Apdu) -> str:
    return (apdu.plain or apdu).label or f"a command {apdu.header.hex().upper()}"


def following(plan: Plan, flow: Generator[Y, S, R]) -> Generator[Y | Apdu, S, R]:
    """Run a flow that sends exactly the commands of a plan, all of them, in their order.

    A command that is added, left out, moved or changed is stopped before it is sent, with
    `DiffersFromPlan` in the flow; a flow that ends too early raises it at its end.
    """
    guard = Guard(plan.commands)
    result = yield from guard.over(flow)
    guard.finish()
    return result
