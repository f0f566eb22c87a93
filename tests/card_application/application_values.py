"""Values of data objects, right ones, wrong ones, and those at the borders between."""

from hypothesis import strategies as st

from tests.support.service_records import SMALL_COVER, SMALL_PURSE, SMALL_QUOTA, WALLET
from tests.support.terminal import (
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    EXEMPT_FLAGS,
    FINGER,
    FLAGS,
    RECEIPT_KEY,
    RECEIPT_KEY_VERSION,
    VALIDITY,
)


def der(length: int, tag: int = 0x30) -> bytes:
    """Return an object of this tag whose content has this length."""
    if length < 0x80:
        head = bytes([length])
    else:
        octets = length.to_bytes(1 if length < 0x100 else 2, "big")
        head = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + head + bytes(length)


NAME, BORN = b"\x5f\x20", b"\x5f\x2b"


def _name(text: bytes) -> bytes:
    return NAME + (bytes([len(text)]) if len(text) < 0x80 else b"\x81" + bytes([len(text)])) + text


NAMES = (
    "أحمد".encode(), b"a", b"\x7f", b"\x00", b"\xc2\x80", b"\xc1\xbf", b"\xdf\xbf", b"\xe0\xa0\x80",
    b"\xe0\x9f\xbf", b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xee\x80\x80", b"\xef\xbf\xbf",
    b"\xf0\x90\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80",
    b"\x80", b"\xc2", b"\xe0\xa0", b"\xf0\x90\x80", b"\xff", b"a\xc2", b"", bytes(120), bytes(121),
)  # fmt: skip
DATES = (
    "19900131", "20000229", "19000229", "20240229", "20230229", "21000228", "21000229", "20000230",
    "20260430", "20260431", "20261231", "20261301", "20260001", "20260100", "20260132", "00010101",
    "00000101", "99991231", "2026A101", "20260A01", "2026010A", "A0260101", "20001131", "20040631",
    "19991130", "04000229",
)  # fmt: skip
BORN_ON = tuple(BORN + b"\x04" + bytes.fromhex(day) for day in DATES)
CARDHOLDERS = (
    CARDHOLDER, *(_name(name) for name in NAMES), *BORN_ON, BORN + b"\x03\x19\x90\x01",
    _name(b"a") + BORN_ON[0], _name(b"a") + _name(b"b"), b"\xdf\x43\x06\x01\x23\x45\x67\x89\x1f",
    b"\xdf\x43\x06\x01\x23\x45\x67\x89\xff", b"\xdf\x43\x06\x01\x23\x45\x67\x89\xf1",
    b"\xdf\x43\x06\xff\xff\xff\xff\xff\xff", b"\xdf\x43\x05\x01\x23\x45\x67\x89",
    b"\xdf\x41\x07\x29\x00\x13\x10\x10\x12\x34", b"\xdf\x41\x07\x29\x00\x13\x10\x10\x12\x3f",
    b"\xdf\x42\x01\x01", b"\xdf\x42\x01\xf1", b"\xdf\x42\x01\x1f", b"\xdf\x44\x01\x01",
    b"\x5f\x20\x81\x01a", b"\x5f\x20\x01", b"\x5f", b"\x5f\x20", b"\x5a\x01\x01", b"",
    b"\x5f\x20\x80", b"\x5f\x20\x82\x00\x01a", b"\x00\x00", b"\x1f\x20\x01a", b"\x5f\x80\x20\x01a",
    b"\x5f\x1e\x01a", b"\x5f\xa0\x20\x01a", _name(b"a") + b"\x00", bytes(240), bytes(241),
    _name(bytes(120)) + BORN_ON[0], b"\x5f\x20\xff", b"\x5f\x20\x84\x00\x00\x00\x01a",
)  # fmt: skip
RANGES = (
    VALIDITY, *(bytes.fromhex(day) * 2 for day in DATES), VALIDITY[4:] + VALIDITY[:4],
    bytes.fromhex("2026010120251231"), VALIDITY[:7], VALIDITY + b"\x00", b"",
)  # fmt: skip
BCDS = (
    bytes.fromhex("9818010000000012"), bytes(8), bytes.fromhex("981801000000001A"),
    bytes.fromhex("F818010000000012"), b"\x99" * 8,
)  # fmt: skip
FLAG_VALUES = (FLAGS, EXEMPT_FLAGS, b"\x02" + bytes(8), b"\x04" + bytes(8), b"\x80" + bytes(8),
               b"\x00" + BCDS[2], b"\x03" + BCDS[0], b"\x01" + BCDS[0], bytes(8),
               bytes(10), b"\xff" * 9)  # fmt: skip
