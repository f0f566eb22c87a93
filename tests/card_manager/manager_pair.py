"""Two cards that get the same commands, each in sessions of its own, and must answer the same."""

from applet_spec import spec
from tests.card_manager.manager_steps import (
    Fill,
    Load,
    Open,
    PutKey,
    Raw,
    Send,
    Step,
    load_data,
)
from tests.support.any_card import AnyCard
from tests.support.content import INSTANCE, PACKAGE, announcement, cap, cut_up, install_for
from tests.support.terminal import AIDS, ISD, Keys, aes_cbc, lv
from tests.support.two_cards import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    Again,
    Parts,
    Seen,
    Side,
    Tamper,
    TwoCards,
    tampered,
)

CHECK_BLOCK = b"\x01" * 16
NAMES = {each.ins: each.name for each in spec().card_manager.values() if each.name != "DELETE KEY"}
OURS = lv(AIDS.package) + lv(AIDS.module)
"""Begins the data of an INSTALL of our application, which one card may have and the other not."""


class Pair(TwoCards):
    """Two cards of one type, what is known of their keys, and what has been answered."""

    def __init__(self, one: AnyCard, other: AnyCard, i: int, key: bytes, kvn: int) -> None:
        size = 16 if i & 0x01 else 8
        super().__init__((Side(one, size), Side(other, size)), NAMES)
        self.level = 0x33 if i & 0x60 == 0x60 else 0x03
        self._factory = {kvn: {1: key, 2: key, 3: key}}
        self.known = dict(self._factory)

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
            return tuple(side.opened(each) for each in tampered(side.host, wrapped, how, place))

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


def _complete(keys: dict[int, bytes]) -> bool:
    return set(keys) == {1, 2, 3} and len({len(key) for key in keys.values()}) == 1


def _block(dek: bytes, key: bytes, inner: bool) -> bytes:
    body = aes_cbc(dek, bytes(16), key + bytes(-len(key) % 16))
    body = bytes([len(key)]) + body if inner else body
    check = aes_cbc(key, bytes(16), CHECK_BLOCK)[:3]
    return bytes([0x88, len(body)]) + body + b"\x03" + check
