"""Files of sealed records: each line authenticated in its place, and the file as a whole.

JSON Lines: a header that everybody may read, one sealed record a line, and a sealed trailer with
the count of records and the SHA-256 of everything before it. The associated data of a record is
batch id (8 bytes) || index (4 bytes); the trailer's index is FFFFFFFF. So no record can be changed,
left out, repeated, moved or taken over from another batch.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from host_lib.reader import SelfClosing
from keys_tool import KeyStore, Purpose
from personalization.errors import FileMissing, SealedFileDamaged

BATCH_LENGTH = 8
LARGEST_COUNT = 10_000
_LARGEST_LINE = 1 << 16
_TRAILER = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class SealedKind:
    """A kind of sealed file: its format, the format's version, and the purpose of its key."""

    format: str
    version: int
    purpose: Purpose


PRODUCTION = SealedKind("unicard-production", 2, Purpose.PRODUCTION)
MAILERS = SealedKind("unicard-mailers", 1, Purpose.MAILER)


class SealedWriter:
    """Writes such a file: header, then `add` for each record, then `finish`.

    ``header`` has at least ``batch`` (hexadecimal), ``key_version`` and ``count``.
    """

    def __init__(
        self, file: BinaryIO, store: KeyStore, kind: SealedKind, header: Mapping[str, Any]
    ) -> None:
        self._file = file
        self._store = store
        self._kind = kind
        form = {"format": kind.format, "version": kind.version}
        self._header: dict[str, Any] = form | dict(header)
        self._batch = bytes.fromhex(header["batch"])
        self._digest = sha256()
        self._count = 0
        self._write(self._header)

    def add(self, record: Mapping[str, object]) -> None:
        """Seal the next record."""
        self._write({"index": self._count, "sealed": self._sealed(record, self._count)})
        self._count += 1

    def finish(self) -> bytes:
        """Seal the trailer; return the SHA-256 of the whole file. ValueError for a wrong count."""
        if self._count != self._header["count"]:
            raise ValueError(f"{self._count} records, {self._header['count']} announced")
        trailer = {"count": self._count, "sha256": self._digest.hexdigest()}
        self._write({"sealed": self._sealed(trailer, _TRAILER)})
        return self._digest.digest()

    def _sealed(self, content: Mapping[str, object], index: int) -> str:
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        aad = _associated(self._batch, index)
        version = self._header["key_version"]
        return base64.b64encode(self._store.seal(self._kind.purpose, version, plain, aad)).decode(
            "ascii"
        )

    def _write(self, line: Mapping[str, object]) -> None:
        data = json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n"
        self._digest.update(data)
        self._file.write(data)


class SealedFile(SelfClosing):
    """Reads such a file. Opening it checks all of it but the insides of records.

    Raises `SealedFileDamaged` for any byte that is not as written, and the store's errors. A
    context manager; records are opened one at a time, so that one card's data is in memory.
    """

    def __init__(self, path: Path, store: KeyStore, kind: SealedKind) -> None:
        self.path = path
        self._store = store
        self._kind = kind
        self._file = _opened(path)
        try:
            self._check()
        except BaseException:
            self._file.close()
            raise

    @property
    def batch(self) -> bytes:
        """The batch id, 8 bytes."""
        return bytes.fromhex(self.header["batch"])

    @property
    def count(self) -> int:
        """How many records the file has."""
        return len(self._offsets)

    def record(self, index: int) -> dict[str, Any]:
        """Open one record; ``index`` counts from 0."""
        self._file.seek(self._offsets[index])
        line = self._parsed(self._file.readline(_LARGEST_LINE), index + 2)
        return self._unsealed(line.get("sealed"), index)

    def records(self) -> Iterator[dict[str, Any]]:
        """Open one record after the other."""
        return (self.record(index) for index in range(self.count))

    def _check(self) -> None:
        self.header = self._checked_header(self._file.readline(_LARGEST_LINE))
        digest = sha256()
        self._file.seek(0)
        digest.update(self._file.readline())
        self._offsets = []
        for index in range(self.header["count"]):
            self._offsets.append(self._file.tell())
            data = self._file.readline(_LARGEST_LINE)
            if self._parsed(data, index + 2).get("index") != index:
                raise self._damaged(f"line {index + 2} is not record {index}")
            digest.update(data)
        last = self._file.readline(_LARGEST_LINE)
        trailer = self._unsealed(self._parsed(last, self.count + 2).get("sealed"), _TRAILER)
        if trailer != {"count": self.count, "sha256": digest.hexdigest()}:
            raise self._damaged("the trailer does not fit what stands before it")
        if self._file.read(1):
            raise self._damaged("something follows the trailer")
        digest.update(last)
        self.digest = digest.digest()

    def _checked_header(self, data: bytes) -> dict[str, Any]:
        header = self._parsed(data, 1)
        if header.get("format") != self._kind.format:
            raise self._damaged(f"it is no file of the format {self._kind.format}")
        if header.get("version") != self._kind.version:
            raise SealedFileDamaged(
                f"{self.path} has version {header.get('version')!r} of its format",
                advice="use the version of this program that wrote it, or a later one",
            )
        count, batch = header.get("count"), header.get("batch")
        if type(count) is not int or not 1 <= count <= LARGEST_COUNT:
            raise self._damaged("the header's count is out of range")
        if not isinstance(batch, str) or len(batch) != 2 * BATCH_LENGTH:
            raise self._damaged("the header has no batch id")
        if type(header.get("key_version")) is not int:
            raise self._damaged("the header has no key version")
        return header

    def _parsed(self, data: bytes, line: int) -> dict[str, Any]:
        try:
            value = json.loads(data) if data.endswith(b"\n") else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._damaged(f"line {line} is cut short, missing or no JSON object")
        return value

    def _unsealed(self, sealed: object, index: int) -> dict[str, Any]:
        aad = _associated(bytes.fromhex(self.header["batch"]), index)
        try:
            data = base64.b64decode(str(sealed), validate=True)
        except ValueError:
            raise self._damaged("a sealed record is no base64") from None
        version = self.header["key_version"]
        plain = self._store.open(self._kind.purpose, version, data, aad)
        content: dict[str, Any] = json.loads(plain)
        return content

    def _damaged(self, why: str) -> SealedFileDamaged:
        return SealedFileDamaged(f"{self.path} cannot be used: {why}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def batch_of(path: Path) -> bytes:
    """Return the batch id that a file's header names; nothing of it is authenticated."""
    with _opened(path) as file:
        try:
            batch = bytes.fromhex(json.loads(file.readline(_LARGEST_LINE))["batch"])
        except (ValueError, KeyError, TypeError, RecursionError):
            batch = b""
    if len(batch) != BATCH_LENGTH:
        raise SealedFileDamaged(f"{path} is no production or mailer file")
    return batch


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FileMissing(f"there is no file {path}") from error
    except OSError as error:
        raise SealedFileDamaged(
            f"{path} cannot be read: {error.strerror}", advice="check the file's name"
        ) from error


def _associated(batch: bytes, index: int) -> bytes:
    return batch + index.to_bytes(4, "big")
