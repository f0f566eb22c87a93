"""Random walks: what terminals do with services, and the issuer with their settings."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.card_simulator.sim_rules import APP
from tests.card_simulator.sim_useful import Parts
from tests.card_simulator.sim_walk import CardWalk
from tests.support.service_records import (
    BREAD,
    DISABLED,
    HEALTH,
    LARGE_PURSE,
    LARGE_QUOTA,
    LAST_PURSE,
    NO_PERIODS,
    RATION,
    SMALL_COVER,
    SMALL_PURSE,
    SMALL_QUOTA,
    WALLET,
)
from tests.support.terminal import AIDS
from tests.support.transactions import CREDIT, DEBIT, REVERSES, Operation, request

NOT_THERE = 12
ANY_OPERATION = st.tuples(
    st.sampled_from([DEBIT, DEBIT, DEBIT, DEBIT, CREDIT, CREDIT, CREDIT, 3, 0]),
    st.sampled_from([*range(1, 12), SMALL_PURSE, SMALL_QUOTA, SMALL_COVER, 16, 12, 0]),
    st.sampled_from([1, 1, 1, 2, 3, 5, 20, 5000, 0x40000000, 0x7FFFFFFF, 0, 0x80000000]),
)
BASKETS = st.lists(ANY_OPERATION, min_size=1, max_size=4).map(tuple)
USUAL: tuple[tuple[int, tuple[Operation, ...]], ...] = (
    (0x64, ((DEBIT, BREAD, 1), (DEBIT, WALLET, 2))), (0x64, ((DEBIT, WALLET, 2),)),
    (0x64, ((DEBIT, SMALL_QUOTA, 1), (DEBIT, SMALL_PURSE, 1))), (0x64, ((DEBIT, NO_PERIODS, 4),)),
    (0x51, ((DEBIT, SMALL_PURSE, 1),)), (0x51, ((DEBIT, SMALL_PURSE, 2),)),
    (0x51, ((DEBIT, SMALL_PURSE, 5),)), (0x51, ((DEBIT, SMALL_PURSE, 6),)),
    (0x51, ((CREDIT, SMALL_PURSE, 3),)), (0x51, ((DEBIT, SMALL_QUOTA, 1),)),
    (0x51, ((DEBIT, SMALL_QUOTA, 3), (DEBIT, SMALL_COVER, 1))), (0x51, ((DEBIT, SMALL_QUOTA, 7),)),
    (0x51, ((CREDIT, SMALL_QUOTA, 3),)), (0x51, ((DEBIT, SMALL_COVER, 1),)),
    (0x51, ((CREDIT, SMALL_COVER, 1), (DEBIT, LARGE_PURSE, 0x40000000))),
    (0x51, ((DEBIT, RATION, 1),)), (0x61, ((DEBIT, WALLET, 300_000),)),
    (0x61, ((DEBIT, WALLET, 20_000),)), (0x53, ((DEBIT, RATION, 100),)),
    (0x53, ((DEBIT, RATION, 1), (DEBIT, WALLET, 3_000))), (0x65, ((DEBIT, HEALTH, 1),)),
    (0x65, ((DEBIT, SMALL_COVER, 1), (DEBIT, LAST_PURSE, 9))), (0x62, ((DEBIT, WALLET, 7),)),
    (0x50, ((CREDIT, WALLET, 5),)), (0x50, ((CREDIT, SMALL_PURSE, 2), (CREDIT, RATION, 1))),
    (0x50, ((DEBIT, SMALL_PURSE, 3), (CREDIT, BREAD, 1))), (0x50, ((CREDIT, HEALTH, 1),)),
    (0x6F, ((CREDIT, LARGE_QUOTA, 0x100000),)), (0x6F, ((DEBIT, DISABLED, 1),)),
    *((kvn, ((DEBIT, SMALL_COVER, 1),)) for kvn in (0x53, 0x64, 0x65)),
    (0x56, ((CREDIT, NO_PERIODS, 5), (CREDIT, LAST_PURSE, 25))),
)  # fmt: skip
"""What terminals ask for, with the key set that they ask under; some of it beyond a bound."""

DAYS = st.sampled_from(
    [*["20260615"] * 6, *["20260616"] * 3, *["20260618"] * 2, "20260619", "20260614", "20260701"]
)
EXPIRED = "20310101"
ANY_DAY = st.one_of(
    DAYS, st.sampled_from(["20301231", EXPIRED, "20260230", "19991231", "20260615"])
)
WRONG_DAYS = st.sampled_from(["20260101", "20261201", EXPIRED])
"""Before the period of a quota, beyond its horizon, after the card's last day."""
CUTS = st.sampled_from([None, None, None, None, None, 1, 2, 3, 5, 8])
THEN = st.sampled_from(
    ["", "", "", "query", "reverse", "query, reverse", "look, reverse", "reverse, reverse",
     "repeat", "repeat, reverse", "change"]
)  # fmt: skip
SETTINGS: tuple[Parts, ...] = (
    *((0x80, 0xF0, 0x20 + off, place, b"") for off in (0, 1) for place in (5, 6, 11, 12)),
    (0x00, 0xDA, 0xDF, 0x57, bytes.fromhex("20260616")),
    (0x00, 0xDA, 0xDF, 0x65, bytes.fromhex("25B825C0")),
    (0x00, 0xDA, 0xDF, 0x65, bytes.fromhex("25BA25BC")),
    (0x00, 0xDA, 0xDF, 0x63, bytes(4)), (0x80, 0xF0, 0x40, 0x3F, b""),
    *[(0x80, 0xF0, 0x40, 0x1F, b"")] * 3,
)  # fmt: skip


