"""Opening the journal's database: how SQLite is told to keep what it confirmed.

Rollback journal (TRUNCATE) with synchronous=FULL, not WAL: a confirmed commit is on the disk
before the card is touched (TRUNCATE synchronises the emptied journal as well, which DELETE does
not), and the journal is one file, so that a plain copy of it at rest is a whole backup. WAL would
leave confirmed commits in a second file. A card takes seconds and a commit milliseconds: the
readers that WAL would not block do not matter here.

A transaction that writes begins with BEGIN IMMEDIATE, so that it waits for its turn at its
beginning and never fails half-way because another process wrote first.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from personalization.errors import FileMissing, JournalError
from personalization.journal_schema import SCHEMA_VERSION, about, metadata

PATIENCE_SECONDS = 30
_APPLICATION_ID = 0x55434A31


def open_database(path: Path, *, create: bool) -> Engine:
    """Open the journal at a path; ``create`` makes it where there is none.

    Raises `FileMissing`, and `JournalError` for what is no journal or has another version.
    """
    if not create and not path.exists():
        raise FileMissing(
            f"there is no journal at {path}",
            advice="name the journal that the batch was prepared with: --journal",
        )
    _make_private(path)
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"timeout": PATIENCE_SECONDS},
    )
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    with writing(engine, path) as connection:
        if not _is_empty(connection):
            _check_version(connection, path)
        elif create:
            metadata.create_all(connection)
            connection.execute(insert(about).values(schema_version=SCHEMA_VERSION))
            connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
        else:
            raise JournalError(f"{path} is empty and no journal")
    return engine


def _make_private(path: Path) -> None:
    """Make the file, if it is not there, for its owner only; SQLite's own files inherit that."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise JournalError(
            f"the journal {path} cannot be opened: {error.strerror}",
            advice="check the folder and the permissions of the file",
        ) from error


@contextmanager
def writing(engine: Engine, path: Path) -> Iterator[Connection]:
    """Run one writing transaction: all of it is on the disk, or none of it happened."""
    with _errors(path), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine, path: Path) -> Iterator[Connection]:
    """Run one transaction that only reads, and so waits for nobody's turn to write."""
    with _errors(path), engine.execution_options(reading=True).begin() as connection:
        yield connection


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise JournalError(
            f"the journal {path} cannot be used: {error.orig}",
            advice="check permissions, free space and whether another program holds the file",
        ) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.IntegrityError):
            raise
        raise JournalError(f"{path} is no journal, or a damaged one: {error.orig}") from error


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own handling of transactions is switched off: `_begin` says how they begin.
    connection.isolation_level = None
    for pragma in ("journal_mode = TRUNCATE", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _is_empty(connection: Connection) -> bool:
    names = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    return not names.scalar_one()


def _check_version(connection: Connection, path: Path) -> None:
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if application != _APPLICATION_ID:
        raise JournalError(f"{path} is a database of something else, not a journal")
    version = connection.execute(select(about.c.schema_version)).scalar_one()
    if version != SCHEMA_VERSION:
        raise JournalError(
            f"the journal {path} has version {version}, this program knows {SCHEMA_VERSION}",
            advice="use the version of this program that wrote it, or a later one",
        )
