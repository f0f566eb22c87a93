"""Counts what passes between station and card: commands and bytes in both directions, by phase."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from host_lib.reader import Reader, ReaderLayer


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


class MeteredReader(ReaderLayer):
    """A reader that counts what passes through it; ``phase`` says where it is counted."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.phase = Phase.IDENTIFY
        self.traffic = Traffic()

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Pass a command on and count it, answered or not."""
        received = 0
        try:
            answer = self._reader.transmit(command, timeout)
            received = len(answer)
        finally:
            self.traffic.count(self.phase, len(command), received)
        return answer
