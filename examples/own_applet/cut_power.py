"""An applet of one's own on a Java card: what does it hold when the power fails in a command?"""

import sys
from collections.abc import Iterator
from pathlib import Path

from host_lib import UnicardError
from host_lib.errors import CardRemoved
from java_card.reader import JavaReader
from java_card.settings import CardSettings, Instance, LoadFile, Module

PACKAGE = bytes.fromhex("F000000001")
APPLET = PACKAGE + b"\x01"

SELECT = bytes((0x00, 0xA4, 0x04, 0x00, len(APPLET))) + APPLET
VISIT = bytes.fromhex("80100000 02 0007")  # of visitor 7
LOOK = bytes.fromhex("80120000 04")


def card(classes: Path) -> CardSettings:
    """Return a card with the applet on it; ``classes`` is a jar or a folder."""
    return CardSettings(
        load_files=(LoadFile(PACKAGE, (Module(APPLET, "com.example.Visits"),)),),
        instances=(Instance(PACKAGE, APPLET, APPLET),),
        class_path=(classes,),
    )


def cuts(reader: JavaReader, command: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut the power at each persistent write of a command, always from the memory as it is now.

    Yields the number of the write and what the applet holds after the next reset. The last one is
    a write that the command does not come to: it is done.
    """
    reader.control.checkpoint()
    write, done = 0, False
    while not done:
        write += 1
        reader.control.restore()
        reader.reset()
        reader.transmit(SELECT)
        reader.control.cut_power_at(write)
        try:
            reader.transmit(command)
            done = True
            reader.control.keep_power()
        except CardRemoved:
            pass
        reader.reset()
        reader.transmit(SELECT)
        yield write, reader.transmit(LOOK)


def main(classes: Path) -> None:
    """Print what each cut leaves, and what the whole command costs."""
    with JavaReader("visits", card(classes)) as reader:
        for write, held in cuts(reader, VISIT):
            visits, newest = held[:2].hex(), held[2:4].hex()
            print(f"power cut at write {write}: visits {visits}, newest {newest}")
        reader.transmit(VISIT)
        print(reader.control.measures())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: cut_power.py JAR-OR-FOLDER")
    try:
        main(Path(sys.argv[1]))
    except UnicardError as error:
        sys.exit(f"{error.message}\n{error.advice}")
