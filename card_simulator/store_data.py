"""STORE DATA to the issuer security domain (GlobalPlatform Card 2.3.1, 11.11).

The blocks together are BER-TLV objects; they are stored with the last block, all or none.
"""

from __future__ import annotations

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.memory import Memory

LAST_BLOCK = 0x80
IIN, CIN = 0x42, 0x45
"""Issuer and card image identification number."""

_MOST_BYTES = 255
"""Of one stream: far more than its two objects can take."""


class DomainData:
    """The security domain's own data objects, and the blocks that are on their way to them."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._blocks: list[bytes] = []

    def value(self, tag: int) -> bytes:
        """Return an object's value, empty where nothing is stored."""
        return self._memory.read(_cell(tag))

    def forget(self) -> None:
        """Drop the blocks that have come so far."""
        self._blocks = []

    def store(self, command: Command) -> Answer:
        """STORE DATA: the next block; with the last one the objects are stored.

        Block 00 begins a stream, whatever has come before it.
        """
        blocks, self._blocks = self._blocks if command.p2 else [], []
        if command.p2 != len(blocks):
            raise StatusError(SW.WRONG_P1P2)
        blocks.append(command.data)
        data = b"".join(blocks)
        if len(data) > _MOST_BYTES:
            raise StatusError(SW.WRONG_DATA)
        if not command.p1 & LAST_BLOCK:
            self._blocks = blocks
            return Answer()
        objects = _objects(data)
        with self._memory.transaction():
            for tag, value in objects.items():
                self._memory.write(_cell(tag), value)
        return Answer()


def _objects(data: bytes) -> dict[int, bytes]:
    """Return values by tag; raises `StatusError` 6A80 or 6A88 for what cannot be stored here."""
    try:
        found = list(tlv.read(data))
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    objects = {part.tag: part.value for part in found}
    if not objects.keys() <= {IIN, CIN}:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    right = all(1 <= len(value) <= spec().limits["issuer_data"] for value in objects.values())
    if not objects or len(objects) != len(found) or not right:
        raise StatusError(SW.WRONG_DATA)
    return objects


def _cell(tag: int) -> str:
    return f"isd.object.{tag:X}"
