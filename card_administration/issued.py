"""Carrying out what an issuer changes on an issued card: look, plan, send exactly the plan.

As `administration`, with the application selected: services, and the application's life cycle.
"""

from collections.abc import Callable
from dataclasses import dataclass

from applet_spec import Changed, ExitCode, UnicardError
from card_administration.access import Access
from card_administration.administration import told
from host_lib.drive import drive, only_asking
from host_lib.flow.identify import CardFacts, identify
from host_lib.flow.issued import IssuedCard, observe_issued
from host_lib.flow.planned import following
from host_lib.flow.stages import Step, commands_of
from host_lib.plan import Plan, counting_remarks
from host_lib.plan_file import require_same
from host_lib.reader import Reader

IssuedWish = Callable[[IssuedCard], tuple[Step, ...]]
"""What is to be done to an issued card that was found so; raises `NotAsAsked`."""


class ChangeUnfinished(UnicardError):
    """A change of an issued card stopped, and the card was read afterwards."""

    advice = (
        "Look at the card (`unicard card show`, `unicard card services`) and give the command "
        "again: it does what is left."
    )


@dataclass(frozen=True, slots=True)
class IssuedOperation:
    """One operation: the words of the command line that does it, and what it wishes."""

    name: str
    arguments: tuple[str, ...]
    wish: IssuedWish


@dataclass(frozen=True, slots=True)
class _Work:
    facts: CardFacts
    found: IssuedCard
    steps: tuple[Step, ...]
    plan: Plan

    @classmethod
    def on(cls, reader: Reader, access: Access, operation: IssuedOperation) -> "_Work":
        facts, found = _look(reader, access)
        steps = operation.wish(found)
        commands = commands_of((found.stage(steps),))
        remarks = counting_remarks(found.opening.terms.i)
        state = found.planned_for()
        plan = Plan(operation.name, operation.arguments, state, commands, remarks)
        return cls(facts, found, steps, plan)


def _look(reader: Reader, access: Access) -> tuple[CardFacts, IssuedCard]:
    with only_asking():
        facts = drive(identify(reader.atr), reader)
        found = drive(observe_issued(facts, access.versions(facts)), reader, access.sam(facts))
    return facts, found


def plan_change(reader: Reader, access: Access, operation: IssuedOperation) -> Plan:
    """Return what `change` would do to the card in a reader; the card is only read."""
    with reader.exclusive():
        return _Work.on(reader, access, operation).plan


def change(
    reader: Reader,
    access: Access,
    operation: IssuedOperation,
    saved: Plan | None = None,
    answered: Callable[[], None] = lambda: None,
) -> tuple[IssuedCard, int]:
    """Do it; return the card as it was found, and how many commands changed it.

    With ``saved`` card and steps must be those of that plan, else `PlanDoesNotFit`. ``answered`` is
    called after each command that the card has answered. Raises `NotAsAsked` before anything
    changed, the card's refusals where nothing changed either, and `ChangeUnfinished` where the card
    was asked again after something went wrong.
    """
    with reader.exclusive():
        work = _Work.on(reader, access, operation)
        if saved is not None:
            require_same(saved, work.plan)
        flow = told(following(work.plan, work.found.stage(work.steps).run()), answered)
        try:
            drive(flow, reader, access.sam(work.facts))
        except UnicardError as error:
            raise _explained(error, reader, access, work.found) from error
    return work.found, len(work.steps)


def _explained(
    error: UnicardError, reader: Reader, access: Access, before: IssuedCard
) -> UnicardError:
    """Ask the card where it stands after an error; the error itself where it does not answer."""
    try:
        facts = drive(identify(reader.atr), reader)
        if facts.cplc.chip_serial != before.chip_serial:
            return error
        if facts.application is not None and facts.application.state == "TERMINATED":
            return ChangeUnfinished(
                f"{error.message}; asked again, the card is TERMINATED",
                changed=Changed.YES,
                exit_code=ExitCode.UNCERTAIN,
                advice="It is of no use any more; nothing is left to do.",
            )
        _, now = _look(reader, access)
    except UnicardError:
        return error
    same = (now.state, now.services) == (before.state, before.services)
    if same and error.changed is Changed.NO:
        return error
    refused = error.exit_code is ExitCode.REFUSED
    return ChangeUnfinished(
        f"{error.message}; the card was read again and is "
        + ("as it was before" if same else "not as it was before"),
        changed=Changed.NO if same else Changed.YES,
        exit_code=ExitCode.REFUSED if refused else _exit_code(same),
    )


def _exit_code(same: bool) -> ExitCode:
    return ExitCode.FAILED if same else ExitCode.UNCERTAIN
