"""Carrying out what changes a card: look, plan, send exactly the plan, say what came of it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from applet_spec import Changed, ExitCode, UnicardError
from card_administration.access import Access
from card_administration.rendering import application_state
from host_lib.apdu import Apdu, Response
from host_lib.command import PutKey, StatusEntry
from host_lib.drive import drive, only_asking
from host_lib.flow.base import AnyFlow
from host_lib.flow.content import CardContents, Observation, observe, observe_role_keys
from host_lib.flow.identify import CardFacts, identify
from host_lib.flow.planned import following
from host_lib.flow.stages import Step, commands_of
from host_lib.layer import layered
from host_lib.plan import CardState as PlannedFor
from host_lib.plan import Plan, counting_remarks
from host_lib.plan_file import require_same
from host_lib.reader import Reader
from host_lib.refusals import Refused
from host_lib.roles import RoleKeySet

R = TypeVar("R")
Wish = Callable[[Observation], tuple[Step, ...]]
"""What is to be done to a card that was found so; raises `DoesNotFit` where it cannot be."""


class OperationUnfinished(UnicardError):
    """An operation stopped, and the card was read afterwards: the message says how it stands."""

    advice = "See what is on the card with `unicard admin list`, and go on from there."


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the words of the command line that does it, and what it wishes."""

    name: str
    arguments: tuple[str, ...]
    wish: Wish


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation found and what it sent; ``commands`` counts what was sent to change."""

    before: CardContents
    steps: tuple[Step, ...]

    @property
    def commands(self) -> int:
        """How many commands of the operation's own were sent."""
        return len(self.steps)


def look(reader: Reader, access: Access, level: int | None = None) -> Observation:
    """Read what is on the card in a reader, in a session of ``level`` (by default its profile's).

    Raises `NoKnownKeys` and `CardCryptogramError` where no key opens it.
    """
    with only_asking():
        facts = drive(identify(reader.atr), reader)
        return _read(reader, access, facts, level)


def look_at_roles(reader: Reader, access: Access) -> tuple[RoleKeySet, ...]:
    """Read which role key sets the application of the card in a reader has; errors as `look`."""
    with only_asking():
        facts = drive(identify(reader.atr), reader)
        flow = observe_role_keys(access.versions(facts), facts.terms)
        return drive(flow, reader, access.sam(facts))


def _read(
    reader: Reader, access: Access, facts: CardFacts, level: int | None = None
) -> Observation:
    flow = observe(access.versions(facts), level, facts.terms)
    return drive(flow, reader, access.sam(facts))


def plan_operation(reader: Reader, access: Access, operation: Operation) -> Plan:
    """Return what `carry_out` would do to the card in a reader; the card is only read."""
    with reader.exclusive():
        return _Work.on(reader, access, operation).plan


def carry_out(
    reader: Reader,
    access: Access,
    operation: Operation,
    saved: Plan | None = None,
    answered: Callable[[], None] = lambda: None,
) -> Done:
    """Do it. With ``saved`` card and steps must be those of that plan, else `PlanDoesNotFit`.

    ``answered`` is called after each command of the operation that the card has answered.

    Nothing but the plan's commands is sent in any case. Raises `DoesNotFit` before anything
    changed, the card's refusals where nothing changed either, and `OperationUnfinished` where the
    card was asked again after something went wrong.
    """
    with reader.exclusive():
        work = _Work.on(reader, access, operation)
        if saved is not None:
            require_same(saved, work.plan)
        stage = work.found.stage(work.steps)
        try:
            flow = told(following(work.plan, stage.run()), answered)
            drive(flow, reader, access.sam(work.facts))
        except UnicardError as error:
            raise _explained(error, reader, access, work) from error
    return Done(work.found.contents, work.steps)


