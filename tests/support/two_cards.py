"""Two cards that get the same commands, each in a terminal of its own, and what is seen of them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.any_card import AnyCard
from tests.support.terminal import ISD, Keys, SessionEndedError, Terminal, apdu, derive, lv

Seen = tuple[object, ...]
INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE = 0x50, 0x82
Parts = tuple[int, int, int, int, bytes]
"""Class, instruction, P1, P2 and data of a command."""


@dataclass(frozen=True)
class Tamper:
    """A protected command that somebody changes on its way."""

    parts: Parts
    how: str
    place: int


@dataclass(frozen=True)
class Again:
    """A reset; on the other interface if ``contactless``."""

    contactless: bool


class Disagreement(AssertionError):
    """Two cards that answered the same command differently."""


class Side:
    """One of the cards, and the terminal that it is in."""

    def __init__(self, card: AnyCard, size: int) -> None:
        self.card = card
        self.host = Terminal(card.transmit, size=size)

    def begin(self) -> None:
        """Put the card back to the checkpoint and into a new terminal."""
        self.card.contactless = False
        self.card.restore()
        self.card.reset()
        self.host = Terminal(self.card.transmit, size=self.host.size)

    def raw(self, raw: bytes) -> Seen:
        """Send bytes; the answer, but for what is random in it."""
        data, sw = self.host.raw(raw)
        size = self.host.size
        if sw == 0x9000 and raw[1:2] == b"\x50" and len(data) >= 13 + 2 * size:
            return data[:13], len(data), data[13 + 2 * size :], sw
        return data, sw

    def send(self, parts: Parts, in_clear: bool = False, le: bool = True) -> Seen:
        """Send a command, protected where a session is open and nothing else is wanted."""
        if in_clear or not self.host.level:
            return self.raw(apdu(*parts, b"\x00" if le else b""))
        wrapped = self.host.wrap(*parts)
        return self.opened(wrapped if le else wrapped[:-1])

    def opened(self, wrapped: bytes) -> Seen:
        """Send a protected command and open its answer."""
        try:
            return self.host.unwrap(self.card.transmit(wrapped))
        except SessionEndedError as error:
            self.host.level = 0
            return (str(error),)

    def open(self, kvn: int, keys: Keys, level: int, spoil: int | None) -> Seen:
        """Open a session, or fail to."""
        host, size = self.host, self.host.size
        host.level, host.keys = 0, keys
        data, sw = host.raw(apdu(0x80, INITIALIZE_UPDATE, kvn, 0, bytes(range(size)), b"\x00"))
        if sw != 0x9000:
            return data, sw
        challenge = data[13 : 13 + size]
        host.context = bytes(range(size)) + challenge
        bits = 8 * len(keys.enc)
        host.s_enc = derive(keys.enc, 4, host.context, bits)
        host.s_mac = derive(keys.mac, 6, host.context, bits)
        host.s_rmac = derive(keys.mac, 7, host.context, bits)
        right = data[13 + size : 13 + 2 * size] == derive(host.s_mac, 0, host.context, 8 * size)
        word = host.external_authenticate(level, spoil)
        counter = data[13 + 2 * size :]
        same = derive(keys.enc, 2, counter + ISD, 8 * size) == challenge if counter else None
        return data[:13], counter, same, right, word


class TwoCards:
    """Two cards, and what has been answered; ``names`` are those of instructions."""

    def __init__(self, sides: tuple[Side, Side], names: Mapping[int, str]) -> None:
        self.sides = sides
        self.names = names
        self.counts: Counter[str] = Counter()
        for side in sides:
            side.card.checkpoint()

    def both(self, do: Callable[[Side], Seen], ins: bytes = b"", how: str = "") -> Seen:
        """Do something on both sides and compare what is seen."""
        one, other = (do(side) for side in self.sides)
        if one != other:
            raise Disagreement(f"{how}{ins.hex()}: {words(one)} and {words(other)}")
        word = one[-1] if one else None
        if ins and isinstance(word, int):
            name = self.names.get(ins[0], "another instruction")
            self.counts[f"{how}{name}: {word:04X}"] += 1
        return one

    @property
    def in_session(self) -> bool:
        """Whether the terminals have a session open."""
        levels = {bool(side.host.level) for side in self.sides}
        assert len(levels) == 1
        return levels == {True}

    def again(self, contactless: bool) -> None:
        def act(side: Side) -> Seen:
            side.card.contactless = contactless
            side.card.reset()
            side.host.level = 0
            return ()

        self.both(act)
        self.counts["resets"] += 1


def tampered(host: Terminal, wrapped: bytes, how: str, place: int) -> list[bytes]:
    """Return what is sent in place of a protected command."""
    body = wrapped[5:-1]
    if how == "flip":
        covered = [1, 2, 3, *range(5, len(wrapped) - 1)]
        at = covered[place % len(covered)]
        changed = bytes([wrapped[at] ^ 1 << place % 8])
        if at == 1 and changed[0] in (INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE):
            at, changed = 2, bytes([wrapped[2] ^ 1])
        return [wrapped[:at] + changed + wrapped[at + 1 :], wrapped]
    if how == "cut":
        body = body[: place % len(body)]
    if how == "more":
        body = (body + b"\x00")[:255]
    if how in ("cut", "more"):
        return [wrapped[:4] + (lv(body) if body else b"") + b"\x00", wrapped]
    if how == "twice":
        return [wrapped, wrapped, wrapped]
    return [host.wrap(0x80, 0xCA, 0x00, 0xCF), wrapped]


def words(seen: Seen) -> str:
    return ", ".join(
        part.hex() if isinstance(part, bytes) else f"{part:04X}" if type(part) is int else str(part)
        for part in seen
    )


def changed(parts: Parts, what: int, value: int) -> Parts:
    """Return a command with one byte of it changed, one too few, or one too many."""
    cla, ins, p1, p2, data = parts
    if what == 0:
        return cla, ins, value, p2, data
    if what == 1:
        return cla, ins, p1, value, data
    if what == 2:
        return cla ^ 0x80, ins, p1, p2, data
    if what == 3:
        return cla, ins, p1, p2, data[:-1]
    if what == 4 or not data:
        return cla, ins, p1, p2, (data + bytes([value]))[:223]
    at = value % len(data)
    return cla, ins, p1, p2, data[:at] + bytes([value]) + data[at + 1 :]
