"""What the issuer and LOAD change on an issued software card: services, periods, dates, keys.

Comments name the requirements that a test shows.
"""

import pytest

from card_simulator.card import Card
from tests.card_simulator.sim_roles import issuer
from tests.card_simulator.sim_till import CELLS, Till, application, card_of_tests, record_of
from tests.support.service_records import (
    BREAD,
    HEALTH,
    LAST_PURSE,
    SERVICES,
    SMALL_PURSE,
    SMALL_QUOTA,
    TODAY,
    WALLET,
    day_number,
)
from tests.support.terminal import NEW_PIN, Terminal, cmac, dgi, receipt_key_dgi
from tests.support.transactions import DEBIT, perform

MERCHANT, LOAD, BREAD_TILL, INSPECT = 0x51, 0x50, 0x64, 0x56
FREE = 13


@pytest.fixture
def card() -> Card:
    return card_of_tests()


def store(card: Card, place: int, record: bytes) -> int:
    return issuer(card).sw(0x80, 0xE2, 0x88, 0, dgi(0x0400 + place - 1, record))


def at(place: int, record: bytes) -> bytes:
    return bytes([place]) + record[1:]


def test_a_service_is_added_in_an_empty_place(card: Card) -> None:
    # SVC-02, SVC-04
    new = at(FREE, SERVICES[SMALL_PURSE])
    assert store(card, FREE, new) == 0x6A80, "a purse that brings money"
    assert store(card, FREE, new[:34] + bytes(4) + new[38:]) == 0x9000
    assert Till(card, MERCHANT).word((DEBIT, FREE, 1)) == 0x9401
    assert store(card, 14, at(14, SERVICES[SMALL_QUOTA])) == 0x9000
    assert Till(card, MERCHANT, b"TILL 002").word((DEBIT, 14, 1)) == 0x9000


@pytest.mark.parametrize("place", [BREAD, HEALTH, WALLET, LAST_PURSE])
def test_new_settings_leave_what_the_service_has(card: Card, place: int) -> None:
    # SVC-03
    old = record_of(card, place)
    live = {1: slice(34, 38), 2: slice(33, 41), 3: slice(29, 32)}[old[1]]
    new = bytearray(old[:3] + b"\x00" + bytes(4) + "جديد".encode().ljust(12, b"\x00") + old[20:])
    new[live] = bytes(live.stop - live.start)
    assert store(card, place, bytes(new)) == 0x9000
    expected = bytearray(new)
    expected[live] = old[live]
    assert record_of(card, place) == bytes(expected)


def test_new_settings_leave_what_the_purse_has_counted(card: Card) -> None:
    # SVC-03
    assert Till(card, MERCHANT).word((DEBIT, SMALL_PURSE, 2)) == 0x9000
    counted = application(card).value(0xDF56)
    assert store(card, SMALL_PURSE, SERVICES[SMALL_PURSE]) == 0x9000
    assert application(card).value(0xDF56) == counted
    assert record_of(card, SMALL_PURSE)[34:38] == b"\x00\x00\x00\x07"


def test_a_service_keeps_its_kind_and_its_place(card: Card) -> None:
    # SVC-01, SVC-04
    before = card.memory.image
    assert store(card, BREAD, at(BREAD, SERVICES[WALLET])) == 0x6A80
    assert store(card, BREAD, at(HEALTH, SERVICES[BREAD])) == 0x6A80
    assert card.memory.image == before


