"""The transactions in the life of the card whose costs are measured.

Each is met with a log that is full and does not have its name: so all of it is looked through.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from tests.support.budget_meter import Meter
from tests.support.service_records import day_number
from tests.support.terminal import AIDS, NEW_PIN, PIN, role_keys
from tests.support.transactions import (
    CREDIT,
    DEBIT,
    PERFORM_TRANSACTION,
    REVERSES,
    Operation,
    request,
)

LOAD, MERCHANT, BREAD_SHOP = 0x50, 0x51, 0x54
DAY = date(2026, 6, 15)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2079, 12, 31)
PERFORM, QUERY = (0x80, PERFORM_TRANSACTION, 0, 0), (0x80, PERFORM_TRANSACTION, 1, 0)


class _Transactions:
    """Sends requests, each with the card's number and a name of its own."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.number = 0
        self.last = b""

    def open(self, kvn: int) -> None:
        """Open a session of a role."""
        host = self.meter.host
        assert host.select(AIDS.instance)[1] == 0x9000
        host.keys = role_keys(kvn)
        host.authenticate(kvn)

    def perform(self, case: str, operations: Iterable[Operation], day: date = DAY) -> None:
        """Carry a basket out."""
        name = (b"BUDGET 1", self.number)
        self.last = request(self.number, tuple(operations), name, day)
        self.meter.send(("PERFORM TRANSACTION", "perform", case), PERFORM, self.last)
        self.number += 1

    def set_period(self, service: int, day: date) -> None:
        """Set a quota's period, and its horizon to the last day that there is."""
        value = day_number(day).to_bytes(2, "big") + day_number(LAST_DAY).to_bytes(2, "big")
        self.meter.send(("PUT DATA", "", ""), (0, 0xDA, 0xDF, 0x60 + service - 1), value)


def transact(meter: Meter, purses: Sequence[int], quota: int) -> None:
    """Carry out transactions on a card that has had none and has a transport PIN.

    ``purses`` are all its purses, and ``quota`` is one by the day, for role 4 to debit, which is
    in period 0.
    """
    host = meter.host
    card = _Transactions(meter)
    card.open(LOAD)
    assert host.sw(0, 0x24, 0, 0x81, PIN + NEW_PIN) == 0x9000
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    fours = [tuple(purses[at : at + 4]) for at in range(0, len(purses), 4)]
    case = "the first, four purses"
    for four in fours:
        card.perform(case, [(CREDIT, purse, 1000) for purse in four])
        case = "four purses"
    card.open(MERCHANT)
    for _ in range(4):
        for four in fours:
            card.perform("four purses", [(DEBIT, purse, 1) for purse in four])
    card.perform("four purses", [(DEBIT, purse, 1) for purse in fours[0]])
    meter.send(("PERFORM TRANSACTION", "perform", "stored answer"), PERFORM, card.last)
    meter.send(("PERFORM TRANSACTION", "query", "same"), QUERY, card.last)
    card.perform("four purses", [(DEBIT, purse, 1) for purse in fours[0]])
    card.perform("reverse of four", REVERSES)
    card.open(LOAD)
    credits = [(CREDIT, purse, 1) for purse in fours[0]]
    card.perform("four purses and the debits of all, LOAD", credits, DAY + timedelta(1))
    card.set_period(quota, FIRST_DAY)
    card.open(BREAD_SHOP)
    card.perform("a quota after 26 years", [(DEBIT, quota, 1)])
    card.open(LOAD)
    card.set_period(quota, DAY - timedelta(1))
    card.open(BREAD_SHOP)
    card.perform("bread and wallet", [(DEBIT, quota, 20), (DEBIT, purses[0], 20)])
    meter.send(("PERFORM TRANSACTION", "query", "not in the log"), QUERY, bytes(46))
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    meter.send(("READ RECORD", "", ""), (0, 0xB2, 20, 4))
    host.level = 0
