"""A reader that remembers what passed through it, without the secrets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from applet_spec import spec
from host_lib.apdu import WireCommand, masked
from host_lib.reader import Reader, ReaderLayer
from host_lib.trace import secret_bytes

_GET_DATA = (0xCA, 0xCB)
_SECURE_MESSAGING = 0x04
_PROPRIETARY = 0x80


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
        body = ((0, len(answer) - 2),) if _answers_private(command) else ()
        self._exchanges.append(
            Exchange(
                command.label if isinstance(command, WireCommand) else "",
                masked(command, secret_bytes(command)),
                masked(answer, body),
                round(1000 * seconds, 3),
            )
        )


def _answers_private(command: bytes) -> bool:
    """Say whether the answer may hold an object that not everyone may read."""
    if len(command) < 4 or command[0] & _PROPRIETARY or command[1] not in _GET_DATA:
        return False
    if command[1] == _GET_DATA[0]:
        tag = command[2] << 8 | command[3]
    elif command[0] & _SECURE_MESSAGING:
        return True  # The tag list may be encrypted, while the answer need not be.
    else:
        tag = _listed_tag(command[5:])
    known = spec().objects.get(tag)
    return known is not None and "anyone" not in known.read


def _listed_tag(data: bytes) -> int:
    length = data[1] if len(data) > 1 and data[0] == 0x5C else 0
    return int.from_bytes(data[2 : 2 + length], "big")
