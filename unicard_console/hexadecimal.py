"""Bytes that are typed on a command line, in hexadecimal."""

from string import hexdigits

import click


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal, of some lengths."""

    def __init__(self, name: str, least: int, most: int) -> None:
        self.name = name
        self._lengths = range(least, most + 1)

    def convert(
        self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Return the bytes."""
        if isinstance(value, bytes):
            return value
        try:
            found = bytes.fromhex(value)
        except ValueError:
            odd = set(value) <= set(hexdigits) and len(value) % 2
            why = "has an odd number of digits, two are a byte" if odd else "is not hexadecimal"
            self.fail(f"{value!r} {why}", param, ctx)
        least, most = self._lengths[0], self._lengths[-1]
        if len(found) not in self._lengths:
            wanted = f"{least} to {most}" if least < most else str(least)
            what = f"{len(found)} byte{'' if len(found) == 1 else 's'}"
            self.fail(f"{value!r} has {what} instead of {wanted}", param, ctx)
        return found


CHIP_SERIAL = Hex("SERIAL", 10, 10)
"""A chip serial, as `unicard card show` prints it."""
