"""A card's memory in a file: one process at a time, replaced whole, on disk before it counts.

The file is JSON with a checksum. A new version is written beside it, synchronised, renamed over it
and the directory synchronised: whatever happens, the file is the old or the new version. The lock
is on the file itself; each new version is locked before it takes the name.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from applet_spec import Changed, ExitCode
from card_simulator.card_life_cycle import STATE_CELL
from card_simulator.card_manager import CPLC_CELL
from card_simulator.chip import CPLC_LENGTH
from card_simulator.key_sets import KeySets
from card_simulator.memory import Entry, Image, Memory
from card_simulator.scp03_options import Options
from host_lib.errors import ReaderError, ReaderNotFound

FORMAT = "unicard software card"
VERSION = 1


class CardFileMissingError(ReaderNotFound):
    """There is no card file of this name."""

    exit_code = ExitCode.USAGE
    advice = "make blank cards with `unicard sim new`, or check the name"


class CardFileDamagedError(ReaderError):
    """The file is not a card file, or has been changed or cut short."""

    advice = "restore the file from a copy; a damaged card cannot be repaired"


class CardFileBusyError(ReaderError):
    """Another process has the card."""

    advice = "end the other program that uses this card, or take another card"


class CardFileWriteError(ReaderError):
    """The card's new state could not be put on disk; the file holds the state before."""

    advice = "make room, or give the right to write there, and run the command again"


def create(path: Path, image: Image) -> None:
    """Write a new card file. Raises `CardFileWriteError`, also when the file exists."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(_encode(image))
            file.flush()
            os.fsync(fd)
        _sync_directory(path)
    except FileExistsError as error:
        raise CardFileWriteError(
            f"{path} exists already", advice="choose another directory or move the old cards away"
        ) from error
    except OSError as error:
        raise CardFileWriteError(f"{path} cannot be written: {error.strerror}") from error


def read(path: Path) -> Image:
    """Return what a card file holds, without locking it.

    Raises `CardFileMissingError` or `CardFileDamagedError`.
    """
    try:
        return _decode(path, path.read_bytes())
    except FileNotFoundError as error:
        raise CardFileMissingError(f"there is no card file {path}") from error
    except OSError as error:
        raise ReaderError(f"{path} cannot be read: {error.strerror}") from error


class CardFile:
    """An open, locked card file. Raises as `read` does, and `CardFileBusyError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = _open_locked(path)
        try:
            self.image = _decode(path, _read_all(self._fd))
        except OSError as error:
            os.close(self._fd)
            raise ReaderError(f"{path} cannot be read: {error.strerror}") from error
        except BaseException:
            os.close(self._fd)
            raise

    def is_present(self) -> bool:
        """Whether the name still leads to the file that was opened or saved last."""
        try:
            return os.path.samestat(os.fstat(self._fd), self.path.stat())
        except OSError:
            return False

    def save(self, image: Image) -> None:
        """Put the memory on disk; when this returns it is there to stay."""
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _write_all(fd, _encode(image))
                os.fsync(fd)
                temporary.replace(self.path)
            except BaseException:
                os.close(fd)
                raise
            os.close(self._fd)
            self._fd = fd
            _sync_directory(self.path)
        except OSError as error:
            raise CardFileWriteError(
                f"{self.path} cannot be written: {error.strerror}",
                changed=Changed.UNKNOWN,
                exit_code=ExitCode.UNCERTAIN,
            ) from error

    def close(self) -> None:
        """Unlock the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _open_locked(path: Path) -> int:
    while True:
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise CardFileMissingError(f"there is no card file {path}") from error
        except OSError as error:
            raise ReaderError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        except BlockingIOError as error:
            os.close(fd)
            raise CardFileBusyError(f"{path} is in use by another process") from error
        except OSError:
            pass  # renamed away between open and lock: look again
        os.close(fd)


def _read_all(fd: int) -> bytes:
    with os.fdopen(os.dup(fd), "rb") as file:
        return file.read()


def _write_all(fd: int, data: bytes) -> None:
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(data)


def _sync_directory(path: Path) -> None:
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _encode(image: Image) -> bytes:
    body = {
        "cells": {name: value.hex() for name, value in sorted(image.cells.items())},
        "journal": [[entry.cell, _hex(entry.value)] for entry in image.journal],
        "journal_valid": image.journal_valid,
    }
    head = {"format": FORMAT, "version": VERSION, "check": _check(body)}
    return json.dumps({**head, **body}, indent=1).encode() + b"\n"


def _decode(path: Path, data: bytes) -> Image:
    try:
        content = json.loads(data)
        image = _image(content)
        sound = (
            content["format"] == FORMAT
            and content["version"] == VERSION
            and content["check"]
            == _check({name: content[name] for name in ("cells", "journal", "journal_valid")})
            and len(image.cells[CPLC_CELL]) == CPLC_LENGTH
            and STATE_CELL in image.cells
            and _opens_sessions(Memory(Image(image.cells)))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CardFileDamagedError(f"{path} is not a readable card file") from error
    if not sound:
        raise CardFileDamagedError(f"{path} is damaged: its content does not fit its checksum")
    return image


def _opens_sessions(memory: Memory) -> bool:
    """Say whether there is a complete key set; ValueError for one or an i that cannot be."""
    return Options.of(memory).i >= 0 and bool(KeySets(memory).complete())


def _image(content: Mapping[str, Any]) -> Image:
    cells = {str(name): bytes.fromhex(value) for name, value in content["cells"].items()}
    journal = tuple(
        Entry(str(cell), None if value is None else bytes.fromhex(value))
        for cell, value in content["journal"]
    )
    return Image(cells, journal, bool(content["journal_valid"]))


def _check(body: Mapping[str, object]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
