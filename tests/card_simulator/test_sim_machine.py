"""Random commands, valid and not, with power cuts in them: the card never errs nor mixes states."""

from collections.abc import Callable, Mapping
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.chip import Interface
from card_simulator.memory import PowerCut
from tests.card_simulator.sim_host import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
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
    installed,
    new_card,
    personalized,
    stream,
    with_key_pair,
    with_own_pin,
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
    st.binary(min_size=200, max_size=231),
    st.sampled_from(
        [PIN, NEW_PIN, WRONG_PIN, PIN + NEW_PIN, NEW_PIN + PIN, VALIDITY, bytes(17), b"\x4f\x00",
         b"\xd2\x01\x30", b"\x5c\x01\x65", AIDS.instance, ISD, dgi(0x0101, ANCHOR),
         dgi(0x0102, CARDHOLDER), dgi(0x0301, FINGER), install_data(AIDS.instance)]
    ),
)  # fmt: skip
# What people do, so that random walks get somewhere: class, instruction, P1, P2, data.
USEFUL = st.sampled_from(
    [
        (0x00, 0x20, 0, 0x81, NEW_PIN), (0x00, 0x20, 0, 0x81, WRONG_PIN),
        (0x00, 0x20, 0, 0x81, b""),
        (0x00, 0x24, 0, 0x81, PIN + NEW_PIN), (0x00, 0x24, 0, 0x81, WRONG_PIN + PIN),
        (0x00, 0x2C, 2, 0x81, PIN), (0x00, 0x2C, 3, 0x81, b""),
        (0x00, 0x46, 0x80, 0, b""), (0x00, 0x46, 0x81, 0, b""),
        (0x00, 0x88, 0, 0, bytes(17)), (0x00, 0x88, 0, 1, bytes(17)),
        (0x00, 0xDA, 0xDF, 0x52, VALIDITY), (0x00, 0xCA, 0xDF, 0x51, b""),
        (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x02\x7f\x21\x54\x02\x00\xe0"),
        (0x80, 0xF0, 0x40, 0x3F, b""), (0x80, 0xF0, 0x40, 0x1F, b""), (0x80, 0xF0, 0x40, 0x7F, b""),
        (0x80, 0xF0, 0x80, 0x07, b""), (0x80, 0xF0, 0x80, 0x0F, b""),
        (0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance)),
        (0x80, 0xE4, 0, 0, b"\xd2\x01\x30"), (0x80, 0xE4, 0, 0, b"\xd2\x01\x31"),
        (0x80, 0xF2, 0x40, 2, b"\x4f\x00"), (0x80, 0xF2, 0x10, 2, b"\x4f\x00"),
        (0x80, 0xE2, 0x08, 0, dgi(0x0101, ANCHOR)), (0x80, 0xE2, 0x08, 0, dgi(0x0102, CARDHOLDER)),
    ]
)  # fmt: skip
COUNTERS = (".pin.tries",)


def without_counters(cells: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: value for name, value in cells.items() if not name.endswith(COUNTERS)}


CUTS = st.one_of(st.none(), st.none(), st.integers(1, 10))
Parts = tuple[int, int, int, int, bytes]


def blank() -> tuple[Card, Terminal]:
    card = new_card()
    return card, Terminal(card.transmit)


