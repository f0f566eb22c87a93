"""Software card and Java card hold the same values, and refuse the same ones.

Every format with good values and with values that break one rule each, then values with random
bytes changed, then whole streams of them cut anywhere. Comments name the requirements shown.
"""

from collections.abc import Iterator
from random import Random

import pytest

from applet_spec import spec
from tests.card_application.application_formats import VALUES, no_digits, objects
from tests.support.any_card import SimCard
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import ANCHOR, PIN, Terminal, dgi, receipt_key_dgi
from tests.support.two_cards import Seen, Side, TwoCards

MORE, LAST = 0x08, 0x88
SIZE = 231
SEEDS = range(8)
STREAMS = range(60)


@pytest.fixture(scope="module", params=[Stage.BLANK, Stage.HALF], ids=["blank", "anchored"])
def cards_at(request: pytest.FixtureRequest, java_cards: JavaCards) -> TwoCards:
    """Give a card of each kind, at the same stage."""
    sides = Side(SimCard(), 8), Side(java_cards(), 8)
    for side in sides:
        at_stage(side.card, request.param)
    names = {command.ins: name for name, command in spec().commands.items()}
    return TwoCards(sides, names)


@pytest.fixture
def blank(cards_at: TwoCards) -> TwoCards:
    """Give the cards in an issuer session each, back at their stage."""
    for side in cards_at.sides:
        side.begin()
        session(side.host)
    return cards_at


anchored = pytest.mark.parametrize("cards_at", [Stage.HALF], indirect=True, ids=["anchored"])
bare = pytest.mark.parametrize("cards_at", [Stage.BLANK], indirect=True, ids=["blank"])


def store(cards: TwoCards, data: bytes, size: int = SIZE) -> int:
    """Send a stream to both cards, and return its last status word, the same from both."""
    seen = cards.both(lambda side: tuple(side.host.store(data, size, last=False)), b"\xe2")
    assert isinstance(seen[-1], int)
    return seen[-1]


def send_block(cards: TwoCards, part: bytes, block: int, p1: int = MORE) -> int:
    """Send one block to both cards, and return the status word, the same from both."""
    seen = cards.both(lambda side: (side.host.sw(0x80, 0xE2, p1, block, part),), b"\xe2")
    assert isinstance(seen[-1], int)
    return seen[-1]


def content(side: Side) -> Seen:
    """Return what a card's objects hold, and how many tries its PIN has."""
    return tuple(read(side.host, tag) for tag in spec().objects)


def read(host: Terminal, tag: int) -> tuple[bytes, int]:
    """Return an object's value and the status word of its last part."""
    name = tag.to_bytes(2, "big").lstrip(b"\x00")
    value = b""
    while True:
        offset = b"\x54\x02" + len(value).to_bytes(2, "big")
        data, sw = host.send(0, 0xCB, 0x3F, 0xFF, bytes([0x5C, len(name)]) + name + offset)
        if sw != 0x9000:
            return value, sw
        value += data[6:] if data[5] < 0x80 else data[7:]
        assert int.from_bytes(data[2:4], "big") >= len(value)


@anchored
@pytest.mark.parametrize("name", VALUES)
def test_every_value_that_fits_is_stored_and_read_back(blank: TwoCards, name: str) -> None:
    # STD-01, GDP-01
    tag, good, _ = VALUES[name]
    (part,) = {field.object for field in spec().dgis[tag].fields[:1]}
    readable = "never" not in spec().objects[part].read
    for seed in SEEDS:
        value = good(Random(seed))
        assert store(blank, dgi(tag, value)) == 0x9000, value.hex()
        if readable:
            found = blank.both(lambda side: read(side.host, part))
            assert found[0] == value[: spec().dgis[tag].fields[0].length], value.hex()


@anchored
@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_breaks_one_rule_is_refused_and_the_old_one_stays(
    blank: TwoCards, name: str
) -> None:
    # STD-03
    tag, good, bad = VALUES[name]
    assert store(blank, dgi(tag, good(Random(99)))) == 0x9000
    before = blank.both(content)
    for seed in SEEDS:
        for rule, value in bad(Random(seed)):
            too_long = len(value) > spec().dgis[tag].length.most
            expected = 0x6A84 if too_long else 0x6A80
            assert store(blank, dgi(tag, value)) == expected, f"{rule}: {value.hex()}"
    assert blank.both(content) == before


@bare
def test_an_anchor_has_a_card_number_of_digits_alone(blank: TwoCards) -> None:
    # STD-05
    for seed in SEEDS:
        for _, number in no_digits(Random(seed), ANCHOR[:8]):
            assert store(blank, dgi(0x0101, number + ANCHOR[8:])) == 0x6A80
    assert store(blank, dgi(0x0101, ANCHOR)) == 0x9000
    for at in range(len(ANCHOR)):
        other = ANCHOR[:at] + bytes([ANCHOR[at] ^ 0xA5]) + ANCHOR[at + 1 :]
        assert store(blank, dgi(0x0101, other)) == 0x6985


