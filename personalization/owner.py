"""Who holds a record: a process, named so that a later one can tell whether it still lives."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from personalization.errors import JournalError

_START_TIME = 19
"""Index of field 22, starttime, behind the command's name in /proc/PID/stat (proc(5))."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its id, when it started (clock ticks after boot) and in which boot.

    A process id alone is given again, to another process or after a restart of the machine.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def of_this_process(cls) -> Self:
        """Name this process. Raises `JournalError` where the system has no /proc."""
        pid = os.getpid()
        started = _start_time(pid)
        if started is None:
            raise JournalError(
                "this system does not say when a process started (/proc is missing)",
                advice="run stations on Linux with /proc mounted",
            )
        return cls(pid, started, _boot())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave."""
        pid, started, boot = text.split(":", 2)
        return cls(int(pid), int(started), boot)

    def __str__(self) -> str:
        return f"{self.pid}:{self.started}:{self.boot}"

    @property
    def alive(self) -> bool:
        """Whether the very same process still runs on this machine."""
        return self.boot == _boot() and _start_time(self.pid) == self.started


def _start_time(pid: int) -> int | None:
    """Return when a process started; None where there is none, or only its remains."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[_START_TIME])


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
