"""PUT KEY and DELETE KEY."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.keyring import invented_keys
from card_conformance.needs import ANY_CARD, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import manager, open_with
from host_lib.apdu import Apdu
from host_lib.command import DeleteKey, PutKey
from host_lib.flow.base import CardKeys
from host_lib.flow.identify import key_versions
from host_lib.flow.session import IssuerSession
from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.purpose import blank_key_version

_KEYED = at(Stage.KEYED)
_NEW = spec().key_ranges["issuer"].last
_ABSENT = _NEW - 1
_NOT_VERSIONS = (0x00, spec().limits["key_version_max"] + 1, 0x7F, 0x80, 0xFE, 0xFF)


def _keys(card: CardUnderTest, version: int = _NEW) -> KeySet:
    return invented_keys(version, card.statement.key_length)


def _put(keys: KeySet, session: IssuerSession, replaces: int = 0) -> Apdu:
    return PutKey(keys, session.dek, replaces).apdu()


def _delete(version: int) -> Apdu:
    return DeleteKey(version).apdu()


def _versions(card: CardUnderTest) -> tuple[int, ...]:
    card.select_manager()
    return card.run(key_versions())


@contextmanager
def _second_set(card: CardUnderTest) -> Iterator[KeySet]:
    """Give the card a second key set inside the block."""
    keys = _keys(card)
    session = card.session(on_manager=True)
    card.run(PutKey(keys, session.dek), session.channel)
    try:
        yield keys
    finally:
        with card.restoring("the card's key sets"):
            if _NEW in _versions(card):
                card.run(DeleteKey(_NEW), card.session(on_manager=True).channel)


@requirement("PUK-01", "DLK-01", needs=_KEYED)
@pytest.mark.parametrize("length", [16, 24, 32])
def test_a_key_set_is_added_opens_a_session_and_is_deleted(
    card: CardUnderTest, length: int
) -> None:
    session = card.session(on_manager=True)
    own, keys = session.keys.version, invented_keys(_NEW, length)
    card.run(PutKey(keys, session.dek), session.channel)
    try:
        same("key versions", sorted(_versions(card)), sorted((own, _NEW)))
        open_with(card, keys)
    finally:
        with card.restoring("the card's key sets"):
            answer = card.send(_delete(_NEW), card.session(on_manager=True).channel)
    same("DELETE KEY", f"{answer.sw:04X}", "9000")
    same("key versions", _versions(card), (own,))
    card.expect(
        "6A88", manager("INITIALIZE UPDATE", _NEW, 0x00, bytes(card.mac_length), answer=True)
    )


@requirement("PUK-01", needs=_KEYED)
def test_the_answer_to_put_key_is_version_and_check_values(card: CardUnderTest) -> None:
    keys = _keys(card)
    session = card.session(on_manager=True)
    try:
        answer = card.expect("9000", _put(keys, session), session.channel)
        values = keys.enc.check_value + keys.mac.check_value + _dek(keys).check_value
        same("answer", answer.data, bytes((_NEW,)) + values)
    finally:
        with card.restoring("the card's key sets"):
            card.send(_delete(_NEW), card.session(on_manager=True).channel)


def _dek(keys: KeySet) -> AesKey:
    assert keys.dek is not None, "an issuer key set has a DEK"
    return keys.dek


@requirement("PUK-01", needs=_KEYED)
def test_a_key_set_is_replaced_by_another_of_its_version(card: CardUnderTest) -> None:
    with _second_set(card) as old:
        session = card.session(on_manager=True)
        new = _keys(card)
        card.run(PutKey(new, session.dek, replaces=_NEW), session.channel)
        open_with(card, new)
        check(old != new, "key sets of this test", "equal", "different")


@requirement("PUK-02", needs=ANY_CARD)
def test_nobody_puts_keys_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", manager("PUT KEY", 0x00, 0x81, b"\x3f\x88\x11", answer=True))


@requirement("PUK-03", needs=_KEYED)
@pytest.mark.parametrize("fault", ["check value", "cryptogram", "type", "length", "truncated"])
def test_a_malformed_key_block_changes_no_key(card: CardUnderTest, fault: str) -> None:
    before = _versions(card)
    session = card.session(on_manager=True)
    command = _put(_keys(card), session)
    data = bytearray(command.data)
    if fault == "check value":
        data[-1] ^= 0x01
    elif fault == "cryptogram":
        data[3] ^= 0x01
    elif fault == "type":
        data[1] = 0x80
    elif fault == "length":
        data[2] += 1
    else:
        del data[-1]
    card.expect("6A80", replace(command, data=bytes(data)), session.channel)
    same("key versions", _versions(card), before)


@requirement("PUK-04", needs=_KEYED)
def test_a_key_version_that_is_there_is_not_added_again(card: CardUnderTest) -> None:
    session = card.session(on_manager=True)
    own = session.keys.version
    card.expect("6985", _put(_keys(card, own), session), session.channel)
    card.expect("9000", manager("GET DATA", 0x00, 0xE0, answer=True), session.channel)
    card.session(on_manager=True)


@requirement("PUK-06", needs=_KEYED)
def test_a_key_version_that_is_not_there_cannot_be_replaced(card: CardUnderTest) -> None:
    before = _versions(card)
    session = card.session(on_manager=True)
    card.expect("6A88", _put(_keys(card), session, replaces=_ABSENT), session.channel)
    same("key versions", _versions(card), before)


@requirement("PUK-07", needs=at(Stage.BLANK, leaves=Stage.KEYED))
def test_the_first_issuer_set_takes_the_transport_set_away(card: CardUnderTest) -> None:
    blank = blank_key_version()
    session = card.session(on_manager=True)
    if session.keys.version != blank:
        raise NotRun(f"blank cards of this type have no key set {blank:02X}")
    version = card.keyring.issuer_version
    keys = card.keyring(CardKeys(version, session.diversification))
    card.run(PutKey(keys, session.dek), session.channel)
    same("key versions", _versions(card), (version,))
    card.expect(
        "6A88", manager("INITIALIZE UPDATE", blank, 0x00, bytes(card.mac_length), answer=True)
    )
    open_with(card, keys)


@requirement("DLK-02", needs=ANY_CARD)
def test_nobody_deletes_keys_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", _delete(_ABSENT))


@requirement("PUK-08", needs=_KEYED)
@pytest.mark.parametrize("version", _NOT_VERSIONS, ids="{:02X}".format)
def test_a_key_version_that_no_set_can_have_is_not_taken(card: CardUnderTest, version: int) -> None:
    before = _versions(card)
    session = card.session(on_manager=True)
    command = _put(_keys(card), session)
    asked = replace(command, data=bytes((version,)) + command.data[1:])
    try:
        card.expect("6A80", asked, session.channel)
    finally:
        with card.restoring("the card's key sets"):
            if set(_versions(card)) - set(before):
                card.run(DeleteKey(version), card.session(on_manager=True).channel)
    same("key versions", _versions(card), before)


@requirement("PUK-08", needs=_KEYED)
@pytest.mark.parametrize("limit", ["key_version_min", "key_version_max"])
def test_the_least_and_the_greatest_key_version_are_taken(card: CardUnderTest, limit: str) -> None:
    version = spec().limits[limit]
    if version in _versions(card):
        raise NotRun(f"the card has a key set {version:02X}")
    session = card.session(on_manager=True)
    keys = _keys(card, version)
    try:
        card.run(PutKey(keys, session.dek), session.channel)
        open_with(card, keys)
    finally:
        with card.restoring("the card's key sets"):
            if version in _versions(card):
                card.run(DeleteKey(version), card.session(on_manager=True).channel)


@requirement("DLK-03", needs=_KEYED)
def test_the_last_key_set_and_that_of_the_session_stay(card: CardUnderTest) -> None:
    session = card.session(on_manager=True)
    own = session.keys.version
    card.expect("6985", _delete(own), session.channel)
    with _second_set(card) as second:
        card.expect("6985", _delete(own), card.session(on_manager=True).channel)
        same("key versions", sorted(_versions(card)), sorted((own, second.version)))
    card.session(on_manager=True)


@requirement("DLK-03", needs=_KEYED)
def test_the_key_set_of_the_session_stays_under_another_version(card: CardUnderTest) -> None:
    with _second_set(card):
        session = card.session(on_manager=True)
        own, channel = session.keys, session.channel
        card.run(PutKey(_keys(card, _ABSENT), session.dek, own.version), channel)
        try:
            card.expect("6985", _delete(_ABSENT), channel)
        finally:
            with card.restoring("the card's key sets"):
                there = _ABSENT in card.run(key_versions(), channel)
                card.run(PutKey(own, session.dek, _ABSENT if there else 0), channel)


@requirement("DLK-04", needs=_KEYED)
def test_a_key_version_that_is_not_there_cannot_be_deleted(card: CardUnderTest) -> None:
    with _second_set(card):
        card.expect("6A88", _delete(_ABSENT), card.session(on_manager=True).channel)
