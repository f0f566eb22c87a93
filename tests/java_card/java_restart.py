"""A Java card behind a pcscd that restarts; a program of its own, since PC/SC keeps its pcscd.

``python java_restart.py FOLDER``: FOLDER's socket is named by PCSCLITE_CSOCK_NAME. Prints what the
card remembers before and after the restart, as JSON.
"""

import json
import sys
from pathlib import Path

from host_lib import open_reader
from java_card.serve import JavaCardInReader
from tests.support.java_cards import COUNT_ON, select, trouble_card
from tests.support.pcscd import Pcscd, holds_card, running_pcscd, wait_until


def counted(pcscd: Pcscd) -> int:
    """Let the card count on once; return how far it is."""
    assert wait_until(lambda: holds_card(pcscd.readers[0])), pcscd.log.read_text()
    with open_reader(f"pcsc:{pcscd.readers[0]}") as reader:
        reader.wait_for_card(20)
        select(reader)
        answer = reader.transmit(COUNT_ON)
    return int.from_bytes(answer[:-2], "big")


def main(folder: Path) -> None:
    """Count on before and after pcscd restarts."""
    counts = []
    with running_pcscd(folder) as first:
        card = JavaCardInReader("java", trouble_card(), "127.0.0.1", first.ports[0])
        try:
            counts.append(counted(first))
        except BaseException:
            card.close()
            raise
    with card, running_pcscd(folder, first.ports) as second:
        counts.append(counted(second))
    print(json.dumps(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
