"""STORE DATA: the stream of DGIs, and the step that ends personalization."""

from dataclasses import replace

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.invented import Record, cardholder, named, new_record, validity
from card_conformance.needs import ISSUED, WITH_KEYS, Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    C_MAC_ONLY,
    UNKNOWN_TAG,
    application,
    get_data,
    read,
    tag_of,
)
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.flow.store import DgiValue, block_size, blocks, payload, secret_dgi
from host_lib.secret import AesKey, SecretBytes

_ANCHORED = at(Stage.ANCHORED)
_MORE, _LAST = 0x08, 0x88
_BLOCK = spec().limits["secured_data"]
_HOLDER = tag_of("cardholder data")
_VALIDITY = tag_of("validity")


def _store(data: bytes, block: int = 0, p1: int = _MORE) -> Apdu:
    return application("STORE DATA", p1, block, data)


def _of(*values: DgiValue) -> bytes:
    return payload(values)


def _record(card: CardUnderTest) -> Record:
    if card.record is None:
        raise NotRun("needs a card with the suite's own record")
    return card.record


@requirement("STD-01", needs=reading(_ANCHORED))
@pytest.mark.parametrize("size", [1, 7, 60, _BLOCK])
def test_any_split_into_blocks_stores_the_same_objects(card: CardUnderTest, size: int) -> None:
    channel = card.session().channel
    holder = cardholder(f"مواطن تجريبي رقم {size} للاختبار")
    days = validity("20250101", f"2034{1 + size % 12:02}01")
    for command in blocks(
        _of(named("cardholder", holder), named("validity", days)), min(size, channel.max_data)
    ):
        card.run(replace(command, last=False), channel)
    same("cardholder data as stored", read(card, _HOLDER, channel) == holder, True)
    same("validity", read(card, _VALIDITY, channel), days)


@requirement("STD-01", needs=_ANCHORED)
def test_a_length_may_be_written_in_three_bytes(card: CardUnderTest) -> None:
    channel = card.session().channel
    days = validity("20250101", "20341130")
    long = _of(named("validity", days))[:2] + b"\xff\x00\x08" + days
    for cut in range(1, 5):
        card.expect("9000", _store(long[:cut], block=0), channel)
        card.expect("9000", _store(long[cut:], block=1), channel)
    same("validity", read(card, _VALIDITY, channel), days)


@requirement("STD-01", needs=_ANCHORED)
def test_of_a_dgi_that_comes_twice_the_last_counts(card: CardUnderTest) -> None:
    channel = card.session().channel
    first, last = validity("20250101", "20340101"), validity("20250101", "20340202")
    card.expect("9000", _store(_of(named("validity", first), named("validity", last))), channel)
    same("validity", read(card, _VALIDITY, channel), last)


@requirement("STD-01", needs=_ANCHORED)
def test_other_commands_between_its_blocks_do_not_disturb_a_stream(card: CardUnderTest) -> None:
    channel = card.session().channel
    days = validity("20250101", "20340303")
    stream = _of(named("validity", days))
    card.expect("9000", _store(stream[:5], block=0), channel)
    card.expect("9000", get_data(tag_of("card serial")), channel)
    card.expect("6A88", get_data(UNKNOWN_TAG), channel)
    card.expect("9000", _store(stream[5:], block=1), channel)
    same("validity", read(card, _VALIDITY, channel), days)


@requirement("STD-06", "STD-07", "STD-03", needs=_ANCHORED)
@pytest.mark.parametrize(
    ("header", "sw"),
    [("099904", "6A88"), ("010309", "6A84"), ("010307", "6A80"), ("0102FF00F1", "6A84")],
    ids=["unknown", "too long", "too short", "too long in three bytes"],
)
def test_a_dgi_is_judged_as_soon_as_tag_and_length_have_come(
    card: CardUnderTest, header: str, sw: str
) -> None:
    channel = card.session().channel
    data = bytes.fromhex(header)
    card.expect("9000", _store(data[:-1], block=0), channel)
    card.expect(sw, _store(data[-1:], block=1), channel)
    card.expect("6A86", _store(b"\x00", block=2), channel)
    _starts(card, channel)