class TransactionWalk(CardWalk):
    """The transactions' part of a walk; ``asked`` is the last terminal transaction number."""

    asked = 0

    @precondition(lambda self: self.model.lasting.roles)
    @rule(kvn=st.sampled_from([0x50, 0x51, 0x64, 0x65, 0x6F]), basket=BASKETS, day=ANY_DAY,
          verified=st.booleans(), cut=CUTS, then=THEN)  # fmt: skip
    def ask_for_anything(
        self, kvn: int, basket: tuple[Operation, ...], day: str, verified: bool, cut: int | None,
        then: str,
    ) -> None:  # fmt: skip
        self._trade(kvn, basket, day, verified, cut, then)

    @precondition(lambda self: self.model.lasting.roles)
    @rule(usual=st.sampled_from(USUAL), day=DAYS, verified=st.booleans(), cut=CUTS, then=THEN)
    def trade(
        self, usual: tuple[int, tuple[Operation, ...]], day: str, verified: bool, cut: int | None,
        then: str,
    ) -> None:  # fmt: skip
        self._trade(*usual, day, verified, cut, then)

    @precondition(lambda self: self.model.lasting.roles)
    @rule(usual=st.lists(st.sampled_from(USUAL), min_size=2, max_size=6), verified=st.booleans())
    def trade_all_day(self, usual: list[tuple[int, tuple[Operation, ...]]], verified: bool) -> None:
        for kvn, basket in usual:
            self._trade(kvn, basket, "20260616", verified, None, "")

    @precondition(lambda self: self.model.lasting.roles)
    @rule(kvn=st.sampled_from([0x51, 0x64, 0x6F]), then=THEN)
    def trade_what_is_plenty(self, kvn: int, then: str) -> None:
        self._trade(kvn, ((DEBIT, LARGE_QUOTA, 1),), "20260615", True, None, then)

    @precondition(lambda self: self.model.lasting.roles)
    @rule(amounts=st.sampled_from([(5, 2, 1), (3, 4, 1), (4, 4), (1, 5, 2)]))
    def spend_to_the_limit(self, amounts: tuple[int, ...]) -> None:
        for amount in amounts:
            basket = ((DEBIT, SMALL_PURSE, amount),)
            self._trade(0x51, basket, "20260615", True, None, "")

    @precondition(lambda self: self.model.lasting.roles)
    @rule(
        day=st.sampled_from(["20260612", "20260613", "20260617", "20260618", "20260619"]),
        service=st.sampled_from([SMALL_COVER, SMALL_QUOTA, SMALL_QUOTA, NOT_THERE]),
    )
    def use_what_is_valid_for_days(self, day: str, service: int) -> None:
        self._trade(0x51, ((DEBIT, service, 1),), day, True, None, "")

    @precondition(lambda self: self.model.lasting.roles)
    @rule(service=st.sampled_from([BREAD, SMALL_QUOTA]), day=WRONG_DAYS)
    def come_at_a_wrong_time(self, service: int, day: str) -> None:
        self._trade(0x64, ((DEBIT, service, 1),), day, True, None, "")

    @rule(parts=st.sampled_from(SETTINGS), kvn=st.sampled_from([0, 0, 0, 0x50, 0x51]), cut=CUTS)
    def change_a_setting(self, parts: Parts, kvn: int, cut: int | None) -> None:
        if kvn and kvn in self.model.lasting.roles:
            self._open_role(kvn)
            self._send(parts, cut)
        else:
            self._go_and_send(APP, parts, 0x33, cut)

    @precondition(lambda self: self.model.lasting.roles)
    @rule(number=st.integers(0, 21), kvn=st.sampled_from([0, 0x56, 0x56, 0x51]))
    def read_the_log(self, number: int, kvn: int) -> None:
        if kvn:
            self._open_role(kvn)
            self._send((0x00, 0xB2, number, 4, b""))
        else:
            self._go_and_send(APP, (0x00, 0xB2, number, 4, b""), 0x33, None)

    def _trade(
        self, kvn: int, basket: tuple[Operation, ...], day: str, verified: bool, cut: int | None,
        then: str,
    ) -> None:  # fmt: skip
        """Carry out a transaction in a session of the role, and what comes next."""
        if self.model.role != kvn & 0x0F:
            self._open_role(kvn)
        if verified and self.model.lasting.pin:
            self._send((0x00, 0x20, 0, 0x81, self.model.lasting.pin))
        data = self._request(basket, day)
        self._transact((0x80, 0x40, 0, 0, data), cut)
        for step in then.split(", "):
            if step == "query":
                self._transact((0x80, 0x40, 1, 0, data))
            elif step == "look":
                self._send((0x00, 0xCA, 0xDF, 0x56, b""))
            elif step == "repeat":
                self._transact((0x80, 0x40, 0, 0, data), cut)
            elif step == "change":
                self._transact((0x80, 0x40, 0, 0, data[:-1] + bytes([data[-1] ^ 2])))
            elif step == "reverse":
                self._transact((0x80, 0x40, 0, 0, self._request(REVERSES, day)), cut)

    def _request(self, basket: tuple[Operation, ...], day: str) -> bytes:
        """Return a request with the next number of one terminal, now and then a stale one."""
        self.asked += 1
        stale = self.asked % 11 == 0 and self.model.lasting.number > 0
        number = self.model.lasting.number - stale
        return request(number, basket, (b"TERMINAL", self.asked % 40), day)

    def _open_role(self, kvn: int) -> None:
        if self.model.target != APP or self.model.level:
            self.select(AIDS.instance, None)
        if kvn in self.model.lasting.roles:
            self.open_session(0x33, 2, kvn)

    def _transact(self, parts: Parts, cut: int | None = None) -> None:
        """Send PERFORM TRANSACTION if a role session is open, and count what becomes of it."""
        if self.model.role is None:
            return
        before = self.model.lasting.number
        word = self._send(parts, cut)
        if word is not None:
            new = "new" if self.model.lasting.number > before else "no new"
            kind = "query" if parts[2] else "reverse" if parts[4][22] == 3 else "transaction"
            self.counts[f"{kind} answered {word:04X}, {new} number"] += 1
