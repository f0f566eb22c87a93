"""What the contract says that a card answers next, for any command, written by hand beside it.

The model knows what a command sequence has made of the card: selection, session, life cycle, flags,
PIN and keys. `Model.take` and `Model.take_protected` change it as the command changes the card and
return the status word, or None where only the data decides and the model does not read that far.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace

from applet_spec import spec
from card_simulator.card import Card
from tests.card_simulator.sim_host import AIDS, ISD, VALIDITY, Keys, install_data

OTHER_VALIDITY = bytes.fromhex("2027010120310630")
APP, MANAGER = "application", "card manager"
ABSENT, BLANK, PERSONALIZED = "ABSENT", "BLANK", "PERSONALIZED"
SUSPENDED, TERMINATED = "SUSPENDED", "TERMINATED"
LIVE = (BLANK, PERSONALIZED, SUSPENDED)
ISSUED = (PERSONALIZED, SUSPENDED)
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)
ANY: Container[int] = range(256)
ANY_LENGTH: Container[int] = range(256)
CARD_STATES = {0x01: 0x07, 0x07: 0x0F}
NUMBER, HOLDER, CERTIFICATE, SERIAL, VALID = 0x5A, 0x65, 0x7F21, 0xDF51, 0xDF52


@dataclass(frozen=True)
class Form:
    """P1, P2 and lengths of one form of a command, and the states that it works in."""

    p1: Container[int]
    p2: Container[int]
    lengths: Container[int] = ANY_LENGTH
    states: tuple[str, ...] = LIVE


@dataclass(frozen=True)
class Rule:
    """One command: ``need`` is "", "session", "secret" (C-ENC too) or "pending"."""

    name: str
    cla: int
    need: str
    forms: tuple[Form, ...]
    states: tuple[str, ...] = LIVE


UPDATE = Rule("INITIALIZE UPDATE", 0x80, "", (Form(ANY, (0,), (8,)),))
AUTHENTICATE = Rule("EXTERNAL AUTHENTICATE", 0x84, "pending", (Form(ANY, (0,), (16,)),))
RULES: Mapping[str, Mapping[int, Rule]] = {
    APP: {
        0xA4: Rule("SELECT", 0x00, "", (Form((4,), (0,), range(5, 17)),)),
        0xCA: Rule("GET DATA", 0x00, "", (Form(ANY, ANY, (0,)),)),
        0xCB: Rule("GET DATA PART", 0x00, "", (Form((0x3F,), (0xFF,)),)),
        0xDA: Rule("PUT DATA", 0x00, "secret", (Form(ANY, ANY),), ISSUED),
        0x20: Rule("VERIFY", 0x00, "", (Form((0,), (0x81,), (0, 8)),), (PERSONALIZED,)),
        0x24: Rule(
            "CHANGE REFERENCE DATA", 0x00, "", (Form((0,), (0x81,), (16,)),), (PERSONALIZED,)
        ),
        0x2C: Rule(
            "RESET RETRY COUNTER",
            0x00,
            "secret",
            (Form((2,), (0x81,), (8,)), Form((3,), (0x81,), (0,))),
            ISSUED,
        ),
        0x88: Rule(
            "INTERNAL AUTHENTICATE", 0x00, "", (Form((0,), (0, 1), (17,)),), (PERSONALIZED,)
        ),
        0x46: Rule(
            "GENERATE ASYMMETRIC KEY PAIR",
            0x00,
            "session",
            (Form((0x80,), (0,), (0,), (BLANK,)), Form((0x81,), (0,), (0,))),
        ),
        0x50: UPDATE,
        0x82: AUTHENTICATE,
        0xE2: Rule("STORE DATA", 0x80, "secret", (Form((0x08, 0x88), ANY, range(1, 256)),)),
        0xF0: Rule(
            "SET STATUS",
            0x80,
            "secret",
            (
                Form((0x40,), (0x3F,), (0,), (PERSONALIZED,)),
                Form((0x40,), (0x1F,), (0,), (SUSPENDED,)),
                Form((0x40,), (0x7F,), (0,)),
            ),
            ISSUED,
        ),
    },
    MANAGER: {
        0xA4: Rule("SELECT", 0x00, "", (Form((4,), (0,)),)),
        0xCA: Rule("GET DATA", 0x80, "", (Form(ANY, ANY, (0,)),)),
        0x50: UPDATE,
        0x82: AUTHENTICATE,
        0xD8: Rule("PUT KEY", 0x80, "secret", (Form(ANY, (0x81,)),)),
        0xE4: Rule("DELETE KEY", 0x80, "secret", (Form((0,), (0,)),)),
        0xE6: Rule("INSTALL", 0x80, "secret", (Form((0x0C,), (0,)),)),
        0xF2: Rule("GET STATUS", 0x80, "session", (Form((0x80, 0x40, 0x20, 0x10), (2, 3)),)),
        0xF0: Rule("SET STATUS", 0x80, "secret", (Form((0x80,), (7, 0x0F)),)),
    },
}


@dataclass(frozen=True)
class Lasting:
    """What a card keeps without power; of a terminated application only that it is one."""

    state: str = ABSENT
    pin: bytes = b""
    transport: bool = False
    tries: int = 0
    key_pair: bool = False
    values: Mapping[int, bytes] = field(default_factory=dict)
    keys: Mapping[int, Keys] = field(default_factory=lambda: {0xFF: Keys()})
    card_state: int = 0x01

    @property
    def versions(self) -> list[int]:
        return sorted(self.keys)

    @classmethod
    def of(cls, card: Card) -> "Lasting":
        """Look into a card's memory."""
        cells = card.memory.image.cells
        keys = {kvn: _keys(card, kvn) for kvn in card.key_sets.versions()}
        card_state = cells["isd.state"][0]
        if AIDS.instance not in card.content.applications():
            return cls(keys=keys, card_state=card_state)
        application = card.application(AIDS.instance)
        if application.state == TERMINATED:
            return cls(TERMINATED, keys=keys, card_state=card_state)
        prefix = f"app.{AIDS.instance.hex().upper()}."
        pin = cells.get(prefix + "pin", b"")
        return cls(
            application.state,
            pin[1:],
            pin[:1] == b"\x01",
            application.pin_tries,
            prefix + "key.private" in cells,
            {tag: value for tag in spec().objects if (value := application.value(tag))},
            keys,
            card_state,
        )


