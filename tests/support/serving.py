"""`unicard sim serve` as a process of its own: software cards behind a real pcscd."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 20.0


@contextmanager
def serving(port: int, *cards: Path, hopper: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Keep cards in the virtual reader at a port; an interrupt must end the process cleanly."""
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
