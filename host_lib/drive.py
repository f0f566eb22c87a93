"""The blocking driver: runs a flow against a reader and a key holder."""

from typing import TypeVar

from applet_spec import UnicardError
from host_lib.apdu import Apdu, Response
from host_lib.flow.base import AnyFlow, CardKeys, Sam, SamReply
from host_lib.framing import framed
from host_lib.reader import Reader

R = TypeVar("R")
DEFAULT_TIMEOUT = 10.0
TIMEOUTS = {"GENERATE ASYMMETRIC KEY PAIR": 60.0}
"""Seconds that a card may take for a command, by the command's name."""


class NoKeysError(UnicardError):
    """A flow asked for keys and nobody who holds any was given."""

    advice = "Name a key store."


def drive(flow: AnyFlow[R], reader: Reader, sam: Sam | None = None) -> R:
    """Run a flow to its end and return its result.

    Errors of the reader are thrown into the flow, which knows what is uncertain then; what the
    flow raises comes out. Nothing is sent twice except what GET RESPONSE and 6Cxx ask for.
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


def _answer(step: Apdu | CardKeys, reader: Reader, sam: Sam | None) -> Response | SamReply:
    if isinstance(step, Apdu):
        timeout = TIMEOUTS.get(step.label, DEFAULT_TIMEOUT)
        return Response.parse(reader.transmit(step.encode(), timeout))
    if sam is None:
        raise NoKeysError("the card's keys are needed here, and no key store was given")
    return sam(step)
