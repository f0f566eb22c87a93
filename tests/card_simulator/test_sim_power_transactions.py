"""Power cut at every write of transactions and of what the issuer changes on a card in use.

Comments name the requirements that a test shows.
"""

from datetime import timedelta

import pytest

from tests.card_simulator.sim_cuts import Act
from tests.card_simulator.sim_host import in_use, with_services
from tests.card_simulator.test_sim_power import (
    assert_old_or_new,
    no_preparation,
    outcomes,
    session,
)
from tests.support.service_records import (
    BREAD,
    LARGE_PURSE,
    SERVICES,
    SMALL_PURSE,
    SMALL_QUOTA,
    TODAY,
    WALLET,
)
from tests.support.terminal import AIDS, NEW_PIN, Terminal, dgi, receipt_key_dgi, role_keys
from tests.support.transactions import CREDIT, DEBIT, REVERSES, in_role, perform, request


def sell(host: Terminal) -> None:
    """Sell bread to a card that is in use; its log is full from this transaction on."""
    till = in_role(host.transmit, 0x64)
    data = request(19, ((DEBIT, BREAD, 1), (DEBIT, WALLET, 2)), (b"TILL 001", 1))
    assert perform(till, data)[1] == 0x9000


def sell_and_take_back(host: Terminal) -> None:
    till = in_role(host.transmit, 0x64)
    for number, basket in ((20, ((DEBIT, BREAD, 1), (DEBIT, WALLET, 2))), (21, REVERSES)):
        assert perform(till, request(number, basket, (b"TILL 001", number)))[1] == 0x9000


def new_receipt_key(host: Terminal) -> None:
    session(AIDS.instance)(host)
    key = receipt_key_dgi(host, 9, b"r" * 16)
    assert host.sw(0x80, 0xE2, 0x88, 0, key) == 0x9000


def new_settings(host: Terminal) -> None:
    session(AIDS.instance)(host)
    record = SERVICES[BREAD][:3] + b"\x01" + SERVICES[BREAD][4:]
    assert host.sw(0x80, 0xE2, 0x88, 0, dgi(0x0401, record)) == 0x9000


def load_verified(host: Terminal) -> None:
    host.keys = role_keys(0x50)
    host.select(AIDS.instance)
    host.authenticate(0x50)
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000


def load_first(host: Terminal) -> None:
    """Carry out the first transaction, by LOAD: it changes all that a transaction can."""
    basket = ((CREDIT, WALLET, 5), (CREDIT, LARGE_PURSE, 1), (DEBIT, SMALL_PURSE, 1),
              (DEBIT, SMALL_QUOTA, 1))  # fmt: skip
    data = request(0, basket, (b"LOADER 1", 1), TODAY + timedelta(days=1))
    assert perform(host, data)[1] == 0x9000


def test_the_first_transaction_happens_whole_or_not_at_all() -> None:
    # TRX-16, TRX-21
    card, _ = with_services()
    card.reset()
    found = outcomes(card.memory.image, load_verified, load_first, torn=50)
    assert_old_or_new(found)
    assert len({name for name in found[-1] if found[-1][name] != found[0].get(name)}) == 10


@pytest.mark.parametrize("torn", [0, 1, 30, 89])
@pytest.mark.parametrize("act", [sell, new_receipt_key, new_settings])
def test_a_change_of_a_card_in_use_happens_whole_or_not_at_all(act: Act, torn: int) -> None:
    # TRX-21, RKY-01, SVC-03
    card, _ = in_use()
    card.reset()
    assert_old_or_new(outcomes(card.memory.image, no_preparation, act, torn))


def test_a_reverse_happens_whole_or_not_at_all() -> None:
    # TRX-21, REV-01
    card, _ = in_use()
    sell(Terminal(card.transmit))
    card.reset()
    found = outcomes(card.memory.image, no_preparation, sell_and_take_back)
    stages = [cells for n, cells in enumerate(found) if cells not in found[:n]]
    assert len(stages) == 3, "before, sold, taken back"
    assert [stages.index(cells) for cells in found] == sorted(stages.index(c) for c in found)