ANCHORS = (ANCHOR, ANCHOR, *(value + ANCHOR[8:] for value in BCDS), ANCHOR[:-1] + b"\x00",
           ANCHOR[:-1], ANCHOR + b"\x00")  # fmt: skip
CERTIFICATES = (
    CERTIFICATE, *(der(length) for length in (0, 1, 126, 127, 128, 252, 253, 255, 256, 300, 636)),
    der(637), der(636) + b"\x00", der(10)[:-1], der(10) + b"\x00", der(10, 0x31), b"\x30", b"",
    b"\x30\x80\x00\x00", b"\x30\x81\x01\x00", b"\x30\x82\x00\x80" + bytes(128), b"\x30\x81",
    b"\x30\x83\x00\x00\x01\x00", b"\x00", b"\x30\x84\x00\x00\x00\x00", b"\x30\x82\x01",
)  # fmt: skip
FINGERS = (
    FINGER, b"\x01" + bytes(3), b"\x0a" + bytes(3), b"\x0b" + bytes(3), b"\x00" + bytes(3),
    b"\x01", b"\x01" + bytes(2), b"\x01" + bytes(4), b"\x01" + bytes(180), b"\x01" + bytes(181),
    b"\x01" + bytes(183), b"", b"\x05" + bytes(177), b"\xff" + bytes(6),
)  # fmt: skip
TEMPLATES = (
    b"\x7f\x60\x02\x81\x00", b"\xa1\x03\x81\x01\x08", b"\x81\x01\x08", b"\x81\x01", b"\x81", b"",
    b"\x81\x01\x08\x81\x01\x08", b"\x81\x81\x01\x08", b"\x1f\x81\x00\x01a", b"\x1f\x1f\x01a",
    b"\x1f\x1e\x01a", b"\x1f\x80\x1f\x01a", b"\x9f\x81\x81\x01\x01a", b"\x00\x00", b"\x81\x00\x00",
    b"\x81\x3e" + bytes(62), b"\x81\x3f" + bytes(63), bytes(64), bytes(65), b"\xff\x01\x00",
    b"\xa1\x03\x81\x02\x08", b"\x81\x80\x00\x00", b"\x81\x84\x00\x00\x00\x00", b"\xbf\x1f\x00",
)  # fmt: skip
_LABEL = b"wallet" + bytes(6)
_HEAD = b"\x80\x01\x00\x3e\x00\x01"


