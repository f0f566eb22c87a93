"""The steps of `application_steps`, drawn by hypothesis."""

from hypothesis import strategies as st

from tests.card_application.application_steps import (
    ANY,
    APP,
    HOME,
    ISSUER,
    ROLE,
    ROLES,
    Anew,
    Cut,
    Open,
    PutKey,
    Raw,
    Resend,
    Select,
    Send,
    Several,
    Step,
    Store,
    Transact,
    Visit,
)
from tests.card_application.application_transactions import (
    AMOUNTS,
    CARD_DATES,
    DAYS,
    NEVER_GOOD,
    ODD_OPERATIONS,
    PERIODS,
    TIMES,
    WRONG_DAYS,
    either,
    operations,
)
from tests.card_application.application_values import (
    BYTES,
    FOR_DGI,
    OFTEN_WRONG,
    PIN_BLOCKS,
    RANGES,
    RECEIPT_KEYS,
    contents,
)
from tests.support.content import INSTANCE, deletion, install_for, named
from tests.support.terminal import (
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    EXEMPT_FLAGS,
    FINGER,
    FLAGS,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    install_data,
)
from tests.support.transactions import HISTORY, REVERSES
from tests.support.two_cards import Again, Parts, Tamper, changed

TAGS = (0x5A, 0x65, 0x7F21, 0x7F60, 0xDF50, 0xDF51, 0xDF52, 0xDF53, 0xDF54, 0xDF55, 0xDF21, 0xDF22,
        0xDF30, 0xDF31, 0xDF33, 0xDF3B, 0xDF3F, 0xDF40, 0xDF56, 0xDF57, 0xDF58, 0xDF59, 0xDF5A,
        0xDF5F, 0xDF60, 0xDF61, 0xDF62, 0xDF63, 0xDF6B, 0xDF6F, 0xDF70, 0xDF20, 0x42,
        0x66, 0x9F7F, 0x0000, 0x005C, 0xFFFF, 0xE0)  # fmt: skip
SLOTS = (*ROLES, *ROLES, 0x52, 0x63, 0x5F, 0x60)


VERIFY_ACT = Send((0, 0x20, 0, 0x81, NEW_PIN))


def _named(tag: int) -> bytes:
    return bytes([tag]) if tag < 0x100 else tag.to_bytes(2, "big")


def _part(tag: bytes, offset: bytes = b"") -> Parts:
    return 0, 0xCB, 0x3F, 0xFF, b"\x5c" + bytes([len(tag)]) + tag + offset


def _at(offset: int) -> bytes:
    return b"\x54\x02" + offset.to_bytes(2, "big")


OFFSETS = (b"", _at(0), _at(1), _at(223), _at(224), _at(335), _at(336), _at(337), _at(639),
           _at(640), _at(0xFFFF), _at(29), _at(30), _at(31), _at(32))  # fmt: skip
