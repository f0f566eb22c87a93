"""Reading the data of INSTALL (GlobalPlatform Card 2.3.1, 11.5.2.3): fields behind lengths."""

from __future__ import annotations

from card_simulator import tlv
from card_simulator.apdu import SW, StatusError

AID_LENGTHS = range(5, 17)

_APPLICATION_PARAMETERS, _SYSTEM_PARAMETERS = 0xC9, 0xEF


def fields(data: bytes, count: int) -> list[bytes]:
    """Cut so many length-value fields out of the data; raises `StatusError` 6A80.

    A length is one byte up to 7F, and 81 with another one up to FF, which only parameters reach.
    """
    values = []
    for _ in range(count):
        start = 2 if data[:1] == b"\x81" else 1
        length = data[start - 1 : start]
        too_long = start == 1 and length > b"\x7f"
        if not length or too_long or len(data) < start + length[0]:
            raise StatusError(SW.WRONG_DATA)
        values.append(data[start : start + length[0]])
        data = data[start + length[0] :]
    if data:
        raise StatusError(SW.WRONG_DATA)
    return values


def check_aid(aid: bytes) -> None:
    """Raise `StatusError` 6A80 for a name that is none: 5 to 16 bytes are."""
    if len(aid) not in AID_LENGTHS:
        raise StatusError(SW.WRONG_DATA)


def check_no_token(token: bytes) -> None:
    """Raise `StatusError` 6A80 for a token, which nobody can check on this card."""
    if token:
        raise StatusError(SW.WRONG_DATA)


def check_no_privilege(privileges: bytes) -> None:
    """Raise `StatusError` 6A80 for a malformed privilege field, or one that asks for any."""
    if len(privileges) not in (0, 1, 3) or any(privileges):
        raise StatusError(SW.WRONG_DATA)


def check_parameters(parameters: bytes, *, for_application: bool) -> None:
    """Raise `StatusError` 6A80 unless there is one C9 for an application, else none.

    System parameters (EF) may come once; they speak of memory that this card has plenty of.
    """
    try:
        tags = [part.tag for part in tlv.read(parameters)]
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    wanted = [_APPLICATION_PARAMETERS] if for_application else []
    if tags.count(_SYSTEM_PARAMETERS) > 1 or [t for t in tags if t != _SYSTEM_PARAMETERS] != wanted:
        raise StatusError(SW.WRONG_DATA)
