"""`unicard sim serve` as a process of its own: software cards behind a real pcscd."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_lib import open_reader
from tests.support.pcscd import Pcscd

PATIENCE = 20.0
LOG_TAIL = 6000
"""How many characters of pcscd's log a failed test shows."""


@contextmanager
def serving(
    pcscd: Pcscd, place: int, *cards: Path, hopper: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Keep cards in one of the two virtual readers; an interrupt must end the process cleanly.

    First the reader is empty for pcscd, too: it would not notice a card that follows another faster
    than it looks, and would go on with the one that is gone. A failure inside tells what the server
    remarked and what pcscd logged.
    """
    with open_reader(f"pcsc:{pcscd.readers[place]}") as reader:
        reader.wait_for_removal(PATIENCE)
    port = pcscd.ports[place]
    words = [sys.executable, "-m", "cli", "sim", "serve", "--port", str(port)]
    words += ["--hopper"] * hopper + [str(card) for card in cards]
    process = subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    except BaseException as error:
        error.add_note(f"the server of reader {place} remarked:\n{_ended(process)}")
        error.add_note(f"pcscd logged:\n{pcscd.log.read_text()[-LOG_TAIL:]}")
        raise
    remarks = _ended(process)
    assert "Traceback" not in remarks, remarks


def _ended(process: subprocess.Popen[str]) -> str:
    """Interrupt the server if it still runs; return what it wrote to stderr."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.communicate(timeout=PATIENCE)[1]
