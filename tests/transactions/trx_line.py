"""The way between a terminal and a card, on which messages get lost, doubled, late and changed."""

from collections import Counter, deque

from tests.support.any_card import AnyCard, PowerLost, recovered

LOST, HELD, DOUBLED, COPIED = "command lost", "command held", "command doubled", "command copied"
ANSWER_LOST, FORGED, OLDER = "answer lost", "error in place of the answer", "older answer"
FINE, CUT_BEFORE, CUT_AFTER = "fine", "cut before the commit", "cut after the commit"
DIES = "terminal dies"
CUT_AT, CUT_TWICE = "cut at a write", "cut at a write and while recovering"
JUNK = bytes(24) + b"\x90\x00"
"""What comes in place of an answer where there is no older one."""
FORGED_WORDS = (0x6A80, 0x6985, 0x9482, 0x9401, 0x6F00)
MOST_HELD = 4


class Line:
    """Carries wrapped commands to a card, and their answers; some of them go wrong.

    ``counts`` says how often what happened; ``last`` is what the card answered, whether it arrived
    or not, and empty where it did not answer.
    """

    def __init__(self, card: AnyCard) -> None:
        self.card = card
        self.counts: Counter[str] = Counter()
        self.held: deque[bytes] = deque(maxlen=MOST_HELD)
        self.older = JUNK
        self.last = b""

    def send(self, wrapped: bytes, fate: str = FINE, write: int = 1) -> bytes | None:
        """Send a wrapped command; None where no answer arrives.

        After a cut the card has its power again. ``write`` is the one that is cut.
        """
        self.counts[fate] += 1
        self.last = b""
        if fate in (LOST, HELD):
            if fate == HELD:
                self.held.append(wrapped)
            return None
        if fate in (CUT_BEFORE, CUT_AT, CUT_TWICE):
            return self._cut(wrapped, fate, write)
        self.last = answer = self.card.transmit(wrapped)
        return self._brought(wrapped, answer, fate)

    def _brought(self, wrapped: bytes, answer: bytes, fate: str) -> bytes | None:
        """Bring the card's answer back, or something else, or nothing."""
        match fate:
            case "command doubled":
                self._spoiled(self.card.transmit(wrapped))
            case "command copied":
                self.held.append(wrapped)
            case "answer lost":
                return None
            case "cut after the commit" | "terminal dies":
                self.card.power_off()
                self.card.reset()
                return None
            case "error in place of the answer":
                word = FORGED_WORDS[self.counts[fate] % len(FORGED_WORDS)]
                return word.to_bytes(2, "big")
            case "older answer":
                answer = self.older
        if self.last[-2:] == b"\x90\x00":
            self.older = self.last
        return answer

    def late(self, place: int = 0) -> bytes:
        """Bring a held command to the card at last, and return what it answers."""
        self.counts["held command comes late"] += 1
        wrapped = self.held[place]
        del self.held[place]
        return self.card.transmit(wrapped)

    def reset(self) -> None:
        """Take the card out of the field, and put it back."""
        self.card.power_off()
        self.card.reset()

    def _cut(self, wrapped: bytes, fate: str, write: int) -> bytes | None:
        """Cut the power at a write, where there are so many; then it was no cut."""
        self.card.cut_power_at(write)
        try:
            self.last = answer = self.card.transmit(wrapped)
        except PowerLost:
            self.counts[f"cut at write {write}"] += 1
            if fate == CUT_TWICE:
                recovered(self.card)
            else:
                self.card.reset()
            return None
        self.card.keep_power()
        if fate == CUT_BEFORE:
            self.reset()
            return None
        self.counts["cut after the last write"] += 1
        return answer

    def _spoiled(self, answer: bytes) -> None:
        assert answer == b"\x69\x82", f"a doubled command is answered {answer.hex()}"
