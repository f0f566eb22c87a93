"""The card's persistent memory: named byte cells, transactions, and power that can fail at a write.

The model follows a journalling smart card. Inside a transaction each write goes to a journal; the
commit makes the journal valid with one write, copies the entries to their cells and clears the
journal. Power may fail before any of these writes: `Memory.recover`, which the next reset calls,
completes a valid journal and drops any other, so that a commit happened or did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

COMMIT_CAPACITY = 512
"""Bytes of journal that one transaction may use."""

ENTRY_OVERHEAD = 6
"""Bytes that a journal entry is charged besides its data, as Java Card platforms do."""


class PowerCut(Exception):
    """The power failed. The card does nothing more until it is reset."""


class TransactionError(Exception):
    """A transaction was used wrongly: nested, ended without a beginning, or too large."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One journalled write: the cell and its new value; ``None`` erases the cell."""

    cell: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that the memory keeps without power."""

    cells: Mapping[str, bytes]
    journal: tuple[Entry, ...] = ()
    journal_valid: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    before_write: int
    torn_bytes: int


class Memory:
    """Persistent cells of bytes, named by strings such as ``isd.state``.

    ``writes`` counts every physical write so far, journal included. `cut_power_at` makes the power
    fail instead of a later write.
    """

    def __init__(self, image: Image | None = None) -> None:
        image = image or Image({})
        self._cells = dict(image.cells)
        self._journal = list(image.journal)
        self._journal_valid = image.journal_valid
        self._charged = 0
        self._open = False
        self._dead = False
        self._cut: _Cut | None = None
        self.writes = 0

    @property
    def image(self) -> Image:
        """What would still be there if the power failed now."""
        return Image(dict(self._cells), tuple(self._journal), self._journal_valid)

    @property
    def dead(self) -> bool:
        """Whether the power has failed since the last reset."""
        return self._dead

    # Reading

    def read(self, cell: str, default: bytes = b"") -> bytes:
        """Return the cell's value, seen through an open transaction; ``default`` if erased."""
        self._need_power()
        if self._open:
            for entry in reversed(self._journal):
                if entry.cell == cell:
                    return default if entry.value is None else entry.value
        return self._cells.get(cell, default)

    def __contains__(self, cell: str) -> bool:
        self._need_power()
        if self._open:
            for entry in reversed(self._journal):
                if entry.cell == cell:
                    return entry.value is not None
        return cell in self._cells

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all cells that begin with ``prefix``, sorted."""
        self._need_power()
        names = set(self._cells)
        if self._open:
            for entry in self._journal:
                if entry.value is None:
                    names.discard(entry.cell)
                else:
                    names.add(entry.cell)
        return sorted(name for name in names if name.startswith(prefix))

    # Writing

    def write(self, cell: str, value: bytes) -> None:
        """Write the cell as one atomic step, journalled if a transaction is open.

        Raises `TransactionError` when the transaction grows beyond `COMMIT_CAPACITY`.
        """
        self._store(Entry(cell, bytes(value)))

    def erase(self, cell: str) -> None:
        """Erase the cell as one atomic step, journalled if a transaction is open."""
        if cell in self:
            self._store(Entry(cell, None))

    def write_non_atomic(self, cell: str, value: bytes, offset: int = 0) -> None:
        """Copy bytes into a cell, past any transaction; a cut may leave any number of them done.

        The cell grows as needed. This is for data too long for the journal: it must go where
        nothing depends on it yet.
        """
        old = self.read(cell)
        if self._open and any(entry.cell == cell for entry in self._journal):
            raise TransactionError(f"{cell} has a journalled write in this transaction")
        if len(old) < offset:
            old = old.ljust(offset, b"\x00")
        torn = self._spend_write(len(value))
        done = value if torn is None else value[:torn]
        if done or torn is None:
            self._cells[cell] = old[:offset] + done + old[offset + len(done) :]
        if torn is not None:
            self._die()

    # Transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block wrote, or none of it if the block raises."""
        self.begin()
        try:
            yield
        except PowerCut:
            raise
        except BaseException:
            self.abort()
            raise
        self.commit()

    def begin(self) -> None:
        """Open a transaction; a second one inside it raises `TransactionError`."""
        self._need_power()
        if self._open:
            raise TransactionError("a transaction is already open")
        self._open = True
        self._charged = 0

    def abort(self) -> None:
        """Drop everything written since `begin`."""
        self._need_open()
        self._clear_journal()

    def commit(self) -> None:
        """Make everything written since `begin` permanent, in one step seen from outside."""
        self._need_open()
        if self._journal:
            self._step()
            self._journal_valid = True
        self._finish()

    def recover(self) -> None:
        """Give power back after a cut: complete a valid journal, drop any other."""
        self._dead = False
        if self._journal_valid:
            self._finish()
        else:
            self._clear_journal()

    # Failing power

    def cut_power_at(self, write: int, torn_bytes: int = 0) -> None:
        """Fail the power instead of the ``write``-th write from now on (1 is the next).

        If that write is not atomic, its first ``torn_bytes`` bytes are still done.
        """
        if write < 1:
            raise ValueError("the next write is number 1")
        self._cut = _Cut(self.writes + write, torn_bytes)

    def keep_power(self) -> None:
        """Take back `cut_power_at`."""
        self._cut = None

    # Inside

    def _store(self, entry: Entry) -> None:
        self._need_power()
        if not self._open:
            self._step()
            self._apply(entry)
            return
        value = self._cells.get(entry.cell, b"") if entry.value is None else entry.value
        charge = len(value) + ENTRY_OVERHEAD
        if self._charged + charge > COMMIT_CAPACITY:
            raise TransactionError(f"the transaction exceeds {COMMIT_CAPACITY} bytes")
        self._step()
        self._charged += charge
        self._journal.append(entry)

    def _apply(self, entry: Entry) -> None:
        if entry.value is None:
            self._cells.pop(entry.cell, None)
        else:
            self._cells[entry.cell] = entry.value

    def _finish(self) -> None:
        for entry in self._journal:
            self._step()
            self._apply(entry)
        self._clear_journal()

    def _clear_journal(self) -> None:
        self._open = False
        if self._journal:
            self._step()
            self._journal.clear()
            self._journal_valid = False

    def _step(self) -> None:
        """Spend one atomic write, or lose power instead of it."""
        if self._spend_write(0) is not None:
            self._die()

    def _spend_write(self, length: int) -> int | None:
        """Return how many bytes of this write are still done, None for all."""
        self._need_power()
        self.writes += 1
        if self._cut is None or self.writes < self._cut.before_write:
            return None
        torn = min(self._cut.torn_bytes, length)
        self._cut = None
        return torn

    def _die(self) -> None:
        self._dead = True
        self._open = False
        raise PowerCut

    def _need_power(self) -> None:
        if self._dead:
            raise PowerCut

    def _need_open(self) -> None:
        self._need_power()
        if not self._open:
            raise TransactionError("no transaction is open")
