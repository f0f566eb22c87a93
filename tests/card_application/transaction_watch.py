"""One card that lives through events, and the oracle that says what it answers to each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tests.card_application.service_oracle import (
    ENTITLEMENT,
    PURSE,
    QUOTA,
    Service,
    service_of,
)
from tests.card_application.transaction_bounds import amount_of, written
from tests.card_application.transaction_events import (
    ISSUER,
    REFUSED_IN_CLEAR,
    RESET,
    Basket,
    Begin,
    CardDate,
    Clear,
    Command,
    Event,
    Period,
    ReceiptKey,
    Repeat,
    Settings,
    Status,
    Validity,
)
from tests.card_application.transaction_oracle import FIRST_DAY, LAST_DAY, PIN, Answer, OracleCard
from tests.support.any_card import AnyCard
from tests.support.service_records import SERVICES
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import (
    AIDS,
    NEW_PIN,
    VALIDITY,
    WRONG_PIN,
    Terminal,
    dgi,
    receipt_key_dgi,
)
from tests.support.transactions import HISTORY, in_role, perform, request
from tests.support.two_cards import Parts

TERMINAL = b"ORACLE 1"
REPLACED = bytes(8)
NOTHING = (b"", 0x6A88)
WHOLE_EVERY = 8
"""After one in about so many lives everything is looked at; else what is likely to differ."""
QUERIES = ("not in the log", "same", "other")


MOST_TRIES = 3
COMMANDS: dict[str, Parts] = {
    "right": (0, 0x20, 0, 0x81, NEW_PIN),
    "wrong": (0, 0x20, 0, 0x81, WRONG_PIN),
    "presence": (0, 0x88, 0, 1, bytes(17)),
    "read": (0, 0xCA, 0xDF, 0x51, b""),
}


class Wrong(AssertionError):
    """A card that answered otherwise than the contract says."""


class Watched:
    """A card at a stage; `run` begins there each time and compares every answer."""

    def __init__(self, card: AnyCard, stage: Stage) -> None:
        at_stage(card, stage)
        self.card = card
        self.stage = stage
        self.counts: Counter[str] = Counter()
        self.host = Terminal(card.transmit)
        self.oracle = oracle_at(stage)
        self.sent: list[bytes] = []
        self.names, self.tries = 0, MOST_TRIES

    def run(self, events: Iterable[Event]) -> None:
        """Live through the events, and look at everything afterwards. Raises `Wrong`."""
        self.start()
        lived = 0
        for event in events:
            self.take(event)
            lived += 1
        self.look(all_of_it=lived % WHOLE_EVERY == 0)
        self.counts["lives"] += 1

    def start(self) -> None:
        """Go back to the stage."""
        self.card.restore()
        self.oracle = oracle_at(self.stage)
        self.sent = [data for _, data in HISTORY[: self.oracle.number]]
        self.names, self.tries = 0, MOST_TRIES
        self.begin(RESET)

    def take(self, event: Event) -> None:
        """Let one event happen."""
        match event:
            case Begin(kvn):
                self.begin(kvn)
            case Basket():
                self.basket(event)
            case Repeat():
                self.repeat(event)
            case Period():
                self.period(event)
            case CardDate(day):
                self.put(0xDF57, written(self.oracle, day, None), self.date_verdict)
            case Command(what):
                self.command(what)
            case Clear(command):
                self.oracle.other_command()
                refused = self.host.raw(command)[1]
                self.expect(command.hex(), refused, REFUSED_IN_CLEAR[command])
                self.counts[f"refused in clear: {refused:04X}"] += 1
            case _:
                self.by_issuer(event)

    def expect(self, what: object, seen: Answer | int, expected: Answer | int) -> None:
        """Compare what a card answered."""
        if seen != expected:
            raise Wrong(f"{what}: {shown(seen)} and not {shown(expected)}")

    def begin(self, kvn: int) -> None:
        """Open a session, or reset the card."""
        self.card.reset()
        if kvn == RESET:
            self.host = Terminal(self.card.transmit)
            self.host.select(AIDS.instance)
        elif kvn == ISSUER:
            self.host = Terminal(self.card.transmit)
            session(self.host)
        else:
            self.host = in_role(self.card.transmit, kvn)
        self.oracle.session(None if kvn in (ISSUER, RESET) else kvn & 0x0F)

    # Transactions

    def basket(self, basket: Basket) -> None:
        """Send a request, or ask for it."""
        if basket.pin:
            self.command("right")
        operations = tuple(
            (code, place, amount_of(self.oracle, place, amount, basket))
            for code, place, amount in basket.operations
        )
        if basket.name is None or basket.name >= len(self.sent):
            self.names += 1
            name = TERMINAL, self.names
        else:
            old = self.sent[-1 - basket.name]
            name = old[:8], int.from_bytes(old[8:12], "big")
        number = (self.oracle.number + basket.stale) & 0xFFFFFF
        day = written(self.oracle, basket.day, basket)
        data = request(number, operations, name, day.hex(), basket.time)
        data = data[: len(data) + basket.length] if basket.length < 0 else data
        self.send(data + bytes(max(basket.length, 0)), ask=basket.ask)

    def repeat(self, repeat: Repeat) -> None:
        """Send again what was sent before."""
        if not self.sent:
            return
        data = bytearray(self.sent[-1 - repeat.ago % len(self.sent)])
        if repeat.spoil:
            at, bits = repeat.spoil
            data[at % len(data)] ^= bits
        self.send(bytes(data) + bytes(6 if repeat.longer else 0), ask=repeat.ask)

    def send(self, data: bytes, *, ask: bool) -> None:
        """Send a request or query, and see whether it is answered as the oracle says."""
        number, kept = self.oracle.number, self.card.kept
        seen = perform(self.host, data, query=ask)
        if self.oracle.role is None:
            expected = b"", 0x6982
        else:
            expected = self.oracle.query(data) if ask else self.oracle.perform(data)
        what = "query" if ask else "perform"
        self.expect(f"{what} {data.hex()}", seen, expected)
        answer, sw = expected
        if self.oracle.number == number and self.card.kept != kept:
            raise Wrong(f"{what} {data.hex()} has written something: {shown(seen)}")
        self.counts[f"{what}: {sw:04X}"] += 1
        if len(data) >= 28:
            self.sent.append(data)
        if sw == 0x9000 and ask:
            self.counts[f"query: {QUERIES[answer[0]]}"] += 1
        elif sw == 0x9000:
            self.counts[f"perform: {self.kind(data, number)}"] += 1

    def kind(self, data: bytes, before: int) -> str:
        """Name what a request that was answered 9000 was."""
        if self.oracle.number == before:
            return "stored answer"
        if data[22] == 3:
            return "reverse"
        if self.oracle.log[0].answer[4] & 0x80:
            return "activation"
        return f"basket of {(len(data) - 22) // 6} by role {self.oracle.role}"

    # Other commands in the session

    def command(self, what: str) -> None:
        """Verify a PIN, prove the holder's presence, or read what anyone may."""
        oracle = self.oracle
        oracle.other_command()
        send, expected = COMMANDS[what], 0x9000
        if what != "read" and oracle.suspended:
            expected = 0x6985
        elif what == "presence":
            expected = 0x9000 if oracle.flags else 0x6982
            oracle.flags = 0
        elif what in ("right", "wrong") and not self.tries:
            expected = 0x6983
        elif what == "wrong":
            self.tries -= 1
            oracle.flags, expected = 0, 0x63C0 | self.tries
        elif what == "right":
            self.tries, oracle.flags = MOST_TRIES, PIN
        self.expect(what, self.host.sw(*send), expected)
        self.counts[f"other command, {what}: {expected:04X}"] += 1

    def put(self, tag: int, value: bytes, verdict: object) -> None:
        """Send PUT DATA of what issuer and LOAD may write."""
        assert callable(verdict)
        self.oracle.other_command()
        expected = verdict(value)
        if not self.host.level or self.oracle.role not in (None, 0):
            expected = 0x6982
        seen = self.host.sw(0, 0xDA, tag >> 8, tag & 0xFF, value)
        self.expect(f"PUT DATA {tag:04X} {value.hex()}", seen, expected)
        self.counts[f"PUT DATA {'card date' if tag == 0xDF57 else 'period'}: {seen:04X}"] += 1
        if seen == 0x9000:
            self.stored(tag, value)

    def stored(self, tag: int, value: bytes) -> None:
        """Let the oracle have what PUT DATA has written."""
        if tag == 0xDF57:
            self.oracle.card_date = date.fromisoformat(value.hex())
            return
        place = tag - 0xDF60 + 1
        period, horizon = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        quota = self.oracle.services[place]
        self.oracle.services[place] = replace(quota, period=period, horizon=horizon)

    def date_verdict(self, value: bytes) -> int:
        """Say what is answered to a new date of the card."""
        try:
            day = date.fromisoformat(value.hex())
        except ValueError:
            return 0x6A80
        return 0x9000 if max(FIRST_DAY, self.oracle.card_date) <= day <= LAST_DAY else 0x6A80

    def period(self, event: Period) -> None:
        """Set the period of a service back, its horizon where it is wanted."""
        service = self.oracle.services.get(event.service)
        quota = service if service and service.kind == QUOTA else None
        current, horizon = (quota.period, quota.horizon) if quota else (0, 0)
        new = [
            min(max(value, 0), 0xFFFF)
            for value in (current + event.current, horizon + event.horizon)
        ]

        def verdict(_value: bytes) -> int:
            if quota is None:
                return 0x6A88
            return 0x9000 if new[0] <= quota.period and new[0] <= new[1] else 0x6A80

        value = b"".join(each.to_bytes(2, "big") for each in new)
        self.put(0xDF60 + event.service - 1, value, verdict)

    # What the issuer does

    def by_issuer(self, event: Event) -> None:
        """Do it in an issuer session of its own."""
        self.begin(ISSUER)
        match event:
            case Status(p1, p2):
                self.status(p1, p2)
            case Settings(record):
                self.settings(record)
            case ReceiptKey(version, key):
                words = self.host.store(receipt_key_dgi(self.host, version, key), last=False)
                self.expect("receipt key", words[0], 0x9000)
                self.oracle.key_version, self.oracle.key = version, key
                self.counts["receipt keys"] += 1
            case Validity(day):
                self.validity(written(self.oracle, day, None))
            case _:
                raise AssertionError(event)

    def status(self, p1: int, p2: int) -> None:
        """Send SET STATUS."""
        oracle, done = self.oracle, 0x9000
        if p1 == 0x40:
            expected = done if oracle.suspended == (p2 == 0x1F) else 0x6985
        elif p2 not in oracle.services:
            expected = 0x6A88
        else:
            expected = done if oracle.services[p2].enabled == (p1 == 0x21) else 0x6985
        self.expect(f"SET STATUS {p1:02X} {p2:02X}", self.host.sw(0x80, 0xF0, p1, p2), expected)
        self.counts[f"SET STATUS {p1:02X}: {expected:04X}"] += 1
        if expected != done:
            return
        if p1 == 0x40:
            oracle.suspended = p2 == 0x3F
        else:
            oracle.services[p2] = replace(oracle.services[p2], enabled=p1 == 0x20)
        self.host.level = 0

    def settings(self, record: bytes) -> None:
        """Send a service record."""
        place = record[0]
        new, old = service_or_none(record), self.oracle.services.get(place)
        if new is not None and old is not None:
            good = new.kind == old.kind
            new = replace(
                new, balance=old.balance, period=old.period, horizon=old.horizon,
                unverified=old.unverified, since_load=old.since_load,
            )  # fmt: skip
        else:
            good = new is not None and (new.kind != PURSE or new.balance == 0)
        words = self.host.store(dgi(0x0400 + place - 1, record), last=False)
        self.expect(f"service {record.hex()}", words[0], 0x9000 if good else 0x6A80)
        self.counts[f"service {'changed' if old else 'added'}: {words[0]:04X}"] += 1
        if good and new is not None:
            self.oracle.services[place] = new

    def validity(self, expiry: bytes) -> None:
        """Write another expiry date."""
        try:
            day = date.fromisoformat(expiry.hex())
        except ValueError:
            day = date.min
        good = day >= date.fromisoformat(VALIDITY[:4].hex())
        seen = self.host.sw(0, 0xDA, 0xDF, 0x52, VALIDITY[:4] + expiry)
        self.expect(f"validity {expiry.hex()}", seen, 0x9000 if good else 0x6A80)
        self.counts[f"validity: {seen:04X}"] += 1
        if good:
            self.oracle.expiry = day

    # What the card shows

    def look(self, *, all_of_it: bool) -> None:
        """Compare what transactions change with the oracle."""
        self.begin(RESET)
        oracle, host = self.oracle, self.host
        state = 0x3F if oracle.suspended else 0x1F if oracle.activated else 0x0F
        fci = host.select(AIDS.instance)[0]
        number = oracle.number.to_bytes(3, "big")
        tail = (fci[fci.index(b"\x81\x01") + 2], fci[fci.index(b"\x83\x03") + 2 :])
        self.expect("FCI", (tail[1], tail[0]), (number, state))
        newest = oracle.log[0].receipt[-8:] if oracle.log else bytes(8)
        if not oracle.suspended:
            said = host.send(0, 0x88, 0, 0, bytes(17))[0][9:20]
            self.expect("card proof", (said, 0), (number + newest, 0))
        session(host)
        for tag, value in expected_objects(oracle).items():
            if value or all_of_it:
                seen = host.send(0, 0xCA, tag >> 8, tag & 0xFF)
                self.expect(f"object {tag:04X}", seen, (value, 0x9000) if value else NOTHING)
        self.look_at_log(all_of_it=all_of_it)

    def look_at_log(self, *, all_of_it: bool) -> None:
        """Compare the records, or the newest, the oldest, and the one that is not there."""
        log = [each.receipt for each in self.oracle.log]
        count = len(log)
        for number in range(1, count + 2) if all_of_it else {1, 2, 3, count, count + 1}:
            seen = self.host.send(0, 0xB2, number, 4)
            there = 1 <= number <= count
            self.expect("log", seen, (log[number - 1], 0x9000) if there else (b"", 0x6A83))


