"""The issuer security domain of any card, driven by raw bytes.

Comments name the requirements that a test shows.
"""

import pytest

from tests.card_manager.manager_views import opens, outside, versions
from tests.support.any_card import AnyCard, chip_of
from tests.support.content import install_for, load
from tests.support.terminal import (
    AIDS,
    ISD,
    TEST_KEY,
    Keys,
    SessionEndedError,
    Terminal,
    aes_cbc,
    install_data,
)

RECOGNITION = bytes.fromhex(
    # OIDs of GlobalPlatform Card 2.3.1, annex H: card recognition data, version 2.3.1, SCP03 i = 60
    "732f06072a864886fc6b01"
    "600c060a2a864886fc6b02020301"
    "630906072a864886fc6b03"
    "640b06092a864886fc6b040360"
)
FCI = bytes.fromhex("6F108408A000000151000000A5049F6501FF")
NEW_KEYS = Keys(b"E" * 16, b"M" * 16, b"D" * 16)


def test_reset_selects_the_security_domain(card: AnyCard, host: Terminal) -> None:
    assert card.reset() == bytes.fromhex("3B800181")
    assert host.raw("80CA00CF00")[1] == 0x9000


@pytest.mark.parametrize(
    "command", ["00A4040000", "00A40400", "00A4040008A00000015100000000", "00A4040005A00000015100"]
)
def test_the_security_domain_is_selected_by_default_whole_or_partial_name(
    host: Terminal, command: str
) -> None:
    # ISD-01
    assert host.raw(command) == (FCI, 0x9000)


def test_a_name_that_nothing_has_gets_6a82(host: Terminal) -> None:
    assert host.select(AIDS.instance) == (b"", 0x6A82)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00A40000023F00", 0x6A86),
        ("00A40401", 0x6A86),
        ("00A4040C", 0x6A86),
        ("00A4040004A0000001", 0x6700),
    ],
)
def test_select_takes_names_of_5_to_16_bytes_only(host: Terminal, command: str, sw: int) -> None:
    assert host.raw(command) == (b"", sw)


def test_get_data_answers_four_tagged_objects(host: Terminal) -> None:
    # ISD-02
    cplc, _ = host.raw("80CA9F7F00")
    assert (cplc[:3], len(cplc)) == (bytes.fromhex("9F7F2A"), 45)
    serial = cplc[3:5] + cplc[13:15] + cplc[19:21] + cplc[15:19]
    assert chip_of().serial == serial
    assert host.raw("80CA00CF00") == (b"\xcf\x0a" + serial, 0x9000)
    assert host.raw("80CA00E000")[0].hex() == "e012" + "".join(
        f"c0040{key_id}ff8810" for key_id in (1, 2, 3)
    )
    assert host.raw("80CA006600") == (b"\x66\x31" + RECOGNITION, 0x9000)


def test_other_data_objects_get_6a88(host: Terminal) -> None:
    # ISD-03
    assert host.raw("80CA004200") == (b"", 0x6A88)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("81CA9F7F00", 0x6881),  # GEN-01
        ("0070000001", 0x6881),
        ("00708001", 0x6881),
        ("8070000001", 0x6D00),
        ("90CA9F7F00", 0x6884),  # GEN-02
        ("00F2800200", 0x6E00),  # GEN-03
        ("80B0000000", 0x6D00),  # GEN-04
        ("80CA9F7F0101", 0x6700),  # GEN-07
        ("80CA9F7F00000101", 0x6700),
        ("8050FF0100", 0x6A86),  # GEN-06
        ("8050FF000401020304", 0x6700),
        ("8082330010" + "00" * 16, 0x6E00),
        ("04A4040000", 0x6982),
    ],
)
def test_malformed_commands_have_their_status_word(host: Terminal, command: str, sw: int) -> None:
    assert host.raw(command) == (b"", sw)


