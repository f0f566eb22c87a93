"""Looking into the bureau's memory; nothing here writes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Row, and_, func, select

from personalization.database import open_database, reading
from personalization.errors import BatchRefused, JournalError
from personalization.journal_rows import Batch, Chip, Entry, read_batch, read_entry
from personalization.journal_schema import ORDER, State, batches, chips, events, records

_CHUNK = 500
"""Values in one IN (...): SQLite's limit on variables is far above."""


class JournalReader:
    """An open journal, as far as it can be asked. A context manager. Raises `JournalError`."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._engine = open_database(path, create=create)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def taken_card_numbers(self, numbers: Iterable[str]) -> set[str]:
        """Return which of these card numbers were given to a record already."""
        return self._known(records.c.card_number, tuple(numbers))

    def live_enrolments(self, ids: Iterable[str]) -> set[str]:
        """Return which of these enrolments have a record that is not spoiled."""
        return self._known(records.c.enrolment_id, tuple(ids), records.c.state != State.SPOILED)

    def spoiled_enrolments(self, ids: Iterable[str]) -> set[str]:
        """Return which of these enrolments have a spoiled record."""
        return self._known(records.c.enrolment_id, tuple(ids), records.c.state == State.SPOILED)

    def _known(self, column: Any, values: Sequence[str], *conditions: Any) -> set[str]:
        found = set[str]()
        with reading(self._engine, self.path) as connection:
            for start in range(0, len(values), _CHUNK):
                wanted = column.in_(values[start : start + _CHUNK])
                found |= set(connection.scalars(select(column).where(wanted, *conditions)))
        return found

    def batch(self, batch: bytes) -> Batch:
        """Return a batch. Raises `BatchRefused` for one that was not prepared with this journal."""
        with reading(self._engine, self.path) as connection:
            row = connection.execute(
                select(batches).where(batches.c.id == batch.hex())
            ).one_or_none()
        if row is None:
            raise BatchRefused(
                f"batch {batch.hex().upper()} is not in the journal {self.path}",
                advice="name the journal that the batch was prepared with; if its preparation was "
                "interrupted, delete the file and prepare the list again",
            )
        return read_batch(row)

    def batches(self) -> tuple[Batch, ...]:
        """Return all batches, the oldest first."""
        with reading(self._engine, self.path) as connection:
            rows = connection.execute(select(batches).order_by(batches.c.created)).all()
        return tuple(read_batch(row) for row in rows)

    def chip(self, serial: bytes) -> Chip | None:
        """Return what is known of a chip; None for one that was never taken."""
        with reading(self._engine, self.path) as connection:
            row = connection.execute(
                select(chips).where(chips.c.serial == serial.hex())
            ).one_or_none()
        if row is None:
            return None
        return Chip(serial, bytes.fromhex(row.batch), row.record, row.spoiled or "")

    def entry(self, record: int) -> Entry:
        """Return a record by its id."""
        with reading(self._engine, self.path) as connection:
            return read_entry(record_row(connection, record))

    def entries(self, batch: bytes) -> tuple[Entry, ...]:
        """Return the records of a batch in their order."""
        query = select(records).where(records.c.batch == batch.hex()).order_by(records.c.place)
        with reading(self._engine, self.path) as connection:
            return tuple(read_entry(row) for row in connection.execute(query))

    def entry_of_card(self, batch: bytes, card_number: str) -> Entry | None:
        """Return the record of a card number in a batch, or None."""
        where = and_(records.c.batch == batch.hex(), records.c.card_number == card_number)
        with reading(self._engine, self.path) as connection:
            row = connection.execute(select(records).where(where)).one_or_none()
        return None if row is None else read_entry(row)

    def spoiled_chips(self, batch: bytes) -> tuple[Chip, ...]:
        """Return the spoiled chips of a batch, also those whose record went on with another."""
        where = and_(chips.c.batch == batch.hex(), chips.c.spoiled.is_not(None))
        query = select(chips).where(where).order_by(chips.c.taken, chips.c.serial)
        with reading(self._engine, self.path) as connection:
            rows = connection.execute(query).all()
        return tuple(Chip(bytes.fromhex(r.serial), batch, r.record, r.spoiled) for r in rows)

    def count_chips(self, batch: bytes) -> int:
        """Return how many chips were taken for a batch."""
        query = select(func.count()).select_from(chips).where(chips.c.batch == batch.hex())
        with reading(self._engine, self.path) as connection:
            return connection.execute(query).scalar_one()

    def history(self, record: int) -> tuple[tuple[str, str, str], ...]:
        """Return time, event and detail of everything that happened to a record."""
        query = select(events).where(events.c.record == record).order_by(events.c.id)
        with reading(self._engine, self.path) as connection:
            return tuple((row.at, row.what, row.detail) for row in connection.execute(query))

    def has_work(self, batch: bytes) -> bool:
        """Say whether a card that comes now could still be needed for this batch."""
        of_batch = records.c.batch == batch.hex()
        wanting = and_(of_batch, records.c.state.in_([State.WAITING, State.UNCERTAIN]))
        making = and_(of_batch, records.c.state.in_(ORDER[:-1]))
        with reading(self._engine, self.path) as connection:
            if connection.execute(select(records.c.id).where(wanting).limit(1)).first():
                return True
            rows = connection.execute(select(records).where(making)).all()
        return any(read_entry(row).interrupted for row in rows)


def record_row(connection: Connection, record: int) -> Row[Any]:
    """Return the row of a record. Raises `JournalError`."""
    row = connection.execute(select(records).where(records.c.id == record)).one_or_none()
    if row is None:
        raise JournalError(f"the journal has no record {record}")
    return row
