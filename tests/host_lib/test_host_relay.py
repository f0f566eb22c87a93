"""A back office with the keys, a terminal that only passes bytes, and a real socket between."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode
from host_lib import (
    Card,
    CardRemoved,
    Debit,
    Happened,
    Pin,
    ReaderError,
    ReaderTimeout,
    Role,
    TransactionUncertain,
)
from host_lib.reader import Reader
from host_lib.relay import LinkLost, LinkRefused, RelayReader, RelayServer, _Back, server_context
from host_lib.relay_frames import Frame, Hello, Kind, Link, client_context, decode_error
from host_lib.relay_terminal import keep_relaying, relay
from host_lib.trace import record
from tests.support.pos_cards import (
    PIN,
    Spoil,
    Wire,
    is_genuine,
    lost_answer,
    lost_command,
    pay_card,
    sam,
    terminal,
)
from tests.support.tls import Authority

HERE = ("127.0.0.1", 0)
SOON = 20.0


class Lines:
    """Starts relays and ends them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("host_lib.relay_terminal._AGAIN_SECONDS", 0.01)
        self.authority = Authority(folder)
        self.office = self.authority.shown("office")
        self.pos = self.authority.shown("TERM0001")
        self.stop = threading.Event()
        self.open: list[RelayServer | RelayReader] = []
        self.threads: list[threading.Thread] = []

    def serve(self) -> RelayServer:
        shown = self.office
        context = server_context(shown.certificate, shown.key, shown.authority)
        server = RelayServer(HERE, context)
        self.open.append(server)
        return server

    def start(self, reader: Reader, *, pin: Pin | None = None) -> RelayReader:
        server = self.serve()
        shown = self.pos
        context = client_context(shown.certificate, shown.key, shown.authority)
        thread = threading.Thread(
            target=keep_relaying,
            args=(reader, "TERM0001", server.address, context),
            kwargs={"stop": self.stop, "pin_pad": None if pin is None else lambda: pin},
            daemon=True,
        )
        thread.start()
        self.threads.append(thread)
        one = server.accept(SOON)
        self.open.append(one)
        return one

    def close(self) -> None:
        self.stop.set()
        for one in self.open:
            one.close()
        for thread in self.threads:
            thread.join(SOON)


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    some = Lines(tmp_path, monkeypatch)
    yield some
    some.close()


def break_line(reader: RelayReader) -> Spoil:
    """Return what breaks the line before the command's answer gets through."""

    def spoil(_command: bytes, carry: object) -> bytes:
        assert callable(carry)
        answer = carry()
        assert reader._link is not None
        reader._link._connection.shutdown(socket.SHUT_RDWR)
        assert isinstance(answer, bytes)
        return answer

    return spoil


def test_a_wallet_is_loaded_with_keys_that_the_terminal_never_sees(lines: Lines) -> None:
    wire = Wire(pay_card())
    pin_entered = Pin("246810")
    reader = lines.start(wire, pin=pin_entered)
    assert reader.terminal_id == b"TERM0001"
    office = terminal("OFFICE01")
    with Card(reader).session(Role.LOAD, sam(Role.LOAD)) as pos:
        pos.verify_pin(reader.ask_pin())
        receipt = pos.load(500_00, terminal=office)
    assert is_genuine(receipt)
    assert receipt.balance("wallet") == 100_000 + 500_00


def test_a_line_that_breaks_under_a_transaction_is_followed_by_a_query(lines: Lines) -> None:
    wire = Wire(pay_card())
    reader = lines.start(wire)
    shop = terminal()
    with Card(reader).session(Role.BREAD, sam()) as pos:
        pos.verify_pin(PIN)
        wire.watch({1: break_line(reader)})
        receipt = pos.transact(Debit("bread", 3), terminal=shop)
    assert is_genuine(receipt)
    assert receipt.balance("bread") == 57
    instructions = [command[1] for command in wire.sent]
    assert instructions == [0x40, 0xA4, 0x50, 0x82, 0x40, 0xA4]