def test_initialize_update_answers_29_bytes(host: Terminal) -> None:
    # SCP-01
    first, second = host.initialize(), host.initialize()
    assert first[:13] == chip_of().serial + bytes.fromhex("FF0360")
    assert len(first) == 29
    assert first[13:21] != second[13:21]


def test_a_key_version_that_is_not_there_gets_6a88(host: Terminal) -> None:
    # SCP-02
    assert host.raw("80503000080001020304050607") == (b"", 0x6A88)


@pytest.mark.parametrize("level", [0x01, 0x03, 0x11, 0x13, 0x33])
def test_a_session_works_at_every_level(host: Terminal, level: int) -> None:
    # SCP-03, SM-04, SM-05, SM-06
    host.authenticate(level=level)
    for _ in range(3):
        data, sw = host.send(0x80, 0xF2, 0x80, 0x02, b"\x4f\x00")
        assert (data[:2], sw) == (b"\xe3\x13", 0x9000)
        assert host.send(0x80, 0xCA, 0x00, 0xCF)[1] == 0x9000


@pytest.mark.parametrize("level", [0x00, 0x02, 0x10, 0x23, 0x31, 0x73, 0xFF])
def test_other_levels_get_6a86_and_end_the_attempt(host: Terminal, level: int) -> None:
    # SCP-07
    host.initialize()
    assert host.external_authenticate(level) == 0x6A86
    assert host.external_authenticate(0x33) == 0x6985


def test_a_wrong_cryptogram_gets_6300_a_wrong_mac_6982_and_nothing_is_open(host: Terminal) -> None:
    # SCP-04, SCP-05
    for byte, sw in ((0, 0x6300), (8, 0x6982)):
        host.initialize()
        assert host.external_authenticate(spoil=byte) == sw
        assert host.external_authenticate() == 0x6985
        assert host.raw("80F28002024F0000")[1] == 0x6982


@pytest.mark.parametrize(
    "between", ["80CA00CF00", "00A40400023F00", "81CA00CF00", "00", "80FF0000"]
)
def test_external_authenticate_comes_directly_after_initialize_update(
    host: Terminal, between: str
) -> None:
    # SCP-06
    assert host.raw("8482330010" + "00" * 16)[1] == 0x6985
    host.initialize()
    host.raw(between)
    assert host.external_authenticate() == 0x6985


def test_initialize_update_ends_the_open_session(issuer: Terminal) -> None:
    # SCP-08
    wrapped = issuer.wrap(0x80, 0xF2, 0x80, 0x02, b"\x4f\x00")
    assert issuer.raw("805044000800010203040506FF")[1] == 0x6A88
    assert issuer.raw(wrapped) == (b"", 0x6982)


def test_secure_messaging_without_a_session_gets_6982(host: Terminal) -> None:
    # SM-01
    assert host.raw("84CA00CF080011223344556677") == (b"", 0x6982)


@pytest.mark.parametrize("command", ["80CA00CF00", "0050FF0008" + "00" * 8, "80FF0000"])
def test_a_plain_command_ends_the_session(issuer: Terminal, command: str) -> None:
    # SM-02
    assert issuer.raw(command) == (b"", 0x6982)
    assert issuer.raw("80CA00CF00")[1] == 0x9000


@pytest.mark.parametrize("byte", [1, 2, 3, 5, 12, 20, 28])
def test_a_changed_command_ends_the_session(issuer: Terminal, byte: int) -> None:
    # SM-03
    command = bytearray(issuer.wrap(0x80, 0xF2, 0x80, 0x02, b"\x4f\x00"))
    command[byte] ^= 1
    assert issuer.raw(bytes(command)) == (b"", 0x6982)
    assert issuer.raw("80F28002024F0000") == (b"", 0x6982)


def test_a_session_command_without_room_for_a_mac_ends_it(issuer: Terminal) -> None:
    assert issuer.raw("84CA00CF0701020304050607") == (b"", 0x6982)
    assert issuer.raw("80CA00CF00")[1] == 0x9000


