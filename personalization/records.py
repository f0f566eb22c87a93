"""Reads an enrolment list record by record: CSV, JSON Lines or a JSON array, whatever its size.

Nothing is judged here but form: what a record's fields hold is `enrolment`'s affair. One record is
in memory at a time, a JSON array excepted, which may have 64 MiB.
"""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import BinaryIO, Literal

from personalization.errors import FileMissing, ListUnreadable
from personalization.fields import FieldTable

LARGEST_LINE = 1 << 16
"""Bytes of one record; the longest valid one has less than a quarter of it."""
LARGEST_ARRAY = 1 << 26
_BOM = codecs.BOM_UTF8
_START = 4096

Form = Literal["csv", "jsonl", "json"]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it stands in the list; ``fault`` says why ``fields`` could not be read."""

    number: int
    line: int
    fields: Mapping[str, object] = field(repr=False)
    fault: str = ""


def read_records(path: Path, table: FieldTable) -> Iterator[RawRecord]:
    """Yield the records of a list in order.

    Raises `FileMissing`, and `ListUnreadable` for what is no list.

    The form is told from the content, not from the file's name.
    """
    try:
        with path.open("rb") as file:
            form = _form(file, path)
            if form == "json":
                yield from _array(file, path)
            elif form == "jsonl":
                yield from _json_lines(file, path)
            else:
                yield from _csv(file, path, table)
    except FileNotFoundError as error:
        raise FileMissing(f"there is no file {path}") from error
    except OSError as error:
        raise ListUnreadable(f"{path} cannot be read: {error.strerror}") from error


def _form(file: BinaryIO, path: Path) -> Form:
    start = file.read(_START)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ListUnreadable(
            f"{path} is UTF-16, not UTF-8", advice="save the list again with encoding UTF-8"
        )
    if b"\0" in start:
        raise ListUnreadable(f"{path} is no text file: it holds binary data")
    body = start.removeprefix(_BOM).lstrip()
    if not body:
        raise ListUnreadable(f"{path} is empty", advice="name a list with at least one record")
    file.seek(len(_BOM) if start.startswith(_BOM) else 0)
    return {b"[": "json", b"{": "jsonl"}.get(body[:1], "csv")  # type: ignore[return-value]


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line. Raises `ListUnreadable`."""
    number = 0
    while line := file.readline(LARGEST_LINE + 1):
        number += 1
        if len(line) > LARGEST_LINE:
            raise ListUnreadable(f"{path}, line {number}: longer than {LARGEST_LINE} bytes")
        yield number, _decoded(line, f"{path}, line {number}")


def _decoded(data: bytes, where: str) -> str:
    if b"\0" in data:
        raise ListUnreadable(f"{where}: a binary zero is no text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ListUnreadable(
            f"{where}: byte {error.start + 1} is not UTF-8",
            advice="save the list again with encoding UTF-8 (it may be Windows-1256 now)",
        ) from None


def _json_lines(file: BinaryIO, path: Path) -> Iterator[RawRecord]:
    number = 0
    for line, text in _lines(file, path):
        if text.strip():
            number += 1
            yield _from_json(text, number, line)


def _from_json(text: str, number: int, line: int) -> RawRecord:
    try:
        return _object(json.loads(text, object_pairs_hook=_unique), number, line)
    except json.JSONDecodeError as error:
        return RawRecord(number, line, {}, f"no JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return RawRecord(number, line, {}, str(error))
    except RecursionError:
        return RawRecord(number, line, {}, "nested too deeply")


def _object(value: object, number: int, line: int) -> RawRecord:
    if isinstance(value, dict):
        return RawRecord(number, line, value)
    return RawRecord(number, line, {}, "a record is a JSON object with named fields")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice[:40]!r} stands there twice")
    return fields


def _array(file: BinaryIO, path: Path) -> Iterator[RawRecord]:
    data = file.read(LARGEST_ARRAY + 1)
    if len(data) > LARGEST_ARRAY:
        raise ListUnreadable(
            f"{path} is a JSON array of more than {LARGEST_ARRAY} bytes",
            advice="write the list as JSON Lines, one record a line: it has no limit",
        )
    text = _decoded(data, str(path))
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    position = _skip(text, text.index("[") + 1)
    number = 0
    while text[position : position + 1] != "]":
        number += 1
        line = text.count("\n", 0, position) + 1
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or str(error)
            yield RawRecord(number, line, {}, f"no JSON, the rest was not read: {reason}")
            return
        yield _object(value, number, line)
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            raise ListUnreadable(f"{path}, line {line}: no comma or ] after the record")
    if text[position + 1 :].strip():
        raise ListUnreadable(f"{path}: something follows the array")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _csv(file: BinaryIO, path: Path, table: FieldTable) -> Iterator[RawRecord]:
    columns: list[str] | None = None
    number = 0
    for line, text in _lines(file, path):
        if not text.strip():
            continue
        cells, fault = _cells(text)
        if columns is None:
            columns = _header(cells, path, table)
            continue
        number += 1
        if not fault and len(cells) != len(columns):
            fault = f"{len(cells)} cells instead of {len(columns)}, as the header has"
        if fault:
            yield RawRecord(number, line, {}, fault)
        else:
            pairs = zip(columns, cells, strict=True)
            yield RawRecord(number, line, {n: table.typed(n, c) for n, c in pairs if c != ""})


def _cells(text: str) -> tuple[Sequence[str], str]:
    """Return the cells of one line; a record of a list is one line, so quotes end on it."""
    try:
        rows = list(csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return (), f"no CSV: {error}"
    return (rows[0], "") if len(rows) == 1 else ((), "a quoted cell does not end on its line")


def _header(cells: Sequence[str], path: Path, table: FieldTable) -> list[str]:
    columns = [cell.strip() for cell in cells]
    unknown = [name for name in columns if name not in table.names]
    missing = [name for name in table.required if name not in columns]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    faults = [
        f"{what}: {', '.join(repr(n[:40]) for n in names[:8])}"
        for what, names in (
            ("unknown columns", unknown),
            ("missing columns", missing),
            ("columns that stand there twice", twice),
        )
        if names
    ]
    if faults:
        raise ListUnreadable(
            f"{path}: the header is not one of an enrolment list; " + "; ".join(faults),
            advice="the first line names the columns, separated by commas: "
            + ", ".join(table.names),
        )
    return columns
