"""Random commands, valid and not, with power cuts in them: the card answers as a model predicts.

Every answer is compared with the model's status word where it has one, and is always one that the
contract lists; what the memory holds afterwards is what the model says. A run that did not reach
every command's success and every state that a command leads to fails.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.chip import Interface
from card_simulator.memory import PowerCut
from tests.card_simulator.sim_host import (
    installed,
    new_card,
    personalized,
    with_key_pair,
    with_own_pin,
)
from tests.card_simulator.sim_lasting import INSTALLED_ONLY, LOCKED, Lasting
from tests.card_simulator.sim_manager_model import NUMBERS, Hints
from tests.card_simulator.sim_model import (
    CERTIFICATE as CERTIFICATE_TAG,
)
from tests.card_simulator.sim_model import (
    HOLDER,
    NO_HINTS,
    NUMBER,
    OTHER_VALIDITY,
    SERIAL,
    VALID,
    Model,
)
from tests.card_simulator.sim_rules import (
    ABSENT,
    APP,
    BLANK,
    INERT,
    MANAGER,
    PERSONALIZED,
    RULES,
    SUSPENDED,
    TERMINATED,
    rule_for,
)
from tests.support.content import (
    INSTANCE,
    PACKAGE,
    announcement,
    begin_again,
    cap,
    cut_up,
    deletion,
    install_for,
    load,
    load_file,
    named,
)
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    FINGER,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    Keys,
    Terminal,
    apdu,
    dgi,
    install_data,
    stream,
)

KNOWN = [*spec().commands.values(), *spec().card_manager.values()]
CLASSES = st.sampled_from([0x00, 0x80, 0x00, 0x80, 0x84, 0x04, 0x01, 0x10])
INSTRUCTIONS = st.one_of(st.sampled_from([c.ins for c in KNOWN]), st.integers(0, 255))
PARAMETERS = st.sampled_from(
    [0, 1, 2, 3, 4, 8, 0x0C, 0x1F, 0x33, 0x3F, 0x40, 0x52, 0x65, 0x7F, 0x80, 0x81, 0x88, 0xDF, 0xFF]
)
DATA = st.one_of(
    st.just(b""),
    st.binary(max_size=20),
    st.binary(min_size=200, max_size=223),
    st.sampled_from(
        [*NUMBERS, named(AIDS.instance), deletion(INSTANCE), announcement(), load_file(cap()),
         PIN, NEW_PIN, WRONG_PIN, PIN + NEW_PIN, NEW_PIN + PIN, VALIDITY, bytes(17), b"\x4f\x00",
         b"\xd2\x01\x30", b"\x5c\x01\x65", AIDS.instance, ISD, dgi(0x0101, ANCHOR),
         dgi(0x0102, CARDHOLDER), dgi(0x0301, FINGER), install_data(AIDS.instance)]
    ),
)  # fmt: skip
Parts = tuple[int, int, int, int, bytes]
# What people do, so that random walks get somewhere: class, instruction, P1, P2, data.
ON_APPLICATION: tuple[Parts, ...] = (
    (0x00, 0x20, 0, 0x81, NEW_PIN), (0x00, 0x20, 0, 0x81, NEW_PIN), (0x00, 0x20, 0, 0x81, PIN),
    (0x00, 0x20, 0, 0x81, WRONG_PIN), (0x00, 0x20, 0, 0x81, b""),
    (0x00, 0x24, 0, 0x81, PIN + NEW_PIN), (0x00, 0x24, 0, 0x81, NEW_PIN + PIN),
    (0x00, 0x24, 0, 0x81, WRONG_PIN + PIN),
    (0x00, 0x2C, 2, 0x81, PIN), (0x00, 0x2C, 3, 0x81, b""),
    (0x00, 0x46, 0x80, 0, b""), (0x00, 0x46, 0x81, 0, b""),
    (0x00, 0x88, 0, 0, bytes(17)), (0x00, 0x88, 0, 1, bytes(17)),
    (0x00, 0xDA, 0xDF, 0x52, VALIDITY), (0x00, 0xDA, 0xDF, 0x52, OTHER_VALIDITY),
    (0x00, 0xDA, 0xDF, 0x51, bytes(8)), (0x00, 0xDA, 0xDF, 0x7E, bytes(8)),
    (0x00, 0xCA, 0xDF, 0x51, b""), (0x00, 0xCA, 0, NUMBER, b""), (0x00, 0xCA, 0, HOLDER, b""),
    (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x02\x7f\x21\x54\x02\x00\xe0"),
    (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65"), (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x02\xdf\x21"),
    (0x80, 0xF0, 0x40, 0x3F, b""), (0x80, 0xF0, 0x40, 0x1F, b""), (0x80, 0xF0, 0x40, 0x7F, b""),
    (0x80, 0xE2, 0x08, 0, dgi(0x0101, ANCHOR)), (0x80, 0xE2, 0x08, 0, dgi(0x0102, CARDHOLDER)),
)  # fmt: skip
ON_MANAGER: tuple[Parts, ...] = (
    (0x80, 0xCA, 0x9F, 0x7F, b""), (0x00, 0xCA, 0, 0xE0, b""), (0x80, 0xCA, 0, 0x42, b""),
    (0x80, 0xCA, 0, 0x45, b""), (0x80, 0xCA, 0, 0xC1, b""),
    (0x80, 0xF0, 0x80, 0x07, b""), (0x80, 0xF0, 0x80, 0x0F, b""), (0x80, 0xF0, 0x80, 0x01, b""),
    (0x80, 0xF0, 0x40, 0x80, AIDS.instance), (0x80, 0xF0, 0x40, 0x00, AIDS.instance),
    (0x80, 0xF0, 0x40, 0x80, INSTANCE), (0x80, 0xF0, 0x40, 0x07, INSTANCE),
    (0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance)),
    (0x80, 0xE6, 0x04, 0, install_data(AIDS.instance)), (0x80, 0xE6, 0x0C, 0, install_for()),
    (0x80, 0xE6, 0x04, 0, install_for()), (0x80, 0xE6, 0x08, 0, named(INSTANCE)),
    (0x80, 0xE6, 0x08, 0, named(AIDS.instance)), (0x80, 0xE6, 0x20, 0, named(AIDS.instance)),
    (0x80, 0xE6, 0x20, 0, named(INSTANCE)), (0x80, 0xE6, 0x40, 0, b""),
    (0x80, 0xE6, 0x02, 0, announcement()), (0x80, 0xE6, 0x02, 0, announcement(INSTANCE)),
    (0x80, 0xE8, 0x80, 0, load_file(cap())), (0x80, 0xE8, 0x00, 0, load_file(cap())[:60]),
    (0x80, 0xE8, 0x80, 1, load_file(cap())[60:]), (0x80, 0xE8, 0x80, 0, load_file(cap())[:-1]),
    (0x80, 0xE4, 0, 0, b"\xd2\x01\x30"), (0x80, 0xE4, 0, 0, b"\xd2\x01\x31"),
    (0x80, 0xE4, 0, 0x80, deletion(PACKAGE)), (0x80, 0xE4, 0, 0, deletion(PACKAGE)),
    (0x80, 0xE4, 0, 0, deletion(INSTANCE)), (0x80, 0xE4, 0, 0, deletion(AIDS.package)),
    (0x80, 0xE2, 0x90, 0, next(iter(NUMBERS))), (0x80, 0xE2, 0x00, 0, next(iter(NUMBERS))[:4]),
    (0x80, 0xE2, 0x80, 1, next(iter(NUMBERS))[4:]),
    (0x80, 0xE2, 0x08, 0, dgi(0x0101, ANCHOR)), (0x80, 0xE2, 0x88, 0, dgi(0x0102, CARDHOLDER)),
    (0x80, 0xF2, 0x40, 2, b"\x4f\x00"), (0x80, 0xF2, 0x10, 2, b"\x4f\x00"),
    (0x80, 0xF2, 0x40, 3, b"\x4f\x00"),
)  # fmt: skip
USEFUL = st.one_of(
    st.tuples(st.just(APP), st.sampled_from(ON_APPLICATION)),
    st.tuples(st.just(APP), st.sampled_from(ON_APPLICATION)),
    st.tuples(st.just(MANAGER), st.sampled_from(ON_MANAGER)),
)
SESSIONS = st.sampled_from([0, 0, 0x01, 0x13, 0x33, 0x33, 0x33])
CUTS = st.sampled_from([None, None, None, None, 1, 2, 3, 5, 8])
RARE_CUTS = st.sampled_from([None, None, None, None, None, None, 2, 5])
"""For what takes many commands and is to come to its end now and then."""

STORED = {
    NUMBER: ANCHOR[:8],
    SERIAL: ANCHOR[16:],
    HOLDER: CARDHOLDER,
    VALID: VALIDITY,
    CERTIFICATE_TAG: CERTIFICATE,
}
"""What a personalized card holds, as far as it can be read or changed."""


def blank() -> tuple[Card, Terminal]:
    card = new_card()
    return card, Terminal(card.transmit)


def _after(card: Card, host: Terminal, p2: int) -> tuple[Card, Terminal]:
    host.select(AIDS.instance)
    host.authenticate()
    assert host.sw(0x80, 0xF0, 0x40, p2) == 0x9000
    return card, host


def suspended() -> tuple[Card, Terminal]:
    return _after(*with_own_pin(), 0x3F)


def terminated() -> tuple[Card, Terminal]:
    return _after(*personalized(), 0x7F)


def administered() -> tuple[Card, Terminal]:
    """Return a card with a loaded package, an instance of it, and a personalized application."""
    card, host = with_own_pin()
    begin_again(host)
    assert load(host) == host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000
    return card, host


def secured() -> tuple[Card, Terminal]:
    card, host = installed()
    begin_again(host)
    assert [host.sw(0x80, 0xF0, 0x80, state) for state in (0x07, 0x0F)] == [0x9000] * 2
    return card, host


def of_profile(name: str) -> Callable[[], tuple[Card, Terminal]]:
    def blank_of_profile() -> tuple[Card, Terminal]:
        card = new_card(spec().card_profiles[name])
        return card, Terminal(card.transmit)

    return blank_of_profile


PROFILES = tuple(profile.name for profile in spec().card_profiles.values() if profile.software)
STARTS = (
    blank, installed, with_key_pair, personalized, with_own_pin, suspended, terminated,
    administered, secured, *(of_profile(name) for name in PROFILES[1:]),
)  # fmt: skip


class CardMachine(RuleBasedStateMachine):
    """One card, one terminal, one model, and what must hold whatever they do."""

    counts: ClassVar[Counter[str]] = Counter()
    start: ClassVar[int]
    """Which of `STARTS`."""

    @initialize()
    def insert(self) -> None:
        self.card, self.host = STARTS[self.start]()
        self.card.reset()
        self.host.level = 0
        self.model = Model(Lasting.of(self.card))
        self.host.size = self.model.size

    # Rules

    @rule(raw=st.binary(max_size=24))
    def send_bytes(self, raw: bytes) -> None:
        self._send_plain(raw)

    @rule(
        cla=CLASSES, ins=INSTRUCTIONS, p1=PARAMETERS, p2=PARAMETERS, data=DATA, plain=st.booleans()
    )
    def send_anything(self, cla: int, ins: int, p1: int, p2: int, data: bytes, plain: bool) -> None:
        if self.model.level and not plain:
            self._send((cla & 0x80, ins, p1, p2, data))
        else:
            self._send_plain(apdu(cla, ins, p1, p2, data))

    @rule(useful=USEFUL, level=SESSIONS, cut=CUTS)
    def do_something_useful(self, useful: tuple[str, Parts], level: int, cut: int | None) -> None:
        self._go_and_send(*useful, level, cut)

    @rule(right=st.sampled_from([True, True, True, False]), level=SESSIONS, cut=CUTS)
    def verify(self, right: bool, level: int, cut: int | None) -> None:
        block = (self.model.lasting.pin or NEW_PIN) if right else WRONG_PIN
        self._go_and_send(APP, (0x00, 0x20, 0, 0x81, block), level, cut)
        self._send((0x00, 0x20, 0, 0x81, b""))

    @precondition(lambda self: self.model.lasting.state == PERSONALIZED)
    @rule(level=st.sampled_from([0, 0x01, 0x13, 0x33]), read=st.booleans())
    def use_a_verified_pin(self, level: int, read: bool) -> None:
        """Verify the holder's own PIN, then read with it or begin another session."""
        if self.model.lasting.transport:
            pins = self.model.lasting.pin + (NEW_PIN if self.model.lasting.pin == PIN else PIN)
            self._go_and_send(APP, (0x00, 0x24, 0, 0x81, pins), level, None)
        verify = (0x00, 0x20, 0, 0x81, self.model.lasting.pin)
        self._go_and_send(APP, verify, level, None)
        if read:
            self._send((0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65"))
        else:
            self._send_plain(apdu(0x80, 0x50, 0, 0, bytes(8)))
            self._send((0x00, 0x20, 0, 0x81, b""))

    @rule(times=st.integers(1, 4), cut=CUTS)
    def guess_the_pin(self, times: int, cut: int | None) -> None:
        for _ in range(times):
            self._go_and_send(APP, (0x00, 0x20, 0, 0x81, WRONG_PIN), self.model.level, cut)

    @rule(right=st.sampled_from([True, True, False]), level=SESSIONS, cut=CUTS)
    def change_pin(self, right: bool, level: int, cut: int | None) -> None:
        old = (self.model.lasting.pin or PIN) if right else WRONG_PIN
        new = NEW_PIN if old == PIN else PIN
        self._go_and_send(APP, (0x00, 0x24, 0, 0x81, old + new), level, cut)

    @rule(new=st.booleans(), cut=CUTS)
    def reset_counter(self, new: bool, cut: int | None) -> None:
        parts = (0x00, 0x2C, 2, 0x81, PIN) if new else (0x00, 0x2C, 3, 0x81, b"")
        self._go_and_send(APP, parts, 0x33, cut)

    @rule(presence=st.booleans(), level=SESSIONS)
    def prove(self, presence: bool, level: int) -> None:
        """A presence proof needs a PIN that was verified since the session began."""
        if presence and self.model.lasting.pin:
            self._go_and_send(APP, (0x00, 0x20, 0, 0x81, self.model.lasting.pin), level, None)
        self._send((0x00, 0x88, 0, presence, bytes(17)))

    @rule(cut=CUTS)
    def suspend_or_resume(self, cut: int | None) -> None:
        p2 = 0x1F if self.model.lasting.state == SUSPENDED else 0x3F
        self._go_and_send(APP, (0x80, 0xF0, 0x40, p2, b""), 0x33, cut)

    @precondition(lambda self: self.model.lasting.state != BLANK)
    @rule(sure=st.integers(0, 3), cut=CUTS)
    def terminate(self, sure: int, cut: int | None) -> None:
        if sure == 0:
            self._go_and_send(APP, (0x80, 0xF0, 0x40, 0x7F, b""), 0x33, cut)
            self.select(AIDS.instance, None)

    @rule(tag=st.sampled_from([NUMBER, SERIAL, VALID, HOLDER, CERTIFICATE_TAG]), level=SESSIONS)
    def read(self, tag: int, level: int) -> None:
        self._go_and_send(APP, (0x00, 0xCA, tag >> 8, tag & 0xFF, b""), level, None)
        wanted = b"\x5c\x02" + tag.to_bytes(2, "big") if tag > 0xFF else bytes([0x5C, 1, tag])
        self._send((0x00, 0xCB, 0x3F, 0xFF, wanted))

    @rule(value=st.sampled_from([VALIDITY, OTHER_VALIDITY]), cut=CUTS)
    def write(self, value: bytes, cut: int | None) -> None:
        self._go_and_send(APP, (0x00, 0xDA, 0xDF, 0x52, value), 0x33, cut)

    @rule(parts=st.sampled_from(ON_MANAGER), cut=CUTS)
    def manage(self, parts: Parts, cut: int | None) -> None:
        self._go_and_send(MANAGER, parts, 0x33, cut)

    @precondition(lambda self: self.model.lasting.state == ABSENT)
    @rule(p1=st.sampled_from([0x04, 0x0C, 0x0C]), cut=CUTS)
    def install(self, p1: int, cut: int | None) -> None:
        parts = (0x80, 0xE6, p1, 0, install_data(AIDS.instance))
        self._go_and_send(MANAGER, parts, 0x33, cut)

    @precondition(lambda self: not self.model.lasting.loaded)
    @rule(size=st.sampled_from([20, 60, 200]), level=st.sampled_from([0x01, 0x33]), cut=CUTS)
    def load(self, size: int, level: int, cut: int | None) -> None:
        self._go_and_send(MANAGER, (0x80, 0xE6, 0x02, 0, announcement()), level, None)
        blocks = cut_up(load_file(cap()), size)
        for number, block in enumerate(blocks):
            p1 = 0x80 if number == len(blocks) - 1 else 0x00
            self._send((0x80, 0xE8, p1, number, block), cut if p1 else None)

    @precondition(lambda self: self.model.lasting.loaded)
    @rule(p1=st.sampled_from([0x04, 0x0C]), cut=CUTS)
    def install_what_was_loaded(self, p1: int, cut: int | None) -> None:
        self._go_and_send(MANAGER, (0x80, 0xE6, p1, 0, install_for()), 0x01, cut)
        if p1 == 0x04 or self.model.lasting.foreign == INSTALLED_ONLY:
            self._send((0x80, 0xE6, 0x08, 0, named(INSTANCE)), cut)
        self.select(INSTANCE, None)

    @rule(aid=st.sampled_from([AIDS.instance, INSTANCE]), p2=st.sampled_from([0, 0x80]), cut=CUTS)
    def lock_or_unlock(self, aid: bytes, p2: int, cut: int | None) -> None:
        self._go_and_send(MANAGER, (0x80, 0xF0, 0x40, p2, aid), 0x01, cut)
        self.select(aid, None)

    @rule(sure=st.integers(0, 2), aid=st.sampled_from([AIDS.instance, INSTANCE, PACKAGE]),
          p2=st.sampled_from([0, 0x80]), cut=CUTS)  # fmt: skip
    def delete(self, sure: int, aid: bytes, p2: int, cut: int | None) -> None:
        if sure == 0 or aid != AIDS.instance:
            self._go_and_send(MANAGER, (0x80, 0xE4, 0, p2, deletion(aid)), 0x01, cut)

    @rule(sure=st.integers(0, 9), cut=CUTS)
    def move_the_card(self, sure: int, cut: int | None) -> None:
        """Go one step on, rarely to the end."""
        step = {0x01: 0x07, 0x07: 0x0F, 0x0F: 0x7F, 0x7F: 0x0F}
        p2 = 0xFF if sure == 0 else step.get(self.model.lasting.card_state, 0x07)
        self._go_and_send(MANAGER, (0x80, 0xF0, 0x80, p2, b""), 0x01, cut)

    @rule(numbers=st.sampled_from(list(NUMBERS)), at=st.integers(1, 4), cut=CUTS)
    def store_numbers(self, numbers: bytes, at: int, cut: int | None) -> None:
        self._go_and_send(MANAGER, (0x80, 0xE2, 0x10, 0, numbers[:at]), 0x01, None)
        self._send((0x00, 0xE2, 0x90, 1, numbers[at:]), cut)

    @rule(name=st.sampled_from([b"", ISD[:5], PACKAGE[:5], INSTANCE[:5], AIDS.instance[:7], ISD]),
          p2=st.sampled_from([0, 2, 2, 4, 6, 1]))  # fmt: skip
    def select_by_a_part_of_a_name(self, name: bytes, p2: int) -> None:
        self._send_plain(apdu(0, 0xA4, 4, p2, name, b"\x00"))

    def _go_and_send(self, target: str, parts: Parts, level: int, cut: int | None) -> None:
        """Select where the command goes and open the session that it is to come in, then send."""
        if level not in self.model.levels:
            level &= 0x03
        if self.model.target != target or (self.model.level and not level):
            self.select(ISD if target == MANAGER else AIDS.instance, None)
        if level and self.model.level != level:
            self.open_session(level, 2, 0)
        self._send(parts, cut)

    @rule(useful=USEFUL, cut=CUTS)
    def send_as_it_stands(self, useful: tuple[str, Parts], cut: int | None) -> None:
        self._send(useful[1], cut)

    @rule(useful=USEFUL, tag=st.integers(0, 255))
    def send_nearly_useful(self, useful: tuple[str, Parts], tag: int) -> None:
        cla, ins, p1, p2, data = useful[1]
        self._send((cla, ins, p1, p2, data[:-1] + bytes([tag])))

    @precondition(lambda self: self.model.level)
    @rule(useful=USEFUL)
    def send_in_clear_inside_a_session(self, useful: tuple[str, Parts]) -> None:
        self._send_plain(apdu(*useful[1]))
        self.counts["sessions ended by a command in clear"] += not self.model.level

    @precondition(lambda self: self.model.level)
    @rule(useful=USEFUL, bit=st.integers(0, 63))
    def spoil_a_mac(self, useful: tuple[str, Parts], bit: int) -> None:
        wrapped = bytearray(self.host.wrap(*useful[1]))
        wrapped[-2 - bit // 8] ^= 1 << bit % 8
        self._send_plain(bytes(wrapped))
        assert not self.model.level
        self.counts["sessions ended by a wrong MAC"] += 1

    @rule(aid=st.sampled_from([ISD, AIDS.instance, AIDS.instance, INSTANCE]), cut=CUTS)
    def select(self, aid: bytes, cut: int | None) -> None:
        self._send_plain(apdu(0, 0xA4, 4, 0, aid, b"\x00"), cut)

    @rule(
        level=st.sampled_from([0x01, 0x13, 0x33, 0x33, 0x33, 0x02]),
        right=st.sampled_from([0, 1, 2, 2, 2, 2, 2, 2]),
        kvn=st.sampled_from([0, 0, 0, 0x31, 0x50]),
    )
    def open_session(self, level: int, right: int, kvn: int) -> None:
        """``right`` is how much of EXTERNAL AUTHENTICATE is: 0 nothing, 1 the cryptogram, 2 all."""
        after = self.model.copy()
        size = self.model.size
        command = apdu(0x80, 0x50, kvn, 0, bytes(size))
        if after.take(command) != 0x9000:
            self._send_plain(command)
            return
        self.host.keys = self.model.lasting.opening(after.pending)
        self._judge(
            partial(self._initialize, kvn),
            self.model.copy(),
            partial(_take, raw=command),
            parts=(0x80, 0x50, kvn, 0, b""),
        )
        spoil = (0, size, None)[right]
        hints = Hints(cryptogram=right > 0, mac=right == 2)
        raw = bytes([0x84, 0x82, level, 0, 2 * size]) + bytes(2 * size)
        self._judge(
            lambda: (b"", self.host.external_authenticate(level, spoil)),
            self.model.copy(),
            partial(_take, raw=raw, hints=hints),
            parts=(0x84, 0x82, level, 0, b""),
        )

    @rule(
        kvn=st.sampled_from([0x30, 0x30, 0x31, 0x31, 0x32, 0x3F, 0x70]),
        size=st.sampled_from([16, 32]),
        add=st.booleans(),
        cut=CUTS,
    )
    def put_key(self, kvn: int, size: int, add: bool, cut: int | None) -> None:
        if self.model.target != MANAGER or not self.model.secret:
            self._begin_again(ISD)
        keys = Keys(*(bytes([kvn + n]) * size for n in range(3)))
        replaced = 0 if add else self.model.lasting.complete[0]
        data = self.host.key_data(kvn, keys)
        self._send((0x80, 0xD8, replaced, 0x81, data), cut, Hints(key_set=keys))

    @precondition(lambda self: self._can_be_personalized())
    @rule(size=st.integers(50, 223), last=st.sampled_from([True, True, False]), cut=RARE_CUTS)
    def personalize(self, size: int, last: bool, cut: int | None) -> None:
        self._personalize(size, last, False, cut)

    @precondition(lambda self: self._can_be_personalized())
    @rule(size=st.integers(50, 223), last=st.sampled_from([True, True, False]), cut=RARE_CUTS)
    def personalize_through_the_domain(self, size: int, last: bool, cut: int | None) -> None:
        self._personalize(size, last, True, cut)

    def _can_be_personalized(self) -> bool:
        lasting = self.model.lasting
        return lasting.state == BLANK and not lasting.marks and lasting.card_state <= 0x0F

    def _personalize(self, size: int, last: bool, through: bool, cut: int | None) -> None:
        if self.model.target != APP or not self.model.secret:
            self._begin_again(AIDS.instance)
        self._send((0x00, 0x46, 0x80, 0, b""))
        ours = self._is_ours()
        if through:
            self._begin_again(ISD)
            self._send((0x80, 0xE6, 0x20, 0, named(AIDS.instance)))
        data = stream(self.host)
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        for number, block in enumerate(blocks):
            p1 = 0x88 if last and number == len(blocks) - 1 else 0x08
            if self.model.level:
                word = self._send((0x80, 0xE2, p1, number, block), cut)
                assert cut or (word == 0x9000) == ours
        if last and not cut and ours:
            lasting = self.model.lasting
            assert (lasting.state, lasting.pin, lasting.tries) == (PERSONALIZED, PIN, 3)
            assert STORED.items() <= lasting.values.items()
            assert lasting.transport
            way = " through the domain" if through else ""
            self.counts[f"personalizations{way}"] += 1

    def _is_ours(self) -> bool:
        """Say whether the card has no anchor, or ours: it is bound to its first for good."""
        values = self.model.lasting.values
        tags = [part.object for part in spec().dgi_named("anchor").fields]
        return all(values.get(tag, STORED[tag]) == STORED[tag] for tag in tags if tag in STORED)

    @rule(cut=CUTS)
    def delete_key(self, cut: int | None) -> None:
        """Delete the newest key set in a session of the oldest, if there are two."""
        *_, newest = self.model.lasting.complete
        if len(self.model.lasting.complete) == 1:
            self.put_key(0x30 if newest > 0x3E else newest + 1, 16, True, None)
        else:
            self._begin_again(ISD)
            self._send((0x80, 0xE4, 0, 0, bytes([0xD2, 1, newest])), cut)

    @rule()
    def reset(self) -> None:
        self._revive()
        self.model.reset()

    @rule(interface=st.sampled_from([Interface.CONTACT, Interface.CONTACT, Interface.CONTACTLESS]))
    def change_interface(self, interface: Interface) -> None:
        """Take the card out and put it on the other reader."""
        self.card.interface = interface
        self.model.contactless = interface is Interface.CONTACTLESS
        self.reset()

    # Sending

    def _begin_again(self, aid: bytes) -> None:
        self.select(aid, None)
        self.open_session(0x33 if 0x33 in self.model.levels else 0x03, 2, 0)

    def _send_plain(self, raw: bytes, cut: int | None = None) -> int | None:
        parts = (*raw[:4], b"") if len(raw) >= 4 else None
        take = partial(_take, raw=raw)
        return self._judge(lambda: self._raw(raw), self.model.copy(), take, cut, parts)

    def _send(self, parts: Parts, cut: int | None = None, hints: Hints = NO_HINTS) -> int | None:
        """Send a command, protected if a session is open."""
        if not self.model.level:
            return self._send_plain(apdu(*parts), cut)
        wrapped = self.host.wrap(*parts)
        cla = parts[0] & ~4
        take = partial(_take_protected, parts=(cla, *parts[1:]), hints=hints)
        return self._judge(
            lambda: self.host.unwrap(self.card.transmit(wrapped)),
            self.model.copy(),
            take,
            cut,
            parts,
        )

    def _raw(self, raw: bytes) -> tuple[bytes, int]:
        answer = self.card.transmit(raw)
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def _initialize(self, kvn: int) -> tuple[bytes, int]:
        return self.host.initialize(kvn), 0x9000

    # What must hold

    def _judge(
        self,
        send: Callable[[], tuple[bytes, int]],
        after: Model,
        take: "Callable[[Model], int | None]",
        cut: int | None = None,
        parts: tuple[int, int, int, int, bytes] | None = None,
    ) -> int | None:
        """Send, with power failing at a write if ``cut`` says so; compare with the model.

        Return the status word, None where the power failed.
        """
        where, expected = self.model.target, take(after)
        cells = self.card.memory.image.cells
        if cut:
            self.card.memory.cut_power_at(cut, torn_bytes=7 * cut)
        try:
            data, sw = send()
        except PowerCut:
            self._look_after_a_cut(after, expected)
            return None
        self.card.memory.keep_power()
        assert expected is None or sw == expected, f"{sw:04X}, the model says {expected:04X}"
        self._count(where, parts, sw, expected)
        if sw >> 8 not in (0x90, 0x62):
            assert data == b"" or sw == 0x6310
        now = Lasting.of(self.card)
        if expected is None:
            changed = sw == 0x9000
            assert changed or self.card.memory.image.cells == cells, "a refusal changed something"
            after.lasting = now if changed else after.lasting
            if changed and (self.model.lasting.state, now.state) == (BLANK, PERSONALIZED):
                after.end_session()
            if not changed and not after.forwarding and where == MANAGER:
                after.end_sequences()
        assert now == after.lasting
        self.model = after
        self.host.level = after.level
        self._look_at_the_value(parts, data, sw)
        return sw

    def _count(
        self,
        where: str,
        parts: tuple[int, int, int, int, bytes] | None,
        sw: int,
        expected: int | None,
    ) -> None:
        self.counts["answers predicted" if expected is not None else "answers not predicted"] += 1
        books = (spec().commands, spec().card_manager)
        known = rule_for(where, parts[1], parts[4]) if parts else None
        if known is None:
            assert any(each.meaning(sw) for book in books for each in book.values())
            return
        # SELECT finds what it finds, and a STORE DATA may be forwarded.
        both = known.name in ("SELECT", "STORE DATA")
        own = books if both else books[where != APP :][:1]
        contracts = [book[known.name] for book in own]
        assert any(c.meaning(sw) for c in contracts), f"{known.name} has no status word {sw:04X}"
        if parts and sw == 0x9000:
            self.counts[f"{where}: {known.name}"] += 1
            if known.name == "INSTALL":
                self.counts[f"INSTALL with P1 {parts[2]:02X}"] += 1
        if sw == 0x6983:
            self.counts["commands refused by a blocked PIN"] += 1

    def _look_at_the_value(
        self, parts: tuple[int, int, int, int, bytes] | None, data: bytes, sw: int
    ) -> None:
        """GET DATA of the application answers what is stored."""
        if parts and sw == 0x9000 and self.model.target == APP and parts[1] == 0xCA:
            assert data == self.model.lasting.values[parts[2] << 8 | parts[3]]

    def _look_after_a_cut(self, after: Model, expected: int | None) -> None:
        """The card is as before or as after; a PIN command may have cost its try and no more."""
        old = self.model.lasting
        self._revive()
        now = Lasting.of(self.card)
        if expected is not None:
            tried = replace(old, tries=max(0, old.tries - 1))
            assert now in (old, after.lasting, tried)
            self.counts["cuts that left the old"] += now == old != after.lasting
            self.counts["cuts that left the new"] += now == after.lasting != old
            self.counts["cuts that cost a try"] += now == tried != old
        self.model.lasting = now
        self.model.reset()

    def _revive(self) -> None:
        self.card.memory.keep_power()
        self.card.reset()
        self.host.level = 0

    @invariant()
    def the_memory_is_whole(self) -> None:
        assert not self.card.memory.image.journal
        assert self.model.lasting.tries <= spec().limits["pin_tries"]

    @invariant()
    def the_card_can_always_be_reached_with_one_kind_of_key_set(self) -> None:
        versions = self.card.key_sets.complete()
        factory = versions == [0xFF] if 0xFF in versions else True
        assert versions
        assert factory

    @invariant()
    def the_state_is_counted(self) -> None:
        lasting = self.model.lasting
        self.counts[f"steps in state {lasting.state}"] += 1
        self.counts[f"steps in card state {lasting.card_state:02X}"] += 1
        self.counts[f"steps with i = {lasting.i:02X}"] += self.model.level > 0
        self.counts["steps with our application locked"] += bool(lasting.marks & LOCKED)
        self.counts["steps with a foreign application locked"] += bool(
            (lasting.foreign or 0) & LOCKED
        )
        self.counts["steps with an application installed only"] += bool(
            lasting.marks & INSTALLED_ONLY
        )
        self.counts["steps with an application without a program"] += self.model.target == INERT
        self.counts["steps with a load file on its way"] += self.model.loading is not None
        self.counts["steps with a verified PIN"] += self.model.verified
        self.counts["steps with an open session"] += self.model.level > 0

    @invariant()
    def a_terminated_card_that_was_selected_holds_no_secret(self) -> None:
        if self.model.target == APP and self.model.lasting.state == TERMINATED:
            names = " ".join(self.card.memory.image.cells)
            assert not any(secret in names for secret in (".pin", "key.private", "DF21"))

    @invariant()
    def nothing_is_half_deleted(self) -> None:
        names = self.card.memory.image.cells
        installed = {aid.hex().upper() for aid in self.card.content.applications()}
        assert {name.split(".")[1] for name in names if name.startswith("app.")} <= installed
        listed = {name.split(".")[1] for name in names if name.startswith("content.")}
        assert listed == installed


def _take(model: Model, raw: bytes, hints: Hints = NO_HINTS) -> int | None:
    return model.take(raw, hints)


def _take_protected(model: Model, parts: Parts, hints: Hints) -> int | None:
    return model.take_protected(*parts, hints)


STATES = (ABSENT, BLANK, PERSONALIZED, SUSPENDED, TERMINATED)
CARD_STATES = (0x01, 0x07, 0x0F, 0x7F, 0xFF)
MUST_HAPPEN = (
    *(f"{target}: {rule.name}" for target, rules in RULES.items() for rule in rules),
    *(f"INSTALL with P1 {p1:02X}" for p1 in (0x02, 0x04, 0x08, 0x0C, 0x20)),
    *(f"steps in state {state}" for state in STATES),
    *(f"steps in card state {state:02X}" for state in CARD_STATES),
    *(f"steps with i = {spec().card_profiles[name].i:02X}" for name in PROFILES),
    "steps with our application locked",
    "steps with a foreign application locked",
    "steps with an application installed only",
    "steps with an application without a program",
    "steps with a load file on its way",
    "personalizations through the domain",
    "steps with a verified PIN",
    "steps with an open session",
    "personalizations",
    "commands refused by a blocked PIN",
    "sessions ended by a command in clear",
    "sessions ended by a wrong MAC",
    "cuts that left the old",
    "cuts that left the new",
    "cuts that cost a try",
    "answers predicted",
)
"""ACTIVE is missing: the command that activates a card is a draft of the contract."""


def walk(examples: int, steps: int, *, same_every_time: bool) -> Counter[str]:
    """Run so many random walks from each start and return how often what happened."""
    counts: Counter[str] = Counter(dict.fromkeys(MUST_HAPPEN, 0))
    for start in range(len(STARTS)):

        class Counted(CardMachine):
            pass

        Counted.counts, Counted.start = counts, start
        run_state_machine_as_test(
            Counted,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=same_every_time,
                database=None,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
    return counts


def test_the_card_answers_random_commands_as_the_model_predicts() -> None:
    counts = walk(25, 40, same_every_time=True)
    never = [event for event in MUST_HAPPEN if not counts[event]]
    assert not never, f"this never happened: {', '.join(never)}"
    assert counts["answers predicted"] > 20 * counts["answers not predicted"]


def test_the_model_knows_every_command_of_the_contract() -> None:
    for target, book in ((APP, spec().commands), (MANAGER, spec().card_manager)):
        written = {rule.name: rule.ins for rule in RULES[target]}
        assert written == {c.name: c.ins for c in book.values() if not c.draft}
