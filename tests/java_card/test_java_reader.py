"""The reader `java`: a card in a process of its own, what can be done to it, and its ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applet_spec import Changed, spec
from applet_spec.simulated import profile_of, software_profiles
from cli import main
from host_lib import open_reader
from host_lib.errors import CardRemoved, ReaderError, ReaderNotFound, ReaderTimeout
from host_lib.reader import Reader
from java_card.control import NotNow
from java_card.reader import JAVA, JavaReader
from java_card.settings import Wiring
from tests.support.java_cards import (
    COUNT,
    COUNT_ON,
    DIVIDE_BY_ZERO,
    LONG,
    NO_END,
    PROTOCOL,
    TROUBLE,
    select,
    trouble_card,
)
from tests.support.pcscd import wait_until
from tests.support.tree import ROOT

pytestmark = pytest.mark.usefixtures("java")

SELECT_ISD = bytes.fromhex("00A4040000")
GET_CPLC = bytes.fromhex("80CA9F7F00")
OVERLONG = bytes.fromhex("00A40400") + bytes(70_000)


def cplc(reader: Reader) -> bytes:
    answer = reader.transmit(GET_CPLC)
    assert answer[-2:] == b"\x90\x00", answer.hex()
    return answer[3:-2]


def is_running(pid: int) -> bool:
    """Say whether there is such a process; one that ended and was not waited for is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def card() -> Iterator[JavaReader]:
    with JavaReader("java", trouble_card()) as reader:
        select(reader)
        yield reader


def count(reader: Reader) -> int:
    answer = reader.transmit(COUNT)
    assert answer[-2:] == b"\x90\x00", answer.hex()
    return int.from_bytes(answer[:-2], "big")


# Which card


def test_each_reader_is_a_blank_card_of_its_own() -> None:
    with open_reader("java") as one, open_reader("java") as other:
        assert one.name == "java"
        assert one.atr == bytes.fromhex("3B800181")
        assert one.transmit(SELECT_ISD)[-2:] == b"\x90\x00"
        assert cplc(one) != cplc(other)
        assert profile_of(cplc(one)) == "unicard-reference"


@pytest.mark.parametrize("name", software_profiles())
def test_a_card_type_of_the_contract_can_be_asked_for(name: str) -> None:
    with open_reader(f"java:{name}") as reader:
        assert reader.name == f"java:{name}"
        assert profile_of(cplc(reader)) == name
        profile = spec().card_profiles[name]
        assert profile.i is not None
        size = 16 if profile.i & 1 else 8
        answer = reader.transmit(bytes((0x80, 0x50, 0, 0, size, *bytes(size), 0)))
        assert (answer[10], answer[12]) == (profile.factory_version, profile.i), answer.hex()


def test_another_card_type_is_refused_before_anything_is_started() -> None:
    with pytest.raises(ReaderNotFound, match="nonsense") as caught:
        JAVA.open("nonsense")
    assert "unicard-s16" in caught.value.advice


def test_the_list_of_readers_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reader", "list", "--json"]) == 0
    readers = {entry["kind"]: entry for entry in json.loads(capsys.readouterr().out)["readers"]}
    assert readers["java"] == {"kind": "java", "names": ["java"], "problem": None}


def test_two_cards_at_once_do_not_touch_each_other(card: JavaReader) -> None:
    with JavaReader("java", trouble_card()) as other:
        select(other)
        card.control.cut_power_at(2)
        for wanted in (1, 2, 3):
            other.transmit(COUNT_ON)
            assert count(other) == wanted
        assert count(card) == 0
        card.transmit(COUNT_ON)
        with pytest.raises(CardRemoved):
            card.transmit(COUNT_ON)
        assert count(other) == 3


# What can be done to it


