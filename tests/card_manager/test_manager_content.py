"""What is on the card and who finds it: SELECT, INSTALL, DELETE, locks, GET STATUS by tags.

Comments name the requirements that a test shows.
"""

import pytest

from tests.support.any_card import AnyCard
from tests.support.content import (
    EVERY,
    INSTANCE,
    MODULE,
    OTHER_MODULE,
    PACKAGE,
    cap,
    delete,
    deletion,
    install,
    install_for,
    listed,
    load,
    lock,
    named,
    selected,
    state_of,
)
from tests.support.terminal import AIDS, ISD, Terminal, install_data, lv


@pytest.fixture
def loaded(issuer: Terminal) -> Terminal:
    assert load(issuer) == 0x9000
    return issuer


# INSTALL


def test_an_instance_of_a_foreign_module_can_be_selected_and_knows_nothing(
    loaded: Terminal,
) -> None:
    # INS-07
    assert loaded.send(0x80, 0xE6, 0x0C, 0, install_for()) == (b"\x00", 0x9000)
    assert loaded.select(INSTANCE) == (b"\x6f\x09\x84\x07" + INSTANCE, 0x9000)
    for cla in (0x00, 0x04, 0x80, 0x84):
        for ins in (0x20, 0x50, 0x82, 0xCA, 0xE2, 0xF2):
            assert loaded.raw(bytes([cla, ins, 0, 0]) + lv(bytes(8))) == (b"", 0x6D00)
    assert loaded.select(ISD)[1] == 0x9000


def test_an_application_that_is_installed_only_waits_to_be_made_selectable(
    loaded: Terminal,
) -> None:
    # INS-06
    assert loaded.send(0x80, 0xE6, 0x04, 0, install_for()) == (b"\x00", 0x9000)
    assert loaded.sw(0x80, 0xE6, 0x04, 0, install_data(AIDS.instance)) == 0x9000
    for aid in (INSTANCE, AIDS.instance):
        assert state_of(loaded, aid) == 0x03
        assert selected(loaded, aid) == (b"", 0x6A82)
        assert loaded.send(0x80, 0xE6, 0x08, 0, named(aid)) == (b"\x00", 0x9000)
        assert state_of(loaded, aid) == 0x07
        assert loaded.sw(0x80, 0xE6, 0x08, 0, named(aid)) == 0x6985
        assert selected(loaded, aid) == (aid, 0x9000)
        loaded.select(ISD)
        loaded.authenticate()


@pytest.mark.parametrize(
    "parameters",
    [b"\xc9\x00", b"\xc9\x03abc", b"\xef\x00\xc9\x00", b"\xc9\x00\xef\x04\xc8\x02\x01\x00"],
)
def test_any_application_parameters_are_taken(loaded: Terminal, parameters: bytes) -> None:
    # INS-10
    assert install(loaded, parameters=parameters) == 0x9000


WRONG = {
    "no C9": (install_for(parameters=b"\xef\x00"), 0x6A80),
    "no parameters": (install_for(parameters=b""), 0x6A80),
    "C9 twice": (install_for(parameters=b"\xc9\x00\xc9\x00"), 0x6A80),
    "EF twice": (install_for(parameters=b"\xc9\x00\xef\x00\xef\x00"), 0x6A80),
    "another tag beside C9": (install_for(parameters=b"\xc9\x00\xca\x00"), 0x6A80),
    "no TLV": (install_for(parameters=b"\xc9"), 0x6A80),
    "a token": (install_for(token=b"t"), 0x6A80),
    "a privilege": (install_for(privileges=b"\x04"), 0x6A80),
    "a privilege in the third byte": (install_for(privileges=b"\x00\x00\x01"), 0x6A80),
    "two bytes of privileges": (install_for(privileges=b"\x00\x00"), 0x6A80),
    "a length of 90 without 81 before it": (
        install_for(parameters=b"")[:-2] + b"\x90\xc9\x81\x8d" + bytes(0x8D) + b"\x00",
        0x6A80,
    ),
    "an AID of 4 bytes": (install_for(b"abcd"), 0x6A80),
    "no AID": (install_for(b""), 0x6A80),
    "five fields": (install_for()[:-1], 0x6A80),
    "seven fields": (install_for() + b"\x00", 0x6A80),
    "an unknown load file": (install_for(package=b"another"), 0x6A88),
    "an unknown module": (install_for(module=b"another"), 0x6A88),
    "our module from this load file": (install_for(module=AIDS.module), 0x6A88),
    "the security domain's AID": (install_for(ISD), 0x6985),
    "a load file's AID": (install_for(PACKAGE), 0x6985),
    "our load file's AID": (install_for(AIDS.package), 0x6985),
}