def test_a_service_is_disabled_and_enabled(card: Card) -> None:
    # SVC-05, SVC-06, TRX-12
    record = record_of(card, BREAD)
    assert issuer(card).sw(0x80, 0xF0, 0x20, BREAD) == 0x6985
    host = issuer(card)
    assert host.sw(0x80, 0xF0, 0x21, BREAD) == 0x9000
    assert card.transmit(host.wrap(0, 0xCA, 0xDF, 0x51)) == b"\x69\x82", "the session has ended"
    assert record_of(card, BREAD) == record[:2] + b"\x00" + record[3:]
    assert Till(card, BREAD_TILL).word((DEBIT, BREAD, 1)) == 0x9409
    assert issuer(card).sw(0x80, 0xF0, 0x21, BREAD) == 0x6985
    assert issuer(card).sw(0x80, 0xF0, 0x20, BREAD) == 0x9000
    assert record_of(card, BREAD) == record
    for place in (0, FREE, 17, 0xFF):
        assert issuer(card).sw(0x80, 0xF0, 0x21, place) == 0x6A88
    assert issuer(card, level=0x01).sw(0x80, 0xF0, 0x21, BREAD) == 0x6982
    assert issuer(card).sw(0x80, 0xF0, 0x21, BREAD) == 0x9000
    assert Till(card, LOAD, b"LOADER 1").host.sw(0x80, 0xF0, 0x20, BREAD) == 0x6982


PERIOD_OF_QUOTA, DATE = (0, 0xDA, 0xDF, 0x5F + SMALL_QUOTA), (0, 0xDA, 0xDF, 0x57)


def period(current: int, horizon: int) -> bytes:
    today = day_number(TODAY)
    return (today + current).to_bytes(2, "big") + (today + horizon).to_bytes(2, "big")


@pytest.mark.parametrize("who", ["issuer", "LOAD"])
def test_a_period_goes_back_and_its_horizon_anywhere(card: Card, who: str) -> None:
    # QUO-04, QUO-05
    host = issuer(card) if who == "issuer" else Till(card, LOAD).host
    for value, sw in (
        (period(-2, 9), 0x9000), (period(-1, 9), 0x6A80), (period(-5, -6), 0x6A80),
        (period(-5, -5), 0x9000), (period(-5, 9)[:3], 0x6A80), (period(-5, 0) + b"\x00", 0x6A80),
        (period(-6, 200), 0x9000),
    ):  # fmt: skip
        held = record_of(card, SMALL_QUOTA)
        assert host.sw(*PERIOD_OF_QUOTA, value) == sw
        expected = held[:33] + value + held[37:] if sw == 0x9000 else held
        assert record_of(card, SMALL_QUOTA) == expected
        assert host.send(0, 0xCA, *PERIOD_OF_QUOTA[2:]) == (expected[33:37], 0x9000)
    for tag in (0x5F + WALLET, 0x5F + FREE):
        assert host.sw(0, 0xDA, 0xDF, tag, bytes(4)) == 0x6A88
        assert host.sw(0, 0xCA, 0xDF, tag) == 0x6A88


def test_other_roles_set_no_period_and_no_date(card: Card) -> None:
    # QUO-05, PDA-02
    for kvn in (MERCHANT, BREAD_TILL, INSPECT):
        host = Till(card, kvn).host
        for parts in (PERIOD_OF_QUOTA, DATE, (0, 0xDA, 0xDF, 0x52), (0, 0xDA, 0xDF, 0x60)):
            assert host.sw(*parts, bytes(4)) == 0x6982
        assert host.sw(0, 0xDA, 0xDF, 0x7E, bytes(4)) == 0x6A88
    load = Till(card, LOAD).host
    assert load.sw(0, 0xDA, 0xDF, 0x52, bytes(8)) == 0x6982, "validity is the issuer's"
    for level in (0x01, 0x11):
        assert issuer(card, level=level).sw(*DATE, bytes.fromhex("20260601")) == 0x6982


def test_the_cards_date_only_rises(card: Card) -> None:
    # DAT-01, DAT-02
    load = Till(card, LOAD)
    assert load.host.sw(0, 0xCA, 0xDF, 0x57) == 0x6A88
    for day, sw in (("20000101", 0x9000), ("20260601", 0x9000), ("20260531", 0x6A80),
                    ("20260601", 0x9000), ("20800101", 0x6A80), ("20260631", 0x6A80),
                    ("19991231", 0x6A80), ("2026060", 0x6A80)):  # fmt: skip
        assert load.host.sw(*DATE, bytes.fromhex(day.ljust(8, "A"))) == sw, day
    assert load.take((2, WALLET, 1), day="20260615")
    assert application(card).value(0xDF57).hex() == "20260615"
    assert load.take((2, WALLET, 1), day="20260610")
    assert application(card).value(0xDF57).hex() == "20260615"
    assert Till(card, MERCHANT, b"TILL 002").take((DEBIT, WALLET, 1), day="20260620")
    assert application(card).value(0xDF57).hex() == "20260615"


