"""Random commands to a card manager, with power cuts in them, judged by a model of the contract.

The model is the one that judges the software card, without an application behind the card manager.
What is in the card's memory nobody looks at: what the card shows of itself must be what the model
says.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from applet_spec import spec
from tests.card_manager.manager_look import Look, look, view
from tests.card_simulator.sim_lasting import INSTALLED_ONLY, Lasting
from tests.card_simulator.sim_manager_model import NUMBERS, Hints
from tests.card_simulator.sim_model import NO_HINTS, Model
from tests.card_simulator.sim_rules import APP, INERT, MANAGER, rule_for
from tests.card_simulator.sim_useful import CLASSES, DATA, INSTRUCTIONS, ON_MANAGER
from tests.card_simulator.sim_useful import PARAMETERS as ANY_PARAMETER
from tests.support.any_card import AnyCard, PowerLost
from tests.support.content import (
    INSTANCE,
    PACKAGE,
    announcement,
    cap,
    cut_up,
    deletion,
    install_for,
    load_file,
    named,
)
from tests.support.terminal import AIDS, ISD, Keys, Terminal, apdu, install_data

Parts = tuple[int, int, int, int, bytes]
OURS = AIDS.instance
PERSONALIZES = (0xE6, named(OURS))
"""Instruction and data of what only a card with our application takes."""
USEFUL = st.sampled_from([each for each in ON_MANAGER if (each[1], each[4]) != PERSONALIZES])
CUTS = st.sampled_from([None, None, None, None, 1, 2, 3, 5, 8, 20, 60, 150])
LEVELS = st.sampled_from([0x01, 0x01, 0x03, 0x13, 0x33])
GIVE_UP = 3
"""So many cuts of the recovery itself, before it is left in peace."""


class ManagerMachine(RuleBasedStateMachine):
    """One card, one terminal, one model, and what must hold whatever they do."""

    counts: ClassVar[Counter[str]]
    card: ClassVar[AnyCard]
    """At its checkpoint it is as ``start`` says."""
    start: ClassVar[Lasting]

    @initialize()
    def insert(self) -> None:
        self.card.contactless = False
        self.card.restore()
        self.card.reset()
        self.model = Model(self.start)
        self.host = Terminal(self._transmit, size=self.model.size)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.look()

    def _transmit(self, command: bytes) -> bytes:
        self.counts["commands"] += 1
        return self.card.transmit(command)

    # Anything

    @rule(raw=st.binary(max_size=24))
    def send_bytes(self, raw: bytes) -> None:
        """Send what need not be a command, to the card manager (`manager_steps.Raw` says why)."""
        if self.model.target == INERT:
            self.select(ISD, None)
        self._send_plain(raw)

    @rule(cla=CLASSES, ins=INSTRUCTIONS, p1=ANY_PARAMETER, p2=ANY_PARAMETER, data=DATA,
          plain=st.booleans())  # fmt: skip
    def send_anything(self, cla: int, ins: int, p1: int, p2: int, data: bytes, plain: bool) -> None:
        if self.model.level and not plain:
            self._send((cla & 0x80, ins, p1, p2, data))
        else:
            self._send_plain(apdu(cla, ins, p1, p2, data))

    @rule(useful=USEFUL, level=LEVELS, cut=CUTS)
    def manage(self, useful: Parts, level: int, cut: int | None) -> None:
        self._go_and_send(useful, level, cut)

    @rule(useful=USEFUL, cut=CUTS)
    def send_as_it_stands(self, useful: Parts, cut: int | None) -> None:
        self._send(useful, cut)

    @rule(useful=USEFUL, tag=st.integers(0, 255))
    def send_nearly_useful(self, useful: Parts, tag: int) -> None:
        cla, ins, p1, p2, data = useful
        self._send((cla, ins, p1, p2, data[:-1] + bytes([tag])))

    # Sessions

    @rule(
        level=st.sampled_from([0x01, 0x03, 0x11, 0x13, 0x33, 0x33, 0x02]),
        right=st.sampled_from([0, 1, 2, 2, 2, 2, 2, 2]),
        kvn=st.sampled_from([0, 0, 0, 0x31, 0x50]),
        cut=st.sampled_from([None, None, None, 1, 2]),
    )
    def open_session(self, level: int, right: int, kvn: int, cut: int | None) -> None:
        """``right`` is how much of EXTERNAL AUTHENTICATE is: 0 nothing, 1 the cryptogram, 2 all."""
        if self.model.target == APP:
            self.select(ISD, None)
        after, size = self.model.copy(), self.model.size
        command = apdu(0x80, 0x50, kvn, 0, bytes(size))
        if after.take(command) != 0x9000:
            self._send_plain(command)
            return
        self.host.keys = self.model.lasting.opening(after.pending)
        begins = partial(Model.take, raw=command)
        if self._judge(partial(self._initialize, kvn), begins, cut, (*command[:4], b"")) is None:
            return
        spoil = (0, size, None)[right]
        raw = bytes([0x84, 0x82, level, 0, 2 * size]) + bytes(2 * size)
        hints = Hints(cryptogram=right > 0, mac=right == 2)
        word = self._judge(
            lambda: (b"", self.host.external_authenticate(level, spoil)),
            partial(Model.take, raw=raw, hints=hints),
            parts=(0x84, 0x82, level, 0, b""),
        )
        if word == 0x9000:
            self.counts[f"sessions at level {level:02X}"] += 1
            self.counts[f"sessions with i = {self.model.lasting.i:02X}"] += 1

    def _initialize(self, kvn: int) -> tuple[bytes, int]:
        return self.host.initialize(kvn), 0x9000

    @precondition(lambda self: self.model.level)
    @rule(useful=USEFUL)
    def send_in_clear_inside_a_session(self, useful: Parts) -> None:
        self._send_plain(apdu(*useful))
        self.counts["sessions ended by a command in clear"] += not self.model.level

    @precondition(lambda self: self.model.level)
    @rule(useful=USEFUL, bit=st.integers(0, 63))
    def spoil_a_mac(self, useful: Parts, bit: int) -> None:
        wrapped = bytearray(self.host.wrap(*useful))
        wrapped[-2 - bit // 8] ^= 1 << bit % 8
        self._send_plain(bytes(wrapped))
        assert not self.model.level
        self.counts["sessions ended by a wrong MAC"] += 1

    # Selecting

    @rule(aid=st.sampled_from([ISD, ISD, INSTANCE, OURS]), cut=CUTS)
    def select(self, aid: bytes, cut: int | None) -> None:
        self._send_plain(apdu(0, 0xA4, 4, 0, aid, b"\x00"), cut)

    @rule(name=st.sampled_from([b"", ISD[:5], PACKAGE[:5], INSTANCE[:5], OURS[:7], ISD]),
          p2=st.sampled_from([0, 2, 2, 4, 6, 1]))  # fmt: skip
    def select_by_a_part_of_a_name(self, name: bytes, p2: int) -> None:
        self._send_plain(apdu(0, 0xA4, 4, p2, name, b"\x00"))

    # Keys

    @rule(
        kvn=st.sampled_from([0x30, 0x30, 0x31, 0x31, 0x32, 0x3F, 0x70]),
        size=st.sampled_from([16, 24, 32]),
        add=st.booleans(),
        cut=CUTS,
    )
    def put_key(self, kvn: int, size: int, add: bool, cut: int | None) -> None:
        self._go(0x33)
        keys = Keys(*(bytes([kvn + n + size]) * size for n in range(3)))
        replaced = 0 if add else self.model.lasting.complete[0]
        data = self.host.key_data(kvn, keys)
        self._send((0x80, 0xD8, replaced, 0x81, data), cut, Hints(key_set=keys))

    @rule(cut=CUTS)
    def delete_key(self, cut: int | None) -> None:
        """Delete the newest key set in a session of the oldest, if there are two."""
        *_, newest = self.model.lasting.complete
        if len(self.model.lasting.complete) == 1:
            self.put_key(0x30 if newest > 0x3E else newest + 1, 16, True, None)
        else:
            self.select(ISD, None)
            self._go_and_send((0x80, 0xE4, 0, 0, bytes([0xD2, 1, newest])), 0x01, cut)

    # Content

    @precondition(lambda self: not self.model.lasting.loaded)
    @rule(size=st.sampled_from([20, 60, 200]), level=LEVELS, cut=CUTS)
    def load(self, size: int, level: int, cut: int | None) -> None:
        self._go_and_send((0x80, 0xE6, 0x02, 0, announcement()), level, None)
        blocks = cut_up(load_file(cap()), size)
        for number, block in enumerate(blocks):
            p1 = 0x80 if number == len(blocks) - 1 else 0x00
            self._send((0x80, 0xE8, p1, number, block), cut if p1 else None)

    @rule(p1=st.sampled_from([0x04, 0x0C]), ours=st.booleans(), cut=CUTS)
    def install(self, p1: int, ours: bool, cut: int | None) -> None:
        aid, data = (OURS, install_data(OURS)) if ours else (INSTANCE, install_for())
        self._go_and_send((0x80, 0xE6, p1, 0, data), 0x01, cut)
        if p1 == 0x04 or self.model.lasting.foreign == INSTALLED_ONLY:
            self._send((0x80, 0xE6, 0x08, 0, named(aid)), cut)
        self.select(aid, None)

    @rule(aid=st.sampled_from([OURS, INSTANCE]), p2=st.sampled_from([0, 0x80]), cut=CUTS)
    def lock_or_unlock(self, aid: bytes, p2: int, cut: int | None) -> None:
        self._go_and_send((0x80, 0xF0, 0x40, p2, aid), 0x01, cut)
        self.select(aid, None)

    @rule(aid=st.sampled_from([OURS, INSTANCE, PACKAGE]), p2=st.sampled_from([0, 0x80]),
          sure=st.booleans(), cut=CUTS)  # fmt: skip
    def delete(self, aid: bytes, p2: int, sure: bool, cut: int | None) -> None:
        if sure:
            self._go_and_send((0x80, 0xE4, 0, p2, deletion(aid)), 0x01, cut)

    @rule(numbers=st.sampled_from(list(NUMBERS)), at=st.integers(1, 4), cut=CUTS)
    def store_numbers(self, numbers: bytes, at: int, cut: int | None) -> None:
        self._go_and_send((0x80, 0xE2, 0x10, 0, numbers[:at]), 0x01, None)
        self._send((0x00, 0xE2, 0x90, 1, numbers[at:]), cut)

    @rule(p1=st.sampled_from([0x80, 0x40, 0x20, 0x10]), level=LEVELS)
    def list_the_registry(self, p1: int, level: int) -> None:
        self._go_and_send((0x80, 0xF2, p1, 2, b"\x4f\x00"), level, None)

    # The card

    @rule(sure=st.integers(0, 12), cut=CUTS)
    def move_the_card(self, sure: int, cut: int | None) -> None:
        """Go one step on, rarely to the end."""
        step = {0x01: 0x07, 0x07: 0x0F, 0x0F: 0x7F, 0x7F: 0x0F}
        p2 = 0xFF if sure == 0 else step.get(self.model.lasting.card_state, 0x07)
        self._go_and_send((0x80, 0xF0, 0x80, p2, b""), 0x01, cut)

    @rule()
    def reset(self) -> None:
        self._revive()

    @rule(contactless=st.booleans())
    def change_interface(self, contactless: bool) -> None:
        self.card.contactless = contactless
        self.model.contactless = contactless
        self._revive()
        self.counts["resets on the contactless interface"] += contactless

    @rule()
    def take_the_power_away(self) -> None:
        self.card.power_off()
        with suppress(PowerLost):
            self.card.transmit(b"\x80\xca\x9f\x7f\x00")
            raise AssertionError("a card without power has answered")
        self._revive()
        self.counts["power taken away"] += 1

    @rule()
    def look(self) -> None:
        """Everything that the card shows of itself is what the model says."""
        assert self._shown(self.model.lasting) == view(self.model.lasting)

    # Sending

    def _go(self, level: int) -> None:
        """Select the card manager and open a session at this level, where that is needed."""
        if level not in self.model.levels:
            level &= 0x03
        if self.model.target != MANAGER:
            self.select(ISD, None)
        if self.model.level != level:
            self.open_session(level, 2, 0, None)

    def _go_and_send(self, parts: Parts, level: int, cut: int | None) -> None:
        self._go(level)
        self._send(parts, cut)

    def _send_plain(self, raw: bytes, cut: int | None = None) -> int | None:
        if self.model.target == APP and raw[:2] != b"\x00\xa4":
            self.select(ISD, None)
        parts = (*raw[:4], b"") if len(raw) >= 4 else None
        return self._judge(lambda: self.host.raw(raw), partial(Model.take, raw=raw), cut, parts)

    def _send(self, parts: Parts, cut: int | None = None, hints: Hints = NO_HINTS) -> int | None:
        """Send a command, protected if a session is open."""
        if not self.model.level:
            return self._send_plain(apdu(*parts), cut)
        wrapped = self.host.wrap(*parts)
        cla, ins, p1, p2, data = parts
        return self._judge(
            lambda: self.host.unwrap(self.host.transmit(wrapped)),
            lambda model: model.take_protected(cla & ~4, ins, p1, p2, data, hints),
            cut,
            parts,
        )

    # What must hold

    def _judge(
        self,
        send: Callable[[], tuple[bytes, int]],
        take: Callable[[Model], int | None],
        cut: int | None = None,
        parts: Parts | None = None,
    ) -> int | None:
        """Send, with power failing at a write if ``cut`` says so; compare with the model.

        Return the status word, None where the power failed.
        """
        where, after = self.model.target, self.model.copy()
        expected = take(after)
        if cut:
            self.card.cut_power_at(cut)
        try:
            data, sw = send()
        except PowerLost:
            assert cut, "the power failed by itself"
            self._recover(after.lasting, expected)
            return None
        if cut:
            self.card.keep_power()
            if expected == sw == 0x9000:
                self._lose_power_behind(after.lasting)
                return None
        assert expected is None or sw == expected, f"{sw:04X}, the model says {expected:04X}"
        assert not data or sw >> 8 in (0x90, 0x62) or sw == 0x6310, "an error with data"
        self._count(where, parts, sw, predicted=expected is not None)
        if expected is None and not after.forwarding and where == MANAGER and sw != 0x9000:
            after.end_sequences()
        self.model, self.host.level = after, after.level
        if expected is None and sw == 0x9000:
            self._settle(parts)
        return sw

    def _settle(self, parts: Parts | None) -> None:
        """Begin again where a command that the model does not read has changed something."""
        if parts and parts[1] in (0xCA, 0xF2):
            return
        self.counts["cards put back after what the model does not read"] += 1
        self.insert()

    def _recover(self, new: Lasting, expected: int | None) -> None:
        """Bring a card back, whose recovery is cut too; it is as before the command or after it."""
        old = self.model.lasting
        self.counts["power cuts"] += 1
        for write in range(1, GIVE_UP + 1):
            self.card.cut_power_at(write)
            try:
                self.card.reset()
                break
            except PowerLost:
                self.counts["power cuts while a card recovered"] += 1
        self.card.keep_power()
        self._revive()
        found = self._shown(old, new)
        if expected is None:
            if found != view(old):
                self.insert()
            return
        assert found in (view(old), view(new)), "neither as before the cut nor as after it"
        self.model.lasting = new if found == view(new) else old
        self.counts["power cuts that left the old"] += view(new) != found
        self.counts["power cuts that left the new"] += view(old) != found

    def _lose_power_behind(self, new: Lasting) -> None:
        """Take the power away once the card has answered: what it did stays done."""
        self.card.power_off()
        self._revive()
        assert self._shown(new) == view(new), "what was answered with 9000 is not there"
        self.model.lasting = new
        self.counts["power cuts behind an answer"] += 1

    def _shown(self, *candidates: Lasting) -> Look:
        found = look(self.card, candidates)
        self._revive()
        self.counts["looks at all that the card shows"] += 1
        return found

    def _revive(self) -> None:
        self.card.reset()
        self.host.level = 0
        self.model.reset()

    def _count(self, where: str, parts: Parts | None, sw: int, *, predicted: bool) -> None:
        self.counts["answers predicted" if predicted else "answers not predicted"] += 1
        lasting = self.model.lasting
        self.counts[f"commands in card state {lasting.card_state:02X}"] += 1
        self.counts["commands to an application without a program"] += where == INERT
        self.counts["commands while an application is locked"] += bool(
            (lasting.marks | (lasting.foreign or 0)) & 0x80
        )
        self.counts["commands while a load file is on its way"] += self.model.loading is not None
        self.counts["commands on the contactless interface"] += self.model.contactless
        known = rule_for(MANAGER, parts[1], parts[4]) if parts and where == MANAGER else None
        if known is None:
            return
        contract = spec().card_manager[known.name]
        assert contract.meaning(sw), f"{known.name} has no status word {sw:04X}"
        self.counts[f"{known.name}: {sw:04X}"] += 1
