"""What PC/SC result codes mean for a card and its user, as typed errors."""

from typing import TypeVar

from applet_spec.errors import Changed, ExitCode
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound
from host_lib.transports.scard import Code, ScardError

E = TypeVar("E", bound=ReaderError)

GONE = (Code.REMOVED_CARD, Code.NO_SMARTCARD, Code.UNPOWERED_CARD)
"""The card is no longer, or not yet, in the reader."""
SERVICE = (Code.NO_SERVICE, Code.SERVICE_STOPPED)
"""There is no PC/SC service."""
_MUTE = (Code.UNRESPONSIVE_CARD, Code.UNSUPPORTED_CARD)


def untouched(kind: type[E], message: str, advice: str | None = None) -> E:
    """Return an error before anything reached the card."""
    return kind(message, changed=Changed.NO, exit_code=ExitCode.FAILED, advice=advice)


def not_connected(name: str, error: ScardError) -> ReaderError:
    """Return the error for a card or reader that could not be connected to."""
    if error.code in GONE:
        return untouched(CardRemoved, f"there is no card in {name}", "put a card in")
    if error.code in _MUTE:
        return untouched(
            ReaderError,
            f"the card in {name} does not answer to a reset",
            "turn the card round; if it stays silent, try another card",
        )
    if error.code == Code.SHARING_VIOLATION:
        return untouched(
            ReaderError,
            f"another program has the card in {name} to itself",
            "end the other program, then try again",
        )
    if error.code in (Code.UNKNOWN_READER, Code.READER_UNAVAILABLE):
        return untouched(ReaderNotFound, f"{name} is no longer connected")
    if error.code in SERVICE:
        return no_service(error)
    return untouched(ReaderError, f"{name} cannot be used: {error}")


def no_service(error: ScardError) -> ReaderError:
    """Return the error for a service that is not there."""
    return untouched(
        ReaderError,
        f"the PC/SC service does not answer: {error.text}",
        "start it, for example with `sudo systemctl start pcscd`; install it with "
        "`sudo apt-get install pcscd` where it is missing",
    )
