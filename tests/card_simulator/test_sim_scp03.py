"""The card's side of SCP03, on sessions recorded with real cards and on two worked by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from applet_spec import spec
from applet_spec.simulated import new_cplc
from card_simulator.apdu import Answer, StatusError, parse
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.chip import Chip
from card_simulator.scp03 import (
    LAST_COUNT,
    Handshake,
    Session,
    StaticKeys,
    pseudo_random_challenge,
)

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "scp03_sessions.json").read_text(encoding="utf-8")
)["vectors"]


def handshake(vector: dict[str, Any], last_count: int = LAST_COUNT) -> Handshake:
    keys = StaticKeys(*(bytes.fromhex(vector["keys"][name]) for name in ("enc", "mac", "dek")))
    host_challenge = bytes.fromhex(vector["initialize_update"])[5:13]
    return Handshake(keys, host_challenge, bytes.fromhex(vector["offer"])[13:21], last_count)


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


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_a_pseudo_random_challenge_is_the_recorded_one(vector: dict[str, Any]) -> None:
    # All nine sessions are with the eUICC's ISD-R (AID: GSMA SGP.02, annex H); i is 70
    invoker = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
    offer, enc = bytes.fromhex(vector["offer"]), bytes.fromhex(vector["keys"]["enc"])
    sequence = offer[29:]
    assert pseudo_random_challenge(enc, sequence, invoker, 8) == offer[13:21]


def test_recorded_cards_count_from_1_and_for_each_key_set() -> None:
    counts: dict[str, list[int]] = {}
    for vector in VECTORS:
        sequence = int(vector["offer"][-6:], 16)
        counts.setdefault(vector["keys"]["version"], []).append(sequence)
    assert {version: sorted(found) for version, found in counts.items()} == {
        version: [1, 2, 3] for version in ("30", "31", "32")
    }


def test_the_encryption_counter_has_an_end() -> None:
    vector = VECTORS[0]
    offered = handshake(vector, last_count=2)
    opened = offered.authenticate(parse(bytes.fromhex(vector["external_authenticate"])))
    first, second, third = (
        parse(bytes.fromhex(exchange["wrapped"])) for exchange in vector["exchanges"][:3]
    )
    opened.unwrap(first)
    opened.unwrap(second)
    with pytest.raises(StatusError, match="6982"):
        opened.unwrap(third)


def transcript(name: str) -> tuple[list[bytes], list[str]]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    commands = [bytes.fromhex(line[2:]) for line in lines if line.startswith(">")]
    return commands, [line[2:] for line in lines if line.startswith("<")]


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("hand_worked_session.txt", "unicard-reference"),
        ("hand_worked_s16_session.txt", "unicard-s16-pseudo-random"),
    ],
)
def test_a_session_worked_out_by_hand_is_answered_byte_by_byte(name: str, profile: str) -> None:
    card_type = spec().card_profiles[profile]
    numbers = (bytes.fromhex("6001"), bytes.fromhex("0001"), bytes.fromhex("00000001"))
    chip = Chip(new_cplc(*numbers, card_type))
    card = Card(blank_image(chip, card_type), random=lambda size: bytes(range(8, 16))[:size])
    card.reset()
    commands, answers = transcript(name)
    assert [card.transmit(command).hex().upper() for command in commands] == answers
