"""What the contract says that a card answers next, for any command, written by hand beside it.

The model knows what a command sequence has made of the card: selection, session, life cycle, flags,
PIN, keys, content. `Model.take` and `Model.take_protected` change it as the command changes the
card and return the status word, or None where only the data decides and the model does not read
that far.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from applet_spec import spec
from tests.card_simulator.sim_lasting import PERIODS
from tests.card_simulator.sim_manager_model import ON_CARD, Hints
from tests.card_simulator.sim_role_model import ROLE_SETS
from tests.card_simulator.sim_rules import (
    APP,
    AUTHENTICATE,
    INERT,
    MANAGER,
    PERSONALIZED,
    STORE_TO_APP,
    SUSPENDED,
    TERMINATED,
    UPDATE,
    Rule,
    class_word,
    is_block,
    rule_for,
    split,
)
from tests.card_simulator.sim_transaction_model import CARD_DATE, TransactionModel
from tests.support.content import INSTANCE
from tests.support.terminal import ISD, VALIDITY

OTHER_VALIDITY = bytes.fromhex("2027010120310630")
NUMBER, HOLDER, CERTIFICATE, SERIAL, VALID = 0x5A, 0x65, 0x7F21, 0xDF51, 0xDF52
LEVELS = {0x00: (0x01, 0x03), 0x20: (0x01, 0x03, 0x11, 0x13), 0x60: (0x01, 0x03, 0x11, 0x13, 0x33)}
"""By the R-MAC and R-ENC bits of i."""

NO_HINTS = Hints()
Header = tuple[int, int, int, int]


@dataclass
class Model(TransactionModel):
    """One card as its contract says that it is now."""

    def copy(self) -> "Model":
        return replace(self)

    def reset(self) -> None:
        self.target, self.selected, self.pending = MANAGER, ISD, 0
        self.end_session()

    def end_session(self) -> None:
        self.level, self.role, self.verified = 0, None, False
        self.armed = self.taken = None
        self.end_sequences()

    @property
    def levels(self) -> tuple[int, ...]:
        """Security levels that the card offers the issuer."""
        return LEVELS[self.lasting.i & 0x60]

    @property
    def size(self) -> int:
        """Length of challenges, cryptograms and MACs."""
        return 16 if self.lasting.i & 0x01 else 8

    # Commands

    def take(self, raw: bytes, hints: Hints = NO_HINTS) -> int | None:
        """Take bytes that carry no right MAC of an open session."""
        self.answer = None
        pending, self.pending = self.pending, 0
        parts = split(raw)
        word = class_word(raw[0]) if parts else 0x6700
        if raw[:1] != b"\xff" and word in (0x6884, 0x6E00):
            self.armed = None
        if word or parts is None:
            self.end_sequences()
            return word
        cla, ins, p1, p2, data = parts
        if (cla, ins) == (0x00, 0x70):
            self.end_sequences()
            return 0x6881
        if (cla, ins) == (0x00, 0xA4):
            return self._select(p1, p2, data)
        if self.target == INERT or (self.target == APP and self.lasting.state == TERMINATED):
            return 0x6D00
        begins = cla >= 0x80 and ins == 0x50
        finishes = cla >= 0x80 and ins == 0x82
        if begins:
            self.level, self.role, self.armed = 0, None, None
            self.end_sequences()
        if begins or finishes:
            self.verified = False
        if self.level or (cla & 4 and not finishes):
            self.end_session()
            return 0x6982
        return self._checked((cla, ins, p1, p2), data, pending, hints)

    def take_protected(
        self, cla: int, ins: int, p1: int, p2: int, data: bytes, hints: Hints = NO_HINTS
    ) -> int | None:
        """Take a command of the open session, its class as it is without secure messaging."""
        self.answer = None
        self.hear(cla, ins, p1, p2)
        if cla >= 0x80 and ins == 0x50:
            self.end_session()
            return 0x6982
        if cla >= 0x80 and ins == 0x82:
            self.verified = False
        if self.target == APP and (cla, ins) == (0x00, 0xA4):
            self.end_sequences()
            return 0x6882
        return self._checked((cla, ins, p1, p2), data, 0, hints)

    def _checked(self, header: Header, data: bytes, pending: int, hints: Hints) -> int | None:
        """Run a command, with what it means for commands that come in a row."""
        ins = header[1]
        self.end_sequences(but=ins)
        if self.forwarding:
            return self._forward(header, data)
        word = self._check(header, data, pending, hints)
        if word is not None and word != 0x9000:
            self.end_sequences()
        return word

    def _forward(self, header: Header, data: bytes) -> int | None:
        """Let our application judge a STORE DATA that its card manager got."""
        if header[2] & 0x80:
            self.forwarding = False
        if self.lasting.state == TERMINATED:
            return 0x6D00
        self.target = APP
        word = self._check(header, data, 0, NO_HINTS)
        self.target = MANAGER
        return word

    def _select(self, p1: int, p2: int, name: bytes) -> int:
        names = self.lasting.selectable
        word = self._find(p1, p2, name, names)
        if isinstance(word, int):
            self.end_sequences()
            self.armed = self.armed if p1 == 4 else None
            return word
        self.end_session()
        self.selected = word
        self.target = {ISD: MANAGER, INSTANCE: INERT}.get(word, APP)
        if self.target == MANAGER and self.lasting.card_state == 0x7F:
            return 0x6283
        return 0x6285 if self.target == APP and self.lasting.state == TERMINATED else 0x9000

    def _find(self, p1: int, p2: int, name: bytes, names: list[bytes]) -> int | bytes:
        """Return the AID that a SELECT means, or its refusal."""
        if self.lasting.card_state == 0xFF:
            return 0x6985
        if p1 != 4 or p2 not in (0, 2, 4, 6):
            return 0x6A86
        if 1 <= len(name) <= 4 or len(name) > 16:
            return 0x6700
        if p2 & 2:
            names = names[names.index(self.selected) + 1 :]
        return next((aid for aid in names if aid.startswith(name)), 0x6A82)

    def _check(self, header: Header, data: bytes, pending: int, hints: Hints) -> int | None:
        """Look at everything before the data, in the contract's order."""
        cla, ins, p1, p2 = header
        rule = rule_for(self.target, ins, data)
        if rule is None:
            return 0x6D00
        if cla not in (rule.cla & 0x80 if self.level else rule.cla, rule.other_cla):
            return 0x6E00
        in_app = self.target == APP
        state_fits = (
            self.lasting.state in rule.states if in_app else self.lasting.card_state in rule.card
        )
        if not state_fits or (rule.need == "pending" and not pending):
            return 0x6985
        holder = ins in (0x20, 0x24) and self.contactless
        if (
            (rule.need == "session" and not self.issuer)
            or (holder and not self.level)
            or (rule.need == "secret" and not self.secret)
            or (rule.need == "role" and self.role is None)
            or (rule.need == "secret or role" and not self.secret and self.role is None)
        ):  # fmt: skip
            return 0x6982
        return self._check_form(rule, (ins, p1, p2), data, pending, hints)

    def _check_form(
        self, rule: Rule, header: tuple[int, int, int], data: bytes, pending: int, hints: Hints
    ) -> int | None:
        _, p1, p2 = header
        forms = [form for form in rule.forms if p1 in form.p1 and p2 in form.p2]
        if not forms:
            return 0x6A86
        forms = [f for f in forms if self.target == MANAGER or self.lasting.state in f.states]
        if not forms:
            return 0x6985
        if rule is AUTHENTICATE and p1 not in ((0x33,) if self.pending_of_role else self.levels):
            return 0x6A86
        if rule is UPDATE and self.target == APP and p1 in ROLE_SETS:
            return self.initialize_role(p1, len(data))
        if not any(len(data) in form.lengths for form in forms):
            return 0x6700
        return self._carry_out(rule, header, data, pending, hints)

    def _carry_out(
        self, rule: Rule, header: tuple[int, int, int], data: bytes, pending: int, hints: Hints
    ) -> int | None:
        ins, p1, p2 = header
        if rule is AUTHENTICATE:
            return self._authenticate(p1, len(data), pending, hints)
        if rule is UPDATE:
            return self._initialize(p1, len(data))
        if rule is STORE_TO_APP:
            return None
        if self.target == APP and rule.name == "PUT KEY":
            return self.put_role_key(data, hints)
        if self.target == MANAGER and rule.name in ("PUT KEY", "DELETE KEY", "DELETE"):
            return {
                "PUT KEY": lambda: self.put_key(p1, data, hints),
                "DELETE KEY": lambda: self.delete_key(p1, p2, data),
                "DELETE": lambda: self.delete(p1, p2, data),
            }[rule.name]()
        if ins == 0xA4:
            return 0x6882
        table = ON_CARD if self.target == MANAGER else ON_APPLICATION
        return table[ins](self, p1, p2, data)

    # Sessions

    def _initialize(self, p1: int, length: int) -> int:
        if length != self.size:
            return 0x6700
        kvn = p1 or min(self.lasting.complete)
        if kvn not in self.lasting.complete:
            return 0x6A88
        self.pending, self.pending_of_role = kvn, False
        return 0x9000

    def _authenticate(self, p1: int, length: int, pending: int, hints: Hints) -> int:
        if length != 2 * (8 if self.pending_of_role else self.size):
            return 0x6700
        if not hints.cryptogram:
            return 0x6300
        if not hints.mac:
            return 0x6982
        self.level, self.kvn = p1, pending
        self.role = pending & 0x0F if self.pending_of_role else None
        return 0x9000

    # Application

    def _may_read(self, tag: int) -> int:
        """Return 9000 where the object may be read, and holds a value."""
        if tag not in spec().objects:
            return 0x6A88
        read = spec().objects[tag].read
        met = self.meets(read) or (self.verified and "pin" in read)
        if "anyone" not in read and (not met or (self.level and self.level != 0x33)):
            return 0x6982
        return 0x9000 if self.lasting.value(tag) else 0x6A88

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
        if word == 0x9000 and int.from_bytes(rest[2:], "big") >= len(self.lasting.value(tag)):
            return 0x6B00
        return word

    def _put_data(self, p1: int, p2: int, data: bytes) -> int | None:
        tag = p1 << 8 | p2
        if tag not in spec().objects:
            return 0x6A88
        if tag != VALID and not (tag in (CARD_DATE, *PERIODS) and self.role in (None, 0)):
            return 0x6982
        if tag == CARD_DATE:
            return self.put_card_date(data)
        if tag in PERIODS:
            return self.put_period(1 + tag % 16, data)
        if self.role is not None:
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

    def _delete_role_key(self, _p1: int, _p2: int, data: bytes) -> int:
        return self.delete_role_key(data)

    def _perform(self, p1: int, _p2: int, data: bytes) -> int:
        return self.perform(p1, data)

    def _read_record(self, p1: int, _p2: int, _data: bytes) -> int:
        return self.read_log(p1)

    def _change_state(self, p1: int, p2: int, _data: bytes) -> int:
        word = self.set_service(p1, p2) if p1 != 0x40 else 0x9000
        if word != 0x9000:
            return word
        if p1 == 0x40:
            back = "ACTIVE" if self.lasting.active else PERSONALIZED
            self.now(state={0x3F: SUSPENDED, 0x1F: back, 0x7F: TERMINATED}[p2])
        if p2 == 0x7F and p1 == 0x40:
            self.lasting = self.lasting.without_application(TERMINATED)
        self.end_session()
        return 0x9000


ON_APPLICATION: Mapping[int, Callable[[Model, int, int, bytes], int | None]] = {
    0xCA: Model._get_data,
    0xCB: Model._get_part,
    0xDA: Model._put_data,
    0x20: Model._verify,
    0x24: Model._change,
    0x2C: Model._reset_counter,
    0x88: Model._prove,
    0x46: Model._key_pair,
    0xE4: Model._delete_role_key,
    0xF0: Model._change_state,
    0x40: Model._perform,
    0xB2: Model._read_record,
}
