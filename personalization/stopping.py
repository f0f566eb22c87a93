"""The wish to stop: Ctrl-C (SIGINT) and SIGTERM finish the card in hand."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signal(note: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Turn the first signal into a wish to stop, which is returned; the second one interrupts."""
    wished = False

    def wish(_signal: int, _frame: object) -> None:
        nonlocal wished
        wished = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        note("Stopping after the card in hand.")

    before = {number: signal.signal(number, wish) for number in _SIGNALS}
    try:
        yield lambda: wished
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signals_held() -> Iterator[None]:
    """Keep the signals back in this block, and from the processes that are started in it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stop_only_on_sigterm(wish: Callable[[], None]) -> None:
    """Let SIGTERM be a wish to stop, and ignore Ctrl-C, in a process that began with both held."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: wish())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