def test_a_line_that_stays_broken_leaves_the_transaction_open(lines: Lines) -> None:
    wire = Wire(pay_card())
    reader = lines.start(wire)
    shop = terminal()

    def cut_for_good(command: bytes, carry: object) -> bytes:
        lines.stop.set()
        return break_line(reader)(command, carry)  # type: ignore[arg-type]

    with Card(reader).session(Role.BREAD, sam(), patience=0.2) as pos:
        pos.verify_pin(PIN)
        wire.watch({1: cut_for_good})
        with pytest.raises(TransactionUncertain) as caught:
            pos.transact(Debit("bread", 3), terminal=shop)
    assert (caught.value.exit_code, caught.value.changed) == (
        ExitCode.UNCERTAIN,
        Changed.UNKNOWN,
    )
    with pytest.raises(LinkLost):
        reader.transmit(bytes(4))
    # Later, the card stands in another reader.
    (pending,) = shop.journal.pending()
    assert isinstance(Card(wire).recover(pending, sam(), terminal=shop), Happened)
    assert not shop.journal.pending()


def test_what_goes_wrong_at_the_terminal_is_told_by_its_type(lines: Lines) -> None:
    wire = Wire(pay_card())
    reader = lines.start(wire)
    wire.watch({1: wire.removal, 2: lost_command, 3: lost_answer})
    with pytest.raises(CardRemoved, match="removed"):
        reader.transmit(bytes.fromhex("00CA005A00"))
    reader.wait_for_card(1)
    with pytest.raises(ReaderTimeout, match="no answer"):
        reader.transmit(bytes.fromhex("00CA005A00"))
    wire.remove()
    with pytest.raises(CardRemoved):
        reader.reset()
    with pytest.raises(ReaderTimeout):
        reader.wait_for_card(0.05)
    wire.insert()
    reader.wait_for_card(1)
    assert reader.atr == wire.atr == reader.reset()


def test_a_terminal_that_does_not_answer_is_a_broken_line(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_lib.relay.LINE_SECONDS", 0.1)
    wire = Wire(pay_card())
    reader = lines.start(wire)

    def late(_command: bytes, carry: object) -> bytes:
        time.sleep(0.5)
        assert callable(carry)
        return bytes(carry())

    wire.watch({1: late})
    with pytest.raises(LinkLost, match="does not answer") as caught:
        reader.transmit(bytes.fromhex("00CA005A00"), 0.05)
    assert caught.value.changed is Changed.UNKNOWN
    # The late answer belongs to a line that is no more; the terminal comes back on a new one.
    reader.wait_for_card(SOON)
    assert reader.transmit(bytes.fromhex("00A4040000"), 5)[-2:] != b""


def test_a_terminal_comes_back_to_the_reader_that_waits_for_it_and_later_as_a_new_one(
    lines: Lines,
) -> None:
    wire = Wire(pay_card())
    reader = lines.start(wire)
    server = lines.open[0]
    assert isinstance(server, RelayServer)
    assert reader._link is not None
    reader._link.close()
    with pytest.raises(LinkLost):
        reader.transmit(bytes(4), 1)
    reader.wait_for_card(SOON)
    reader.close()
    with pytest.raises(ReaderError, match="closed"):
        reader.transmit(bytes(4))
    again = server.accept(SOON)
    lines.open.append(again)
    assert again.terminal_id == b"TERM0001"
    assert Card(again).select().state == "PERSONALIZED"


def test_a_stranger_with_another_authority_is_not_let_in(lines: Lines, tmp_path: Path) -> None:
    server = lines.serve()
    (tmp_path / "other").mkdir()
    shown = Authority(tmp_path / "other", "stranger").shown("TERM0001")
    trusting = client_context(shown.certificate, shown.key, lines.pos.authority)
    with pytest.raises((LinkLost, LinkRefused)):
        relay(Wire(pay_card()), "TERM0001", server.address, trusting)
    distrusting = client_context(shown.certificate, shown.key, shown.authority)
    with pytest.raises(LinkRefused):
        relay(Wire(pay_card()), "TERM0001", server.address, distrusting)
    with pytest.raises(ReaderTimeout):
        server.accept(0.1)


def test_a_terminal_is_who_its_certificate_says(lines: Lines) -> None:
    server = lines.serve()
    shown = lines.pos
    context = client_context(shown.certificate, shown.key, shown.authority)
    with pytest.raises(LinkLost):
        relay(Wire(pay_card()), "TERM0002", server.address, context)
    with pytest.raises(ReaderTimeout):
        server.accept(0.1)


def test_a_plain_line_must_be_asked_for_and_takes_no_pin() -> None:
    with pytest.raises(LinkRefused):
        RelayServer(HERE, None)
    with pytest.raises(LinkRefused):
        relay(Wire(pay_card()), "TERM0001", HERE, None)
    with RelayServer(HERE, None, plain=True) as server:
        stop = threading.Event()
        thread = threading.Thread(
            target=keep_relaying,
            args=(Wire(pay_card()), "TERM0001", server.address, None),
            kwargs={"stop": stop, "pin_pad": lambda: PIN, "plain": True},
            daemon=True,
        )
        thread.start()
        with server.accept(SOON) as reader:
            assert Card(reader).select().state == "PERSONALIZED"
            with pytest.raises(LinkRefused, match="no PIN"):
                reader.ask_pin()
            # A back office that asks all the same gets none.
            with pytest.raises(ReaderError, match="ASK_PIN"):
                reader._ask(Kind.ASK_PIN, bytes(4), 5)
            stop.set()
        thread.join(SOON)


def test_a_recorded_relay_shows_no_pin(lines: Lines, tmp_path: Path) -> None:
    with record(Wire(pay_card()), tmp_path / "trace.jsonl") as recorded:
        reader = lines.start(recorded, pin=PIN)
        with Card(reader).session(Role.BREAD, sam()) as pos:
            pos.verify_pin(reader.ask_pin())
        Card(reader).verify_pin(PIN)
    trace = (tmp_path / "trace.jsonl").read_text()
    assert PIN.block().hex().upper() not in trace
    assert PIN.reveal().hex().upper() not in trace
    assert "**" in trace


def test_what_is_no_terminal_is_sent_away() -> None:
    with RelayServer(HERE, None, plain=True) as server:
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 20, bytes((0, 0, 0, 5, 1, 0, 0, 0, 0))):
            with socket.create_connection(server.address) as stranger:
                stranger.sendall(words)
                stranger.settimeout(SOON)
                with suppress(ConnectionResetError):
                    assert stranger.recv(1) == b""
        with pytest.raises(ReaderTimeout):
            server.accept(0.05)