@pytest.mark.parametrize("p1", [0x04, 0x0C])
@pytest.mark.parametrize(("data", "sw"), WRONG.values(), ids=WRONG)
def test_a_wrong_install_is_refused_and_installs_nothing(
    card: AnyCard, loaded: Terminal, p1: int, data: bytes, sw: int
) -> None:
    # INS-03, INS-04, INS-09
    before = card.kept
    assert loaded.sw(0x80, 0xE6, p1, 0, data) == sw
    assert card.kept == before


WRONG_NAMES = {
    "no AID": (named(b""), 0x6A80),
    "an unknown AID": (named(b"another"), 0x6A88),
    "the security domain": (named(ISD), 0x6A88),
    "a load file": (named(PACKAGE), 0x6A88),
    "a load file before it": (b"\x01" + named(INSTANCE)[1:], 0x6A80),
    "five fields": (named(INSTANCE)[:-1], 0x6A80),
    "a token": (named(INSTANCE)[:-1] + b"\x01t", 0x6A80),
    "a privilege": (b"\x00\x00" + lv(INSTANCE) + b"\x01\x04\x00\x00", 0x6A80),
    "application parameters": (b"\x00\x00" + lv(INSTANCE) + b"\x00\x02\xc9\x00\x00", 0x6A80),
    "a field in front": (lv(PACKAGE) + b"\x00" + lv(INSTANCE) + b"\x00\x00\x00", 0x6A80),
}


@pytest.mark.parametrize(("data", "sw"), WRONG_NAMES.values(), ids=WRONG_NAMES)
def test_a_wrong_make_selectable_is_refused_and_changes_nothing(
    card: AnyCard, loaded: Terminal, data: bytes, sw: int
) -> None:
    assert install(loaded, 0x04) == 0x9000
    before = card.kept
    assert loaded.sw(0x80, 0xE6, 0x08, 0, data) == sw
    assert card.kept == before


@pytest.mark.parametrize(
    ("p1", "sw"),
    [(0x10, 0x6A81), (0x40, 0x6A81), (0, 0x6A86), (1, 0x6A86), (6, 0x6A86), (0x80, 0x6A86)],
)
def test_other_forms_of_install_are_refused(loaded: Terminal, p1: int, sw: int) -> None:
    # INS-08
    assert loaded.sw(0x80, 0xE6, p1, 0, install_for()) == sw


def test_the_sixteenth_application_is_the_last(loaded: Terminal) -> None:
    # INS-05
    names = [INSTANCE + bytes([number]) for number in range(17)]
    assert [install(loaded, aid=name) for name in names] == [0x9000] * 16 + [0x6A84]
    assert delete(loaded, names[0]) == 0x9000
    assert install(loaded, aid=names[16]) == 0x9000


# SELECT


def test_a_partial_name_finds_the_domain_first_then_applications_in_order(
    loaded: Terminal,
) -> None:
    # ISD-04, ISD-05
    names = [ISD + b"\x01", ISD[:5] + b"\x00", INSTANCE]
    assert {install(loaded, aid=name) for name in names} == {0x9000}
    prefix = ISD[:5]
    assert selected(loaded, prefix) == (ISD, 0x9000)
    assert selected(loaded, prefix, p2=2) == (ISD[:5] + b"\x00", 0x9000)
    assert selected(loaded, prefix, p2=2) == (ISD + b"\x01", 0x9000)
    assert selected(loaded, prefix, p2=2) == (b"", 0x6A82)
    assert loaded.raw("80CA006600") == (b"", 0x6D00)  # the selection stays
    assert selected(loaded, INSTANCE[:6]) == (INSTANCE, 0x9000)
    assert selected(loaded, b"", p2=2) == (b"", 0x6A82)
    assert selected(loaded, b"") == (ISD, 0x9000)