def records(place: int) -> tuple[bytes, ...]:
    """Return service records of a place: right ones, a purse without a balance first."""
    head = bytes([place])
    start = head + b"\x01" + _HEAD + _LABEL + b"\x08\x18" + bytes(3) + b"\x64" + bytes(8)
    purse = start + bytes(4)
    five = b"".join(bytes([role]) + b"\x7f\xff\xff\xff" for role in range(1, 6))
    quota = (head + b"\x02\x80\x03\x00\x08\x00\x01" + b"ration" + bytes(6)
             + b"\x00\x00\x00\x64\x02" + bytes(4) + b"\x7f\xff\xff\xff"
             + b"\x01\x38\x01\x3b" + bytes(4))  # fmt: skip
    cover = (head + b"\x03\x80\x02\x00\x20\x00\x01" + b"health" + bytes(6)
             + bytes.fromhex("2026010120261231") + b"\x01\x00\x00\x00")  # fmt: skip
    return (
        purse + b"\x00", purse + b"\x01\x01\x00\x04\x93\xe0", purse + b"\x05" + five, quota, cover,
        quota[:20] + bytes.fromhex("00000007" "01" "0000000B" "00000009" "25C0" "25C9" "00000003"),
        purse[:3] + b"\x00\xff\xff\xff\xff" + purse[8:] + b"\x00",
        start + b"\x00\x00\x00\x01\x00", purse + b"\x02" + 2 * b"\x01\x00\x00\x00\x01",
        purse + b"\x01\x10\x00\x00\x00\x01", purse + b"\x01\x0f\x80\x00\x00\x00",
        purse + b"\x01", purse + b"\x00\x01\x00\x00\x00\x01",
        purse + b"\x06" + five + b"\x06\x00\x00\x00\x01",
        quota + b"\x00", quota[:-1], cover + b"\x00", cover[:-1], purse, b"",
        cover[:20] + bytes.fromhex("2026123120260101") + cover[28:],
        quota[:8] + b"\xd9\x85" * 6 + quota[20:], quota[:8] + b"a\x00b" + bytes(9) + quota[20:],
        quota[:8] + b"\xd9\x85" * 5 + b"\xd9" + b"\x00" + quota[20:],
        quota[:8] + bytes(12) + quota[20:],
        quota[:8] + b"abcdefghijkl" + quota[20:], quota[:8] + b"a\xff" + bytes(10) + quota[20:],
        b"\x00" + quota[1:], bytes([place + 1]) + quota[1:], b"\xff" + cover[1:],
    )  # fmt: skip


PIN_BLOCKS = tuple(
    bytes.fromhex(block)
    for block in (
        "241234FFFFFFFFFF", "2556789FFFFFFFFF", "26123456FFFFFFFF", "2812345678FFFFFF",
        "23123FFFFFFFFFFF", "29123456789FFFFF", "141234FFFFFFFFFF", "24123AFFFFFFFFFF",
        "241234FFFFFFFFFE", "241234F0FFFFFFFF", "2412345FFFFFFFFF", "2A1234567890FFFF",
        "20" + 7 * "FF",
        "24FFFFFFFFFFFFFF", "0000000000000000", "FFFFFFFFFFFFFFFF", "2512345FFFFFFFFF",
        "271234567FFFFFFF", "27123456FFFFFFFF", "2812345678FFFFF0", "341234FFFFFFFFFF",
    )
)  # fmt: skip

EMPTY_PLACES = (12, 15)
"""Two of the places for a service that cards with services have none in."""
RECEIPT_KEYS = tuple(
    bytes([version]) + key
    for version in (RECEIPT_KEY_VERSION, 4, 0, 0xFF)
    for key in (RECEIPT_KEY, bytes(16))
)

FOR_DGI: dict[int, tuple[bytes, ...]] = {
    0x0101: ANCHORS, 0x0102: CARDHOLDERS, 0x0103: RANGES, 0x0104: FLAG_VALUES,
    0x0201: CERTIFICATES, 0x0301: FINGERS, 0x0302: FINGERS, 0x0303: TEMPLATES,
    **{0x0400 + place - 1: records(place) for place in (WALLET, SMALL_PURSE, SMALL_QUOTA,
                                                        SMALL_COVER, *EMPTY_PLACES)},
}  # fmt: skip
"""Contents of DGIs in the clear, the first one right."""


def spoiled(value: bytes, place: int, byte: int) -> bytes:
    """Return a value with one byte of it another."""
    at = place % len(value) if value else 0
    return value[:at] + bytes([byte]) + value[at + 1 :]


BYTES = st.integers(0, 255)
OFTEN_WRONG = st.sampled_from((0x00, 0x01, 0x0A, 0x10, 0x7F, 0x80, 0x99, 0x9A, 0xA0, 0xC2, 0xFF))


def contents(tag: int) -> st.SearchStrategy[bytes]:
    """Return contents of a DGI: a listed one, or one of them with a byte spoiled."""
    listed = st.sampled_from(FOR_DGI[tag])
    return listed | st.builds(spoiled, listed, BYTES, OFTEN_WRONG | BYTES)
