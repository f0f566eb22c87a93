"""Values that data objects can hold, and values that break one rule of their format.

Written by hand beside the contract: what it says of formats, service records and lengths.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from random import Random

from tests.support.terminal import VALIDITY

Broken = Iterator[tuple[str, bytes]]
"""The rule that is broken, and a value that breaks this one alone."""

LETTERS = "aZ0 ~éßءيआ€中😀\u07ff\ud7ff\ue000\uffff\U00010000\U0010ffff"
NO_UTF_8 = (
    "80", "BF", "C080", "C1BF", "C2", "C27F", "C2C0", "E09FBF", "E0A0", "E28141", "EDA080",
    "EDBFBF", "F08FBFBF", "F0908F", "F4908080", "F5808080", "FE", "FF",
)  # fmt: skip
LARGEST = 0x7FFFFFFF


def date(random: Random) -> bytes:
    """Return a day of the calendar; often one at the end of a month, or of a leap February."""
    year = random.choice([1, 4, 1900, 2000, 2024, 2026, 2100, 9996, 9999, random.randint(1, 9999)])
    month = random.choice([2, 12, random.randint(1, 12)])
    last = monthrange(year, month)[1]
    day = random.choice([1, last, random.randint(1, last)])
    return bytes.fromhex(f"{year:04}{month:02}{day:02}")


def no_dates(random: Random) -> Broken:
    """Yield bytes that are no day, by the rule that they break."""
    good = date(random)
    year = random.choice([1900, 2023, 2100, 2200, 9999])
    yield "year 0", b"\x00\x00" + good[2:3] + b"\x01"
    yield "month 0", good[:2] + b"\x00" + good[3:]
    yield "month 13", good[:2] + b"\x13" + b"\x01"
    yield "day 0", good[:3] + b"\x00"
    yield "29 February", bytes.fromhex(f"{year:04}0229")
    yield "30 February", bytes.fromhex("20240230")
    yield "31st", good[:2] + bytes([random.choice([4, 6, 9, 0x11])]) + b"\x31"
    yield "32nd", good[:2] + b"\x12\x32"
    yield from no_digits(random, good)


def no_digits(random: Random, good: bytes, padded: bool = False) -> Broken:
    """Yield a value with a half-byte that is no digit; ``padded``: F at the end is one."""
    places = 2 * len(good) - (1 if padded else 0)
    for digit in "ABCDEF":
        at = random.randrange(places)
        yield (
            f"half-byte {digit} at {at}",
            bytes.fromhex(good.hex()[:at] + digit + good.hex()[at + 1 :]),
        )
    if padded:
        digit = random.choice("ABCDE")
        yield f"half-byte {digit} at the end", bytes.fromhex(good.hex()[:-1] + digit)
        yield "FF at the end", good[:-1] + b"\xff"


def validity(random: Random) -> bytes:
    """Return two dates in their order."""
    return b"".join(sorted((date(random), date(random))))


def no_validities(random: Random) -> Broken:
    """Yield what no card can be valid for."""
    first, second = VALIDITY[:4], VALIDITY[4:]
    yield "second before first", second + first
    yield "one day before", bytes.fromhex("2026010120251231")
    yield "high years", bytes.fromhex("8000010179991231")
    for rule, wrong in no_dates(random):
        yield f"effective: {rule}", wrong + bytes.fromhex("99991231")
        yield f"expiry: {rule}", bytes.fromhex("00010101") + wrong


def text(random: Random, most: int) -> bytes:
    """Return at most so many bytes of UTF-8, one at least."""
    letters = b""
    while not letters or random.random() < 0.9:
        more = random.choice(LETTERS).encode()
        if len(letters + more) > most:
            break
        letters += more
    return letters


def tlv(tag: str, value: bytes) -> bytes:
    """Return an object with a length in its shortest form."""
    size = len(value)
    length = [size] if size < 0x80 else [0x81, size] if size < 0x100 else [0x82, *divmod(size, 256)]
    return bytes.fromhex(tag) + bytes(length) + value


def digits(random: Random, count: int) -> bytes:
    """Return so many decimal digits, padded with F where their number is odd."""
    found = "".join(random.choice("0123456789") for _ in range(count))
    return bytes.fromhex(found + "F" * (count % 2))


def cardholder(random: Random) -> bytes:
    """Return some of the fields, in any order."""
    fields = [
        tlv("5F20", text(random, 120)),
        tlv("5F2B", date(random)),
        tlv("DF41", digits(random, random.choice([13, 14]))),
        tlv("DF42", digits(random, random.choice([1, 2]))),
        tlv("DF43", digits(random, random.choice([11, 12]))),
    ]
    random.shuffle(fields)
    return b"".join(fields[: random.randint(1, 5)])


def no_cardholders(random: Random) -> Broken:
    """Yield templates that are none, or no cardholder's."""
    rest = tlv("DF42", digits(random, 2))
    for wrong in NO_UTF_8:
        yield f"name {wrong}", tlv("5F20", b"a" + bytes.fromhex(wrong)) + rest
        yield f"name {wrong} in the middle", tlv("5F20", bytes.fromhex(wrong) + b"a")
    yield "name empty", tlv("5F20", b"") + rest
    yield "name too long", tlv("5F20", bytes(121)) + rest
    for rule, day in no_dates(random):
        yield f"birth date: {rule}", tlv("5F2B", day) + rest
    for tag, length in (("5F2B", 4), ("DF41", 7), ("DF42", 1), ("DF43", 6)):
        good = date(random) if tag == "5F2B" else digits(random, 2 * length)
        yield f"{tag} too short", tlv(tag, good[:-1])
        yield f"{tag} too long", tlv(tag, good + b"\x01")
        yield f"{tag} twice", 2 * tlv(tag, good)
        if tag != "5F2B":
            for rule, number in no_digits(random, good, padded=True):
                yield f"{tag}: {rule}", tlv(tag, number)
    yield "unknown field", rest + tlv("DF44", b"\x01")
    yield "unknown field of three bytes", rest + tlv("5F8120", b"\x01")
    yield from no_objects(rest)