def test_a_load_on_the_first_day_of_all_leaves_the_card_without_a_date(card: Card) -> None:
    assert Till(card, LOAD).take((2, WALLET, 1), day="20000101")
    assert application(card).value(0xDF57) == b""


@pytest.mark.parametrize(
    ("card_date", "day", "taken"),
    [("20301231", "20260615", True), ("20310101", "20260615", False), ("", "20301231", True),
     ("", "20310101", False)],
)  # fmt: skip
def test_the_later_of_two_dates_decides_whether_the_card_has_expired(
    card: Card, card_date: str, day: str, taken: bool
) -> None:
    # TRX-07, TRX-03
    till = Till(card, MERCHANT)
    answer, _ = till.ask((DEBIT, WALLET, 1))
    asked = till.last
    if card_date:
        assert issuer(card).sw(*DATE, bytes.fromhex(card_date)) == 0x9000
    other = Till(card, MERCHANT, b"TILL 002")
    assert other.word((DEBIT, WALLET, 1), day=day) == (0x9000 if taken else 0x6985)
    assert perform(other.host, asked) == (answer, 0x9000), "a repeat is answered for ever"


# Receipt keys


def key_cells(card: Card) -> dict[str, bytes]:
    cells = card.memory.image.cells
    return {n.removeprefix(CELLS): v for n, v in cells.items() if n.startswith(CELLS + "receipt")}


def send_key(host: Terminal, version: int, key: bytes) -> int:
    return host.sw(0x80, 0xE2, 0x88, 0, receipt_key_dgi(host, version, key))


def test_a_new_receipt_key_goes_into_the_spare_slot_and_signs_from_its_commit_on(
    card: Card,
) -> None:
    # RKY-01
    for turn, version in enumerate((4, 5, 5), start=1):
        key = bytes([version]) * 16
        old = key_cells(card)
        assert send_key(issuer(card), version, key) == 0x9000
        new = key_cells(card)
        spare = 1 - old["receipt"][0]
        assert new["receipt"] == bytes([spare])
        assert new[f"receipt.{spare}"] == bytes([version]) + key
        assert new[f"receipt.{1 - spare}"] == old[f"receipt.{1 - spare}"]
        assert issuer(card).send(0, 0xCA, 0xDF, 0x58) == (bytes([version]), 0x9000)
        till = Till(card, MERCHANT, bytes([turn]) * 8)
        answer, _ = till.ask((DEBIT, WALLET, 1))
        record, _ = Till(card, INSPECT).host.send(0, 0xB2, 1, 4)
        assert answer[3] == record[0] == version
        assert cmac(key, record[:81])[:8] == answer[5:13]


def test_a_receipt_key_without_its_check_value_changes_nothing(card: Card) -> None:
    # RKY-02
    host = issuer(card)
    wrong = bytearray(receipt_key_dgi(host, 4, bytes(16)))
    wrong[-1] ^= 1
    before = card.memory.image
    assert host.sw(0x80, 0xE2, 0x88, 0, bytes(wrong)) == 0x6A80
    assert host.sw(0x80, 0xE2, 0x88, 0, host.secret(0x8010, NEW_PIN)) == 0x6985
    assert card.memory.image == before


def test_termination_erases_receipt_keys(card: Card) -> None:
    # STA-05
    assert send_key(issuer(card), 4, bytes(16)) == 0x9000
    assert len(key_cells(card)) == 3
    assert issuer(card).sw(0x80, 0xF0, 0x40, 0x7F) == 0x9000
    assert key_cells(card) == {}
