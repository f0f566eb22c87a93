"""The commands that pySim sends to a security domain, and what it wants to find in the answers.

pySim is in no package registry that a test could take it from. What stands here was read from its
public source, repository osmocom/pysim of 2024 and 2025: pySim/global_platform/__init__.py and
scp.py, pySim/commands.py, pySim/transport/pcsc.py.
"""

import pytest

from card_simulator.card import Card
from tests.interop.interop_script import (
    DONE,
    MODULE,
    PACKAGE,
    Manners,
    Script,
    Tlv,
    apdu,
    blank,
    check_value,
    load_file,
    lv,
    new_keys,
    read_tlvs,
)
from tests.support.terminal import AIDS, ISD, Keys

PROGRAM = Manners()
"""Under C-ENC it sends nothing for no data, but counts; EXTERNAL AUTHENTICATE has no Le."""

QUALIFIER = "5C054F9F70C5CC"
"""The tags that its GET STATUS asks for."""


@pytest.fixture
def card() -> Card:
    return blank()


def opened(card: Card, version: int = 0, level: int = 3, keys: Keys | None = None) -> Script:
    """Select as it selects an application, and open a session.

    It takes only versions 30 to 3F and 0, which lets the card choose: so blank stock is reached.
    """
    script = Script(card.transmit, PROGRAM, keys or Keys())
    script.plain("00A4040408" + ISD.hex() + "00")
    script.open(version, level)
    return script


def listed(pysim: Script, kind: str) -> list[Tlv]:
    """Return what GET STATUS finds; any status word but 6310 ends the list, without an error."""
    data, sw = pysim.send(f"80F2{kind}02 09 4F00 {QUALIFIER} 00")
    while sw == 0x6310:
        more, sw = pysim.send(f"80F2{kind}03 09 4F00 {QUALIFIER} 00")
        data += more
    return list(read_tlvs(data))


@pytest.mark.parametrize("ending", ["", "00"], ids=["without Le", "with Le"])
def test_a_domain_is_selected_asking_for_an_fcp_and_answers_its_fci(
    ending: str, card: Card
) -> None:
    data, sw = Script(card.transmit, PROGRAM).plain("00A4040408" + ISD.hex() + ending)
    (fci,) = read_tlvs(data)
    assert (fci.tag, fci[0x84].value, sw) == (0x6F, ISD, 0x9000)


@pytest.mark.parametrize("tag", [0x66, 0xE0])
def test_a_template_is_read_with_its_tag(tag: int, card: Card) -> None:
    data, sw = Script(card.transmit, PROGRAM).plain(f"80CA00{tag:02X}00")
    (template,) = read_tlvs(data)
    assert (template.tag, sw) == (tag, 0x9000)


@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71])
@pytest.mark.parametrize("level", [0x01, 0x03, 0x33])
def test_a_session_opens_in_each_mode_and_at_each_level(i: int, level: int) -> None:
    card = blank(i)
    pysim = Script(card.transmit, PROGRAM, size=16 if i & 1 else 8)
    data, _ = pysim.initialize(0)
    assert len(data) == 13 + 2 * pysim.size + (3 if i & 0x10 else 0)
    assert pysim.authenticate(level) == 0x9000
    assert [entry[0x4F].value for entry in listed(pysim, "80")] == [ISD]
    assert pysim.send("80CA00E000")[1] == 0x9000
    assert [entry[0x4F].value for entry in listed(pysim, "80")] == [ISD]


def test_get_status_answers_only_the_tags_that_were_asked_for(card: Card) -> None:
    pysim = opened(card)
    for kind in ("80", "20", "10"):
        for entry in listed(pysim, kind):
            assert {each.tag for each in entry.all()} <= {0x4F, 0x9F70, 0xC5, 0xCC}


def test_put_key_writes_keys_without_an_inner_length(card: Card) -> None:
    keys = new_keys()
    pysim = opened(card)
    data, sw = pysim.send(apdu("80D80081", pysim.key_data(0x30, keys, inner_length=False), "00"))
    checks = b"".join(check_value(key) for key in (keys.enc, keys.mac, keys.dek))
    assert (data, sw) == (b"\x30" + checks, 0x9000)
    assert listed(opened(card, 0x30, keys=keys), "80")


