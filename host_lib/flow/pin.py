"""PIN flows that never spend the last try by surprise."""

from applet_spec import UnicardError
from host_lib.command import AskPin, ChangePin, Command, VerifyPin
from host_lib.flow.base import Flow
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
    if status.tries_left == 1 and not spend_last_try:
        raise LastTry("the card has one PIN try left")
    yield from command
