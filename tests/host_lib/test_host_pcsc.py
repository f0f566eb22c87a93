"""PC/SC readers: names, and what each failure of the service means; without a service."""

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from applet_spec import Changed, ExitCode
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound, ReaderTimeout
from host_lib.reader import Reader
from host_lib.transports.pcsc import PCSC, PcscReader, choose
from host_lib.transports.scard import (
    Code,
    Connection,
    Context,
    Disposition,
    Protocol,
    ReaderState,
    ScardError,
)

READERS = ("ACS ACR39U 00 00", "Virtual PCD 00 00", "Virtual PCD 00 01")
ATR = bytes.fromhex("3B800181")


class FakeContext(Context):
    """A PC/SC service with one reader, whose failures the tests choose."""

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self.states = [ReaderState.PRESENT]
        self.protocol = Protocol.T1
        self.sent: list[bytes] = []
        self.calls: list[object] = []
        self.answer = b"\x90\x00"
        self.before_answer: Callable[[], object] = lambda: None

    def _fail(self, call: str) -> None:
        self.calls.append(call)
        if call in self.failures:
            raise ScardError(call, self.failures[call], "as the test wants")

    def connect(self, reader: str) -> Connection:
        assert reader == "R"
        self._fail("connect")
        return Connection(reader, self.protocol)

    def reconnect(self, connection: Connection, disposition: Disposition) -> Connection:
        self._fail("reconnect")
        self.calls.append(disposition)
        return connection

    def disconnect(self, connection: Connection, disposition: Disposition) -> None:
        self._fail("disconnect")
        self.calls.append((connection.handle, disposition))

    def atr(self, connection: Connection) -> bytes:
        assert connection.handle == "R"
        self._fail("atr")
        return ATR

    def transmit(self, connection: Connection, command: bytes) -> bytes:
        assert connection.handle == "R"
        self._fail("transmit")
        self.sent.append(command)
        self.before_answer()
        return self.answer

    def begin_transaction(self, connection: Connection) -> None:
        assert connection.handle == "R"
        self._fail("begin")

    def end_transaction(self, connection: Connection) -> None:
        assert connection.handle == "R"
        self._fail("end")

    def wait_for_change(
        self, reader: str, known: ReaderState, seconds: float | None
    ) -> ReaderState | None:
        assert reader == "R"
        assert known in ReaderState
        assert seconds is not None
        self._fail("wait")
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def release(self) -> None:
        self._fail("release")


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("0", 0),
        ("2", 2),
        ("acr", 0),
        ("Virtual PCD 00 01", 2),
        ("00 01", 2),
    ],
)
def test_a_reader_is_named_by_number_name_or_part(argument: str, expected: int) -> None:
    assert choose(READERS, argument) == READERS[expected]


def test_the_only_reader_needs_no_name() -> None:
    assert choose(READERS[:1], "") == READERS[0]


def test_a_full_name_wins_over_a_longer_one_that_contains_it() -> None:
    assert choose(("Reader", "Reader 2"), "Reader") == "Reader"


@pytest.mark.parametrize("argument", ["Virtual", "", "virtual pcd 00"])
def test_an_ambiguous_part_lists_what_it_fits(argument: str) -> None:
    with pytest.raises(ReaderNotFound, match="1: Virtual PCD 00 00; 2: Virtual PCD 00 01"):
        choose(READERS, argument)


@pytest.mark.parametrize("argument", ["3", "99", "Gemalto", "٠"])
def test_a_name_that_fits_nothing_lists_what_there_is(argument: str) -> None:
    with pytest.raises(ReaderNotFound, match="no PC/SC reader fits") as caught:
        choose(READERS, argument)
    assert "0: ACS ACR39U 00 00" in caught.value.advice


def test_without_any_reader_that_is_said() -> None:
    with pytest.raises(ReaderNotFound, match="no PC/SC reader is connected"):
        choose((), "0")


def test_without_pyscard_the_line_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    for use in (lambda: PCSC.open("0"), PCSC.names):
        with pytest.raises(ReaderError, match="pyscard, which is not installed") as caught:
            use()
        assert "apt-get install" in caught.value.advice
        assert "pip install" in caught.value.advice


