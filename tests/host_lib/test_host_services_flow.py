"""Periods, horizon, date and counters of a card, read and set by LOAD."""

from datetime import date

import pytest

from host_lib import (
    Card,
    Debit,
    IncorrectData,
    NotFound,
    ProtocolError,
    Role,
    SecurityStatusNotSatisfied,
)
from host_lib.apdu import Response
from host_lib.command import SetServiceStatus
from host_lib.flow.services import (
    PurseCounters,
    ServicePeriod,
    read_card_date,
    read_purse_counters,
    read_service_period,
    set_card_date,
    set_service_period,
)
from host_lib.refusals import ServiceDisabled
from tests.support.cards import OLD, issuer
from tests.support.pos_cards import PIN, Wire, pay_card, sam, terminal

DAY = 9822


@pytest.fixture
def wire() -> Wire:
    one = Wire(pay_card())
    shop = terminal("FIRST")
    with Card(one).session(Role.MERCHANT, sam()) as pos:
        pos.verify_pin(PIN)
        pos.transact(Debit("wallet", 100), terminal=shop)
        pos.transact(Debit("wallet", 30), terminal=shop)
    return one


def test_a_purse_tells_what_it_has_counted(wire: Wire) -> None:
    with Card(wire).session(Role.MERCHANT, sam()) as pos:
        assert pos.run(read_purse_counters()) == (PurseCounters(4, 30, 130),)
    with Card(wire).session(Role.LOAD, sam()) as pos:
        pos.load(1, terminal=terminal("OFFICE"))
        assert pos.run(read_purse_counters()) == (PurseCounters(4, 30, 0),)


def test_load_moves_the_horizon_and_sets_the_period_back(wire: Wire) -> None:
    with Card(wire).session(Role.LOAD, sam()) as pos:
        assert pos.run(read_service_period("bread")) == ServicePeriod(DAY, 9914)
        pos.run(set_service_period("bread", ServicePeriod(DAY - 1, DAY)))
        assert pos.run(read_service_period(2)) == ServicePeriod(DAY - 1, DAY)
        for wrong in (ServicePeriod(DAY, DAY + 9), ServicePeriod(DAY - 1, DAY - 2)):
            with pytest.raises(IncorrectData):
                pos.run(set_service_period("bread", wrong))
        with pytest.raises(NotFound):
            pos.run(read_service_period("wallet"))
        with pytest.raises(ValueError, match="two bytes"):
            pos.run(set_service_period("bread", ServicePeriod(0, 0x10000)))


def test_load_raises_the_cards_date(wire: Wire) -> None:
    with Card(wire).session(Role.LOAD, sam()) as pos:
        assert pos.run(read_card_date()) is None
        pos.run(set_card_date(date(2026, 11, 22)))
        assert pos.run(read_card_date()) == date(2026, 11, 22)
        with pytest.raises(IncorrectData):
            pos.run(set_card_date(date(2026, 11, 21)))


def test_a_till_does_neither(wire: Wire) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(SecurityStatusNotSatisfied):
            pos.run(set_card_date(date(2026, 11, 23)))
        with pytest.raises(SecurityStatusNotSatisfied):
            pos.run(set_service_period("bread", ServicePeriod(DAY, DAY)))
        assert pos.run(read_service_period("bread")) == ServicePeriod(DAY, 9914)


def test_the_issuer_switches_a_service_off_and_on(wire: Wire) -> None:
    for enabled in (False, True):
        card = Card(wire, issuer)
        with card.issuer_session(OLD):
            card.run(SetServiceStatus(2, enabled=enabled))
        shop = terminal(f"SHOP{enabled:d}")
        with Card(wire).session(Role.BREAD, sam()) as pos:
            if enabled:
                pos.transact(Debit("bread", 1), terminal=shop)
            else:
                with pytest.raises(ServiceDisabled):
                    pos.transact(Debit("bread", 1), terminal=shop)


@pytest.mark.parametrize(
    ("flow", "value"),
    [(read_purse_counters, bytes(8)), (read_card_date, b"\x20\x26\x13\x01")],
)
def test_what_no_card_answers_is_malformed(flow: object, value: bytes) -> None:
    steps = flow()  # type: ignore[operator]
    next(steps)
    with pytest.raises(ProtocolError):
        steps.send(Response(value, 0x9000))