@requirement("STD-02", needs=ISSUED)
def test_nothing_is_stored_without_a_session(card: CardUnderTest) -> None:
    card.select()
    card.expect("6982", _store(_of(named("validity", validity()))))


@requirement("STD-02", needs=WITH_KEYS)
def test_a_session_without_encryption_is_not_enough(card: CardUnderTest) -> None:
    channel = card.session(level=C_MAC_ONLY).channel
    card.expect("6982", _store(_of(named("validity", validity()))), channel)


@requirement("STD-02", needs=at(Stage.INSTALLED))
def test_a_blank_card_takes_no_anchor_without_encryption(card: CardUnderTest) -> None:
    card.select()
    anchor = _of(new_record(finger=False).anchor())
    card.expect("6982", _store(anchor))
    card.expect("6982", _store(anchor), card.session(level=C_MAC_ONLY).channel)
    card.select()
    card.expect("6A88", get_data(tag_of("card serial")))


@requirement("STD-03", needs=_ANCHORED)
@pytest.mark.parametrize(
    "bad",
    [
        named("validity", validity("20250101", "20240101")),
        named("validity", bytes.fromhex("2025010120341331")),
        named("validity", bytes(7)),
        named("holder flags", b"\x80" + bytes(8)),
        named("cardholder", b"\x5f\x20\x7f\x41"),
        named("card certificate", b"\x04\x01\x00"),
        named("finger template 1", b"\x01\x02\x03\x04\x05"),
    ],
    ids=[
        "validity ends before it begins",
        "no such month",
        "too short",
        "unknown flag",
        "truncated template",
        "no certificate",
        "half a minutia",
    ],
)
def test_content_that_its_object_cannot_hold_is_refused_with_all_of_its_command(
    card: CardUnderTest, bad: DgiValue
) -> None:
    channel = card.session().channel
    _starts(card, channel)
    before = read(card, _VALIDITY, channel)
    good = named("validity", validity("20200101", "20991231"))
    card.expect("6A80", _store(_of(good, bad)), channel)
    same(
        "validity, which came first in the refused command", read(card, _VALIDITY, channel), before
    )
    card.expect("6A86", _store(_of(good), block=1), channel)
    _starts(card, channel)


def _starts(card: CardUnderTest, channel: SecureChannel) -> None:
    """Make sure that a stream starts at block 00."""
    card.expect("9000", _store(_of(named("validity", validity()))), channel)


@requirement("STD-03", needs=_ANCHORED)
def test_a_stream_that_ends_inside_a_dgi_is_refused(card: CardUnderTest) -> None:
    channel = card.session().channel
    stream = _of(named("validity", validity()))
    card.expect("6A80", _store(stream[:-1], p1=_LAST), channel)
    _starts(card, channel)


@requirement("STD-03", needs=_ANCHORED)
@pytest.mark.parametrize("fault", ["check value", "padding", "length", "block format"])
def test_a_secret_that_does_not_fit_its_check_value_is_refused(
    card: CardUnderTest, fault: str
) -> None:
    session = card.session()
    key = session.dek
    card.expect("6A80", _store(_of(_bad_secret(_record(card), key, fault))), session.channel)
    same("tries of a PIN that was not stored", card.select().pin_tries, 0)


def _bad_secret(record: Record, key: AesKey, fault: str) -> DgiValue:
    tag = spec().dgi_named("transport PIN").tag
    block = record.pin.block()
    if fault == "block format":
        return secret_dgi(tag, SecretBytes(b"\x14" + block[1:]), key)
    if fault == "check value":
        # Encrypted as it should be, but under the check value of another DGI.
        return DgiValue(tag, secret_dgi(tag + 1, SecretBytes(block), key).content)
    good = secret_dgi(tag, SecretBytes(block), key).content
    return DgiValue(tag, good[:-1] if fault == "length" else bytes((good[0] ^ 1,)) + good[1:])