def test_power_that_is_cut_at_a_write_leaves_the_card_dead_until_it_is_reset(
    card: JavaReader,
) -> None:
    card.transmit(COUNT_ON)
    card.control.cut_power_at(1)
    with pytest.raises(CardRemoved, match="power failed at persistent write 1"):
        card.transmit(COUNT_ON)
    assert not card.control.powered()
    with pytest.raises(CardRemoved, match="no power"):
        card.transmit(COUNT)
    assert card.reset() == bytes.fromhex("3B800181")
    select(card)
    assert count(card) == 1


def test_power_that_is_kept_is_not_cut(card: JavaReader) -> None:
    card.control.cut_power_at(1)
    card.control.keep_power()
    card.transmit(COUNT_ON)
    assert count(card) == 1
    with pytest.raises(ValueError, match="from 1"):
        card.control.cut_power_at(0)


def test_a_card_without_power_gets_it_where_a_card_is_waited_for(card: JavaReader) -> None:
    card.control.power_off()
    card.wait_for_card(1)
    select(card)


def test_measures_say_what_a_command_cost(card: JavaReader) -> None:
    card.transmit(COUNT)
    asked = card.control.measures()
    card.transmit(COUNT_ON)
    counted = card.control.measures()
    assert (asked.writes, counted.writes) == (0, 1)
    assert counted.total_writes == asked.total_writes + 1
    assert counted.instructions > asked.instructions > 0
    assert counted.persistent_bytes == asked.persistent_bytes > 0


def test_the_memory_goes_back_to_a_checkpoint_as_often_as_asked(card: JavaReader) -> None:
    card.transmit(COUNT_ON)
    card.control.checkpoint()
    for _ in range(2):
        card.transmit(COUNT_ON)
        card.transmit(COUNT_ON)
        assert count(card) == 3
        card.control.restore()
        assert not card.control.powered()
        card.reset()
        select(card)
        assert count(card) == 1


def test_a_memory_that_is_in_the_middle_of_something_is_not_remembered(card: JavaReader) -> None:
    card.control.cut_power_at(1)
    with pytest.raises(CardRemoved):
        card.transmit(COUNT_ON)
    with pytest.raises(NotNow) as caught:
        card.control.restore()
    assert caught.value.changed is Changed.NO


def test_another_wiring_takes_effect_at_the_reset(card: JavaReader) -> None:
    by_contact = card.transmit(PROTOCOL)
    card.control.wire(Wiring.CONTACTLESS)
    assert card.transmit(PROTOCOL) == by_contact
    assert card.reset() == bytes.fromhex("3B80800101") == card.atr
    select(card)
    assert card.transmit(PROTOCOL) != by_contact


def test_what_an_applet_threw_is_told(card: JavaReader) -> None:
    assert card.control.last_thrown() == ""
    assert card.transmit(DIVIDE_BY_ZERO) == b"\x6f\x00"
    assert "ArithmeticException" in card.control.last_thrown()
    assert "Trouble.java" in card.control.last_thrown()
    card.transmit(COUNT)
    assert card.control.last_thrown() == ""


# What goes wrong on the card


def test_an_applet_without_an_end_is_a_card_that_does_not_answer(card: JavaReader) -> None:
    with pytest.raises(ReaderTimeout, match="does not come to an end") as caught:
        card.transmit(NO_END)
    assert caught.value.changed is Changed.UNKNOWN
    with pytest.raises(ReaderTimeout, match="reset"):
        card.transmit(COUNT)
    card.reset()
    select(card)
    assert count(card) == 0


def test_a_card_that_is_late_takes_no_command_until_it_is_reset() -> None:
    with JavaReader("java", trouble_card(LONG)) as card:
        select(card)
        with pytest.raises(ReaderTimeout, match=r"did not answer within 0\.02 seconds"):
            card.transmit(NO_END, 0.02)
        with pytest.raises(ReaderError, match="still works") as caught:
            card.transmit(COUNT_ON)
        assert caught.value.changed is Changed.NO
        card.reset()
        select(card)
        assert count(card) == 0


def test_what_is_asked_of_a_late_card_waits_for_it_and_mixes_no_answers_up() -> None:
    with JavaReader("java", trouble_card(LONG)) as card:
        select(card)
        with pytest.raises(ReaderTimeout):
            card.transmit(NO_END, 0.02)
        assert card.control.measures().instructions > 0
        assert not card.control.powered()


