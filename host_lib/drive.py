"""The blocking driver: runs a flow against a reader and a key holder."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.apdu import Apdu, Response
from host_lib.errors import ReaderTimeout
from host_lib.flow.base import AnyFlow, CardKeys, Reconnect, Sam, SamReply
from host_lib.framing import framed
from host_lib.reader import Reader

R = TypeVar("R")
DEFAULT_TIMEOUT = 10.0
"""Seconds for a command that the contract does not name, such as GET RESPONSE."""


class NoKeysError(UnicardError):
    """A flow asked for keys and nobody who holds any was given."""

    advice = "Name a key store."


def drive(flow: AnyFlow[R], reader: Reader, sam: Sam | None = None) -> R:
    """Run a flow to its end and return its result.

    Errors of the reader are thrown into the flow, which knows what is uncertain then; what the
    flow raises comes out. Nothing is sent twice except what GET RESPONSE and 6Cxx ask for: a card
    that is late is a ReaderTimeout, after the time that the contract gives the command. A card that
    was lost is waited for only where a flow asks to `Reconnect`.
    """
    steps = framed(flow)
    try:
        step = next(steps)
        while True:
            try:
                answer = _answer(step, reader, sam)
            except UnicardError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        result: R = done.value
        return result


@contextmanager
def only_asking() -> Iterator[None]:
    """Let errors say that the card is as it was: for flows that read and authenticate only.

    A lost answer leaves nothing open then but a step of the card's sequence counter.
    """
    try:
        yield
    except UnicardError as error:
        if error.changed is Changed.UNKNOWN:
            error.changed = Changed.NO
            if error.exit_code is ExitCode.UNCERTAIN:
                error.exit_code = ExitCode.FAILED
        raise


def _answer(
    step: Apdu | CardKeys | Reconnect, reader: Reader, sam: Sam | None
) -> Response | SamReply | None:
    if isinstance(step, Apdu):
        return _transmitted(step, reader)
    if isinstance(step, Reconnect):
        reader.wait_for_card(step.patience)
        reader.reset()
        return None
    if sam is None:
        raise NoKeysError("the card's keys are needed here, and no key store was given")
    return sam(step)


def _transmitted(apdu: Apdu, reader: Reader) -> Response:
    try:
        return Response.parse(reader.transmit(apdu.encode(), patience(apdu)))
    except ReaderTimeout as error:
        raise late(apdu, error) from error


def late(apdu: Apdu, error: ReaderTimeout) -> ReaderTimeout:
    """Return the error of a command that was not answered in time, which names it."""
    name = apdu.label or apdu.header.hex().upper()
    return ReaderTimeout(
        f"{name} was not answered within {patience(apdu):g} seconds, and the card may have carried "
        f"it out all the same ({error.message})"
    )


def patience(apdu: Apdu) -> float:
    """Return how many seconds the answer to a command is waited for.

    What the command itself says goes first, then the contract (``timeout``), by the command's name;
    where application and card manager have a command of the same name, the longer.
    """
    return apdu.timeout or _timeouts().get(apdu.label, DEFAULT_TIMEOUT)


@cache
def _timeouts() -> dict[str, float]:
    both = (*spec().commands.values(), *spec().card_manager.values())
    return {
        one.name: max(other.timeout for other in both if other.name == one.name) for one in both
    }
