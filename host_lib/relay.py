"""Cards at a distance: the back office holds the keys, a terminal only passes bytes.

The terminal connects out to the back office (`host_lib.relay_terminal`), by TLS with certificates
on both ends; its certificate's common name is its id. There each terminal is a `Reader`
(`RelayServer.accept`), over which `Card` works as over any other. When the line breaks in the
middle of a transaction, the terminal connects again and the flow, which asks for its reader to be
there, queries the card.
Lines without TLS exist for tests and must be asked for (``plain=True``); no PIN goes over them.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from queue import Empty, Queue
from typing import TypeAlias

from applet_spec import Changed
from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.reader import SelfClosing
from host_lib.relay_frames import (
    HELLO_SECONDS,
    Address,
    Frame,
    Hello,
    Kind,
    Link,
    LinkLost,
    LinkRefused,
    decode_error,
    encode_time,
    require_tls,
    server_context,
)
from host_lib.secret import Pin

__all__ = ["Address", "LinkLost", "LinkRefused", "RelayReader", "RelayServer", "server_context"]

LINE_SECONDS = 5.0
"""How much longer than the card's own time an answer may take on the line."""


_Connections: TypeAlias = "Queue[tuple[Link, Hello]]"


class _Back:
    """Where a terminal that connects again is kept for its reader."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self.connections: _Connections = Queue()
        self.give_up = give_up

    def put(self, link: Link, hello: Hello) -> None:
        """Keep its newest connection; older ones are broken by now."""
        with suppress(Empty):
            while True:
                self.connections.get_nowait()[0].close()
        self.connections.put((link, hello))


class RelayReader(SelfClosing):
    """The reader of a terminal, on the back office's end. Errors of the terminal's reader keep
    their types; `LinkLost` is raised from the break on until `wait_for_card` has the terminal back.
    """

    def __init__(self, link: Link, hello: Hello, back: "_Back") -> None:
        self._link: Link | None = link
        self._hello = hello
        self._atr = hello.atr
        self._back = back
        self._number = 0
        self._closed = False

    @property
    def terminal_id(self) -> bytes:
        """The terminal's id, 8 bytes; proven by its certificate."""
        return self._hello.terminal_id

    @property
    def name(self) -> str:
        """A name for messages."""
        return f"relay:{self.terminal_id.decode('ascii', 'replace').strip()}:{self._hello.reader}"

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card. Raises CardRemoved where none has been there yet."""
        if not self._atr:
            raise CardRemoved(f"{self.name}: there is no card")
        return self._atr

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Have one command passed to the card; return its answer."""
        return self._ask(Kind.TRANSMIT, encode_time(timeout) + bytes(command), timeout)

    def reset(self) -> bytes:
        """Have the card reset; return its ATR."""
        self._atr = self._ask(Kind.RESET, b"", LINE_SECONDS)
        return self._atr

    def wait_for_card(self, timeout: float | None) -> None:
        """Have the terminal wait for a card, after it has connected again where the line broke."""
        end = None if timeout is None else time.monotonic() + timeout
        if self._link is None:
            self._require_open()
            self._link, self._hello = _next(self._back.connections, timeout)
        left = None if end is None else max(0.0, end - time.monotonic())
        self._atr = self._ask(Kind.WAIT_FOR_CARD, encode_time(left), left)

    def wait_for_removal(self, timeout: float | None) -> None:
        """Have the terminal wait until the card is gone."""
        self._ask(Kind.WAIT_FOR_REMOVAL, encode_time(timeout), timeout)

    def ask_pin(self, timeout: float | None = 60.0) -> Pin:
        """Have the holder enter the PIN at the terminal; it is nowhere logged.

        Raises LinkRefused over a line without TLS, ReaderTimeout, and ReaderError where the
        terminal has no PIN pad or the holder gave up.
        """
        if self._link is not None and not self._link.secure:
            raise LinkRefused("no PIN goes over a line without mutually authenticated TLS")
        digits = self._ask(Kind.ASK_PIN, encode_time(timeout), timeout)
        try:
            return Pin(digits.decode("ascii"))
        except ValueError as error:
            raise ReaderError("the terminal sent what is no PIN") from error

    def exclusive(self) -> AbstractContextManager[None]:
        """The terminal keeps others away from the card as long as it is connected."""
        return nullcontext()

    def close(self) -> None:
        """End the connection; again is harmless."""
        if not self._closed:
            self._closed = True
            self._back.give_up()
        self._drop()

    def _ask(self, kind: Kind, body: bytes, timeout: float | None) -> bytes:
        self._require_open()
        if self._link is None:
            raise LinkLost("the line to the terminal is broken")
        self._number += 1
        patience = None if timeout is None else timeout + LINE_SECONDS
        try:
            self._link.send(Frame(kind, self._number, body), patience)
            answer = self._link.receive(patience)
            if answer.number != self._number or answer.kind not in (Kind.ANSWER, Kind.ERROR):
                raise LinkLost("the terminal answers what was not asked")
        except BaseException:
            # Whatever comes now would be taken for the answer to something else.
            self._drop()
            raise
        if answer.kind is Kind.ERROR:
            raise decode_error(answer.body)
        return answer.body

    def _require_open(self) -> None:
        if self._closed:
            raise ReaderError(f"{self.name} is closed")

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


