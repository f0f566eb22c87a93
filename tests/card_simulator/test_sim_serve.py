"""`unicard sim serve` against a reader made of a socket: the protocol of vpcd, hopper, restarts."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from card_simulator import card_file, serve
from card_simulator.blanks import new_chips
from card_simulator.card_manager import blank_image
from card_simulator.reader import SIM, SimReader, open_card
from card_simulator.serve import Stop, VirtualReader

PATIENCE = 10.0
OFF, ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SERIAL = bytes.fromhex("80CA00CF00")


class Reader:
    """The other end: a listening socket as vpcd has it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.connection: socket.socket | None = None

    def wait_for_card(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(PATIENCE)

    def send(self, message: bytes, pieces: int = 1) -> None:
        assert self.connection
        framed = len(message).to_bytes(2, "big") + message
        step = -(-len(framed) // pieces)
        for at in range(0, len(framed), step):
            self.connection.sendall(framed[at : at + step])

    def receive(self, count: int) -> bytes:
        assert self.connection
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def ask(self, message: bytes, pieces: int = 1) -> bytes:
        self.send(message, pieces)
        return self.receive(int.from_bytes(self.receive(2), "big"))

    def card_has_left(self) -> bool:
        try:
            self.receive(1)
        except (EOFError, ConnectionResetError):
            return True
        return False

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.listener.close()


@pytest.fixture
def reader() -> Iterator[Reader]:
    opened = Reader()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "GAP_SECONDS", 0.01)
    monkeypatch.setattr(serve, "RETRY_SECONDS", 0.01)


class Serving:
    """A virtual reader at work in a thread."""

    def __init__(self, port: int) -> None:
        self.remarks: list[str] = []
        self.stop = Stop()
        self.served: list[int] = []
        self.virtual = VirtualReader("127.0.0.1", port, self.stop, self.remarks.append)
        self.thread = threading.Thread()

    def run(self, card: SimReader) -> None:
        self.thread = threading.Thread(target=lambda: self.virtual.serve_one(card))
        self.thread.start()

    def run_hopper(self, cards: Iterator[SimReader]) -> None:
        self.thread = threading.Thread(
            target=lambda: self.served.append(self.virtual.serve_hopper(cards))
        )
        self.thread.start()

    def ended(self) -> bool:
        self.thread.join(PATIENCE)
        return not self.thread.is_alive()


@contextmanager
def serving(port: int) -> Iterator[Serving]:
    work = Serving(port)
    with work.stop:
        try:
            yield work
        finally:
            work.stop.request()
            assert work.ended()


def card_paths(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.json" for number in range(count)]
    for path, chip in zip(paths, new_chips(count), strict=True):
        card_file.create(path, blank_image(chip))
    return paths


def opened(paths: list[Path]) -> Iterator[SimReader]:
    for path in paths:
        yield open_card(path)


def test_a_card_answers_controls_and_apdus(reader: Reader) -> None:
    with serving(reader.port) as work, SIM.open("") as card:
        work.run(card)
        reader.wait_for_card()
        assert reader.ask(GET_ATR) == bytes.fromhex("3B800181")
        reader.send(ON)
        serial = reader.ask(SERIAL)
        assert serial[-2:] == b"\x90\x00"
        reader.send(RESET)
        assert reader.ask(SERIAL, pieces=4) == serial
        assert reader.ask(bytes.fromhex("00A4040000") + bytes(300))[-2:] == b"\x67\x00"
        reader.send(OFF)
        assert reader.ask(GET_ATR) == bytes.fromhex("3B800181")
        reader.send(ON)
        assert reader.ask(SERIAL) == serial


def test_a_reset_ends_what_was_open(reader: Reader) -> None:
    with serving(reader.port) as work, SIM.open("") as card:
        work.run(card)
        reader.wait_for_card()
        reader.send(ON)
        update = bytes.fromhex("8050000008") + bytes(8)
        authenticate = bytes.fromhex("8482330010") + bytes(16)
        reader.ask(update)
        assert reader.ask(authenticate) == b"\x63\x00"
        for control in (RESET, ON):
            reader.ask(update)
            reader.send(control)
            assert reader.ask(authenticate) == b"\x69\x85"


def test_small_packets_are_not_held_back(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    options = []
    connect = socket.create_connection

    def watch(address: tuple[str, int]) -> socket.socket:
        options.append(connect(address))
        return options[-1]

    monkeypatch.setattr(socket, "create_connection", watch)
    with serving(reader.port) as work, SIM.open("") as card:
        work.run(card)
        reader.wait_for_card()
        reader.ask(GET_ATR)
        assert options[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_card_comes_back_when_the_reader_restarts(reader: Reader) -> None:
    with serving(reader.port) as work, SIM.open("") as card:
        work.run(card)
        reader.wait_for_card()
        for _ in range(2):
            assert reader.connection
            reader.connection.close()
            reader.wait_for_card()
            reader.send(ON)
            assert reader.ask(SERIAL)[-2:] == b"\x90\x00"
    assert any("gone" in remark for remark in work.remarks)


def test_a_reader_that_is_not_there_yet_is_waited_for_and_said_once() -> None:
    late = Reader()
    late.close()
    with serving(late.port) as work, SIM.open("") as card:
        work.run(card)
        with socket.create_server(("127.0.0.1", late.port)) as listener:
            listener.settimeout(PATIENCE)
            listener.accept()[0].close()
            work.stop.request()
            assert work.ended()
    assert len([remark for remark in work.remarks if "no virtual reader" in remark]) <= 2


def test_a_request_to_stop_ends_it_at_once_even_in_the_middle_of_a_message(reader: Reader) -> None:
    with serving(reader.port) as work, SIM.open("") as card:
        work.run(card)
        reader.wait_for_card()
        assert reader.connection
        reader.connection.sendall(b"\x00")
        work.stop.request()
        work.stop.request()
        assert work.ended()
        assert reader.card_has_left()


def test_a_hopper_gives_one_card_after_the_other_and_ends(reader: Reader, tmp_path: Path) -> None:
    with serving(reader.port) as work:
        work.run_hopper(opened(card_paths(tmp_path, 3)))
        serials = set()
        for _ in range(3):
            reader.wait_for_card()
            reader.send(ON)
            reader.send(OFF)  # powered down before it was used: it stays
            reader.send(ON)
            serials.add(reader.ask(SERIAL))
            reader.send(OFF)
            assert reader.card_has_left()
        assert work.ended()
    assert len(serials) == 3
    assert work.served == [3]
    assert work.remarks[-1] == "the hopper is empty"
    for path in tmp_path.iterdir():
        open_card(path).close()


def test_a_hopper_gives_the_same_card_again_after_a_restart(reader: Reader, tmp_path: Path) -> None:
    with serving(reader.port) as work:
        work.run_hopper(opened(card_paths(tmp_path, 2)))
        reader.wait_for_card()
        reader.send(ON)
        serial = reader.ask(SERIAL)
        assert reader.connection
        reader.connection.close()
        reader.wait_for_card()
        reader.send(ON)
        assert reader.ask(SERIAL) == serial
        work.stop.request()
        assert work.ended()
    assert work.served == [0]


def test_a_card_file_that_vanishes_leaves_the_reader(reader: Reader, tmp_path: Path) -> None:
    (path,) = card_paths(tmp_path, 1)
    with serving(reader.port) as work, open_card(path) as card:
        work.run(card)
        reader.wait_for_card()
        reader.send(ON)
        reader.ask(SERIAL)
        path.unlink()
        reader.send(SERIAL)
        assert reader.card_has_left()
        assert work.ended()
    assert "removed" in work.remarks[-1]
