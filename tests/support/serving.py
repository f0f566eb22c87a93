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


@contextmanager
def serving(
    pcscd: Pcscd, place: int, *cards: Path, hopper: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Keep cards in one of the two virtual readers; an interrupt must end the process cleanly.

    First the reader is empty for pcscd, too: it would not notice a card that follows another faster
    than it looks, and would go on with the one that is gone.
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
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        _, remarks = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in remarks, remarks
