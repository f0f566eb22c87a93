"""Everything that a card must not give away, in one place because it is erased together."""

from __future__ import annotations

from dataclasses import dataclass

from card_simulator.application.key_pair import KeyPair
from card_simulator.application.pin import Pin
from card_simulator.application.receipt_keys import ReceiptKeys
from card_simulator.application.role_keys import RoleKeys


@dataclass(frozen=True, slots=True)
class Secrets:
    """The card's secrets but for the finger templates, which are data objects."""

    key_pair: KeyPair
    pin: Pin
    role_keys: RoleKeys
    receipt_keys: ReceiptKeys

    def erase(self) -> None:
        """Erase them all; done again at SELECT for what a loss of power has left."""
        self.key_pair.erase()
        self.pin.erase()
        self.role_keys.erase()
        self.receipt_keys.erase()
