"""SET STATUS of the application: suspended, resumed. (How it ends: test_select.)"""

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.needs import ISSUED, WITH_KEYS, WITH_PIN
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    ASK,
    C_MAC_ONLY,
    application,
    change,
    expect_closed,
    expect_open,
    get_data,
    suspended,
    tag_of,
    verify,
    wrong,
)
from host_lib.apdu import Apdu
from host_lib.secret import Pin


def _to(state: str) -> Apdu:
    return application("SET STATUS", 0x40, spec().states[state].code)


@requirement("STA-01", needs=WITH_KEYS)
def test_the_issuer_suspends_and_resumes(card: CardUnderTest) -> None:
    before = card.select().state
    with suspended(card):
        same("state", card.select().state, "SUSPENDED")
        card.reader.reset()
        same("state after reset", card.select().state, "SUSPENDED")
        channel = card.session().channel
        card.expect("9000", _to("ACTIVE"), channel)
        expect_closed(card, channel)
        same("state", card.select().state, before)


@requirement("STA-01", needs=WITH_KEYS)
def test_suspension_answers_under_the_session_and_then_ends_it(card: CardUnderTest) -> None:
    with suspended(card):
        pass
    channel = card.session().channel
    card.expect("9000", _to("SUSPENDED"), channel)
    try:
        expect_closed(card, channel)
    finally:
        with card.restoring("the card's state"):
            card.expect("9000", _to("ACTIVE"), card.session().channel)


@requirement("STA-02", needs=ISSUED)
def test_nobody_changes_the_state_without_a_session(card: CardUnderTest) -> None:
    before = card.select().state
    card.expect("6982", _to("ACTIVE"))
    same("state", card.select().state, before)


@requirement("STA-02", needs=WITH_KEYS)
def test_a_session_without_encryption_is_not_enough_to_suspend(card: CardUnderTest) -> None:
    before = card.select().state
    try:
        card.expect("6982", _to("SUSPENDED"), card.session(level=C_MAC_ONLY).channel)
        card.expect("6982", _to("SUSPENDED"))
        same("state", card.select().state, before)
    finally:
        with card.restoring("the card's state"):
            if card.select().state == "SUSPENDED":
                card.expect("9000", _to("ACTIVE"), card.session().channel)


@requirement("STA-03", needs=WITH_KEYS)
def test_a_change_from_a_state_that_it_does_not_start_from_is_refused(card: CardUnderTest) -> None:
    before = card.select().state
    card.expect("6985", _to("ACTIVE"), card.session().channel)
    same("state", card.select().state, before)
    with suspended(card):
        card.expect("6985", _to("SUSPENDED"), card.session().channel)
        same("state", card.select().state, "SUSPENDED")


@requirement("STA-04", needs=WITH_PIN)
def test_a_suspended_card_refuses_its_holder(card: CardUnderTest, holder_pin: Pin) -> None:
    with suspended(card):
        card.select()
        new = wrong(holder_pin)
        card.expect("6985", ASK)
        card.expect("6985", verify(holder_pin.block()))
        card.expect("6985", change(holder_pin.block(), new))
        card.expect("6985", application("INTERNAL AUTHENTICATE", 0x00, 0x00, bytes(17)))


@requirement("STA-04", needs=WITH_KEYS)
def test_a_suspended_card_still_answers_reads_and_its_issuer(card: CardUnderTest) -> None:
    with suspended(card):
        same("state", card.select().state, "SUSPENDED")
        card.expect("9000", get_data(tag_of("card serial")))
        expect_open(card, card.session().channel)