READS: tuple[Parts, ...] = (
    *((0, 0xCA, tag >> 8, tag & 0xFF, b"") for tag in TAGS),
    *(_part(_named(tag), offset) for tag in (0x65, 0x7F21) for offset in OFFSETS),
    *(_part(_named(tag)) for tag in TAGS),
    *(_part(b"\x7f\x21", tail) for tail in (
        b"\x54", b"\x54\x00", b"\x54\x01\x00", b"\x54\x03\x00\x00\x00", b"\x54\x02\x00", b"\x00",
        b"\x54\x02\x00\x00\x00", b"\x54\x81\x02\x00\x00", b"\x55\x02\x00\x00", _at(0) * 2)),
    *((0, 0xCB, 0x3F, 0xFF, data) for data in (
        b"", b"\x5c", b"\x5c\x00", b"\x5c\x01", b"\x5c\x02\x7f", b"\x5c\x03\x7f\x21\x00",
        b"\x5c\x81\x02\x7f\x21", b"\x54\x02\x00\x00", b"\x54\x02\x00\x00\x5c\x02\x7f\x21",
        b"\x5c\x01\x65\x5c\x01\x65", b"\x5c\x02\x00\x65", b"\x5d\x01\x65", b"\x00\x5c\x01\x65")),
)  # fmt: skip
WRITES: tuple[Parts, ...] = (
    *((0, 0xDA, 0xDF, 0x52, value) for value in RANGES),
    *((0, 0xDA, 0xDF, 0x52, VALIDITY) for _ in range(8)),
    *((0, 0xDA, tag >> 8, tag & 0xFF, VALIDITY) for tag in TAGS),
    *((0, 0xDA, 0xDF, 0x57, value) for value in CARD_DATES),
    *((0, 0xDA, 0xDF, 0x60 + place - 1, value) for place in (1, 2, 6, 4, 12) for value in PERIODS),
)
PINS = (PIN, NEW_PIN, WRONG_PIN)
HOLDER: tuple[Parts, ...] = (
    *((0, 0x20, 0, 0x81, block) for block in (b"", b"", *PINS, NEW_PIN, NEW_PIN, NEW_PIN, PIN)),
    *((0, 0x24, 0, 0x81, old + new) for old in (*PINS, NEW_PIN, PIN) for new in PINS),
    *((0, 0x24, 0, 0x81, old + new) for old in (NEW_PIN, PIN) for new in PIN_BLOCKS),
    *((0, 0x20, 0, 0x81, data) for data in (b"\x24", PIN[:7], PIN + b"\x00", bytes(16))),
)
PROOFS: tuple[Parts, ...] = (
    *((0, 0x88, 0, p2, bytes(16) + bytes([service])) for p2 in (0, 1) for service in (0, 4, 255)),
    (0, 0x88, 0, 1, bytes(range(17))),
    (0, 0x88, 0, 0, bytes(16)),
    (0, 0x88, 0, 1, bytes(18)),
    (0, 0x88, 0, 2, bytes(17)),
)
TRIES: tuple[Parts, ...] = (
    *((0, 0x2C, 3, 0x81, b""),) * 6,
    *((0, 0x2C, 2, 0x81, block) for block in (PIN, NEW_PIN, PIN, *PIN_BLOCKS)),
    (0, 0x2C, 3, 0x81, PIN),
    (0, 0x2C, 2, 0x81, b""),
    (0, 0x2C, 1, 0x81, PIN + NEW_PIN),
)
KEY_PAIR: tuple[Parts, ...] = ((0, 0x46, 0x80, 0, b""), (0, 0x46, 0x81, 0, b""),
                               (0, 0x46, 0x81, 1, b""), (0, 0x46, 0x80, 0, b"\x01"))  # fmt: skip
STATUS: tuple[Parts, ...] = tuple(
    (0x80, 0xF0, p1, p2, data)
    for p1, p2, data in (
        *((p1, place, b"") for place in (4, 5, 6, 11, 12, 0, 17) for p1 in (0x20, 0x21)),
        (0x20, 4, b"\x00"), (0x22, 4, b""), (0x60, 4, b""), (0x21, 0x3F, b""), (0x21, 0xFF, b""),
        (0x40, 0x3F, b""), (0x40, 0x3F, b""), (0x40, 0x1F, b""), (0x40, 0x1F, b""),
        (0x40, 0x7F, b""), (0x40, 0x0F, b""), (0x40, 0x07, b""), (0x80, 0x3F, b""),
        (0x40, 0xFF, b""),
        (0x40, 0x3F, b"\x00"),
    )
)  # fmt: skip
DELETE_KEYS: tuple[Parts, ...] = (
    *((0x80, 0xE4, 0, 0, b"\xd2\x01" + bytes([kvn])) for kvn in (*SLOTS, 0x4F, 0x70, 0x00, 0xFF)),
    *((0x80, 0xE4, 0, 0, data) for data in (
        b"", b"\xd2", b"\xd2\x01", b"\xd2\x02\x50", b"\xd0\x01\x50", b"\xd2\x00\x50",
        b"\x50\x50\x50",
        b"\xd2\x01\x50\x00", b"\x4f\x01\x50", b"\x4f\x05\xf0UNI")),
    (0x80, 0xE4, 0, 0x80, b"\xd2\x01\x50"),
    (0x80, 0xE4, 0, 1, b"\xd2\x01\x50"),
)  # fmt: skip
OF_DOMAIN: tuple[Parts, ...] = (
    (0x80, 0xF2, 0x40, 2, b"\x4f\x00"), (0x80, 0xF2, 0x40, 2, b"\x4f\x00"),
    (0x80, 0xF2, 0x80, 2, b"\x4f\x00"), (0x80, 0xF2, 0x10, 2, b"\x4f\x00"),
    (0x80, 0xCA, 0, 0xE0, b""), (0x80, 0xCA, 0x9F, 0x7F, b""), (0x80, 0xCA, 0, 0x66, b""),
    (0x80, 0xE6, 0x20, 0, named(APP)), (0x80, 0xE6, 0x20, 0, named(INSTANCE)),
    (0x80, 0xF0, 0x40, 0x80, APP), (0x80, 0xF0, 0x40, 0, APP), (0x80, 0xF0, 0x40, 0x7F, APP),
    (0x80, 0xE6, 0x0C, 0, install_for(INSTANCE)), (0x80, 0xE4, 0, 0, deletion(APP)),
    (0x80, 0xE6, 0x0C, 0, install_data(APP)), (0x80, 0xE2, 0x90, 0, b"\x42\x01\x07"),
)  # fmt: skip
DRAFTS: tuple[Parts, ...] = (
    (0, 0x21, 0, 0, bytes(9)),
    (0, 0x70, 0, 0, b""),
    (0x80, 0xC0, 0, 0, b""),
)
LOG: tuple[Parts, ...] = (
    *((0, 0xB2, number, 4, b"") for number in (1, 1, 1, 2, 3, 19, 20, 21, 0, 255)),
    (0, 0xB2, 1, 0, b""),
    (0, 0xB2, 1, 5, b""),
    (0, 0xB2, 1, 4, b"\x00"),
    (0, 0xB2, 1, 0x0C, b""),
)
OLD = HISTORY[-1][1]
REQUESTS: tuple[Parts, ...] = (
    *((0x80, 0x40, p1, 0, data) for p1 in (0, 1) for _, data in HISTORY[::6]),
    *((0x80, 0x40, p1, p2, OLD) for p1, p2 in ((2, 0), (0x81, 0), (0, 1), (1, 1))),
    *((0x80, 0x40, p1, 0, (OLD * 2)[:length]) for p1 in (0, 1)
      for length in (0, 21, 22, 27, 29, 34, 40, 46, 47, 52)),
)  # fmt: skip
COMMANDS = (READS, WRITES, HOLDER, PROOFS, TRIES, KEY_PAIR, STATUS, DELETE_KEYS, DRAFTS, LOG,
            REQUESTS)  # fmt: skip
