"""The PC/SC calls that readers need, typed: the one module that knows pyscard.

pyscard is imported when a `Context` is made, because it needs a reader stack and may be absent.
Result codes and flags are those of PC/SC part 5 as pcsc-lite and WinSCard number them.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from types import ModuleType
from typing import Any

from host_lib.errors import ReaderError

_INFINITE = 0xFFFFFFFF
_SHARED = 2
_ANY_PROTOCOL = 1 | 2


class Code(IntEnum):
    """Result codes that readers tell apart."""

    TIMEOUT = 0x8010000A
    UNKNOWN_READER = 0x80100009
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    NO_READERS_AVAILABLE = 0x8010002E
    UNSUPPORTED_CARD = 0x80100065
    UNRESPONSIVE_CARD = 0x80100066
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069


class Disposition(IntEnum):
    """What becomes of the card when a connection or a transaction ends."""

    LEAVE = 0
    RESET = 1
    UNPOWER = 2


class ReaderState(IntFlag):
    """What a reader reports of itself."""

    UNAWARE = 0
    CHANGED = 0x0002
    UNAVAILABLE = 0x0008
    EMPTY = 0x0010
    PRESENT = 0x0020


class Protocol(IntEnum):
    """Transmission protocols."""

    T0 = 1
    T1 = 2


class ScardError(Exception):
    """A PC/SC call failed; ``code`` is its result, ``text`` what PC/SC says to it."""

    def __init__(self, call: str, code: int, text: str) -> None:
        super().__init__(f"{call}: {text} ({code:08X})")
        self.call = call
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a card."""

    handle: Any
    protocol: int


class Context:
    """A connection to the PC/SC service; every method raises ScardError where the call fails.

    The service makes calls of one context wait for each other: only `cancel` may come from another
    thread, and it ends a `wait_for_change` only, never a `transmit`.
    """

    def __init__(self) -> None:
        self._scard = _pyscard()
        self._handle = self._call("SCardEstablishContext", 0)

    def readers(self) -> tuple[str, ...]:
        """Return the names of the readers that are connected, in the service's order."""
        try:
            return tuple(self._call("SCardListReaders", self._handle, []) or ())
        except ScardError as error:
            if error.code == Code.NO_READERS_AVAILABLE:
                return ()
            raise

    def connect(self, reader: str) -> Connection:
        """Connect to the card in a reader, sharing it, in the protocol that it offers."""
        handle, protocol = self._call("SCardConnect", self._handle, reader, _SHARED, _ANY_PROTOCOL)
        return Connection(handle, int(protocol))

    def reconnect(self, connection: Connection, disposition: Disposition) -> Connection:
        """Connect again after a reset by others, or reset the card (a warm reset)."""
        protocol = self._call(
            "SCardReconnect", connection.handle, _SHARED, _ANY_PROTOCOL, int(disposition)
        )
        return Connection(connection.handle, int(protocol))

    def disconnect(self, connection: Connection, disposition: Disposition) -> None:
        """End a connection."""
        self._call("SCardDisconnect", connection.handle, int(disposition))

    def atr(self, connection: Connection) -> bytes:
        """Return the card's answer to reset."""
        _reader, _state, _protocol, atr = self._call("SCardStatus", connection.handle)
        return bytes(atr)

    def transmit(self, connection: Connection, command: bytes) -> bytes:
        """Send a command and wait for the answer, however long it takes."""
        return bytes(
            self._call("SCardTransmit", connection.handle, connection.protocol, list(command))
        )

    def begin_transaction(self, connection: Connection) -> None:
        """Wait until no other program has the card to itself, then keep it."""
        self._call("SCardBeginTransaction", connection.handle)

    def end_transaction(self, connection: Connection) -> None:
        """Let other programs have the card again, as it is."""
        self._call("SCardEndTransaction", connection.handle, int(Disposition.LEAVE))

    def wait_for_change(
        self, reader: str, known: ReaderState, seconds: float | None
    ) -> ReaderState | None:
        """Return a reader's state once it differs from the known one; None when time is up."""
        limit = _INFINITE if seconds is None else min(int(seconds * 1000), _INFINITE - 1)
        try:
            states = self._call("SCardGetStatusChange", self._handle, limit, [(reader, int(known))])
        except ScardError as error:
            if error.code == Code.TIMEOUT:
                return None
            raise
        return ReaderState(int(states[0][1]) & 0xFFFF)

    def cancel(self) -> None:
        """End a `wait_for_change` that another thread is in."""
        self._call("SCardCancel", self._handle)

    def release(self) -> None:
        """End the connection to the service."""
        self._call("SCardReleaseContext", self._handle)

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call PC/SC; return what comes besides the result code: nothing, one value or several."""
        answer = getattr(self._scard, name)(*arguments)
        result, *values = answer if isinstance(answer, list | tuple) else (answer,)
        if result != 0:
            code = int(result) & 0xFFFFFFFF
            raise ScardError(name, code, str(self._scard.SCardGetErrorMessage(result)))
        return values[0] if len(values) == 1 else values


def _pyscard() -> ModuleType:
    try:
        from smartcard import scard
    except ImportError as error:
        raise ReaderError(
            "PC/SC readers need pyscard, which is not installed",
            advice=(
                "install it: `sudo apt-get install pcscd libpcsclite-dev swig gcc python3-dev`, "
                "then in the checkout `pip install '.[pcsc]'`"
            ),
        ) from error
    module: ModuleType = scard
    return module
