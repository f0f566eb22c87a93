"""Requests of transactions as terminals send them, and those that an active test card has had.

Written from the contract's layouts, byte by byte.
"""

from collections.abc import Callable, Iterator
from datetime import date

from tests.support.service_records import BREAD, TODAY, WALLET
from tests.support.terminal import AIDS, NEW_PIN, Terminal, role_keys

PERFORM_TRANSACTION = 0x40
DEBIT, CREDIT, REVERSE = 1, 2, 3
Operation = tuple[int, int, int]
"""What is done, the service's id, and the amount."""
TERMINAL = b"STAGE  1"
NOON = "120000"
REVERSES: tuple[Operation, ...] = ((REVERSE, 0, 0),)


def operations_data(operations: tuple[Operation, ...]) -> bytes:
    """Return operations as bytes, 6 each."""
    return b"".join(
        bytes([code, service]) + amount.to_bytes(4, "big") for code, service, amount in operations
    )


def request(
    number: int,
    operations: tuple[Operation, ...],
    name: tuple[bytes, int],
    day: date | str = TODAY,
    time: str = NOON,
) -> bytes:
    """Return the data field of PERFORM TRANSACTION.

    ``number`` is the card's transaction number; ``name`` terminal id and number; ``day`` a date or
    eight hexadecimal digits.
    """
    written = day if isinstance(day, str) else f"{day:%Y%m%d}"
    terminal, count = name
    head = terminal + count.to_bytes(4, "big") + number.to_bytes(3, "big")
    return head + bytes.fromhex(written + time) + operations_data(operations)


HISTORY: tuple[tuple[int, bytes], ...] = tuple(
    (kvn, request(number, operations, (TERMINAL, number)))
    for number, (kvn, operations) in enumerate(
        [
            *[(0x51, ((DEBIT, WALLET, 1),))] * 5,
            *[(0x64, ((DEBIT, BREAD, 1), (DEBIT, WALLET, 2)))] * 5,
            *[(0x50, ((CREDIT, WALLET, 9),))] * 4,
            *[(0x61, ((DEBIT, WALLET, 1),))] * 5,
        ]
    )
)
"""Role key set and request of each transaction that a card of `Stage.ACTIVE` has had: 19.

The log has a place for one more; then the oldest goes. The first was with the PIN.
"""


def perform(host: Terminal, data: bytes, *, query: bool = False) -> tuple[bytes, int]:
    """Send PERFORM TRANSACTION."""
    return host.send(0x80, PERFORM_TRANSACTION, int(query), 0, data)


def in_role(transmit: Callable[[bytes], bytes], kvn: int) -> Terminal:
    """Return a terminal in a session with this role key set."""
    host = Terminal(transmit, keys=role_keys(kvn))
    assert host.select(AIDS.instance)[1] == 0x9000
    host.authenticate(kvn)
    return host


def activate(transmit: Callable[[bytes], bytes]) -> None:
    """Carry out the `HISTORY` on a card that has had no transaction."""
    open_one = 0
    for kvn, data in HISTORY:
        if kvn != open_one:
            host = in_role(transmit, kvn)
        if not open_one:
            assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
        open_one = kvn
        sw = perform(host, data)[1]
        assert sw == 0x9000, f"{data.hex()}: {sw:04X}"


def records(host: Terminal) -> Iterator[bytes]:
    """Yield the log from the newest on, in a session that may read it."""
    for number in range(1, 21):
        record, sw = host.send(0, 0xB2, number, 4)
        if sw != 0x9000:
            assert sw == 0x6A83, f"{sw:04X}"
            return
        yield record
