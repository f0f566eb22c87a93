"""The commands that GlobalPlatformPro sends, and what it wants to find in the answers.

The program itself is in no package registry that a test could take it from. What stands here was
read from its public source, repository martinpaljak/GlobalPlatformPro: GPSession.java and
GPData.java of `library`, GPTool.java of `tool`, in their versions from 2020 to 2025. They differ in
S16 (only the newest tries it) and in --put-key with an AES key (only the newest has it).
"""

import secrets

import pytest

from card_simulator.card import Card
from tests.interop.interop_script import (
    DONE,
    MODULE,
    PACKAGE,
    Answer,
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
from tests.support.terminal import AIDS, ISD, Keys, derive

PROGRAM = Manners(always_le=True)
"""It asks for an answer with every command; it encrypts nothing where there is no data."""

MAC, ENC = 0x01, 0x03
EVERYTHING = "02 4F00 00"


@pytest.fixture
def card() -> Card:
    return blank()


@pytest.fixture
def gp(card: Card) -> Script:
    """The program at a blank card, session open as it opens one by default."""
    return opened(card)


def opened(card: Card, version: int = 0, level: int = MAC, keys: Keys | None = None) -> Script:
    script = Script(card.transmit, PROGRAM, keys or Keys())
    assert script.plain("00A4040000")[1] == 0x9000
    script.open(version, level)
    return script


def listed(gp: Script, kind: str) -> list[Tlv]:
    """Return the entries of GET STATUS, as many answers as there are; none is no error."""
    data, sw = gp.send(f"80F2{kind}02 {EVERYTHING}")
    assert sw in (0x9000, 0x6310, 0x6A88)
    while sw == 0x6310:
        more, sw = gp.send(f"80F2{kind}03 {EVERYTHING}")
        assert sw in (0x9000, 0x6310)
        data += more
    return list(read_tlvs(data))


def load(gp: Script, file: bytes, domain: bytes = ISD, block: int = 247) -> list[Answer]:
    """INSTALL [for load] and LOAD, in blocks as long as the program makes them."""
    answers = [gp.send(apdu("80E60200", lv(PACKAGE, domain, b"", b"", b""), "00"))]
    stream = b"\xc4\x82" + len(file).to_bytes(2, "big") + file
    for number, start in enumerate(range(0, len(stream), block)):
        part = stream[start : start + block]
        last = 0x80 if start + block >= len(stream) else 0x00
        answers.append(gp.send(apdu(f"80E8{last:02X}{number:02X}", part, "00")))
    return answers


def install(gp: Script, package: bytes, module: bytes, instance: bytes) -> Answer:
    """INSTALL [for install and make selectable] with one byte of no privileges and an empty C9."""
    return gp.send(apdu("80E60C00", lv(package, module, instance, b"\x00", b"\xc9\x00", b"")))


# Without a session: connect, --info


def test_the_security_domain_is_found_without_its_name(card: Card) -> None:
    data, sw = Script(card.transmit, PROGRAM).plain("00A4040000")
    (fci,) = read_tlvs(data)
    assert (fci.tag, sw) == (0x6F, 0x9000)
    assert fci[0x84].value == ISD


def test_a_connection_by_name_finds_a_block_size_and_no_version_that_it_does_not_know(
    card: Card,
) -> None:
    # It gives up on any version in the FCI but 2.1.1, 2.2 and 2.2.1.
    data, sw = Script(card.transmit, PROGRAM).plain("00A4040008A00000015100000000")
    (fci,) = read_tlvs(data)
    assert sw == 0x9000
    assert fci[0xA5][0x9F65].value == b"\xff"
    assert not fci[0xA5].all(0x73)


def test_info_finds_every_object_that_it_asks_for_or_hears_that_it_is_not_there(
    card: Card,
) -> None:
    gp = Script(card.transmit, PROGRAM)
    gp.plain("00A4040000")
    cplc, sw = gp.plain("80CA9F7F00")
    assert (cplc[:3], len(cplc), sw) == (bytes.fromhex("9F7F2A"), 45, 0x9000)
    for tag in ("0042", "0045", "00C1", "0067"):
        assert gp.plain(f"80CA{tag}00") == (b"", 0x6A88)
    assert gp.plain("80CA00CF00")[1] == 0x9000


def test_info_reads_the_scp_version_and_its_parameter_out_of_the_card_data(card: Card) -> None:
    data, _ = Script(card.transmit, PROGRAM).plain("80CA006600")
    (card_data,) = read_tlvs(data)
    assert card_data.tag == 0x66
    recognition = card_data[0x73]
    globalplatform = bytes.fromhex("2A864886FC6B")
    assert recognition[0x06].value == globalplatform + b"\x01"
    assert recognition[0x64][0x06].value == globalplatform + bytes.fromhex("040360")


def test_info_reads_the_keys_out_of_the_key_information_template(card: Card) -> None:
    data, _ = Script(card.transmit, PROGRAM).plain("80CA00E000")
    (template,) = read_tlvs(data)
    assert template.tag == 0xE0
    keys = [each.value for each in template.all(0xC0)]
    assert keys == [bytes.fromhex(f"0{number}FF8810") for number in (1, 2, 3)]


# The session


def test_a_card_in_s16_mode_refuses_the_short_challenge_and_takes_the_long_one() -> None:
    card = blank(i=0x61)
    gp = Script(card.transmit, PROGRAM)
    assert gp.initialize(0) == (b"", 0x6700)
    gp.size = 16
    data, sw = gp.initialize(0)
    assert (len(data), sw) == (45, 0x9000)
    assert gp.authenticate(MAC) == 0x9000
    assert listed(gp, "80")


def test_a_pseudo_random_challenge_is_the_one_that_the_program_computes() -> None:
    card = blank(i=0x70)
    gp = Script(card.transmit, PROGRAM)
    data, _ = gp.initialize(0)
    assert (len(data), data[12]) == (32, 0x70)
    assert data[13:21] == derive(gp.keys.enc, 0x02, data[29:32] + ISD, 64)
    assert gp.authenticate(MAC) == 0x9000


@pytest.mark.parametrize("level", [0x01, 0x03, 0x11, 0x13, 0x33])
def test_every_level_that_mode_offers_opens_a_session(level: int, card: Card) -> None:
    assert listed(opened(card, level=level), "80")


# --list


def test_list_finds_the_issuer_security_domain_under_the_name_in_the_fci(gp: Script) -> None:
    (domain,) = listed(gp, "80")
    assert domain.tag == 0xE3
    assert domain[0x4F].value == ISD
    assert domain[0x9F70].value == b"\x01"
    assert len(domain[0xC5].value) == 3


def test_list_finds_an_installed_application_with_the_load_file_and_module_it_is_from(
    gp: Script,
) -> None:
    assert install(gp, AIDS.package, AIDS.module, AIDS.instance) == DONE
    entry = next(each for each in listed(gp, "40") if each[0x4F].value == AIDS.instance)
    assert entry[0xC4].value == AIDS.package
    assert entry[0xCC].value == ISD
    assert len(entry[0x9F70].value) == 1
    for kind, modules in (("20", []), ("10", [AIDS.module])):
        file = next(each for each in listed(gp, kind) if each[0x4F].value == AIDS.package)
        assert [each.value for each in file.all(0x84)] == modules


def test_a_long_list_comes_in_several_answers(gp: Script) -> None:
    names = [AIDS.instance + bytes((number,)) for number in range(10)]
    for name in names:
        assert install(gp, AIDS.package, AIDS.module, name) == DONE
    assert gp.send(f"80F24002 {EVERYTHING}")[1] == 0x6310
    found = [entry[0x4F].value for entry in listed(gp, "40")]
    assert [name for name in found if name in names] == names


# --lock, --put-key, --delete-key


def test_lock_gives_a_blank_card_version_1_and_takes_the_factory_keys_away(
    card: Card, gp: Script
) -> None:
    keys = new_keys()
    assert gp.send("80CA00E000")[1] == 0x9000
    data, sw = gp.send(apdu("80D80081", gp.key_data(1, keys, inner_length=True)))
    checks = b"".join(check_value(key) for key in (keys.enc, keys.mac, keys.dek))
    assert (data, sw) == (b"\x01" + checks, 0x9000)
    assert listed(opened(card, keys=keys), "80")
    assert gp.initialize(0xFF)[1] == 0x6A88


@pytest.mark.parametrize("length", [16, 32])
def test_lock_replaces_the_key_set_that_opened_the_session(length: int, card: Card) -> None:
    first, second = new_keys(), new_keys(length)
    gp = opened(card)
    gp.send(apdu("80D80081", gp.key_data(1, first, inner_length=True)))
    gp = opened(card, 1, keys=first)
    answer = gp.send(apdu("80D80181", gp.key_data(1, second, inner_length=True)))
    assert answer[1] == 0x9000
    assert listed(opened(card, 1, keys=second), "80")


def test_a_second_key_set_is_added_and_the_first_one_deleted_with_it(card: Card) -> None:
    first, second = new_keys(), new_keys()
    gp = opened(card)
    gp.send(apdu("80D80081", gp.key_data(1, first, inner_length=True)))
    gp = opened(card, 1, keys=first)
    assert gp.send(apdu("80D80081", gp.key_data(2, second, inner_length=True)))[1] == 0x9000
    gp = opened(card, 2, keys=second)
    assert gp.send("80E4000003D20101") == DONE
    assert gp.initialize(1)[1] == 0x6A88


def test_one_aes_key_is_put_and_deleted_by_itself(card: Card) -> None:
    keys, key = new_keys(), secrets.token_bytes(16)
    gp = opened(card)
    gp.send(apdu("80D80081", gp.key_data(1, keys, inner_length=True)))
    gp = opened(card, keys=keys)
    block = b"\x20" + gp.key_block(key, inner_length=True)
    assert gp.send(apdu("80D80001", block, "00")) == (b"\x20" + check_value(key), 0x9000)
    assert bytes.fromhex("C00401208810") in gp.send("80CA00E000")[0]
    assert gp.send("80E4000003D20120") == DONE
    assert bytes.fromhex("C00401208810") not in gp.send("80CA00E000")[0]


def test_a_3des_key_is_refused_and_changes_nothing(card: Card, gp: Script) -> None:
    before = card.memory.image
    block = b"\x20\x80\x10" + bytes(16) + b"\x03" + bytes(3)
    assert gp.send(apdu("80D80001", block, "00")) == (b"", 0x6A80)
    assert card.memory.image == before


# --load, --install, --create, --delete, --uninstall


@pytest.mark.parametrize(("level", "block"), [(MAC, 247), (ENC, 239)])
def test_a_package_is_loaded_installed_and_uninstalled(level: int, block: int, card: Card) -> None:
    gp = opened(card, level=level)
    assert set(load(gp, load_file(PACKAGE, MODULE, bulk=1500), block=block)) == {DONE}
    assert install(gp, PACKAGE, MODULE, MODULE) == DONE
    assert MODULE in [entry[0x4F].value for entry in listed(gp, "40")]
    assert PACKAGE in [entry[0x4F].value for entry in listed(gp, "10")]
    name = b"\x4f" + lv(PACKAGE)
    assert gp.send(apdu("80E40000", name))[1] == 0x6985
    assert gp.send(apdu("80E40080", name)) == DONE
    assert MODULE not in [entry[0x4F].value for entry in listed(gp, "40")]


def test_an_instance_of_the_built_in_package_is_created_and_deleted(gp: Script) -> None:
    assert install(gp, AIDS.package, AIDS.module, AIDS.instance) == DONE
    assert gp.send(apdu("80E40000", b"\x4f" + lv(AIDS.instance))) == DONE
    assert AIDS.instance not in [entry[0x4F].value for entry in listed(gp, "40")]


def test_long_parameters_have_a_length_of_two_bytes(gp: Script) -> None:
    parameters = b"\xc9\x81\x80" + bytes(128)
    start = lv(AIDS.package, AIDS.module, AIDS.instance, b"\x00") + b"\x81\x83"
    assert gp.send(apdu("80E60C00", start + parameters + b"\x00")) == DONE


# --initialize-card, --secure-card, --lock-card, --unlock-card, --lock-applet, --unlock-applet


def test_the_card_goes_through_its_life_and_is_locked_and_unlocked(gp: Script) -> None:
    for state in ("07", "0F", "7F", "0F"):
        assert gp.send(f"80F080{state}")[1] == 0x9000
        (domain,) = listed(gp, "80")
        assert domain[0x9F70].value == bytes.fromhex(state)


def test_a_locked_card_is_found_with_a_warning_and_unlocked(gp: Script) -> None:
    for state in ("07", "0F", "7F"):
        gp.send(f"80F080{state}")
    data, sw = gp.plain("00A4040000")
    (fci,) = read_tlvs(data)
    assert (fci[0x84].value, sw) == (ISD, 0x6283)
    gp.open(0, MAC)
    assert gp.send("80F0800F")[1] == 0x9000
    assert gp.plain("00A4040000")[1] == 0x9000


def test_an_applet_is_locked_and_unlocked(gp: Script) -> None:
    def state() -> int:
        (entry,) = (each for each in listed(gp, "40") if each[0x4F].value == AIDS.instance)
        return entry[0x9F70].value[0]

    assert install(gp, AIDS.package, AIDS.module, AIDS.instance) == DONE
    before = state()
    assert gp.send(apdu("80F04080", AIDS.instance))[1] == 0x9000
    assert state() == before | 0x80
    assert gp.send(apdu("80F04000", AIDS.instance))[1] == 0x9000
    assert state() == before


# What this card does not offer: refused, with nothing changed


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (apdu("80E29000", b"\x4f" + lv(PACKAGE)), 0x6A88),
        (apdu("80E60800", lv(b"", b"", AIDS.instance, b"\x04\x00\x00", b"", b"")), 0x6A80),
        (
            apdu(
                "80E60C00",
                lv(
                    bytes.fromhex("A0000001515350"),
                    bytes.fromhex("A000000151535041"),
                    PACKAGE,
                    b"\x80",
                    b"\xc9\x04\x81\x02\x03\x60",
                    b"",
                ),
            ),
            0x6A80,
        ),
        (apdu("80E61000", lv(PACKAGE, b"", AIDS.instance, b"", b"", b"")), 0x6A81),
    ],
    ids=["--rename-isd", "--make-default", "--domain", "--move"],
)
def test_what_the_card_has_not_is_refused_and_changes_nothing(
    command: bytes, sw: int, card: Card, gp: Script
) -> None:
    install(gp, AIDS.package, AIDS.module, AIDS.instance)
    before = card.memory.image
    assert gp.send(command) == (b"", sw)
    assert card.memory.image == before
