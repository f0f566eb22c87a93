"""A terminal's receipts as a file that the issuer verifies (`unicard keys verify-receipts`).

The format is ``applet_spec/formats/receipt.schema.json``, JSON Lines.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from applet_spec import ExitCode, UnicardError
from host_lib.transaction import Receipt

_PRIVATE = 0o600


class ReceiptsNotWritten(UnicardError):
    """A file of receipts cannot be written; the journal has every receipt, as unsent as before."""

    advice = "make room, or name a file elsewhere; the receipts wait in the journal"


class ReceiptFileExists(ReceiptsNotWritten):
    """Something has the file's name. It may hold receipts that nobody else has."""

    exit_code = ExitCode.USAGE
    advice = "name a new file: one that is there is never written over"


def receipt_line(receipt: Receipt) -> str:
    """Return a receipt as one line of the format, with its line feed."""
    return json.dumps({"receipt": receipt.encode().hex().upper()}) + "\n"


def write_receipts(path: Path, receipts: Iterable[Receipt]) -> None:
    """Write a new file, mode 0600; whole and on the disk when this returns.

    What a killed process leaves is cut short at most. Raises `ReceiptFileExists` and
    `ReceiptsNotWritten`; no file of ours is left then.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    except FileExistsError as error:
        raise ReceiptFileExists(f"{path} exists already") from error
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(receipt_line(one).encode() for one in receipts)
            file.flush()
            os.fsync(file.fileno())
        _flush_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise _unwritten(path, error) from error
        raise


def _unwritten(path: Path, error: OSError) -> ReceiptsNotWritten:
    return ReceiptsNotWritten(f"{path} cannot be written: {error.strerror}")


def _flush_folder(folder: Path) -> None:
    """Put a folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
