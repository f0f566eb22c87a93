"""Files of receipts, JSON Lines: read line by line, verified in bulk, every bad line named.

The format is ``applet_spec/formats/receipt.schema.json``. A file of any size takes the memory of
its bad lines.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import BinaryIO

from applet_spec.errors import ExitCode
from host_lib.errors import ProtocolError
from host_lib.transaction import Receipt
from keys_tool.errors import KeysError
from keys_tool.receipts import Verdict, verify_receipts
from keys_tool.store import KeyStore

LONGEST_LINE = 1 << 10
"""Bytes of a line; a receipt's has a fifth of it."""
_MEMBER = "receipt"
_NO_LINE = 'no line of the form {"receipt": "89 bytes in hexadecimal"}'
_CUT_SHORT = "cut short: the file ends in the middle of a line"


class ReceiptFileUnreadable(KeysError):
    """There is no such file of receipts, or it cannot be read."""

    exit_code = ExitCode.USAGE
    advice = "Name a file with one receipt a line (applet_spec/formats/receipt.schema.json)."


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no valid receipt: its number from 1, why, and what it says of itself.

    Nothing of ``receipt`` is proven; it is None where the line cannot be read so far.
    """

    line: int
    reason: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """How many lines of a file are valid receipts, and the others."""

    valid: int
    bad: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: the bytes that it holds, or why it holds none."""

    number: int
    data: bytes
    fault: str = ""


def verify_file(path: Path, store: KeyStore) -> FileVerdict:
    """Verify every line of a file. Raises `ReceiptFileUnreadable`, and the store's errors."""
    valid, bad = 0, list[BadLine]()
    try:
        with path.open("rb") as file:
            for line, verdict in _judged(_lines(file), store):
                if verdict is Verdict.VALID:
                    valid += 1
                else:
                    bad.append(BadLine(line.number, line.fault or verdict.value, _said(line.data)))
    except OSError as error:
        raise ReceiptFileUnreadable(f"{path} cannot be read: {error.strerror}") from error
    return FileVerdict(valid, tuple(bad))


def _judged(lines: Iterable[_Line], store: KeyStore) -> Iterator[tuple[_Line, Verdict]]:
    numbered, read = tee(lines)
    verdicts = verify_receipts((line.data for line in read), store)
    return ((line, verdict) for line, (_, verdict) in zip(numbered, verdicts, strict=True))


def _lines(file: BinaryIO) -> Iterator[_Line]:
    number = 0
    while text := file.readline(LONGEST_LINE):
        number += 1
        yield _line(number, text)
        # The rest of a line that is too long belongs to it.
        while not text.endswith(b"\n") and (text := file.readline(LONGEST_LINE)):
            pass


def _line(number: int, text: bytes) -> _Line:
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.keys() != {_MEMBER}:
            raise ValueError
        digits = value[_MEMBER]
        data = bytes.fromhex(digits)
        if len(digits) != 2 * len(data):  # spaces between digits, which are no spelling of ours
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        complete = text.endswith(b"\n") or len(text) == LONGEST_LINE
        return _Line(number, b"", _NO_LINE if complete else _CUT_SHORT)
    return _Line(number, data)


def _said(data: bytes) -> Receipt | None:
    try:
        return Receipt.decode(data)
    except ProtocolError:
        return None
