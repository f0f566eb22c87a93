"""Random walks: what the issuer does with the card manager."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.card_simulator.sim_lasting import INSTALLED_ONLY
from tests.card_simulator.sim_manager_model import NUMBERS, Hints
from tests.card_simulator.sim_rules import ABSENT, MANAGER
from tests.card_simulator.sim_useful import CUTS, ON_MANAGER, Parts
from tests.card_simulator.sim_walk import CardWalk
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
from tests.support.terminal import AIDS, ISD, Keys, install_data


class ManagerWalk(CardWalk):
    """The card manager's part of a walk."""

    @rule(parts=st.sampled_from(ON_MANAGER), cut=CUTS)
    def manage(self, parts: Parts, cut: int | None) -> None:
        self._go_and_send(MANAGER, parts, 0x33, cut)

    @rule(p1=st.sampled_from([0x80, 0x40, 0x20, 0x10]))
    def ask_for_a_list(self, p1: int) -> None:
        self._go_and_send(MANAGER, (0x80, 0xF2, p1, 2, b"\x4f\x00"), 0x01, None)

    @precondition(lambda self: self.model.lasting.state == ABSENT)
    @rule(p1=st.sampled_from([0x04, 0x0C]), cut=CUTS)
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

    @rule(cut=CUTS)
    def delete_key(self, cut: int | None) -> None:
        """Delete the newest key set in a session of the oldest, if there are two."""
        *_, newest = self.model.lasting.complete
        if len(self.model.lasting.complete) == 1:
            self.put_key(0x30 if newest > 0x3E else newest + 1, 16, True, None)
        else:
            self._begin_again(ISD)
            self._send((0x80, 0xE4, 0, 0, bytes([0xD2, 1, newest])), cut)
