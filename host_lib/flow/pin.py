"""PIN flows that never spend the last try by surprise, and what a plan says of them."""

from dataclasses import dataclass

from applet_spec import UnicardError, spec
from host_lib.command import (
    AskPin,
    ChangePin,
    Command,
    GetCplc,
    Select,
    SelectCardManager,
    VerifyPin,
)
from host_lib.flow.base import Flow
from host_lib.flow.stages import Stage, Step, select_application
from host_lib.plan import CardState, Effect
from host_lib.secret import Pin


class LastTry(UnicardError):
    """One try is left, and nobody said that it may be spent; nothing was sent to the card."""

    advice = (
        "Make sure that the PIN is right, then spend the last try on purpose (--spend-last-try, "
        "spend_last_try=True): a wrong PIN is then blocked until the issuer resets it."
    )


def verify_pin(pin: Pin, *, spend_last_try: bool = False) -> Flow[None]:
    """Verify the PIN. Raises `WrongPin`, `AuthenticationBlocked`, `LastTry`."""
    yield from _guarded(VerifyPin(pin), spend_last_try)


def change_pin(old: Pin, new: Pin, *, spend_last_try: bool = False) -> Flow[None]:
    """Replace the PIN. Raises `WrongPin`, `AuthenticationBlocked`, `IncorrectData`, `LastTry`."""
    yield from _guarded(ChangePin(old, new), spend_last_try)


def _guarded(command: Command[None], spend_last_try: bool) -> Flow[None]:
    status = yield from AskPin()
    _keep_last_try(status.tries_left, spend_last_try)
    yield from command


def _keep_last_try(tries_left: int | None, spend_last_try: bool) -> None:
    if tries_left == 1 and not spend_last_try:
        raise LastTry("the card has one PIN try left")


@dataclass(frozen=True, slots=True)
class PinFindings:
    """What a card says before its PIN is sent; ``application`` is its state."""

    chip: bytes
    application: str
    tries_left: int | None

    @property
    def state(self) -> CardState:
        """What a plan depends on."""
        tries = "unknown" if self.tries_left is None else str(self.tries_left)
        return CardState(self.chip, (("application", self.application), ("PIN tries left", tries)))


def ask_about_pin() -> Flow[PinFindings]:
    """Ask which card this is and how many tries its PIN has left; selects the application.

    Raises `ApplicationNotFound`.
    """
    yield from SelectCardManager(spec().aids.isd)
    cplc = yield from GetCplc()
    fci = yield from Select(spec().aids.instance)
    status = yield from AskPin()
    return PinFindings(cplc.chip_serial, fci.state, status.tries_left)


def pin_stage(
    found: PinFindings, command: VerifyPin | ChangePin, *, spend_last_try: bool = False
) -> Stage:
    """Return what sends the PIN to a card that was found so. Raises `LastTry`.

    For a plan alone any PIN will do: a plan knows its length only.
    """
    _keep_last_try(found.tries_left, spend_last_try)
    step = Step(command, 0, Effect.CHANGES, *_said(found, command))
    return Stage(select_application(), None, (step,))


def _said(found: PinFindings, command: VerifyPin | ChangePin) -> tuple[str, str]:
    """Return note and warning."""
    left = "the last" if found.tries_left == 1 else f"one of {found.tries_left}"
    cost = f"a wrong PIN costs {left} tries" if found.tries_left else "the PIN is blocked"
    if isinstance(command, ChangePin):
        return "old and new PIN", f"the old PIN is valid no longer; {cost}"
    return "PIN", cost
