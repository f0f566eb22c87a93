"""A Java card behind a real pcscd: `unicard sim serve --java`."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cli import main
from host_lib import ExitCode, open_reader
from host_lib.errors import ReaderError
from host_lib.reader import Reader
from java_card.serve import JavaCardInReader
from java_card.settings import Wiring, blank_card
from tests.support.java_cards import COUNT, COUNT_ON, NO_END, select, trouble_card
from tests.support.pcscd import Pcscd, holds_card, missing_for_pcscd, wait_until
from tests.support.serving import PATIENCE, serving
from tests.support.tree import ROOT

pytestmark = [pytest.mark.usefixtures("java")]

SELECT_ISD = bytes.fromhex("00A4040000")
UPDATE = bytes.fromhex("8050000008") + bytes(8) + b"\x00"
AUTHENTICATE = bytes.fromhex("8482330010") + bytes(16)


def opened(pcscd: Pcscd, place: int = 0) -> Reader:
    reader = open_reader(f"pcsc:{pcscd.readers[place]}")
    reader.wait_for_card(PATIENCE)
    return reader


@pytest.mark.pcsc
def test_a_java_card_sits_in_a_reader(pcscd: Pcscd) -> None:
    with serving(pcscd, 0, java=True), opened(pcscd) as reader:
        assert reader.atr == bytes.fromhex("3B800181")
        answer = reader.transmit(SELECT_ISD)
        assert answer[-2:] == b"\x90\x00"
        for _ in range(200):
            assert reader.transmit(SELECT_ISD) == answer


@pytest.mark.pcsc
def test_a_reset_reaches_the_card(pcscd: Pcscd) -> None:
    with serving(pcscd, 0, java=True), opened(pcscd) as reader:
        assert reader.transmit(UPDATE)[-2:] == b"\x90\x00"
        assert reader.transmit(AUTHENTICATE) == b"\x63\x00"
        assert reader.transmit(UPDATE)[-2:] == b"\x90\x00"
        assert reader.reset() == bytes.fromhex("3B800181")
        assert reader.transmit(AUTHENTICATE) == b"\x69\x85"


@pytest.mark.pcsc
def test_software_card_and_java_card_sit_side_by_side(pcscd: Pcscd, tmp_path: Path) -> None:
    assert main(["sim", "new", "--dir", str(tmp_path)]) == 0
    with (
        serving(pcscd, 0, java=True),
        serving(pcscd, 1, tmp_path / "blank-0001.json"),
        opened(pcscd) as java,
        opened(pcscd, 1) as software,
    ):
        assert java.transmit(SELECT_ISD) == software.transmit(SELECT_ISD)


@pytest.mark.pcsc
def test_a_contactless_card_has_a_contactless_atr(pcscd: Pcscd) -> None:
    card = blank_card(wiring=Wiring.CONTACTLESS)
    with (
        open_reader(f"pcsc:{pcscd.readers[0]}") as reader,
        JavaCardInReader("java", card, "127.0.0.1", pcscd.ports[0]),
    ):
        reader.wait_for_card(PATIENCE)
        assert reader.atr == bytes.fromhex("3B80800101")
        assert reader.transmit(SELECT_ISD)[-2:] == b"\x90\x00"


@pytest.mark.pcsc
def test_a_card_that_hangs_leaves_the_reader_and_comes_back(pcscd: Pcscd) -> None:
    with (
        open_reader(f"pcsc:{pcscd.readers[0]}") as reader,
        JavaCardInReader("java", trouble_card(), "127.0.0.1", pcscd.ports[0]),
    ):
        reader.wait_for_card(PATIENCE)
        select(reader)
        assert reader.transmit(COUNT_ON)[-2:] == b"\x90\x00"
        with pytest.raises(ReaderError) as caught:
            reader.transmit(NO_END, PATIENCE)
        assert caught.value.exit_code is ExitCode.UNCERTAIN
        reader.wait_for_removal(PATIENCE)
        reader.wait_for_card(PATIENCE)
        select(reader)
        assert reader.transmit(COUNT) == b"\x00\x01\x90\x00"


@pytest.mark.pcsc
def test_ctrl_c_takes_the_card_out_and_is_no_failure(pcscd: Pcscd) -> None:
    with serving(pcscd, 0, java=True) as server, opened(pcscd) as reader:
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        assert len(children) == 1
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 0
        reader.wait_for_removal(PATIENCE)
        assert not Path(f"/proc/{children[0]}").exists()
        assert server.stdout
        assert server.stdout.read() == "1 of 1 cards served\n"


@pytest.mark.pcsc
def test_a_card_stays_itself_when_pcscd_restarts() -> None:
    if missing := missing_for_pcscd():
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="unicard-") as folder:
        environment = {**os.environ, "PCSCLITE_CSOCK_NAME": f"{folder}/pcscd.comm"}
        command = [sys.executable, str(Path(__file__).with_name("java_restart.py")), folder]
        run = subprocess.run(
            command,
            env={**environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=6 * PATIENCE,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [1, 2]


def test_a_reader_that_is_not_there_is_waited_for_until_the_end_is_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    remarks: list[str] = []
    with JavaCardInReader("java", trouble_card(), "127.0.0.1", port) as card:

        def note(remark: str) -> None:
            remarks.append(remark)
            card.stop()

        card.run(note)
    assert len(remarks) == 1
    assert remarks[0].startswith(f"no virtual reader at 127.0.0.1:{port} (")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--java", "card.json"], "no FILES"),
        (["--java", "--hopper"], "--hopper"),
        ([], "--java"),
        (["card.json", "--profile", "unicard-s16"], "--profile is for --java"),
        (["--java", "--profile", "nonsense"], "none of unicard-reference"),
    ],
)
def test_what_does_not_go_together_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", "serve", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_private_reader_is_empty_again(pcscd: Pcscd) -> None:
    """What the tests above left in it would be taken for a card by those of others."""
    assert wait_until(lambda: not holds_card(pcscd.readers[0]))