def test_wrong_padding_under_a_right_mac_ends_the_session(host: Terminal) -> None:
    host.authenticate(level=0x03)
    host.level = 0x01  # the MAC stays right, the data is encrypted here: a block of zeros
    icv = aes_cbc(host.s_enc, bytes(16), (1).to_bytes(16, "big"))
    no_padding = aes_cbc(host.s_enc, icv, bytes(16))
    assert host.sw(0x80, 0xF2, 0x80, 0x02, no_padding) == 0x6982
    assert host.raw("80F28002024F0000") == (b"", 0x6982)


def test_a_refused_command_leaves_the_session_and_its_counters(issuer: Terminal) -> None:
    # SM-07
    assert issuer.sw(0x80, 0xFF, 0, 0) == 0x6D00
    assert issuer.sw(0x80, 0xF2, 0x7F, 0x02, b"\x4f\x00") == 0x6A86
    assert issuer.sw(0x80, 0xCA, 0x00, 0x42) == 0x6A88
    assert issuer.raw("81CA00CF00") == (b"", 0x6881)
    assert issuer.raw("0070000001") == (b"", 0x6881)
    assert issuer.sw(0x80, 0xF2, 0x80, 0x02, b"\x4f\x00") == 0x9000


def test_select_and_external_authenticate_have_no_place_inside_a_session(issuer: Terminal) -> None:
    assert issuer.sw(0x00, 0xA4, 0x04, 0x00, ISD) == 0x6882
    assert issuer.sw(0x80, 0x82, 0x33, 0x00, bytes(16)) == 0x6985
    assert issuer.sw(0x80, 0xCA, 0x00, 0xCF) == 0x9000


def test_select_ends_the_session_and_a_failed_select_does_not(issuer: Terminal) -> None:
    # SEL-02, SEL-04
    assert issuer.raw("00A4040005F000000000") == (b"", 0x6A82)
    assert issuer.sw(0x80, 0xCA, 0x00, 0xCF) == 0x9000
    wrapped = issuer.wrap(0x80, 0xCA, 0x00, 0xCF)
    issuer.select(ISD)
    assert issuer.raw(wrapped) == (b"", 0x6982)


def test_an_answer_without_its_mac_is_noticed_by_these_tests(card: AnyCard) -> None:
    host = Terminal(card.transmit)
    host.authenticate()
    host.transmit = lambda command: card.transmit(command)[:-3] + b"\x00\x90\x00"
    with pytest.raises(SessionEndedError):
        host.send(0x80, 0xCA, 0x00, 0xCF)


# PUT KEY


@pytest.mark.parametrize(
    ("size", "inner_length"), [(16, True), (24, True), (32, True), (16, False), (32, False)]
)
def test_put_key_takes_sets_of_all_aes_lengths(
    card: AnyCard, issuer: Terminal, size: int, inner_length: bool
) -> None:
    # PUK-01
    keys = Keys(*(bytes([n]) * size for n in (1, 2, 3)))
    checks = b"".join(
        aes_cbc(k, bytes(16), b"\x01" * 16)[:3] for k in (keys.enc, keys.mac, keys.dek)
    )
    data = issuer.key_data(0x30, keys, inner_length=inner_length)
    assert issuer.send(0x80, 0xD8, 0, 0x81, data) == (b"\x30" + checks, 0x9000)
    assert opens(card, keys, 0x30)
    card.reset()
    assert Terminal(card.transmit).raw("80CA00E000")[0][5:8] == bytes([0x30, 0x88, size])


def test_the_transport_set_is_gone_with_the_first_new_set(card: AnyCard, issuer: Terminal) -> None:
    # PUK-07
    assert issuer.put_key(0x30, NEW_KEYS)[1] == 0x9000
    assert versions(outside(card)) == [0x30]
    assert not opens(card, Keys(), 0xFF)
    assert opens(card, NEW_KEYS, 0x30)


