"""What a terminal knows of transactions: the card's number, and the requests that it has sent."""

from collections.abc import Iterator

from tests.card_application.application_steps import Resend, Transact
from tests.support.transactions import (
    HISTORY,
    PERFORM_TRANSACTION,
    REVERSE,
    TERMINAL,
    request,
)
from tests.support.two_cards import Parts, Seen

PERFORM, QUERY = 0, 1
NUMBER = b"\x83\x03"
RESULTS = ("not in the log", "same", "other bytes or role")
ACTIVATION = 0x80


class Requests:
    """Turns steps into commands; ``active`` is a card that has had its `HISTORY`."""

    def __init__(self, *, active: bool) -> None:
        self.number = len(HISTORY) if active else 0
        self._sent = [data for _, data in HISTORY[: self.number]]
        self._names = 0

    def parts(self, step: Transact | Resend) -> Parts:
        """Return the command that a step means now."""
        p1 = QUERY if step.ask else PERFORM
        if isinstance(step, Resend):
            data = bytearray(self._sent[-1 - step.ago % len(self._sent)] if self._sent else b"?")
            if step.spoil:
                at, bits = step.spoil
                data[at % len(data)] ^= bits
            return 0x80, PERFORM_TRANSACTION, p1, 0, bytes(data)
        name = TERMINAL, 0x1000 + self._names
        self._names += 1
        number = (self.number + step.stale) & 0xFFFFFF
        return (
            0x80,
            PERFORM_TRANSACTION,
            p1,
            0,
            request(number, step.operations, name, step.day, step.time),
        )

    def saw_fci(self, fci: bytes) -> None:
        """Take the card's number from the answer of SELECT."""
        if NUMBER in fci:
            at = fci.index(NUMBER) + 2
            self.number = int.from_bytes(fci[at : at + 3], "big")

    def saw(self, parts: Parts, seen: Seen, session: str) -> Iterator[str]:
        """Take note of a command that came through a session; name what came of a request."""
        _, ins, p1, p2, data = parts
        if ins != PERFORM_TRANSACTION or not session.startswith("role") or len(data) < 28:
            return
        self._sent.append(data)
        answer = seen[0]
        if seen[-1] != 0x9000 or not isinstance(answer, bytes) or p2:
            return
        if p1 == QUERY:
            yield f"queries answered: {RESULTS[answer[0]]}"
            return
        number = int.from_bytes(answer[:3], "big")
        if number <= self.number:
            yield "stored answers"
            return
        self.number = number
        if data[22] == REVERSE:
            yield "reverses"
        else:
            yield f"baskets of {(len(data) - 22) // 6} by {session}"
        if answer[4] & ACTIVATION:
            yield "activations"
        if answer[4] & 1:
            yield "transactions with the PIN"
