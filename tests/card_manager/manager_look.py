"""All that a card manager shows of what it keeps, and what a model says that it shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.card_simulator.sim_lasting import CIN, IIN, INSTALLED_ONLY, LOCKED, Lasting
from tests.card_simulator.sim_rules import ABSENT
from tests.support.any_card import AnyCard
from tests.support.content import INSTANCE, PACKAGE, listed
from tests.support.terminal import AIDS, ISD, Keys, Terminal, derive

OURS = AIDS.instance
CHALLENGE_AT = 13
"""Bytes of an INITIALIZE UPDATE answer before its challenge."""
WANTED = b"\x4f\x00\x5c\x03\x4f\x9f\x70"
"""A search for all, whose entries are AID and life cycle."""
INSTALLED, SELECTABLE = 0x03, 0x07
TERMINATED = 0xFF


@dataclass(frozen=True)
class Look:
    """What a card shows.

    ``keys`` are key number, version and length, ``opening`` by version the ENC and MAC that a key
    set proves to have. Of our application ``states`` tells only whether it is locked.
    """

    keys: frozenset[tuple[int, int, int]]
    opening: tuple[tuple[int, bytes, bytes], ...]
    card_state: int
    states: tuple[tuple[bytes, int], ...]
    load_files: tuple[bytes, ...]
    numbers: tuple[bytes, ...]
    selectable: tuple[bytes, ...]


def view(lasting: Lasting) -> Look:
    """Return what a card shows that keeps this."""
    dead = lasting.card_state == TERMINATED
    opening = tuple(
        (kvn, lasting.keys[kvn][1], lasting.keys[kvn][2]) for kvn in lasting.complete if not dead
    )
    states = {}
    if lasting.state != ABSENT:
        states[OURS] = lasting.marks & LOCKED
    if lasting.foreign is not None:
        only = lasting.foreign & INSTALLED_ONLY
        states[INSTANCE] = (INSTALLED if only else SELECTABLE) | lasting.foreign & LOCKED
    files = sorted([AIDS.package, *([PACKAGE] if lasting.loaded else [])])
    return Look(
        frozenset(
            (number, kvn, len(key))
            for kvn, keys in lasting.keys.items()
            for number, key in keys.items()
        ),
        opening,
        lasting.card_state,
        () if dead else tuple(sorted(states.items())),
        () if dead else tuple(files),
        tuple(
            bytes([tag, len(value)]) + value if (value := lasting.numbers.get(tag)) else b""
            for tag in (IIN, CIN)
        ),
        () if dead else tuple(sorted(lasting.selectable)),
    )


def look(card: AnyCard, candidates: Iterable[Lasting]) -> Look:
    """Ask a card, whose keys are those of one of these; the card is reset."""
    known = list(candidates)
    card.reset()
    host = Terminal(card.transmit, size=16 if known[0].i & 0x01 else 8)
    data, sw = host.raw("80CA00E000")
    assert sw == 0x9000
    start = 3 if data[1] == 0x81 else 2
    entries = [data[at : at + 6] for at in range(start, len(data), 6)]
    keys = frozenset((entry[2], entry[3], entry[5]) for entry in entries)
    numbers = tuple(host.raw(f"80CA00{tag:02X}00")[0] for tag in (IIN, CIN))
    if host.select(ISD)[1] == 0x6985:
        return Look(keys, (), TERMINATED, (), (), numbers, ())
    opening = tuple(sorted(_opening(host, {kvn for _, kvn, _ in keys}, known)))
    selectable = tuple(sorted(a for a in (ISD, INSTANCE, OURS) if _is_selected(host, a)))
    kvn, enc, mac = opening[0]
    host.select(ISD)
    host.keys = Keys(enc, mac, b"")
    host.authenticate(kvn, level=0x01)
    states = dict(_entries(listed(host, 0x40, WANTED)))
    if OURS in states:
        states[OURS] &= LOCKED
    files = tuple(sorted(aid for aid, _ in _entries(listed(host, 0x20, WANTED))))
    ((_, card_state),) = _entries(listed(host, 0x80, WANTED))
    return Look(
        keys, opening, card_state, tuple(sorted(states.items())), files, numbers, selectable
    )


def _is_selected(host: Terminal, aid: bytes) -> bool:
    return host.select(aid)[1] in (0x9000, 0x6283)


def _opening(
    host: Terminal, versions: Iterable[int], known: Iterable[Lasting]
) -> Iterable[tuple[int, bytes, bytes]]:
    """Yield the key sets that answer INITIALIZE UPDATE, with the keys that the answer proves."""
    size = host.size
    for kvn in sorted(versions):
        host.select(ISD)
        challenge = bytes(range(size))
        offer, sw = host.raw(bytes([0x80, 0x50, kvn, 0, size]) + challenge + b"\x00")
        if sw != 0x9000:
            continue
        context = challenge + offer[CHALLENGE_AT : CHALLENGE_AT + size]
        cryptogram = offer[CHALLENGE_AT + size : CHALLENGE_AT + 2 * size]
        sets = [each.keys[kvn] for each in known if kvn in each.complete]
        for keys in sets:
            s_mac = derive(keys[2], 6, context, 8 * len(keys[2]))
            if derive(s_mac, 0, context, 8 * size) == cryptogram:
                yield kvn, keys[1], keys[2]
                break
        else:
            yield kvn, b"", b""


def _entries(data: bytes) -> list[tuple[bytes, int]]:
    """Cut the entries of a list into AIDs and life cycle codes."""
    found = []
    while data:
        assert data[0] == 0xE3
        entry, data = data[2 : 2 + data[1]], data[2 + data[1] :]
        length = entry[1]
        found.append((entry[2 : 2 + length], entry[-1]))
    return found