@pytest.mark.parametrize("length", [24, 32])
def test_put_key_replaces_a_set_by_longer_keys(length: int, card: Card) -> None:
    first, second = new_keys(), new_keys(length)
    pysim = opened(card)
    pysim.send(apdu("80D80081", pysim.key_data(0x30, first, inner_length=False), "00"))
    pysim = opened(card, 0x30, keys=first, level=1)
    answer = pysim.send(apdu("80D83081", pysim.key_data(0x31, second, inner_length=False), "00"))
    assert answer[1] == 0x9000
    assert listed(opened(card, 0x31, keys=second), "80")


def test_delete_key_names_number_and_version_or_the_version_alone(card: Card) -> None:
    first, second = new_keys(), new_keys()
    pysim = opened(card)
    pysim.send(apdu("80D80081", pysim.key_data(0x30, first, inner_length=False), "00"))
    pysim = opened(card, 0x30, keys=first)
    pysim.send(apdu("80D80081", pysim.key_data(0x31, second, inner_length=False), "00"))
    assert pysim.send("80E4000006D00103D2013100") == DONE
    assert pysim.initialize(0x31)[1] == 0x6A88
    pysim.open(0x30, 3)
    assert pysim.send("80E4000003D2013100") == DONE


def test_a_package_is_loaded_in_blocks_of_240_installed_and_deleted(card: Card) -> None:
    pysim = opened(card, level=1)
    assert pysim.send(apdu("80E60200", lv(PACKAGE, b"", b"", b"", b""), "00")) == DONE
    file = load_file(PACKAGE, MODULE, bulk=700)
    stream = b"\xc4\x82" + len(file).to_bytes(2, "big") + file
    for number, start in enumerate(range(0, len(stream), 240)):
        last = 0x80 if start + 240 >= len(stream) else 0x00
        part = stream[start : start + 240]
        assert pysim.send(apdu(f"80E8{last:02X}{number:02X}", part, "00")) == DONE
    fields = lv(PACKAGE, MODULE, MODULE, b"\x00", b"\xc9\x00", b"")
    assert pysim.send(apdu("80E60C00", fields, "00")) == DONE
    assert MODULE in [entry[0x4F].value for entry in listed(pysim, "40")]
    assert pysim.send(apdu("80E40080", b"\x4f" + lv(PACKAGE), "00")) == DONE
    assert PACKAGE not in [entry[0x4F].value for entry in listed(pysim, "20")]


def test_store_data_in_ber_tlv_keeps_issuer_and_card_number(card: Card) -> None:
    pysim = opened(card)
    issuer, number = bytes.fromhex("420498180100"), b"\x45\x0a" + bytes(range(10))
    assert pysim.send(apdu("80E29000", issuer + number, "00"))[1] == 0x9000
    pysim.plain("00A4040408" + ISD.hex())
    assert pysim.plain("80CA004200") == (issuer, 0x9000)
    assert pysim.plain("80CA004500") == (number, 0x9000)


def test_an_application_is_installed_without_privileges_and_named_for_personalization(
    card: Card,
) -> None:
    pysim = opened(card)
    fields = lv(AIDS.package, AIDS.module, AIDS.instance, b"", b"\xc9\x00", b"")
    assert pysim.send(apdu("80E60C00", fields, "00")) == DONE
    name = b"\x00\x00" + lv(AIDS.instance) + bytes(3)
    assert pysim.send(apdu("80E62000", name, "00")) == DONE


def test_set_status_without_a_name_moves_the_card_on(card: Card) -> None:
    pysim = opened(card)
    assert pysim.send("80F0800700")[1] == 0x9000
    assert pysim.send("80F0800F00")[1] == 0x9000
    (domain,) = listed(pysim, "80")
    assert domain[0x9F70].value == b"\x0f"


def test_a_plain_command_of_another_class_ends_the_session_only(card: Card) -> None:
    # It protects no command whose class lacks bit 80: SELECT in a session goes out plain.
    pysim = opened(card)
    assert pysim.plain("00A4040408" + ISD.hex() + "00")[1] == 0x9000
    pysim.open(0, 3)
    assert listed(pysim, "80")


def test_an_installation_without_parameters_is_refused(card: Card) -> None:
    # GlobalPlatform wants at least an empty C9, which pySim writes only when it is told to.
    fields = lv(AIDS.package, AIDS.module, AIDS.instance, b"", b"", b"")
    assert opened(card).send(apdu("80E60C00", fields, "00")) == (b"", 0x6A80)
