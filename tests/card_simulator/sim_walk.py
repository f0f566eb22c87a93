"""Random walks with a card: sending, and what must hold whatever was sent.

Every answer is compared with the model's status word where it has one, and is always one that the
contract lists; what the memory holds afterwards is what the model says.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from applet_spec import spec
from card_simulator.chip import Interface
from card_simulator.memory import PowerCut
from tests.card_simulator.sim_lasting import INSTALLED_ONLY, LOCKED, Lasting
from tests.card_simulator.sim_manager_model import Hints
from tests.card_simulator.sim_model import NO_HINTS, Model
from tests.card_simulator.sim_role_model import ROLE_SETS
from tests.card_simulator.sim_rules import (
    APP,
    BLANK,
    INERT,
    MANAGER,
    PERSONALIZED,
    TERMINATED,
    rule_for,
)
from tests.card_simulator.sim_starts import Start
from tests.card_simulator.sim_useful import (
    CLASSES,
    CUTS,
    DATA,
    INSTRUCTIONS,
    PARAMETERS,
    SESSIONS,
    USEFUL,
    Parts,
)
from tests.support.content import INSTANCE, PACKAGE
from tests.support.terminal import AIDS, ISD, apdu

SECRETS = (".pin", "key.private", "DF21", ".role.", ".receipt")
"""Parts of the names of cells that hold what termination erases."""


class CardWalk(RuleBasedStateMachine):
    """One card, one terminal, one model, and what must hold whatever they do."""

    counts: ClassVar[Counter[str]] = Counter()
    start: ClassVar[Start]

    @initialize()
    def insert(self) -> None:
        self.card, self.host = type(self).start()
        self.card.reset()
        self.host.level = 0
        self.model = Model(Lasting.of(self.card))
        self.host.size = self.model.size

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
        if level and (self.model.level != level or not self.model.issuer):
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
        after, lasting = self.model.copy(), self.model.lasting
        of_role = self.model.target == APP and kvn in ROLE_SETS
        size = 8 if of_role else self.model.size
        command = apdu(0x80, 0x50, kvn, 0, bytes(size))
        if after.take(command) != 0x9000:
            self._send_plain(command)
            return
        self.host.keys = lasting.opening_role(kvn) if of_role else lasting.opening(after.pending)
        self.host.size = size
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
            personalized = (self.model.lasting.state, now.state) == (BLANK, PERSONALIZED)
            if changed and personalized and where == APP:
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
        refused = self.model.role is not None and sw == 0x6982 and known.need == "secret"
        self.counts["commands refused to a role"] += refused
        if sw == 0x6983:
            self.counts["commands refused by a blocked PIN"] += 1

    def _look_at_the_value(
        self, parts: tuple[int, int, int, int, bytes] | None, data: bytes, sw: int
    ) -> None:
        """GET DATA of the application answers what is stored."""
        if parts and sw == 0x9000 and self.model.target == APP and parts[1] == 0xCA:
            assert data == self.model.lasting.value(parts[2] << 8 | parts[3])
        if self.model.answer is not None:
            assert data == self.model.answer

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
        self.counts["steps with a role session"] += self.model.role is not None

    @invariant()
    def a_terminated_card_that_was_selected_holds_no_secret(self) -> None:
        if self.model.target == APP and self.model.lasting.state == TERMINATED:
            names = " ".join(self.card.memory.image.cells)
            assert not any(
                secret in names for secret in (".pin", "key.private", "DF21", ".role.", ".receipt")
            )

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
