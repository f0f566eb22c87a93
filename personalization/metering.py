"""Counts what passes between station and card: commands and bytes in both directions, by phase."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from host_lib.reader import Reader


class Phase(StrEnum):
    """A part of one card's personalization."""

    IDENTIFY = "identify"
    KEYS = "keys"
    INSTALL = "install"
    DATA = "data"
    VERIFY = "verify"
    SECURE = "secure"


@dataclass(slots=True)
class Traffic:
    """Counts by phase; continues counts of an earlier station."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def continued(cls, earlier: Mapping[str, Mapping[str, int]]) -> Self:
        """Go on from what the journal has."""
        return cls({phase: dict(counts) for phase, counts in earlier.items()})

    def count(self, phase: Phase, sent: int, received: int) -> None:
        """Count one command and its answer, in bytes."""
        counts = self.counts.setdefault(phase.value, {"commands": 0, "sent": 0, "received": 0})
        counts["commands"] += 1
        counts["sent"] += sent
        counts["received"] += received

    def add(self, earlier: Mapping[str, Mapping[str, int]]) -> None:
        """Add the counts of an earlier station."""
        for phase, counts in earlier.items():
            mine = self.counts.setdefault(phase, dict.fromkeys(counts, 0))
            for name, value in counts.items():
                mine[name] = mine.get(name, 0) + value


class MeteredReader:
    """A reader that counts what passes through it; ``phase`` says where it is counted."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.phase = Phase.IDENTIFY
        self.traffic = Traffic()

    @property
    def name(self) -> str:
        """The reader's name."""
        return self._reader.name

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._reader.atr

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Pass a command on and count it, answered or not."""
        received = 0
        try:
            answer = self._reader.transmit(command, timeout)
            received = len(answer)
        finally:
            self.traffic.count(self.phase, len(command), received)
        return answer

    def reset(self) -> bytes:
        """Reset the card."""
        return self._reader.reset()

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present."""
        self._reader.wait_for_card(timeout)

    def wait_for_removal(self, timeout: float | None) -> None:
        """Wait until the card is gone."""
        self._reader.wait_for_removal(timeout)

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other programs away from the card."""
        return self._reader.exclusive()

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
