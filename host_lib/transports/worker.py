"""One thread for calls that block without a limit, so that the caller can stop waiting for them."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """Does one piece of work after the other in its own thread, which ends with the program."""

    def __init__(self, name: str) -> None:
        self._queue: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        Thread(target=self._run, name=name, daemon=True).start()

    def call(self, work: Callable[[], T], timeout: float | None) -> T:
        """Return what the work returns, or raise what it raises.

        Raises TimeoutError after ``timeout`` seconds; the work itself goes on, and what is given to
        the worker later waits for its end.
        """
        future: Future[T] = Future()
        self._queue.put((work, future))
        return future.result(timeout)

    def stop(self) -> None:
        """End the thread after the work that it has."""
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, future = item
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
