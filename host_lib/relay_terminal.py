"""The terminal's end of a relay: it passes bytes between its reader and the back office.

It holds no keys and decides nothing. What it passes in a session is encrypted; a PIN that the
holder enters for the back office goes there over TLS with certificates on both ends, and nowhere
else.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TypeAlias

from host_lib.errors import ReaderError
from host_lib.reader import Reader
from host_lib.relay_frames import (
    HELLO_SECONDS,
    Address,
    Frame,
    Hello,
    Kind,
    Link,
    LinkLost,
    LinkRefused,
    client_context,
    decode_time,
    encode_error,
    require_tls,
)
from host_lib.secret import Pin
from host_lib.terminal import terminal_id_bytes

__all__ = ["LinkLost", "LinkRefused", "PinPad", "client_context", "keep_relaying", "relay"]

_AGAIN_SECONDS = 1.0

PinPad: TypeAlias = Callable[[], Pin]
"""Has the holder enter the PIN; raises a ReaderError where the holder gives up."""


def relay(
    reader: Reader,
    terminal_id: str | bytes,
    address: Address,
    context: ssl.SSLContext | None,
    *,
    pin_pad: PinPad | None = None,
    plain: bool = False,
) -> None:
    """Connect a reader to the back office and pass bytes until it ends the connection.

    ``context`` as `client_context` makes it; without one ``plain`` must say so. ``pin_pad`` has the
    holder enter the PIN. Raises LinkLost and LinkRefused; errors of the reader are passed on.
    """
    require_tls(context, plain=plain)
    link = _connected(address, context)
    try:
        with _exclusive(reader):
            atr = _atr(reader)
            link.send(
                Frame(
                    Kind.HELLO, 0, Hello(terminal_id_bytes(terminal_id), atr, reader.name).encode()
                )
            )
            while True:
                asked = link.receive()
                link.send(_answered(asked, reader, pin_pad if link.secure else None))
    finally:
        link.close()


def keep_relaying(
    reader: Reader,
    terminal_id: str | bytes,
    address: Address,
    context: ssl.SSLContext | None,
    *,
    stop: threading.Event,
    pin_pad: PinPad | None = None,
    plain: bool = False,
) -> None:
    """Relay, and connect again whenever the line breaks, until ``stop`` is set.

    Raises LinkRefused where the back office does not accept this terminal.
    """
    while not stop.is_set():
        with suppress(LinkLost):
            relay(reader, terminal_id, address, context, pin_pad=pin_pad, plain=plain)
        stop.wait(_AGAIN_SECONDS)


def _connected(address: Address, context: ssl.SSLContext | None) -> Link:
    try:
        connection = socket.create_connection(address, timeout=HELLO_SECONDS)
        if context is not None:
            connection = context.wrap_socket(connection, server_hostname=address[0])
    except ssl.SSLCertVerificationError as error:
        raise LinkRefused(f"the back office is not accepted: {error}") from error
    except OSError as error:
        raise LinkLost(f"{address[0]}:{address[1]} cannot be reached: {error}") from error
    return Link(connection)


def _exclusive(reader: Reader) -> AbstractContextManager[None]:
    """Keep others away from the card, where there is one yet."""
    return reader.exclusive() if _atr(reader) else nullcontext()


def _atr(reader: Reader) -> bytes:
    try:
        return reader.atr
    except ReaderError:
        return b""


def _answered(asked: Frame, reader: Reader, pin_pad: PinPad | None) -> Frame:
    """Do what the back office asks for; return the frame that answers it."""
    try:
        return Frame(Kind.ANSWER, asked.number, _done(asked, reader, pin_pad))
    except ReaderError as error:
        return Frame(Kind.ERROR, asked.number, encode_error(error))


def _done(asked: Frame, reader: Reader, pin_pad: PinPad | None) -> bytes:
    timeout = decode_time(asked.body)
    if asked.kind is Kind.TRANSMIT:
        return reader.transmit(asked.body[4:], timeout)
    if asked.kind is Kind.RESET:
        return reader.reset()
    if asked.kind is Kind.WAIT_FOR_CARD:
        reader.wait_for_card(timeout)
        return reader.atr
    if asked.kind is Kind.WAIT_FOR_REMOVAL:
        reader.wait_for_removal(timeout)
        return b""
    if asked.kind is Kind.ASK_PIN and pin_pad is not None:
        return pin_pad().reveal()
    raise ReaderError(f"this terminal does not do {asked.kind.name}")