def test_a_missing_service_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    scard = SimpleNamespace(
        SCardEstablishContext=lambda _scope: (-2146435043, 0),  # NO_SERVICE as WinSCard signs it
        SCardGetErrorMessage=lambda _code: "Service not available.",
    )
    monkeypatch.setitem(sys.modules, "smartcard", SimpleNamespace(scard=scard))
    with pytest.raises(ReaderError, match="service does not answer: Service not avail") as caught:
        PCSC.names()
    assert "start pcscd" in caught.value.advice


def test_a_card_is_used_and_powered_down_at_the_end(context: FakeContext) -> None:
    with PcscReader(context, "R") as reader:
        assert isinstance(reader, Reader)
        assert reader.name == "pcsc:R"
        assert reader.atr == ATR
        assert reader.transmit(b"\x00\xb0\x00\x00\x00", 5) == b"\x90\x00"
    assert ("R", Disposition.UNPOWER) in context.calls
    assert context.calls[-1] == "release"
    reader.close()
    with pytest.raises(ReaderError, match="is closed"):
        reader.transmit(b"\x00\xb0\x00\x00")


@pytest.mark.parametrize(
    ("protocol", "command", "sent"),
    [
        (Protocol.T1, "00A40400023F0000", "00A40400023F0000"),
        (Protocol.T0, "00A40400023F0000", "00A40400023F00"),
        (Protocol.T0, "00A40400023F00", "00A40400023F00"),
        (Protocol.T0, "00B0000000", "00B0000000"),
        (Protocol.T0, "00A4", "00A4"),
    ],
)
def test_only_t0_drops_the_le_behind_data(
    context: FakeContext, protocol: Protocol, command: str, sent: str
) -> None:
    context.protocol = protocol
    with PcscReader(context, "R") as reader:
        reader.transmit(bytes.fromhex(command))
    assert context.sent == [bytes.fromhex(sent)]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (Code.NO_SMARTCARD, CardRemoved, "there is no card"),
        (Code.REMOVED_CARD, CardRemoved, "there is no card"),
        (Code.UNRESPONSIVE_CARD, ReaderError, "does not answer to a reset"),
        (Code.SHARING_VIOLATION, ReaderError, "another program has the card"),
        (Code.UNKNOWN_READER, ReaderNotFound, "no longer connected"),
        (Code.NO_SERVICE, ReaderError, "service does not answer"),
        (0x80100014, ReaderError, "as the test wants"),
    ],
)
def test_a_failed_connection_changed_nothing_and_says_why(
    context: FakeContext, code: int, kind: type[ReaderError], message: str
) -> None:
    context.failures["connect"] = code
    with PcscReader(context, "R") as reader, pytest.raises(kind, match=message) as caught:
        reader.transmit(b"\x00\xb0\x00\x00\x00")
    assert caught.value.changed is Changed.NO
    assert caught.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("code", "state", "kind", "changed"),
    [
        (Code.REMOVED_CARD, ReaderState.PRESENT, CardRemoved, Changed.UNKNOWN),
        (Code.NOT_TRANSACTED, ReaderState.EMPTY, CardRemoved, Changed.UNKNOWN),
        (Code.READER_UNAVAILABLE, ReaderState.UNAVAILABLE, CardRemoved, Changed.UNKNOWN),
        (Code.NOT_TRANSACTED, ReaderState.PRESENT, ReaderError, Changed.UNKNOWN),
        (Code.NO_SERVICE, ReaderState.EMPTY, ReaderError, Changed.UNKNOWN),
        (Code.RESET_CARD, ReaderState.PRESENT, CardRemoved, Changed.NO),
    ],
)
def test_a_failed_command_says_whether_it_may_have_happened(
    context: FakeContext,
    code: int,
    state: ReaderState,
    kind: type[ReaderError],
    changed: Changed,
) -> None:
    context.failures["transmit"] = code
    context.states = [state]
    with PcscReader(context, "R") as reader, pytest.raises(ReaderError) as caught:
        reader.transmit(b"\x00\xb0\x00\x00\x00", 5)
    assert type(caught.value) is kind
    assert caught.value.changed is changed
    assert (caught.value.exit_code is ExitCode.UNCERTAIN) == (changed is Changed.UNKNOWN)


def test_no_answer_at_all_is_a_card_that_left(context: FakeContext) -> None:
    context.answer = b""
    with PcscReader(context, "R") as reader, pytest.raises(CardRemoved) as caught:
        reader.transmit(b"\x00\xb0\x00\x00\x00", 5)
    assert caught.value.changed is Changed.UNKNOWN


