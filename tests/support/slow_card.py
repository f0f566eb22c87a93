"""A software card behind pcscd that takes its time, from a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from card_simulator.reader import SIM, SimReader
from card_simulator.serve import Stop, VirtualReader
from host_lib import open_reader
from tests.support.pcscd import Pcscd, holds_card, wait_until
from tests.support.serving import INSERTIONS, PATIENCE


class SlowReader(SimReader):
    """Runs commands of one instruction at once and answers them so many seconds later."""

    def __init__(self, instruction: int, seconds: float) -> None:
        super().__init__("slow", SIM.open("").card)
        self._instruction = instruction
        self._seconds = seconds
        self.ran: list[int] = []

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Run the command, then wait if it is the slow one."""
        answer = super().transmit(command, timeout)
        self.ran.append(command[1])
        if command[1] == self._instruction:
            time.sleep(self._seconds)
        return answer


@contextmanager
def slow_card(pcscd: Pcscd, place: int, card: SlowReader) -> Iterator[None]:
    """Keep the card in one of the two virtual readers; inserted as `serving` inserts its cards."""
    with open_reader(f"pcsc:{pcscd.readers[place]}") as reader:
        reader.wait_for_removal(PATIENCE)
    for _ in range(INSERTIONS):
        with Stop() as stop:
            way = VirtualReader("localhost", pcscd.ports[place], stop, lambda _: None)
            thread = threading.Thread(target=way.serve_one, args=(card,), daemon=True)
            thread.start()
            try:
                if wait_until(lambda: holds_card(pcscd.readers[place])):
                    yield
                    return
            finally:
                stop.request()
                thread.join(PATIENCE)
                assert not thread.is_alive()
    raise TimeoutError(f"no card seen in {pcscd.readers[place]} in {INSERTIONS} tries")
