"""Framing of ISO/IEC 7816-4: command chaining, GET RESPONSE after 61xx, a corrected Le after 6Cxx.

Lies under the secure channel: what is sent again or fetched here is the same protected command, so
no counter of a session moves. Free of I/O.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

from host_lib.apdu import (
    MAX_EXTENDED_NE,
    MAX_SHORT_DATA,
    MAX_SHORT_NE,
    Apdu,
    Ranges,
    Response,
)
from host_lib.errors import ProtocolError
from host_lib.layer import layered

Y = TypeVar("Y")
S = TypeVar("S")
R = TypeVar("R")

_CHAINING = 0x10
_SECURE_MESSAGING = 0x04
_FURTHER_SECURE_MESSAGING = 0x20
_FURTHER_INTERINDUSTRY = 0x40
_GET_RESPONSE = 0xC0
_SUCCESS = 0x9000
_MORE_DATA = 0x61
_WRONG_LE = 0x6C


def framed(flow: Generator[Y, S, R], *, extended: bool = False) -> Generator[Y | Apdu, S, R]:
    """Put framing under a flow: each command that it yields is answered with one whole response.

    ``extended`` says that card and reader take extended length fields; without them long data is
    chained and long responses are fetched piece by piece.
    """
    return layered(flow, lambda apdu: transfer(apdu, extended=extended))


def transfer(apdu: Apdu, *, extended: bool = False) -> Generator[Apdu, Response, Response]:
    """Yield the commands that carry one command over the link; return its whole response.

    A protected command is never cut: its MAC is over the length field with which it goes out. A
    link of the chain that is not answered with 9000 ends it, and its answer is returned. Raises
    ProtocolError where the card announces data and does not give it.
    """
    extended = extended or _is_protected(apdu.cla)
    *links, last = (apdu,) if extended else chain(apdu)
    for link in links:
        response = yield link
        if response.sw != _SUCCESS:
            return response
    if not extended and last.ne > MAX_SHORT_NE:
        last = replace(last, ne=MAX_SHORT_NE)
    response = yield last
    if response.sw1 == _WRONG_LE:
        response = yield replace(last, ne=response.sw2 or MAX_SHORT_NE)
    return (yield from _fetch(apdu, response))


def _is_protected(cla: int) -> bool:
    """Say whether a class byte shows secure messaging (ISO/IEC 7816-4, 5.4.1; GlobalPlatform)."""
    further = cla & _FURTHER_INTERINDUSTRY
    return bool(cla & (_FURTHER_SECURE_MESSAGING if further else _SECURE_MESSAGING))


def chain(apdu: Apdu, size: int = MAX_SHORT_DATA) -> Iterator[Apdu]:
    """Cut a command into links of at most ``size`` data bytes (ISO/IEC 7816-4, 5.1.1.1).

    All but the last have the chaining bit set and expect no data; one link is the command itself.
    Raises ValueError for a size below 1.
    """
    if size < 1:
        raise ValueError("a link carries at least one byte")
    start = 0
    while len(apdu.data) - start > size:
        part = apdu.data[start : start + size]
        secret = _shifted(apdu.secret_ranges, start, size)
        yield replace(apdu, cla=apdu.cla | _CHAINING, data=part, ne=0, secret=secret)
        start += size
    if not start:
        yield apdu
    else:
        secret = _shifted(apdu.secret_ranges, start, size)
        yield replace(apdu, data=apdu.data[start:], secret=secret)


def _shifted(ranges: Ranges, start: int, size: int) -> Ranges:
    """Return the parts of the ranges inside ``start`` to ``start + size``, counted from start."""
    cut = ((max(a - start, 0), min(b - start, size)) for a, b in ranges)
    return tuple((a, b) for a, b in cut if a < b)


def _fetch(apdu: Apdu, response: Response) -> Generator[Apdu, Response, Response]:
    """Fetch what 61xx announces and return it in one piece."""
    if response.sw1 != _MORE_DATA:
        return response
    cla = apdu.cla & 0x4F if apdu.cla & 0xC0 == _FURTHER_INTERINDUSTRY else apdu.cla & 0x03
    data = bytearray(response.data)
    while response.sw1 == _MORE_DATA:
        announced = response.sw2 or MAX_SHORT_NE
        get = Apdu(cla, _GET_RESPONSE, 0, 0, ne=announced, label="GET RESPONSE")
        response = yield get
        if response.sw1 == _WRONG_LE:
            response = yield replace(get, ne=response.sw2 or MAX_SHORT_NE)
        if response.sw1 == _MORE_DATA and not response.data:
            raise ProtocolError("the card announces data with 61xx and gives none")
        data += response.data
        if len(data) > MAX_EXTENDED_NE:
            raise ProtocolError(f"the card sends more than {MAX_EXTENDED_NE} bytes in one response")
    return Response(bytes(data), response.sw)
