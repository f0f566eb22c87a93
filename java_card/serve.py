"""A Java card in vpcd, the virtual reader of pcscd: its process connects by itself."""

from __future__ import annotations

from collections.abc import Callable

from host_lib.reader import SelfClosing
from java_card.process import CardProcess
from java_card.settings import CardSettings

Report = Callable[[str], None]


class JavaCardInReader(SelfClosing):
    """A card's process that keeps its card in the virtual reader at ``host`` and ``port``."""

    def __init__(self, name: str, settings: CardSettings, host: str, port: int) -> None:
        """Start it. Raises JavaCardMissing or ReaderError."""
        self._stopped = False
        self._process = CardProcess(
            (f"name={name}", f"vpcd={host} {port}", *settings.lines()),
        )

    def run(self, report: Report) -> None:
        """Pass on what it remarks, until `stop`. Raises ReaderError when it ends by itself."""
        while (remark := self._process.line(None)) is not None:
            report(remark)
        if not self._stopped:
            raise self._process.obituary()

    def stop(self) -> None:
        """Let it end, at once when asked again; can be called from a signal handler."""
        if self._stopped:
            self._process.kill()
        self._stopped = True
        self._process.leave()

    def close(self) -> None:
        """End it if it still runs."""
        self._stopped = True
        self._process.end()
