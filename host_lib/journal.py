"""A terminal's journal: what it may never forget, in one SQLite file.

Three things are durable before the next step is taken: the number of a transaction, which is never
used again, together with the request, before it is sent; and the receipt, together with the end of
the request, before anybody is told of it. After a kill or a power failure at any point the file
says which requests have to be asked for (`TerminalJournal.pending`) and which receipts the issuer
does not have yet (`unsent`). Every write is one SQLite transaction on a write-ahead log with full
synchronisation (SQLite: ``journal_mode=WAL``, ``synchronous=FULL``).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from applet_spec import ExitCode, UnicardError
from host_lib.errors import ProtocolError
from host_lib.reader import SelfClosing
from host_lib.transaction import TERMINAL_ID_LENGTH, Operation, Pending, Receipt, Request

_FORMAT = 1
_LAST_NUMBER = 0xFFFFFFFF
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SCHEMA = """
CREATE TABLE terminal (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL, next INTEGER NOT NULL);
CREATE TABLE pending (number INTEGER PRIMARY KEY, request BLOB NOT NULL, undecided INTEGER NOT NULL DEFAULT 0);
CREATE TABLE receipt (position INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL UNIQUE,
    receipt BLOB NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX unsent ON receipt (position) WHERE sent = 0;
"""  # noqa: E501


class JournalError(UnicardError):
    """The journal cannot be read or written; what it says is what was on disk before."""

    advice = "make room or mend the disk; take no further transaction before the journal works"


class JournalDamaged(JournalError):
    """The file is no database any more, or what stands in it is no request or receipt."""

    advice = (
        "check that the file is this terminal's; a damaged one goes to the issuer with what can "
        "still be read of it, and the terminal goes on with a new journal under a new id, because "
        "its numbers must not be used again"
    )


class JournalOfOther(JournalError):
    """The file is the journal of another terminal, or none at all."""

    exit_code = ExitCode.USAGE
    advice = "name this terminal's own journal"


@dataclass(frozen=True, slots=True)
class Queued:
    """A receipt that the issuer may not have yet; ``position`` orders them."""

    position: int
    receipt: Receipt


class TerminalJournal(SelfClosing):
    """The journal of one terminal id, 8 bytes; use by several threads and processes is safe.

    Every method raises `JournalError` where the file cannot be read or written.
    """

    def __init__(self, path: Path | str, terminal_id: bytes) -> None:
        if len(terminal_id) != TERMINAL_ID_LENGTH:
            raise ValueError(f"a terminal id has {TERMINAL_ID_LENGTH} bytes")
        self.path = str(path)
        self.terminal_id = terminal_id
        self._lock = threading.Lock()
        with self._told():
            self._database = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=30
            )
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def in_memory(cls, terminal_id: bytes) -> "TerminalJournal":
        """Return a journal that nothing is left of: for trials and tests."""
        return cls(":memory:", terminal_id)

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        self._database.close()

    def begin(
        self,
        role: int,
        card_serial: bytes,
        card_number: int,
        when: datetime,
        operations: tuple[Operation, ...],
    ) -> Pending:
        """Take the next number and write the request down under it, before it is sent.

        `NoTransaction` for a request that no card can take; nothing is taken then.
        """
        with self._write() as database:
            (number,) = database.execute("SELECT next FROM terminal").fetchone()
            if number > _LAST_NUMBER:
                raise JournalError(
                    "this terminal id has used all its numbers", advice="give it a new id"
                )
            request = Request(self.terminal_id, number, card_number, when, operations)
            pending = Pending(role, card_serial, request)
            database.execute("UPDATE terminal SET next = ?", (number + 1,))
            database.execute(
                "INSERT INTO pending (number, request) VALUES (?, ?)", (number, pending.encode())
            )
        return pending

    def happened(self, pending: Pending, receipt: Receipt) -> None:
        """Queue the receipt and end the request, in one step; again is harmless."""
        number = pending.request.terminal_number
        with self._write() as database:
            database.execute(
                "INSERT OR IGNORE INTO receipt (number, receipt) VALUES (?, ?)",
                (number, receipt.encode()),
            )
            database.execute("DELETE FROM pending WHERE number = ?", (number,))

    def not_happened(self, pending: Pending) -> None:
        """End a request of which the card says that it was not done, or that was never sent."""
        with self._write() as database:
            number = pending.request.terminal_number
            database.execute("DELETE FROM pending WHERE number = ?", (number,))

    def undecided(self, pending: Pending) -> None:
        """Leave a request to the clearing, because no card can say any more what became of it."""
        with self._write() as database:
            number = pending.request.terminal_number
            database.execute("UPDATE pending SET undecided = 1 WHERE number = ?", (number,))

    def pending(self, card_serial: bytes | None = None) -> tuple[Pending, ...]:
        """Return the requests, of one card or of all, whose end is to be asked for."""
        found = self._pending(undecided=False)
        return tuple(one for one in found if card_serial in (None, one.card_serial))

    def left_to_clearing(self) -> tuple[Pending, ...]:
        """Return the requests whose end only the issuer's clearing can find."""
        return self._pending(undecided=True)

    def unsent(self, most: int | None = 1000) -> tuple[Queued, ...]:
        """Return the oldest receipts that were not marked as sent, in the order they were made.

        ``most`` None: all of them.
        """
        rows = self._rows(
            "SELECT position, receipt FROM receipt WHERE sent = 0 ORDER BY position LIMIT ?",
            -1 if most is None else most,  # SQLite: a negative limit is none
        )
        with self._understood():
            return tuple(Queued(position, Receipt.decode(receipt)) for position, receipt in rows)

    def mark_sent(self, *queued: Queued) -> None:
        """Say that the issuer has these receipts for good, in one step; again is harmless."""
        with self._write() as database:
            database.executemany(
                "UPDATE receipt SET sent = 1 WHERE position = ?",
                [(one.position,) for one in queued],
            )

    def receipts(self) -> Iterator[Receipt]:
        """Yield every receipt, sent or not, in the order they were made."""
        for (receipt,) in self._rows("SELECT receipt FROM receipt ORDER BY position"):
            with self._understood():
                one = Receipt.decode(receipt)
            yield one

    def forget_sent(self) -> int:
        """Delete the receipts that were sent; return how many there were."""
        with self._write() as database:
            return database.execute("DELETE FROM receipt WHERE sent = 1").rowcount

    def _pending(self, *, undecided: bool) -> tuple[Pending, ...]:
        rows = self._rows(
            "SELECT request FROM pending WHERE undecided = ? ORDER BY number", undecided
        )
        with self._understood():
            return tuple(Pending.decode(request) for (request,) in rows)

    def _prepare(self) -> None:
        with self._told():
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
        with self._write() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if not version and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute("INSERT INTO terminal VALUES (1, ?, 1)", (self.terminal_id,))
                database.execute(f"PRAGMA user_version = {_FORMAT}")
            elif version != _FORMAT:
                raise JournalOfOther(f"{self.path} is no journal of a terminal")
            (owner,) = database.execute("SELECT id FROM terminal").fetchone()
        if owner != self.terminal_id:
            name = bytes(owner).decode("ascii", "backslashreplace").rstrip()
            raise JournalOfOther(f"{self.path} is the journal of terminal {name}")

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock, self._told():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Do what is inside as one transaction that is on disk at the end, or not at all."""
        with self._lock, self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
            kind = JournalDamaged if damaged else JournalError
            raise kind(f"the journal {self.path} failed: {error}") from error

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except ProtocolError as error:
            raise JournalDamaged(f"the journal {self.path} is damaged: {error.message}") from error


def send_receipts(journal: TerminalJournal, send: Callable[[Receipt], object]) -> int:
    """Send what is queued, in order, and mark each as sent after ``send`` returned.

    An error of ``send`` comes out and leaves the rest queued. A receipt whose mark was lost is sent
    again: its terminal id and number make the duplicate harmless. Returns how many were sent.
    """
    count = 0
    while queue := journal.unsent():
        for queued in queue:
            send(queued.receipt)
            journal.mark_sent(queued)
            count += 1
    return count
