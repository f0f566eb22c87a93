"""All that a card with the application shows of what it keeps; looking may change it."""

from collections.abc import Iterator
from dataclasses import dataclass

from applet_spec import spec
from tests.card_application.application_look import read
from tests.card_application.application_side import PROOF_HEAD, ApplicationSide, keys_of
from tests.card_application.application_values import PIN_BLOCKS
from tests.support.stages import session
from tests.support.terminal import AIDS, NEW_PIN, PIN, Terminal, apdu, derive

CANDIDATES = tuple(dict.fromkeys((NEW_PIN, PIN, *PIN_BLOCKS)))
OTHER_PIN = bytes.fromhex("247777FFFFFFFFFF")
TRIES_AT = b"\x82\x02"


@dataclass(frozen=True)
class Look:
    """What a card shows: ``tries`` are the PIN's; ``rest`` all else, by what was asked."""

    tries: int
    rest: tuple[tuple[str, object], ...]


def look(side: ApplicationSide) -> Look:
    """Ask a card everything; it is left reset, its PIN another."""
    side.card.keep_power()
    side.card.contactless = False
    side.card.reset()
    host = side.host
    host.size, host.keys = side.size, side.issuer
    fci, sw = host.select(AIDS.instance)
    tries = fci[fci.index(TRIES_AT) + 2] if TRIES_AT in fci else 0
    rest: list[tuple[str, object]] = [("FCI", (_without_tries(fci), sw))]
    if sw == 0x9000:
        rest.extend(_inside(side, host))
    side.card.reset()
    host.level = 0
    return Look(tries, tuple(rest))


def _without_tries(fci: bytes) -> bytes:
    at = fci.index(TRIES_AT) + 2 if TRIES_AT in fci else len(fci)
    return fci[:at] + fci[at + 1 :]


def _inside(side: ApplicationSide, host: Terminal) -> Iterator[tuple[str, object]]:
    session(host)
    for tag in spec().objects:
        yield f"{tag:04X}", read(host, tag)
    yield "log", tuple(_log(host))
    listed = host.send(0, 0xCA, 0xDF, 0x55)[0]
    public = side.send((0, 0x46, 0x81, 0, b""))
    yield "public key", public
    yield "resumed", host.sw(0x80, 0xF0, 0x40, 0x1F)
    fci, sw = host.select(AIDS.instance)
    yield "FCI afterwards", (_without_tries(fci), sw)
    yield "proof", side.send((0, 0x88, 0, 0, bytes(17)))
    yield "PIN", _pin(host)
    yield "role keys", tuple(_opening(host, listed))


def _log(host: Terminal) -> Iterator[tuple[bytes, int]]:
    """Yield the records from the newest on, and what is answered where there is none."""
    for number in range(1, 22):
        yield (record := host.send(0, 0xB2, number, 4))
        if record[1] != 0x9000:
            return


def accounts(host: Terminal) -> Iterator[object]:
    """Yield what transactions change, and the newest records, of a card just reset."""
    yield (fci := host.select(AIDS.instance))
    if fci[1] != 0x9000:
        return
    yield host.send(0, 0x88, 0, 0, bytes(17))[0][:PROOF_HEAD]
    session(host)
    for tag, item in spec().objects.items():
        if item.name in ("service record", "purse counters", "card date", "transaction log"):
            yield host.send(0, 0xCA, tag >> 8, tag & 0xFF)
    for number in (1, 2, 3, 4, 20):
        yield host.send(0, 0xB2, number, 4)


def _pin(host: Terminal) -> tuple[object, ...]:
    """Find the PIN that the card has; only where the state lets the holder in."""
    session(host)
    if host.sw(0, 0x2C, 3, 0x81) != 0x9000:
        return ()
    kind = host.sw(0, 0x20, 0, 0x81, OTHER_PIN)
    for block in CANDIDATES:
        host.sw(0, 0x2C, 3, 0x81)
        sw = host.sw(0, 0x24, 0, 0x81, block + OTHER_PIN)
        if sw & 0xFFF0 != 0x63C0:
            assert sw == 0x9000, f"{sw:04X} before the PIN was compared"
            return kind, block
    return kind, b"another"


def _opening(host: Terminal, listed: bytes) -> Iterator[tuple[int, int, bool]]:
    """Say of each role key set that is listed how it answers, and whether it has its keys."""
    host.select(AIDS.instance)
    for kvn, master in zip(listed[::2], listed[1::2], strict=True):
        challenge = bytes(range(8))
        offer, sw = host.raw(apdu(0x80, 0x50, kvn, 0, challenge, b"\x00"))
        context, cryptogram = challenge + offer[13:21], offer[21:29]
        s_mac = derive(keys_of(kvn, master).mac, 6, context, 128)
        yield kvn, sw, cryptogram == derive(s_mac, 0, context, 64)
