"""What a card shows of itself, through a session or without one."""

from tests.support.any_card import AnyCard
from tests.support.terminal import ISD, Keys, Terminal


def information(host: Terminal) -> list[tuple[int, int, int]]:
    """Return number, version and length of each key that GET DATA E0 lists."""
    data, sw = host.send(0x80, 0xCA, 0x00, 0xE0)
    assert sw == 0x9000
    assert data[0] == 0xE0
    start = 3 if data[1] == 0x81 else 2
    entries = [data[at : at + 6] for at in range(start, len(data), 6)]
    assert all(entry[:2] == b"\xc0\x04" and entry[4] == 0x88 for entry in entries)
    return [(entry[2], entry[3], entry[5]) for entry in entries]


def versions(host: Terminal) -> list[int]:
    """Return the versions of all key sets, in order."""
    return sorted({version for _, version, _ in information(host)})


def outside(card: AnyCard) -> Terminal:
    """Return a terminal without session, the security domain selected."""
    host = Terminal(card.transmit)
    host.select(ISD)
    return host


def opens(card: AnyCard, keys: Keys, kvn: int) -> bool:
    """Say whether a session of this version opens, with these keys; another answer is an error."""
    host = Terminal(card.transmit, keys=keys)
    host.select(ISD)
    if host.raw(bytes([0x80, 0x50, kvn, 0, 8]) + bytes(8))[1] != 0x9000:
        return False
    host.authenticate(kvn)
    return True


def session(card: AnyCard, keys: Keys | None = None, kvn: int = 0) -> Terminal:
    """Return a terminal with a session of these keys."""
    host = Terminal(card.transmit, keys=keys or Keys())
    host.select(ISD)
    host.authenticate(kvn)
    return host