EVERY: tuple[Parts, ...] = tuple(parts for some in COMMANDS for parts in some)
COMMAND = st.one_of(*map(st.sampled_from, COMMANDS))
GOOD: tuple[Parts, ...] = (
    (0, 0xCA, 0xDF, 0x51, b""), (0, 0xCA, 0, 0x5A, b""), (0, 0xCA, 0xDF, 0x53, b""),
    _part(b"\x65"), _part(b"\x7f\x21", _at(224)), (0, 0xDA, 0xDF, 0x52, VALIDITY),
    (0, 0x20, 0, 0x81, NEW_PIN), (0, 0x20, 0, 0x81, b""), (0, 0x24, 0, 0x81, PIN + NEW_PIN),
    (0, 0x24, 0, 0x81, NEW_PIN + PIN), (0, 0x2C, 3, 0x81, b""), (0, 0x2C, 2, 0x81, PIN),
    (0, 0x88, 0, 0, bytes(17)), (0, 0x88, 0, 1, bytes(17)), (0, 0x46, 0x80, 0, b""),
    (0, 0x46, 0x81, 0, b""), (0x80, 0xF0, 0x40, 0x3F, b""), (0x80, 0xF0, 0x40, 0x1F, b""),
    (0x80, 0xE4, 0, 0, b"\xd2\x01\x51"), (0x80, 0xE2, 0x88, 0, b"\x01\x01\x18" + ANCHOR),
    (0x80, 0x40, 0, 0, OLD), (0x80, 0x40, 1, 0, OLD), (0, 0xB2, 1, 4, b""),
    (0, 0xDA, 0xDF, 0x57, CARD_DATES[0]), (0, 0xDA, 0xDF, 0x61, PERIODS[0]),
    (0x80, 0xF0, 0x21, 4, b""),
)  # fmt: skip
NEARLY = st.builds(
    changed, st.sampled_from((*GOOD, *EVERY)), st.integers(0, 9), OFTEN_WRONG | BYTES
)
SELECTIONS: tuple[Parts, ...] = tuple((0, 0xA4, 4, 0, aid) for aid in (APP, ISD, APP + b"x"))
CLASSES = (0x00, 0x80, 0x04, 0x84, 0x01, 0x10, 0x90, 0x94, 0x14, 0x13, 0x20, 0x40, 0x81, 0xA0,
           0xA1, 0xA4, 0xB0, 0xB1, 0xC0, 0xE3, 0xFF, 0x08, 0x0C, 0x88, 0x8C, 0x24, 0x3F,
           0x60)  # fmt: skip
