"""Transcripts worked out by hand from the standards, which no code of the project has written."""

from collections.abc import Callable, Generator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from host_lib import (
    BalanceTooSmall,
    Debit,
    Role,
    RoleKeys,
    RoleKeySet,
    SecurityStatusNotSatisfied,
    Slot,
    Terminal,
    TerminalJournal,
)
from host_lib.apdu import Apdu, Response
from host_lib.command import GetDataPart, Select
from host_lib.errors import CardCryptogramError, ReaderError
from host_lib.flow.pos import Pos
from host_lib.flow.role_session import open_role_session, read_role_key_sets
from host_lib.framing import framed
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext
from host_lib.scp03 import authenticate, initialize_update, open_session, secured
from host_lib.secret import AesKey, Pin
from host_lib.tlv import find, parse
from host_lib.transports.replay import REPLAY, ReplayReader
from keys_tool.derivation import derive_receipt_key, derive_role_keys

FOLDER = Path(__file__).parents[1] / "transcripts"
GP_TEST_KEY = AesKey(bytes(range(0x40, 0x50)))
GP_TEST_KEYS = KeySet(0xFF, GP_TEST_KEY, GP_TEST_KEY, GP_TEST_KEY)
COUNTING_KEYS = KeySet(0x31, AesKey(bytes(range(0x40, 0x60))), AesKey(bytes(range(0x60, 0x80))))
COUNTING_AES_192 = KeySet(0x31, AesKey(bytes(range(0x40, 0x58))), AesKey(bytes(range(0x60, 0x78))))

Flow = Generator[Apdu, Response, Any]
KEY_INFORMATION = bytes.fromhex("E012C00401308810C00402308810C00403308810")
STATUS = bytes.fromhex("E30F4F08A0000001510000009F700101C500")


def play(reader: ReplayReader, flow: Flow) -> Any:
    steps = framed(flow)
    try:
        apdu = next(steps)
        while True:
            apdu = steps.send(Response.parse(reader.transmit(apdu.encode())))
    except StopIteration as done:
        return done.value


def select() -> Flow:
    response = yield Apdu(0, 0xA4, 4, 0, ne=256)
    fci = parse(response.data)
    aid, longest = find(fci, 0x6F, 0x84), find(fci, 0x6F, 0xA5, 0x9F65)
    assert aid is not None
    assert longest is not None
    assert aid.value.hex() == "a000000151000000"
    assert longest.value == b"\xff"


def get_long_and_short() -> Flow:
    long = yield Apdu(0, 0xCA, 0x7F, 0x21, ne=65536)
    short = yield Apdu(0, 0xCA, 0x9F, 0x7F, ne=256)
    assert long == Response(bytes(i % 256 for i in range(300)), 0x9000)
    assert short == Response(b"\x01\x02\x03", 0x9000)


def put_long() -> Flow:
    response = yield Apdu(0, 0xDA, 0x7F, 0x21, bytes(i % 256 for i in range(300)))
    assert response.sw == 0x9000


def verify() -> Flow:
    asked = yield Apdu(0, 0x20, 0, 0x81)
    wrong = yield Apdu(0, 0x20, 0, 0x81, Pin("0000").block(), secret=True)
    right = yield Apdu(0, 0x20, 0, 0x81, Pin("12345678").block(), secret=True)
    assert [asked.sw, wrong.sw, right.sw] == [0x63C3, 0x63C2, 0x9000]


def session(
    keys: KeySet,
    level: int,
    challenge: bytes,
    longest: int,
    *,
    aid: bytes | None = None,
    max_lc: int = 255,
) -> Callable[[], Flow]:
    def commands() -> Flow:
        stored = yield Apdu(0x80, 0xE2, 0x08, 0x00, bytes.fromhex("9F010102"))
        information = yield Apdu(0x80, 0xCA, 0x00, 0xE0, ne=256)
        missing = yield Apdu(0x80, 0xCA, 0x00, 0x42, ne=256)
        status = yield Apdu(0x80, 0xF2, 0x80, 0x02, b"\x4f\x00", 256)
        assert stored == Response(b"", 0x9000)
        assert information == Response(KEY_INFORMATION, 0x9000)
        assert missing == Response(b"", 0x6A88)
        assert status == Response(STATUS, 0x6310)
        if longest:
            long = yield Apdu(0x80, 0xE2, 0x88, 0x01, bytes(n % 256 for n in range(longest)))
            assert long == Response(b"", 0x9000)

    def whole() -> Flow:
        offer = yield from initialize_update(keys.version, challenge)
        channel = yield from authenticate(offer, keys, level, challenge, aid=aid, max_lc=max_lc)
        yield from secured(channel, commands())
        assert channel.is_open
        assert not longest or longest == channel.max_data

    return whole