def test_an_interrupt_while_the_card_works_mixes_no_answers_up() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with JavaReader("java", trouble_card(LONG)) as card:
        select(card)
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        try:
            with pytest.raises(KeyboardInterrupt):
                card.transmit(NO_END)
        finally:
            signal.signal(signal.SIGALRM, before)
        card.reset()
        select(card)
        assert card.transmit(COUNT_ON)[-2:] == b"\x90\x00"
        assert count(card) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=st.binary(max_size=300))
def test_any_bytes_get_a_status_word_and_the_card_goes_on(card: JavaReader, command: bytes) -> None:
    if command[:2] == NO_END[:2]:
        return
    assert len(card.transmit(command)) >= 2
    card.reset()
    select(card)


def test_more_than_the_longest_apdu_is_refused_and_the_card_goes_on(card: JavaReader) -> None:
    with pytest.raises(ReaderError, match="65545"):
        card.transmit(OVERLONG)
    assert len(card.transmit(OVERLONG[:65_544])) >= 2
    assert count(card) == 0


def test_two_hundred_commands_in_a_row_are_answered_in_their_order(card: JavaReader) -> None:
    for number in range(1, 201):
        assert card.transmit(COUNT_ON) == number.to_bytes(2, "big") + b"\x90\x00"


# Its process


def test_closing_ends_the_process_and_leaves_no_zombie(card: JavaReader) -> None:
    pid = card.pid
    assert is_running(pid)
    card.close()
    assert not Path(f"/proc/{pid}").exists()
    card.close()
    for use in (lambda: card.transmit(COUNT), card.reset, lambda: card.atr, card.control.measures):
        with pytest.raises(ReaderError, match="closed"):
            use()


def test_a_killed_process_is_noticed_and_told() -> None:
    with JavaReader("java", trouble_card()) as card:
        os.kill(card.pid, signal.SIGKILL)
        card.wait_for_removal(20)
        for use in (lambda: card.transmit(COUNT), card.reset, card.control.measures):
            with pytest.raises(CardRemoved, match="ended by signal 9") as caught:
                use()
            assert "open the reader again" in caught.value.advice
    assert not Path(f"/proc/{card.pid}").exists()


def test_a_process_killed_in_the_middle_of_a_command_is_noticed() -> None:
    with JavaReader("java", trouble_card(LONG)) as card:
        select(card)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(card.pid, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        try:
            with pytest.raises(CardRemoved, match="signal 9"):
                card.transmit(NO_END, 20)
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_the_card_is_not_removed_by_itself(card: JavaReader) -> None:
    with pytest.raises(ReaderTimeout):
        card.wait_for_removal(0.05)
    with card.exclusive():
        assert count(card) == 0


def test_an_interrupt_on_the_terminal_does_not_reach_the_card(card: JavaReader) -> None:
    assert os.getsid(card.pid) == card.pid != os.getsid(0)


def test_keys_do_not_show_in_the_list_of_processes() -> None:
    with JAVA.open("") as card:
        words = Path(f"/proc/{card.pid}/cmdline").read_text()
        environment = Path(f"/proc/{card.pid}/environ").read_text()
    assert "unicard.link.Main" in words
    assert "404142434445" not in (words + environment).lower()


OPENS_A_CARD = """
import sys, time
from java_card.reader import JAVA
reader = JAVA.open("")
print(reader.pid, flush=True)
time.sleep(600)
"""


def test_a_card_whose_program_was_killed_ends() -> None:
    program = [sys.executable, "-c", OPENS_A_CARD]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
        assert wait_until(lambda: not is_running(pid))


def test_the_applet_of_these_tests_is_where_they_look(card: JavaReader) -> None:
    """Else a refused command would prove nothing."""
    assert card.transmit(b"\x80\x77\x00\x00") == b"\x6d\x00"
    assert TROUBLE