def test_a_set_is_replaced_by_naming_it(card: AnyCard, issuer: Terminal) -> None:
    issuer.put_key(0x30, NEW_KEYS)
    newer = Keys(b"e" * 16, b"m" * 16, b"d" * 16)
    host = Terminal(card.transmit, keys=NEW_KEYS)
    host.authenticate(0x30)
    assert host.put_key(0x31, newer, replaces=0x30)[1] == 0x9000
    host.keys = NEW_KEYS  # the session goes on with the keys that opened it
    assert host.put_key(0x31, NEW_KEYS, replaces=0x31)[1] == 0x9000
    assert versions(outside(card)) == [0x31]
    assert opens(card, NEW_KEYS, 0x31)


def test_put_key_needs_a_session_of_any_level(card: AnyCard, host: Terminal) -> None:
    # PUK-02: the keys themselves are encrypted under the DEK
    assert host.raw(b"\x80\xd8\x00\x81\x01\x30") == (b"", 0x6982)
    host.authenticate(level=0x01)
    assert host.put_key(0x30, NEW_KEYS)[1] == 0x9000
    assert opens(card, NEW_KEYS, 0x30)


def test_key_blocks_that_are_wrong_change_nothing(card: AnyCard, issuer: Terminal) -> None:
    # PUK-03
    good = issuer.key_data(0x30, NEW_KEYS)
    before = card.kept
    bad = {
        "empty": b"",
        "version only": good[:1],
        "two keys": good[:45],
        "four keys": good + good[1:23],
        "cut short": good[:-1],
        "too long": good + b"\x00",
        "not AES": good[:1] + b"\x80" + good[2:],
        "key of 15": good[:3] + b"\x0f" + good[4:],
        "check value": good[:-1] + bytes([good[-1] ^ 1]),
        "other key": good[:4] + bytes([good[4] ^ 1]) + good[5:],
        "no check value": good[:20] + b"\x00" + good[21:],
        "version 00": b"\x00" + good[1:],
        "version FF": b"\xff" + good[1:],
        "version 80": b"\x80" + good[1:],
        "mixed lengths": good[:45]
        + issuer.key_data(0x30, Keys(b"x" * 32, b"x" * 32, b"x" * 32))[1:39],
    }
    for what, data in bad.items():
        assert issuer.sw(0x80, 0xD8, 0, 0x81, data) == 0x6A80, what
    assert card.kept == before
    assert issuer.sw(0x80, 0xD8, 0, 0x81, good) == 0x9000


@pytest.mark.parametrize("p2", [0x00, 0x04, 0x80, 0x83, 0xC1])
def test_put_key_knows_three_keys(issuer: Terminal, p2: int) -> None:
    assert issuer.sw(0x80, 0xD8, 0, p2, issuer.key_data(0x30, NEW_KEYS)) == 0x6A86


def test_a_version_that_is_there_is_not_added_again(card: AnyCard, issuer: Terminal) -> None:
    # PUK-04
    issuer.put_key(0x30, NEW_KEYS)
    assert issuer.put_key(0x30, Keys()) == (b"", 0x6985)
    assert issuer.put_key(0x31, Keys())[1] == 0x9000
    assert issuer.put_key(0x30, Keys(), replaces=0x31) == (b"", 0x6985)
    assert opens(card, NEW_KEYS, 0x30)


def test_the_fifth_key_set_has_no_room(card: AnyCard, issuer: Terminal) -> None:
    # PUK-05
    for kvn in range(0x30, 0x34):
        assert issuer.put_key(kvn, NEW_KEYS)[1] == 0x9000
    assert issuer.put_key(0x34, NEW_KEYS) == (b"", 0x6A84)
    assert versions(outside(card)) == [0x30, 0x31, 0x32, 0x33]


def test_replacing_a_version_that_is_not_there_gets_6a88(issuer: Terminal) -> None:
    # PUK-06
    assert issuer.put_key(0x31, NEW_KEYS, replaces=0x30) == (b"", 0x6A88)


# DELETE KEY


