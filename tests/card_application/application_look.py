"""All that a card shows of the application, asked from outside and with the issuer's keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from applet_spec import spec
from tests.support.any_card import AnyCard
from tests.support.content import state_of
from tests.support.stages import session
from tests.support.terminal import (
    AIDS,
    FINGER,
    NEW_PIN,
    PIN,
    RECEIPT_KEY,
    Keys,
    Terminal,
    derive,
    role_keys,
)
from tests.support.transactions import records

OTHER_VERSION, OTHER_KEY = 0xFE, bytes(range(0x70, 0x90, 2))
"""A second receipt key."""
ROLE_SLOTS = (
    0x50, 0x51, 0x52, 0x53, 0x56, 0x5F, 0x60, 0x61, 0x62, 0x64, 0x65, 0x66, 0x6F,
)  # fmt: skip
"""The slots that are looked at: those that tests fill, and others."""
THIRD_PIN = bytes.fromhex("26314159FFFFFFFF")
LAST_PIN = bytes.fromhex("242718FFFFFFFFFF")
PINS = (PIN, NEW_PIN, THIRD_PIN)
TERMINATED = 0x6285
FCI_STATE, FCI_PIN_TRIES = -10, -7
"""Where the FCI has the life cycle code and the tries of the PIN, from its end."""


@dataclass(frozen=True)
class Look:
    """What a card shows.

    ``selected`` is the status word of SELECT, ``fci`` its data with 00 for the tries of the PIN,
    which are ``tries``; ``content`` the application's code in GET STATUS, asked after SELECT.
    ``objects`` are tag, value and status word; ``point`` is the public key's template; ``proof``
    the status word of a card proof, whose signature fitted the public key. ``roles`` are
    key version, master version and key set (0 or 1) of each slot that opens a session.
    ``pin`` is looked for only where it is asked: whether a transport PIN, and which; so is ``log``,
    the newest first.
    """

    selected: int
    fci: bytes = b""
    tries: int = 0
    content: int | None = None
    objects: tuple[tuple[int, bytes, int], ...] = ()
    point: bytes = b""
    proof: int = 0
    roles: tuple[tuple[int, int, int], ...] = ()
    pin: tuple[bool, bytes] | None = None
    log: tuple[bytes, ...] = ()

    @property
    def state(self) -> int:
        """Life cycle code in the FCI."""
        return self.fci[FCI_STATE]

    @property
    def number(self) -> int:
        """Transaction number in the FCI."""
        return int.from_bytes(self.fci[-3:], "big")

    def value(self, tag: int) -> bytes:
        """Return what an object's value was; empty where it could not be read."""
        return next(value for each, value, _ in self.objects if each == tag)


def other_role_keys(kvn: int) -> Keys:
    """Return a second key set for a slot."""
    return Keys(bytes([kvn, 1] * 8), bytes([kvn, 2] * 8), b"")


def look(card: AnyCard) -> Look:
    """Reset a card and look at it; nothing on it is changed.

    Raises ``AssertionError`` where it shows what no card may: a role slot that opens with no whole
    key set, a signature that does not fit the public key, life cycles that differ.
    """
    card.reset()
    host = Terminal(card.transmit)
    fci, selected = host.select(AIDS.instance)
    if selected == 0x6A82:
        return Look(selected, content=_content(card))
    tries = fci[FCI_PIN_TRIES]
    masked = fci[:FCI_PIN_TRIES] + b"\x00" + fci[FCI_PIN_TRIES + 1 :]
    if selected == TERMINATED:
        _assert_dead(card)
        assert fci[FCI_STATE] == 0x7F
        assert fci[FCI_PIN_TRIES : FCI_PIN_TRIES + 2] == bytes(2), "no tries are left"
        return Look(selected, masked, tries, _agreed(card, fci))
    assert selected == 0x9000, f"{selected:04X}"
    session(host)
    objects = tuple((tag, *read(host, tag)) for tag in spec().objects)
    point, sw = host.send(0, 0x46, 0x81, 0)
    assert sw == (0x9000 if point else 0x6A88)
    assert {sw for _, _, sw in objects} <= {0x9000, 0x6A88, 0x6982}
    proof = _proof(host, point)
    works = fci[FCI_STATE] in (0x0F, 0x1F)
    assert proof == (0x9000 if works else 0x6985), f"card proof {proof:04X}"
    seen = Look(selected, masked, tries, _agreed(card, fci), objects, point, proof)
    return _with_roles(card, seen)


def _agreed(card: AnyCard, fci: bytes) -> int | None:
    """Return the life cycle in GET STATUS; it is that of the FCI."""
    found = _content(card)
    assert found == fci[FCI_STATE], f"GET STATUS {found}, FCI {fci[FCI_STATE]}"
    return found


def _content(card: AnyCard) -> int | None:
    host = Terminal(card.transmit)
    host.select(AIDS.isd)
    host.authenticate()
    return state_of(host, AIDS.instance)


