"""What wrong cards are made of: a patch of the software card, or a change of its answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from applet_spec import CommandSpec
from card_simulator import dispatch
from card_simulator.apdu import Answer, Command, StatusError
from card_simulator.application.application import Application
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.pin import Pin
from card_simulator.profiles import REFERENCE
from card_simulator.secure_channel import SecureChannel


class Patcher(Protocol):
    """What a patch is given; pytest's ``MonkeyPatch`` is one."""

    def setattr(self, target: object, name: str, value: object) -> None:
        """Replace an attribute of a class or module."""


Patch = Callable[[Patcher], None]


Wire = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True)
class Mutant:
    """One wrong card. ``patch`` changes the software card, ``wire`` its answers on their way.

    ``profile`` is the card type that it is made of.
    """

    name: str
    requirement: str
    patch: Patch | None = None
    wire: Wire | None = None
    profile: str = REFERENCE

    def __str__(self) -> str:
        return f"{self.requirement}: {self.name}"


def status_of(answer: bytes) -> int:
    """Return the status word of an answer."""
    return int.from_bytes(answer[-2:], "big")


def on_wire(ins: int, right: int, instead: str) -> Wire:
    """Return a change of the answers with one status word to one instruction."""

    def change(sent: bytes, answer: bytes) -> bytes:
        ours = len(sent) > 3 and sent[1] == ins and status_of(answer) == right
        return bytes.fromhex(instead) if ours else answer

    return change


def replaced(target: object, name: str, value: object) -> Patch:
    """Return a patch that replaces a function or a constant."""
    return lambda patch: patch.setattr(target, name, value)


def nothing(*_args: object, **_kwargs: object) -> None:
    """Do nothing, whatever is asked."""
    return


def after(target: type, name: str, extra: Callable[..., object]) -> Patch:
    """Return a patch that does something more after a method, with the same parameters."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            result = original(self, *args)
            extra(self, *args)
            return result

        monkey.setattr(target, name, method)

    return patch


def before(target: type, name: str, extra: Callable[..., object]) -> Patch:
    """Return a patch that does something more before a method, with the same parameters."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            extra(self, *args)
            return original(self, *args)

        monkey.setattr(target, name, method)

    return patch


def forgiving(target: type, name: str, *words: int) -> Patch:
    """Return a patch under which a method that refuses with one of the words answers 9000."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            try:
                return original(self, *args)
            except StatusError as error:
                if error.sw not in words:
                    raise
                return Answer()

        monkey.setattr(target, name, method)

    return patch


def answering(target: type, name: str, change: Callable[[Answer], Answer]) -> Patch:
    """Return a patch that changes the answer of a method."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)
        monkey.setattr(target, name, lambda self, *args: change(original(self, *args)))

    return patch


def no_session_needed(names: str) -> Patch:
    """Return a patch under which the commands of some names need no session."""

    def patch(monkey: Patcher) -> None:
        original = dispatch._check_session

        def check(wanted: CommandSpec, *args: object) -> None:
            if wanted.name not in names.split(", "):
                original(wanted, *args)  # type: ignore[arg-type]

        monkey.setattr(dispatch, "_check_session", check)

    return patch


def state_unchecked(name: str) -> Patch:
    """Return a patch under which one command works in every state."""

    def patch(monkey: Patcher) -> None:
        original = dispatch.CommandTable.run

        def run(
            self: dispatch.CommandTable, command: Command, situation: dispatch.Situation
        ) -> Answer:
            known = self._by_ins.get(command.ins, ())
            if any(wanted.name == name for wanted, _, _ in known):
                situation = replace(situation, state=None)
            return original(self, command, situation)

        monkey.setattr(dispatch.CommandTable, "run", run)

    return patch


def stays_open(patch: Patcher) -> None:
    """Let the session go on after what ends it."""
    patch.setattr(SecureChannel, "close_after_answer", nothing)


def flags_survive(
    name: str, owner: type[Application] | type[KeyPair] | type[Pin] = Application
) -> Patch:
    """Return a patch under which a method of the application's clears no verified flag."""

    def patch(monkey: Patcher) -> None:
        original = getattr(owner, name)

        def method(self: Application | KeyPair | Pin, *args: object) -> object:
            before = self._state.verified
            result = original(self, *args)
            self._state.verified |= before
            return result

        monkey.setattr(owner, name, method)

    return patch


Rows = tuple[tuple[str, str, Patch], ...]
"""Wrong cards of one part of the contract: what is wrong, requirement, patch."""
