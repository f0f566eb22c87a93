"""Commands as bytes, worked out by hand from ISO/IEC 7816-4, GlobalPlatform and the contract."""

from collections.abc import Iterator

import pytest

from applet_spec import spec
from host_lib.apdu import Response
from host_lib.command import (
    AskPin,
    ChangePin,
    Command,
    DeleteContent,
    DeleteKey,
    GenerateKeyPair,
    GetCardData,
    GetCardRecognition,
    GetCplc,
    GetData,
    GetDataPart,
    GetKeyInformation,
    GetSequenceCounter,
    GetStatus,
    Install,
    InstallForLoad,
    InstallForPersonalization,
    InternalAuthenticate,
    Load,
    MakeSelectable,
    PutData,
    PutKey,
    Registry,
    ResetRetryCounter,
    Select,
    SelectCardManager,
    SetApplicationStatus,
    SetCardStatus,
    SetStatus,
    StoreCardData,
    StoreData,
    VerifyPin,
)
from host_lib.errors import ProtocolError
from host_lib.keyset import KeySet
from host_lib.refusals import Refused, UnknownStatusWord, WrongPin, refusal
from host_lib.secret import AesKey, Pin

GP_TEST_KEY = AesKey(bytes.fromhex("404142434445464748494A4B4C4D4E4F"))

BYTES: list[tuple[Command[object], str]] = [
    (Select(bytes.fromhex("F0554E49434152440101")), "00A404000AF0554E4943415244010100"),
    (SelectCardManager(), "00A4040000"),
    (GetData(0x5A), "00CA005A00"),
    (GetData(0xDF51), "00CADF5100"),
    (GetDataPart(0x65), "00CB3FFF035C016500"),
    (GetDataPart(0x7F21, 0x00E0), "00CB3FFF085C027F21540200E000"),
    (PutData(0xDF52, bytes.fromhex("2026112220311122")), "00DADF52082026112220311122"),
    (AskPin(), "00200081"),
    (VerifyPin(Pin("1234")), "0020008108241234FFFFFFFFFF"),
    (ChangePin(Pin("1234"), Pin("98765432")), "0024008110241234FFFFFFFFFF2898765432FFFFFF"),
    (ResetRetryCounter(), "002C0381"),
    (ResetRetryCounter(Pin("55555")), "002C0281082555555FFFFFFFFF"),
    (InternalAuthenticate(bytes(16), 2), "00880000110000000000000000000000000000000002" + "00"),
    (InternalAuthenticate(bytes(16), 0, True), "0088000111" + "00" * 17 + "00"),
    (GenerateKeyPair(), "0046800000"),
    (StoreData(3, b"\x01\x03", last=False), "80E20803020103"),
    (StoreData(255, b"\x01\x03", last=True), "80E288FF020103"),
    (SetStatus("SUSPENDED"), "80F0403F"),
    (SetStatus("TERMINATED"), "80F0407F"),
    (GetCplc(), "80CA9F7F00"),
    (GetKeyInformation(), "80CA00E000"),
    (DeleteKey(0x30), "80E4000003D2013000"),
    (
        Install(b"\x01" * 5, b"\x02" * 5, b"\x03" * 5),
        "80E60C0018"
        + "050101010101"
        + "050202020202"
        + "050303030303"
        + "0100"
        + "02C900"
        + "0000",
    ),
    (GetStatus(Registry.APPLICATIONS), "80F24002024F0000"),
    (GetStatus(Registry.LOAD_FILES, go_on=True), "80F22003024F0000"),
    (SetCardStatus(0x0F), "80F0800F"),
]

AID = bytes.fromhex("A000000151")
CONTENT: list[tuple[Command[object], str]] = [
    (SelectCardManager(AID), "00A4040005A00000015100"),
    (SelectCardManager(AID, next_one=True), "00A4040205A00000015100"),
    (GetCardRecognition(), "80CA006600"),
    (GetSequenceCounter(), "80CA00C100"),
    (GetCardData(0x42), "80CA004200"),
    (GetStatus(Registry.APPLICATIONS, aid=AID), "80F24002074F05A00000015100"),
    (GetStatus(Registry.LOAD_FILES_AND_MODULES), "80F21002024F0000"),
    (GetStatus(Registry.ISSUER_SECURITY_DOMAIN), "80F28002024F0000"),
    # GlobalPlatform 2.3.1, 11.5.2.3.1: load file, security domain, hash, parameters, token.
    (InstallForLoad(AID), "80E602000A" + "05A000000151" + "00000000" + "00"),
    (
        InstallForLoad(AID, AID, b"\xab" * 20),
        "80E6020023" + "05A000000151" * 2 + "14" + "AB" * 20 + "0000" + "00",
    ),
    (Load(0, b"\xc4\x01\x00", last=False), "80E8000003C4010000"),
    (Load(5, b"\xc4\x01\x00", last=True), "80E8800503C4010000"),
    (
        Install(AID, AID, AID, b"\x07", selectable=False),
        "80E6040019" + "05A000000151" * 3 + "0100" + "03C90107" + "00" + "00",
    ),
    # 11.5.2.3.3: load file and module are empty.
    (MakeSelectable(AID), "80E608000C" + "0000" + "05A000000151" + "0100" + "0000" + "00"),
    (InstallForPersonalization(AID), "80E620000B" + "0000" + "05A000000151" + "000000" + "00"),
    (DeleteContent(AID), "80E40000074F05A00000015100"),
    (DeleteContent(AID, related=True), "80E40080074F05A00000015100"),
    (DeleteKey(0x30, 2), "80E4000006D00102D2013000"),
    (SetApplicationStatus(AID, lock=True), "80F0408005A000000151"),
    (SetApplicationStatus(AID, lock=False), "80F0400005A000000151"),
    # 11.11.2.1: b8 the last block, b5 b4 = 10 BER-TLV.
    (StoreCardData(0, b"\x42\x01\x00", last=False), "80E2100003420100"),
    (StoreCardData(7, b"\x42\x01\x00", last=True), "80E2900703420100"),
]


