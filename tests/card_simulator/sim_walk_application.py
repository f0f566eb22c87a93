"""Random walks: what terminals, holders and the issuer do with the application."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from applet_spec import spec
from tests.card_simulator.sim_manager_model import Hints
from tests.card_simulator.sim_model import CERTIFICATE as CERTIFICATE_TAG
from tests.card_simulator.sim_model import HOLDER, NO_HINTS, NUMBER, OTHER_VALIDITY, SERIAL, VALID
from tests.card_simulator.sim_rules import APP, BLANK, PERSONALIZED, SUSPENDED, USABLE
from tests.card_simulator.sim_useful import CUTS, ON_APPLICATION, RARE_CUTS, SESSIONS, Parts
from tests.card_simulator.sim_walk import CardWalk
from tests.support.content import named
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    apdu,
    role_keys,
    stream,
)

STORED = {
    NUMBER: ANCHOR[:8],
    SERIAL: ANCHOR[16:],
    HOLDER: CARDHOLDER,
    VALID: VALIDITY,
    CERTIFICATE_TAG: CERTIFICATE,
}
"""What a personalized card holds, as far as it can be read or changed."""


ROLE_VERSIONS = (0x51, 0x61, 0x56, 0x6F)
ROLE_DOES: tuple[Parts, ...] = (
    (0x00, 0xCA, 0xDF, 0x55, b""), (0x00, 0xCA, 0, NUMBER, b""), (0x00, 0xCA, 0xDF, 0x51, b""),
    (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x65"), (0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x02\xdf\x55"),
    (0x00, 0xDA, 0xDF, 0x52, VALIDITY), (0x80, 0xE4, 0, 0, b"\xd2\x01\x51"),
    (0x00, 0x20, 0, 0x81, NEW_PIN), (0x80, 0xF0, 0x40, 0x3F, b""),
)  # fmt: skip


class ApplicationWalk(CardWalk):
    """The application's part of a walk."""

    @rule(
        right=st.sampled_from([True, True, True, False]),
        level=SESSIONS,
        cut=st.sampled_from([None, None, None, 1, 2]),
    )
    def verify(self, right: bool, level: int, cut: int | None) -> None:
        block = (self.model.lasting.pin or NEW_PIN) if right else WRONG_PIN
        self._go_and_send(APP, (0x00, 0x20, 0, 0x81, block), level, cut)
        self._send((0x00, 0x20, 0, 0x81, b""))

    @precondition(lambda self: self.model.lasting.state in USABLE)
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

    @rule(kvn=st.sampled_from(ROLE_VERSIONS), cut=CUTS)
    def put_role_key(self, kvn: int, cut: int | None) -> None:
        if self.model.target != APP or not self.model.secret:
            self._begin_again(AIDS.instance)
        keys = role_keys(kvn)
        data = self.host.role_key_data(kvn, keys, kvn & 0x0F)
        hints = Hints(key_set=keys) if self.model.target == APP else NO_HINTS
        self._send((0x80, 0xD8, 0, 0x81, data), cut, hints)

    @rule(kvn=st.sampled_from(ROLE_VERSIONS), cut=CUTS)
    def delete_role_key(self, kvn: int, cut: int | None) -> None:
        self._go_and_send(APP, (0x80, 0xE4, 0, 0, bytes([0xD2, 1, kvn])), 0x33, cut)

    @precondition(lambda self: self.model.lasting.roles)
    @rule(
        pick=st.integers(0, 7),
        level=st.sampled_from([0x33, 0x33, 0x33, 0x13]),
        right=st.sampled_from([0, 1, 2, 2, 2, 2]),
        then=st.sampled_from([*ROLE_DOES, *ON_APPLICATION]),
    )
    def use_a_role_key(self, pick: int, level: int, right: int, then: Parts) -> None:
        """Open a session with one of the role keys that are there, and do something in it."""
        if self.model.target != APP:
            self.select(AIDS.instance, None)
        versions = sorted(self.model.lasting.roles)
        self.open_session(level, right, versions[pick % len(versions)])
        self._send(then)