def _keys(card: Card, kvn: int) -> Keys:
    stored = card.key_sets.keys(kvn)
    return Keys(stored.enc, stored.mac, stored.dek)


@dataclass(frozen=True)
class Hints:
    """What the terminal knows of its own command: is the cryptogram right, the MAC, which keys."""

    cryptogram: bool = False
    mac: bool = False
    key_set: Keys | None = None


NO_HINTS = Hints()


@dataclass
class Model:
    """One card as its contract says that it is now."""

    lasting: Lasting
    target: str = MANAGER
    level: int = 0
    kvn: int = 0
    pending: int = 0
    verified: bool = False
    contactless: bool = False

    def copy(self) -> "Model":
        return replace(self)

    def reset(self) -> None:
        self.target, self.pending = MANAGER, 0
        self.end_session()

    def end_session(self) -> None:
        self.level, self.verified = 0, False

    @property
    def secret(self) -> bool:
        """Whether a session with C-MAC and C-ENC is open."""
        return self.level & 0x03 == 0x03

    def now(self, **changes: object) -> None:
        self.lasting = replace(self.lasting, **changes)  # type: ignore[arg-type]

    # Commands

    def take(self, raw: bytes, hints: Hints = NO_HINTS) -> int | None:
        """Take bytes that carry no right MAC of an open session."""
        pending, self.pending = self.pending, 0
        if raw and (word := class_word(raw[0])):
            return word
        parts = split(raw)
        if parts is None:
            return 0x6700
        cla, ins, p1, p2, data = parts
        if (cla, ins) == (0x00, 0xA4):
            return self._select(p1, p2, data)
        if self.target == APP and self.lasting.state == TERMINATED:
            return 0x6D00
        begins = cla >= 0x80 and ins == 0x50
        finishes = cla >= 0x80 and ins == 0x82
        if begins:
            self.level = 0
        if begins or finishes:
            self.verified = False
        if self.level or (cla & 4 and not finishes):
            if self.level:
                self.end_session()
            return 0x6982
        return self._check((cla, ins, p1, p2), data, pending, hints)

    def take_protected(
        self, cla: int, ins: int, p1: int, p2: int, data: bytes, hints: Hints = NO_HINTS
    ) -> int | None:
        """Take a command of the open session, its class as it is without secure messaging."""
        if cla >= 0x80 and ins == 0x50:
            self.end_session()
            return 0x6982
        if cla >= 0x80 and ins == 0x82:
            self.verified = False
        return self._check((cla, ins, p1, p2), data, 0, hints)

    def _select(self, p1: int, p2: int, name: bytes) -> int:
        if (p1, p2) != (4, 0):
            return 0x6A86
        if 1 <= len(name) <= 4 or len(name) > 16:
            return 0x6700
        ours = self.lasting.state != ABSENT and AIDS.instance.startswith(name)
        if not ISD.startswith(name) and not ours:
            return 0x6A82
        self.end_session()
        self.target = MANAGER if ISD.startswith(name) else APP
        return 0x6285 if self.target == APP and self.lasting.state == TERMINATED else 0x9000

    def _check(
        self, header: tuple[int, int, int, int], data: bytes, pending: int, hints: Hints
    ) -> int | None:
        """Look at everything before the data, in the contract's order."""
        cla, ins, p1, p2 = header
        rule = RULES[self.target].get(ins)
        if rule is None:
            return 0x6D00
        if cla != (rule.cla & 0x80 if self.level else rule.cla):
            return 0x6E00
        in_app = self.target == APP
        if in_app and self.lasting.state not in rule.states:
            return 0x6985
        if rule.need == "pending" and not pending:
            return 0x6985
        holder = ins in (0x20, 0x24) and self.contactless
        if (
            ((rule.need == "session" or holder) and not self.level)
            or (rule.need == "secret" and not self.secret)
        ):  # fmt: skip
            return 0x6982
        return self._check_form(rule, (ins, p1, p2), data, pending, hints)

    def _check_form(
        self, rule: Rule, header: tuple[int, int, int], data: bytes, pending: int, hints: Hints
    ) -> int | None:
        ins, p1, p2 = header
        forms = [form for form in rule.forms if p1 in form.p1 and p2 in form.p2]
        if not forms:
            return 0x6A86
        forms = [f for f in forms if self.target == MANAGER or self.lasting.state in f.states]
        if not forms:
            return 0x6985
        if not any(len(data) in form.lengths for form in forms):
            return 0x6700
        if rule is AUTHENTICATE:
            return self._authenticate(p1, pending, hints)
        if rule is UPDATE:
            return self._initialize(p1)
        if ins == 0xD8:
            return self._put_key(p1, data, hints)
        return CARRY_OUT[self.target, ins](self, p1, p2, data)

    # Sessions

    def _initialize(self, p1: int) -> int:
        kvn = p1 or min(self.lasting.versions)
        if kvn not in self.lasting.versions or (self.target == APP and 0x50 <= p1 <= 0x6F):
            return 0x6A88
        self.pending = kvn
        return 0x9000

    def _authenticate(self, p1: int, pending: int, hints: Hints) -> int:
        if p1 not in LEVELS:
            return 0x6A86
        if not hints.cryptogram:
            return 0x6300
        if not hints.mac:
            return 0x6982
        self.level, self.kvn = p1, pending
        return 0x9000

    # Application

    def _select_in_session(self, _p1: int, _p2: int, _data: bytes) -> int:
        return 0x6882

    def _may_read(self, tag: int) -> int:
        """Return 9000 where the object may be read, and holds a value."""
        if tag not in spec().objects:
            return 0x6A88
        read = spec().objects[tag].read
        met = (self.level and "issuer" in read) or (self.verified and "pin" in read)
        if "anyone" not in read and (not met or (self.level and self.level != 0x33)):
            return 0x6982
        return 0x9000 if tag in self.lasting.values else 0x6A88

    def _get_data(self, p1: int, p2: int, _data: bytes) -> int:
        tag = p1 << 8 | p2
        word = self._may_read(tag)
        if word != 0x6982 and tag in spec().objects and spec().objects[tag].long:
            return 0x6A81
        return word

    def _get_part(self, _p1: int, _p2: int, data: bytes) -> int | None:
        """Read tag list and offset in their usual form only."""
        if len(data) < 3 or data[0] != 0x5C or data[1] not in (1, 2):
            return None
        tag, rest = int.from_bytes(data[2 : 2 + data[1]], "big"), data[2 + data[1] :]
        if tag not in spec().objects or (rest and (len(rest), rest[:2]) != (4, b"\x54\x02")):
            return None
        word = self._may_read(tag)
        if word == 0x9000 and int.from_bytes(rest[2:], "big") >= len(self.lasting.values[tag]):
            return 0x6B00
        return word

    def _put_data(self, p1: int, p2: int, data: bytes) -> int | None:
        tag = p1 << 8 | p2
        if tag not in spec().objects:
            return 0x6A88
        if tag != VALID:
            return 0x6982
        if len(data) != 8:
            return 0x6A80
        if data not in (VALIDITY, OTHER_VALIDITY):
            return None
        self.now(values={**self.lasting.values, tag: data})
        return 0x9000

    def _compare(self, block: bytes) -> int:
        """Compare and take or restore tries; 9000 where the block is right."""
        if block == self.lasting.pin:
            self.now(tries=3)
            return 0x9000
        self.verified = False
        self.now(tries=self.lasting.tries - 1)
        return 0x63C0 | self.lasting.tries

    def _verify(self, _p1: int, _p2: int, data: bytes) -> int:
        tries = self.lasting.tries
        if not data:
            return 0x9000 if self.verified else 0x63C0 | tries if tries else 0x6983
        if not tries:
            return 0x6983
        if self.lasting.transport:
            return 0x6985
        word = self._compare(data)
        self.verified = word == 0x9000
        return word

    def _change(self, _p1: int, _p2: int, data: bytes) -> int:
        old, new = data[:8], data[8:]
        if not self.lasting.tries:
            return 0x6983
        if not is_block(new) or old == new:
            return 0x6A80
        word = self._compare(old)
        if word == 0x9000:
            self.now(pin=new, transport=False)
        return word

    def _reset_counter(self, _p1: int, _p2: int, data: bytes) -> int:
        if data and not is_block(data):
            return 0x6A80
        if data:
            self.now(pin=data, transport=True)
            self.verified = False
        self.now(tries=3)
        return 0x9000

    def _prove(self, _p1: int, p2: int, _data: bytes) -> int:
        if p2 and not self.verified:
            return 0x6982
        if p2:
            self.verified = False
        return 0x9000

    def _key_pair(self, p1: int, _p2: int, _data: bytes) -> int:
        if p1 == 0x80 and not self.secret:
            return 0x6982
        if p1 == 0x80:
            self.now(key_pair=True)
        return 0x9000 if self.lasting.key_pair else 0x6A88

    def _change_state(self, _p1: int, p2: int, _data: bytes) -> int:
        if p2 == 0x7F:
            kept = self.lasting
            self.lasting = Lasting(TERMINATED, keys=kept.keys, card_state=kept.card_state)
        else:
            self.now(state=SUSPENDED if p2 == 0x3F else PERSONALIZED)
        self.end_session()
        return 0x9000

    def _data_decides(self, _p1: int, _p2: int, _data: bytes) -> None:
        return None

    # Card manager

    def _manager_data(self, p1: int, p2: int, _data: bytes) -> int:
        return 0x9000 if p1 << 8 | p2 in (0x9F7F, 0x00E0, 0x0066, 0x00CF) else 0x6A88

    def _put_key(self, p1: int, data: bytes, hints: Hints) -> int | None:
        if hints.key_set is None:
            return None
        kvn, versions = data[0], set(self.lasting.versions)
        if p1 and p1 not in versions:
            return 0x6A88
        staying = versions - {0xFF, p1}
        if not 0x30 <= kvn <= 0x3F:
            return 0x6A80
        if kvn in staying:
            return 0x6985
        if len(staying) == 4:
            return 0x6A84
        kept = {kvn: self.lasting.keys[kvn] for kvn in staying}
        self.now(keys={**kept, kvn: hints.key_set})
        return 0x9000

    def _delete_key(self, _p1: int, _p2: int, data: bytes) -> int:
        versions = set(self.lasting.versions)
        if len(data) != 3 or data[:2] != b"\xd2\x01":
            return 0x6A80
        if data[2] not in versions:
            return 0x6A88
        if data[2] == self.kvn or len(versions) == 1:
            return 0x6985
        self.now(keys={kvn: keys for kvn, keys in self.lasting.keys.items() if kvn != data[2]})
        return 0x9000

    def _install(self, _p1: int, _p2: int, data: bytes) -> int | None:
        if data != install_data(AIDS.instance):
            return None
        if self.lasting.state != ABSENT:
            return 0x6985
        self.now(state=BLANK)
        return 0x9000

    def _list(self, p1: int, p2: int, data: bytes) -> int | None:
        if data != b"\x4f\x00":
            return None
        if p2 == 3:
            return 0x6985
        return 0x6A88 if p1 == 0x40 and self.lasting.state == ABSENT else 0x9000

    def _move_card(self, _p1: int, p2: int, _data: bytes) -> int:
        if CARD_STATES.get(self.lasting.card_state) != p2:
            return 0x6985
        self.now(card_state=p2)
        return 0x9000


