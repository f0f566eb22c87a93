"""The reader kind ``java``: a fresh Java card in a process of its own.

``java`` is a blank card of the reference type, ``java:TYPE`` one of another card type of the
contract. Its memory lives as long as the reader is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from applet_spec import Changed
from host_lib.errors import CardRemoved, ReaderError, ReaderTimeout
from host_lib.reader import SelfClosing
from java_card.build import Runtime, find_runtime
from java_card.control import Control, NotNow
from java_card.link import Kind, Link, LinkError, LinkLate, LinkLost, Trouble
from java_card.process import START_SECONDS, CardProcess
from java_card.settings import CardSettings, blank_card, profile_named

_PATIENCE = 30.0
"""Seconds for what takes milliseconds, and for an answer that `reset` finds still to come."""


class JavaReader(SelfClosing):
    """One Java card as a reader. ``control`` does to it what no real reader could."""

    def __init__(self, name: str, settings: CardSettings, runtime: Runtime | None = None) -> None:
        """Start the card. Raises JavaCardMissing, or ReaderError when it does not start."""
        self._name = name
        self._closed = False
        self._process = CardProcess(settings.lines(), runtime)
        try:
            self._link = _connected(self._process)
            self.control = Control(self._ask)
            self._atr = self.reset()
        except BaseException:
            self._process.kill()
            self._process.end()
            raise

    @property
    def name(self) -> str:
        """The name under which such a card can be opened."""
        return self._name

    @property
    def pid(self) -> int:
        """The number of the card's process."""
        return self._process.pid

    @property
    def atr(self) -> bytes:
        """The answer to the last reset."""
        self._need_open()
        return self._atr

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Run one command.

        Raises CardRemoved when the card has no power, loses it, or its process is gone;
        ReaderTimeout when the answer is later than ``timeout`` or an applet comes to no end. Until
        a late answer has come, or the card was reset, every command is refused.
        """
        self._need_open()
        if self._link.owes_an_answer and not self._caught_up(0.0):
            raise ReaderError(
                f"{self._name} still works on an earlier command",
                advice="reset the card and ask it for its state before anything is repeated",
            )
        return self._asked(lambda: self._link.ask(Kind.TRANSMIT, command, timeout), timeout)

    def reset(self) -> bytes:
        """Reset the card, or give it power again, and return its ATR; errors as of `transmit`.

        A card that still works on a command is waited for: an applet that comes to no end is
        stopped after as many instructions as the card allows.
        """
        self._need_open()
        if self._link.owes_an_answer and not self._caught_up(_PATIENCE):
            raise ReaderTimeout(f"{self._name} works on one command without an end")
        self._atr = self._ask(Kind.RESET, b"")
        return self._atr

    def wait_for_card(self, timeout: float | None) -> None:
        """Give the card power if it has none: it is always there."""
        del timeout
        self._need_open()
        if not self.control.powered():
            self.reset()

    def wait_for_removal(self, timeout: float | None) -> None:
        """Wait until the card's process is gone; by itself that happens through a defect only."""
        self._need_open()
        if not self._process.wait(timeout):
            raise ReaderTimeout(
                "the card was not removed",
                changed=Changed.NO,
                advice="a Java card goes when its reader is closed",
            )

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else can reach this card: nothing to do."""
        return nullcontext()

    def close(self) -> None:
        """End the card's process."""
        if not self._closed:
            self._closed = True
            self._link.close()
            self._process.end()

    # Inside

    def _need_open(self) -> None:
        if self._closed:
            raise ReaderError(f"{self._name} is closed", advice="open the reader again")

    def _caught_up(self, timeout: float) -> bool:
        try:
            return self._link.wait_for_late_answers(timeout)
        except LinkLost:
            self._tell_the_end()

    def _ask(self, kind: Kind, payload: bytes) -> bytes:
        self._need_open()
        return self._asked(lambda: self._link.ask(kind, payload, _PATIENCE), _PATIENCE)

    def _asked(self, ask: Callable[[], bytes], timeout: float | None) -> bytes:
        try:
            return ask()
        except LinkLate as error:
            raise ReaderTimeout(
                f"{self._name} did not answer within {timeout:g} seconds"
            ) from error
        except LinkLost:
            self._tell_the_end()
        except LinkError as error:
            self._tell(error)

    def _tell(self, error: LinkError) -> NoReturn:
        match error.trouble:
            case Trouble.POWER_CUT:
                raise CardRemoved(f"{self._name}: {error.sentence}") from error
            case Trouble.HUNG:
                raise ReaderTimeout(f"{self._name}: {error.sentence}") from error
            case Trouble.REFUSED:
                raise NotNow(f"{self._name}: {error.sentence}") from error
            case Trouble.DEFECT:
                self._tell_the_end()
            case _:
                raise ReaderError(f"{self._name}: {error.sentence}") from error

    def _tell_the_end(self) -> NoReturn:
        raise CardRemoved(
            f"{self._name}: {self._process.obituary().message}",
            advice="its memory is lost with it: open the reader again for a new card",
        )


def _connected(process: CardProcess) -> Link:
    greeting = process.line(START_SECONDS)
    if greeting is None:
        raise process.obituary()
    try:
        where = json.loads(greeting)
        return Link(where["port"], bytes.fromhex(where["token"]), START_SECONDS)
    except (ValueError, KeyError) as error:
        raise ReaderError(
            f"the Java card introduced itself with {greeting!r}",
            advice="look which `java` is first on the PATH, or let JAVA_HOME name another",
        ) from error
    except (LinkLost, LinkLate) as error:
        raise process.obituary() from error
    except LinkError as error:
        raise ReaderError(f"the Java card refused us: {error.sentence}") from error


class _JavaKind:
    """The entry point ``java`` of the group ``unicard.readers``."""

    def open(self, argument: str) -> JavaReader:
        """Start a blank card of the type ``argument``, of the reference type when it is empty."""
        profile = profile_named(argument) if argument else None
        return JavaReader(f"java:{argument}" if argument else "java", blank_card(profile))

    def names(self) -> Iterable[str]:
        """Yield ``java`` when it can be opened. Raises JavaCardMissing when it cannot."""
        find_runtime()
        yield "java"


JAVA = _JavaKind()