def objects(random: Random) -> bytes:
    """Return any objects, 64 bytes of them at most."""
    found = b""
    while True:
        tag = random.choice(["81", "5F2E", "7F60", "A1", "FF21", "9F8101", "BFFF7F", "E0", "1F1F"])
        more = tlv(tag, random.randbytes(random.randint(0, 20)))
        if found and (len(found + more) > 64 or random.random() < 0.3):
            return found
        found += more


def no_objects(rest: bytes) -> Broken:
    """Yield bytes that are no objects, each with good ones before or behind it."""
    wrong = {
        "00": "tag 00",
        "00 00": "padding",
        "81": "no length",
        "81 02 00": "value cut short",
        "81 81 01 00": "length 81 01",
        "81 82 00 01 00": "length 82 0001",
        "81 83 00 00 00": "length 83",
        "81 80 00 00": "length 80",
        "81 84 00 00 00 00": "length 84",
        "81 FF": "length FF",
        "81 82 FF FF": "length beyond everything",
        "5F 1E 00": "tag with a shorter form",
        "5F 80 01 00": "tag that begins with 80",
        "5F": "tag cut short",
        "5F 81": "tag of three bytes cut short",
        "5F 81 81 01 00": "tag of four bytes",
    }
    for value, rule in wrong.items():
        yield rule, rest + bytes.fromhex(value)
        if rule not in ("tag cut short", "no length", "length beyond everything"):
            yield f"{rule}, at the beginning", bytes.fromhex(value)


def sequence(random: Random) -> bytes:
    """Return a SEQUENCE; often of a length at which the form of lengths changes."""
    edges = [0, 1, 127, 128, 255, 256, 636]
    return tlv("30", random.randbytes(random.choice([*edges, random.randint(0, 636)])))


def no_sequences(random: Random) -> Broken:
    """Yield what is no single SEQUENCE in DER."""
    good = sequence(random)[:600]
    good = tlv("30", good)
    yield "another tag", b"\x31" + good[1:]
    yield "private tag", b"\x10" + good[1:]
    yield "something behind it", good + b"\x00"
    yield "one byte short", good[:-1]
    yield "no length", b"\x30"
    yield "no end", b"\x30\x80\x00\x00"
    yield "81 for a short length", b"\x30\x81\x05" + bytes(5)
    yield "82 for a short length", b"\x30\x82\x00\xff" + bytes(255)
    yield "83", b"\x30\x83\x00\x01\x00" + bytes(256)
    yield "82 beyond 7FFF", b"\x30\x82\x80\x01" + bytes(10)


def finger(random: Random) -> bytes:
    """Return a position and minutiae."""
    return bytes([random.randint(1, 10)]) + random.randbytes(
        3 * random.choice([1, 60, random.randint(1, 60)])
    )


def no_fingers(random: Random) -> Broken:
    """Yield what is no template of a finger."""
    good = finger(random)
    for position in (0, 11, 0x80, 0xFF):
        yield f"position {position}", bytes([position]) + good[1:]
    yield "a third of a minutia", good[:-2] if len(good) > 4 else good + b"\x00"
    yield "two thirds of a minutia", good[:-1] if len(good) > 4 else good + b"\x00\x00"


def flags(random: Random) -> bytes:
    """Return holder flags and a replaced card number."""
    return bytes([random.randint(0, 3)]) + digits(random, 16)


def no_flags(random: Random) -> Broken:
    """Yield unknown flags and numbers that are none."""
    good = flags(random)
    for bit in range(2, 8):
        yield f"bit {bit}", bytes([good[0] | 1 << bit]) + good[1:]
    for rule, number in no_digits(random, good[1:]):
        yield rule, good[:1] + number


def amount(random: Random) -> bytes:
    """Return an amount; often the least or the largest one."""
    return random.choice([0, 1, LARGEST, random.randint(0, LARGEST)]).to_bytes(4, "big")


def header(random: Random, kind: int) -> bytes:
    """Return the header of a service record of the first place."""
    label = text(random, 12).replace(b"\x00", b"") if random.random() < 0.9 else b""
    head = bytes([1, kind, random.choice([0, 0x80]), random.randrange(5)])
    return head + random.randbytes(4) + label.ljust(12, b"\x00")


