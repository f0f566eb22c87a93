"""The issuer security domain: SELECT and GET DATA."""

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ANY_CARD
from card_conformance.requirement import requirement
from card_conformance.suite.support import NO_SUCH_AID, manager
from host_lib.apdu import Apdu
from host_lib.command import GetCardData, GetCplc, GetKeyInformation, Select, SelectCardManager
from host_lib.scp03 import initialize_update
from host_lib.tlv import find, parse

_CARD_DATA, _DIVERSIFICATION_DATA = 0x0066, 0x00CF
_AES = 0x88


def _get(tag: int) -> Apdu:
    return manager("GET DATA", tag >> 8, tag & 0xFF, answer=True)


@requirement("ISD-01", needs=ANY_CARD)
def test_the_card_manager_is_selected_by_name_and_by_default(card: CardUnderTest) -> None:
    for aid in (spec().aids.isd, b""):
        (template,) = parse(card.expect("9000", SelectCardManager(aid).apdu()).data)
        same("tag of the FCI", f"{template.tag:02X}", "6F")
        name = find(parse(template.value), 0x84)
        same("AID in the FCI", name and name.value, spec().aids.isd)


@requirement("ISD-01", needs=ANY_CARD)
def test_the_card_manager_is_selected_after_reset(card: CardUnderTest) -> None:
    card.expect("9000", _get(_DIVERSIFICATION_DATA))


@requirement("ISD-02", needs=ANY_CARD)
def test_get_data_answers_production_data_and_card_data(card: CardUnderTest) -> None:
    card.select_manager()
    cplc = card.run(GetCplc())
    check(any(cplc.chip_serial), "chip serial", "zeros", "a serial")
    card_data = parse(card.run(GetCardData(_CARD_DATA)))
    same("object in the card data", [f"{part.tag:02X}" for part in card_data], ["73"])


@requirement("ISD-02", needs=ANY_CARD)
def test_key_information_and_diversification_data_agree_with_initialize_update(
    card: CardUnderTest,
) -> None:
    card.select_manager()
    entries = card.run(GetKeyInformation())
    check(len(entries) >= 3, "keys of the card", len(entries), "three or more")
    same("types of the keys", {entry.type for entry in entries}, {_AES})
    diversification = card.run(GetCardData(_DIVERSIFICATION_DATA))
    for version in {entry.version for entry in entries}:
        offer = card.run(initialize_update(version, bytes(card.mac_length)))
        same("diversification data", offer.diversification, diversification)
        identifiers = sorted(e.identifier for e in entries if e.version == version)
        same(f"key identifiers of version {version:02X}", identifiers, [1, 2, 3])


@requirement("ISD-03", needs=ANY_CARD)
def test_another_tag_is_not_found(card: CardUnderTest) -> None:
    card.select_manager()
    for tag in (0xDF7E, 0x0001):
        card.expect("6A88", _get(tag))


@requirement("SEL-02", needs=ANY_CARD)
def test_an_unknown_name_is_not_found_from_the_card_manager_either(card: CardUnderTest) -> None:
    card.select_manager()
    card.expect("6A82", Select(NO_SUCH_AID).apdu())
    card.expect("9000", _get(_DIVERSIFICATION_DATA))
