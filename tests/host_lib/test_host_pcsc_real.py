"""The PC/SC transport through a real pcscd, with a card of fixed answers in its virtual reader."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.transports.pcsc import PCSC, PcscReader
from tests.support.pcscd import Pcscd

pytestmark = pytest.mark.pcsc

ATR = bytes.fromhex("3B800181")
SLOW, LEAVE = 0xE1, 0xE2
GAP = 1.0
"""Seconds between two cards: pcscd looks into a virtual reader only now and then."""


class FixedCard:
    """A client of vpcd (a message is 2 bytes of length and content): echoes, dawdles or leaves."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("localhost", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.resets = 0
        self.go_on = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self.go_on.set()
        with suppress(OSError):  # it may have left by itself
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()
        time.sleep(GAP)

    def _serve(self) -> None:
        while (head := self._read(2)) and (message := self._read(int.from_bytes(head, "big"))):
            if message == b"\x04":
                self._send(ATR)
            elif len(message) == 1:
                self.resets += message == b"\x02"
            elif message[1] == LEAVE:
                self._socket.shutdown(socket.SHUT_RDWR)
                return
            else:
                if message[1] == SLOW:
                    self.go_on.wait(10)
                self._send(message + b"\x90\x00")

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                # Else each message costs the 40 ms by which acknowledgements are delayed.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                part = self._socket.recv(count - len(data))
            except OSError:
                return b""
            if not part:
                return b""
            data += part
        return data

    def _send(self, message: bytes) -> None:
        self._socket.sendall(len(message).to_bytes(2, "big") + message)


@contextmanager
def card_in(pcscd: Pcscd) -> Iterator[FixedCard]:
    card = FixedCard(pcscd.ports[0])
    try:
        yield card
    finally:
        card.leave()


@pytest.fixture
def reader(pcscd: Pcscd) -> Iterator[PcscReader]:
    with PCSC.open(pcscd.readers[0]) as reader:
        reader.wait_for_removal(10)
        yield reader


def test_the_virtual_readers_are_listed_and_opened_by_number(pcscd: Pcscd) -> None:
    assert tuple(PCSC.names()) == tuple(f"pcsc:{name}" for name in pcscd.readers)
    with PCSC.open("1") as second:
        assert second.name == f"pcsc:{pcscd.readers[1]}"
    with pytest.raises(ReaderError, match="2 PC/SC readers fit"):
        PCSC.open("virtual")


def test_a_card_comes_answers_and_goes(reader: PcscReader, pcscd: Pcscd) -> None:
    with pytest.raises(CardRemoved, match="there is no card"):
        reader.transmit(b"\x00\xe0\x00\x00")
    with pytest.raises(ReaderTimeout):
        reader.wait_for_card(0.1)
    with card_in(pcscd) as card:
        reader.wait_for_card(10)
        assert reader.atr == ATR
        for command in (b"\x00\xe0\x00\x00\x00", b"\x00\xe0\x00\x00\xff" + bytes(255) + b"\x00"):
            assert reader.transmit(command, 10) == command + b"\x90\x00"
        before = card.resets
        assert reader.reset() == ATR
        assert card.resets == before + 1
        with reader.exclusive():
            assert reader.transmit(b"\x00\xe0\x00\x00", 10)[-2:] == b"\x90\x00"
    reader.wait_for_removal(10)


def test_a_card_that_leaves_in_the_middle_of_a_command_is_reported(
    reader: PcscReader, pcscd: Pcscd
) -> None:
    with card_in(pcscd):
        reader.wait_for_card(10)
        with pytest.raises(CardRemoved, match="left in the middle"):
            reader.transmit(bytes((0, LEAVE, 0, 0)), 10)
    reader.wait_for_removal(10)
    with card_in(pcscd):
        reader.wait_for_card(10)
        assert reader.transmit(b"\x00\xe0\x00\x00", 10)[-2:] == b"\x90\x00"


def test_a_card_reset_by_another_program_is_reported_and_a_reset_heals(
    reader: PcscReader, pcscd: Pcscd
) -> None:
    with card_in(pcscd), PCSC.open(pcscd.readers[0]) as other:
        reader.wait_for_card(10)
        assert other.transmit(b"\x00\xe0\x00\x00", 10)
        other.reset()
        with pytest.raises(CardRemoved, match="another program reset"):
            reader.transmit(b"\x00\xe0\x00\x00", 10)
        assert reader.reset() == ATR
        assert reader.transmit(b"\x00\xe0\x00\x00", 10)


def test_another_program_waits_while_the_card_is_kept(reader: PcscReader, pcscd: Pcscd) -> None:
    order: list[str] = []

    def use(other: PcscReader) -> None:
        with other.exclusive():
            order.append("other")

    with card_in(pcscd), PCSC.open(pcscd.readers[0]) as other:
        reader.wait_for_card(10)
        assert other.atr == ATR
        with reader.exclusive():
            waiting = threading.Thread(target=use, args=(other,))
            waiting.start()
            reader.transmit(b"\x00\xe0\x00\x00", 10)
            waiting.join(0.3)
            order.append("ours")
        waiting.join(10)
    assert order == ["ours", "other"]


def test_a_card_that_hangs_costs_the_timeout_and_no_more(pcscd: Pcscd) -> None:
    with card_in(pcscd) as card:
        reader = PCSC.open(pcscd.readers[0])
        reader.wait_for_card(10)
        with pytest.raises(ReaderTimeout):
            reader.transmit(bytes((0, SLOW, 0, 0)), 0.2)
        card.go_on.set()
        reader.close()
        with PCSC.open(pcscd.readers[0]) as again:
            assert again.transmit(b"\x00\xe0\x00\x00", 10)[-2:] == b"\x90\x00"
