"""The stream of data groupings that STORE DATA brings: cut anywhere, put together here.

A grouping (DGI) is a tag of 2 bytes, a length of 1 byte (00 to FE) or FF and 2 bytes, and its
content (EMV CPS 1.1, 2.2). What is not complete at the end of a command waits for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_LONG = 0xFF

Header = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Grouping:
    """One complete DGI."""

    tag: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream between two commands: the next block number and what waits to be completed.

    ``block`` is None where no stream is open; block 0 always opens one.
    """

    block: int | None = None
    waiting: bytes = b""

    def takes(self, block: int) -> bool:
        """Say whether this block number may come now."""
        return block in (0, self.block)

    def feed(self, block: int, data: bytes) -> Stream:
        """Return the stream with the block's data at its end."""
        waiting = self.waiting if block else b""
        return Stream((block + 1) & 0xFF, waiting + data)

    def groupings(self, check_header: Header) -> Iterator[Grouping]:
        """Yield the complete DGIs; ``check_header`` sees each tag and length as soon as it can."""
        rest = self.waiting
        while (header := _header(rest)) is not None:
            tag, length, start = header
            check_header(tag, length)
            if len(rest) < start + length:
                return
            yield Grouping(tag, rest[start : start + length])
            rest = rest[start + length :]

    def remainder(self) -> Stream:
        """Return the stream with only what is not complete."""
        rest = self.waiting
        while (header := _header(rest)) is not None:
            _, length, start = header
            if len(rest) < start + length:
                break
            rest = rest[start + length :]
        return replace(self, waiting=rest)


def _header(data: bytes) -> tuple[int, int, int] | None:
    """Return tag, content length and where the content begins; None while bytes are missing."""
    if len(data) < 3 or (data[2] == _LONG and len(data) < 5):
        return None
    tag = int.from_bytes(data[:2], "big")
    if data[2] == _LONG:
        return tag, int.from_bytes(data[3:5], "big"), 5
    return tag, data[2], 3
