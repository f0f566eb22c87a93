"""The exchange that the reference begins with, made from the contract."""

from collections.abc import Iterator, Mapping

from applet_spec.model import Spec
from applet_spec.sections.markdown import Read, block, link

SERIAL = bytes.fromhex("0102030405060708")
WRONG_PIN, RIGHT_PIN = "1111", "4821"


def example(spec: Spec, read: Read) -> Iterator[str]:
    """Write the first things that a terminal says to a card."""
    yield "## An example"
    yield (
        "A terminal selects the application of a personalized card, reads the card serial, and "
        f"compares the holder's PIN: first a wrong one, then the right one. `>` goes to the card, "
        f"`<` comes from it; the card is invented: serial {SERIAL.hex().upper()}, PIN {RIGHT_PIN}. "
        "Blanks are for the eye."
    )
    yield block("\n\n".join(_exchanges(spec, read)))
    yield (
        f"The FCI of the first answer is taken apart under {link('The SELECT answer')}. Everything "
        f"that is not free to read happens inside a session: see {link('Sessions')}."
    )


def _exchanges(spec: Spec, read: Read) -> Iterator[str]:
    aid, serial = spec.aids.instance, spec.object_named("card serial")
    fci = _fci(read("card")["fci"], _values(spec))
    yield _exchange(spec, "SELECT", f"04 00 {len(aid):02X} {_hex(aid)} 00", fci, 0x9000)
    high, low = divmod(serial.tag, 0x100)
    yield _exchange(spec, "GET DATA", f"{high:02X} {low:02X} 00", SERIAL, 0x9000)
    for pin, sw in ((WRONG_PIN, 0x63C0 | spec.limits["pin_tries"] - 1), (RIGHT_PIN, 0x9000)):
        yield _exchange(spec, "VERIFY", f"00 81 08 {_pin_block(pin)}", b"", sw)


def _exchange(spec: Spec, name: str, rest: str, data: bytes, sw: int) -> str:
    command = spec.commands[name]
    meaning = command.meaning(sw)
    assert meaning is not None, f"the example uses a status word that {name} does not have"
    answer = f"{_hex(data)} {sw:04X}".strip()
    return (
        f"{name}\n> {command.cla:02X} {command.ins:02X} {rest}\n"
        f"< {answer}   {meaning.name}: {meaning.meaning}"
    )


def _values(spec: Spec) -> dict[str, bytes]:
    """Return what the invented card answers in its FCI, by the names of the objects."""
    return {
        "AID": spec.aids.instance,
        "profile version": bytes(spec.version),
        "state": bytes([spec.states["PERSONALIZED"].code]),
        "tries left": bytes([spec.limits["pin_tries"], spec.limits["finger_tries"]]),
        "transaction number": bytes(3),
    }


def _fci(rows: list[dict[str, str]], values: Mapping[str, bytes]) -> bytes:
    outer = inner = b""
    for row in rows:
        tags = bytes.fromhex(row["tag"])
        found = _tlv(tags[-1], values[row["name"]])
        outer, inner = (outer + found, inner) if len(tags) == 1 else (outer, inner + found)
    return _tlv(0x6F, outer + _tlv(0xA5, inner))


def _tlv(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def _pin_block(pin: str) -> str:
    return f"2{len(pin)}{pin}".ljust(16, "F")


def _hex(data: bytes) -> str:
    return data.hex().upper()
