"""INSTALL, GET STATUS, and SET STATUS of the card."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.needs import ANY_CARD, MANAGER, WITH_KEYS, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import NO_SUCH_AID, application, manager
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import Install, Registry
from host_lib.flow.registry import list_registry

_OP_READY, _INITIALIZED, _SECURED = (
    spec().card_states[name].code for name in ("OP_READY", "INITIALIZED", "SECURED")
)


def _install(load_file: bytes, module: bytes) -> Apdu:
    return Install(load_file, module, spec().aids.instance).apdu()


def _set_status(state: int) -> Apdu:
    return manager("SET STATUS", 0x80, state)


def _card_state(card: CardUnderTest, channel: SecureChannel) -> int:
    (entry,) = card.run(list_registry(Registry.ISSUER_SECURITY_DOMAIN), channel)
    return entry.life_cycle


@requirement("INS-01", needs=at(Stage.KEYED, leaves=Stage.INSTALLED))
def test_an_installed_application_can_be_selected(card: CardUnderTest) -> None:
    aids = spec().aids
    select = application("SELECT", 0x04, 0x00, aids.instance, answer=True)
    card.expect("6A82", select)
    card.expect("9000", _install(aids.package, aids.module), card.session(on_manager=True).channel)
    if card.statement.application:
        same("state", card.select().state, "BLANK")
    card.reader.reset()
    card.expect("9000", select)


@requirement("INS-02", needs=ANY_CARD)
def test_nobody_installs_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", _install(NO_SUCH_AID, NO_SUCH_AID))


@requirement("INS-03", needs=WITH_KEYS)
def test_an_application_is_not_installed_twice(card: CardUnderTest) -> None:
    aids = spec().aids
    card.expect("6985", _install(aids.package, aids.module), card.session(on_manager=True).channel)
    check(card.select().state != "BLANK", "state", "BLANK", "as before")


@requirement("INS-04", needs=MANAGER)
@pytest.mark.parametrize("unknown", ["load file", "module"])
def test_what_is_not_on_the_card_cannot_be_installed(card: CardUnderTest, unknown: str) -> None:
    aids = spec().aids
    load_file = NO_SUCH_AID if unknown == "load file" else aids.package
    channel = card.session(on_manager=True).channel
    card.expect("6A88", _install(load_file, NO_SUCH_AID), channel)


@requirement("GST-01", needs=WITH_KEYS)
def test_get_status_lists_the_application_with_its_state(card: CardUnderTest) -> None:
    state = spec().states[card.select().state].code
    channel = card.session(on_manager=True).channel
    applications = card.run(list_registry(Registry.APPLICATIONS), channel)
    states = {entry.aid: entry.life_cycle for entry in applications}
    same("state of the application", states.get(spec().aids.instance), state)


@requirement("GST-01", needs=MANAGER)
def test_get_status_lists_domain_load_file_and_module(card: CardUnderTest) -> None:
    aids = spec().aids
    channel = card.session(on_manager=True).channel
    domains = card.run(list_registry(Registry.ISSUER_SECURITY_DOMAIN), channel)
    same("issuer security domain", [entry.aid for entry in domains], [aids.isd])
    load_files = card.run(list_registry(Registry.LOAD_FILES), channel)
    check(aids.package in {e.aid for e in load_files}, "load files", "without ours", "with it")
    modules = card.run(list_registry(Registry.LOAD_FILES_AND_MODULES), channel)
    ours = [entry.modules for entry in modules if entry.aid == aids.package]
    check(any(aids.module in names for names in ours), "modules", "without ours", "with it")


@requirement("GST-03", needs=ANY_CARD)
def test_nobody_lists_the_registry_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", manager("GET STATUS", 0x40, 0x02, b"\x4f\x00", answer=True))


@requirement("GST-04", needs=MANAGER)
def test_a_search_that_nothing_fits_finds_nothing(card: CardUnderTest) -> None:
    search = bytes((0x4F, len(NO_SUCH_AID))) + NO_SUCH_AID
    channel = card.session(on_manager=True).channel
    for part in (0x80, 0x40, 0x20, 0x10):
        card.expect("6A88", manager("GET STATUS", part, 0x02, search, answer=True), channel)


@requirement("SST-01", "SST-03", needs=at(Stage.KEYED, leaves=Stage.KEYED))
def test_the_card_goes_on_one_step_at_a_time_and_never_back(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    if _card_state(card, channel) != _OP_READY:
        raise NotRun("the card's life cycle is beyond OP_READY")
    card.expect("6985", _set_status(_SECURED), channel)
    same("state", _card_state(card, channel), _OP_READY)
    card.expect("9000", _set_status(_INITIALIZED), channel)
    same("state", _card_state(card, channel), _INITIALIZED)
    card.expect("6985", _set_status(_INITIALIZED), channel)
    card.expect("9000", _set_status(_SECURED), channel)
    same("state", _card_state(card, channel), _SECURED)
    card.expect("6985", _set_status(_INITIALIZED), channel)
    card.reader.reset()
    same("state", _card_state(card, card.session(on_manager=True).channel), _SECURED)


@requirement("SST-02", needs=ANY_CARD)
def test_nobody_moves_the_card_on_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", _set_status(_INITIALIZED))


@requirement("SST-03", needs=MANAGER)
def test_a_step_back_or_over_one_is_refused(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    before = _card_state(card, channel)
    # From OP_READY this would skip a step, from SECURED it goes back.
    step = {_OP_READY: _SECURED, _SECURED: _INITIALIZED, _INITIALIZED: _INITIALIZED}[before]
    card.expect("6985", _set_status(step), channel)
    card.expect("6A86", _set_status(_OP_READY), channel)
    same("state", _card_state(card, channel), before)