def read(host: Terminal, tag: int) -> tuple[bytes, int]:
    """Read an object, in parts where it is long."""
    data, sw = host.send(0, 0xCA, tag >> 8, tag & 0xFF)
    if sw != 0x6A81:
        return data, sw
    name = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    value, total = b"", 1
    while len(value) < total:
        wanted = b"\x5c" + bytes([len(name)]) + name + b"\x54\x02" + len(value).to_bytes(2, "big")
        data, sw = host.send(0, 0xCB, 0x3F, 0xFF, wanted)
        if sw != 0x9000:
            return b"", sw
        total = int.from_bytes(data[2:4], "big")
        assert data[:2] == b"\x80\x02"
        assert data[4] == 0x53
        value += data[7:] if data[5] == 0x81 else data[6:]
    assert len(value) == total
    return value, sw


def _proof(host: Terminal, point: bytes) -> int:
    """Ask for a card proof and check its signature."""
    asked = bytes(range(16)) + b"\x01"
    answer, sw = host.send(0, 0x88, 0, 0, asked)
    if sw != 0x9000:
        return sw
    said, signature = answer[:20], answer[20:]
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[-65:])
    try:
        message = spec().domain_tag + b"\x00" + asked + said
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise AssertionError("the private key does not fit the public key") from None
    return sw


def _with_roles(card: AnyCard, seen: Look) -> Look:
    """Add the role sessions that open; they are those that DF55 lists."""
    blank = seen.state == 0x07
    listed = seen.value(0xDF55)
    sets = [(listed[at], listed[at + 1]) for at in range(0, len(listed), 2)]
    if blank:
        return seen
    roles = tuple(_roles(card))
    assert [(kvn, master) for kvn, master, _ in roles] == sets, "DF55 lists what opens sessions"
    return replace(seen, roles=roles)


def _roles(card: AnyCard) -> Iterator[tuple[int, int, int]]:
    """Yield the slots that open a session, each proven by a command and its answer."""
    host = Terminal(card.transmit)
    host.select(AIDS.instance)
    for kvn in ROLE_SLOTS:
        _, sw = host.raw(bytes([0x80, 0x50, kvn, 0, 8, *range(8), 0]))
        if sw == 0x9000:
            yield kvn, *_opened(host, kvn)
        else:
            assert sw == 0x6A88, f"{sw:04X}"


def _opened(host: Terminal, kvn: int) -> tuple[int, int]:
    """Open a role's session; return master version and which of the known sets it has."""
    for number, keys in enumerate((role_keys(kvn), other_role_keys(kvn))):
        host.keys = keys
        answer = host.initialize(kvn)
        if answer[21:29] != derive(host.s_mac, 0, host.context, 64):
            continue
        assert answer[8] == kvn & 0x0F
        assert host.external_authenticate() == 0x9000
        value, sw = read(host, 0x5A)
        assert (len(value), sw) == (8, 0x9000), "ENC is the set's too"
        return answer[9], number
    raise AssertionError(f"slot {kvn:02X} has keys that nobody gave it")


def _assert_dead(card: AnyCard) -> None:
    """Check that the selected application knows no command."""
    for command in spec().commands.values():
        if command.name == "SELECT" or command.draft:
            continue
        for cla in (command.cla, command.cla | 0x84):
            answer = card.transmit(bytes([cla, command.ins, 0, 0]))
            assert answer == b"\x6d\x00", f"{command.name}: {answer.hex()}"
    start = card.writes
    card.reset()
    Terminal(card.transmit).select(AIDS.instance)
    assert card.writes == start, "the first SELECT has left nothing to be erased"


def assert_no_secrets(cells: Mapping[str, bytes]) -> None:
    """Check that a memory, by names, holds no private key, PIN, template, role or receipt key."""
    keys = [each(kvn) for kvn in ROLE_SLOTS for each in (role_keys, other_role_keys)]
    secrets = [
        *PINS,
        FINGER,
        RECEIPT_KEY,
        OTHER_KEY,
        *(part for each in keys for part in (each.enc, each.mac)),
    ]
    for name, value in cells.items():
        assert "private" not in name, f"{name} is still there"
        assert not any(secret in value for secret in secrets), f"{name} still has a secret"


def with_log(card: AnyCard, seen: Look) -> Look:
    """Add the receipts in the log; DF59 counts them, and the newest has the FCI's number."""
    if seen.selected != 0x9000 or seen.state == 0x07:
        return seen
    host = Terminal(card.transmit)
    session(host)
    log = tuple(records(host))
    assert seen.value(0xDF59) == bytes([len(log)])
    numbers = [int.from_bytes(record[10:13], "big") for record in log]
    assert numbers == [seen.number - back for back in range(min(20, seen.number))]
    return replace(seen, log=log)


def with_pin(card: AnyCard, seen: Look) -> Look:
    """Add which PIN the card has, found by presenting it: the card is another one afterwards."""
    if seen.selected != 0x9000 or seen.state == 0x07:
        return seen
    host = Terminal(card.transmit)
    session(host)
    if seen.state == 0x3F:
        assert host.sw(0x80, 0xF0, 0x40, 0x1F) == 0x9000
        session(host)
    assert host.sw(0, 0x2C, 3, 0x81) == 0x9000
    host.select(AIDS.instance)
    words = []
    for block in PINS:
        words.append(host.sw(0, 0x20, 0, 0x81, block))
        if words[-1] == 0x9000:
            return replace(seen, pin=(False, block))
        if words[-1] == 0x6985:
            break
    for block in PINS:
        if host.sw(0, 0x24, 0, 0x81, block + LAST_PIN) == 0x9000:
            return replace(seen, pin=(True, block))
    raise AssertionError("no PIN that was ever given is the card's: " + repr(words))
