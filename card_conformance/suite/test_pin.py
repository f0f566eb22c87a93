"""VERIFY and CHANGE REFERENCE DATA."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.invented import another_pin
from card_conformance.needs import WITH_PIN, Needs, Stage
from card_conformance.requirement import requirement
from card_conformance.suite.role_keys import free_version, own_keys, role_session
from card_conformance.suite.support import (
    ASK,
    change,
    handshake,
    pin_is_verified,
    raw,
    tag_of,
    tampered,
    verify,
    wrong,
)
from host_lib.command import GetDataPart, SetStatus
from host_lib.secret import Pin

TRIES = spec().limits["pin_tries"]
_BLOCKS = Needs(frozenset({Stage.ISSUED}), keys=True, pin=True, leaves=Stage.ISSUED)


@requirement("PIN-01", needs=WITH_PIN)
def test_the_right_pin_sets_the_flag_and_gives_the_tries_back(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    card.send(verify(wrong(holder_pin)))
    card.expect("9000", verify(holder_pin.block()))
    card.expect("9000", ASK)
    same("tries after the right PIN", card.select().pin_tries, TRIES)


@requirement("PIN-02", needs=WITH_PIN)
def test_a_wrong_pin_costs_one_try(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    card.expect(f"63C{TRIES - 1}", ASK)
    same("tries in the FCI", card.select().pin_tries, TRIES - 1)
    card.reader.reset()
    same("tries after reset", card.select().pin_tries, TRIES - 1)


@requirement("PIN-02", needs=WITH_PIN)
def test_a_wrong_pin_clears_the_flag(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect("9000", verify(holder_pin.block()))
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    check(not pin_is_verified(card), "the PIN flag after a wrong PIN", "set", "cleared")


@requirement("PIN-02", needs=WITH_PIN)
def test_the_pin_block_is_compared_whole(card: CardUnderTest, holder_pin: Pin) -> None:
    longer = bytearray(holder_pin.block())
    longer[-1] ^= 0x01
    card.expect(f"63C{TRIES - 1}", verify(bytes(longer)))


@requirement("PIN-03", "PIN-02", "PIN-05", needs=_BLOCKS)
def test_with_no_tries_left_the_right_pin_is_refused_too(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    for left in reversed(range(TRIES)):
        card.expect(f"63C{left}", verify(wrong(holder_pin)))
    card.expect("6983", ASK)
    card.expect("6983", verify(holder_pin.block()))
    card.expect("6983", change(holder_pin.block(), another_pin(holder_pin).block()))
    card.expect("6983", change(holder_pin.block(), bytes(8)))
    card.expect("6983", change(holder_pin.block(), holder_pin.block()))
    card.reader.reset()
    same("tries after reset", card.select().pin_tries, 0)
    card.expect("6983", verify(holder_pin.block()))


@requirement("PIN-04", needs=WITH_PIN)
def test_a_transport_pin_cannot_be_verified_and_costs_no_try(
    card: CardUnderTest, transport_pin: Pin
) -> None:
    card.expect("6985", verify(transport_pin.block()))
    card.expect("6985", verify(wrong(transport_pin)))
    check(not pin_is_verified(card), "the PIN flag after VERIFY", "set", "not set")
    same("tries", card.select().pin_tries, TRIES)


@requirement("PIN-05", needs=WITH_PIN)
def test_asking_for_the_tries_costs_none(card: CardUnderTest, holder_pin: Pin) -> None:
    for _ in range(TRIES + 1):
        card.expect(f"63C{TRIES}", ASK)
    card.expect("9000", verify(holder_pin.block()))
    card.expect("9000", ASK)


@requirement("PIN-07", needs=WITH_PIN)
def test_over_contactless_the_pin_is_taken_in_a_session_only(card: CardUnderTest) -> None:
    if card.statement.interface != "contactless":
        raise NotRun("the run is over the contact interface")
    with card.pin_as(transport=False) as pin:
        card.expect("6982", verify(pin.block()))
        card.expect("6982", verify(wrong(pin)))
        card.expect("6982", change(wrong(pin), another_pin(pin).block()))
        same("tries", card.select().pin_tries, TRIES)
        card.expect("9000", verify(pin.block()), card.session().channel)
        with own_keys(card, free_version(card)) as own:
            card.expect("9000", verify(pin.block()), role_session(card, own).channel)


@requirement("PIN-08", needs=WITH_PIN)
def test_the_flag_ends_with_reset(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect("9000", verify(holder_pin.block()))
    card.reader.reset()
    card.select()
    check(not pin_is_verified(card), "the PIN flag after reset", "set", "cleared")


@requirement("PIN-08", "SCP-08", needs=WITH_PIN)
def test_the_flag_ends_with_initialize_update(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect("9000", verify(holder_pin.block()))
    handshake(card)
    check(not pin_is_verified(card), "the flag after INITIALIZE UPDATE", "set", "cleared")


@requirement("PIN-08", needs=WITH_PIN)
def test_the_flag_ends_with_the_session_that_it_was_set_in(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    channel = card.session().channel
    card.expect("9000", verify(holder_pin.block()), channel)
    check(pin_is_verified(card, channel), "the PIN flag in the session", "not set", "set")
    card.expect("6982", tampered(channel.wrap(ASK)))
    check(not pin_is_verified(card), "the PIN flag after the session", "set", "cleared")


@requirement("PIN-08", needs=WITH_PIN)
def test_the_flag_ends_with_a_change_of_state(card: CardUnderTest, holder_pin: Pin) -> None:
    channel = card.session().channel
    card.expect("9000", verify(holder_pin.block()), channel)
    raw(card, channel, SetStatus("SUSPENDED").apdu())
    try:
        card.expect("6982", GetDataPart(tag_of("cardholder data")).apdu())
    finally:
        with card.restoring("the card's state"):
            card.run(SetStatus("ACTIVE"), card.session().channel)


@requirement("CHG-01", needs=WITH_PIN)
def test_changing_the_transport_pin_makes_it_the_holders_own(
    card: CardUnderTest, transport_pin: Pin
) -> None:
    new = another_pin(transport_pin)
    card.expect("9000", change(transport_pin.block(), new.block()))
    check(not pin_is_verified(card), "the PIN flag after the change", "set", "not set")
    card.expect("9000", verify(new.block()))


@requirement("CHG-01", needs=WITH_PIN)
def test_a_changed_pin_replaces_the_old_one(card: CardUnderTest, holder_pin: Pin) -> None:
    new = another_pin(holder_pin)
    card.expect("9000", change(holder_pin.block(), new.block()))
    card.reader.reset()
    card.select()
    card.expect(f"63C{TRIES - 1}", verify(holder_pin.block()))
    card.expect("9000", verify(new.block()))


@requirement("CHG-02", needs=WITH_PIN)
def test_a_wrong_old_pin_costs_one_try_and_changes_nothing(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    new = another_pin(holder_pin).block()
    card.expect(f"63C{TRIES - 1}", change(wrong(holder_pin), new))
    same("tries", card.select().pin_tries, TRIES - 1)
    card.expect("9000", verify(holder_pin.block()))


MALFORMED_PINS = {
    "another format": "14" + "1234" + "FF" * 5,
    "three digits": "23" + "123F" + "FF" * 5,
    "nine digits": "29" + "123456789" + "F" * 5,
    "no digit": "24" + "12A4" + "FF" * 5,
    "other filler": "24" + "1234" + "00" * 5,
}


@requirement("CHG-03", needs=WITH_PIN)
@pytest.mark.parametrize("block", MALFORMED_PINS.values(), ids=MALFORMED_PINS)
def test_a_malformed_new_pin_is_refused_and_costs_no_try(
    card: CardUnderTest, holder_pin: Pin, block: str
) -> None:
    card.expect("6A80", change(wrong(holder_pin), bytes.fromhex(block)))
    card.expect("6A80", change(holder_pin.block(), bytes.fromhex(block)))
    same("tries", card.select().pin_tries, TRIES)
    card.expect("9000", verify(holder_pin.block()))


@requirement("CHG-03", needs=WITH_PIN)
def test_a_new_pin_that_equals_the_old_one_is_refused(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect("6A80", change(holder_pin.block(), holder_pin.block()))
    card.expect("6A80", change(wrong(holder_pin), wrong(holder_pin)))
    same("tries", card.select().pin_tries, TRIES)
