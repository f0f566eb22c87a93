"""The driver for asyncio: runs the same flows, one card after the other's answer, many at once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias, TypeVar

from applet_spec import UnicardError
from host_lib.apdu import Apdu, Response
from host_lib.drive import NoKeysError, late, patience
from host_lib.errors import ReaderTimeout
from host_lib.flow.base import AnyFlow, CardKeys, Reconnect, Sam, SamCall, SamReply
from host_lib.framing import framed
from host_lib.reader import Reader

R = TypeVar("R")
T = TypeVar("T")
AsyncSam: TypeAlias = Callable[[SamCall], Awaitable[SamReply]]
"""A key holder that answers later, one on another machine for example."""


class AsyncReader(Protocol):
    """A `host_lib.reader.Reader` whose waiting is awaited; errors and timeouts are the same."""

    async def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command and return the answer, status word included."""

    async def reset(self) -> bytes:
        """Reset the card and return its ATR."""

    async def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present and connect to it."""


class ThreadedReader:
    """Any blocking reader as an `AsyncReader`: each call waits in a thread, one at a time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._one_at_a_time = threading.Lock()

    async def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command; errors as of the reader."""
        return await self._call(lambda: self._reader.transmit(command, timeout))

    async def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        return await self._call(self._reader.reset)

    async def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present and connect to it."""
        await self._call(lambda: self._reader.wait_for_card(timeout))

    async def _call(self, work: Callable[[], T]) -> T:
        """Work in a thread, after what a cancelled task may have left running there."""

        def alone() -> T:
            with self._one_at_a_time:
                return work()

        return await asyncio.to_thread(alone)


async def drive_async(
    flow: AnyFlow[R], reader: AsyncReader, sam: Sam | AsyncSam | None = None
) -> R:
    """Run a flow to its end and return its result; as `host_lib.drive.drive`.

    A cancelled task leaves the flow where it waits: what was sent may have been done. A terminal's
    journal has the request then.
    """
    steps = framed(flow)
    try:
        step = next(steps)
        while True:
            try:
                answer = await _answer(step, reader, sam)
            except UnicardError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        result: R = done.value
        return result
    finally:
        steps.close()


async def _answer(
    step: Apdu | CardKeys | Reconnect, reader: AsyncReader, sam: Sam | AsyncSam | None
) -> Response | SamReply | None:
    if isinstance(step, Apdu):
        try:
            return Response.parse(await reader.transmit(step.encode(), patience(step)))
        except ReaderTimeout as error:
            raise late(step, error) from error
    if isinstance(step, Reconnect):
        await reader.wait_for_card(step.patience)
        await reader.reset()
        return None
    if sam is None:
        raise NoKeysError("the card's keys are needed here, and no key store was given")
    keys = sam(step)
    return await keys if isinstance(keys, Awaitable) else keys
