"""Java cards with the applet that tests of the ways to a card need."""

from pathlib import Path

from host_lib.reader import Reader
from java_card.build import JavaCardMissing, find_runtime
from java_card.settings import CardSettings, Instance, LoadFile, Module
from tests.support.tree import ROOT

PROBES = ROOT / "applet" / "probes" / "target" / "classes"

PACKAGE = bytes.fromhex("F0554E4943")
TROUBLE = PACKAGE + b"\x01"
"""AID of ``probes.link.Trouble``."""

COUNT_ON = bytes.fromhex("8010000000")
COUNT = bytes.fromhex("8012000000")
PROTOCOL = bytes.fromhex("8014000000")
DIVIDE_BY_ZERO = bytes.fromhex("8020000000")
NO_END = bytes.fromhex("8030000000")

LONG = ("instructionLimit", 1_000_000_000)
"""A card on which `NO_END` takes long enough to be waited for in vain, and ends."""


def missing_for_java() -> str:
    """Return why there is no Java card here; empty when there is."""
    try:
        find_runtime()
    except JavaCardMissing as error:
        return f"{error.message}; {error.advice}"
    return (
        "" if PROBES.exists() else f"{PROBES.relative_to(ROOT)} is missing; `make java` builds it"
    )


def trouble_card(
    *sizes: tuple[str, int], class_path: Path = PROBES, parameters: bytes = b""
) -> CardSettings:
    """Return a card without a card manager whose only application is ``probes.link.Trouble``."""
    return CardSettings(
        load_files=(LoadFile(PACKAGE, (Module(TROUBLE, "probes.link.Trouble"),)),),
        instances=(Instance(PACKAGE, TROUBLE, TROUBLE, parameters),),
        class_path=(class_path,),
        sizes=sizes,
    )


def select(reader: Reader) -> None:
    """Select the application, as after each reset."""
    command = bytes((0x00, 0xA4, 0x04, 0x00, len(TROUBLE))) + TROUBLE
    assert reader.transmit(command)[-2:] == b"\x90\x00"
