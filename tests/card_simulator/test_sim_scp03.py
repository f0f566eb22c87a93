"""The card's side of SCP03, on sessions recorded with real cards and on one worked by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from card_simulator.apdu import Answer, StatusError, parse
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.chip import Chip, new_cplc
from card_simulator.scp03 import Handshake, Session, StaticKeys

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "scp03_sessions.json").read_text(encoding="utf-8")
)["vectors"]


def handshake(vector: dict[str, Any]) -> Handshake:
    keys = StaticKeys(*(bytes.fromhex(vector["keys"][name]) for name in ("enc", "mac", "dek")))
    host_challenge = bytes.fromhex(vector["initialize_update"])[5:13]
    return Handshake(keys, host_challenge, bytes.fromhex(vector["offer"])[13:21])


def session(vector: dict[str, Any]) -> Session:
    return handshake(vector).authenticate(parse(bytes.fromhex(vector["external_authenticate"])))


NAMES = [vector["name"] for vector in VECTORS]


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_the_card_cryptogram_is_the_recorded_one(vector: dict[str, Any]) -> None:
    assert handshake(vector).card_cryptogram == bytes.fromhex(vector["offer"])[21:29]


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_recorded_commands_open_and_recorded_answers_come_out(vector: dict[str, Any]) -> None:
    opened = session(vector)
    answers = 0
    for exchange in vector["exchanges"]:
        command = opened.unwrap(parse(bytes.fromhex(exchange["wrapped"])))
        plain = parse(bytes.fromhex(exchange["plain"]))
        assert (command.header, command.data) == (plain.header, plain.data)
        if "answer" in exchange:
            data = bytes.fromhex(exchange["opened"])[:-2]
            assert opened.wrap(Answer(data)).hex() == exchange["answer"]
            answers += 1
    assert answers


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
@pytest.mark.parametrize(("byte", "sw"), [(5, "6300"), (12, "6300"), (13, "6982"), (20, "6982")])
def test_a_wrong_cryptogram_gets_6300_and_a_wrong_mac_6982(
    vector: dict[str, Any], byte: int, sw: str
) -> None:
    command = bytearray.fromhex(vector["external_authenticate"])
    command[byte] ^= 1
    with pytest.raises(StatusError, match=sw):
        handshake(vector).authenticate(parse(bytes(command)))


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_a_repeated_command_gets_6982(vector: dict[str, Any]) -> None:
    opened = session(vector)
    command = parse(bytes.fromhex(vector["exchanges"][0]["wrapped"]))
    opened.unwrap(command)
    with pytest.raises(StatusError, match="6982"):
        opened.unwrap(command)


def test_keys_do_not_show_in_a_repr() -> None:
    assert "4142" not in repr(StaticKeys(b"AB" * 8, b"AB" * 8, b"AB" * 8))
    assert "AB" not in repr(StaticKeys(b"AB" * 8, b"AB" * 8, b"AB" * 8))


def test_a_session_worked_out_by_hand_is_answered_byte_by_byte() -> None:
    cplc = new_cplc(bytes.fromhex("6001"), bytes.fromhex("0001"), bytes.fromhex("00000001"))
    challenge = bytes(range(8, 16))
    card = Card(blank_image(Chip(cplc)), random=lambda size: challenge[:size])
    card.reset()
    lines = (Path(__file__).parent / "hand_worked_session.txt").read_text().splitlines()
    commands = [bytes.fromhex(line[2:]) for line in lines if line.startswith(">")]
    answers = [line[2:] for line in lines if line.startswith("<")]
    assert [card.transmit(command).hex().upper() for command in commands] == answers