@requirement("STD-04", needs=_ANCHORED)
def test_a_block_that_is_not_the_next_one_ends_the_stream(card: CardUnderTest) -> None:
    channel = card.session().channel
    stream = _of(named("validity", validity()))
    for wrong in (2, 0xFF):
        card.expect("9000", _store(stream[:4], block=0), channel)
        card.expect("6A86", _store(stream[4:], block=wrong), channel)
        card.expect("6A86", _store(stream[4:], block=1), channel)
    card.expect("6A86", _store(stream, block=1), channel)
    card.expect("9000", _store(stream[:4], block=0), channel)
    card.expect("9000", _store(stream, block=0), channel)
    same("validity", read(card, _VALIDITY, channel), validity())


@requirement("STD-04", needs=_ANCHORED)
def test_block_numbers_go_on_from_ff_to_00_as_a_new_stream(card: CardUnderTest) -> None:
    channel = card.session().channel
    stream = _of(named("validity", validity()))
    card.expect("9000", _store(stream, block=0), channel)
    card.expect("6A86", _store(stream, block=0, p1=0x00), channel)
    card.expect("6A86", _store(stream, block=0, p1=0x80), channel)
    card.expect("6A86", _store(stream, block=1), channel)
    _starts(card, channel)


@requirement("STD-05", needs=at(Stage.INSTALLED))
def test_a_blank_card_takes_nothing_before_its_anchor(card: CardUnderTest) -> None:
    channel = card.session().channel
    for value in (named("validity", validity()), named("cardholder", cardholder())):
        card.expect("6985", _store(_of(value)), channel)
    card.select()
    card.expect("6A88", get_data(_VALIDITY))


@requirement("STD-05", needs=_ANCHORED)
def test_a_blank_card_takes_no_second_anchor(card: CardUnderTest) -> None:
    record = _record(card)
    channel = card.session().channel
    other = replace(record, card_serial=bytes(8))
    card.expect("6985", _store(_of(other.anchor())), channel)
    same("card serial", read(card, tag_of("card serial"), channel), record.card_serial)
    card.expect("9000", _store(_of(record.anchor())), channel)
    same("card serial", read(card, tag_of("card serial"), channel), record.card_serial)


@requirement("STD-06", needs=_ANCHORED)
def test_an_unknown_dgi_is_not_found(card: CardUnderTest) -> None:
    channel = card.session().channel
    for tag in (0x0999, 0x0410, 0x7FFF):
        card.expect("6A88", _store(_of(DgiValue(tag, bytes(4)))), channel)
    _starts(card, channel)


@requirement("STD-07", needs=_ANCHORED)
def test_a_dgi_longer_than_its_object_is_refused(card: CardUnderTest) -> None:
    channel = card.session().channel
    for name, length in (("validity", 9), ("holder flags", 10), ("finger template 1", 182)):
        card.expect("6A84", _store(_of(named(name, bytes(length)))), channel)
    _starts(card, channel)


# Afterwards


@requirement("STD-10", needs=WITH_KEYS)
def test_after_personalization_a_dgi_of_blank_cards_is_refused(card: CardUnderTest) -> None:
    card.select()
    before = read(card, _VALIDITY)
    other = new_record(finger=False)
    for value in (named("validity", validity("20200101", "20991231")), other.anchor()):
        card.expect("6985", _store(_of(value), p1=_LAST), card.session().channel)
    card.select()
    same("validity", read(card, _VALIDITY), before)


@requirement("STD-10", needs=reading(WITH_KEYS))
def test_after_personalization_holder_data_can_be_stored_again_and_the_state_stays(
    card: CardUnderTest,
) -> None:
    state = card.select().state
    channel = card.session().channel
    holder = read(card, _HOLDER, channel)
    for command in blocks(_of(named("cardholder", holder)), block_size(channel.max_data)):
        card.run(command, channel)
    same("cardholder data as stored", read(card, _HOLDER, channel) == holder, True)
    same("state", card.select().state, state)