class CardMachine(RuleBasedStateMachine):
    """One card, one terminal, and what must hold whatever they do."""

    @initialize(
        start=st.sampled_from([blank, installed, with_key_pair, personalized, with_own_pin])
    )
    def insert(self, start: Callable[[], tuple[Card, Terminal]]) -> None:
        self.card, self.host = start()
        self.keys = {0xFF: Keys()}
        self.was: set[str] = set()

    # Rules

    @rule(raw=st.binary(max_size=24))
    def send_bytes(self, raw: bytes) -> None:
        self._judge(lambda: self.host.raw(raw))

    @rule(cla=CLASSES, ins=INSTRUCTIONS, p1=PARAMETERS, p2=PARAMETERS, data=DATA)
    def send_anything(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> None:
        if self.host.level:
            self._judge(lambda: self.host.send(cla & 0x80, ins, p1, p2, data))
        else:
            self._judge(lambda: self.host.raw(apdu(cla, ins, p1, p2, data)))

    @rule(useful=USEFUL, cut=CUTS)
    def send_useful(self, useful: Parts, cut: int | None) -> None:
        self._judge(lambda: self.host.send(*useful), cut)

    @rule(useful=USEFUL, tag=st.integers(0, 255))
    def send_nearly_useful(self, useful: Parts, tag: int) -> None:
        cla, ins, p1, p2, data = useful
        self._judge(lambda: self.host.send(cla, ins, p1, p2, data[:-1] + bytes([tag])))

    @rule(aid=st.sampled_from([ISD, AIDS.instance, AIDS.instance]), cut=CUTS)
    def select(self, aid: bytes, cut: int | None) -> None:
        self._judge(lambda: self.host.select(aid), cut)

    @rule(level=st.sampled_from([0x01, 0x13, 0x33, 0x33, 0x33]), right=st.integers(0, 4))
    def open_session(self, level: int, right: int) -> None:
        kvn = self.card.key_sets.versions()[0]
        self.host.keys = self.keys[kvn]
        if self.host.raw(apdu(0x80, 0x50, kvn, 0, bytes(8)))[1] == 0x9000:
            self.host.initialize(kvn)
            spoil = None if right else 0
            self._judge(lambda: (b"", self.host.external_authenticate(level, spoil)))

    @precondition(lambda self: self.host.level)
    @rule(
        kvn=st.sampled_from([0x30, 0x31]),
        size=st.sampled_from([16, 32]),
        add=st.booleans(),
        cut=CUTS,
    )
    def put_key(self, kvn: int, size: int, add: bool, cut: int | None) -> None:
        keys = Keys(*(bytes([kvn + n]) * size for n in range(3)))
        replaced = 0 if add else self.card.key_sets.versions()[0]
        before = self.card.memory.image.cells
        self._judge(lambda: self.host.put_key(kvn, keys, replaced), cut)
        if self.card.memory.image.cells != before:
            self.keys[kvn] = keys

    @precondition(lambda self: self.host.level)
    @rule(size=st.integers(50, 231), last=st.booleans(), cut=CUTS)
    def personalize(self, size: int, last: bool, cut: int | None) -> None:
        data = stream(self.host)
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        for number, block in enumerate(blocks):
            p1 = 0x88 if last and number == len(blocks) - 1 else 0x08
            if self.host.level:
                self._judge(partial(self.host.send, 0x80, 0xE2, p1, number, block), cut)

    @rule()
    def reset(self) -> None:
        self._revive()

    @rule(interface=st.sampled_from(Interface))
    def change_interface(self, interface: Interface) -> None:
        self.card.interface = interface

    # What must hold

    def _judge(self, send: Callable[[], tuple[bytes, int]], cut: int | None = None) -> None:
        """Send, with power failing at a write if ``cut`` says so, and look at what became of it."""
        before = self.card.memory.image.cells
        tries = self._tries()
        if cut:
            self.card.memory.cut_power_at(cut, torn_bytes=7 * cut)
        try:
            data, sw = send()
        except PowerCut:
            self._revive()
            assert self._tries() in (tries, tries - 1, 0, 3)
            return
        self.card.memory.keep_power()
        assert sw not in (0x6F00, 0x6581)
        after = self.card.memory.image.cells
        if sw >> 8 not in (0x90, 0x62):
            assert data == b"" or sw == 0x6310
            assert without_counters(after) == without_counters(before)
            assert self._tries() <= tries

    def _revive(self) -> None:
        self.card.memory.keep_power()
        self.card.reset()
        self.host.level = 0

    def _tries(self) -> int:
        cells = self.card.memory.image.cells
        return next((cells[name][0] for name in cells if name.endswith(COUNTERS)), 0)

    @invariant()
    def the_memory_is_whole(self) -> None:
        assert not self.card.memory.image.journal
        assert self._tries() <= spec().limits["pin_tries"]

    @invariant()
    def the_card_can_always_be_reached_with_one_kind_of_key_set(self) -> None:
        versions = self.card.key_sets.versions()
        assert versions == [0xFF] or (versions and 0xFF not in versions)

    @invariant()
    def what_was_reached_is_never_taken_back(self) -> None:
        cells = self.card.memory.image.cells
        marks = {name for name in cells if name.endswith(("personalized", "terminated"))}
        assert self.was <= marks
        self.was = marks


CardMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestTheCard = CardMachine.TestCase