INSTRUCTIONS = (0x40, 0xB2, 0xCA, 0xCB, 0xDA, 0x20, 0x24, 0x2C, 0x21, 0x88, 0x50, 0x82,
                0x46, 0xE2, 0xD8, 0xE4, 0xF0, 0xA4, 0x70, 0xC0, 0x84, 0xF2, 0xE6)  # fmt: skip
ANYTHING = st.tuples(
    st.sampled_from(CLASSES), st.sampled_from(INSTRUCTIONS) | BYTES, OFTEN_WRONG | BYTES,
    OFTEN_WRONG | BYTES, st.binary(max_size=24) | st.integers(0, 223).map(bytes),
)  # fmt: skip


def _raw(parts: Parts, lc: int | None, tail: bytes) -> bytes:
    length = len(parts[4]) if lc is None else lc
    return bytes(parts[:4]) + (bytes([length]) + parts[4] if parts[4] or lc else b"") + tail


TAILS = st.sampled_from((b"", b"\x00", b"\x00\x00", b"\x01\x01", b"\x00\x00\x00", b"\x10"))
HANDSHAKES: tuple[Parts, ...] = (
    *((0x80, 0x50, kvn, p2, bytes(length)) for kvn in (0, 0x51, 0x52, 0x30, 0x6F, 0xFF, 0x70, 0x4F)
      for p2, length in ((0, 8), (0, 16), (0, 7), (0, 0), (0, 9), (1, 8))),
    *((0x84, 0x82, level, p2, bytes(length)) for level in (0x33, 0x03, 0x00, 0x13)
      for p2, length in ((0, 16), (0, 32), (0, 15), (0, 0), (1, 16))),
    (0x00, 0x50, 0, 0, bytes(8)), (0x84, 0x50, 0x51, 0, bytes(8)), (0x80, 0x82, 0x33, 0, bytes(16)),
)  # fmt: skip
SHAPES = st.builds(
    _raw, st.sampled_from((*EVERY, *HANDSHAKES)), st.none() | OFTEN_WRONG | BYTES, TAILS
) | st.binary(max_size=12)
SELECTS = st.sampled_from((
    Select(APP), Select(APP), Select(APP), Select(ISD), Select(ISD), Select(INSTANCE),
    Select(APP[:5]), Select(APP[:9]), Select(b""), Select(APP + b"\x01"), Select(APP, 2),
    Select(APP[:6], 2), Select(APP, 4), Select(APP, 0x0C), Select(ISD[:5], 2), Select(bytes(17)),
    Select(APP[:4]),
))  # fmt: skip
LEVELS = (0x33, 0x33, 0x33, 0x01, 0x03, 0x11, 0x13, 0x00, 0x02, 0x31, 0x23, 0xFF)
KVNS = st.sampled_from((0, 0, 0, 0xFF, 0x30, *SLOTS, 0x4F, 0x70))
OPENS = (
    st.builds(Open, KVNS, st.sampled_from(LEVELS))
    | st.builds(
        Open,
        KVNS,
        st.sampled_from(LEVELS),
        st.none() | st.sampled_from((0, 7, 8, 15, 16, 31)),
        st.booleans(),
        st.none() | st.none() | st.sampled_from(GOOD) | st.sampled_from(HANDSHAKES),
    )
    | st.builds(Open, st.sampled_from(ROLES))
    | st.builds(Open, st.just(0), st.sampled_from((0x01, 0x03, 0x11, 0x13, 0x33)))
)