@anchored
@pytest.mark.parametrize("name", VALUES)
def test_both_cards_judge_a_value_with_changed_bytes_alike(blank: TwoCards, name: str) -> None:
    tag, good, _ = VALUES[name]
    words = set()
    for seed in range(120):
        random = Random(seed)
        value = bytearray(good(random)[:80] if name != "card certificate" else good(random))
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(value))
            value[at] = random.choice(
                [0, 1, 0x7F, 0x80, 0xFF, value[at] ^ 1, random.randrange(256)]
            )
        words.add(store(blank, dgi(tag, bytes(value))))
        if not seed % 20:
            blank.both(content)
    assert words >= {0x9000, 0x6A80} or name.startswith("finger")
    blank.both(content)


# Streams


def groupings(random: Random, host: Terminal) -> Iterator[bytes]:
    """Yield DGIs at random: most are good, many come twice."""
    tags = random.sample(sorted(VALUES), 4)
    for _ in range(random.randint(1, 12)):
        if random.random() < 0.1:
            yield dgi(0x0101, ANCHOR)
        elif random.random() < 0.1:
            secret = random.choice([host.secret(0x8010, PIN), receipt_key_dgi(host)])
            yield secret if random.random() < 0.8 else secret[:-1] + b"\x00"
        else:
            tag, good, bad = VALUES[random.choice(tags)]
            further = random.randrange(16) if tag == 0x0400 else 0
            value = good(random)
            if further and random.random() < 0.9:
                value = bytes([1 + further]) + value[1:]
            if random.random() < 0.05:
                value = random.choice(list(bad(random)))[1]
            if random.random() < 0.02:
                tag = random.choice([0x0105, 0x03FF, 0x0410, 0x8011, 0x8402])
            yield in_any_form(random, tag + further, value)


def in_any_form(random: Random, tag: int, value: bytes) -> bytes:
    """Return a DGI whose length may take three bytes though one would do."""
    if random.random() < 0.7:
        return dgi(tag, value)
    return tag.to_bytes(2, "big") + b"\xff" + len(value).to_bytes(2, "big") + value


@anchored
@pytest.mark.parametrize("seed", STREAMS)
def test_streams_cut_anywhere_leave_the_same_in_both_cards(blank: TwoCards, seed: int) -> None:
    # STD-01, STD-03, STD-05, STD-06, STD-07, STD-09
    random = Random(seed)
    data = b"".join(groupings(random, blank.sides[0].host))
    block = 0
    while data:
        size = random.choice([1, 2, 3, 5, 30, random.randint(1, 239), 239])
        part, data = data[:size], data[size:]
        p1 = LAST if not data and random.random() < 0.3 else MORE
        word = send_block(blank, part, block, p1)
        block = block + 1 & 0xFF if word == 0x9000 else 0
        if random.random() < 0.1:
            blank.both(content)
    blank.both(content)


@bare
def test_the_information_of_fingers_is_no_more_than_objects(blank: TwoCards) -> None:
    assert store(blank, dgi(0x0101, ANCHOR) + dgi(0x0303, objects(Random(1)))) == 0x9000


@anchored
def test_the_whole_dgis_of_a_command_fit_one_commit_whatever_they_are(blank: TwoCards) -> None:
    # STD-09: one that began before is the largest; the others are many, and small
    head = bytes.fromhex("01018000") + bytes(16)
    five = b"".join(bytes([role, 0, 0, 0, 9]) for role in range(5))
    largest = dgi(0x0400, head + bytes(18) + b"\x05" + five)
    cover = b"\x01\x03" + head[2:] + bytes.fromhex("2026010120261231") + bytes(4)
    different = [
        dgi(0x0101, ANCHOR),
        dgi(0x0102, bytes.fromhex("DF420101")),
        dgi(0x0104, b"\x01" + bytes(8)),
        dgi(0x0201, b"\x30\x00"),
        dgi(0x0301, b"\x01abc"),
        dgi(0x0302, b"\x01abc"),
        dgi(0x0303, b"\x80\x00"),
        *(dgi(0x0401 + n, bytes([2 + n]) + cover[1:]) for n in range(4)),
    ]
    for many in (b"".join(different), 19 * dgi(0x0104, bytes(9)), 47 * dgi(0x0303, b"\x80\x00")):
        assert send_block(blank, largest[:-1], 0) == 0x9000
        assert send_block(blank, largest[-1:] + many, 1) == 0x9000
        blank.both(content)
