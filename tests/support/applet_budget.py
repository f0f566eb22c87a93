"""What the applet costs a card: one life of a Java card, each command measured in it.

The life is laid out so that each command is met where it costs most: full objects, as many DGIs in
one block as fit, all role key slots filled.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from applet_spec import spec
from host_lib.errors import CardRemoved
from host_lib.services import ServiceRecord, encode_service
from java_card.reader import JavaReader
from java_card.settings import blank_card
from tests.support.budget_meter import Cost, Memory, Meter
from tests.support.budget_transactions import transact
from tests.support.cards import BREAD
from tests.support.factory import public_key
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    Keys,
    Terminal,
    dgi,
    receipt_key_dgi,
    role_keys,
)

CARDHOLDER = (
    bytes.fromhex("5F2078") + "مو".encode() * 30 + bytes.fromhex("5F2B0419900131")
    + bytes.fromhex("DF410729001310101234DF420101DF430601000000001F")
)  # fmt: skip
"""As long as its fields allow."""
CERTIFICATE = bytes.fromhex("3082027C") + bytes(range(256)) * 2 + bytes(124)
FINGER = b"\x02" + bytes(range(180))
TEMPLATE = bytes.fromhex("A13E") + b"\x81\x3c" + bytes(60)
SLOTS = range(0x50, 0x70)
INSPECT = 0x56
BLOCK = 239
QUOTA = 14
"""Id of the one service that is no purse."""


def purse(number: int) -> bytes:
    """Return a service record of the greatest length: a purse with five role limits."""
    values = {"currency": 818, "ceiling": 1000000, "unverified allowance": 20000}
    return encode_service(
        ServiceRecord(
            id=number + 1,
            kind="purse",
            label=f"service {number}",
            verification="pin",
            debit_roles=frozenset({1, 2, 4}),
            credit_roles=frozenset({0}),
            enabled=True,
            values={**values, "debit limit": 500000, "balance": 0},
            role_limits=dict.fromkeys(range(1, 6), 300000),
        )
    )


def quota(number: int) -> bytes:
    """Return a service record of bread by the day."""
    return encode_service(replace(BREAD, id=number + 1))


def record(number: int) -> bytes:
    """Return the record of one place of the table, from 0."""
    return quota(number) if number == QUOTA - 1 else purse(number)


@dataclass(frozen=True)
class Measured:
    """Memory after INSTALL, after personalization and in the end, and the costs.

    ``costs`` go by command, the variant of the contract, and what is special about the case.
    """

    installed: Memory
    personalized: Memory
    ended: Memory
    costs: Mapping[tuple[str, str, str], Cost]


def measured() -> Measured:
    """Lead Java cards through their lives and return what that costs. Raises JavaCardMissing."""
    with JavaReader("java", blank_card(seed=1)) as reader:
        meter = Meter(reader)
        meter.host.authenticate()
        assert meter.host.install() == 0x9000
        installed = meter.memory()
        _personalize(meter)
        personalized = meter.memory()
        for stage in (_holder, _administer, _roles, _transact, _end):
            stage(meter)
        costs = {**meter.costs, **_costs_of_long_challenges()}
        return Measured(installed, personalized, meter.memory(), costs)


def _costs_of_long_challenges() -> Mapping[tuple[str, str, str], Cost]:
    """Measure what opens sessions on a card with S16 and AES-256."""
    profile = spec().card_profiles["unicard-s16"]
    key = public_key(profile.key_length)
    with JavaReader("java", blank_card(profile, seed=1)) as reader:
        meter = Meter(reader)
        meter.host.size, meter.host.keys = 16, Keys(key, key, key)
        meter.host.authenticate()
        assert meter.host.install() == 0x9000
        meter.host.select(AIDS.instance)
        meter.open(0, "issuer", meter.host.keys)
        return meter.costs


def _issuer(meter: Meter) -> None:
    meter.select("in any state but TERMINATED")
    meter.open(0, "issuer", Keys())


def _personalize(meter: Meter) -> None:
    _issuer(meter)
    pair = "GENERATE ASYMMETRIC KEY PAIR"
    for _ in range(3):  # the first pair has none to replace
        meter.send((pair, "generate", ""), (0, 0x46, 0x80, 0))
    meter.send((pair, "read", ""), (0, 0x46, 0x81, 0))
    for _ in range(2):  # the second time over values that are there
        for number, (case, block) in enumerate(_blocks(meter.host)):
            meter.send(("STORE DATA", "more blocks", case), (0x80, 0xE2, 0x08, number), block)
    last = ("STORE DATA", "last block", "makes the card PERSONALIZED")
    meter.send(last, (0x80, 0xE2, 0x88, number + 1), dgi(0x040F, purse(15)))
    meter.host.level = 0


def _blocks(host: Terminal) -> Iterator[tuple[str, bytes]]:
    """Yield blocks of a stream: the long DGIs cut where a block is full, the short ones packed."""
    contents = {
        0x0101: ANCHOR,
        0x0102: CARDHOLDER,
        0x0201: CERTIFICATE,
        0x0301: FINGER,
        0x0302: FINGER,
        0x0303: TEMPLATE,
    }
    long = b"".join(dgi(tag, content) for tag, content in contents.items())
    for at in range(0, len(long), BLOCK):
        yield "parts of long DGIs", long[at : at + BLOCK]
    dates = dgi(0x0103, VALIDITY) + dgi(0x0104, bytes(9))
    yield "transport PIN", dates + host.secret(0x8010, PIN)
    records = [dgi(0x0400 + n, record(n)) for n in range(16)]
    for at in range(0, 15, 3):
        yield "as many DGIs as one takes", b"".join(records[at : at + 3]) + dates
    yield "as many DGIs as one takes", b"".join(records[:3]) + receipt_key_dgi(host)
    yield "one DGI again and again", dgi(0x0103, VALIDITY) * (BLOCK // 11)


def _holder(meter: Meter) -> None:
    meter.select("in any state but TERMINATED")
    change = ("CHANGE REFERENCE DATA", "", "")
    meter.send(change, (0, 0x24, 0, 0x81), PIN + NEW_PIN)
    meter.send(("VERIFY", "ask", ""), (0, 0x20, 0, 0x81), words=0x63C3)
    meter.send(("VERIFY", "compare", "wrong"), (0, 0x20, 0, 0x81), WRONG_PIN, 0x63C2)
    meter.send(("VERIFY", "compare", "right"), (0, 0x20, 0, 0x81), NEW_PIN)
    meter.send(("GET DATA", "", "in clear"), (0, 0xCA, 0xDF, 0x30))
    part = bytes.fromhex("5C0165")
    meter.send(("GET DATA PART", "", "in clear"), (0, 0xCB, 0x3F, 0xFF), part)
    challenge = bytes(17)
    for _ in range(3):
        proof = ("INTERNAL AUTHENTICATE", "card proof", "")
        meter.send(proof, (0, 0x88, 0, 0), challenge)
    meter.send(("INTERNAL AUTHENTICATE", "presence proof", ""), (0, 0x88, 0, 1), challenge)


def _administer(meter: Meter) -> None:
    _issuer(meter)
    for kvn in SLOTS:
        data = meter.host.role_key_data(kvn, role_keys(kvn), 1)
        meter.send(("PUT KEY", "", ""), (0x80, 0xD8, 0, 0x81), data)
    data = meter.host.role_key_data(SLOTS[-1], role_keys(SLOTS[-1]), 2)
    meter.send(("DELETE KEY", "", ""), (0x80, 0xE4, 0, 0), bytes((0xD2, 1, SLOTS[-1])))
    meter.send(("PUT KEY", "", ""), (0x80, 0xD8, 0, 0x81), data)
    meter.send(("GET DATA", "", "issuer session"), (0, 0xCA, 0xDF, 0x55))
    part = bytes.fromhex("5C027F21540200C8")
    meter.send(("GET DATA PART", "", "issuer session"), (0, 0xCB, 0x3F, 0xFF), part)
    meter.send(("PUT DATA", "", ""), (0, 0xDA, 0xDF, 0x52), VALIDITY)
    meter.send(("PUT DATA", "", ""), (0, 0xDA, 0xDF, 0x57), VALIDITY[:4])
    meter.send(("PUT DATA", "", ""), (0, 0xDA, 0xDF, 0x60 + QUOTA - 1), bytes(4))
    meter.send(("RESET RETRY COUNTER", "counter only", ""), (0, 0x2C, 3, 0x81))
    meter.send(("RESET RETRY COUNTER", "new PIN", ""), (0, 0x2C, 2, 0x81), PIN)
    block = dgi(0x0201, CERTIFICATE)
    for number, at in enumerate(range(0, len(block), BLOCK)):
        last = at + BLOCK >= len(block)
        name = ("STORE DATA", "last block" if last else "more blocks", "parts of long DGIs")
        p1 = 0x88 if last else 0x08
        meter.send(name, (0x80, 0xE2, p1, number), block[at : at + BLOCK])


def _roles(meter: Meter) -> None:
    meter.select("in any state but TERMINATED")
    for kvn in (SLOTS[0], SLOTS[-1], INSPECT):
        meter.open(kvn, "role", role_keys(kvn))
    meter.send(("GET DATA", "", "role session"), (0, 0xCA, 0xDF, 0x55))
    part = bytes.fromhex("5C027F21540200C8")
    meter.send(("GET DATA PART", "", "role session"), (0, 0xCB, 0x3F, 0xFF), part)


def _transact(meter: Meter) -> None:
    purses = [n + 1 for n in range(16) if n + 1 != QUOTA]
    transact(meter, purses, QUOTA)


def _end(meter: Meter) -> None:
    control = meter.reader.control
    control.checkpoint()
    changes = {
        "suspend": (0x40, 0x3F),
        "resume": (0x40, 0x1F),
        "disable service": (0x21, QUOTA),
        "enable service": (0x20, QUOTA),
    }
    for variant, (p1, p2) in changes.items():
        _issuer(meter)
        meter.send(("SET STATUS", variant, ""), (0x80, 0xF0, p1, p2))
    _issuer(meter)
    control.cut_power_at(2)
    terminate = (0x80, 0xF0, 0x40, 0x7F)
    with suppress(CardRemoved):
        meter.host.send(*terminate)
    meter.reader.reset()
    meter.select("completes a termination", 0x6285)
    meter.select("TERMINATED", 0x6285)
    control.restore()
    meter.reader.reset()
    _issuer(meter)
    meter.send(("SET STATUS", "terminate", ""), terminate)