def test_a_removed_card_is_connected_to_again_when_it_is_back(context: FakeContext) -> None:
    with PcscReader(context, "R") as reader:
        context.failures["transmit"] = Code.REMOVED_CARD
        with pytest.raises(CardRemoved):
            reader.transmit(b"\x00\xb0\x00\x00\x00")
        del context.failures["transmit"]
        context.states = [ReaderState.EMPTY, ReaderState.PRESENT]
        reader.wait_for_card(5)
        assert reader.transmit(b"\x00\xb0\x00\x00\x00") == b"\x90\x00"
    assert context.calls.count("connect") == 2


def test_a_card_exchanged_unnoticed_is_connected_to_anew(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PcscReader(context, "R") as reader:
        assert reader.atr == ATR
        connected = context.connect

        def connect_new(name: str) -> Connection:
            context.failures.clear()
            return connected(name)

        monkeypatch.setattr(context, "connect", connect_new)
        context.failures["atr"] = Code.REMOVED_CARD
        reader.wait_for_card(5)
        assert context.calls.count("connect") == 2


def test_after_a_reset_by_others_a_reset_makes_the_card_usable(context: FakeContext) -> None:
    with PcscReader(context, "R") as reader:
        context.failures["transmit"] = Code.RESET_CARD
        with pytest.raises(CardRemoved, match="another program reset") as caught:
            reader.transmit(b"\x00\xb0\x00\x00\x00")
        assert "reset the reader" in caught.value.advice
        del context.failures["transmit"]
        assert reader.reset() == ATR
        assert Disposition.RESET in context.calls
        assert reader.transmit(b"\x00\xb0\x00\x00\x00") == b"\x90\x00"


def test_a_card_that_does_not_answer_in_time_blocks_the_reader_but_not_the_program(
    context: FakeContext,
) -> None:
    answer = threading.Event()
    context.before_answer = answer.wait
    reader = PcscReader(context, "R")
    with pytest.raises(ReaderTimeout, match=r"within 0\.05 seconds") as caught:
        reader.transmit(b"\x00\xb0\x00\x00\x00", 0.05)
    assert caught.value.changed is Changed.UNKNOWN
    with pytest.raises(ReaderError, match="waits for a card") as refused:
        reader.transmit(b"\x00\xb0\x00\x00\x00", 0.05)
    assert refused.value.changed is Changed.NO
    released = threading.Event()
    context.release = released.set  # type: ignore[method-assign]
    answer.set()
    reader.close()
    assert released.wait(10), "the late answer lets the reader go"


def test_waiting_ends_in_time_with_nothing_changed(context: FakeContext) -> None:
    with PcscReader(context, "R") as reader:
        context.states = [ReaderState.EMPTY]
        with pytest.raises(ReaderTimeout, match="no card came") as caught:
            reader.wait_for_card(0)
        assert caught.value.changed is Changed.NO
        context.states = [ReaderState.PRESENT]
        with pytest.raises(ReaderTimeout, match="still there"):
            reader.wait_for_removal(0)
        context.states = [ReaderState.PRESENT, ReaderState.EMPTY]
        reader.wait_for_removal(5)


def test_a_card_is_kept_and_let_go_also_after_an_error(context: FakeContext) -> None:
    def use(reader: PcscReader) -> None:
        with reader.exclusive():
            raise ValueError("in the block")

    with PcscReader(context, "R") as reader:
        with pytest.raises(ValueError, match="in the block"):
            use(reader)
        assert context.calls[-2:] == ["begin", "end"]
        context.failures["begin"] = Code.RESET_CARD
        with pytest.raises(CardRemoved), reader.exclusive():
            pytest.fail("never inside")


def test_a_service_without_readers_lists_none(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[int] = []

    def release(context: int) -> int:
        released.append(context)
        return 0

    scard = SimpleNamespace(
        SCardEstablishContext=lambda _scope: (0, 7),
        SCardListReaders=lambda _context, _groups: (Code.NO_READERS_AVAILABLE, []),
        SCardReleaseContext=release,
        SCardGetErrorMessage=lambda _code: "none",
    )
    monkeypatch.setitem(sys.modules, "smartcard", SimpleNamespace(scard=scard))
    assert tuple(PCSC.names()) == ()
    assert released == [7]