WHOLE: tuple[tuple[int, bytes], ...] = (
    (0x0101, ANCHOR), (0x0102, CARDHOLDER), (0x0103, VALIDITY), (0x0104, FLAGS),
    (0x0201, CERTIFICATE), (0x0301, FINGER), (0x8401, RECEIPT_KEYS[0]), (0x8010, PIN),
)  # fmt: skip
EXEMPT = tuple(
    (tag, EXEMPT_FLAGS if tag == 0x0104 else value) for tag, value in WHOLE if tag != 0x0301
)
SECRETS = {0x8010: PIN_BLOCKS, 0x8401: RECEIPT_KEYS}
KNOWN = (*FOR_DGI, *SECRETS)
SERVICE_DGIS = tuple(tag for tag in FOR_DGI if 0x0400 <= tag < 0x0410)
CHANGEABLE = (0x0102, 0x0201, 0x0301, 0x0302, 0x0303, *SERVICE_DGIS)
ONE_DGI = st.one_of(
    st.sampled_from(KNOWN).flatmap(
        lambda tag: st.tuples(
            st.just(tag), st.sampled_from(SECRETS[tag]) if tag in SECRETS else contents(tag)
        )
    ),
    st.sampled_from(CHANGEABLE).map(lambda tag: (tag, FOR_DGI[tag][0])),
    st.sampled_from(CHANGEABLE).flatmap(lambda tag: st.tuples(st.just(tag), contents(tag))),
    st.sampled_from(tuple((tag, values[0]) for tag, values in FOR_DGI.items())),
    st.sampled_from((0x0100, 0x0105, 0x0202, 0x0304, 0x0410, 0x8011, 0x8402, 0x0000, 0x03FF)).map(
        lambda tag: (tag, b"x")
    ),
)  # fmt: skip
STREAMS = st.one_of(
    st.just(WHOLE),
    st.just(EXEMPT),
    st.lists(ONE_DGI, min_size=1, max_size=3).map(tuple),
    st.lists(ONE_DGI, min_size=1, max_size=3).map(lambda some: (WHOLE[0], *some)),
    st.integers(0, 7).map(lambda at: WHOLE[:at] + WHOLE[at + 1 :]),
    st.builds(
        lambda at, one: (*WHOLE[: at + 1], one, *WHOLE[at + 1 :]), st.integers(0, 7), ONE_DGI
    ),
    st.permutations(WHOLE).map(tuple),
)
FAULTS = st.tuples(
    st.sampled_from(("p1", "p2", "more", "less", "again", "byte")), st.integers(0, 4),
    OFTEN_WRONG | BYTES,
)  # fmt: skip
STORES = st.builds(
    Store,
    STREAMS,
    st.just(()) | st.lists(st.integers(1, 60) | st.integers(1, 700), max_size=3).map(tuple),
    st.booleans() | st.just(True),
    st.sampled_from((False, False, False, True)),
    st.none() | st.none() | FAULTS,
)
MASTERS = st.sampled_from((0, 1, 2, 9, 0xFF))
PUT_KEYS = st.builds(PutKey, st.sampled_from(SLOTS), MASTERS) | st.builds(
    PutKey,
    st.sampled_from((*SLOTS, 0x4F, 0x70, 0x00, 0x30, 0xFF)),
    MASTERS,
    st.none() | st.tuples(st.integers(0, 47), st.integers(1, 255)),
)
HOWS = ("flip", "cut", "more", "twice", "skip")
TAMPERS = st.builds(Tamper, st.sampled_from(GOOD), st.sampled_from(HOWS), st.integers(0, 250))
SENDS = st.one_of(
    st.builds(Send, st.sampled_from(GOOD), st.sampled_from((ISSUER, ISSUER, ROLE, ANY, HOME))),
    st.builds(Send, st.sampled_from(HOLDER), st.just(HOME)),
    st.builds(Send, COMMAND, st.sampled_from((ISSUER, ISSUER, ROLE, ANY, HOME))),
    st.builds(Send, COMMAND, st.just(ANY), st.booleans(), st.booleans()),
    st.builds(Send, NEARLY, st.sampled_from((ISSUER, ISSUER, ROLE, ANY))),
    st.builds(Send, st.sampled_from(SELECTIONS), st.sampled_from((ISSUER, ROLE))),
    st.builds(Send, ANYTHING, st.sampled_from((ISSUER, ROLE, ANY))),
    st.builds(Send, st.sampled_from(OF_DOMAIN)),
)


def _role_acts(kvn: int) -> st.SearchStrategy[Visit]:
    """Draw a session of a role: baskets that it may do, and what stands between them."""
    good = st.builds(Transact, operations(kvn, st.sampled_from((1, 1, 1, 2)), NEVER_GOOD))
    near = st.builds(Transact, operations(kvn, st.sampled_from(AMOUNTS)), st.sampled_from(DAYS))
    odd = st.builds(
        Transact, st.sampled_from(ODD_OPERATIONS) | operations(0x50, st.sampled_from(AMOUNTS)),
        st.sampled_from((*DAYS, *WRONG_DAYS)), st.sampled_from(TIMES),
        st.sampled_from((0, 0, 0, 1, -1)), st.booleans(),
    )  # fmt: skip
    between = st.builds(Send, st.sampled_from((*LOG, *REQUESTS, *WRITES[-16:], *GOOD[:12])))
    resend = st.builds(
        Resend, st.integers(0, 3) | st.integers(0, 25),
        st.none() | st.none() | st.tuples(st.integers(0, 45), st.integers(1, 255)), st.booleans(),
    )  # fmt: skip
    back = st.builds(Transact, st.just(REVERSES), st.sampled_from(DAYS))
    act = st.one_of(
        good, good, good, near, near, odd, back, back, resend, resend, st.just(VERIFY_ACT),
        between,
    )  # fmt: skip
    return st.builds(
        lambda first, acts: Visit(kvn, (*first, *acts)),
        st.sampled_from(((VERIFY_ACT,), (VERIFY_ACT,), ())),
        st.lists(act, min_size=1, max_size=5),
    )


