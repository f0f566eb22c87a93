"""PUT DATA."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.needs import ISSUED, WITH_KEYS, reading
from card_conformance.requirement import requirement
from card_conformance.suite.support import C_MAC_ONLY, UNKNOWN_TAG, application, read, tag_of
from host_lib.apdu import Apdu
from host_lib.command import PutData

_TAG = tag_of("validity")
_OTHER = bytes.fromhex("2024022920991231")


def _put(tag: int, value: bytes) -> Apdu:
    return application("PUT DATA", tag >> 8, tag & 0xFF, value)


@contextmanager
def _kept(card: CardUnderTest) -> Iterator[bytes]:
    """Give the validity back to the card after the block."""
    card.select()
    value = read(card, _TAG)
    try:
        yield value
    finally:
        with card.restoring("the card's validity"):
            card.run(PutData(_TAG, value), card.session().channel)


@requirement("PDA-01", needs=WITH_KEYS)
def test_put_data_replaces_a_value_in_an_issuer_session(card: CardUnderTest) -> None:
    with _kept(card):
        channel = card.session().channel
        card.expect("9000", _put(_TAG, _OTHER), channel)
        same("validity in the same session", read(card, _TAG, channel), _OTHER)
        card.reader.reset()
        card.select()
        same("validity after reset", read(card, _TAG), _OTHER)


@requirement("PDA-02", needs=ISSUED)
def test_put_data_without_session_is_refused(card: CardUnderTest) -> None:
    card.select()
    value = read(card, _TAG)
    card.expect("6982", _put(_TAG, value))
    same("validity", read(card, _TAG), value)


@requirement("PDA-02", needs=WITH_KEYS)
def test_put_data_in_a_session_without_encryption_is_refused(card: CardUnderTest) -> None:
    with _kept(card) as value:
        channel = card.session(level=C_MAC_ONLY).channel
        card.expect("6982", _put(_TAG, _OTHER), channel)
        card.select()
        same("validity", read(card, _TAG), value)


@requirement("PDA-02", needs=reading(WITH_KEYS))
@pytest.mark.parametrize("name", ["card number", "card serial", "holder flags", "batch id"])
def test_put_data_of_an_object_that_is_not_writable_is_refused(
    card: CardUnderTest, name: str
) -> None:
    channel = card.session().channel
    value = read(card, tag_of(name), channel)
    card.expect("6982", _put(tag_of(name), value), channel)


@requirement("GDA-02", needs=WITH_KEYS)
def test_put_data_of_an_unknown_tag_is_refused(card: CardUnderTest) -> None:
    card.expect("6A88", _put(UNKNOWN_TAG, _OTHER), card.session().channel)


@requirement("PDA-03", needs=WITH_KEYS)
@pytest.mark.parametrize(
    "value",
    ["2025130120341231", "2025010120340230", "2034123120250101", "20250101203412AA"],
    ids=["no such month", "no such day", "ends before it begins", "no digits"],
)
def test_a_value_that_the_object_cannot_hold_is_refused_and_the_old_one_stays(
    card: CardUnderTest, value: str
) -> None:
    with _kept(card) as old:
        channel = card.session().channel
        card.expect("6A80", _put(_TAG, bytes.fromhex(value)), channel)
        same("validity in the same session", read(card, _TAG, channel), old)
        card.reader.reset()
        card.select()
        same("validity after reset", read(card, _TAG), old)