def expected_objects(oracle: OracleCard) -> dict[int, bytes]:
    """Return the objects that tell what transactions have changed; empty where there is none."""
    found = {0xDF59: bytes([len(oracle.log)]), 0xDF58: bytes([oracle.key_version])}
    counters = b""
    for place in range(1, 17):
        service = oracle.services.get(place)
        found[0xDF30 + place - 1] = service.shown() if service else b""
        quota = service if service and service.kind == QUOTA else None
        found[0xDF60 + place - 1] = service.shown()[33:37] if service and quota else b""
        if service and service.kind == PURSE:
            counters += bytes([place]) + service.unverified.to_bytes(4, "big")
            counters += service.since_load.to_bytes(4, "big")
    return {**found, 0xDF56: counters}


def oracle_at(stage: Stage) -> OracleCard:
    """Return the oracle of a card at a stage."""
    services = {place: service_of(record) for place, record in SERVICES.items()}
    oracle = OracleCard(
        services, date.fromisoformat(VALIDITY[4:].hex()), exempt=stage is Stage.EXEMPT,
        replaced=REPLACED,
    )  # fmt: skip
    for kvn, data in HISTORY if stage is Stage.ACTIVE else ():
        oracle.session(kvn & 0x0F)
        oracle.flags = PIN if not oracle.number else 0
        assert oracle.perform(data)[1] == 0x9000
    oracle.session(None)
    oracle.suspended = stage is Stage.SUSPENDED
    return oracle


def service_or_none(record: bytes) -> Service | None:
    """Return a service, None where the record is too short or too long for its kind."""
    lengths = {QUOTA: 41, ENTITLEMENT: 32}
    if record[1] == PURSE:
        right = len(record) >= 39 and len(record) == 39 + 5 * record[38]
    else:
        right = len(record) == lengths[record[1]]
    return service_of(record) if right else None


def shown(answer: Answer | int) -> str:
    """Write an answer down."""
    if isinstance(answer, int):
        return f"{answer:04X}"
    return f"{answer[0].hex()} {answer[1]:04X}"