class RelayServer(SelfClosing):
    """Where terminals connect to: listens at an address (port 0: any free one).

    ``context`` as `server_context` makes it; without one ``plain`` must say so. Raises ReaderError
    where the address cannot be had.
    """

    def __init__(
        self, address: Address, context: ssl.SSLContext | None, *, plain: bool = False
    ) -> None:
        require_tls(context, plain=plain)
        self._context = context
        self._new: _Connections = Queue()
        self._known: dict[bytes, _Back] = {}
        self._lock = threading.Lock()
        try:
            self._listener = socket.create_server(address)
        except OSError as error:
            raise ReaderError(
                f"{address[0]}:{address[1]} cannot be listened at: {error}"
            ) from error
        threading.Thread(target=self._listen, name="relay", daemon=True).start()

    @property
    def address(self) -> Address:
        """Host and port that terminals connect to."""
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    def accept(self, timeout: float | None = None) -> RelayReader:
        """Return the reader of the next terminal that connects. Raises ReaderTimeout.

        Until it is closed, that terminal comes back to it and to no other.
        """
        link, hello = _next(self._new, timeout)
        back = _Back(lambda: self._forget(hello.terminal_id, back))
        with self._lock:
            self._known[hello.terminal_id] = back
        return RelayReader(link, hello, back)

    def close(self) -> None:
        """Listen no more; connections that are there stay."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._greet, args=(connection,), daemon=True).start()

    def _greet(self, connection: socket.socket) -> None:
        """Let one terminal in, or close its connection."""
        try:
            connection.settimeout(HELLO_SECONDS)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            link = Link(connection)
            frame = link.receive(HELLO_SECONDS)
            hello = Hello.decode(frame.body if frame.kind is Kind.HELLO else b"")
            if self._context is not None and not _names(link, hello):
                raise LinkRefused("the terminal's certificate is that of another one")
        except (OSError, ReaderError):
            connection.close()
            return
        with self._lock:
            back = self._known.get(hello.terminal_id)
            if back is None:
                self._new.put((link, hello))
            else:
                back.put(link, hello)

    def _forget(self, terminal_id: bytes, back: "_Back") -> None:
        """Let a terminal whose reader is closed come to `accept` again."""
        with self._lock:
            if self._known.get(terminal_id) is back:
                del self._known[terminal_id]
            while not back.connections.empty():
                self._new.put(back.connections.get_nowait())


def _names(link: Link, hello: Hello) -> bool:
    """Say whether the certificate's common name is the terminal's id."""
    name = link.peer_name or ""
    return name.isascii() and name.encode().ljust(len(hello.terminal_id)) == hello.terminal_id


def _next(connections: "_Connections", timeout: float | None) -> tuple[Link, Hello]:
    try:
        return connections.get(timeout=timeout)
    except Empty as error:
        raise ReaderTimeout("no terminal connected", changed=Changed.NO) from error
