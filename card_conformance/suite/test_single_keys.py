"""PUT KEY of parts of a set, its forms, and DELETE KEY of one key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_bytes

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.keyring import invented_keys
from card_conformance.needs import Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import manager, open_with
from host_lib.command import DeleteKey, GetKeyInformation, PutKey, PutOneKey
from host_lib.keyset import KeySet
from host_lib.secret import AesKey

_KEYED = at(Stage.KEYED)
_NEW = spec().key_ranges["issuer"].last
_OTHER = _NEW - 1
_ENC, _MAC, _DEK = 1, 2, 3


def _keys(card: CardUnderTest, version: int = _NEW) -> KeySet:
    return invented_keys(version, card.statement.key_length)


@contextmanager
def _restored(card: CardUnderTest) -> Iterator[None]:
    """Take the versions that tests use off the card at the end of the block."""
    try:
        yield
    finally:
        with card.restoring("the card's key sets"):
            for version in (_NEW, _OTHER):
                command = DeleteKey(version).apdu()
                card.send(command, card.session(on_manager=True).channel)


def _opens(card: CardUnderTest, keys: KeySet) -> bool:
    """Say whether the key set opens a session."""
    card.select_manager()
    challenge = bytes(card.mac_length)
    command = manager("INITIALIZE UPDATE", keys.version, 0x00, challenge, answer=True)
    if card.send(command).sw != 0x9000:
        return False
    open_with(card, keys)
    return True


def _numbers(card: CardUnderTest, version: int) -> list[int]:
    """Return which keys of a version the card says it has."""
    card.select_manager()
    entries = card.run(GetKeyInformation())
    return sorted(entry.identifier for entry in entries if entry.version == version)


@requirement("PUK-09", needs=_KEYED)
@pytest.mark.parametrize("length", [16, 32])
def test_keys_are_taken_with_and_without_their_length(card: CardUnderTest, length: int) -> None:
    with _restored(card):
        answers = []
        keys = invented_keys(_NEW, length)
        for inner_length, replaces in ((True, 0), (False, _NEW)):
            session = card.session(on_manager=True)
            command = PutKey(keys, session.dek, replaces, inner_length).apdu()
            answers.append(card.expect("9000", command, session.channel).data)
            check(_opens(card, keys), "the key set", "opens no session", "opens one")
        same("answer without the length", answers[1], answers[0])


@requirement("PUK-10", needs=_KEYED)
def test_a_replaced_set_has_its_new_version_only(card: CardUnderTest) -> None:
    old, new = _keys(card), _keys(card, _OTHER)
    with _restored(card):
        session = card.session(on_manager=True)
        card.run(PutKey(old, session.dek), session.channel)
        session = card.session(on_manager=True)
        card.run(PutKey(new, session.dek, replaces=_NEW), session.channel)
        check(not _opens(card, old), "the old version", "opens a session", "is not there")
        check(_opens(card, new), "the new version", "opens no session", "opens one")


@requirement("PUK-11", needs=_KEYED)
def test_a_set_that_comes_key_by_key_opens_once_it_is_complete(card: CardUnderTest) -> None:
    keys = _keys(card)
    with _restored(card):
        for number, key, replaces in (
            (_ENC, keys.enc, 0),
            (_MAC, keys.mac, _NEW),
            (_DEK, _dek(keys), _NEW),
        ):
            check(not _opens(card, keys), f"before key {number}", "opens", "opens no session")
            session = card.session(on_manager=True)
            command = PutOneKey(_NEW, number, key, session.dek, replaces)
            card.run(command, session.channel)
        same("numbers of the keys", _numbers(card, _NEW), [_ENC, _MAC, _DEK])
        check(_opens(card, keys), "the complete set", "opens no session", "opens one")


@requirement("PUK-11", needs=_KEYED)
def test_one_key_of_a_set_is_replaced_and_the_others_stay(card: CardUnderTest) -> None:
    keys = _keys(card)
    mac = AesKey(token_bytes(card.statement.key_length))
    with _restored(card):
        session = card.session(on_manager=True)
        card.run(PutKey(keys, session.dek), session.channel)
        session = card.session(on_manager=True)
        card.run(PutOneKey(_NEW, _MAC, mac, session.dek, _NEW), session.channel)
        check(_opens(card, replace(keys, mac=mac)), "the set with its new key", "closed", "open")


@requirement("PUK-11", needs=_KEYED)
def test_a_set_of_keys_of_different_lengths_opens_nothing(card: CardUnderTest) -> None:
    keys = invented_keys(_NEW, 16)
    with _restored(card):
        session = card.session(on_manager=True)
        card.run(PutKey(keys, session.dek), session.channel)
        session = card.session(on_manager=True)
        longer = PutOneKey(_NEW, _MAC, AesKey(token_bytes(32)), session.dek, _NEW)
        card.run(longer, session.channel)
        check(not _opens(card, keys), "the set", "opens a session", "opens none")


@requirement("PUK-12", needs=_KEYED)
@pytest.mark.parametrize(
    ("p2", "blocks", "sw"),
    [(0x81, 1, "6A80"), (0x01, 2, "6A80"), (0x82, 3, "6A80"), (0x00, 1, "6A86"), (0x04, 1, "6A86")],
)
def test_blocks_that_are_not_those_of_p2_change_no_key(
    card: CardUnderTest, p2: int, blocks: int, sw: str
) -> None:
    with _restored(card):
        session = card.session(on_manager=True)
        command = PutKey(_keys(card), session.dek).apdu()
        size = (len(command.data) - 1) // 3
        cut = replace(command, p2=p2, data=command.data[: 1 + blocks * size])
        card.expect(sw, cut, session.channel)
        same("keys of the version", _numbers(card, _NEW), [])


@requirement("PUK-13", needs=_KEYED)
def test_a_set_does_not_get_the_version_of_another(card: CardUnderTest) -> None:
    keys = _keys(card)
    with _restored(card):
        session = card.session(on_manager=True)
        own = session.keys.version
        card.run(PutKey(keys, session.dek), session.channel)
        session = card.session(on_manager=True)
        moved = PutKey(_keys(card, own), session.dek, replaces=_NEW)
        card.expect("6985", moved.apdu(), session.channel)
        check(_opens(card, keys), "the set that was to move", "opens no session", "opens one")
    card.session(on_manager=True)


@requirement("PUK-04", needs=_KEYED)
def test_a_key_that_is_there_is_not_added_again(card: CardUnderTest) -> None:
    keys = _keys(card)
    with _restored(card):
        for sw in ("9000", "6985"):
            session = card.session(on_manager=True)
            command = PutOneKey(_NEW, _ENC, keys.enc, session.dek)
            card.expect(sw, command.apdu(), session.channel)


@requirement("DLK-05", needs=_KEYED)
def test_one_key_is_deleted_and_its_set_opens_nothing(card: CardUnderTest) -> None:
    keys = _keys(card)
    with _restored(card):
        session = card.session(on_manager=True)
        card.run(PutKey(keys, session.dek), session.channel)
        channel = card.session(on_manager=True).channel
        card.expect("9000", DeleteKey(_NEW, _MAC).apdu(), channel)
        card.expect("6A88", DeleteKey(_NEW, _MAC).apdu(), channel)
        same("keys that are left", _numbers(card, _NEW), [_ENC, _DEK])
        check(not _opens(card, keys), "the set", "opens a session", "opens none")


@requirement("DLK-03", needs=_KEYED)
def test_a_key_of_the_last_complete_set_is_not_deleted(card: CardUnderTest) -> None:
    keys = _keys(card)
    session = card.session(on_manager=True)
    own = session.keys.version
    card.expect("6985", DeleteKey(own, _MAC).apdu(), session.channel)
    with _restored(card):
        # Beside it a set that lacks a key, and opens nothing.
        session = card.session(on_manager=True)
        card.run(PutOneKey(_NEW, _ENC, keys.enc, session.dek), session.channel)
        card.expect("6985", DeleteKey(own).apdu(), session.channel)
    card.session(on_manager=True)


@requirement("DLK-06", needs=_KEYED)
@pytest.mark.parametrize("data", ["D0013F", "D2023F3F", "D200", "D2013FD2013F", "D2013F00"])
def test_what_is_no_key_reference_deletes_nothing(card: CardUnderTest, data: str) -> None:
    with _restored(card):
        keys = _keys(card)
        session = card.session(on_manager=True)
        card.run(PutKey(keys, session.dek), session.channel)
        channel = card.session(on_manager=True).channel
        command = manager("DELETE KEY", 0x00, 0x00, bytes.fromhex(data), answer=True)
        card.expect("6A80", command, channel)
        check(_opens(card, keys), "the set", "opens no session", "opens one")


def _dek(keys: KeySet) -> AesKey:
    assert keys.dek is not None, "an issuer key set has a DEK"
    return keys.dek
