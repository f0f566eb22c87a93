"""SELECT of the application."""

from dataclasses import replace

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import APPLICATION, ISSUED, WITH_KEYS, WITH_PIN, Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    NO_SUCH_AID,
    application,
    expect_closed,
    expect_open,
    get_data,
    pin_is_verified,
    read,
    tag_of,
    verify,
)
from host_lib.apdu import Apdu
from host_lib.command import Select, SelectCardManager, SetStatus
from host_lib.flow.objects import decode_cardholder
from host_lib.secret import Pin
from host_lib.tlv import Tlv, parse

_DETAILS = {0x80: 2, 0x81: 1, 0x82: 2, 0x83: 3}


def _select(aid: bytes) -> Apdu:
    return Select(aid).apdu()


@requirement("SEL-01", needs=APPLICATION)
def test_select_by_the_full_aid_answers_the_fci(card: CardUnderTest) -> None:
    answer = card.expect("9000", _select(spec().aids.instance))
    (template,) = parse(answer.data)
    same("tag of the FCI", f"{template.tag:02X}", "6F")
    inside = {part.tag: part.value for part in parse(template.value)}
    same("AID in the FCI", inside.get(0x84), spec().aids.instance)
    details = {part.tag: len(part.value) for part in parse(inside.get(0xA5, b""))}
    same("objects in the FCI and their lengths", details, _DETAILS)
    fci = card.select()
    same("profile version", fci.version, spec().version)
    check(fci.pin_tries <= spec().limits["pin_tries"], "PIN tries", fci.pin_tries, "0 to 3")
    check(fci.finger_tries <= spec().limits["finger_tries"], "tries", fci.finger_tries, "0 to 8")


@requirement("SEL-02", needs=APPLICATION)
def test_select_of_an_unknown_name_leaves_the_selection_as_it_was(card: CardUnderTest) -> None:
    public = get_data(spec().object_named("card serial").tag)
    card.select()
    before = card.send(public)
    card.expect("6A82", _select(NO_SUCH_AID))
    same("the same object after a failed SELECT", card.send(public), before)
    card.select_manager()
    card.expect("6A82", _select(NO_SUCH_AID))
    card.expect("9000", Apdu(0x80, 0xCA, 0x9F, 0x7F, ne=256, label="GET DATA"))


@requirement("SEL-02", needs=WITH_KEYS)
def test_select_of_an_unknown_name_leaves_the_session_as_it_was(card: CardUnderTest) -> None:
    channel = card.session().channel
    card.expect("6A82", _select(NO_SUCH_AID))
    expect_open(card, channel)


@requirement("SEL-03", "STA-01", needs=at(Stage.ISSUED, leaves=Stage.TERMINATED))
def test_a_terminated_application_answers_select_and_nothing_else(card: CardUnderTest) -> None:
    channel = card.session().channel
    card.run(SetStatus("TERMINATED"), channel)
    for _ in range(2):
        answer = card.expect("6285", _select(spec().aids.instance))
        same("state in the FCI", _state(parse(answer.data)), spec().states["TERMINATED"].code)
        for name, p1, p2, length in (
            ("GET DATA", 0xDF, 0x51, 0),
            ("VERIFY", 0x00, 0x81, 0),
            ("INTERNAL AUTHENTICATE", 0x00, 0x00, 17),
            ("INITIALIZE UPDATE", card.key_version(), 0x00, 8),
            ("SET STATUS", 0x40, 0x1F, 0),
        ):
            command = application(name, p1, p2, bytes(length), answer=True)
            card.expect("6D00", command)
            card.expect("6D00", replace(command, cla=command.cla | 0x04))
        card.reader.reset()


def _state(fci: tuple[Tlv, ...]) -> int | None:
    inside = {part.tag: part.value for part in parse(fci[0].value)}
    details = {part.tag: part.value for part in parse(inside[0xA5])}
    return details[0x81][0] if 0x81 in details else None


@requirement("SEL-04", needs=WITH_KEYS)
def test_select_ends_the_session(card: CardUnderTest) -> None:
    channel = card.session().channel
    expect_open(card, channel)
    card.select()
    expect_closed(card, channel)
    channel = card.session().channel
    card.run(SelectCardManager(spec().aids.isd))
    card.select()
    expect_closed(card, channel)


@requirement("SEL-04", "PIN-08", needs=WITH_PIN)
def test_select_clears_the_verified_flags(card: CardUnderTest, holder_pin: Pin) -> None:
    card.expect("9000", verify(holder_pin.block()))
    card.select()
    check(not pin_is_verified(card), "the PIN flag after SELECT", "set", "cleared")


@requirement("SEL-05", needs=ISSUED)
def test_the_fci_holds_nothing_but_what_the_contract_lists(card: CardUnderTest) -> None:
    answer = card.expect("9000", _select(spec().aids.instance))
    (template,) = parse(answer.data)
    inside = parse(template.value)
    same("tags in the FCI", [f"{part.tag:02X}" for part in inside], ["84", "A5"])
    details = [(f"{part.tag:02X}", len(part.value)) for part in parse(inside[1].value)]
    same("details in the FCI", details, [(f"{t:02X}", n) for t, n in _DETAILS.items()])


@requirement("SEL-05", needs=reading(WITH_KEYS))
def test_the_fci_holds_no_number_and_no_name_of_the_holder(card: CardUnderTest) -> None:
    fci = card.expect("9000", _select(spec().aids.instance)).data
    channel = card.session().channel
    holder = decode_cardholder(read(card, tag_of("cardholder data"), channel))
    number = read(card, tag_of("card number"), channel)
    private = (
        number,
        bytes.fromhex(holder.national_id),
        holder.name.encode(),
        bytes.fromhex(holder.mobile.ljust(12, "f")),
    )
    found = sum(value in fci for value in private)
    same("values of the holder in the FCI", found, 0)
