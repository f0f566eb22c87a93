"""What a card manager answers, read strictly; and keys that PUT KEY never sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import Changed, ExitCode
from host_lib.apdu import Response
from host_lib.command import (
    CardRecognition,
    Command,
    DeleteKey,
    GetCardRecognition,
    GetKeyInformation,
    GetSequenceCounter,
    Install,
    KeyEntry,
    KeyNotPuttable,
    Load,
    ProtocolOffer,
    PutKey,
    PutOneKey,
    SelectCardManager,
    StatusEntry,
)
from host_lib.command.card_answers import parse_status
from host_lib.errors import ProtocolError
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext, key_check_value
from host_lib.secret import AesKey
from host_lib.tlv import encode

DEK = AesKey(bytes.fromhex("404142434445464748494A4B4C4D4E4F"))
KEYS = st.sampled_from((16, 24, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def answered(command: Command[object], data: str, sw: int = 0x9000) -> object:
    return command.decode(Response(bytes.fromhex(data), sw))


def test_card_recognition_data_says_version_and_secure_channels() -> None:
    # GlobalPlatform 2.3.1, annex H.2: version 2.3.1, SCP03 with i = 70 and SCP02 with i = 55.
    inside = (
        "06072A864886FC6B01"
        "600C060A2A864886FC6B02020301"
        "630906072A864886FC6B03"
        "640B06092A864886FC6B040370"
        "640B06092A864886FC6B040255"
    )
    inner = f"73{len(inside) // 2:02X}{inside}"
    found = answered(GetCardRecognition(), f"66{len(inner) // 2:02X}{inner}")
    assert found == CardRecognition((2, 3, 1), (ProtocolOffer(3, 0x70), ProtocolOffer(2, 0x55)))


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "06072A864886FC6B01",
        "600906072A864886FC6B03",
        "600B06092A864886FC6B040370",
        "600C060A2A864886FC6B02020381",
        "600C060A2B864886FC6B02020301",
        "600C060A2A864886FC6B02020301640B06092A864886FC6B05037000",
        "600C060A2A864886FC6B02020301640A06082A864886FC6B0403",
    ],
)
def test_other_card_recognition_data_is_a_protocol_error(inside: str) -> None:
    inner = encode(0x73, bytes.fromhex(inside))
    with pytest.raises(ProtocolError):
        answered(GetCardRecognition(), encode(0x66, inner).hex())


def test_key_information_is_read_in_its_basic_and_in_its_extended_form() -> None:
    entries = "C00401FF8810" + "C0060230FF880020"
    found = answered(GetKeyInformation(), f"E0{len(entries) // 2:02X}{entries}")
    assert found == (KeyEntry(1, 0xFF, 0x88, 16), KeyEntry(2, 0x30, 0x88, 32))
    with pytest.raises(ProtocolError, match="cut off"):
        answered(GetKeyInformation(), "E007C0050230FF8800")


def test_the_sequence_counter_is_a_number() -> None:
    assert answered(GetSequenceCounter(), "C103000102") == 0x102


def test_a_locked_card_answers_select_with_a_warning_that_is_an_answer() -> None:
    command = SelectCardManager()
    assert command.accepts(0x6283)
    fci = command.decode(Response(bytes.fromhex("6F108408A000000151000000A5049F6501FF"), 0x6283))
    assert (fci.aid.hex().upper(), fci.largest_command_data) == ("A000000151000000", 255)
    assert fci.locked
    assert not command.decode(Response(fci.raw, 0x9000)).locked


@pytest.mark.parametrize("data", ["6F00", "8400", "6F028401", "6F0684020102A50100"])
def test_a_malformed_fci_of_the_card_manager_is_a_protocol_error(data: str) -> None:
    with pytest.raises(ProtocolError):
        answered(SelectCardManager(), data)


AIDS = st.binary(min_size=5, max_size=16)
ENTRIES = st.builds(
    StatusEntry,
    AIDS,
    st.integers(0, 255),
    st.lists(AIDS, max_size=3).map(tuple),
    st.sampled_from((b"", b"\x00", bytes(3))),
    st.one_of(st.just(b""), AIDS),
    st.one_of(st.just(b""), AIDS),
    st.sampled_from((b"", b"\x01\x00")),
)


def written(entry: StatusEntry) -> bytes:
    optional = ((0xC5, entry.privileges), (0xC4, entry.load_file), (0xCC, entry.domain))
    inside = encode(0x4F, entry.aid) + encode(0x9F70, bytes((entry.life_cycle,)))
    inside += b"".join(encode(tag, value) for tag, value in optional if value)
    inside += b"".join(encode(0x84, module) for module in entry.modules)
    return encode(0xE3, inside + (encode(0xCE, entry.version) if entry.version else b""))


@given(st.lists(ENTRIES, max_size=6))
def test_a_listing_reads_as_it_was_written(entries: list[StatusEntry]) -> None:
    assert parse_status(b"".join(map(written, entries))) == tuple(entries)


def test_a_listing_with_something_else_in_it_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        parse_status(encode(0xE4, encode(0x4F, bytes(5))))


@pytest.mark.parametrize("command", [Install(b"", b"", b""), Load(0, b"", True), DeleteKey(1)])
def test_what_is_confirmed_answers_00_or_nothing(command: Command[None]) -> None:
    for data in ("", "00"):
        assert answered(command, data) is None
    for data in ("01", "0000"):
        with pytest.raises(ProtocolError):
            answered(command, data)


@given(KEYS, KEYS, st.booleans(), st.integers(1, 3))
def test_a_single_key_travels_under_the_dek_in_both_written_forms(
    key: bytes, dek: bytes, inner_length: bool, identifier: int
) -> None:
    command = PutOneKey(0x31, identifier, AesKey(key), AesKey(dek), 0x30, inner_length=inner_length)
    if len(key) == 24 and not inner_length:
        with pytest.raises(KeyNotPuttable):
            command.apdu()
        return
    apdu = command.apdu()
    assert (apdu.p1, apdu.p2, apdu.data[0]) == (0x30, identifier, 0x31)
    size = apdu.data[2]
    field, check = apdu.data[3 : 3 + size], apdu.data[3 + size :]
    assert (apdu.data[1], check) == (0x88, b"\x03" + key_check_value(key))
    if inner_length:
        assert field[0] == len(key)
        field = field[1:]
    assert AesContext(dek).cbc_decrypt(bytes(16), field)[: len(key)] == key
    assert apdu.secret_ranges == ((0, len(apdu.data)),)
    command.decode(Response(b"\x31" + key_check_value(key), 0x9000))
    wrong = bytes(byte ^ 1 for byte in key_check_value(key))
    for data in (b"", b"\x30" + key_check_value(key), b"\x31" + wrong):
        with pytest.raises(ProtocolError):
            command.decode(Response(data, 0x9000))


@pytest.mark.parametrize("version", [0x00, 0x70, 0x7F, 0x80, 0xFF])
def test_a_version_that_no_card_takes_is_refused_before_anything_is_sent(version: int) -> None:
    commands = (
        PutKey(KeySet(version, DEK, DEK, DEK), DEK),
        PutOneKey(version, 1, DEK, DEK),
    )
    for command in commands:
        with pytest.raises(KeyNotPuttable, match=f"{version:02X}") as caught:
            command.apdu()
        assert caught.value.changed is Changed.NO
        assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("identifier", [0, 4, 0x81])
def test_a_key_identifier_other_than_enc_mac_and_dek_is_refused(identifier: int) -> None:
    with pytest.raises(KeyNotPuttable):
        PutOneKey(0x31, identifier, DEK, DEK).apdu()


def test_keys_of_wrong_length_or_of_different_lengths_are_no_key_set_at_all() -> None:
    for size in (0, 8, 15, 17, 33):
        with pytest.raises(ValueError, match="16, 24 or 32"):
            AesKey(bytes(size))
    with pytest.raises(ValueError, match="one length"):
        KeySet(0x30, DEK, DEK, AesKey(bytes(32)))
    with pytest.raises(ValueError, match="DEK"):
        PutKey(KeySet(0x30, DEK, DEK), DEK).apdu()
