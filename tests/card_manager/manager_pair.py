"""Two cards that get the same commands, each in sessions of its own, and must answer the same."""

from collections import Counter
from collections.abc import Callable

from applet_spec import spec
from tests.card_manager.manager_steps import (
    Again,
    Fill,
    Load,
    Open,
    Parts,
    PutKey,
    Raw,
    Send,
    Step,
    Tamper,
    load_data,
)
from tests.support.any_card import AnyCard
from tests.support.content import INSTANCE, PACKAGE, announcement, cap, cut_up, install_for
from tests.support.terminal import (
    AIDS,
    ISD,
    Keys,
    SessionEndedError,
    Terminal,
    aes_cbc,
    apdu,
    derive,
    lv,
)

Seen = tuple[object, ...]
INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE = 0x50, 0x82
CHECK_BLOCK = b"\x01" * 16
OURS = lv(AIDS.package) + lv(AIDS.module)
"""Begins the data of an INSTALL of our application, which one card may have and the other not."""


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


class Pair:
    """Two cards of one type, what is known of their keys, and what has been answered."""

    def __init__(self, one: AnyCard, other: AnyCard, i: int, key: bytes, kvn: int) -> None:
        size = 16 if i & 0x01 else 8
        self.sides = Side(one, size), Side(other, size)
        self.level = 0x33 if i & 0x60 == 0x60 else 0x03
        self._factory = {kvn: {1: key, 2: key, 3: key}}
        self.known = dict(self._factory)
        self.counts: Counter[str] = Counter()
        one.checkpoint()
        other.checkpoint()

    def run(self, steps: list[Step]) -> None:
        """Run a sequence on both cards, from the checkpoint on. Raises `Disagreement`."""
        for side in self.sides:
            side.begin()
        self.known = {kvn: dict(keys) for kvn, keys in self._factory.items()}
        for step in steps:
            self.take(step)
        self.counts["sequences"] += 1

    def take(self, step: Step) -> None:
        """Do one step."""
        match step:
            case Raw(raw):
                self.both(lambda side: side.raw(raw), raw[1:2], "raw ")
            case Open(kvn, level, spoil, wrong):
                self.open(kvn, level, spoil, wrong)
            case Send():
                self.send(step)
            case PutKey():
                self.put_key(step)
            case Load():
                self.load(step)
            case Tamper(parts, how, place):
                self.tamper(parts, how, place)
            case Fill(what):
                self.fill(what)
            case Again(contactless):
                self.again(contactless)

    def both(self, do: Callable[[Side], Seen], ins: bytes = b"", how: str = "") -> Seen:
        """Do something on both sides and compare what is seen."""
        one, other = (do(side) for side in self.sides)
        if one != other:
            raise Disagreement(f"{how}{ins.hex()}: {_words(one)} and {_words(other)}")
        word = one[-1] if one else None
        if ins and isinstance(word, int):
            name = NAMES.get(ins[0], "another instruction")
            self.counts[f"{how}{name}: {word:04X}"] += 1
        return one

    @property
    def in_session(self) -> bool:
        """Whether the terminals have a session open."""
        levels = {bool(side.host.level) for side in self.sides}
        assert len(levels) == 1
        return levels == {True}

    def open(self, kvn: int, level: int, spoil: int | None = None, wrong: bool = False) -> None:
        complete = sorted(v for v, keys in self.known.items() if _complete(keys))
        version = kvn or (complete[0] if complete else 0xFF)
        known = self.known.get(version, {})
        keys = Keys(*(known.get(n, bytes(16)) for n in (1, 2, 3)))
        if wrong or len(keys.enc) != len(keys.mac):
            keys = Keys(b"?" * 16, b"!" * 16, b"." * 16)
        seen = self.both(lambda side: side.open(kvn, keys, level, spoil))
        if len(seen) == 2:
            self.counts[f"INITIALIZE UPDATE: {seen[-1]:04X}"] += 1
        else:
            self.counts["INITIALIZE UPDATE: 9000"] += 1
            self.counts[f"EXTERNAL AUTHENTICATE: {seen[-1]:04X}"] += 1
            if seen[-1] == 0x9000:
                self.counts[f"sessions at level {level:02X}"] += 1

    def need_session(self) -> None:
        if not self.in_session:
            self.open(0, self.level)

    def send(self, step: Send) -> Seen:
        parts = step.parts
        cla, ins, p1, p2, data = parts
        if data.startswith(OURS):
            parts = cla, ins, p1, p2, data[1:]
        select = cla == 0x00 and ins == 0xA4
        if step.usual and not select:
            self.need_session()
        if self.in_session:
            parts = parts[0] & 0xFB, *parts[1:]
        in_clear = step.in_clear or select
        if not in_clear and self.in_session and len(parts[4]) > 255 - 16 - 16:
            return ()
        how = "in clear " if step.in_clear and self.in_session else ""
        seen = self.both(lambda side: side.send(parts, in_clear, step.le), bytes([ins]), how)
        if in_clear and self.in_session and not (select and seen[-1] in (0x6A82, 0x6A86, 0x6700)):
            for side in self.sides:
                side.host.level = 0
        if (ins, seen[-1]) == (0xE4, 0x9000) and data[:1] in (b"\xd0", b"\xd2"):
            self._forget(data)
        return seen

    def _forget(self, data: bytes) -> None:
        if data[:1] == b"\xd2" and len(data) == 3:
            self.known.pop(data[2], None)
            return
        number, kvn = (data[2], data[5]) if data[:1] == b"\xd0" else (data[5], data[2])
        self.known.get(kvn, {}).pop(number, None)

    def put_key(self, step: PutKey) -> None:
        self.need_session()
        keys = [bytes([65 + seed, n]) * (size // 2) for n, (seed, size) in enumerate(step.keys)]

        def data(side: Side) -> bytes:
            blocks = b"".join(_block(side.host.keys.dek, key, step.inner) for key in keys)
            whole = bytes([step.kvn]) + blocks
            at = None if step.damage is None else step.damage % len(whole)
            return whole if at is None else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]

        if len(data(self.sides[0])) > 223:
            return
        seen = self.both(
            lambda side: side.send((0x80, 0xD8, step.replaces, step.p2, data(side))), b"\xd8"
        )
        if seen[-1] == 0x9000:
            first = step.p2 & 0x7F
            replaced = self.known.pop(step.replaces, {}) if step.replaces else {}
            kept = {**replaced, **self.known.get(step.kvn, {})}
            self.known[step.kvn] = kept | {first + n: key for n, key in enumerate(keys)}
            if _complete(self.known[step.kvn]) and step.kvn != 0xFF:
                self.known.pop(0xFF, None)

    def load(self, step: Load) -> None:
        first = announcement(step.package, digest=step.digest)
        self.send(Send((0x80, 0xE6, 0x02, 0, first)))
        blocks = cut_up(load_data(step.content), min(step.size, 223))
        for number, block in enumerate(blocks):
            if number == step.at and step.between:
                self.send(Send(step.between))
            p1 = 0x80 if number == len(blocks) - 1 else 0x00
            if self.send(Send((0x80, 0xE8, p1, number & 0xFF, block)))[-1:] != (0x9000,):
                break

    def tamper(self, parts: Parts, how: str, place: int) -> None:
        self.need_session()
        if not self.in_session or parts[1] in (INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE, 0xA4):
            return

        def act(side: Side) -> Seen:
            wrapped = side.host.wrap(parts[0] & 0x80, *parts[1:])
            return tuple(side.opened(each) for each in _tampered(side.host, wrapped, how, place))

        self.both(act)
        self.counts[f"tampered: {how}"] += 1
        for side in self.sides:
            side.host.level = 0

    def fill(self, what: str) -> None:
        {
            "key sets": self._fill_keys,
            "applications": self._fill_applications,
            "load files": self._fill_load_files,
            "bytes": self._fill_bytes,
            "locks": self._lock,
        }[what]()
        self.counts[f"fillings with {what}"] += 1

    def _fill_keys(self) -> None:
        for kvn in range(0x30, 0x36):
            self.put_key(PutKey(kvn, 0, 0x81, ((kvn & 3, 16),) * 3))

    def _fill_applications(self) -> None:
        self.load(Load(PACKAGE, cap(), 200))
        for number in range(17):
            aid = INSTANCE + bytes([number])
            self.send(Send((0x80, 0xE6, 0x0C, 0, install_for(aid))))
        for p2 in (2, 3, 3):
            self.send(Send((0x80, 0xF2, 0x40, p2, b"\x4f\x00")))

    def _fill_load_files(self) -> None:
        for number in range(9):
            package = PACKAGE + bytes([number])
            self.load(Load(package, cap(package, (package + b"\x01",)), 200))

    def _fill_bytes(self) -> None:
        for size in (0x8000, 0x7F00, 0x0100):
            package = PACKAGE + size.to_bytes(2, "big")
            self.load(Load(package, cap(package, (), size), 223))

    def _lock(self) -> None:
        for state in (0x07, 0x0F, 0x7F):
            self.send(Send((0x80, 0xF0, 0x80, state, b"")))
        self.send(Send((0x00, 0xA4, 0x04, 0x00, ISD)))

    def again(self, contactless: bool) -> None:
        def act(side: Side) -> Seen:
            side.card.contactless = contactless
            side.card.reset()
            side.host.level = 0
            return ()

        self.both(act)
        self.counts["resets"] += 1


def _complete(keys: dict[int, bytes]) -> bool:
    return set(keys) == {1, 2, 3} and len({len(key) for key in keys.values()}) == 1


def _block(dek: bytes, key: bytes, inner: bool) -> bytes:
    body = aes_cbc(dek, bytes(16), key + bytes(-len(key) % 16))
    body = bytes([len(key)]) + body if inner else body
    check = aes_cbc(key, bytes(16), CHECK_BLOCK)[:3]
    return bytes([0x88, len(body)]) + body + b"\x03" + check


def _tampered(host: Terminal, wrapped: bytes, how: str, place: int) -> list[bytes]:
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


def _words(seen: Seen) -> str:
    return ", ".join(
        part.hex() if isinstance(part, bytes) else f"{part:04X}" if type(part) is int else str(part)
        for part in seen
    )


NAMES = {each.ins: each.name for each in spec().card_manager.values() if each.name != "DELETE KEY"}