def test_an_answer_to_something_else_breaks_the_line() -> None:
    with RelayServer(HERE, None, plain=True) as server:
        connection = socket.create_connection(server.address)
        link = Link(connection)
        link.send(Frame(Kind.HELLO, 0, Hello(b"TERM0001", b"\x3b", "x").encode()))
        reader = server.accept(SOON)
        link.send(Frame(Kind.ANSWER, 7, b"\x90\x00"))
        with pytest.raises(LinkLost, match="not asked"):
            reader.transmit(bytes(4), 1)
        reader.close()
        link.close()


def connected() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection."""
    with socket.create_server(HERE) as listener:
        terminal_end = socket.create_connection(listener.getsockname())
        return listener.accept()[0], terminal_end


def test_a_terminal_that_sends_byte_by_byte_gets_no_more_time_than_others() -> None:
    office, other = connected()
    link, stop = Link(office), threading.Event()

    def drip() -> None:
        for _ in range(200):
            if stop.wait(0.02):
                return
            other.send(bytes(1))

    other.sendall((5 + 200).to_bytes(4, "big") + bytes((Kind.ANSWER, 0, 0, 0, 1)))
    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    with pytest.raises(LinkLost, match="does not answer"):
        link.receive(0.2)
    assert dripping.is_alive(), "it had not finished when the time was up"
    stop.set()
    dripping.join(SOON)
    link.close()
    other.close()


def test_what_a_terminal_says_is_one_short_line_whatever_it_sends() -> None:
    told = decode_error(b"CardRemoved\0" + b"gone\n\x1b[2Jpaid" + b"!" * 9999)
    assert isinstance(told, CardRemoved)
    assert told.message.startswith("gone??[2Jpaid!")
    assert len(told.message) == 300
    hello = Hello(b"TERM0001", b"", "reader\r\nof mine")
    assert Hello.decode(hello.encode()).reader == "reader??of mine"


def test_connections_of_a_terminal_do_not_pile_up() -> None:
    back = _Back(lambda: None)
    hello = Hello(b"TERM0001", b"", "reader")
    ends = [connected() for _ in range(3)]
    links = [Link(office) for office, _ in ends]
    for link in links:
        back.put(link, hello)
    assert back.connections.get_nowait() == (links[-1], hello)
    assert back.connections.empty()
    assert [office.fileno() == -1 for office, _ in ends] == [True, True, False]
    links[-1].close()
    for _, other in ends:
        other.close()


def test_a_frame_shows_nothing_of_its_body() -> None:
    assert "246810" not in repr(Frame(Kind.ANSWER, 1, b"246810"))
