"""A terminal: id, journal and clock, from which every request gets its name and time."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

from host_lib.journal import TerminalJournal, send_receipts
from host_lib.reader import SelfClosing
from host_lib.transaction import TERMINAL_ID_LENGTH, Operation, Pending, Receipt


class Terminal(SelfClosing):
    """Who asks the card; ``clock`` gives the local time without zone.

    ``terminal_id`` are 8 characters, or fewer that are padded with spaces (ISO 8583, field 41).
    ValueError for a journal of another terminal.
    """

    def __init__(
        self,
        terminal_id: str | bytes,
        journal: TerminalJournal,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.id = terminal_id_bytes(terminal_id)
        if journal.terminal_id != self.id:
            raise ValueError(f"the journal is that of terminal {journal.terminal_id!r}")
        self.journal = journal
        self._clock = clock

    @classmethod
    def open(cls, terminal_id: str | bytes, path: Path | str) -> Self:
        """Return the terminal with its journal file, which is made where there is none."""
        return cls(terminal_id, TerminalJournal(path, terminal_id_bytes(terminal_id)))

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def begin(
        self, role: int, card_serial: bytes, card_number: int, operations: tuple[Operation, ...]
    ) -> Pending:
        """Name a request and write it down; it may be sent once this has returned."""
        return self.journal.begin(role, card_serial, card_number, self._clock(), operations)

    def send_receipts(self, send: Callable[[Receipt], object]) -> int:
        """Send the queued receipts in order; as `host_lib.journal.send_receipts`."""
        return send_receipts(self.journal, send)


def terminal_id_bytes(terminal_id: str | bytes) -> bytes:
    """Return a terminal id as 8 bytes. ValueError for one that is none."""
    if isinstance(terminal_id, str):
        terminal_id = terminal_id.encode("ascii").ljust(TERMINAL_ID_LENGTH)
    if len(terminal_id) != TERMINAL_ID_LENGTH:
        raise ValueError(f"a terminal id has {TERMINAL_ID_LENGTH} bytes")
    return terminal_id
