"""`unicard sim serve` as a process of its own: simulated cards behind a real pcscd."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_lib import open_reader
from tests.support.pcscd import Pcscd, holds_card, wait_until

PATIENCE = 20.0
INSERTIONS = 3
LOG_TAIL = 6000
"""How many characters of pcscd's log a failed test shows."""


@contextmanager
def serving(
    pcscd: Pcscd, place: int, *cards: Path, hopper: bool = False, java: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Keep cards in one of the two virtual readers; an interrupt must end the process cleanly.

    With ``java`` it is a new Java card instead of files.

    First the reader is empty for pcscd, too: it would not notice a card that follows another faster
    than it looks, and would go on with the one that is gone. A failure inside tells what the server
    remarked and what pcscd logged.
    """
    with open_reader(f"pcsc:{pcscd.readers[place]}") as reader:
        reader.wait_for_removal(PATIENCE)
    words = [sys.executable, "-m", "cli", "sim", "serve", "--port", str(pcscd.ports[place])]
    words += ["--hopper"] * hopper + ["--java"] * java + [str(card) for card in cards]
    process = _inserted(pcscd, place, words)
    try:
        yield process
    except BaseException as error:
        error.add_note(f"the server of reader {place} remarked:\n{_ended(process)}")
        error.add_note(f"pcscd logged:\n{pcscd.log.read_text()[-LOG_TAIL:]}")
        raise
    remarks = _ended(process)
    assert "Traceback" not in remarks, remarks


def _inserted(pcscd: Pcscd, place: int, words: list[str]) -> subprocess.Popen[str]:
    """Start the server and wait until pcscd sees its card.

    Now and then the driver does not take the first connection up. Another try is
    not hidden: it is told on the terminal, with what the server remarked and pcscd logged.
    """
    for _ in range(INSERTIONS):
        process = subprocess.Popen(
            words,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        if wait_until(lambda: holds_card(pcscd.readers[place])):
            return process
        seen = f"{_ended(process)}\n{pcscd.log.read_text()[-LOG_TAIL:]}"
        print(f"no card seen in {pcscd.readers[place]}:\n{seen}", file=sys.__stderr__)
    raise TimeoutError(f"no card seen in {pcscd.readers[place]} in {INSERTIONS} tries:\n{seen}")


def _ended(process: subprocess.Popen[str]) -> str:
    """Interrupt the server if it still runs; return what it wrote to stderr."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.communicate(timeout=PATIENCE)[1]
