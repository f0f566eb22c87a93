"""How a protocol layer goes under a flow: each APDU passes through it, all else passes it by."""

from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar, cast

from host_lib.apdu import Apdu, Response

Y = TypeVar("Y")
S = TypeVar("S")
R = TypeVar("R")
Exchange = Callable[[Apdu], Generator[Apdu, Response, Response]]


def layered(flow: Generator[Y, S, R], exchange: Exchange) -> Generator[Y | Apdu, S, R]:
    """Run a flow with each `Apdu` that it yields replaced by what ``exchange`` makes of it.

    Other requests (for keys, for example) go up unchanged. An error, be it the layer's own or one
    thrown in by the driver, is raised in the flow where it waits for the answer, because only the
    flow knows what is uncertain then.
    """
    advance: Callable[[], Y] = partial(next, flow)
    while True:
        try:
            request = advance()
        except StopIteration as done:
            return cast(R, done.value)
        try:
            answer: S = yield from _answered(request, exchange)
        except GeneratorExit:
            flow.close()
            raise
        except Exception as error:
            advance = partial(flow.throw, error)
        else:
            advance = partial(flow.send, answer)


def _answered(request: Y, exchange: Exchange) -> Generator[Y | Apdu, S, S]:
    if not isinstance(request, Apdu):
        return (yield request)
    # The type of the flow says that an Apdu is answered with a Response: S includes it.
    passing = cast(Generator[Apdu, S, S], exchange(request))
    return (yield from passing)
