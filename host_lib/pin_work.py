"""Sending a PIN to the card in a reader: asked first, planned, and held to the plan."""

from dataclasses import dataclass
from typing import TypeAlias

from host_lib.command import ChangePin, VerifyPin
from host_lib.drive import drive, only_asking
from host_lib.flow.pin import ask_about_pin, pin_stage
from host_lib.flow.planned import following
from host_lib.flow.stages import Stage, commands_of
from host_lib.plan import Plan
from host_lib.plan_file import require_same
from host_lib.reader import Reader
from host_lib.secret import Pin

PinCommand: TypeAlias = VerifyPin | ChangePin
ANY_PIN = Pin("0000")
"""Stands for a PIN in a plan, which knows its length only."""


@dataclass(frozen=True, slots=True)
class PinWork:
    """One command with a PIN, as the command line asks for it."""

    command: PinCommand
    spend_last_try: bool = False

    def plan(self, reader: Reader) -> Plan:
        """Return what `send` would send to the card in a reader, which is only asked.

        Raises `LastTry`, `ApplicationNotFound`.
        """
        with reader.exclusive():
            return self._on(reader)[0]

    def send(self, reader: Reader, saved: Plan | None = None) -> None:
        """Send the PIN; with ``saved`` only to the card of that plan, in its state.

        Raises `WrongPin`, `AuthenticationBlocked`, `LastTry`, `ApplicationNotFound`,
        `PlanDoesNotFit`.
        """
        with reader.exclusive():
            plan, stage = self._on(reader)
            if saved is not None:
                require_same(saved, plan)
            drive(following(plan, stage.run()), reader)

    def _on(self, reader: Reader) -> tuple[Plan, Stage]:
        with only_asking():
            found = drive(ask_about_pin(), reader)
        stage = pin_stage(found, self.command, spend_last_try=self.spend_last_try)
        words = ("--spend-last-try",) if self.spend_last_try else ()
        return Plan(self._operation, words, found.state, commands_of([stage])), stage

    @property
    def _operation(self) -> str:
        return "card change-pin" if isinstance(self.command, ChangePin) else "card verify-pin"
