"""What can be done to a Java card that no reader can do to a real one: for tests of applets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from host_lib.errors import ReaderError
from java_card.link import Kind
from java_card.settings import CardSettings, Wiring

Ask = Callable[[Kind, bytes], bytes]
"""Asks the card's process for something; raises ReaderError."""


class NotNow(ReaderError):
    """The Java card refused what only a test asks for; nothing was changed."""

    advice = "let the transaction end, or reset the card, before its memory is remembered"


@dataclass(frozen=True)
class Measures:
    """What the last command or reset cost, and what the card holds after it.

    ``writes`` are persistent writes, each a place where power can be cut; ``commit_peak`` the most
    bytes that were charged to the commit buffer; ``instructions`` the bytecodes that applets
    executed. ``total_writes`` counts since the card was made; the rest are bytes of memory in use.
    """

    writes: int
    commit_peak: int
    instructions: int
    total_writes: int
    persistent_bytes: int
    transient_reset_bytes: int
    transient_deselect_bytes: int


class Control:
    """The power, the memory and the wires of one Java card."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def cut_power_at(self, write: int) -> None:
        """Let the power fail instead of the n-th persistent write from now on, n from 1.

        Then `transmit` and `reset` raise CardRemoved, and the card is dead until it is reset. A
        non-atomic copy is one write a byte; the writes of a recovery count too.
        """
        if write < 1:
            raise ValueError(f"writes are counted from 1, not {write}")
        self._ask(Kind.CUT, write.to_bytes(8, "big"))

    def keep_power(self) -> None:
        """Take the last `cut_power_at` back."""
        self._ask(Kind.KEEP, b"")

    def measures(self) -> Measures:
        """Return the measures of the last command or reset."""
        values = json.loads(self._ask(Kind.MEASURES, b""))
        return Measures(
            values["writes"],
            values["commitPeak"],
            values["instructions"],
            values["totalWrites"],
            values["persistentBytes"],
            values["transientResetBytes"],
            values["transientDeselectBytes"],
        )

    def last_thrown(self) -> str:
        """Return what an applet threw in the last command, no ISOException, as Java prints it.

        That is the reason of a 6F00. Empty where nothing was thrown.
        """
        return self._ask(Kind.THROWN, b"").decode(errors="replace")

    def checkpoint(self) -> None:
        """Remember what the persistent memory holds now, in place of what was remembered before.

        Raises NotNow while a transaction is open or unfinished.
        """
        self._ask(Kind.CHECKPOINT, b"")

    def restore(self) -> None:
        """Take the power away and put the memory back to the checkpoint, which stays."""
        self._ask(Kind.RESTORE, b"")

    def replace(self, settings: CardSettings) -> None:
        """Put a new card in place of this one; `reset` gives it power.

        Faster than another process. Raises ReaderError for settings that describe no card.
        """
        text = "".join(f"{line}\n" for line in settings.lines()) + "\n"
        self._ask(Kind.NEW, text.encode())

    def wire(self, wiring: Wiring) -> None:
        """Put the card on another interface; takes effect at the next reset."""
        self._ask(Kind.WIRE, wiring.value.encode())

    def power_off(self) -> None:
        """Take the power away; `reset` gives it again."""
        self._ask(Kind.POWER_OFF, b"")

    def powered(self) -> bool:
        """Return whether the card has power and answers commands."""
        return self._ask(Kind.POWERED, b"") == b"\x01"
