"""``replay:FILE``: a reader that answers byte by byte from a trace, and fails where they part."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from host_lib.apdu import masked
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound, ReaderTimeout
from host_lib.reader import SelfClosing
from host_lib.trace import TraceLine, read_trace, secret_bytes

_ERRORS: dict[str, type[ReaderError]] = {
    kind.__name__: kind for kind in (CardRemoved, ReaderTimeout, ReaderError)
}


class ReplayDiverged(ReaderError):
    """What was sent is not what the trace has there; ``line`` is the line of the file."""

    advice = "send what was sent when the trace was recorded, or record it again"

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class ReplayReader(SelfClosing):
    """A reader whose card is a trace. After the first divergence every use fails as that did."""

    def __init__(self, path: str) -> None:
        self.name = f"replay:{path}"
        self._path = path
        self._lines: Iterator[TraceLine] = iter(tuple(read_trace(path)))
        self._next = next(self._lines, None)
        self._diverged: ReplayDiverged | None = None
        self._atr = self._take_atr()

    @property
    def atr(self) -> bytes:
        """The ATR that the trace has."""
        return self._atr

    @property
    def finished(self) -> bool:
        """Whether every event of the trace has been played."""
        return self._next is None

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Answer as the trace does. Raises `ReplayDiverged`, or the error that was recorded."""
        line = self._expect(masked(command, secret_bytes(command)))
        if line.command is None or not _same(line.command, command):
            raise self._part(line, _shown(command, line.command or ""))
        self._advance()
        if line.hidden:
            raise ReaderError(
                f"{self._path}, line {line.number}: this answer was hidden when it was recorded",
                advice="replay up to here; what holds a person's data is never written down",
            )
        if line.answer is None:
            raise _ERRORS.get(line.error or "", ReaderError)(line.message)
        return line.answer

    def reset(self) -> bytes:
        """Play the reset that the trace has here. Raises `ReplayDiverged` where it has none."""
        self._expect("a reset")
        self._atr = self._take_atr()
        return self._atr

    def wait_for_card(self, timeout: float | None) -> None:  # noqa: ARG002
        """Return at once, with the ATR of the card that the trace has here."""
        if self._next is not None and self._next.atr is not None:
            self._atr = self._take_atr()

    def wait_for_removal(self, timeout: float | None) -> None:
        """Return at once."""

    def exclusive(self) -> AbstractContextManager[None]:
        """A trace has one reader anyway."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is held open."""

    def _expect(self, got: str) -> TraceLine:
        if self._diverged is not None:
            raise self._diverged
        if self._next is None:
            self._diverged = ReplayDiverged(f"{self._path}: the trace ends before {got}", 0)
            raise self._diverged
        return self._next

    def _take_atr(self) -> bytes:
        line = self._next
        if line is None or line.atr is None:
            raise self._part(line, "a reset") if line else ReaderError(f"{self._path} is empty")
        self._advance()
        return line.atr

    def _advance(self) -> None:
        self._next = next(self._lines, None)

    def _part(self, line: TraceLine, got: str) -> ReplayDiverged:
        expected = line.command or "a reset"
        self._diverged = ReplayDiverged(
            f"{self._path}, line {line.number}: expected {expected}, got {got}", line.number
        )
        return self._diverged


def _same(expected: str, command: bytes) -> bool:
    """Compare a command with the trace's, in which a hidden byte stands for any."""
    got = command.hex().upper()
    return len(got) == len(expected) and all(
        e in ("*", g) for e, g in zip(expected, got, strict=True)
    )


def _shown(command: bytes, expected: str) -> str:
    """Return a command for an error message, without what the trace or the command hides."""
    shown = masked(command, secret_bytes(command))
    return (
        "".join("*" if e == "*" else s for e, s in zip(expected, shown, strict=False))
        + (shown[len(expected) :])
    )


class ReplayKind:
    """Opens traces; there is nothing to list."""

    def open(self, argument: str) -> ReplayReader:
        """Open the trace in a file."""
        if not argument:
            raise ReaderNotFound("replay needs the file of a trace", advice="name it: replay:FILE")
        return ReplayReader(argument)

    def names(self) -> Iterable[str]:
        """Return nothing: any file may be a trace."""
        return ()


REPLAY = ReplayKind()
