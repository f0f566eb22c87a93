"""Connects software cards to vpcd, the virtual reader of pcscd (vsmartcard project).

The card is the TCP client. Each message has a length of 2 bytes, big-endian; a message of one byte
from the reader is a control (0 power off, 1 power on, 2 reset, 4 answer with the ATR), any other an
APDU to answer.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import Enum, auto
from types import TracebackType
from typing import Self

from card_simulator.chip import ATR
from card_simulator.reader import SimReader
from host_lib.errors import CardRemoved

DEFAULT_HOST = "localhost"
DEFAULT_PORT = 35963

GAP_SECONDS = 1.0
"""How long the reader stays empty between two cards: longer than pcscd's looks into it."""

RETRY_SECONDS = 0.5

_OFF, _ON, _RESET, _ATR = 0, 1, 2, 4

Report = Callable[[str], None]


class Stop:
    """A request to end that can come from a signal handler and wakes whoever waits."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._requested = False

    @property
    def requested(self) -> bool:
        """Whether the end was asked for."""
        return self._requested

    def request(self) -> None:
        """Ask for the end; may be called more than once."""
        if not self._requested:
            self._requested = True
            self._theirs.send(b"\x00")

    def wait(self, seconds: float) -> bool:
        """Wait so long or until the end is asked for; say whether it was."""
        select.select([self._ours], [], [], seconds)
        return self._requested

    def wait_for(self, connection: socket.socket) -> bool:
        """Wait until ``connection`` can be read (True) or the end is asked for (False)."""
        readable, _, _ = select.select([self._ours, connection], [], [])
        return self._ours not in readable

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ours.close()
        self._theirs.close()


class Ending(Enum):
    """Why a card left the virtual reader."""

    STOPPED = auto()
    DISCONNECTED = auto()
    EJECTED = auto()
    REMOVED = auto()


class VirtualReader:
    """The way to vpcd at ``host`` and ``port``; ``report`` is told what happens, in sentences."""

    def __init__(self, host: str, port: int, stop: Stop, report: Report) -> None:
        self._address = (host, port)
        self._stop = stop
        self._report = report

    def serve_one(self, card: SimReader) -> None:
        """Keep one card in the reader, through restarts of pcscd, until the end is asked for."""
        while self._insert(card, eject=False) is Ending.DISCONNECTED:
            self._report("the reader is gone; waiting for it to come back")

    def serve_hopper(self, cards: Iterator[SimReader]) -> int:
        """Insert the cards one after the other, each until the host powers it down after using it.

        A card whose reader disappears is inserted again. Return how many cards were served.
        """
        served = 0
        for card in cards:
            with card:
                while (ending := self._insert(card, eject=True)) is Ending.DISCONNECTED:
                    self._report("the reader is gone; waiting for it to come back")
                if ending is Ending.STOPPED:
                    return served
                if ending is Ending.EJECTED:
                    served += 1
                    self._report(f"{card.name} is done and out")
            if self._stop.wait(GAP_SECONDS):
                return served
        self._report("the hopper is empty")
        return served

    def _insert(self, card: SimReader, *, eject: bool) -> Ending:
        connection = self._connect()
        if connection is None:
            return Ending.STOPPED
        with closing(connection):
            self._report(f"{card.name} is in the reader")
            try:
                return self._answer(connection, card, eject=eject)
            except CardRemoved as error:
                self._report(error.message)
                return Ending.REMOVED
            except OSError:
                return Ending.DISCONNECTED

    def _connect(self) -> socket.socket | None:
        told = False
        while not self._stop.requested:
            try:
                connection = socket.create_connection(self._address)
            except OSError as error:
                if not told:
                    host, port = self._address
                    self._report(f"no virtual reader at {host}:{port} ({error.strerror}); waiting")
                    told = True
                self._stop.wait(RETRY_SECONDS)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        return None

    def _answer(self, connection: socket.socket, card: SimReader, *, eject: bool) -> Ending:
        """Answer messages until the card is to leave."""
        used = False
        while (message := self._receive(connection)) is not None:
            if not message:
                return Ending.STOPPED
            if len(message) > 1:
                used = True
                _send(connection, card.transmit(message))
            elif message[0] == _ATR:
                _send(connection, ATR)
            elif message[0] in (_ON, _RESET):
                card.reset()
            elif message[0] == _OFF:
                card.card.power_off()
                if eject and used:
                    return Ending.EJECTED
        card.card.power_off()
        return Ending.DISCONNECTED

    def _receive(self, connection: socket.socket) -> bytes | None:
        """Return the next message; None when the reader is gone, empty when the end is wanted."""
        header = self._read(connection, 2)
        if not header:
            return header
        return self._read(connection, int.from_bytes(header, "big"))

    def _read(self, connection: socket.socket, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            if not self._stop.wait_for(connection):
                return b""
            try:
                # vpcd sends length and content apart and waits in between for the first to be
                # acknowledged, which Linux delays by 40 ms unless it is asked to each time.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                part = connection.recv(count - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2, "big") + message)