TRANSACTIONS = st.sampled_from((*ROLES, 0x50, 0x51, 0x64)).flatmap(_role_acts)
"""Sessions in which transactions are asked for."""
WRITING: tuple[Parts, ...] = (
    (0, 0xDA, 0xDF, 0x52, VALIDITY[:4] + bytes.fromhex("20331231")), (0, 0x2C, 3, 0x81, b""),
    (0, 0x2C, 2, 0x81, PIN), (0, 0x46, 0x80, 0, b""), (0x80, 0xF0, 0x40, 0x3F, b""),
    (0x80, 0xF0, 0x40, 0x1F, b""), (0x80, 0xF0, 0x40, 0x7F, b""), (0, 0x20, 0, 0x81, NEW_PIN),
    (0, 0x20, 0, 0x81, WRONG_PIN), (0, 0x24, 0, 0x81, PIN + NEW_PIN),
    (0, 0x24, 0, 0x81, NEW_PIN + PIN), (0, 0x24, 0, 0x81, WRONG_PIN + PIN),
    *((0x80, 0xE4, 0, 0, b"\xd2\x01" + bytes([kvn])) for kvn in ROLES),
    (0, 0xDA, 0xDF, 0x57, CARD_DATES[0]), (0, 0xDA, 0xDF, 0x61, PERIODS[0]),
    (0x80, 0xF0, 0x21, 4, b""), (0x80, 0xF0, 0x20, 11, b""),
)  # fmt: skip
CUTTABLE = st.one_of(
    st.builds(Send, st.sampled_from(WRITING), st.just(ISSUER)),
    st.builds(Store, st.sampled_from((WHOLE, EXEMPT)), st.just((90, 180, 360))),
    st.just(Store(((0x8401, RECEIPT_KEYS[3]),))),
    st.builds(
        lambda tags: Store(tuple((tag, FOR_DGI[tag][0]) for tag in tags)),
        st.lists(st.sampled_from(CHANGEABLE), min_size=1, max_size=3),
    ),
    st.builds(PutKey, st.sampled_from((0x52, 0x63, 0x5F, 0x60)), MASTERS),
    st.just(Select(APP)),
)
PLACE = st.integers(0, 99) | st.sampled_from((50, 80, 90, 95, 99))
PLACES = st.tuples(PLACE, PLACE)
CUTS = st.builds(Cut, CUTTABLE, st.integers(0, 3), PLACES, st.booleans()) | st.builds(
    Cut, TRANSACTIONS, st.sampled_from((-1, -1, 3, 4)), PLACES, st.booleans()
)
OFTEN = st.sampled_from((*HOLDER, (0, 0x20, 0, 0x81, WRONG_PIN))).map(
    lambda one: Several(4 * (one,))
)
VERIFIES: Parts = (0, 0x20, 0, 0x81, NEW_PIN)
OF_VISIT = (*HOLDER[:8], (0, 0x88, 0, 0, bytes(17)), (0, 0x88, 0, 1, bytes(17)), _part(b"\x65"),
            (0, 0x2C, 2, 0x81, NEW_PIN), (0, 0xCA, 0, 0x65, b""))  # fmt: skip
VISITS = st.lists(st.sampled_from(OF_VISIT), min_size=2, max_size=5).map(
    lambda rest: Several((VERIFIES, *rest))
)
OTHERS = st.one_of(
    st.builds(Again, st.booleans()),
    st.builds(Raw, SHAPES),
    SELECTS,
    SELECTS,
    TAMPERS,
    st.builds(Anew, st.booleans(), st.booleans()),
    OFTEN,
    VISITS,
    VISITS,
)
STEP: st.SearchStrategy[Step] = either(
    (5, SENDS | SENDS | OPENS | STORES | PUT_KEYS | OTHERS), (2, TRANSACTIONS)
)
"""Anything that may be done to a card."""
