"""A transaction that was worked out by hand, byte by byte."""

from pathlib import Path

from card_simulator.card import Card
from tests.card_simulator.sim_host import with_services


def test_a_transaction_worked_out_by_hand_is_answered_byte_by_byte() -> None:
    issued, _ = with_services()
    card = Card(issued.memory.image, random=lambda size: bytes(range(8, 16))[:size])
    card.reset()
    lines = (Path(__file__).parent / "hand_worked_transaction.txt").read_text().splitlines()
    commands = [bytes.fromhex(line[2:]) for line in lines if line.startswith(">")]
    answers = [line[2:] for line in lines if line.startswith("<")]
    assert len(commands) == len(answers) == 7
    assert [card.transmit(command).hex().upper() for command in commands] == answers
