"""What the application keeps: its cells by name, the life cycle that they mean, transient flags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntFlag

from applet_spec import Spec
from card_simulator.apdu import SW, StatusError
from card_simulator.cells import Cells
from card_simulator.chip import Chip, Interface
from card_simulator.secure_channel import SecureChannel

PERSONALIZED = "personalized"
ACTIVATED = "activated"
SUSPENDED = "suspended"
TERMINATED = "terminated"
"""One-byte marks, each set by a single write; absent means not set."""

PIN = "pin"
"""Transport mark (1) and PIN block (8)."""

PIN_TRIES = "pin.tries"
PRIVATE_KEY = "key.private"
"""P-256 scalar, 32 bytes."""

PUBLIC_KEY = "key.public"
"""Uncompressed point, 65 bytes."""

TRANSACTION_NUMBER = "transaction.number"
RECEIPT_MAC = "transaction.mac"

MARK = b"\x01"


def object_cell(tag: int) -> str:
    """Return the name of the cell that a data object's value lies in."""
    return f"object.{tag:X}"


class Verified(IntFlag):
    """What the holder has proven since the flags were last cleared."""

    NOTHING = 0
    PIN = 1
    FINGER = 2


@dataclass
class State:
    """The parts that every concern of the application works with.

    ``cells`` are persistent; ``verified`` is transient. ``interface`` answers how the reader talks
    to the card now.
    """

    cells: Cells
    spec: Spec
    chip: Chip
    channel: SecureChannel
    interface: Callable[[], Interface]
    verified: Verified = field(default=Verified.NOTHING)

    @property
    def name(self) -> str:
        """Name of the life cycle state, derived from the marks."""
        if TERMINATED in self.cells:
            return "TERMINATED"
        if PERSONALIZED not in self.cells:
            return "BLANK"
        if SUSPENDED in self.cells:
            return "SUSPENDED"
        return "ACTIVE" if ACTIVATED in self.cells else "PERSONALIZED"

    @property
    def code(self) -> int:
        """Life cycle code of the state."""
        return self.spec.states[self.name].code

    def clear_verified(self) -> None:
        """Forget that the holder was verified."""
        self.verified = Verified.NOTHING

    @property
    def in_secret_session(self) -> bool:
        """Whether a session of the issuer with C-MAC and C-ENC is open."""
        return self.channel.issuer and self.channel.has(self.spec.secure_channel.write_level)

    def require_secret_session(self) -> None:
        """Raise `StatusError` 6982 unless the issuer's session with C-MAC and C-ENC is open."""
        if not self.in_secret_session:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
