"""The bureau's memory: which records and chips there are, and how far each has come.

Written before each step that changes a card, so that what a card may have undergone is known at
any time. No personal data and no secrets are here: enrolment reference, card number, serials.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from personalization.database import writing
from personalization.errors import BatchRefused, JournalError, LeaseLost
from personalization.journal_reader import JournalReader, record_row
from personalization.journal_rows import Batch, Entry, NewRecord, batch_row, read_entry
from personalization.journal_schema import State, batches, chips, events, records
from personalization.owner import Owner


class Journal(JournalReader):
    """An open journal. Every method is one transaction; what returned is on the disk.

    Raises `JournalError`, and `LeaseLost` from methods that need the record's lease.
    """

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

    def remove_if_unused(self) -> None:
        """Remove a journal that no batch was ever written to.

        It is looked at and removed in a writing transaction: SQLite lets nobody who waited for his
        turn write into the removed file (SQLITE_READONLY_DBMOVED).
        """
        with writing(self._engine, self.path) as connection:
            if connection.execute(select(batches.c.id).limit(1)).first() is None:
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
                self.path.unlink()

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
            return read_entry(record_row(connection, found))

    def resume(self, record: int, owner: Owner, reader: str) -> Entry:
        """Lease a record whose card has come back. Raises `LeaseLost` while its owner lives."""
        with writing(self._engine, self.path) as connection:
            entry = read_entry(record_row(connection, record))
            holder = entry.owner
            if holder is not None and holder != owner and holder.alive:
                raise LeaseLost(
                    f"record {entry.place + 1} is held by process {holder.pid} at {entry.reader}"
                )
            state = entry.reached if entry.state is State.UNCERTAIN else entry.state
            changes = {"state": state, "owner": str(owner), "reader": reader, "remark": None}
            _change(connection, record, **changes)
            _note(connection, entry.batch, record, entry.chip, "resumed", f"at {state}; {reader}")
            return read_entry(record_row(connection, record))

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


@contextmanager
def journal_for_preparing(path: Path) -> Iterator[Journal]:
    """Open the journal, or make one; a new one stays only when the block ends well."""
    is_new = not path.exists()
    with Journal(path, create=True) as journal:
        try:
            yield journal
        except BaseException:
            if is_new:
                journal.remove_if_unused()
            raise


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
