"""An application of a load file that was loaded: this card has no program for it."""

from __future__ import annotations

from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command


class InertApplication:
    """Can be selected, and knows no instruction."""

    def __init__(self, aid: bytes) -> None:
        self.aid = aid

    def select(self) -> Answer:
        """Answer the FCI: its name."""
        return Answer(tlv.write(0x6F, tlv.write(0x84, self.aid)))

    def deselect(self) -> None:
        """Forget nothing: it knows nothing."""

    def process(self, _command: Command) -> bytes:
        """Answer that there is no such instruction, with or without secure messaging."""
        return Answer(sw=SW.INS_NOT_SUPPORTED).encode()
