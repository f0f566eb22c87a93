"""Stopping a run from the keyboard: the test at hand ends, and gives the card back as it was.

The signal goes to the run's both processes. The first one only asks; the second is a
KeyboardInterrupt at once.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


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