def test_a_key_set_is_deleted_by_a_session_of_another(card: AnyCard, issuer: Terminal) -> None:
    # DLK-01, DLK-03, DLK-04
    issuer.put_key(0x30, NEW_KEYS)
    issuer.put_key(0x31, Keys())
    host = Terminal(card.transmit)
    host.authenticate(0x31)
    assert host.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x31") == 0x6985
    assert host.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x32") == 0x6A88
    assert host.send(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == (b"\x00", 0x9000)
    assert versions(outside(card)) == [0x31]
    assert not opens(card, NEW_KEYS, 0x30)


def test_the_sessions_key_set_stays_its_own_under_another_version(
    card: AnyCard, issuer: Terminal
) -> None:
    # DLK-03: nobody has proven that the other set opens sessions.
    issuer.put_key(0x30, Keys())
    issuer.authenticate(0x30)
    assert issuer.put_key(0x32, NEW_KEYS)[1] == 0x9000
    assert issuer.put_key(0x31, NEW_KEYS, replaces=0x30)[1] == 0x9000
    assert issuer.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x31") == 0x6985
    assert issuer.put_key(0x30, NEW_KEYS)[1] == 0x9000
    assert issuer.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == 0x9000
    assert versions(outside(card)) == [0x31, 0x32]


def test_the_last_key_set_is_never_deleted(card: AnyCard, issuer: Terminal) -> None:
    issuer.put_key(0x30, NEW_KEYS)  # the session is still that of FF
    assert issuer.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == 0x6985
    assert versions(outside(card)) == [0x30]


@pytest.mark.parametrize("data", ["", "D200", "D2023031", "D00101", "D20130D20130", "D201", "4F00"])
def test_delete_takes_a_key_version_only(issuer: Terminal, data: str) -> None:
    assert issuer.sw(0x80, 0xE4, 0, 0, bytes.fromhex(data)) == 0x6A80


def test_changes_need_a_session(host: Terminal) -> None:
    # DLK-02, INS-02, GST-03, SST-02
    for command in ("80E4000003D20130", "80E60C0000", "80F28002024F00", "80F08007"):
        assert host.raw(command) == (b"", 0x6982)


# INSTALL and GET STATUS


def test_an_installed_application_can_be_selected(issuer: Terminal) -> None:
    # INS-01, INS-03
    assert issuer.send(0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance)) == (b"\x00", 0x9000)
    assert issuer.install() == 0x6985
    assert issuer.install(ISD) == 0x6985
    assert issuer.select(AIDS.instance)[1] == 0x9000
    assert issuer.select(AIDS.instance[:8])[1] == 0x9000


def test_install_from_what_is_not_loaded_gets_6a88(issuer: Terminal) -> None:
    # INS-04
    other = bytes(8)
    assert issuer.sw(0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance, package=other)) == 0x6A88
    assert issuer.sw(0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance, module=other)) == 0x6A88


def test_malformed_install_data_gets_6a80(issuer: Terminal) -> None:
    good = install_data(AIDS.instance)
    privileges = good.replace(b"\x01\x00\x02\xc9\x00", b"\x01\x04\x02\xc9\x00")
    for data in (b"", good[:-1], good + b"\x00", privileges, good.replace(b"\xc9", b"\xc8"),
                 good[:-1] + b"\x01\xaa", install_data(b"abcd")):  # fmt: skip
        assert issuer.sw(0x80, 0xE6, 0x0C, 0, data) == 0x6A80
    assert issuer.sw(0x80, 0xE6, 0x03, 0, good) == 0x6A86


