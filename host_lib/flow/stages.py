"""Operations as values: stages of steps, from which both the plan and the execution are made.

A stage is what happens under one selection and in one session. Since the plan and the flow walk the
same values, they cannot drift apart; `host_lib.flow.planned` compares them all the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from applet_spec import spec
from host_lib.command import Select, SelectCardManager
from host_lib.command.base import Command
from host_lib.flow.base import Flow
from host_lib.flow.session import IssuerSession, SessionTerms, open_issuer_session
from host_lib.plan import Answer, Effect, PlannedCommand, SessionShape, opening, planned
from host_lib.scp03 import secured

Filling = Callable[[Any, IssuerSession], Flow[Command[Any]]]
"""Makes the command that is sent out of the one that is planned: what only the session knows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of an operation.

    ``command`` has placeholders where ``fill`` puts in secrets, of the same length.
    """

    command: Command[Any]
    answer_length: int = 0
    effect: Effect = Effect.READS
    note: str = ""
    warning: str = ""
    answer: Answer = Answer.EXACT
    fill: Filling | None = None

    def planned(self, session: SessionShape | None) -> PlannedCommand:
        """Return what a plan says of it."""
        return planned(
            self.command,
            self.answer_length,
            session=session,
            note=self.note,
            effect=self.effect,
            warning=self.warning,
            answer=self.answer,
        )


_FCI_WITHOUT_NAME = 22


def select_application() -> Step:
    """Return the step that selects the application; its FCI is as long as the contract says."""
    name = spec().aids.instance
    return Step(Select(name), _FCI_WITHOUT_NAME + len(name), note="application")


def select_card_manager(fci_length: int, answer: Answer = Answer.EXACT) -> Step:
    """Return the step that selects the issuer security domain, whose FCI is so many bytes long."""
    return Step(SelectCardManager(spec().aids.isd), fci_length, note="card manager", answer=answer)


@dataclass(frozen=True, slots=True)
class Opening:
    """The session of a stage: key version, what it goes by, and the shape that this gives.

    ``diversification`` is what the card named when it was looked at, empty where it was not: a
    session with other data is not used.
    """

    version: int
    terms: SessionTerms
    diversification: bytes = b""

    @property
    def shape(self) -> SessionShape:
        """How it looks on the wire; as the reference card's where the terms leave it open."""
        usual = spec().secure_channel
        i = usual.i if self.terms.i is None else self.terms.i
        return SessionShape.of(i, self.terms.level or usual.daily_level)


def terms_of_session(session: IssuerSession) -> SessionTerms:
    """Return what another session with the same card goes by."""
    return replace(session.terms, i=session.i, level=session.channel.level)


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps under one selection, in one session where there is one."""

    select: Step | None
    session: Opening | None
    steps: tuple[Step, ...]

    def commands(self) -> Iterator[PlannedCommand]:
        """Yield what a plan says of the stage."""
        if self.select is not None:
            yield self.select.planned(None)
        if self.session is not None:
            yield from opening(self.session.version, self.session.shape)
        shape = None if self.session is None else self.session.shape
        yield from (step.planned(shape) for step in self.steps)

    def run(self) -> Flow[list[Any]]:
        """Send the stage's commands; return what each step answered."""
        aid = None
        if self.select is not None:
            aid = (yield from self.select.command).aid
        if self.session is None:
            return (yield from _all(self.steps, None))
        session = yield from open_issuer_session(
            self.session.version, terms=self.session.terms, aid=aid
        )
        session.require_diversification(self.session.diversification or session.diversification)
        return (yield from secured(session.channel, _all(self.steps, session)))


def _all(steps: Iterable[Step], session: IssuerSession | None) -> Flow[list[Any]]:
    answers = []
    for step in steps:
        command = step.command
        if step.fill is not None:
            assert session is not None, "what only a session knows needs one"
            command = yield from step.fill(command, session)
        answers.append((yield from command))
    return answers


def commands_of(stages: Iterable[Stage], phase: str = "") -> tuple[PlannedCommand, ...]:
    """Return the commands of a plan for stages in their order."""
    listed = (command for stage in stages for command in stage.commands())
    return tuple(replace(command, phase=phase) if phase else command for command in listed)
