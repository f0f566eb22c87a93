"""Records of fields of fixed length one after the other, big-endian, as the contract lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from applet_spec.model import RecordField


class Layout:
    """Where each field of a record lies; the first one begins at ``start``."""

    def __init__(self, fields: Iterable[RecordField], start: int = 0) -> None:
        self._lengths = {field.name: field.length for field in fields}
        self._slices = {}
        position = start
        for name, length in self._lengths.items():
            self._slices[name] = slice(position, position + length)
            position += length
        self.end = position

    def cut(self, record: bytes) -> dict[str, bytes]:
        """Return the fields by name."""
        return {name: record[where] for name, where in self._slices.items()}

    def field(self, record: bytes, name: str) -> bytes:
        """Return one field."""
        return record[self._slices[name]]

    def run(self, record: bytes, first: str, last: str) -> bytes:
        """Return the fields from the first to the last of these."""
        return record[self._slices[first].start : self._slices[last].stop]

    def number(self, record: bytes, name: str) -> int:
        """Return one field as a number."""
        return int.from_bytes(record[self._slices[name]], "big")

    def with_number(self, record: bytes, name: str, value: int) -> bytes:
        """Return the record with another number in one field."""
        return self.with_field(record, name, value.to_bytes(self._lengths[name], "big"))

    def with_field(self, record: bytes, name: str, value: bytes) -> bytes:
        """Return the record with other bytes in one field, as many."""
        where = self._slices[name]
        return record[: where.start] + value + record[where.stop :]

    def joined(self, values: Mapping[str, bytes]) -> bytes:
        """Return the record of these fields, each filled up with zeros at its end."""
        return b"".join(values[name].ljust(size, b"\x00") for name, size in self._lengths.items())
