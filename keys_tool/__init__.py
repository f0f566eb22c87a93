"""Key stores behind one interface, key derivation, certificates: for those who look after keys.

`open_store` opens a store; `keys_tool.store.KeyStore` is what every store can do. May import
host_lib and applet_spec; personalization and card_conformance import this room.
"""

from keys_tool.certificates import (
    CardCertificate,
    issue_card_certificate,
    verify_card_certificate,
)
from keys_tool.purpose import Algorithm, CheckMethod, KeyInfo, KeyState, Purpose
from keys_tool.store import KeyStore, open_store

__all__ = [
    "Algorithm",
    "CardCertificate",
    "CheckMethod",
    "KeyInfo",
    "KeyState",
    "KeyStore",
    "Purpose",
    "issue_card_certificate",
    "open_store",
    "verify_card_certificate",
]