def wrong_card() -> Flow:
    with pytest.raises(CardCryptogramError):
        yield from open_session(GP_TEST_KEYS, 0x33, bytes(range(8)))


def with_role_keys(flow: Generator[Any, Any, Any]) -> Flow:
    """Answer a flow's request for role keys from their master, as a terminal's key holder would."""
    master = AesKey(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
    step = next(flow)
    while True:
        reply = derive_role_keys(master, step) if isinstance(step, RoleKeys) else (yield step)
        try:
            step = flow.send(reply)
        except StopIteration as done:
            return done.value


def role_session() -> Flow:
    session = yield from with_role_keys(open_role_session(Role.BREAD, Slot.A))
    sets = yield from with_role_keys(secured(session.channel, read_role_key_sets()))
    assert sets == (RoleKeySet(0x54, 1), RoleKeySet(0x64, 2))
    with pytest.raises(SecurityStatusNotSatisfied):
        yield from secured(session.channel, iter(GetDataPart(0x65)))


def bread_and_wallet() -> Flow:
    application = Select(bytes.fromhex("F0554E49434152440101"))
    fci = yield from application
    session = yield from with_role_keys(open_role_session(Role.BREAD, Slot.A))
    journal = TerminalJournal.in_memory(b"TERM0001")
    shop = Terminal("TERM0001", journal, lambda: datetime(2026, 11, 22, 8, 30, 15))
    pos = Pos(session, fci.transaction_number)
    basket = (Debit("bread", 20), Debit("wallet", 4_00))
    sold = yield from with_role_keys(pos.transact(basket, shop))
    back = yield from with_role_keys(pos.reverse(shop))
    with pytest.raises(BalanceTooSmall):
        yield from with_role_keys(pos.transact((Debit("bread", 61),), shop))
    assert (sold.balances, sold.mac.hex().upper()) == ((40, 99600), "3634604D3897CAD3")
    assert (back.balances, back.mac.hex().upper()) == ((60, 100000, 0, 0), "45144D3A289279F8")
    receipt_master = AesKey(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
    key = derive_receipt_key(receipt_master, 1, sold.card_serial)
    for receipt in (sold, back):
        assert AesContext(key.reveal()).cmac(receipt.signed_bytes())[:8] == receipt.mac
    assert [queued.receipt for queued in journal.unsent()] == [sold, back]
    closed = yield from application
    assert closed.transaction_number == back.number


TRANSCRIPTS: dict[str, Callable[[], Flow]] = {
    "select_isd": select,
    "get_response": get_long_and_short,
    "chaining": put_long,
    "verify": verify,
    "scp03_s8_aes128_level33": session(GP_TEST_KEYS, 0x33, bytes(range(8)), 239),
    "scp03_s8_aes128_level11": session(GP_TEST_KEYS, 0x11, bytes(range(8)), 0),
    "scp03_s16_aes256_level33": session(COUNTING_KEYS, 0x33, bytes(range(16)), 223),
    "scp03_s16_pseudo_random_aes192_level33": session(
        COUNTING_AES_192, 0x33, bytes(range(16)), 223, aid=bytes.fromhex("A000000151000000")
    ),
    "scp03_s8_aes128_level33_extended": session(
        GP_TEST_KEYS, 0x33, bytes(range(8)), 591, max_lc=600
    ),
    "wrong_card_cryptogram": wrong_card,
    "role_session": role_session,
    "bread_and_wallet": bread_and_wallet,
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_the_host_speaks_a_transcript_to_its_end(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_lib.flow.role_session.token_bytes", lambda n: bytes(range(n)))
    with REPLAY.open(str(FOLDER / f"{name}.jsonl")) as reader:
        play(reader, TRANSCRIPTS[name]())
        assert reader.finished


def test_every_transcript_is_played() -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(TRANSCRIPTS)


def test_another_challenge_is_another_session_and_diverges_at_once() -> None:
    reader = REPLAY.open(str(FOLDER / "scp03_s8_aes128_level33.jsonl"))
    with pytest.raises(ReaderError, match="expected 8050FF00080001020304050607"):
        play(reader, open_session(GP_TEST_KEYS, 0x33, bytes(8)))
