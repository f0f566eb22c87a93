"""Ctrl-C at a card: what was sent is answered first, and nothing more is sent then.

A KeyboardInterrupt in the middle of a command leaves nobody knowing what the card did. Here the
first SIGINT only asks; it ends the work before the next command, so that the card can still be
asked how it stands. The second one ends it at once.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from applet_spec import Changed, ExitCode
from host_lib.errors import ReaderError
from host_lib.reader import Reader, ReaderLayer


class Interrupted(ReaderError):
    """A person stopped the work: before the next command was sent, or at once."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "The same command goes on from where the card stands."


@contextmanager
def first_interrupt(asked: Callable[[], None]) -> Iterator[None]:
    """Call ``asked`` at the first SIGINT inside the block; outside the main thread do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stopping_between_commands(reader: Reader) -> Iterator[Reader]:
    """Yield the reader so that Ctrl-C ends the work between two commands, with `Interrupted`.

    It is raised once, in place of the next command, which is not sent; what is sent after it asks
    the card how it stands. One that comes after the last command is too late: the work is done, so
    its result is to be told inside the block.
    """
    layer = _Stoppable(reader)
    try:
        with first_interrupt(layer.stop):
            yield layer
    except KeyboardInterrupt as error:
        raise Interrupted("stopped at once, without waiting for the card's answer") from error


class _Stoppable(ReaderLayer):
    """A reader that raises `Interrupted` instead of the next command once it was asked to stop."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._stopping = False

    def stop(self) -> None:
        """End the work before the next command."""
        self._stopping = True

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command, unless the work is to end."""
        if self._stopping:
            self._stopping = False
            raise Interrupted("stopped from the keyboard")
        return super().transmit(command, timeout)
