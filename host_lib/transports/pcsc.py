"""``pcsc:NAME``: readers of the operating system's PC/SC service (pcscd on Linux).

A reader is named by its number, its name or a part of it. A command is sent from a thread of the
reader's own, because PC/SC cannot cancel one: after a timeout the card may still be working, so the
reader then refuses everything but `close`, and is let go when the card answers at last.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from applet_spec.errors import Changed, ExitCode
from host_lib.apdu import Apdu
from host_lib.errors import CardRemoved, ProtocolError, ReaderError, ReaderNotFound, ReaderTimeout
from host_lib.reader import SelfClosing
from host_lib.transports.pcsc_errors import GONE, SERVICE, no_service, not_connected, untouched
from host_lib.transports.scard import (
    Code,
    Connection,
    Context,
    Disposition,
    Protocol,
    ReaderState,
    ScardError,
)
from host_lib.transports.worker import Worker

T = TypeVar("T")

_SLICE = 0.25
"""Seconds that one call waits for a card, so that an interrupt from the keyboard gets through."""
_SETTLING = 0.05
"""Seconds between two tries to connect to a card that the service says is there."""
_PATIENCE = 30.0
"""Seconds for what normally takes a fraction of one: a reset, the end of another's transaction."""
_GOODBYE = 2.0
"""Seconds that `close` waits for the card to be let go."""
_CLOSED = "is closed"


