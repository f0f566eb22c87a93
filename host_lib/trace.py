"""Traces: what went over a reader, as JSON lines that a person can read and `replay:` can play.

First line: ``{"trace": 1, "reader": NAME, "atr": HEX}``. Then one line an event: an exchange
(``command``, ``answer``, ``label``, ``ms``), a failed one (``error`` and ``message`` instead of
``answer``), a ``reset`` with the new ATR, or a ``note`` for the reader of the file. Bytes are
upper-case hexadecimal; a secret byte of a command, and the data of an answer in clear that not
everyone may read, is ``**``. What went over the wire encrypted is shown as it went; ``plain`` is a
transaction's command as it was before its session protected it.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from applet_spec import spec
from host_lib.apdu import Apdu, Ranges, WireCommand, masked
from host_lib.errors import ProtocolError, ReaderError, ReaderNotFound
from host_lib.reader import Reader, ReaderLayer

TRACE_VERSION = 1

_PIN_COMMANDS = frozenset({0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D})
"""VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (ISO/IEC 7816-4, 11.5)."""
_SECURE_MESSAGING = 0x0C
_GET_DATA = (0xCA, 0xCB)
_PROPRIETARY = 0x80
_TRANSACTION = "PERFORM TRANSACTION"


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One event of a trace; ``number`` is its line in the file, from 1.

    An exchange has ``command`` (hexadecimal with stars) and either ``answer`` or ``error``, the
    name of the error class; a reset has only ``atr``. Bytes of the answer that the trace hides are
    00, and ``hidden`` says so.
    """

    number: int
    command: str | None = None
    answer: bytes | None = None
    error: str | None = None
    message: str = ""
    atr: bytes | None = None
    hidden: bool = False
    plain: str | None = None


def secret_bytes(command: bytes) -> Ranges:
    """Return which bytes of an encoded command no trace may show.

    Those that the command itself names (`WireCommand`); and of a PIN command in clear that names
    none, all the data, so that a forgotten mark shows no PIN.
    """
    if isinstance(command, WireCommand) and command.secret:
        return command.secret
    if len(command) > 4 and command[1] in _PIN_COMMANDS and not command[0] & _SECURE_MESSAGING:
        try:
            if not Apdu.parse(command).data:
                return ()
        except ProtocolError:
            pass
        return ((5, len(command)),)
    return ()


def answers_private(command: bytes) -> bool:
    """Say whether the answer may hold an object that not everyone may read, holder data above all.

    In a session the object that GET DATA with odd instruction asks for may be encrypted, so any
    such answer counts as private there.
    """
    if len(command) < 4 or command[0] & _PROPRIETARY or command[1] not in _GET_DATA:
        return False
    if command[1] == _GET_DATA[0]:
        tag = command[2] << 8 | command[3]
    elif command[0] & _SECURE_MESSAGING:
        return True
    else:
        tag = _listed_tag(command[5:])
    known = spec().objects.get(tag)
    return known is not None and "anyone" not in known.read


def _listed_tag(data: bytes) -> int:
    length = data[1] if len(data) > 1 and data[0] == 0x5C else 0
    return int.from_bytes(data[2 : 2 + length], "big")


