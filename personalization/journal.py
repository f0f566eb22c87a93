"""The bureau's memory: which records and chips there are, and how far each has come.

Written before each step that changes a card, so that what a card may have undergone is known at
any time. No personal data and no secrets are here: enrolment reference, card number, serials.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Row, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from personalization.database import open_database, reading, writing
from personalization.errors import BatchRefused, JournalError, LeaseLost
from personalization.journal_rows import (
    Batch,
    Chip,
    Entry,
    NewRecord,
    batch_row,
    read_batch,
    read_entry,
)
from personalization.journal_schema import ORDER, State, batches, chips, events, records
from personalization.owner import Owner

_CHUNK = 500
"""Values in one IN (...): SQLite's limit on variables is far above."""


class Journal:
    """An open journal. Every method is one transaction; what returned is on the disk.

    Raises `JournalError`, and `LeaseLost` from methods that need the record's lease.
    """

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

    # Batches

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

    def register(self, batch: Batch, new: Sequence[NewRecord], publish: Callable[[], None]) -> None:
        """Record a batch and give out its card numbers, all or nothing.

        ``publish`` puts the batch's files in place; it runs before the commit, so that no batch is
        recorded whose files are not there. Raises `BatchRefused` when another preparation was
        quicker with a card number or an enrolment.
        """
        rows = [
            {
                "batch": batch.id.hex(),
                "place": place,
                "enrolment_id": record.enrolment_id,
                "card_number": record.card_number,
                "card_serial": record.card_serial.hex(),
                "state": State.WAITING,
            }
            for place, record in enumerate(new)
        ]
        try:
            with writing(self._engine, self.path) as connection:
                connection.execute(insert(batches).values(**batch_row(batch)))
                connection.execute(insert(records), rows)
                _note(connection, batch.id, what="prepared", detail=f"{len(rows)} records")
                publish()
        except IntegrityError as error:
            raise BatchRefused(
                "another batch was prepared meanwhile with one of these enrolments or numbers",
                advice="prepare the list again",
            ) from error

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

    # Looking

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
            return read_entry(_row(connection, record))

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

    # The way of a record

    def take(self, batch: bytes, chip: bytes, owner: Owner, reader: str) -> Entry | None:
        """Bind a blank chip to the next waiting record and lease it; None when none waits.

        Raises `JournalError` for a chip that was taken before: a chip serial is used once.
        """
        waiting = and_(records.c.batch == batch.hex(), records.c.state == State.WAITING)
        with writing(self._engine, self.path) as connection:
            found = connection.execute(
                select(records.c.id).where(waiting).order_by(records.c.place).limit(1)
            ).scalar_one_or_none()
            if found is None:
                return None
            _bind(connection, batch, chip, found)
            changes = {
                "state": State.LEASED,
                "reached": State.LEASED,
                "chip": chip.hex(),
                "owner": str(owner),
                "reader": reader,
            }
            _change(connection, found, **changes)
            _note(connection, batch, found, chip, State.LEASED, reader)
            return read_entry(_row(connection, found))

    def resume(self, record: int, owner: Owner, reader: str) -> Entry:
        """Lease a record whose card has come back. Raises `LeaseLost` while its owner lives."""
        with writing(self._engine, self.path) as connection:
            entry = read_entry(_row(connection, record))
            holder = entry.owner
            if holder is not None and holder != owner and holder.alive:
                raise LeaseLost(
                    f"record {entry.place + 1} is held by process {holder.pid} at {entry.reader}"
                )
            state = entry.reached if entry.state is State.UNCERTAIN else entry.state
            changes = {"state": state, "owner": str(owner), "reader": reader, "remark": None}
            _change(connection, record, **changes)
            _note(connection, entry.batch, record, entry.chip, "resumed", f"at {state}; {reader}")
            return read_entry(_row(connection, record))

    def advance(
        self,
        entry: Entry,
        owner: Owner,
        state: State,
        traffic: Mapping[str, Mapping[str, int]],
        *,
        key_version: int | None = None,
        applet_version: str | None = None,
    ) -> None:
        """Say that the card has reached a state; done ends the lease."""
        changes: dict[str, object] = {"state": state, "reached": state}
        changes["traffic"] = json.dumps(traffic)
        if key_version is not None:
            changes["key_version"] = key_version
        if applet_version is not None:
            changes["applet_version"] = applet_version
        if state is State.DONE:
            changes |= {"owner": None, "finished": _now()}
        self._held(entry, owner, state, "", changes)

    def set_uncertain(
        self,
        entry: Entry,
        owner: Owner,
        remark: str,
        traffic: Mapping[str, Mapping[str, int]],
    ) -> None:
        """Say that an answer was lost; the lease ends, the chip stays bound."""
        changes = {
            "state": State.UNCERTAIN,
            "remark": remark,
            "owner": None,
            "traffic": json.dumps(traffic),
        }
        self._held(entry, owner, State.UNCERTAIN, remark, changes)

    def spoil(self, entry: Entry, owner: Owner, remark: str, *, has_data: bool) -> None:
        """Say that the record's chip is spoiled.

        A record whose data is on the chip (``has_data``) is spoiled with it: its card number and
        PIN exist on a card. Any other goes back to wait for the next blank.
        """
        changes: dict[str, object] = {"owner": None, "finished": _now(), "remark": remark}
        if has_data:
            changes["state"] = State.SPOILED
        else:
            cleared = dict.fromkeys(("chip", "reached", "finished", "remark", "traffic", "reader"))
            changes |= {"state": State.WAITING, **cleared}
        self._held(entry, owner, State.SPOILED, remark, changes, spoiled=remark)

    def release(self, entry: Entry, owner: Owner) -> None:
        """End the lease and leave the record as it is."""
        self._held(entry, owner, "released", "", {"owner": None})

    def _held(
        self,
        entry: Entry,
        owner: Owner,
        what: str,
        detail: str,
        changes: Mapping[str, object],
        *,
        spoiled: str | None = None,
    ) -> None:
        with writing(self._engine, self.path) as connection:
            held = and_(records.c.id == entry.id, records.c.owner == str(owner))
            done = connection.execute(update(records).where(held).values(**changes))
            if done.rowcount != 1:
                raise LeaseLost(f"record {entry.place + 1} is not held by this station any more")
            if spoiled is not None and entry.chip is not None:
                serial = chips.c.serial == entry.chip.hex()
                connection.execute(update(chips).where(serial).values(spoiled=spoiled))
            _note(connection, entry.batch, entry.id, entry.chip, what, detail)

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


def _row(connection: Connection, record: int) -> Row[Any]:
    row = connection.execute(select(records).where(records.c.id == record)).one_or_none()
    if row is None:
        raise JournalError(f"the journal has no record {record}")
    return row


def _bind(connection: Connection, batch: bytes, chip: bytes, record: int) -> None:
    values = {"serial": chip.hex(), "batch": batch.hex(), "record": record, "taken": _now()}
    try:
        connection.execute(insert(chips).values(**values))
    except IntegrityError as error:
        raise JournalError(
            f"chip {chip.hex().upper()} was taken before: a chip is used once",
            advice="put the card aside and find out where it comes from",
        ) from error


def _change(connection: Connection, record: int, **values: object) -> None:
    connection.execute(update(records).where(records.c.id == record).values(**values))


def _note(
    connection: Connection,
    batch: bytes,
    record: int | None = None,
    chip: bytes | None = None,
    what: str = "",
    detail: str = "",
) -> None:
    values = {
        "at": _now(),
        "batch": batch.hex(),
        "record": record,
        "chip": chip.hex() if chip else None,
        "what": what,
        "detail": detail,
    }
    connection.execute(insert(events).values(**values))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