def test_select_of_the_next_that_finds_nothing_leaves_the_session(issuer: Terminal) -> None:
    # ISD-05
    assert issuer.raw("00A4040200") == (b"", 0x6A82)
    assert issuer.sw(0x80, 0xCA, 0x00, 0xCF) == 0x9000


def test_select_takes_control_parameters_asked_for_as_the_fci(issuer: Terminal) -> None:
    assert issuer.raw(b"\x00\xa4\x04\x04" + lv(ISD)) == issuer.raw(b"\x00\xa4\x04\x00" + lv(ISD))


# Locking applications


def test_the_search_goes_on_behind_a_locked_application(loaded: Terminal) -> None:
    first, second = INSTANCE + b"\x01", INSTANCE + b"\x02"
    assert install(loaded, aid=first) == install(loaded, aid=second) == 0x9000
    assert lock(loaded, first) == 0x9000
    assert selected(loaded, INSTANCE) == (second, 0x9000)


def test_an_application_that_is_installed_only_can_be_locked_and_stays_installed(
    loaded: Terminal,
) -> None:
    install(loaded, 0x04)
    assert lock(loaded, INSTANCE) == 0x9000
    assert state_of(loaded, INSTANCE) == 0x83
    assert loaded.sw(0x80, 0xE6, 0x08, 0, named(INSTANCE)) == 0x9000
    assert state_of(loaded, INSTANCE) == 0x87
    assert lock(loaded, INSTANCE, 0x07) == 0x9000
    assert state_of(loaded, INSTANCE) == 0x07


@pytest.mark.parametrize("p2", [0x00, 0x07, 0x0F, 0x7F])
def test_only_locks_are_changed_by_set_status_of_an_application(
    card: AnyCard, loaded: Terminal, p2: int
) -> None:
    # SST-05
    install(loaded)
    before = card.kept
    assert lock(loaded, INSTANCE, p2) == 0x6985
    assert card.kept == before


@pytest.mark.parametrize(
    ("aid", "sw"),
    [(b"another", 0x6A88), (ISD, 0x6A88), (PACKAGE, 0x6A88), (INSTANCE[:6], 0x6A88),
     (b"", 0x6700), (b"abcd", 0x6700), (bytes(17), 0x6700)],
)  # fmt: skip
def test_a_lock_names_one_application(loaded: Terminal, aid: bytes, sw: int) -> None:
    # SST-06
    install(loaded)
    assert lock(loaded, aid) == sw


# DELETE


def test_a_load_file_with_applications_goes_only_together_with_them(
    card: AnyCard, loaded: Terminal
) -> None:
    # DEL-03, DEL-06
    second = INSTANCE + b"\x01"
    assert install(loaded) == install(loaded, aid=second, module=OTHER_MODULE) == 0x9000
    assert loaded.install() == 0x9000
    before = card.kept
    assert delete(loaded, PACKAGE) == 0x6985
    assert card.kept == before
    assert delete(loaded, PACKAGE, 0x80) == 0x9000
    assert listed(loaded, 0x40).count(b"\x4f") == 1
    assert PACKAGE not in listed(loaded, 0x10)
    assert AIDS.instance in listed(loaded, 0x40)
    assert load(loaded) == 0x9000


def test_a_load_file_without_applications_is_deleted_alone(loaded: Terminal) -> None:
    assert install(loaded) == 0x9000
    assert delete(loaded, INSTANCE, 0x80) == 0x9000
    assert delete(loaded, PACKAGE) == 0x9000
    assert PACKAGE not in listed(loaded, 0x20)
    assert install(loaded) == 0x6A88