def limits(random: Random, count: int) -> bytes:
    """Return the limits of so many roles."""
    roles = random.sample(range(16), count)
    return bytes([count]) + b"".join(bytes([role]) + amount(random) for role in roles)


def service(random: Random, kind: int = 0) -> bytes:
    """Return a service record of a kind, 0: of any."""
    kind = kind or random.randint(1, 3)
    head = header(random, kind)
    if kind == 1:
        amounts = b"".join(amount(random) for _ in range(4))
        return head + digits(random, 4) + amounts + limits(random, random.randint(0, 5))
    if kind == 2:
        begin = amount(random) + bytes([random.randrange(3)]) + amount(random) + amount(random)
        return head + begin + random.randbytes(4) + amount(random)
    return head + validity(random) + random.randbytes(4)


def no_services(random: Random) -> Broken:
    """Yield records that break one rule."""
    purse, quota, cover = (service(random, kind) for kind in (1, 2, 3))
    purse = purse[:38] + limits(random, 3)
    for name, good in (("purse", purse), ("quota", quota), ("entitlement", cover)):
        for rule, record in no_headers(random, good):
            yield f"{name}: {rule}", record
    for rule, record in no_purses(random, purse):
        yield f"purse: {rule}", record
    for at in (20, 25, 29, 37):
        yield f"quota: amount at {at}", high(quota, at)
    for kind in (3, 0x80, 0xFF):
        yield f"quota: period kind {kind}", with_byte(quota, 24, kind)
    for rule, days in no_validities(random):
        yield f"entitlement: {rule}", cover[:20] + days + cover[28:]


def with_byte(good: bytes, at: int, value: int) -> bytes:
    """Return a value with another byte in one place."""
    return good[:at] + bytes([value]) + good[at + 1 :]


def high(good: bytes, at: int) -> bytes:
    """Return a value whose amount in one place is too large."""
    return with_byte(good, at, good[at] | 0x80)


def no_headers(random: Random, good: bytes) -> Broken:
    """Yield a record with another header or end."""
    for place in (0, 2, 16, 0x81, 0xFF):
        yield f"id {place}", with_byte(good, 0, place)
    yield "something behind it", good + b"\x00"
    if len(good) > 32:
        yield "cut short", good[:-1]
    for kind in (0, 4, 0x81, 0xFF):
        yield f"kind {kind}", with_byte(good, 1, kind)
    flag = 1 << random.randrange(7)
    yield f"flag {flag:02X}", with_byte(good, 2, good[2] | flag)
    for rule in (5, 0x80, 0xFF):
        yield f"verification {rule}", with_byte(good, 3, rule)
    for wrong in (b"a\x00b", b"\x00b", b"\xc3", b"a\xff", b"abcdefghijk\xc3", b"\xed\xa0\x80"):
        yield f"label {wrong.hex()}", good[:8] + wrong.ljust(12, b"\x00") + good[20:]


def no_purses(random: Random, purse: bytes) -> Broken:
    """Yield purses with three limits of which one field is wrong."""
    for at in (22, 26, 30, 34, 40, 45, 50):
        yield f"amount at {at}", high(purse, at)
    for rule, number in no_digits(random, purse[20:22]):
        yield f"currency: {rule}", purse[:20] + number + purse[22:]
    for count in (0, 2, 4, 6, 0x83, 0xFF):
        yield f"{count} limits", with_byte(purse, 38, count)
    yield "role twice", with_byte(purse, 44, purse[39])
    for role in (16, 0x80, 0xFF):
        yield f"role {role}", with_byte(purse, 39, role)


def at_last_place(record: bytes) -> bytes:
    """Return a record of the first place as one of the last."""
    return record[:1].replace(b"\x01", b"\x10") + record[1:]


def last_service(random: Random) -> bytes:
    """Return a service record of the last place."""
    return at_last_place(service(random))


def no_last_services(random: Random) -> Broken:
    """Yield records of the last place that break one rule."""
    for rule, record in no_services(random):
        if rule.endswith("id 16"):
            yield rule.replace("16", "1"), with_byte(record, 0, 1)
        else:
            yield rule, at_last_place(record)


Good = Callable[[Random], bytes]
Bad = Callable[[Random], Broken]


def no_information(random: Random) -> Broken:
    """Yield what is no biometric information template."""
    return no_objects(tlv("81", random.randbytes(random.randint(0, 20))))


VALUES: dict[str, tuple[int, Good, Bad]] = {
    "cardholder": (0x0102, cardholder, no_cardholders),
    "validity": (0x0103, validity, no_validities),
    "holder flags": (0x0104, flags, no_flags),
    "card certificate": (0x0201, sequence, no_sequences),
    "finger template 1": (0x0301, finger, no_fingers),
    "finger template 2": (0x0302, finger, no_fingers),
    "biometric information template": (0x0303, objects, no_information),
    "service record": (0x0400, service, no_services),
    "last service record": (0x040F, last_service, no_last_services),
}
"""DGI, good values and broken ones, by name."""