def test_get_status_lists_what_is_on_the_card(issuer: Terminal) -> None:
    # GST-01, GST-04
    host = issuer
    assert host.install() == 0x9000
    every = b"\x4f\x00"
    isd = "e3134f08a0000001510000009f700101c5039efe80"
    assert host.send(0x80, 0xF2, 0x80, 2, every)[0].hex() == isd
    application = host.send(0x80, 0xF2, 0x40, 2, every)[0].hex()
    assert application == (
        "e32a" "4f0a" + AIDS.instance.hex() + "9f700107" "c503000000"
        "c409" + AIDS.package.hex() + "cc08a000000151000000"
    )  # fmt: skip
    load_file, modules = (host.send(0x80, 0xF2, p1, 2, every)[0].hex() for p1 in (0x20, 0x10))
    assert "4f09" + AIDS.package.hex() + "9f700101ce020100" in load_file
    assert modules == load_file.replace(
        "e31d", "e329").replace("ce020100", "ce020100" "840a" + AIDS.module.hex())  # fmt: skip
    name = b"\x4f\x05" + AIDS.instance[:5]
    assert host.send(0x80, 0xF2, 0x40, 2, name)[0].hex() == application
    assert host.send(0x80, 0xF2, 0x80, 2, name) == (b"", 0x6A88)


def test_a_long_list_goes_on_after_6310(issuer: Terminal) -> None:
    # GST-02
    names = [bytes([0xF1]) + bytes(14) + bytes([n]) for n in range(16)]
    assert load(issuer) == 0x9000
    assert {issuer.sw(0x80, 0xE6, 0x0C, 0, install_for(name)) for name in names} == {0x9000}
    assert issuer.install(AIDS.instance) == 0x6A84
    found, p2 = b"", 2
    words: list[int] = []
    while not words or words[-1] == 0x6310:
        data, sw = issuer.send(0x80, 0xF2, 0x40, p2, b"\x4f\x00")
        found, p2, words = found + data, 3, [*words, sw]
    assert words == [0x6310, 0x6310, 0x6310, 0x9000]
    assert [found.count(name) for name in names] == [1] * 16
    assert issuer.sw(0x80, 0xF2, 0x40, 3, b"\x4f\x00") == 0x6985
    issuer.send(0x80, 0xF2, 0x40, 2, b"\x4f\x00")
    assert issuer.sw(0x80, 0xF2, 0x20, 3, b"\x4f\x00") == 0x6985


@pytest.mark.parametrize(
    "data", ["", "5C014F", "4F005C", "4F005C019F", "4F005C014F4F00", "4F", "4F11" + "00" * 17]
)
def test_a_search_that_is_malformed_gets_6a80(issuer: Terminal, data: str) -> None:
    assert issuer.sw(0x80, 0xF2, 0x40, 2, bytes.fromhex(data)) == 0x6A80


# SET STATUS


def test_the_card_life_cycle_goes_one_step_on_and_never_back(issuer: Terminal) -> None:
    # SST-01, SST-03
    assert issuer.sw(0x80, 0xF0, 0x80, 0x0F) == 0x6985
    assert issuer.sw(0x80, 0xF0, 0x80, 0x07) == 0x9000
    assert issuer.sw(0x80, 0xF0, 0x80, 0x07) == 0x6985
    assert issuer.sw(0x80, 0xF0, 0x80, 0x0F, ISD) == 0x9000
    assert issuer.sw(0x80, 0xF0, 0x80, 0x07) == 0x6985
    assert issuer.send(0x80, 0xF2, 0x80, 2, b"\x4f\x00")[0][-6:].hex() == "0fc5039efe80"
    for state in (0x00, 0x01, 0x03, 0x80):
        assert issuer.sw(0x80, 0xF0, 0x80, state) == 0x6A86
    for part in (0x00, 0x20, 0x60, 0xC0):
        assert issuer.sw(0x80, 0xF0, part, 0x07, ISD) == 0x6A86


def test_a_secured_card_still_opens_sessions_and_takes_keys(
    card: AnyCard, issuer: Terminal
) -> None:
    issuer.sw(0x80, 0xF0, 0x80, 0x07)
    issuer.sw(0x80, 0xF0, 0x80, 0x0F)
    card.reset()
    host = Terminal(card.transmit)
    host.authenticate()
    assert host.put_key(0x30, Keys(TEST_KEY, NEW_KEYS.mac, NEW_KEYS.dek))[1] == 0x9000
