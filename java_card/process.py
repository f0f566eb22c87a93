"""The process of one Java card: started, talked to on its standard streams, always ended."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

from host_lib.errors import ReaderError
from java_card.build import Runtime, find_runtime

MAIN = "unicard.link.Main"

FLAGS = (
    "-Xshare:auto",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xmx512m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Xlog:disable",
    "-Xlog:all=warning:stderr",
    "-XX:+DisplayVMOutputToStderr",
)
"""A card lives for seconds: it shall start soon, take little memory, and end when there is none.

Java's own remarks go to stderr: on stdout the card's first line tells how to reach it.
"""

START_SECONDS = 60.0
END_SECONDS = 5.0

_LAST_LINES = 12
_TAIL_BYTES = 8192
_NO_CARD = 64
"""The exit code of ``unicard.link.Main`` for settings that describe no card."""
_OLD_JAVA = "UnsupportedClassVersionError"


class CardProcess:
    """A JVM with one card. What it writes to stderr is kept and told when it ends by itself."""

    def __init__(self, settings: Iterable[str], runtime: Runtime | None = None) -> None:
        """Start it. Raises JavaCardMissing, or ReaderError when it cannot be started."""
        text = "".join(f"{line}\n" for line in settings) + "\n"
        runtime = runtime or find_runtime()
        class_path = os.pathsep.join(str(path) for path in runtime.class_path)
        command = [str(runtime.java), *FLAGS, "-cp", class_path, MAIN]
        self._errors = _file_for_errors()
        try:
            # A session of its own: Ctrl-C on the terminal is for us, and we decide what it means.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise ReaderError(f"{runtime.java} cannot be started: {error.strerror}") from error
        self._read = b""
        self._send(text)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.poll()

    def line(self, timeout: float | None = START_SECONDS) -> str | None:
        """Return its next line, None when it has ended. Raises ReaderError when it is late."""
        stdout = self._process.stdout
        assert stdout is not None
        end = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._read:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([stdout], [], [], left)[0]:
                raise ReaderError(f"the Java card said nothing for {timeout:g} seconds")
            part = os.read(stdout.fileno(), 4096)
            if not part:
                return None
            self._read += part
        line, self._read = self._read.split(b"\n", 1)
        return line.decode(errors="replace")

    def leave(self) -> None:
        """Let it end by itself: it does when its standard input ends."""
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> int:
        """End it, by force if it takes too long, and return its exit code; again is harmless."""
        self.leave()
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()
        return code

    def wait(self, timeout: float | None) -> bool:
        """Wait for its end; return whether it came."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self._process.returncode is not None

    def obituary(self) -> ReaderError:
        """Return as an error that it ended by itself, how, and what it said last."""
        ended = self.wait(END_SECONDS)
        lines = self._last_lines()
        if any(_OLD_JAVA in line for line in lines):
            return ReaderError(
                "the Java here is too old for the Java card",
                advice="put a Java of version 17 or newer first on the PATH, or into JAVA_HOME",
            )
        code = self._process.returncode
        if code == _NO_CARD and lines:
            return ReaderError("\n    ".join(lines), advice="change the settings of the card")
        how = "does not answer" if not ended else _ending(code)
        said = "".join(f"\n    {line}" for line in lines)
        return ReaderError(
            f"the Java card's process {how}{':' if said else ''}{said}",
            advice="a card that it held is lost with its memory: start a new one",
        )

    def _send(self, text: str) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        # One that ended at once is noticed where its first line is missing.
        with suppress(BrokenPipeError):
            stdin.write(text.encode())
            stdin.flush()

    def _last_lines(self) -> list[str]:
        if self._errors.closed:
            return []
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _TAIL_BYTES))
        return self._errors.read().decode(errors="replace").splitlines()[-_LAST_LINES:]


def _file_for_errors() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise ReaderError(
            f"what the Java card says cannot be kept: {error.strerror}",
            advice="make room in the folder for temporary files, or name another in TMPDIR",
        ) from error


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