UNDELETABLE = {
    "the security domain": (deletion(ISD), 0, 0x6985),
    "our load file": (deletion(AIDS.package), 0, 0x6985),
    "our load file with its applications": (deletion(AIDS.package), 0x80, 0x6985),
    "an unknown AID": (deletion(b"another"), 0, 0x6A88),
    "a module": (deletion(MODULE), 0, 0x6A88),
    "the beginning of an AID": (deletion(INSTANCE[:6]), 0, 0x6A88),
    "an AID of 4 bytes": (deletion(b"abcd"), 0, 0x6A80),
    "an AID of 17 bytes": (deletion(bytes(17)), 0, 0x6A80),
    "two AIDs": (deletion(INSTANCE) + deletion(PACKAGE), 0, 0x6A80),
    "a token": (deletion(INSTANCE) + b"\x9e\x01t", 0, 0x6A80),
    "no TLV": (b"\x4f\x08" + INSTANCE, 0, 0x6A80),
    "another P2": (deletion(INSTANCE), 0x01, 0x6A86),
}


@pytest.mark.parametrize(("data", "p2", "sw"), UNDELETABLE.values(), ids=UNDELETABLE)
def test_a_wrong_delete_is_refused_and_deletes_nothing(
    card: AnyCard, loaded: Terminal, data: bytes, p2: int, sw: int
) -> None:
    # DEL-03, DEL-04, DEL-05
    assert install(loaded) == loaded.install() == 0x9000
    before = card.kept
    assert loaded.sw(0x80, 0xE4, 0, p2, data) == sw
    assert card.kept == before


# GET STATUS


def test_a_tag_list_says_which_parts_of_an_entry_are_answered(loaded: Terminal) -> None:
    # GST-06
    install(loaded)
    aid = "4f07" + INSTANCE.hex()
    for tags, answer in {
        "4f": aid,
        "4f9f70": aid + "9f700107",
        "9f70c5": "9f700107c503000000",
        "c4": "c406" + PACKAGE.hex(),
        "cc": "cc08" + ISD.hex(),
        "84": "",
        "5f9f704f": aid,
        "": aid + "9f700107c503000000c406" + PACKAGE.hex() + "cc08" + ISD.hex(),
    }.items():
        search = EVERY + b"\x5c" + lv(bytes.fromhex(tags))
        entry = bytes.fromhex(answer)
        assert loaded.send(0x80, 0xF2, 0x40, 2, search) == (b"\xe3" + lv(entry), 0x9000), tags
    modules = loaded.send(0x80, 0xF2, 0x10, 2, b"\x4f\x06" + PACKAGE + b"\x5c\x01\x84")[0]
    assert modules.hex() == f"e3128407{MODULE.hex()}8407{OTHER_MODULE.hex()}"


def test_a_list_is_gone_on_with_for_the_same_search_only(loaded: Terminal) -> None:
    # GST-05
    for number in range(8):
        install(loaded, aid=INSTANCE + bytes([number]))
    for other in (b"\x4f\x05" + INSTANCE[:5], EVERY + b"\x5c\x01\x4f"):
        assert loaded.sw(0x80, 0xF2, 0x40, 2, EVERY) == 0x6310
        assert loaded.sw(0x80, 0xF2, 0x40, 3, other) == 0x6985
    assert loaded.sw(0x80, 0xF2, 0x40, 2, EVERY) == 0x6310
    assert loaded.sw(0x80, 0xCA, 0x00, 0xCF) == 0x9000
    assert loaded.sw(0x80, 0xF2, 0x40, 3, EVERY) == 0x6985


def test_every_entry_of_a_full_card_fits_an_answer(issuer: Terminal) -> None:
    package = bytes([0xF7]) * 16
    modules = [bytes([0xF7]) * 15 + bytes([number]) for number in range(8)]
    assert load(issuer, package, cap(package, modules)) == 0x9000
    found = listed(issuer, 0x10)
    assert all(module in found for module in modules)