CARRY_OUT: Mapping[tuple[str, int], Callable[[Model, int, int, bytes], int | None]] = {
    (APP, 0xA4): Model._select_in_session,
    (MANAGER, 0xA4): Model._select_in_session,
    (APP, 0xCA): Model._get_data,
    (APP, 0xCB): Model._get_part,
    (APP, 0xDA): Model._put_data,
    (APP, 0x20): Model._verify,
    (APP, 0x24): Model._change,
    (APP, 0x2C): Model._reset_counter,
    (APP, 0x88): Model._prove,
    (APP, 0x46): Model._key_pair,
    (APP, 0xE2): Model._data_decides,
    (APP, 0xF0): Model._change_state,
    (MANAGER, 0xCA): Model._manager_data,
    (MANAGER, 0xE4): Model._delete_key,
    (MANAGER, 0xE6): Model._install,
    (MANAGER, 0xF2): Model._list,
    (MANAGER, 0xF0): Model._move_card,
}


def class_word(cla: int) -> int:
    """Return what a class byte is refused with, 0 where it is one of the card's."""
    if cla in (0x00, 0x04, 0x80, 0x84):
        return 0
    if cla == 0xFF or 0x20 <= cla <= 0x3F or 0xA0 <= cla <= 0xBF:
        return 0x6E00
    if cla & 0x40 or cla & 0x03:
        return 0x6881
    return 0x6884 if cla & 0x10 else 0x6E00


def split(raw: bytes) -> tuple[int, int, int, int, bytes] | None:
    """Cut a short command; None where its lengths are of another form."""
    if len(raw) < 4:
        return None
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) <= 1:
        return cla, ins, p1, p2, b""
    if body[0] == 0 or len(body) - 1 - body[0] not in (0, 1):
        return None
    return cla, ins, p1, p2, body[1 : 1 + body[0]]


def is_block(block: bytes) -> bool:
    """Say whether bytes are a PIN block of format 2 with 4 to 8 digits."""
    text = block.hex()
    count = int(text[1], 16)
    return (
        text[0] == "2"
        and 4 <= count <= 8
        and text[2 : 2 + count].isdecimal()
        and text[2 + count :] == "f" * (14 - count)
    )
