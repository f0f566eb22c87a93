"""Replacing a file so that a crash leaves the old bytes or the new ones; one writer at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from applet_spec.errors import Changed
from keys_tool.errors import StoreLocked, StoreReadOnly

_PRIVATE = 0o600
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def _sibling(path: Path, ending: str) -> Path:
    return path.with_name(f".{path.name}.{ending}")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file's lock: one writer among all processes and threads.

    The kernel drops the lock with its process, so a killed writer leaves none behind; the lock file
    itself stays, because deleting it would let two writers hold two files. Raises `StoreLocked` at
    once when another writer holds it, `StoreReadOnly` where no lock file can be made.
    """
    try:
        descriptor = os.open(_sibling(path, "lock"), _LOCK_FLAGS, _PRIVATE)
    except OSError as error:
        raise StoreReadOnly(f"{path} cannot be locked: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreLocked(f"another process is writing to {path}") from error
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Give the file new bytes, mode 0600, on the disk before this returns.

    The caller holds `exclusive`, which is why the name of the unfinished file is fixed and a
    killed writer's leftover is simply written over. Raises `StoreReadOnly`; the file is then as it
    was, unless the error says otherwise.
    """
    if path.exists() and not path.stat().st_mode & 0o200:
        raise StoreReadOnly(f"{path} is read-only")
    new = _sibling(path, "new")
    try:
        _write(new, data)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise StoreReadOnly(f"{path} cannot be written: {error.strerror}") from error
    try:
        _flush_folder(path.parent)
    except OSError as error:
        raise StoreReadOnly(
            f"{path} was written, but the disk did not confirm it: {error.strerror}",
            changed=Changed.UNKNOWN,
            advice="Check the disk, then list the store's keys to see whether the change is there.",
        ) from error


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, _NEW_FLAGS, _PRIVATE)
    try:
        os.fchmod(descriptor, _PRIVATE)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
