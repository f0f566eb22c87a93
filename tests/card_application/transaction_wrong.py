"""Requests with another value in one field, or of another length, one after another."""

from collections.abc import Iterator

from tests.card_application.transaction_oracle import OracleCard
from tests.support.service_records import (
    BREAD,
    LARGE_PURSE,
    LARGEST,
    RATION,
    SMALL_COVER,
    SMALL_PURSE,
    SMALL_QUOTA,
    WALLET,
)
from tests.support.transactions import CREDIT, DEBIT, HISTORY, REVERSES, Operation, request

NAME = b"WRONG  1", 1
BASKETS: dict[int, tuple[tuple[Operation, ...], ...]] = {
    0x50: (((CREDIT, WALLET, 5),), ((CREDIT, SMALL_COVER, 1), (CREDIT, BREAD, 1)), REVERSES),
    0x51: (((DEBIT, WALLET, 5),), ((DEBIT, SMALL_PURSE, 1), (DEBIT, SMALL_QUOTA, 1),
           (DEBIT, SMALL_COVER, 1), (CREDIT, LARGE_PURSE, 1)), REVERSES),
    0x62: (((DEBIT, WALLET, 5), (DEBIT, SMALL_PURSE, 1)),),
    0x53: (((DEBIT, RATION, 1), (DEBIT, WALLET, 1)),),
    0x64: (((DEBIT, WALLET, 1), (DEBIT, BREAD, 1)), ((DEBIT, BREAD, 1),)),
    0x56: (((CREDIT, LARGE_PURSE, 1),),),
}  # fmt: skip
"""What a role may do, that then has one thing wrong."""
BYTES = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x09, 0x0A, 0x10, 0x12, 0x13, 0x19, 0x20, 0x24, 0x29,
         0x30, 0x31, 0x32, 0x59, 0x60, 0x79, 0x7F, 0x80, 0x99, 0x9A, 0xA0, 0xFF)  # fmt: skip
AMOUNTS = (0, 1, 2, 4, 5, 6, 7, 9, 10, 12, 70, 71, 20_000, 20_001, 300_000, 300_001, 600_001,
           LARGEST, LARGEST + 1, 0xFFFFFFFF)  # fmt: skip
FIRST_OPERATION, OPERATION = 22, 6


def wrong_requests(oracle: OracleCard, kvn: int) -> Iterator[bytes]:
    """Yield requests that differ from good ones of a role in one field; a few of them are good."""
    for operations in BASKETS[kvn]:
        good = request(oracle.number, operations, NAME)
        for at in range(12, len(good)):
            for value in BYTES:
                yield good[:at] + bytes([value]) + good[at + 1 :]
        for at in range(FIRST_OPERATION, len(good), OPERATION):
            for place in range(18):
                yield good[: at + 1] + bytes([place]) + good[at + 2 :]
            for amount in AMOUNTS:
                yield good[: at + 2] + amount.to_bytes(4, "big") + good[at + 6 :]
        for length in range(FIRST_OPERATION + 5 * OPERATION + 2):
            yield (good * 2)[:length]
        for _, old in HISTORY[-2:]:
            yield old[:12] + good[12:]
            yield good[:12] + old[12:]
