"""INSTALL for load, LOAD, applications of a loaded file, and DELETE."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.needs import ANY_CARD, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.cap import (
    OURS,
    PACKAGE,
    blocks,
    bring,
    components,
    digest,
    filled,
    install,
    instance,
    load_file,
    module,
    on_card,
    remove,
)
from card_conformance.suite.support import NO_SUCH_AID, application, manager
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import (
    DeleteContent,
    InstallForLoad,
    MakeSelectable,
    Registry,
    Select,
)
from host_lib.flow.registry import list_registry
from host_lib.tlv import encode

_KEYED = at(Stage.KEYED)


def _select(aid: bytes, p2: int = 0x00) -> Apdu:
    return application("SELECT", 0x04, p2, aid, answer=True)


def _loaded(card: CardUnderTest, channel: SecureChannel) -> dict[bytes, tuple[bytes, ...]]:
    """Return the modules of each load file that the registry lists."""
    found = card.run(list_registry(Registry.LOAD_FILES_AND_MODULES), channel)
    return {entry.aid: tuple(entry.modules) for entry in found}


def _nothing_came(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    check(PACKAGE not in _loaded(card, channel), "load files", "the refused one too", "as before")


def _fields(*fields: bytes) -> bytes:
    return b"".join(bytes((len(field),)) + field for field in fields)


@requirement("LOD-01", needs=_KEYED)
def test_a_load_file_is_loaded_in_blocks_and_its_modules_can_be_installed(
    card: CardUnderTest,
) -> None:
    names = (module(1), module(2))
    with on_card(card, *names) as channel:
        same("modules in the registry", _loaded(card, channel).get(PACKAGE), names)
        card.expect("9000", install(instance(), number=2), channel)


@requirement("LOD-01", needs=_KEYED)
@pytest.mark.parametrize("length", [20, 32], ids=["SHA-1", "SHA-256"])
def test_a_load_file_with_the_announced_hash_is_taken(card: CardUnderTest, length: int) -> None:
    channel = card.session(on_manager=True).channel
    data = components(module())
    try:
        bring(card, channel, data, digest=digest(data, length))
        check(PACKAGE in _loaded(card, channel), "load files", "without ours", "with it")
    finally:
        remove(card, PACKAGE)


@requirement("LOD-02", needs=ANY_CARD)
def test_nobody_loads_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", next(blocks(load_file(components(module())))))


@requirement("LOD-03", needs=_KEYED)
def test_load_out_of_the_blue_is_refused(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for command in blocks(load_file(components(module())), size=20):
        card.expect("6985", command, channel)
    _nothing_came(card)


@requirement("LOD-04", needs=_KEYED)
@pytest.mark.parametrize("number", [0, 2], ids=["repeated", "left out"])
def test_a_block_that_is_not_the_next_one_ends_the_loading(
    card: CardUnderTest, number: int
) -> None:
    channel = card.session(on_manager=True).channel
    first, *others = blocks(load_file(components(module())), size=20)
    card.expect("9000", InstallForLoad(PACKAGE).apdu(), channel)
    card.expect("9000", first, channel)
    card.expect("6A86", manager("LOAD", 0x00, number, b"\x00", answer=True), channel)
    card.expect("6985", others[0], channel)
    _nothing_came(card)


@requirement("LOD-05", needs=_KEYED)
@pytest.mark.parametrize(
    "fault",
    ["another name", "another hash", "no CAP file", "cut short", "one byte more", "DAP block"],
)
def test_a_load_file_that_is_not_right_is_refused_whole(card: CardUnderTest, fault: str) -> None:
    channel = card.session(on_manager=True).channel
    data = components(module())
    stream, hashed = load_file(data), b""
    if fault == "another name":
        stream = load_file(components(module(), package=PACKAGE + b"\x01"))
    elif fault == "another hash":
        hashed = digest(data + b"\x00", 32)
    elif fault == "no CAP file":
        stream = load_file(components(module(), magic=bytes(4)))
    elif fault == "cut short":
        stream = load_file(data[:-1])
    elif fault == "one byte more":
        stream += b"\x00"
    else:
        stream = encode(0xE2, encode(0x4F, spec().aids.isd) + encode(0xC3, bytes(8))) + stream
    card.expect("9000", InstallForLoad(PACKAGE, digest=hashed).apdu(), channel)
    answers = [f"{card.send(command, channel).sw:04X}" for command in blocks(stream, 200)]
    try:
        same("answer to the load file", answers[-1], "6A80")
        _nothing_came(card)
    finally:
        remove(card, PACKAGE)


@requirement("LOD-06", needs=at(Stage.KEYED, leaves=Stage.KEYED))
def test_a_load_file_beyond_all_room_is_refused(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    stream = load_file(filled(spec().limits["load_file_bytes"]))
    card.expect("9000", InstallForLoad(PACKAGE).apdu(), channel)
    for command in blocks(stream, channel.max_data):
        answer = card.send(command, channel).sw
        if answer != 0x9000:
            same("answer to the block that does not fit", f"{answer:04X}", "6A84")
            break
    else:
        check(False, "a load file of more than 64 KiB", "9000", "6A84")
    _nothing_came(card)


@requirement("LOD-07", needs=_KEYED)
@pytest.mark.parametrize("between", ["GET DATA", "GET STATUS", "an unknown one"])
def test_another_command_in_between_ends_the_loading(card: CardUnderTest, between: str) -> None:
    channel = card.session(on_manager=True).channel
    first, *others = blocks(load_file(components(module())), size=20)
    card.expect("9000", InstallForLoad(PACKAGE).apdu(), channel)
    card.expect("9000", first, channel)
    card.send(_between(between), channel)
    try:
        card.expect("6985", others[0], channel)
        _nothing_came(card)
    finally:
        remove(card, PACKAGE)


def _between(name: str) -> Apdu:
    if name == "GET DATA":
        return manager("GET DATA", 0x00, 0x66, answer=True)
    if name == "GET STATUS":
        return manager("GET STATUS", 0x80, 0x02, b"\x4f\x00", answer=True)
    return Apdu(0x80, 0x02, 0x00, 0x00)


# INSTALL


@requirement("INS-03", needs=_KEYED)
def test_a_name_that_is_taken_is_not_given_again(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        card.expect("6985", InstallForLoad(PACKAGE).apdu(), channel)
        card.expect("6985", install(PACKAGE), channel)
        card.expect("9000", install(instance()), channel)
        card.expect("6985", install(instance()), channel)


@requirement("INS-04", needs=_KEYED)
def test_a_load_file_for_a_domain_that_is_not_there_is_refused(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A88", InstallForLoad(PACKAGE, domain=NO_SUCH_AID).apdu(), channel)
    card.expect("6A88", MakeSelectable(NO_SUCH_AID).apdu(), channel)


@requirement("INS-06", needs=_KEYED)
def test_an_application_that_is_only_installed_cannot_be_selected_yet(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance(), selectable=False), channel)
        states = {
            entry.aid: entry.life_cycle
            for entry in card.run(list_registry(Registry.APPLICATIONS), channel)
        }
        same("state", states.get(instance()), spec().content_states["INSTALLED"].code)
        card.expect("6A82", _select(instance()))
        channel = card.session(on_manager=True).channel
        card.expect("9000", MakeSelectable(instance()).apdu(), channel)
        card.expect("6985", MakeSelectable(instance()).apdu(), channel)
        card.expect("9000", _select(instance()))


@requirement("INS-07", needs=_KEYED)
def test_a_foreign_application_answers_its_name_and_nothing_else(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance()), channel)
        fci = card.expect("9000", _select(instance())).data
        same("FCI", fci, encode(0x6F, encode(0x84, instance())))
        for ins in (0xCA, 0x50, 0x20, 0x02):
            card.expect("6D00", Apdu(0x80, ins, 0x00, 0x00))


@requirement("INS-08", needs=_KEYED)
@pytest.mark.parametrize("p1", [0x10, 0x40], ids=["extradition", "registry update"])
def test_what_needs_another_domain_is_not_supported(card: CardUnderTest, p1: int) -> None:
    channel = card.session(on_manager=True).channel
    data = _fields(spec().aids.isd, b"", NO_SUCH_AID, b"", b"", b"")
    card.expect("6A81", manager("INSTALL", p1, 0x00, data, answer=True), channel)


@requirement("INS-09", needs=_KEYED)
@pytest.mark.parametrize("fault", ["privilege", "token", "no C9", "short", "long", "name"])
def test_malformed_install_data_installs_nothing(card: CardUnderTest, fault: str) -> None:
    with on_card(card) as channel:
        c9 = encode(0xC9, b"")
        parts = [PACKAGE, module(), instance(), b"\x00", c9, b""]
        changed = {"privilege": (3, b"\x80"), "token": (5, b"\x01"), "no C9": (4, b"")}
        if fault in changed:
            place, value = changed[fault]
            parts[place] = value
        if fault == "name":
            parts[2] = b"\xf0\x01\x02\x03"
        data = _fields(*parts)
        data = data[:-1] if fault == "short" else data + b"\x00" * (fault == "long")
        card.expect("6A80", manager("INSTALL", 0x0C, 0x00, data, answer=True), channel)
        card.expect("6A82", _select(instance()))


@requirement("INS-09", needs=_KEYED)
def test_a_hash_of_another_length_is_refused(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    card.expect("6A80", InstallForLoad(PACKAGE, digest=bytes(21)).apdu(), channel)


@requirement("INS-10", needs=_KEYED)
def test_application_and_system_parameters_are_taken(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        system = encode(0xEF, encode(0xC8, b"\x04\x00"))
        for number, more in ((1, b""), (2, system)):
            parameters = encode(0xC9, b"\x01\x02\x03") + more
            data = _fields(PACKAGE, module(), instance(number), b"", parameters, b"")
            card.expect("9000", manager("INSTALL", 0x0C, 0x00, data, answer=True), channel)


# SELECT by partial name


@requirement("ISD-04", needs=_KEYED)
def test_the_first_bytes_of_a_name_select_the_domain_or_the_first_application(
    card: CardUnderTest,
) -> None:
    isd = spec().aids.isd
    with on_card(card) as channel:
        for number in (2, 1):
            card.expect("9000", install(instance(number)), channel)
        for name, expected in ((isd[:5], isd), (PACKAGE, instance(1)), (PACKAGE[:-1], instance(1))):
            fci = card.expect("9000", _select(name)).data
            check(expected in fci, f"SELECT {name.hex().upper()}", fci.hex().upper(), "its FCI")


@requirement("ISD-05", needs=_KEYED)
def test_select_next_goes_through_the_applications_of_a_name(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        for number in (1, 2):
            card.expect("9000", install(instance(number)), channel)
        card.expect("9000", _select(PACKAGE))
        fci = card.expect("9000", _select(PACKAGE, 0x02)).data
        check(instance(2) in fci, "the next one", fci.hex().upper(), "the second application")
        card.expect("6A82", _select(PACKAGE, 0x02))
        # What was selected still is: it knows no instruction.
        card.expect("6D00", Apdu(0x80, 0xCA, 0x9F, 0x7F, ne=256))


# DELETE


@requirement("DEL-01", needs=_KEYED)
def test_a_deleted_application_is_gone_and_its_name_free(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        for _ in range(2):
            card.expect("9000", install(instance()), channel)
            card.expect("9000", DeleteContent(instance()).apdu(), channel)
        card.expect("6A82", _select(instance()))
        card.reader.reset()
        card.expect("6A82", _select(instance()))


@requirement("DEL-02", needs=ANY_CARD)
def test_nobody_deletes_content_without_a_session(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6982", DeleteContent(NO_SUCH_AID).apdu())


@requirement("DEL-03", needs=_KEYED)
def test_what_must_stay_is_not_deleted(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        card.expect("9000", install(instance()), channel)
        card.expect("6985", DeleteContent(PACKAGE).apdu(), channel)
        card.expect("6985", DeleteContent(spec().aids.isd).apdu(), channel)
        for related in (False, True):
            card.expect("6985", DeleteContent(spec().aids.package, related).apdu(), channel)
        check(
            PACKAGE in _loaded(card, channel), "load files", "without the one in use", "as before"
        )
        card.expect("9000", _select(instance()))


@requirement("DEL-04", needs=_KEYED)
@pytest.mark.parametrize("data", ["4F00", "4F04F0000000", "4F05F000000000D0", "5005F000000000"])
def test_what_is_no_name_cannot_be_deleted(card: CardUnderTest, data: str) -> None:
    channel = card.session(on_manager=True).channel
    command = manager("DELETE", 0x00, 0x00, bytes.fromhex(data), answer=True)
    card.expect("6A80", command, channel)


@requirement("DEL-05", needs=_KEYED)
def test_what_is_not_there_cannot_be_deleted(card: CardUnderTest) -> None:
    channel = card.session(on_manager=True).channel
    for related in (False, True):
        card.expect("6A88", DeleteContent(NO_SUCH_AID, related).apdu(), channel)


@requirement("DEL-06", needs=_KEYED)
def test_a_load_file_goes_with_its_applications(card: CardUnderTest) -> None:
    with on_card(card) as channel:
        for number in (1, 2):
            card.expect("9000", install(instance(number)), channel)
        card.expect("9000", DeleteContent(PACKAGE, related=True).apdu(), channel)
        check(PACKAGE not in _loaded(card, channel), "load files", "still with it", "without it")
        for number in (1, 2):
            card.expect("6A82", _select(instance(number)))


@requirement("DEL-07", needs=at(Stage.ISSUED, leaves=Stage.INSTALLED))
def test_a_deleted_application_leaves_nothing_behind(card: CardUnderTest) -> None:
    aids = spec().aids
    if card.record is None:
        raise NotRun("somebody else personalized this card")
    channel = card.session(on_manager=True).channel
    card.expect("9000", DeleteContent(aids.instance).apdu(), channel)
    card.expect("6A82", Select(aids.instance).apdu())
    channel = card.session(on_manager=True).channel
    data = _fields(aids.package, aids.module, aids.instance, b"\x00", encode(0xC9, b""), b"")
    card.expect("9000", manager("INSTALL", 0x0C, 0x00, data, answer=True), channel)
    fci = card.select()
    same("state", fci.state, "BLANK")
    same("PIN tries", fci.pin_tries, 0)


assert all(PACKAGE[: len(aid)] != aid for aid in OURS), "the suite's names are its own"
