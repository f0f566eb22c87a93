"""A reader that remembers what passed through it, without the secrets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from host_lib.apdu import WireCommand, masked
from host_lib.reader import Reader, ReaderLayer
from host_lib.trace import answers_private, secret_bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and its answer as upper-case hexadecimal, secret bytes as stars."""

    name: str
    command: str
    answer: str
    milliseconds: float

    def as_json(self) -> dict[str, object]:
        """Return the exchange as results hold it."""
        return {
            "name": self.name,
            "command": self.command,
            "answer": self.answer,
            "milliseconds": self.milliseconds,
        }


class TracedReader(ReaderLayer):
    """Passes commands on to a reader and keeps the exchanges until they are taken.

    It hides the bytes that a command marks as secret, and the answers that hold an object which
    not everyone may read.
    """

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._exchanges: list[Exchange] = []
        self._silent = False

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command, remember it and return the answer; errors as the reader's."""
        start = time.perf_counter()
        answer = b""
        try:
            answer = self._reader.transmit(command, timeout)
        finally:
            self._remember(command, answer, time.perf_counter() - start)
        return answer

    def take(self) -> tuple[Exchange, ...]:
        """Return what was exchanged since the last call, and forget it."""
        taken, self._exchanges = tuple(self._exchanges), []
        return taken

    @property
    def last(self) -> Exchange | None:
        """The last exchange that is remembered."""
        return self._exchanges[-1] if self._exchanges else None

    @contextmanager
    def unobserved(self) -> Iterator[None]:
        """Remember nothing inside the ``with`` block: preparations, not tests."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def _remember(self, command: bytes, answer: bytes, seconds: float) -> None:
        if self._silent:
            return
        body = ((0, len(answer) - 2),) if answers_private(command) else ()
        self._exchanges.append(
            Exchange(
                command.label if isinstance(command, WireCommand) else "",
                masked(command, secret_bytes(command)),
                masked(answer, body),
                round(1000 * seconds, 3),
            )
        )
