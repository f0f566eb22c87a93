"""Two cards with the application that get the same steps and must show the same."""

from collections.abc import Iterable
from dataclasses import replace

from applet_spec import spec
from tests.card_application.application_requests import Requests
from tests.card_application.application_shown import Look, accounts, look
from tests.card_application.application_side import SLOTS, ApplicationSide
from tests.card_application.application_singles import MOST, Single, singles
from tests.card_application.application_steps import (
    ANY,
    APP,
    HOME,
    ISSUER,
    ROLE,
    ROLES,
    Cut,
    Open,
    Raw,
    Resend,
    Select,
    Send,
    Step,
    Transact,
)
from tests.support.any_card import AnyCard, PowerLost, recovered
from tests.support.stages import Stage, at_stage
from tests.support.terminal import Keys
from tests.support.two_cards import Again, Disagreement, Parts, Seen, Tamper, TwoCards, tampered

NOT_TAMPERED = (0x50, 0x82, 0xA4)
PIN_INSTRUCTIONS = (0x20, 0x24)
STORE_DATA, DGIS = 0xE2, 0x08
NAMES = {each.ins: each.name for each in spec().commands.values()}
DOMAIN = "card manager"


class ApplicationPair(TwoCards):
    """Two cards at one stage; `run` begins at it each time."""

    def __init__(
        self, one: AnyCard, other: AnyCard, stage: Stage, issuer: Keys, size: int = 8
    ) -> None:
        for card in (one, other):
            at_stage(card, stage, issuer, size)
        self.application_sides = tuple(ApplicationSide(c, size, issuer) for c in (one, other))
        first, second = self.application_sides
        super().__init__((first, second), NAMES)
        self.issuer = issuer
        self.stage = stage
        self.session = ANY
        self.selected = DOMAIN
        self.refused = 0
        self.requests = self._no_requests()

    def run(self, steps: Iterable[Step]) -> None:
        """Run a sequence on both cards, from the stage on. Raises `Disagreement`."""
        self._begin()
        done: list[Single] = []
        for step in steps:
            if isinstance(step, Cut):
                done = self._cut(step, done)
                continue
            for single in singles(step, self.issuer):
                self.take(single)
                done.append(single)
        if self.requests.number > self._no_requests().number:
            self.account()
        self.counts["sequences"] += 1

    def _no_requests(self) -> Requests:
        return Requests(active=self.stage is Stage.ACTIVE)

    def _begin(self) -> None:
        for side in self.sides:
            side.begin()
        self.requests = self._no_requests()
        self._forget_session()
        self.selected = DOMAIN

    def _forget_session(self) -> None:
        for side in self.sides:
            side.host.level = 0
        self.session, self.refused = ANY, 0

    def take(self, single: Single) -> None:
        """Do one step that is no other steps."""
        match single:
            case Raw(raw):
                self._count_raw(raw, self.both(lambda side: side.raw(raw)))
            case Select(aid, p2):
                self.select(aid, p2)
            case Open():
                self.open(single)
            case Send():
                self.send(single)
            case Transact() | Resend():
                self.send(Send(self.requests.parts(single)))
            case Tamper(parts, how, place):
                self.tamper(parts, how, place)
            case Again(contactless):
                self.again(contactless)
                self.counts["resets onto contactless"] += contactless
                self.selected = DOMAIN
                self._forget_session()

    # What is sent

    def select(self, aid: bytes, p2: int = 0) -> None:
        """SELECT in the clear; what is not found leaves session and selection as they were."""
        seen = self.both(lambda side: side.send((0, 0xA4, 4, p2, aid), in_clear=True))
        self._count("SELECT", seen)
        if seen[-1] in (0x9000, 0x6283, 0x6285):
            self.selected = NAMES[0xA4] if APP in _bytes(seen) else DOMAIN
            self.requests.saw_fci(_bytes(seen))
            self._forget_session()

    def open(self, step: Open) -> None:
        """A handshake on what is selected."""
        role = step.kvn in SLOTS and self.selected != DOMAIN
        self._forget_session()
        seen = self.both(
            lambda side: (
                self._of(side).handshake(step)
                if role or step.kvn not in SLOTS
                else side.raw(bytes([0x80, 0x50, step.kvn, 0, 8]) + bytes(8))
            )
        )
        if len(seen) < 6:
            self._count("INITIALIZE UPDATE", seen)
            return
        self._count("INITIALIZE UPDATE", (0x9000,))
        self._count("EXTERNAL AUTHENTICATE", seen)
        if step.between:
            self.counts["handshakes interrupted"] += 1
        if seen[-1] == 0x9000:
            self.session = f"role {step.kvn & 0x0F}" if role else ISSUER
            kind = f"{self.session} sessions at level {step.level:02X}"
            if self.selected != DOMAIN:
                self.counts[kind] += 1

    def _of(self, side: object) -> ApplicationSide:
        assert isinstance(side, ApplicationSide)
        return side

    def need(self, session: str, choice: int) -> None:
        """Have a session of this kind with the application, a new one where none is.

        With `HOME` have the application selected, in whatever session.
        """
        if session == ANY or (
            self.in_session and self.session.startswith(session) and self.at_home
        ):
            return
        if not self.at_home:
            self.select(APP)
        if session == HOME:
            return
        self.open(Open(0) if session == ISSUER else Open(ROLES[choice % len(ROLES)]))

    @property
    def at_home(self) -> bool:
        """Whether the application is selected."""
        return self.selected != DOMAIN

    def send(self, step: Send) -> None:
        """Send one command."""
        cla, ins, p1, p2, data = step.parts
        self.need(step.session, sum(step.parts[:4]) + len(data))
        clear = step.clear or not self.in_session
        secured = self.in_session and not step.clear
        if secured and len(data) > MOST:
            return
        parts = (cla & 0xFB, ins, p1, p2, data) if secured else step.parts
        seen = self.both(lambda side: side.send(parts, clear, step.le))
        if secured or not self.in_session:
            self._count(self._name(ins), seen)
        else:
            self._count("any command in clear in a session", seen)
        if secured and self.at_home:
            self.counts.update(self.requests.saw(parts, seen, self.session))
        passed_on = ins == STORE_DATA and bool(p1 & DGIS) and not self.at_home
        self.counts["blocks that the card manager passed on"] += passed_on and seen[-1] == 0x9000
        self._after(step.parts, seen, secured)

    def _after(self, parts: Parts, seen: Seen, secured: bool) -> None:
        """Keep in mind what the terminals know now of session and selection."""
        ins, word = parts[1], seen[-1]
        self.refused = self.refused + 1 if word == 0x6982 else 0
        lost = not isinstance(word, int) or self.refused > 1
        if not secured and (ins != 0xA4 or word in (0x9000, 0x6283, 0x6285)):
            lost = lost or self.in_session
        if lost:
            self._forget_session()
        if ins == 0xA4 and not secured and word in (0x9000, 0x6283, 0x6285):
            self.selected = NAMES[0xA4] if APP in _bytes(seen) else DOMAIN

    def tamper(self, parts: Parts, how: str, place: int) -> None:
        """Protect a command, and let somebody change it on its way."""
        self.need("" if self.in_session else (ROLE if place & 1 else ISSUER), place)
        if not self.in_session or parts[1] in NOT_TAMPERED:
            return

        def act(side: object) -> Seen:
            one = self._of(side)
            wrapped = one.host.wrap(parts[0] & 0x80, *parts[1:])
            return tuple(
                one.tampered(parts, each) for each in tampered(one.host, wrapped, how, place)
            )

        self.both(act)
        kind = "role" if self.session.startswith("role") else self.session
        if self.at_home:
            self.counts[f"tampered in a session of {kind}: {how}"] += 1
        self._forget_session()

    # What was seen

    def _name(self, ins: int) -> str:
        if not self.at_home:
            return DOMAIN
        return NAMES.get(ins, "another instruction")

    def _count(self, name: str, seen: Seen) -> None:
        word = seen[-1]
        if isinstance(word, int):
            shown = "63Cx" if word & 0xFFF0 == 0x63C0 else f"{word:04X}"
            self.counts[f"{name}: {shown}"] += 1
            if self.at_home:
                self.counts[f"any command: {shown}"] += 1

    def _count_raw(self, raw: bytes, seen: Seen) -> None:
        self._count(self._name(raw[1]) if len(raw) > 1 else "less than a header", seen)
        self._after((0, raw[1] if len(raw) > 1 else 0, 0, 0, b""), seen, secured=False)

    # What is left

    def account(self) -> None:
        """See that both cards have the same balances, counters, dates and newest records."""

        def act(side: object) -> Seen:
            one = self._of(side)
            one.card.contactless = False
            one.card.reset()
            one.host.size, one.host.keys = one.size, one.issuer
            return tuple(accounts(one.host))

        self.both(act)
        self.counts["accounts compared"] += 1

    def looks(self) -> Look:
        """Return what both cards show, which must be the same."""
        one, other = (look(side) for side in self.application_sides)
        if one != other:
            different = [(a, b) for a, b in zip(one.rest, other.rest, strict=False) if a != b]
            raise Disagreement(f"after all: {one.tries} {other.tries} {different}")
        return one

    # Power

    def _again(self, done: Iterable[Single]) -> None:
        """Come from the stage to where these steps lead."""
        counts = self.counts.copy()
        self._begin()
        for single in done:
            self.take(single)
        self.counts = counts

    def _cut(self, step: Cut, done: list[Single]) -> list[Single]:
        """Cut power in a step; return the steps that lead to what became of it on both cards.

        Each card shows what it showed before, or what the whole command leads to. When they are
        not the same, both are brought to the latter.
        """
        parts = list(singles(step.step, self.issuer))
        if not parts:
            return done
        at = step.command % len(parts)
        for single in parts[:at]:
            self.take(single)
            done = [*done, single]
        cut = parts[at]
        before = self.looks()
        self._again(done)
        writes = self._writes(cut)
        after = self.looks()
        self._again(done)
        lost, found = self._torn(
            cut, [1 + w * at // 100 for w, at in zip(writes, step.places, strict=True)], step.twice
        )
        outcomes = [self._judge(cut, shown, before, after) for shown in found]
        self.counts["power cuts"] += lost
        for outcome in outcomes if lost else ():
            self.counts[f"after a power cut: {outcome}"] += 1
            if isinstance(cut, Transact | Resend):
                self.counts[f"after a power cut in PERFORM TRANSACTION: {outcome}"] += 1
        self.counts["power cuts that the cards came out of differently"] += len({*outcomes}) - 1
        if outcomes != ["old", "old"]:
            done = [*done, cut]
        done = [*done, Again(contactless=False)]
        self._again(done)
        return done

    def _writes(self, cut: Single) -> list[int]:
        """Do a step on both cards and return how many writes each needs for it."""
        self._ready(cut)
        before = [side.card.writes for side in self.sides]
        self.take(cut)
        return [side.card.writes - start for side, start in zip(self.sides, before, strict=True)]

    def _ready(self, cut: Single) -> None:
        if isinstance(cut, Send):
            self.need(cut.session, sum(cut.parts[:4]) + len(cut.parts[4]))

    def _torn(self, cut: Single, writes: list[int], twice: bool) -> tuple[bool, list[Look]]:
        """Do a step on each card while its power fails; say whether it did, and what is left."""
        self._ready(cut)
        if isinstance(cut, Transact | Resend):
            cut = Send(self.requests.parts(cut))
        secured = self.in_session
        found, lost = [], False
        for side, write in zip(self.application_sides, writes, strict=True):
            side.card.cut_power_at(write)
            try:
                _act(side, cut, secured)
            except PowerLost:
                lost = True
                if twice:
                    recovered(side.card)
            side.card.keep_power()
            side.public = None
            found.append(look(side))
        return lost, found

    def _judge(self, cut: Single, shown: Look, before: Look, after: Look) -> str:
        """Say what a torn command came to; raises `Disagreement` where it is neither."""
        if shown == before:
            return "old"
        if shown == after:
            return "new"
        tried = isinstance(cut, Send) and cut.parts[1] in PIN_INSTRUCTIONS
        if tried and shown == replace(before, tries=before.tries - 1):
            return "a try less"
        if tried and before.tries < after.tries and shown == replace(before, tries=after.tries):
            return "the right PIN gave the tries back"
        raise Disagreement(f"torn {cut}: {shown} is neither {before} nor {after}")


def _act(side: ApplicationSide, cut: Single, secured: bool) -> None:
    match cut:
        case Send((cla, ins, p1, p2, data), _, clear, le):
            clear = clear or not secured
            side.send((cla if clear else cla & 0xFB, ins, p1, p2, data), clear, le)
        case Select(aid, p2):
            side.send((0, 0xA4, 4, p2, aid), in_clear=True)
        case Open():
            side.handshake(cut)


def _bytes(seen: Seen) -> bytes:
    return seen[0] if isinstance(seen[0], bytes) else b""
