"""Random commands to a card manager, right ones and wrong ones.

They are drawn from a seed by small makers, not by hypothesis: sequences are long, thousands are
needed, and what is rare must come often enough. `shortest` makes a failing one short.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from tests.support.content import (
    INSTANCE,
    MALFORMED,
    MODULE,
    OTHER_MODULE,
    PACKAGE,
    announcement,
    ber,
    cap,
    deletion,
    install_for,
    load_file,
    named,
    sha256,
)
from tests.support.terminal import AIDS, ISD, lv
from tests.support.two_cards import Again, Parts, Tamper, changed

T = TypeVar("T")
Maker = Callable[[Random], T]


@dataclass(frozen=True)
class Open:
    """INITIALIZE UPDATE and EXTERNAL AUTHENTICATE; ``spoil``: a byte of the latter, or none."""

    kvn: int
    level: int
    spoil: int | None = None
    wrong_keys: bool = False


@dataclass(frozen=True)
class Send:
    """A command, in the session that is open; ``usual``: open one before if there is none.

    ``in_clear`` sends it unprotected all the same.
    """

    parts: Parts
    usual: bool = True
    in_clear: bool = False
    le: bool = True


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, but of no class with the bits 20 or 18 that names no other channel.

    While an application is selected these are the platform's and the application's (Java Card
    runtime environment specification 3.0.5, 4.3), and the contract says nothing of the order in
    which class and lengths are looked at then.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if self.raw and self.raw[0] & 0x60 == 0x20:
            object.__setattr__(self, "raw", bytes([self.raw[0] & 0x9F]) + self.raw[1:])
        if self.raw and not self.raw[0] & 0x40:
            object.__setattr__(self, "raw", bytes([self.raw[0] & 0xE7]) + self.raw[1:])


@dataclass(frozen=True)
class PutKey:
    """PUT KEY; ``keys`` are seed and length of each. ``damage``: a byte to spoil, or none."""

    kvn: int
    replaces: int
    p2: int
    keys: tuple[tuple[int, int], ...]
    inner: bool = True
    damage: int | None = None


@dataclass(frozen=True)
class Load:
    """A load file from its announcement to its last block."""

    package: bytes
    content: bytes
    size: int
    digest: bytes = b""
    at: int | None = None
    between: Parts | None = None


@dataclass(frozen=True)
class Fill:
    """As many of something as fit, and one more; "locks": the card locked."""

    what: str


Step = Open | Send | Raw | PutKey | Load | Tamper | Fill | Again


def one(*choices: T) -> Maker[T]:
    return lambda rng: rng.choice(choices)


def just(value: T) -> Maker[T]:
    return lambda _rng: value


def either(*makers: Maker[T]) -> Maker[T]:
    return lambda rng: rng.choice(makers)(rng)


def number(first: int, last: int) -> Maker[int]:
    return lambda rng: rng.randint(first, last)


def binary(shortest: int, longest: int) -> Maker[bytes]:
    return lambda rng: rng.randbytes(rng.randint(shortest, longest))


def build(make: Callable[..., T], *makers: Maker[Any], **named_makers: Maker[Any]) -> Maker[T]:
    return lambda rng: make(
        *(each(rng) for each in makers), **{name: each(rng) for name, each in named_makers.items()}
    )


def some(maker: Maker[T], fewest: int, most: int) -> Maker[list[T]]:
    return lambda rng: [maker(rng) for _ in range(rng.randint(fewest, most))]


def commands(
    ins: int, p1: Maker[int], p2: Maker[int], data: Maker[bytes], cla: int = 0x80
) -> Maker[Parts]:
    return build(lambda p1, p2, data: (cla, ins, p1, p2, data), p1, p2, data)


KVNS = one(0x00, 0x30, 0x30, 0x31, 0x31, 0x32, 0x01, 0x6F, 0xFF, 0x20, 0x70)
AIDS_USED = one(
    INSTANCE, INSTANCE, INSTANCE, PACKAGE, PACKAGE, MODULE, OTHER_MODULE, ISD, AIDS.package,
    AIDS.module, AIDS.instance, INSTANCE + b"\x01", INSTANCE + b"\x02", ISD + b"\x01", ISD[:5],
    PACKAGE + b"\x01", INSTANCE[:6], PACKAGE[:5], b"", b"abcd", bytes(16), bytes(17),
)  # fmt: skip
LEVELS = one(0x01, 0x03, 0x11, 0x13, 0x33, 0x33, 0x33, 0x00, 0x02, 0x10, 0x31)
BYTES = number(0, 255)
PARAMETERS = one(b"\xc9\x00", b"\xc9\x00", b"\xc9\x03abc", b"\xef\x00\xc9\x00", b"", b"\xc9",
                 b"\xc9\x00\xc9\x00", b"\xef\x02\xc8\x00", b"\xc9\x00\xef\x04\xc8\x02\x01\x00",
                 b"\xc9\x81\x01a", b"\xef\x04\xc6\x02\x10\x00", b"\x00\xc9\x00")  # fmt: skip
PRIVILEGES = one(b"", b"\x00", b"\x00\x00\x00", b"\x04", b"\x00\x00", b"\x00\x00\x01", b"\x80")
INSTALLS = build(
    install_for,
    aid=AIDS_USED,
    package=one(PACKAGE, PACKAGE, PACKAGE, PACKAGE + b"\x01", AIDS.package, b"another", b""),
    module=one(MODULE, MODULE, OTHER_MODULE, b"another", b""),
    privileges=PRIVILEGES,
    parameters=PARAMETERS,
    token=one(b"", b"", b"", b"t"),
)
ANNOUNCEMENTS = build(
    announcement,
    package=one(PACKAGE, PACKAGE, PACKAGE + b"\x01", AIDS.package, INSTANCE, b"abcd"),
    domain=one(b"", ISD, b"domain", ISD[:5]),
    digest=one(b"", sha256(cap()), bytes(20), bytes(32), bytes(19)),
    parameters=one(b"", b"\xef\x00", b"\xef\x04\xc6\x02\x10\x00", b"\xc9\x00", b"\xef"),
    token=one(b"", b"", b"t"),
)
INSTALL = either(
    commands(0xE6, one(0x04, 0x0C, 0x0C), one(0, 0, 0, 1), INSTALLS),
    just((0x80, 0xE6, 0x0C, 0, install_for())),
    just((0x80, 0xE6, 0x04, 0, install_for(INSTANCE + b"\x01"))),
    commands(0xE6, one(0x08, 0x20), just(0), build(named, AIDS_USED)),
    commands(0xE6, just(0x02), just(0), ANNOUNCEMENTS),
    commands(0xE6, one(0x10, 0x40, 0x00, 0x01, 0x06, 0x0E, 0x80, 0x24), just(0), INSTALLS),
)
SEARCHES = either(
    just(b"\x4f\x00"),
    build(lambda aid: b"\x4f" + lv(aid), AIDS_USED),
    build(
        lambda aid, tags: b"\x4f" + lv(aid) + b"\x5c" + lv(tags),
        AIDS_USED,
        one(b"", b"\x4f", b"\x4f\x9f\x70", b"\x9f\x70\xc5", b"\xc4", b"\xcc", b"\x84", b"\xce",
            b"\xc5\xc4\xcc\x84\xce\x4f\x9f\x70", b"\x9f", b"\x66", b"\x4f\x4f"),
    ),
    one(b"", b"\x5c\x01\x4f", b"\x4f\x00\x5c", b"\x4f", b"\x4f\x00\x4f\x00", b"\x4f\x81\x00"),
)  # fmt: skip
GET_STATUS = commands(
    0xF2, one(0x80, 0x40, 0x40, 0x20, 0x10, 0x10, 0x00, 0xC0), one(2, 2, 2, 3, 3, 0, 1), SEARCHES
)
NUMBERS = b"\x42\x03\x99\x81\x80\x45\x03\x01\x02\x03"
STORE_DATA = either(
    commands(0xE2, one(0x80, 0x90, 0x90), just(0), one(
        NUMBERS, b"\x42\x01\x77", b"\x45\x10" + bytes(16), b"\x45\x11" + bytes(17), b"\x42\x00",
        NUMBERS + NUMBERS, NUMBERS[:-1], b"\x44\x01\x01", b"\x42\x81\x01\x05", b"\x00\x01\x01",
        b"\x5f\x20\x01a", b"\x42\x01\x01\x00", b"\x42")),
    commands(0xE2, one(0x00, 0x10), one(0, 0, 1), one(NUMBERS[:4], NUMBERS[:1], bytes(200))),
    commands(0xE2, one(0x80, 0x90), one(1, 1, 2), one(NUMBERS[4:], NUMBERS[1:], bytes(200))),
    commands(0xE2, BYTES, one(0, 1, 255), one(NUMBERS, b"", bytes(9))),
)  # fmt: skip
DELETE = either(
    commands(0xE4, one(0, 0, 0, 1), one(0, 0x80, 0x80, 1), build(deletion, AIDS_USED)),
    commands(0xE4, just(0), one(0, 1, 0x80, 0x81), either(
        build(lambda kvn: b"\xd2\x01" + bytes([kvn]), KVNS),
        build(lambda n, kvn: bytes([0xD0, 1, n, 0xD2, 1, kvn]), one(1, 2, 3, 4, 0), KVNS),
        build(lambda n, kvn: bytes([0xD2, 1, kvn, 0xD0, 1, n]), one(1, 2, 3), KVNS),
        one(b"", b"\xd2\x00", b"\xd0\x01\x01", b"\xd2\x02\x30\x31", b"\x4f\x00", b"\x4f",
            deletion(INSTANCE) * 2, deletion(INSTANCE) + b"\x9e\x01t", b"\xd2\x01\x30\xd2\x01\x31",
            b"\x4f\x81" + lv(INSTANCE), b"\xd2\x81\x01\x30"))),
)  # fmt: skip
SET_STATUS = either(
    commands(0xF0, just(0x80),
             one(0x07, 0x0F, 0x07, 0x7F, 0x0F, 0x01, 0x03), one(b"", ISD)),
    commands(0xF0, just(0x40), one(0x80, 0x00, 0x80, 0x07, 0x83, 0x0F), AIDS_USED),
    commands(0xF0, one(0x60, 0x20, 0x00, 0xC0), BYTES, AIDS_USED),
)  # fmt: skip
TERMINATE: Parts = (0x80, 0xF0, 0x80, 0xFF, b"")
GET_DATA = either(
    commands(0xCA, just(0), one(0xE0, 0xCF, 0x66, 0x42, 0x45, 0xC1, 0x5A),
             one(b"", b"", b"\x01"), 0x80),
    commands(0xCA, just(0), one(0xE0, 0xCF, 0x66, 0x42, 0x45), just(b""), 0x00),
    commands(0xCA, one(0x9F, 0x7F, 0xDF), one(0x7F, 0x21, 0x51), just(b""), 0x80),
)  # fmt: skip
SELECT = commands(0xA4, one(4, 4, 4, 4, 0), one(0, 0, 0, 2, 2, 4, 6, 1, 3, 0x0C), AIDS_USED, 0x00)
LOAD = build(
    lambda p1, p2, block: (0x80, 0xE8, p1, p2, block),
    one(0x00, 0x80, 0x01),
    one(0, 0, 1),
    one(load_file(cap()), load_file(cap())[:60], load_file(cap())[60:], b"", b"\xc4", b"\xc5"),
)
COMMAND = either(
    INSTALL, INSTALL, GET_STATUS, STORE_DATA, DELETE, SET_STATUS, GET_DATA, SELECT, LOAD
)
ANYTHING: Maker[Parts] = build(
    lambda *parts: parts,
    one(0x00, 0x80, 0x80, 0x84, 0x04, 0x01, 0x10, 0x90, 0xC0, 0x20, 0xA0, 0xFF),
    either(one(0xA4, 0xCA, 0x50, 0x82, 0xD8, 0xE4, 0xE6, 0xE8, 0xE2, 0xF2, 0xF0, 0x70), BYTES),
    BYTES,
    BYTES,
    either(just(b""), binary(0, 20), binary(200, 223)),
)


GOOD: Maker[Parts] = one(
    (0x80, 0xF2, 0x80, 2, b"\x4f\x00"), (0x80, 0xF2, 0x40, 2, b"\x4f\x00"),
    (0x80, 0xF2, 0x40, 3, b"\x4f\x00"), (0x80, 0xF2, 0x20, 2, b"\x4f\x00"),
    (0x80, 0xF2, 0x10, 2, b"\x4f\x00"), (0x80, 0xF2, 0x10, 2, b"\x4f\x00\x5c\x03\x4f\x84\xcc"),
    (0x00, 0xA4, 4, 0, INSTANCE), (0x00, 0xA4, 4, 0, ISD), (0x00, 0xA4, 4, 0, INSTANCE[:5]),
    (0x00, 0xA4, 4, 2, b""), (0x00, 0xA4, 4, 2, INSTANCE[:5]), (0x00, 0xA4, 4, 2, ISD[:5]),
    (0x80, 0xE6, 0x0C, 0, install_for()), (0x80, 0xE6, 0x04, 0, install_for()),
    (0x80, 0xE6, 0x0C, 0, install_for(INSTANCE + b"\x01")),
    (0x80, 0xE6, 0x0C, 0, install_for(ISD + b"\x01", module=OTHER_MODULE)),
    (0x80, 0xE6, 0x08, 0, named(INSTANCE)), (0x80, 0xE6, 0x20, 0, named(INSTANCE)),
    (0x80, 0xF0, 0x40, 0x80, INSTANCE), (0x80, 0xF0, 0x40, 0x00, INSTANCE),
    (0x80, 0xE4, 0, 0, deletion(INSTANCE)), (0x80, 0xE4, 0, 0x80, deletion(PACKAGE)),
    (0x80, 0xE4, 0, 0, deletion(PACKAGE)), (0x80, 0xE4, 0, 0, b"\xd2\x01\x31"),
    (0x80, 0xE4, 0, 0, b"\xd2\x01\x30"), (0x80, 0xE4, 0, 0, b"\xd0\x01\x03\xd2\x01\x31"),
    (0x80, 0xE2, 0x90, 0, NUMBERS), (0x80, 0xF0, 0x80, 0x07, b""), (0x80, 0xF0, 0x80, 0x0F, b""),
    (0x80, 0xF0, 0x80, 0x7F, b""), (0x04, 0xA4, 4, 0, INSTANCE), (0x04, 0xA4, 4, 0, ISD),
    (0x80, 0xCA, 0x00, 0xE0, b""), (0x80, 0xCA, 0x00, 0x42, b""), (0x00, 0xCA, 0x00, 0x66, b""),
)  # fmt: skip


NEARLY: Maker[Parts] = build(changed, COMMAND, number(0, 9), BYTES)
SHAPES = either(
    binary(0, 24),
    build(
        lambda parts, tail: bytes(parts[:4]) + lv(parts[4]) + tail,
        COMMAND,
        one(b"", b"\x00", b"\x00\x00", b"\x10", b"\x01\x01"),
    ),
    build(lambda parts, lc: bytes(parts[:4]) + bytes([lc]) + parts[4], COMMAND, BYTES),
    build(lambda parts: bytes(parts[:4]) + b"\x00\x00" + lv(parts[4]), COMMAND),
    build(lambda kvn, length: bytes([0x80, 0x50, kvn, 0]) + lv(bytes(length)), KVNS,
              one(0, 7, 8, 8, 9, 16, 16, 24)),
    build(lambda level, length: bytes([0x84, 0x82, level, 0]) + lv(bytes(length)), LEVELS,
              one(0, 8, 15, 16, 16, 17, 32, 32, 33)),
)  # fmt: skip
CAPS = either(
    one(cap(), cap(), cap(modules=()), cap(size=300), cap(PACKAGE + b"\x99"), cap(flags=0x0C)),
    one(*MALFORMED.values()),
    build(lambda at, byte: cap()[:at] + bytes([byte]) + cap()[at + 1 :],
              number(0, len(cap()) - 1), BYTES),
)  # fmt: skip
KEY = build(lambda seed, size: (seed, size), number(0, 3), one(16, 16, 16, 24, 32))
SAME_LENGTH = build(
    lambda seeds, size: tuple((seed, size) for seed in seeds),
    some(number(0, 3), 3, 3),
    one(16, 16, 24, 32),
)
PUT_KEY = either(
    build(
        lambda kvn, replaces, keys: PutKey(kvn, replaces, 0x81, keys),
        one(0x30, 0x31, 0x32, 0x33, 0x34),
        one(0, 0, 0, 0x30, 0x31, 0xFF),
        SAME_LENGTH,
    ),
    build(
        PutKey,
        KVNS,
        one(0, 0, 0x30, 0x31, 0xFF),
        one(0x01, 0x02, 0x03, 0x81, 0x82, 0x00, 0x83, 0x04),
        build(tuple, some(KEY, 1, 4)),
        one(True, False),
        either(just(None), just(None), number(0, 80)),
    ),
)
STEP: Maker[Step] = either(
    build(Send, GOOD),
    build(Send, GOOD),
    build(Send, GOOD),
    build(Send, COMMAND),
    build(Send, COMMAND),
    build(Send, COMMAND, usual=one(True, False), in_clear=one(True, False), le=one(True, False)),
    build(Send, NEARLY),
    build(Send, NEARLY, usual=one(True, False)),
    build(Send, ANYTHING, usual=one(True, False), in_clear=one(True, False)),
    build(Raw, SHAPES),
    build(Open, KVNS, LEVELS, one(None, None, None, 0, 8, 15), one(False, False, False, True)),
    build(Open, one(0, 0, 0, 0x30, 0x31), one(0x01, 0x03, 0x33)),
    PUT_KEY,
    PUT_KEY,
    build(Load, one(PACKAGE, PACKAGE, PACKAGE + b"\x01"), CAPS, one(40, 100, 200, 239),
              one(b"", b"", sha256(cap()), bytes(20))),
    build(Load, just(PACKAGE), just(cap()), one(20, 50), at=number(0, 3),
              between=either(COMMAND, just(None))),
    build(Tamper, COMMAND, one("flip", "cut", "more", "twice", "skip"), number(0, 250)),
    build(Again, one(True, False)),
)  # fmt: skip
FILL: Maker[Step] = one(
    Fill("applications"),
    Fill("load files"),
    Fill("key sets"),
    Fill("bytes"),
    Fill("locks"),
    Send(TERMINATE),
)
FILL_ONE_IN = 20
"""One in so many sequences fills the card with something, or ends it."""


def sequence(rng: Random) -> list[Step]:
    """Return steps for a new card."""
    steps = some(STEP, 3, 25)(rng)
    if rng.randrange(FILL_ONE_IN) == 0:
        steps.insert(rng.randint(0, len(steps)), FILL(rng))
    return steps


def shortest(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """Return what is left of failing steps when each that can be missed is taken out."""
    at = 0
    while at < len(steps):
        without = steps[:at] + steps[at + 1 :]
        if fails(without):
            steps = without
        else:
            at += 1
    return steps


def load_data(content: bytes) -> bytes:
    """Return a load file as LOAD carries it."""
    return b"\xc4" + ber(len(content)) + content
