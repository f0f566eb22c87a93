"""Receipts verified in bulk: of each one the derivation of its card's key, and its MAC.

The masters' contexts are kept for a whole run, so that a receipt costs two CMACs and little else.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from hmac import compare_digest
from itertools import takewhile
from typing import TypeVar

from applet_spec import spec
from host_lib.primitives import cmac_once
from host_lib.transaction import Receipt
from keys_tool.derivation import CARD_SERIAL_LENGTH
from keys_tool.errors import KeyNotFound, VersionOutOfRange
from keys_tool.store import KeyStore

R = TypeVar("R", bound=Receipt | bytes)


class Verdict(Enum):
    """What became of a receipt."""

    VALID = "valid"
    WRONG_MAC = "wrong MAC"
    """Changed on its way, of another card than it says, or signed by nobody who has the key."""
    UNKNOWN_KEY_VERSION = "unknown key version"
    """The store holds no receipt master of the version that it names."""
    MALFORMED = "no receipt"
    """Another number of bytes than a receipt has."""


def verify_receipts(receipts: Iterable[R], store: KeyStore) -> Iterator[tuple[R, Verdict]]:
    """Yield each receipt with its verdict, in their order, one by one.

    A receipt may come as its 89 bytes, which is several times as fast: nothing is decoded then, and
    nothing said about its fields but that a card signed them. Retired masters verify too. Raises
    `StoreClosed`.
    """
    masters = _Masters(store)
    serial, signed, length = _layout()
    mac_length = length - signed
    valid, wrong = Verdict.VALID, Verdict.WRONG_MAC
    for receipt in receipts:
        data = receipt if isinstance(receipt, bytes) else receipt.encode()
        if len(data) != length:
            yield receipt, Verdict.MALFORMED
            continue
        # The first field of a receipt, one byte, is its key version.
        key_of_card = masters[data[0]]
        if key_of_card is None:
            yield receipt, Verdict.UNKNOWN_KEY_VERSION
            continue
        mac = cmac_once(key_of_card(data[serial]), data[:signed])
        yield receipt, valid if compare_digest(mac[:mac_length], data[signed:]) else wrong


def _layout() -> tuple[slice, int, int]:
    """Return where the card serial is in a receipt, and how long what is signed and the whole."""
    fields = spec().transactions.receipt
    before = takewhile(lambda field: field.name != "card serial", fields)
    start = sum(field.length for field in before)
    signed = sum(field.length for field in fields)
    length = signed + spec().transactions.receipt_mac_length
    return slice(start, start + CARD_SERIAL_LENGTH), signed, length


class _Masters(dict[int, Callable[[bytes], bytes] | None]):
    """By key version: what derives a card's receipt key, None where the store has no master."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, version: int) -> Callable[[bytes], bytes] | None:
        try:
            self[version] = self._store.receipt_keys(version).of_card
        except (KeyNotFound, VersionOutOfRange):
            self[version] = None
        return self[version]
