"""Wrong answers, put into them on the wire."""

from tests.card_conformance.mutants.base import Wire, on_wire

MUTANTS: tuple[tuple[str, str, Wire], ...] = (
    ("answers GET DATA when terminated", "SEL-03", on_wire(0xCA, 0x6D00, "01 9000")),
    ("knows an unknown instruction", "GEN-04", on_wire(0x02, 0x6D00, "9000")),
    ("finds nothing under a malformed list", "GDP-03", on_wire(0xCB, 0x6A80, "6A88")),
    ("breaks on malformed data", "GEN-09", on_wire(0xCB, 0x6A80, "6F00")),
    ("lacks its production data", "ISD-02", on_wire(0xCA, 0x9000, "6A88")),
    ("has an empty FCI", "ISD-01", on_wire(0xA4, 0x9000, "6F00 9000")),
    ("answers unknown tags", "ISD-03", on_wire(0xCA, 0x6A88, "DF7E00 9000")),
)
