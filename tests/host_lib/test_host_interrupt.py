"""Ctrl-C at a card: the answer is waited for, nothing more is sent, the card's state is told."""

import signal

import pytest

from applet_spec import Changed, ExitCode
from card_simulator.reader import SimReader
from host_lib.interrupt import Interrupted, stopping_between_commands
from tests.support.cards import issued_card

SELECT = bytes.fromhex("00A4040008A000000151000000")
GET_CPLC = bytes.fromhex("80CA9F7F00")


def test_the_command_at_hand_is_answered_and_the_next_one_is_not_sent() -> None:
    with issued_card() as card, stopping_between_commands(card) as reader:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as caught:
            reader.transmit(SELECT)
        assert caught.value.exit_code is ExitCode.UNCERTAIN
        # Afterwards the card can be asked how it stands.
        assert reader.transmit(SELECT).endswith(b"\x90\x00")
        assert reader.transmit(GET_CPLC).endswith(b"\x90\x00")


def test_the_second_one_ends_the_work_at_once_and_nobody_claims_to_know_the_card() -> None:
    def work(card: SimReader) -> None:
        with stopping_between_commands(card):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with issued_card() as card, pytest.raises(Interrupted, match="at once") as caught:
        work(card)
    assert caught.value.changed is Changed.UNKNOWN


def test_one_that_comes_after_the_last_command_takes_nothing_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with issued_card() as card, stopping_between_commands(card) as reader:
        reader.transmit(SELECT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
