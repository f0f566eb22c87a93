"""Readers: the one interface to a place where a card can be, and how one is named and opened.

A reader is named by one string everywhere: ``kind`` or ``kind:argument``, for example ``sim``,
``sim:card.json``, ``pcsc:0``, ``replay:trace.jsonl``. Kinds are entry points of the group
``unicard.readers``, so that any installed package can add one.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from importlib.metadata import EntryPoint, entry_points
from types import TracebackType
from typing import Protocol, Self, cast, runtime_checkable

from host_lib.errors import ReaderError, ReaderNotFound

ENTRY_POINT_GROUP = "unicard.readers"
ENVIRONMENT_VARIABLE = "UNICARD_READER"


@runtime_checkable
class Reader(Protocol):
    """One place where a card can be: bytes in, bytes out. A context manager that closes itself.

    Timeouts are in seconds; None means no limit of our own.
    """

    @property
    def name(self) -> str:
        """The full name under which `open_reader` finds this reader."""

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card that is in the reader."""

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command and return the answer, status word included.

        Raises CardRemoved, ReaderTimeout, or ReaderError for any other failure.
        """

    def reset(self) -> bytes:
        """Reset the card (warm, where the reader can) and return its ATR."""

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present and connect to it. Raises ReaderTimeout."""

    def wait_for_removal(self, timeout: float | None) -> None:
        """Wait until the card is gone. Raises ReaderTimeout."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep every other program away from the card inside the ``with`` block."""

    def close(self) -> None:
        """Let go of card and reader; further use is an error, a second close is none."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class SelfClosing(ABC):
    """A context manager that closes itself: readers, sealed files and stores share it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held; again is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class ReaderLayer(SelfClosing):
    """A reader over another one that passes everything on; a child changes what it is there for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def name(self) -> str:
        """The name of the reader underneath."""
        return self._reader.name

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card."""
        return self._reader.atr

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command; errors as of the reader underneath."""
        return self._reader.transmit(command, timeout)

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        return self._reader.reset()

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present. Raises ReaderTimeout."""
        self._reader.wait_for_card(timeout)

    def wait_for_removal(self, timeout: float | None) -> None:
        """Wait until the card is gone. Raises ReaderTimeout."""
        self._reader.wait_for_removal(timeout)

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep every other program away from the card."""
        return self._reader.exclusive()

    def close(self) -> None:
        """Close the reader underneath."""
        self._reader.close()


class ReaderKind(Protocol):
    """What an entry point of the group ``unicard.readers`` names."""

    def open(self, argument: str) -> Reader:
        """Open the reader named by what stands after ``kind:`` (empty for the bare kind)."""

    def names(self) -> Iterable[str]:
        """Yield the full names, kind included, of the readers that can be opened now."""


def open_reader(name: str | None = None) -> Reader:
    """Open a reader by name; None stands for the environment variable ``UNICARD_READER``.

    Raises ReaderNotFound for a name that nothing answers to, ReaderError when it cannot be opened.
    """
    full_name = name or os.environ.get(ENVIRONMENT_VARIABLE)
    if not full_name:
        raise ReaderNotFound(
            "no reader is named",
            advice=f"name one, for example `sim` or `pcsc:0`, or set {ENVIRONMENT_VARIABLE}",
        )
    kind, _, argument = full_name.partition(":")
    found = tuple(entry_points(group=ENTRY_POINT_GROUP, name=kind))
    if not found:
        known = ", ".join(sorted(entry_points(group=ENTRY_POINT_GROUP).names)) or "none installed"
        raise ReaderNotFound(
            f"{full_name!r}: there is no kind of reader called {kind!r}",
            advice=f"kinds of reader: {known}",
        )
    return _load(found[0]).open(argument)


def reader_kinds() -> Iterator[tuple[str, ReaderKind]]:
    """Yield name and object of each installed kind of reader, in the order of their names."""
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name):
        yield entry_point.name, _load(entry_point)


def _load(entry_point: EntryPoint) -> ReaderKind:
    try:
        return cast(ReaderKind, entry_point.load())
    except (ImportError, AttributeError) as error:
        raise ReaderError(
            f"the reader kind {entry_point.name!r} cannot be loaded: {error}",
            advice=f"reinstall the package that provides {entry_point.value}",
        ) from error