class Recorder(ReaderLayer):
    """A reader that writes what goes over another one to a stream, line by line."""

    def __init__(self, reader: Reader, stream: TextIO, *, owns_stream: bool = False) -> None:
        super().__init__(reader)
        self._stream = stream
        self._owns_stream = owns_stream
        self._write({"trace": TRACE_VERSION, "reader": reader.name, "atr": _hex(reader.atr)})

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Send one command and write it down with its answer or error."""
        line = {
            "label": command.label if isinstance(command, WireCommand) else "",
            "command": masked(command, secret_bytes(command)),
            **_told_plain(command),
        }
        start = time.perf_counter()
        try:
            answer = self._reader.transmit(command, timeout)
        except ReaderError as error:
            self._write(line | {"error": type(error).__name__, "message": error.message})
            raise
        elapsed = round((time.perf_counter() - start) * 1000, 1)
        hidden = ((0, len(answer) - 2),) if _is_private_in_clear(command) else ()
        self._write(line | {"answer": masked(answer, hidden), "ms": elapsed})
        return answer

    def reset(self) -> bytes:
        """Reset the card and write its ATR down."""
        atr = self._reader.reset()
        self._write({"reset": _hex(atr)})
        return atr

    def wait_for_card(self, timeout: float | None) -> None:
        """Wait for a card; its ATR is written down as a reset."""
        self._reader.wait_for_card(timeout)
        self._write({"reset": _hex(self._reader.atr)})

    def note(self, text: str) -> None:
        """Write a remark for whoever reads the trace."""
        self._write({"note": text})

    def close(self) -> None:
        """Close the reader underneath, and the file where `record` opened it."""
        self._reader.close()
        if self._owns_stream:
            self._stream.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()


def _told_plain(command: bytes) -> dict[str, str]:
    """Return a transaction's command in clear: nothing in it is the holder's secret or person."""
    plain = command.plain if isinstance(command, WireCommand) else None
    if plain is None or plain.label != _TRANSACTION:
        return {}
    wire = plain.encode()
    return {"plain": masked(wire, secret_bytes(wire))}


def _is_private_in_clear(command: bytes) -> bool:
    """In a session the card gives such objects encrypted only, and the wire may be shown."""
    return answers_private(command) and not command[0] & _SECURE_MESSAGING


def record(reader: Reader, path: Path | str) -> Recorder:
    """Record a reader into a new file; closing the recorder closes both.

    Only the file's owner can read it. Raises ReaderError when the file is there already, or cannot
    be written.
    """
    return Recorder(reader, _created(path), owns_stream=True)


def _created(path: Path | str) -> TextIO:
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        return os.fdopen(made, "w", encoding="utf-8")
    except OSError as error:
        raise ReaderError(
            f"the trace {str(path)!r} cannot be written: {error.strerror}",
            advice="name another file for the trace",
        ) from error


def read_trace(path: Path | str) -> Iterator[TraceLine]:
    """Yield the events of a trace in order, the first being the reset that its head stands for.

    Raises ReaderNotFound when there is no such file and ReaderError for a line that is no event.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReaderNotFound(
            f"the trace {str(path)!r} cannot be read: {error.strerror}",
            advice="name a file that a recorder has written",
        ) from error
    except UnicodeDecodeError as error:
        raise _malformed(path, 1, "it is no UTF-8 text") from error
    if not lines:
        raise _malformed(path, 1, "the file is empty")
    for number, text in enumerate(lines, start=1):
        try:
            event = _event(number, json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _malformed(path, number, str(error)) from error
        if event is not None:
            yield event


def _event(number: int, line: dict[str, Any]) -> TraceLine | None:
    if number == 1:
        if line["trace"] != TRACE_VERSION:
            raise ValueError(f"a trace of version {line['trace']}, this is {TRACE_VERSION}")
        return TraceLine(number, atr=bytes.fromhex(line["atr"]))
    if "note" in line:
        return None
    if "reset" in line:
        return TraceLine(number, atr=bytes.fromhex(line["reset"]))
    command = _checked(line["command"])
    plain = _checked(line["plain"]) if "plain" in line else None
    if "error" in line:
        message = str(line.get("message", ""))
        return TraceLine(number, command, error=line["error"], message=message, plain=plain)
    answer = line["answer"]
    data = bytes.fromhex(answer.replace("**", "00"))
    return TraceLine(number, command, data, hidden="**" in answer, plain=plain)


def _checked(text: str) -> str:
    """Return a command without blanks; ValueError for what is none."""
    command = "".join(text.split()).upper()
    bytes.fromhex(command.replace("**", "00"))
    return command


def _malformed(path: Path | str, number: int, why: str) -> ReaderError:
    return ReaderError(
        f"line {number} of the trace {str(path)!r} is no event: {why}",
        advice="record the trace again",
    )


def _hex(data: bytes) -> str:
    return data.hex().upper()
