"""The chip under the card: who made it, which one it is, its random numbers and its interface."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from applet_spec.simulated import CONTACT_ATR as ATR
from applet_spec.simulated import CPLC_LENGTH

__all__ = ["ATR", "CPLC_LENGTH", "Chip", "Interface"]


class Interface(Enum):
    """How the reader talks to the card."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"


@dataclass(frozen=True, slots=True)
class Chip:
    """What the platform knows of its hardware; ``cplc`` is 42 bytes, the value of tag 9F7F."""

    cplc: bytes
    random: Callable[[int], bytes] = field(default=secrets.token_bytes, compare=False)

    @property
    def serial(self) -> bytes:
        """Chip serial, 10 bytes: fabricator, fabrication date, batch and serial number."""
        return self.cplc[0:2] + self.cplc[10:12] + self.cplc[16:18] + self.cplc[12:16]

    @property
    def diversification_data(self) -> bytes:
        """The 10 bytes that diversify the issuer keys; on this chip its serial."""
        return self.serial
