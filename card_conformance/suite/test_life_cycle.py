"""Locked applications, the locked card and the terminated one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.keyring import invented_keys
from card_conformance.needs import MANAGER, WITH_PIN, Needs, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.cap import PACKAGE, install, instance, on_card
from card_conformance.suite.support import NO_SUCH_AID, application, get_data, manager, tag_of
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import (
    AskPin,
    DeleteContent,
    DeleteKey,
    InstallForLoad,
    Load,
    PutKey,
    Registry,
    SetApplicationStatus,
    SetCardStatus,
    StoreCardData,
)
from host_lib.flow.registry import list_registry
from host_lib.tlv import encode

_STATES = {name: state.code for name, state in spec().card_states.items()}
_KEYED = at(Stage.KEYED, leaves=Stage.KEYED)
_ON_ISSUED = at(Stage.ISSUED, leaves=Stage.ISSUED)
_INSTANCE = spec().aids.instance


def _select(aid: bytes) -> Apdu:
    return application("SELECT", 0x04, 0x00, aid, answer=True)


def _set(aid: bytes, p2: int) -> Apdu:
    return manager("SET STATUS", 0x40, p2, aid)


def _state(card: CardUnderTest, channel: SecureChannel, aid: bytes = _INSTANCE) -> int:
    """Return the life cycle code that the registry gives for an application."""
    entries = card.run(list_registry(Registry.APPLICATIONS), channel)
    return next(entry.life_cycle for entry in entries if entry.aid == aid)


def _card_state(card: CardUnderTest, channel: SecureChannel) -> int:
    (entry,) = card.run(list_registry(Registry.ISSUER_SECURITY_DOMAIN), channel)
    return entry.life_cycle


@contextmanager
def _locked(card: CardUnderTest, aid: bytes) -> Iterator[None]:
    """Lock an application inside the block."""
    channel = card.session(on_manager=True).channel
    card.run(SetApplicationStatus(aid, lock=True), channel)
    try:
        yield
    finally:
        with card.restoring("the application"):
            card.reader.reset()
            card.select_manager()
            channel = card.session(on_manager=True).channel
            if _state(card, channel, aid) & spec().lock_bit:
                card.run(SetApplicationStatus(aid, lock=False), channel)


@requirement("SST-04", needs=_ON_ISSUED)
def test_a_locked_application_cannot_be_selected_and_its_state_says_so(
    card: CardUnderTest,
) -> None:
    before = spec().states[card.select().state].code
    with _locked(card, _INSTANCE):
        card.expect("6A82", _select(_INSTANCE))
        card.reader.reset()
        card.expect("6A82", _select(_INSTANCE[:-1]))
        state = _state(card, card.session(on_manager=True).channel)
        same("state of the locked application", f"{state:02X}", f"{before | spec().lock_bit:02X}")


@requirement("SST-04", needs=at(Stage.KEYED))
def test_a_locked_application_of_a_loaded_file_cannot_be_selected(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance()), channel)
        before = _state(card, channel, instance())
        with _locked(card, instance()):
            card.expect("6A82", _select(instance()))
            card.reader.reset()
            card.expect("6A82", _select(instance()[:-1]))
            state = _state(card, card.session(on_manager=True).channel, instance())
            same("state of the locked application", state, before | spec().lock_bit)
        card.expect("9000", _select(instance()))


@requirement("SST-05", needs=at(Stage.KEYED))
@pytest.mark.parametrize("selectable", [True, False], ids=["SELECTABLE", "INSTALLED"])
def test_unlocking_leads_back_to_the_state_before(card: CardUnderTest, selectable: bool) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance(), selectable=selectable), channel)
        before = _state(card, channel, instance())
        for p2, sw in ((0x80, "9000"), (0x80, "6985"), (0x00, "9000"), (0x00, "6985")):
            card.expect(sw, _set(instance(), p2), channel)
        same("state", _state(card, channel, instance()), before)
        card.expect("9000" if selectable else "6A82", _select(instance()))


@requirement("SST-05", needs=_ON_ISSUED)
def test_another_change_of_an_applications_state_is_refused(card: CardUnderTest) -> None:
    before = card.select().state
    channel = card.session(on_manager=True).channel
    for p2 in (0x07, 0x3F, 0x7F, 0x0F):
        card.expect("6985", _set(_INSTANCE, p2), channel)
    same("state", card.select().state, before)


@requirement("SST-05", needs=at(Stage.KEYED))
def test_another_change_of_the_state_of_an_application_of_a_loaded_file_is_refused(
    card: CardUnderTest,
) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance()), channel)
        before = _state(card, channel, instance())
        for p2 in (0x07, 0x3F, 0x7F, 0x0F):
            card.expect("6985", _set(instance(), p2), channel)
        same("state", _state(card, channel, instance()), before)


@requirement("SST-06", needs=MANAGER)
def test_an_application_that_is_not_there_cannot_be_locked(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for p2 in (0x80, 0x00):
        card.expect("6A88", _set(NO_SUCH_AID, p2), channel)


@requirement("SST-07", needs=Needs(WITH_PIN.stages, True, True, Stage.ISSUED))
def test_a_lock_leaves_nothing_behind(card: CardUnderTest) -> None:
    before, serial = card.select(), card.expect("9000", get_data(tag_of("card serial"))).data
    with _locked(card, _INSTANCE):
        card.expect("6A82", _select(_INSTANCE))
    after = card.select()
    same("FCI", after, before)
    same("card serial", card.expect("9000", get_data(tag_of("card serial"))).data, serial)
    same("tries of the PIN", card.run(AskPin()).tries_left, before.pin_tries)
    with card.pin_as(transport=False) as pin:
        card.expect("9000", application("VERIFY", 0x00, 0x81, pin.block()))


# The card itself


def _secure(card: CardUnderTest) -> SecureChannel:
    """Lead the card to SECURED, from wherever before that it is; return a session."""
    channel = card.session(on_manager=True).channel
    for name in ("INITIALIZED", "SECURED"):
        if _card_state(card, channel) < _STATES[name]:
            card.run(SetCardStatus(_STATES[name]), channel)
    return channel


@contextmanager
def _card_locked(card: CardUnderTest) -> Iterator[SecureChannel]:
    """Lock the card inside the block; gives a session on its card manager."""
    channel = _secure(card)
    card.expect("9000", SetCardStatus(_STATES["CARD_LOCKED"]).apdu(), channel)
    try:
        yield channel
    finally:
        with card.restoring("the card's life cycle"):
            card.reader.reset()
            again = card.session(on_manager=True).channel
            if _card_state(card, again) == _STATES["CARD_LOCKED"]:
                card.run(SetCardStatus(_STATES["SECURED"]), again)


@requirement("LCK-01", needs=_KEYED)
def test_on_a_locked_card_only_the_issuer_security_domain_can_be_selected(
    card: CardUnderTest,
) -> None:
    isd = spec().aids.isd
    with on_card(card) as channel:
        card.expect("9000", install(instance()), channel)
        with _card_locked(card):
            for aid in (instance(), PACKAGE):
                card.expect("6A82", _select(aid))
            for name in (isd, isd[:5], b""):
                fci = card.expect("6283", _select(name)).data
                check(isd in fci, "FCI of the locked card", fci.hex().upper(), "with the AID")
            card.reader.reset()
            card.expect("6283", _select(isd))
        card.expect("9000", _select(instance()))
        card.expect("9000", _select(isd))


@requirement("LCK-02", needs=_KEYED)
def test_a_locked_card_changes_nothing_but_its_life_cycle(card: CardUnderTest) -> None:
    with _card_locked(card):
        session = card.session(on_manager=True)
        channel, own = session.channel, session.keys.version
        keys = invented_keys(spec().key_ranges["issuer"].last, card.statement.key_length)
        for command in (
            PutKey(keys, session.dek).apdu(),
            DeleteKey(own).apdu(),
            DeleteContent(NO_SUCH_AID).apdu(),
            InstallForLoad(PACKAGE).apdu(),
            Load(0, b"\xc4\x00", last=True).apdu(),
            StoreCardData(0, encode(0x42, b"\x01"), last=True).apdu(),
        ):
            card.expect("6985", command, channel)
        card.expect("9000", manager("GET DATA", 0x00, 0xE0, answer=True), channel)
        same("state of the card", _card_state(card, channel), _STATES["CARD_LOCKED"])
        for state in ("INITIALIZED", "CARD_LOCKED"):
            card.expect("6985", SetCardStatus(_STATES[state]).apdu(), channel)
        card.expect("9000", SetCardStatus(_STATES["SECURED"]).apdu(), channel)
        same("state of the card", _card_state(card, channel), _STATES["SECURED"])
        card.expect("6A88", DeleteContent(NO_SUCH_AID).apdu(), channel)


@requirement("GEN-05", needs=_KEYED)
def test_a_locked_card_refuses_with_6985_before_looking_at_session_and_parameters(
    card: CardUnderTest,
) -> None:
    with _card_locked(card):
        channel = card.session(on_manager=True).channel
        for command in spec().card_manager.values():
            if "CARD_LOCKED" not in command.states:
                wrong = manager(command.name, 0x77, 0x77, b"\x01\x02\x03")
                card.expect("6985", wrong, channel)
        card.select_manager()
        for command in spec().card_manager.values():
            if "CARD_LOCKED" not in command.states:
                card.expect("6985", manager(command.name, 0x77, 0x77, b"\x01\x02\x03"))


@requirement("SST-03", needs=_KEYED)
def test_the_card_is_locked_from_secured_only(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    while (state := _card_state(card, channel)) < _STATES["SECURED"]:
        card.expect("6985", SetCardStatus(_STATES["CARD_LOCKED"]).apdu(), channel)
        card.expect(
            "9000", SetCardStatus(min(c for c in _STATES.values() if c > state)).apdu(), channel
        )
    card.expect("6985", SetCardStatus(_STATES["SECURED"]).apdu(), channel)


@requirement("LCK-03", needs=Needs(frozenset({Stage.KEYED}), True, leaves=Stage.KEYED, last=True))
@pytest.mark.parametrize("state", ["OP_READY", "SECURED", "CARD_LOCKED"])
def test_a_terminated_card_answers_get_data_and_nothing_else(
    card: CardUnderTest, state: str
) -> None:
    isd = spec().aids.isd
    channel = card.session(on_manager=True).channel
    if state != "OP_READY":
        channel = _secure(card)
    if state == "CARD_LOCKED":
        card.run(SetCardStatus(_STATES[state]), channel)
    card.expect("9000", SetCardStatus(_STATES["TERMINATED"]).apdu(), channel)
    for back in ("SECURED", "CARD_LOCKED"):
        card.expect("6985", SetCardStatus(_STATES[back]).apdu(), channel)
    for _ in range(2):
        card.reader.reset()
        card.expect("9000", manager("GET DATA", 0x9F, 0x7F, answer=True))
        card.expect("6985", _select(isd))
        challenge = bytes(card.mac_length)
        card.expect("6985", manager("INITIALIZE UPDATE", 0x00, 0x00, challenge, answer=True))
        card.expect("6985", manager("GET STATUS", 0x80, 0x02, b"\x4f\x00", answer=True))
