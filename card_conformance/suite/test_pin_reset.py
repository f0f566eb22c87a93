"""RESET RETRY COUNTER."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.invented import another_pin
from card_conformance.needs import WITH_PIN
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    C_MAC_ONLY,
    application,
    change,
    pin_is_verified,
    verify,
    wrong,
)
from card_conformance.suite.test_pin import MALFORMED_PINS
from host_lib.apdu import Apdu
from host_lib.secret import Pin

TRIES = spec().limits["pin_tries"]
_COUNTER_ONLY = application("RESET RETRY COUNTER", 0x03, 0x81)


def _new_pin(pin: Pin) -> Apdu:
    return application("RESET RETRY COUNTER", 0x02, 0x81, pin.block())


@requirement("RRC-01", needs=WITH_PIN)
def test_the_issuer_gives_the_tries_back(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    card.expect("9000", _COUNTER_ONLY, card.session().channel)
    same("tries", card.select().pin_tries, TRIES)
    card.expect("9000", verify(holder_pin.block()))


@requirement("RRC-01", needs=WITH_PIN)
def test_a_pin_that_the_issuer_sets_is_a_transport_pin(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    new = another_pin(holder_pin)
    card.expect("9000", _new_pin(new), card.session().channel)
    same("tries", card.select().pin_tries, TRIES)
    card.expect("6985", verify(new.block()))
    card.expect("9000", change(new.block(), holder_pin.block()))
    card.expect("9000", verify(holder_pin.block()))


@requirement("RRC-01", needs=WITH_PIN)
@pytest.mark.parametrize("block", MALFORMED_PINS.values(), ids=MALFORMED_PINS)
def test_the_issuer_sets_no_malformed_pin(card: CardUnderTest, holder_pin: Pin, block: str) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    command = application("RESET RETRY COUNTER", 0x02, 0x81, bytes.fromhex(block))
    card.expect("6A80", command, card.session().channel)
    same("tries", card.select().pin_tries, TRIES - 1)
    card.expect("9000", verify(holder_pin.block()))


@requirement("RRC-01", needs=WITH_PIN)
def test_a_pin_that_the_issuer_sets_is_not_verified(card: CardUnderTest, holder_pin: Pin) -> None:
    channel = card.session().channel
    card.expect("9000", verify(holder_pin.block()), channel)
    card.expect("9000", _COUNTER_ONLY, channel)
    card.expect("9000", _new_pin(another_pin(holder_pin)), channel)
    same("PIN verified", pin_is_verified(card, channel), False)


@requirement("RRC-02", needs=WITH_PIN)
def test_nobody_resets_the_counter_without_a_session(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    card.expect("6982", _COUNTER_ONLY)
    card.expect("6982", _new_pin(another_pin(holder_pin)))
    same("tries", card.select().pin_tries, TRIES - 1)
    card.expect("9000", verify(holder_pin.block()))


@requirement("RRC-02", needs=WITH_PIN)
def test_a_session_without_encryption_is_not_enough_for_a_new_pin(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    card.expect(f"63C{TRIES - 1}", verify(wrong(holder_pin)))
    card.expect("6982", _COUNTER_ONLY, card.session(level=C_MAC_ONLY).channel)
    # In this session the block goes over the line in clear: it is a PIN of nobody.
    other = _new_pin(another_pin(holder_pin))
    card.expect("6982", other, card.session(level=C_MAC_ONLY).channel)
    same("tries", card.select().pin_tries, TRIES - 1)
    card.expect("9000", verify(holder_pin.block()))