class PcscReader(SelfClosing):
    """One reader of the PC/SC service; the card in it is connected to when it is first needed."""

    def __init__(self, context: Context, reader: str) -> None:
        self.name = f"pcsc:{reader}"
        self._reader = reader
        self._context = context
        self._worker = Worker(self.name)
        self._connection: Connection | None = None
        self._atr = b""
        self._unusable = ""

    @property
    def atr(self) -> bytes:
        """The card's answer to reset. Raises CardRemoved (nothing changed) without a card."""
        self._connected()
        return self._atr

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send a command and return the answer. The timeout ends the waiting, not the card's work.

        Raises CardRemoved, also when another program reset the card (the command was not sent
        then), ReaderTimeout, and ReaderError of unknown outcome for any other failure on the way.
        """
        connection = self._connected()
        wire = _for_protocol(command, connection.protocol)
        try:
            answer = self._call(lambda: self._context.transmit(connection, wire), timeout)
        except ScardError as error:
            raise self._lost(error) from error
        if not answer:  # some drivers report a card that leaves meanwhile as a success
            self._disconnect()
            raise CardRemoved(f"the card in {self.name} left in the middle of a command")
        return answer

    def reset(self) -> bytes:
        """Reset the card without taking its power; also what follows a reset by another program."""
        connection = self._connected()
        try:
            self._connection = self._call(
                lambda: self._context.reconnect(connection, Disposition.RESET), _PATIENCE
            )
            self._atr = self._context.atr(self._connection)
        except ScardError as error:
            raise self._lost(error) from error
        return self._atr

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait until a card is present and connect to it. Raises ReaderTimeout (no change)."""
        end = _end(timeout)
        while True:
            self._wait_for(ReaderState.PRESENT, "no card came", timeout, end)
            self._forget_stale_connection()
            try:
                self._connected()
            except CardRemoved:
                # The service reports a card for a moment after it left, and before it has power.
                time.sleep(_SETTLING)
            else:
                return

    def wait_for_removal(self, timeout: float | None) -> None:
        """Power the card down and wait until it is gone. Raises ReaderTimeout (no change)."""
        self._disconnect()
        self._wait_for(ReaderState.EMPTY, "the card is still there", timeout, _end(timeout))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other program away from the card, once it has come free."""
        connection = self._connected()
        try:
            self._call(lambda: self._context.begin_transaction(connection), _PATIENCE)
        except ScardError as error:
            raise self._lost(error) from error
        try:
            yield
        finally:
            # A card that is gone has no transaction either.
            if self._connection is not None and not self._unusable:
                with suppress(ScardError):
                    self._context.end_transaction(self._connection)

    def close(self) -> None:
        """Power the card down, which ends its sessions, and let it and the reader go."""
        if self._unusable == _CLOSED:
            return
        self._unusable = _CLOSED
        # A card that hangs is let go by its thread, whenever it answers.
        with suppress(ScardError, TimeoutError):
            self._worker.call(self._release, _GOODBYE)
        self._worker.stop()

    def _release(self) -> None:
        self._disconnect()
        self._context.release()

    def _connected(self) -> Connection:
        if self._unusable:
            raise untouched(ReaderError, f"{self.name} {self._unusable}", "open the reader again")
        if self._connection is None:
            try:
                self._connection = self._context.connect(self._reader)
                self._atr = self._context.atr(self._connection)
            except ScardError as error:
                raise not_connected(self.name, error) from error
        return self._connection

    def _forget_stale_connection(self) -> None:
        """Drop a connection to a card that has been taken out or reset since."""
        if self._connection is not None:
            try:
                self._context.atr(self._connection)
            except ScardError:
                self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(ScardError):
                self._context.disconnect(connection, Disposition.UNPOWER)

    def _call(self, work: Callable[[], T], timeout: float | None) -> T:
        try:
            return self._worker.call(work, timeout)
        except TimeoutError as error:
            self._unusable = f"waits for a card that did not answer within {timeout:g} seconds"
            raise ReaderTimeout(
                f"the card in {self.name} did not answer within {timeout:g} seconds"
            ) from error
        except BaseException as error:
            if not isinstance(error, ScardError):  # an interrupt: the card works on
                self._unusable = "was interrupted while the card was working"
            raise

    def _wait_for(
        self, wanted: ReaderState, otherwise: str, timeout: float | None, end: float | None
    ) -> None:
        state = ReaderState.UNAWARE
        while not state & wanted:
            left = _SLICE if end is None else min(_SLICE, end - time.monotonic())
            if left < 0:
                raise untouched(
                    ReaderTimeout, f"{otherwise} in {self.name} within {timeout:g} seconds"
                )
            try:
                changed = self._context.wait_for_change(self._reader, state, left)
            except ScardError as error:
                raise not_connected(self.name, error) from error
            if changed is not None:
                state = changed & ~ReaderState.CHANGED

    def _lost(self, error: ScardError) -> ReaderError:
        """Return the error for a card that was connected and no longer is as it was."""
        if error.code == Code.RESET_CARD:
            return untouched(
                CardRemoved,
                f"another program reset the card in {self.name}; this command was not sent",
                "reset the reader, start again from SELECT, and keep the card to yourself "
                "while you use it",
            )
        if error.code not in SERVICE and (error.code in GONE or not self._is_present()):
            self._connection = None
            return CardRemoved(f"the card in {self.name} left in the middle of a command")
        return ReaderError(
            f"{self.name} failed: {error}",
            changed=Changed.UNKNOWN,
            exit_code=ExitCode.UNCERTAIN,
            advice="put the card in again and ask it for its state before anything is repeated",
        )

    def _is_present(self) -> bool:
        try:
            state = self._context.wait_for_change(self._reader, ReaderState.UNAWARE, 0)
        except ScardError:
            return False
        return bool(state and state & ReaderState.PRESENT)


def _end(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _for_protocol(command: bytes, protocol: int) -> bytes:
    """Return a command as it is carried: T=0 has no Le behind data (ISO/IEC 7816-3, 12)."""
    if protocol != Protocol.T0:
        return command
    with suppress(ProtocolError):
        apdu = Apdu.parse(command)
        if apdu.data and apdu.ne and not apdu.is_extended:
            return command[:-1]
    return command


class PcscKind:
    """Lists and opens the readers of the PC/SC service."""

    def open(self, argument: str) -> PcscReader:
        """Open a reader by its number, its name or a part of it; empty: the only one there is.

        Raises ReaderNotFound where none or several fit, ReaderError without pyscard or service.
        """
        context = _context()
        try:
            return PcscReader(context, choose(_readers(context), argument))
        except BaseException:
            context.release()
            raise

    def names(self) -> Iterable[str]:
        """Return the full names of the connected readers, in the order of their numbers."""
        context = _context()
        try:
            return tuple(f"pcsc:{name}" for name in _readers(context))
        finally:
            context.release()


def choose(readers: tuple[str, ...], argument: str) -> str:
    """Return the one reader that a number, a name or a part of a name (in any case) stands for.

    Raises ReaderNotFound, which lists what there is, where none or several fit.
    """
    listed = "; ".join(f"{number}: {name}" for number, name in enumerate(readers))
    if not readers:
        raise ReaderNotFound("no PC/SC reader is connected", advice="connect a reader")
    if argument.isascii() and argument.isdigit():
        matches = readers[int(argument) : int(argument) + 1]
    elif argument in readers:
        matches = (argument,)
    else:
        matches = tuple(name for name in readers if argument.casefold() in name.casefold())
    if not matches:
        raise ReaderNotFound(f"no PC/SC reader fits {argument!r}", advice=f"there are: {listed}")
    if len(matches) > 1:
        fitting = "; ".join(f"{readers.index(name)}: {name}" for name in matches)
        raise ReaderNotFound(
            f"{len(matches)} PC/SC readers fit {argument!r}: {fitting}",
            advice="name more of one, or its number",
        )
    return matches[0]


def _context() -> Context:
    try:
        return Context()
    except ScardError as error:
        raise no_service(error) from error


def _readers(context: Context) -> tuple[str, ...]:
    try:
        return context.readers()
    except ScardError as error:
        raise no_service(error) from error


PCSC = PcscKind()