def told(flow: AnyFlow[R], answered: Callable[[], None]) -> AnyFlow[R]:
    """Call ``answered`` after each command of a flow that the card has answered."""

    def exchange(apdu: Apdu) -> Generator[Apdu, Response, Response]:
        response = yield apdu
        answered()
        return response

    return layered(flow, exchange)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done on one card: what was found, the steps, and their plan."""

    facts: CardFacts
    found: Observation
    steps: tuple[Step, ...]
    plan: Plan

    @classmethod
    def on(cls, reader: Reader, access: Access, operation: Operation) -> "_Work":
        with only_asking():
            facts = drive(identify(reader.atr), reader)
            found = _read(reader, access, facts)
        steps = operation.wish(found)
        remarks = counting_remarks(found.opening.terms.i)
        commands = commands_of((found.stage(steps),))
        plan = Plan(operation.name, operation.arguments, state_of(found), commands, remarks)
        return cls(facts, found, steps, plan)


def state_of(found: Observation) -> PlannedFor:
    """Return what a plan that was made from here depends on."""
    contents = found.contents
    installed = (
        f"{e.aid.hex().upper()} {application_state(e)}{' locked' if e.locked else ''}"
        for e in contents.applications
    )
    loaded = (_named(entry) for entry in contents.load_files)
    numbers = (("42", contents.iin), ("45", contents.cin))
    stored = (f"{tag} {value.hex().upper()}" for tag, value in numbers if value is not None)
    versions = (f"{version:02X}" for version in contents.key_versions)
    return PlannedFor(
        contents.chip_serial,
        (
            ("life cycle", contents.state_name),
            ("key versions", ", ".join(versions) or "none"),
            ("applications", ", ".join(installed) or "none"),
            ("load files", ", ".join(loaded) or "none"),
            ("numbers", ", ".join(stored) or "none"),
            ("opens with", f"{found.opening.version:02X}"),
            ("session", str(found.opening.shape)),
        ),
    )


def _named(load_file: StatusEntry) -> str:
    """Return what tells a load file from another of the same name."""
    said = (load_file.aid, load_file.version, *load_file.modules)
    return " ".join(part.hex().upper() for part in said if part)


def _explained(error: UnicardError, reader: Reader, access: Access, work: "_Work") -> UnicardError:
    """Ask the card where it stands after an error; the error itself where it does not answer."""
    try:
        now = look(reader, access)
    except Refused as refusal:
        # It let itself be read before: a card that was terminated does no more, for example.
        return OperationUnfinished(
            f"{error.message}; asked again, the card says otherwise than before: {refusal.message}",
            changed=Changed.UNKNOWN,
            exit_code=ExitCode.UNCERTAIN,
            advice=refusal.advice,
        )
    except UnicardError:
        return error
    before = work.found.contents
    same = now.contents == before
    if now.contents.chip_serial != before.chip_serial or (same and error.changed is Changed.NO):
        return error
    if same and any(_shows_nowhere(step) for step in work.steps):
        return OperationUnfinished(
            f"{error.message}; the card has the same key versions as before, with the keys that it "
            "had or the new ones",
            changed=Changed.UNKNOWN,
            exit_code=ExitCode.UNCERTAIN,
            advice=_FIND_KEYS,
        )
    return OperationUnfinished(
        f"{error.message}; the card was read again and is "
        + ("as it was before" if same else "not as it was before"),
        changed=Changed.NO if same else Changed.YES,
        exit_code=_exit_code(error, same),
    )


_FIND_KEYS = "Find out which of your keys open the card: `unicard keys find`."


def _shows_nowhere(step: Step) -> bool:
    """Say whether a step changes what no reading shows: the keys of a version that stays."""
    command = step.command
    return isinstance(command, PutKey) and command.replaces == command.keys.version


def _exit_code(error: UnicardError, same: bool) -> ExitCode:
    if error.exit_code is ExitCode.REFUSED:
        return ExitCode.REFUSED
    return ExitCode.FAILED if same else ExitCode.UNCERTAIN
