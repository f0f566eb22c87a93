"""Files that appear whole under their name, or not at all, and never take another's place."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import BinaryIO

from personalization.errors import FileExists, FileUnwritable

_PRIVATE = 0o600


class NewFile:
    """A file being written beside its future name, mode 0600; `publish` gives it that name."""

    def __init__(self, path: Path, file: BinaryIO, unfinished: Path) -> None:
        self.path = path
        self.file = file
        self._unfinished = unfinished

    def publish(self) -> None:
        """Put the file, on the disk, under its name. Raises `FileExists`, `FileUnwritable`."""
        with _as_ours(self.path):
            self.file.flush()
            os.fsync(self.file.fileno())
            os.link(self._unfinished, self.path)
            flush_folder(self.path.parent)

    def withdraw(self) -> None:
        """Take the published name back."""
        self.path.unlink(missing_ok=True)


@contextmanager
def new_file(path: Path) -> Iterator[NewFile]:
    """Begin a file; without `NewFile.publish` nothing of it stays.

    What a process left that was killed over a file of this name is removed first.
    Raises `FileExists` when something has the name already, and `FileUnwritable`.
    """
    if path.exists() or path.is_symlink():
        raise FileExists(f"{path} exists already")
    _remove_left_over(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    with _as_ours(path):
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(OSError):  # without locks, what a killed process leaves stays
                fcntl.flock(file, fcntl.LOCK_EX)
            yield NewFile(path, file, unfinished)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _remove_left_over(path: Path) -> None:
    """Remove unfinished files of this name that no living process has locked."""
    for left in path.parent.glob(f".{escape(path.name)}.????????.new"):
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def write_new(path: Path, data: bytes) -> None:
    """Write a whole new file. Raises `FileExists`, `FileUnwritable`."""
    with new_file(path) as new:
        new.file.write(data)
        new.publish()


@contextmanager
def _as_ours(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise FileExists(f"{path} exists already") from error
    except OSError as error:
        raise FileUnwritable(f"{path} cannot be written: {error.strerror}") from error


def flush_folder(folder: Path) -> None:
    """Put a folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
