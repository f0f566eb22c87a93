"""The commands that gpshell sends, and what it wants to find in the answers.

gpshell is in no package registry that a test could take it from. What stands here was read from
the public source of it and its library, repository kaoh/globalplatform: gpshell/src/gpshell.1.md,
globalplatform/src/globalplatform.c and crypto.c, from 2020 to 2026.
"""

import pytest

from card_simulator.card import Card
from card_simulator.card_manager import blank_image
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
"""It writes an Le where it wants an answer, none after EXTERNAL AUTHENTICATE."""


@pytest.fixture
def card() -> Card:
    return blank()


def script(card: Card, level: int = 1, version: int = 0, keys: Keys | None = None) -> Script:
    """Return the program after ``select -AID`` and ``open_sc -security LEVEL``.

    Before it opens a session it reads the protocol and its parameter out of the card data.
    """
    shell = Script(card.transmit, PROGRAM, keys or Keys())
    assert shell.plain("00A4040008A00000015100000000")[1] == 0x9000
    data, sw = shell.plain("80CA006600")
    assert sw == 0x9000
    (card_data,) = read_tlvs(data)
    assert card_data[0x73][0x64][0x06].value[-2:] == bytes.fromhex("0360")
    shell.open(version, level)
    return shell


def get_status(shell: Script, element: str) -> list[Tlv]:
    """Do ``get_status -element``: every status word but 9000 and 6310 ends the script."""
    data, sw = shell.send(f"80F2{element}02024F0000")
    while sw == 0x6310:
        more, sw = shell.send(f"80F2{element}03024F0000")
        data += more
    assert sw == 0x9000, f"the script ends with {sw:04X}"
    entries = list(read_tlvs(data))
    assert {entry.tag for entry in entries} == {0xE3}
    for entry in entries:
        assert len(entry[0x9F70].value) >= 1
        assert {len(each.value) for each in entry.all(0xC5)} <= {1, 3}
    return entries


@pytest.mark.parametrize("level", [1, 3, 51], ids=["MAC", "MAC+ENC", "all four"])
def test_list_script_finds_domain_applications_and_packages_of_an_installed_card(
    level: int, card: Card
) -> None:
    fields = lv(AIDS.package, AIDS.module, AIDS.instance, b"\x00", b"\xc9\x00", b"")
    assert script(card).send(apdu("80E60C00", fields, "00")) == DONE
    shell = script(card, level)
    assert [entry[0x4F].value for entry in get_status(shell, "80")] == [ISD]
    assert AIDS.instance in [entry[0x4F].value for entry in get_status(shell, "40")]
    for element in ("20", "10"):
        assert AIDS.package in [entry[0x4F].value for entry in get_status(shell, element)]


def test_list_script_finds_an_application_on_stock_that_comes_with_one(card: Card) -> None:
    stock = Card(blank_image(card.chip, installed=True))
    stock.reset()
    assert [entry[0x4F].value for entry in get_status(script(stock), "40")] == [AIDS.instance]


@pytest.mark.parametrize("inner_length", [True, False], ids=["library 7", "newest source"])
def test_put_sc_key_adds_a_set_and_replaces_it(inner_length: bool, card: Card) -> None:
    first, second = new_keys(), new_keys()
    shell = script(card)
    data, sw = shell.send(
        apdu("80D80081", shell.key_data(1, first, inner_length=inner_length), "00")
    )
    checks = b"".join(check_value(key) for key in (first.enc, first.mac, first.dek))
    assert (data, sw) == (b"\x01" + checks, 0x9000)
    shell = script(card, version=1, keys=first)
    data = shell.key_data(1, second, inner_length=inner_length)
    assert shell.send(apdu("80D80181", data, "00"))[1] == 0x9000
    assert get_status(script(card, version=1, keys=second), "80")


@pytest.mark.parametrize("p2", ["00", "80"], ids=["older libraries", "library 7"])
def test_delete_key_deletes_the_set_that_the_session_does_not_use(p2: str, card: Card) -> None:
    first, second = new_keys(), new_keys()
    shell = script(card)
    shell.send(apdu("80D80081", shell.key_data(1, first, inner_length=True), "00"))
    shell = script(card, version=1, keys=first)
    shell.send(apdu("80D80081", shell.key_data(2, second, inner_length=True), "00"))
    assert shell.send(f"80E400{p2}03D2010200") == DONE
    assert shell.initialize(2)[1] == 0x6A88


def test_install_script_loads_with_le_on_the_last_block_only(card: Card) -> None:
    shell = script(card, level=3)
    assert shell.send(apdu("80E60200", lv(PACKAGE, ISD, b"", b"", b""), "00")) == DONE
    file = load_file(PACKAGE, MODULE, bulk=600)
    stream = b"\xc4\x82" + len(file).to_bytes(2, "big") + file
    blocks = [stream[start : start + 239] for start in range(0, len(stream), 239)]
    for number, part in enumerate(blocks[:-1]):
        assert shell.send(apdu(f"80E800{number:02X}", part)) == DONE
    assert shell.send(apdu(f"80E880{len(blocks) - 1:02X}", blocks[-1], "00")) == DONE
    limits = bytes.fromhex("C900 EF08 C70201F4 C80201F4")
    fields = lv(PACKAGE, MODULE, MODULE, b"\x00", limits, b"")
    assert shell.send(apdu("80E60C00", fields, "00")) == DONE
    assert MODULE in [entry[0x4F].value for entry in get_status(shell, "40")]


def test_delete_script_deletes_the_package_with_its_applet_and_asks_for_no_answer(
    card: Card,
) -> None:
    test_install_script_loads_with_le_on_the_last_block_only(card)
    shell = script(card)
    assert shell.send(apdu("80E40080", b"\x4f" + lv(PACKAGE))) == DONE
    assert PACKAGE not in [entry[0x4F].value for entry in get_status(shell, "20")]


def test_send_apdu_with_the_production_data_reads_tag_and_value(card: Card) -> None:
    shell = script(card)
    inside = shell.send("80CA9F7F00")
    shell.plain("00A4040008A00000015100000000")
    for answer in (inside, shell.plain("80CA9F7F00")):
        assert (answer[0][:3], len(answer[0]), answer[1]) == (b"\x9f\x7f\x2a", 45, 0x9000)


def test_the_privilege_of_the_example_scripts_is_not_granted(card: Card) -> None:
    fields = lv(AIDS.package, AIDS.module, AIDS.instance, b"\x02", b"\xc9\x00", b"")
    assert script(card).send(apdu("80E60C00", fields, "00")) == (b"", 0x6A80)
