"""Power that fails at each write of something, and what the card shows of itself afterwards."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count as numbers

import pytest

from tests.support.any_card import AnyCard, PowerLost, recovered
from tests.support.content import listed
from tests.support.terminal import Keys, Terminal, derive

Act = Callable[[Terminal], object]
ALL_CUTS = 40
"""Up to so many writes a test cuts each; of more it cuts some, a proof all."""


@dataclass(frozen=True)
class Shown:
    """What a card shows: its keys, those of them that a host can prove, numbers and content."""

    information: bytes
    proven: tuple[tuple[int, bytes, bytes], ...]
    numbers: tuple[tuple[bytes, int], ...]
    lists: tuple[bytes, ...]
    answers: tuple[tuple[bytes, int], ...]


def shown(card: AnyCard, known: Iterable[Keys], size: int = 8) -> Shown:
    """Return what a card shows, asked with the keys that it could have; nothing is changed.

    Sequence counters go on, and are not in what is returned.
    """
    card.reset()
    host = Terminal(card.transmit, size=size)
    information = host.raw("80CA00E000")[0]
    proven = tuple(_proven(card, information, known, size))
    lists: tuple[bytes, ...] = ()
    if proven:
        kvn, enc, mac = proven[0]
        card.reset()
        host.keys = Keys(enc, mac, b"")
        host.authenticate(kvn, level=0x01)
        lists = tuple(listed(host, p1) for p1 in (0x80, 0x40, 0x20, 0x10))
    card.reset()
    host.level = 0
    numbers = tuple(host.raw(f"80CA00{tag}00") for tag in ("42", "45"))
    return Shown(information, proven, numbers, lists, tuple(_selected(host)))


def _proven(
    card: AnyCard, information: bytes, known: Iterable[Keys], size: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield version, ENC and MAC of each set that answers as a host with these keys expects."""
    versions = sorted({information[at + 3] for at in range(2, len(information), 6)})
    keys = list(known)
    encs = sorted({each.enc for each in keys})
    for kvn in versions:
        macs = _macs(card, kvn, sorted({each.mac for each in keys}), size)
        pairs = [(enc, mac) for mac in macs for enc in encs if len(enc) == len(mac)]
        right = [pair for pair in pairs if _is_right(card, kvn, *pair, size)]
        assert len(right) <= 1
        yield from ((kvn, enc, mac) for enc, mac in right)


def _macs(card: AnyCard, kvn: int, macs: Iterable[bytes], size: int) -> list[bytes]:
    """Return which of these keys the card's cryptogram is made with."""
    card.reset()
    challenge = bytes(range(size))
    command = bytes([0x80, 0x50, kvn, 0, size]) + challenge + b"\x00"
    offer, sw = Terminal(card.transmit).raw(command)
    if sw != 0x9000:
        return []
    context, cryptogram = challenge + offer[13 : 13 + size], offer[13 + size : 13 + 2 * size]
    s_macs = {mac: derive(mac, 6, context, 8 * len(mac)) for mac in macs}
    return [mac for mac in macs if derive(s_macs[mac], 0, context, 8 * size) == cryptogram]


def _is_right(card: AnyCard, kvn: int, enc: bytes, mac: bytes, size: int) -> bool:
    card.reset()
    host = Terminal(card.transmit, keys=Keys(enc, mac, b""), size=size)
    host.authenticate(kvn, level=0x03)
    host.pad_empty = True
    return host.transmit(host.wrap(0x80, 0xCA, 0x00, 0xCF))[-2:] == b"\x90\x00"


def _selected(host: Terminal) -> Iterator[tuple[bytes, int]]:
    """Go through everything that can be selected."""
    for p2 in (0, *[2] * 20):
        data, sw = host.raw(bytes([0x00, 0xA4, 0x04, p2, 0x00]))
        yield data, sw
        if sw not in (0x9000, 0x6283, 0x6285):
            return


def outcomes(
    card: AnyCard,
    prepare: Act,
    act: Act,
    known: Sequence[Keys],
    *,
    every: Counter[str] | None = None,
) -> list[Shown]:
    """Return what the card shows before, after each cut and recovery, and after all of ``act``.

    The card is made ready by ``prepare``; then power fails at writes of ``act``, one after the
    other, and each time once more while the card recovers. With ``every`` it fails at each write
    of both, and how often is counted there.
    """
    card.checkpoint()
    begun(card, prepare)
    found = [shown(card, known)]
    host = begun(card, prepare)
    start = card.writes
    act(host)
    count = card.writes - start
    assert count
    last = shown(card, known)
    for cut in some(count) if every is None else range(1, count + 1):
        for write in numbers(1):
            _cut(card, prepare, act, cut)
            if every is None:
                recovered(card)
                again = False
            else:
                again = _recovered(card, write)
                every["power cuts"] += 1
                every["power cuts while a card recovered"] += again
            found.append(shown(card, known))
            if not again:
                break
    return [*found, last]


def _cut(card: AnyCard, prepare: Act, act: Act, write: int) -> None:
    host = begun(card, prepare)
    card.cut_power_at(write)
    with pytest.raises(PowerLost):
        act(host)
    assert not card.powered
    with pytest.raises(PowerLost):
        card.transmit(b"\x00\xa4\x04\x00")


def _recovered(card: AnyCard, write: int) -> bool:
    """Give power back, and take it again at a write of the recovery; say whether it had so many."""
    card.cut_power_at(write)
    try:
        card.reset()
    except PowerLost:
        card.reset()
        return True
    card.keep_power()
    return False


def begun(card: AnyCard, prepare: Act) -> Terminal:
    """Return a terminal with the card as it was at the checkpoint, made ready."""
    card.restore()
    card.reset()
    host = Terminal(card.transmit)
    prepare(host)
    return host


def some(count: int) -> list[int]:
    """Return numbers of writes to be cut: all of few, the first, the last and others of many."""
    if count <= ALL_CUTS:
        return list(range(1, count + 1))
    edge = ALL_CUTS // 3
    step = max(1, (count - 2 * edge) // edge)
    return [
        *range(1, edge + 1),
        *range(edge + 1, count - edge, step),
        *range(count - edge, count + 1),
    ]


def assert_old_or_new(found: Sequence[Shown]) -> None:
    """Check that something changed, in one step that no cut ever takes back."""
    old, new = found[0], found[-1]
    assert old != new
    for number, each in enumerate(found):
        assert each in (old, new), f"a mixture after cut number {number}"
    assert list(found) == sorted(found, key=lambda each: each == new), "what was new stays new"