@pytest.mark.parametrize(
    ("command", "expected"), BYTES + CONTENT, ids=lambda value: repr(value)[:40]
)
def test_a_command_has_these_bytes(command: Command[object], expected: str) -> None:
    assert command.apdu().encode().hex().upper() == expected


def test_put_key_sends_three_aes_blocks_under_the_dek_with_their_check_values() -> None:
    # GPC Amendment D, 7.2: type 88, length 11, key length 10, cryptogram, 03, check value.
    # AES-ECB of the test key under itself, and of 16 bytes 01, are one block each, so that CBC
    # with ICV 0 gives the same; both values computed with `openssl enc -aes-128-ecb -nopad`.
    block = "8811" + "10" + "80D2A5B08FA0EE51143B459E638106DF" + "03" + "504A77"
    keys = KeySet(0x30, GP_TEST_KEY, GP_TEST_KEY, GP_TEST_KEY)
    assert PutKey(keys, GP_TEST_KEY).apdu().data.hex().upper() == "30" + block * 3


def test_put_key_succeeds_only_if_the_card_echoes_version_and_check_values() -> None:
    keys = KeySet(0x30, GP_TEST_KEY, GP_TEST_KEY, GP_TEST_KEY)
    command = PutKey(keys, GP_TEST_KEY)
    command.decode(Response(bytes.fromhex("30" + "504A77" * 3), 0x9000))
    with pytest.raises(ProtocolError, match="check values"):
        command.decode(Response(bytes.fromhex("30" + "504A77" * 2 + "504A78"), 0x9000))


def test_secret_data_is_marked_so_that_no_trace_shows_it() -> None:
    keys = KeySet(0x30, GP_TEST_KEY, GP_TEST_KEY, GP_TEST_KEY)
    secret: list[Command[None]] = [
        VerifyPin(Pin("1234")),
        ChangePin(Pin("1234"), Pin("4321")),
        ResetRetryCounter(Pin("1234")),
        StoreData(0, b"\x01", last=True),
        PutKey(keys, GP_TEST_KEY),
    ]
    for command in secret:
        assert command.apdu().secret_ranges == ((0, len(command.apdu().data)),), command


def test_select_reads_the_fci() -> None:
    inside = bytes.fromhex("800201008101" + "0F" + "82020308" + "83030001FF")
    aid = bytes.fromhex("F0554E49434152440101")
    body = b"\x84\x0a" + aid + b"\xa5" + bytes((len(inside),)) + inside
    fci = Select(aid).decode(Response(b"\x6f" + bytes((len(body),)) + body, 0x9000))
    assert (fci.version, fci.state, fci.pin_tries, fci.finger_tries) == (
        (1, 0),
        "PERSONALIZED",
        3,
        8,
    )
    assert fci.transaction_number == 0x1FF


@pytest.mark.parametrize("answer", ["", "6F00", "6F0284", "8400", "6F0484000000", "FFFF"])
def test_a_malformed_fci_is_a_protocol_error(answer: str) -> None:
    with pytest.raises(ProtocolError):
        Select(spec().aids.instance).decode(Response(bytes.fromhex(answer), 0x9000))


def _every_status() -> Iterator[tuple[str, str, int]]:
    for book in (spec().commands, spec().card_manager):
        for command in book.values():
            for word in command.status:
                yield command.target, command.name, int(word.pattern.replace("x", "2"), 16)


@pytest.mark.parametrize(("target", "name", "sw"), list(_every_status()))
def test_every_status_word_of_the_contract_becomes_an_error_that_says_it(
    target: str, name: str, sw: int
) -> None:
    contract = (spec().commands if target == "application" else spec().card_manager)[name]
    error = refusal(contract, sw)
    word = contract.meaning(sw)
    assert isinstance(error, Refused)
    assert word is not None
    assert word.told(sw) in error.message
    assert (error.changed, error.advice, error.sw) == (word.changed, word.advice, sw)


def test_a_wrong_pin_says_how_many_tries_are_left() -> None:
    error = refusal(spec().commands["VERIFY"], 0x63C2)
    assert isinstance(error, WrongPin)
    assert error.tries_left == 2
    assert "2 tries left" in error.message


def test_a_status_word_that_the_contract_does_not_have_is_uncertain_not_a_success() -> None:
    error = refusal(spec().commands["VERIFY"], 0x9F42)
    assert isinstance(error, UnknownStatusWord)
    assert int(error.exit_code) == 4
    assert "9F42" in error.message


def test_a_command_with_an_empty_answer_refuses_data() -> None:
    with pytest.raises(ProtocolError):
        VerifyPin(Pin("1234")).decode(Response(b"\x00", 0x9000))
