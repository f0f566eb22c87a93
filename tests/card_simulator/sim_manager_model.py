"""What the contract says that the card manager answers, and what becomes of the card.

The part of the tests' model that is about content, keys and life cycle; `sim_model` has the rest.
Methods return the status word, or None where only the data decides and the model does not read
that far.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.card_simulator.sim_lasting import CIN, IIN, INSTALLED_ONLY, LOCKED, Lasting, key_set
from tests.card_simulator.sim_rules import ABSENT, MANAGER
from tests.support.content import (
    INSTANCE,
    MODULE,
    PACKAGE,
    cap,
    deletion,
    install_for,
    named,
    sha256,
)
from tests.support.terminal import AIDS, ISD, Keys, install_data

CONTENT = cap()
NUMBERS: Mapping[bytes, Mapping[int, bytes]] = {
    bytes.fromhex("42039981804503010203"): {IIN: b"\x99\x81\x80", CIN: b"\x01\x02\x03"},
    bytes.fromhex("420177"): {IIN: b"\x77"},
    bytes.fromhex("4502AABB"): {CIN: b"\xaa\xbb"},
}
STEPS = {0x01: (0x07, 0xFF), 0x07: (0x0F, 0xFF), 0x0F: (0x7F, 0xFF), 0x7F: (0x0F, 0xFF)}


@dataclass(frozen=True)
class Hints:
    """What the terminal knows of its own command: is the cryptogram right, the MAC, which keys."""

    cryptogram: bool = False
    mac: bool = False
    key_set: Keys | None = None


@dataclass(frozen=True)
class Loading:
    """A load file on its way."""

    aid: bytes
    digest: bytes
    block: int = 0
    data: bytes = b""


@dataclass
class ManagerModel:
    """One card as its contract says that it is now: its card manager."""

    lasting: Lasting
    target: str = MANAGER
    selected: bytes = ISD
    level: int = 0
    kvn: int = 0
    pending: int = 0
    verified: bool = False
    contactless: bool = False
    loading: Loading | None = None
    forwarding: bool = False
    blocks: tuple[bytes, ...] = ()

    def now(self, **changes: object) -> None:
        self.lasting = replace(self.lasting, **changes)  # type: ignore[arg-type]

    def end_sequences(self, but: int | None = None) -> None:
        """Drop what several commands in a row make up."""
        if but != 0xE8:
            self.loading = None
        if but != 0xE2:
            self.forwarding, self.blocks = False, ()

    def manager_data(self, p1: int, p2: int, _data: bytes) -> int:
        tag = p1 << 8 | p2
        if tag == 0xC1:
            return 0x9000 if self.lasting.i & 0x10 else 0x6A88
        known = tag in (0x9F7F, 0x00E0, 0x0066, 0x00CF) or tag in self.lasting.numbers
        return 0x9000 if known else 0x6A88

    # Keys

    def put_key(self, p1: int, data: bytes, hints: Hints) -> int | None:
        """Only of commands with a whole set of keys, which the terminal tells."""
        if hints.key_set is None:
            return None
        kvn, new = data[0], key_set(hints.key_set)
        if not 0x01 <= kvn <= 0x6F:
            return 0x6A80
        if p1 and p1 not in self.lasting.keys:
            return 0x6A88
        staying = {v: keys for v, keys in self.lasting.keys.items() if v not in (0xFF, p1 or kvn)}
        if kvn in staying or (not p1 and kvn in self.lasting.keys):
            return 0x6985
        if len(staying) == 4:
            return 0x6A84
        self.now(keys={**staying, kvn: new})
        self.kvn = kvn if p1 and p1 == self.kvn else self.kvn
        return 0x9000

    def delete_key(self, _p1: int, _p2: int, data: bytes) -> int | None:
        if len(data) != 3 or data[:2] != b"\xd2\x01":
            return None if data[:1] in (b"\xd0", b"\xd2") else 0x6A80
        keys, kvn = self.lasting.keys, data[2]
        if kvn not in keys:
            return 0x6A88
        if kvn == self.kvn or self.lasting.complete == [kvn]:
            return 0x6985
        self.now(keys={version: each for version, each in keys.items() if version != kvn})
        return 0x9000

    # Content

    def install(self, p1: int, p2: int, data: bytes) -> int | None:
        return {
            0x02: self._announce,
            0x04: self._install,
            0x08: self._make_selectable,
            0x0C: self._install,
            0x20: self._personalize,
        }.get(p1, _not_supported)(p1, p2, data)

    def _announce(self, _p1: int, _p2: int, data: bytes) -> int | None:
        fields = length_values(data, 5)
        if fields is None:
            return 0x6A80
        aid, domain, digest, parameters, token = fields
        if parameters and parameters[0] == 0xEF:
            return None
        if not 5 <= len(aid) <= 16 or token or parameters or len(digest) not in (0, 20, 32):
            return 0x6A80
        if domain not in (b"", ISD):
            return 0x6A88
        if aid in (ISD, AIDS.package, *self._instances()) or (
            aid == PACKAGE and self.lasting.loaded
        ):
            return 0x6985
        self.loading = Loading(aid, digest)
        return 0x9000

    def load(self, p1: int, p2: int, data: bytes) -> int | None:
        loading, self.loading = self.loading, None
        if loading is None:
            return 0x6985
        if p2 != loading.block:
            return 0x6A86
        loading = replace(loading, data=loading.data + data, block=p2 + 1)
        word, content = read_load_file(loading.data)
        if word or (content is None and p1):
            return word or 0x6A80
        if not p1:
            self.loading = loading
            return 0x9000
        if content != CONTENT:
            return None
        if loading.aid != PACKAGE or loading.digest not in (b"", sha256(CONTENT)):
            return 0x6A80
        self.now(loaded=True)
        return 0x9000

    def _instances(self) -> tuple[bytes, ...]:
        ours = (AIDS.instance,) if self.lasting.state != ABSENT else ()
        return (*ours, INSTANCE) if self.lasting.foreign is not None else ours

    def _install(self, p1: int, _p2: int, data: bytes) -> int | None:
        marks = INSTALLED_ONLY if p1 == 0x04 else 0
        if data == install_data(AIDS.instance):
            if self.lasting.state != ABSENT:
                return 0x6985
            self.now(state="BLANK", marks=marks)
            return 0x9000
        if data == install_for(INSTANCE, PACKAGE, MODULE):
            if not self.lasting.loaded:
                return 0x6A88
            if self.lasting.foreign is not None:
                return 0x6985
            self.now(foreign=marks)
            return 0x9000
        return None

    def _make_selectable(self, _p1: int, _p2: int, data: bytes) -> int | None:
        aid = next((aid for aid in (AIDS.instance, INSTANCE) if data == named(aid)), None)
        if aid is None:
            return None
        marks = self._marks(aid)
        if marks is None:
            return 0x6A88
        if not marks & INSTALLED_ONLY:
            return 0x6985
        self._mark(aid, marks & ~INSTALLED_ONLY)
        return 0x9000

    def _personalize(self, _p1: int, _p2: int, data: bytes) -> int | None:
        aid = next((aid for aid in (AIDS.instance, INSTANCE) if data == named(aid)), None)
        if aid is None:
            return None
        marks = self._marks(aid)
        if marks is None:
            return 0x6A88
        if marks or aid == INSTANCE:
            return 0x6985
        self.forwarding = True
        return 0x9000

    def delete(self, _p1: int, p2: int, data: bytes) -> int | None:
        if data in (deletion(ISD), deletion(AIDS.package)):
            return 0x6985
        if data == deletion(AIDS.instance) and self.lasting.state != ABSENT:
            self.lasting = self.lasting.without_application(ABSENT)
            self.now(marks=0)
            return 0x9000
        if data == deletion(INSTANCE) and self.lasting.foreign is not None:
            self.now(foreign=None)
            return 0x9000
        if data == deletion(PACKAGE) and self.lasting.loaded:
            if self.lasting.foreign is not None and not p2:
                return 0x6985
            self.now(foreign=None, loaded=False)
            return 0x9000
        if len(data) in range(7, 19) and data[:2] == bytes([0x4F, len(data) - 2]):
            return 0x6A88
        return 0x6A80

    def list(self, p1: int, p2: int, data: bytes) -> int | None:
        if data != b"\x4f\x00":
            return None
        if p2 == 3:
            return 0x6985
        return 0x6A88 if p1 == 0x40 and not self._instances() else 0x9000

    # Numbers, locks, the card's life cycle

    def store(self, p1: int, p2: int, data: bytes) -> int | None:
        blocks, self.blocks = self.blocks if p2 else (), ()
        if p2 != len(blocks):
            return 0x6A86
        blocks = (*blocks, data)
        whole = b"".join(blocks)
        if len(whole) > 255:
            return 0x6A80
        if not p1 & 0x80:
            self.blocks = blocks
            return 0x9000
        if whole not in NUMBERS:
            return None
        self.now(numbers={**self.lasting.numbers, **NUMBERS[whole]})
        return 0x9000

    def set_status(self, p1: int, p2: int, data: bytes) -> int:
        if p1 == 0x80:
            if p2 not in STEPS[self.lasting.card_state]:
                return 0x6985
            self.now(card_state=p2)
            return 0x9000
        marks = self._marks(data)
        if marks is None:
            return 0x6A88
        if bool(marks & LOCKED) == bool(p2 & 0x80):
            return 0x6985
        self._mark(data, marks ^ LOCKED)
        return 0x9000

    def _marks(self, aid: bytes) -> int | None:
        if aid == INSTANCE:
            return self.lasting.foreign
        ours = aid == AIDS.instance and self.lasting.state != ABSENT
        return self.lasting.marks if ours else None

    def _mark(self, aid: bytes, marks: int) -> None:
        self.now(**{"foreign" if aid == INSTANCE else "marks": marks})


def _not_supported(_p1: int, _p2: int, _data: bytes) -> int:
    return 0x6A81


def read_load_file(data: bytes) -> tuple[int, bytes | None]:
    """Return a refusal or 0, and the content once all of it is there."""
    if data[:1] != b"\xc4":
        return 0x6A80, None
    count = data[1] - 0x80 if len(data) > 1 and data[1] > 0x7F else 0
    if count > 3 or data[1:2] == b"\x80":
        return 0x6A80, None
    start = 2 + count
    if len(data) < start:
        return 0, None
    length = int.from_bytes(data[2:start], "big") if count else data[1]
    if length > 0x10000:
        return 0x6A84, None
    if len(data) > start + length:
        return 0x6A80, None
    return 0, data[start:] if len(data) == start + length else None


def length_values(data: bytes, count: int) -> list[bytes] | None:
    """Cut fields behind lengths; None where they do not come out even."""
    fields = []
    for _ in range(count):
        if data[:1] == b"\x81":
            data = data[1:]
        elif data[:1] > b"\x7f":
            return None
        if not data or len(data) < 1 + data[0]:
            return None
        fields.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    return None if data else fields


ON_CARD: Mapping[int, Callable[[ManagerModel, int, int, bytes], int | None]] = {
    0xCA: ManagerModel.manager_data,
    0xE6: ManagerModel.install,
    0xE8: ManagerModel.load,
    0xE2: ManagerModel.store,
    0xF2: ManagerModel.list,
    0xF0: ManagerModel.set_status,
}
