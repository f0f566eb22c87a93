"""Every command with something wrong in it, in every situation, against the contract's order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.card_application.application_look import look
from tests.card_application.application_oracle import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    ISSUER,
    ROLE,
    SELECT,
    Situation,
    Verdict,
    allowed_words,
    good_commands,
    judge,
    judge_protected,
)
from tests.support.any_card import AnyCard
from tests.support.service_records import SERVICES
from tests.support.stages import Stage, at_stage
from tests.support.terminal import AIDS, NEW_PIN, Keys, Terminal, apdu, role_keys
from tests.support.transactions import HISTORY
from tests.support.two_cards import Parts

STATES = {
    Stage.BLANK: "BLANK",
    Stage.HALF: "BLANK",
    Stage.ACTIVE: "ACTIVE",
    Stage.SUSPENDED: "SUSPENDED",
    Stage.TERMINATED: "TERMINATED",
}
WITH_ROLES = (Stage.EXEMPT, Stage.ROLE_KEYS, Stage.ACTIVE, Stage.SUSPENDED)
MOST = 223
ALIVE: Parts = (0x00, 0xCA, 0xDF, 0x51, b"")
LOOK_EVERY = 40
"""After so many refused commands the card is asked whether it has written anything."""


@dataclass(frozen=True)
class Wrong:
    """A command of which one field may be wrong; ``raw`` where its lengths do not fit."""

    field: str
    parts: Parts
    raw: bytes | None = None

    @property
    def sent(self) -> bytes:
        """The command as it goes out unprotected."""
        return apdu(*self.parts) if self.raw is None else self.raw


@dataclass(frozen=True)
class Kind:
    """How a terminal stands to the card before a command."""

    name: str
    session: str = ""
    level: int = 0
    kvn: int = 0
    pending: str = ""
    contactless: bool = False
    protected: bool = False
    verified: bool = False


KINDS = (
    Kind("no session"),
    Kind("no session, contactless", contactless=True),
    Kind("no session, PIN verified", verified=True),
    Kind("pending issuer", pending=ISSUER),
    Kind("pending role", pending=ROLE, kvn=0x51),
    *(Kind(f"issuer session {level:02X}", ISSUER, level, protected=True)
      for level in (0x01, 0x03, 0x11, 0x13, 0x33)),
    Kind("issuer session 33, PIN verified", ISSUER, 0x33, protected=True, verified=True),
    Kind("issuer session 33, contactless", ISSUER, 0x33, contactless=True, protected=True),
    Kind("role session", ROLE, 0x33, 0x51, protected=True),
    Kind("role session, PIN verified", ROLE, 0x33, 0x51, protected=True, verified=True),
    Kind("LOAD session", ROLE, 0x33, 0x50, protected=True),
    Kind("INSPECT session", ROLE, 0x33, 0x56, protected=True),
    Kind("issuer session 33, in clear", ISSUER, 0x33),
    Kind("role session, in clear", ROLE, 0x33, 0x51),
)  # fmt: skip


def wrong_commands() -> list[Wrong]:
    """Return every command with every value of each of its fields, and in every wrong form."""
    return [*dict.fromkeys(_wrong())]


def _wrong() -> Iterator[Wrong]:
    for cla, ins, p1, p2, data in good_commands():
        for value in range(256):
            yield Wrong("CLA", (value, ins, p1, p2, data))
            yield Wrong("P1", (cla, ins, value, p2, data))
            yield Wrong("P2", (cla, ins, p1, value, data))
            yield Wrong("INS", (cla, value, p1, p2, data))
            if value <= MOST:
                yield Wrong("Lc", (cla, ins, p1, p2, bytes(value)))
        head = bytes([cla, ins, p1, p2])
        lc = bytes([len(data)]) if data else b""
        for form in (
            *(head[:length] for length in range(4)), head + b"\x01", head + b"\x02\x00",
            head + b"\x00\x00", head + lc + data + b"\x00\x00", head + b"\x00\x00\x01\x00",
            head + b"\x00" + lc + data, head + b"\x00\x00\x00", head + b"\xff" + bytes(254),
        ):  # fmt: skip
            yield Wrong("lengths", (cla, ins, p1, p2, data), form)


class BadInput:
    """One card at a stage that gets wrong commands; `counts` says which words they got."""

    def __init__(self, card: AnyCard, stage: Stage) -> None:
        self.card = card
        self.state = STATES.get(stage, "PERSONALIZED")
        self.has_roles = stage in WITH_ROLES
        self.has_pin = stage in (Stage.OWN_PIN, Stage.EXEMPT, Stage.ROLE_KEYS, Stage.ACTIVE)
        self.records = len(HISTORY) if stage is Stage.ACTIVE else 0
        self.services = frozenset(() if self.state == "BLANK" else SERVICES)
        at_stage(card, stage)
        self.host = Terminal(card.transmit)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.kept = self.card.kept

    @property
    def kinds(self) -> list[Kind]:
        """Return the situations that this stage can be in."""
        fitting = [
            kind
            for kind in KINDS
            if (self.has_roles or kind.kvn == 0) and (self.has_pin or not kind.verified)
        ]
        if self.state == "TERMINATED":
            return [kind for kind in fitting if not (kind.session or kind.pending)]
        return fitting

    def run(self, kind: Kind, commands: Sequence[Wrong]) -> None:
        """Send those commands that are refused before their data is looked at."""
        where = Situation(
            self.state, kind.session, kind.level, kind.pending, kind.contactless,
            role=kind.kvn & 0x0F if kind.session == ROLE else None, verified=kind.verified,
            records=self.records, services=self.services,
        )  # fmt: skip
        self.card.restore()
        self.card.contactless = kind.contactless
        self.card.reset()
        self.enter(kind)
        since = 0
        for wrong in commands:
            verdict = self.verdict(wrong, kind, where)
            if verdict is None or verdict.sw is None:
                continue
            self.refused(wrong, kind, verdict)
            since += 1
            if since % LOOK_EVERY == 0:
                self.unchanged(kind, wrong)
        self.unchanged(kind, None)

    def verdict(self, wrong: Wrong, kind: Kind, where: Situation) -> Verdict | None:
        """Return what is to be answered, None where this cannot be sent so."""
        if not kind.protected or wrong.raw is not None:
            return judge(wrong.sent, where)
        cla, ins, p1, p2, data = wrong.parts
        if cla & 0x7B or ins == INITIALIZE_UPDATE or len(data) > MOST:
            return None
        return judge_protected((cla & 0x80, ins, p1, p2, data), where)

    def refused(self, wrong: Wrong, kind: Kind, verdict: Verdict) -> None:
        """Send a command and compare; come back to the situation where that has ended."""
        try:
            if kind.protected and wrong.raw is None:
                cla, ins, p1, p2, data = wrong.parts
                answer = self.host.transmit(self.host.wrap(cla & 0x80, ins, p1, p2, data))
            else:
                answer = self.host.transmit(wrong.sent)
        except AssertionError as error:
            answer = repr(error).encode()
        word = int.from_bytes(answer, "big") if len(answer) == 2 else 0
        name = f"{wrong.field} wrong: {verdict.sw:04X}"
        self.counts[name] += 1
        self.counts[f"{kind.name}: refused"] += 1
        self.counts["commands refused"] += 1
        if word != verdict.sw:
            self.wrong.append(
                f"{self.state}, {kind.name}: {wrong.field} of {wrong.sent.hex()}: "
                f"{answer.hex()} and not {verdict.sw:04X}"
            )
        forgets = kind.verified and wrong.parts[1] == EXTERNAL_AUTHENTICATE
        if kind.pending or verdict.ends or forgets or (word != verdict.sw and kind.session):
            self.unwritten(kind, wrong)
            self.enter(kind)

    def enter(self, kind: Kind) -> None:
        """Select the application and come into the situation."""
        host = self.host
        host.level = 0
        if host.select(AIDS.instance)[1] != 0x6285:
            host.keys = role_keys(kind.kvn) if kind.kvn else Keys()
            if kind.pending:
                host.initialize(kind.kvn)
            elif kind.session:
                host.authenticate(kind.kvn, kind.level)
            if kind.verified:
                assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
        self.kept = self.card.kept

    def unwritten(self, kind: Kind, last: Wrong | None) -> None:
        """See that nothing was written since the card came into the situation."""
        if self.card.kept != self.kept:
            what = last.sent.hex() if last else "the last ones"
            self.wrong.append(
                f"{self.state}, {kind.name}: something was written at or before {what}"
            )

    def unchanged(self, kind: Kind, last: Wrong | None) -> None:
        """See that nothing was written, that the PIN is still verified and the session open."""
        self.unwritten(kind, last)
        if kind.verified:
            if (flag := self.host.sw(0, 0x20, 0, 0x81)) != 0x9000:
                self.wrong.append(f"{self.state}, {kind.name}: verified no more: {flag:04X}")
                self.enter(kind)
            self.counts["PIN still verified"] += 1
        if kind.session:
            alive = self.host.sw(*ALIVE)
            if alive not in (0x9000, 0x6A88):
                self.wrong.append(f"{self.state}, {kind.name}: the session is gone: {alive:04X}")
                self.enter(kind)
            self.counts["sessions still open"] += 1


class BadData:
    """One card at a stage that gets commands whose header is right and whose data is not."""

    def __init__(self, card: AnyCard, stage: Stage) -> None:
        self.card = card
        self.host = at_stage(card, stage)
        self.counts: Counter[str] = Counter()
        self.state = STATES.get(stage, "PERSONALIZED")

    def begin(self, kvn: int = 0) -> None:
        """Go back to the stage, and into a session: of a role's key set, of the issuer without."""
        self.card.restore()
        self.card.reset()
        self.host = Terminal(self.card.transmit, keys=role_keys(kvn) if kvn else Keys())
        assert self.host.select(AIDS.instance)[1] == 0x9000
        self.host.authenticate(kvn)

    def random_data(self, rng: Random, times: int, kvn: int = 0) -> None:
        """Send each form of each command with random data of each length that it takes."""
        where = Situation(
            self.state, ROLE if kvn else ISSUER, 0x33, role=kvn & 0x0F if kvn else None,
            records=255, services=frozenset(range(256)),
        )  # fmt: skip
        forms = [parts for parts in good_commands() if parts[1] not in (SELECT, INITIALIZE_UPDATE)]
        self.begin(kvn)
        kept = self.card.kept
        for cla, ins, p1, p2, _ in forms * times:
            data = rng.randbytes(rng.choice((rng.randrange(64), 28, 34, 40, 46)))
            parts = (cla & 0x80, ins, p1, p2, data)
            if judge_protected(parts, where).sw is not None:
                continue
            word = self.host.sw(*parts)
            known = word & 0xFFF0 if word & 0xFFF0 == 0x63C0 else word
            assert known in allowed_words(ins), f"{word:04X} to {apdu(*parts).hex()}"
            self.counts[f"random data: {known:04X}"] += 1
            if known in (0x9000, 0x63C0) or parts[1] == EXTERNAL_AUTHENTICATE:
                self.begin(kvn)
                kept = self.card.kept
            else:
                assert self.card.kept == kept, f"{apdu(*parts).hex()} was refused and written"

    def broken_stream(self, stream: bytes, size: int) -> None:
        """Store a stream; what refuses a block of it stores nothing of it, and starts it again."""
        self.begin()
        commands = [
            (0x80, 0xE2, 0x88 if at + size >= len(stream) else 0x08, number, stream[at : at + size])
            for number, at in enumerate(range(0, len(stream), size))
        ]
        for number, parts in enumerate(commands):
            kept = self.card.kept
            word = self.host.sw(*parts)
            assert word in (0x9000, 0x6985, 0x6A80, 0x6A84, 0x6A88), f"{word:04X}"
            self.counts[f"broken stream: {word:04X}"] += 1
            if word != 0x9000:
                assert self.host.sw(0x80, 0xE2, 0x08, number + 1, parts[4]) == 0x6A86
                assert self.host.sw(*ALIVE) in (0x9000, 0x6A88)
                if self.card.kept != kept:
                    self.nothing_seen_of(commands[:number])
                return
        self.counts["broken stream: nobody can tell"] += 1

    def nothing_seen_of(self, taken: Sequence[Parts]) -> None:
        """See that a card which has written into a spare place shows what these led to alone."""
        shown = look(self.card)
        self.begin()
        for parts in taken:
            assert self.host.sw(*parts) == 0x9000
        assert look(self.card) == shown
        self.counts["broken stream: written where nobody looks"] += 1
