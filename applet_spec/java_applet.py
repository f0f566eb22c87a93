"""Writes the contract's constants for the applet: what Java Card Classic can hold.

Flat constants of ``byte`` and ``short`` that the compiler puts into the code, one prefix for each
kind of thing: ``INS_VERIFY``, ``SW_INCORRECT_DATA``, ``TAG_CARD_SERIAL``, ``DGI_ANCHOR``,
``STATE_BLANK``, ``LIMIT_PIN_TRIES``.
"""

from collections.abc import Iterable, Iterator

from applet_spec.java_commands import command_table
from applet_spec.java_text import constant
from applet_spec.model import Spec

Line = tuple[str, str]
"""Name and value of one constant."""


def application(spec: Spec) -> str:
    """Return the constants of the applet: package ``unicard.application``, class ``Contract``."""
    major, minor = spec.version
    sections = [
        _shorts("Status words; the last digit of NOT_VERIFIED counts tries.", _words(spec)),
        _bytes("Instructions.", _instructions(spec)),
        _shorts("Data objects; of objects in a row the first.", _tags(spec)),
        _shorts("Data groupings; of groupings in a row the first.", _dgis(spec)),
        _bytes("Life cycle codes.", _states(spec)),
        _shorts("Limits: numbers, and lengths in bytes.", _limits(spec)),
        _shorts("Key versions and SCP03 of role sessions.", _roles(spec)),
        _shorts(
            "First and last two bytes of what every proof's message begins with.", _proof(spec)
        ),
        command_table(spec),
    ]
    return (
        "package unicard.application;\n\n"
        f"/** What the contract, profile version {major}.{minor}, says of the application. */\n"
        "final class Contract {\n"
        f"    static final byte MAJOR = {major};\n"
        f"    static final byte MINOR = {minor};\n\n" + "\n".join(sections) + "\n"
        "    private Contract() {}\n"
        "}\n"
    )


def _bytes(text: str, lines: Iterable[Line]) -> str:
    return _constants(text, "byte", lines)


def _shorts(text: str, lines: Iterable[Line]) -> str:
    return _constants(text, "short", lines)


def _constants(text: str, kind: str, lines: Iterable[Line]) -> str:
    members = "".join(
        f"    static final {kind} {name} = ({kind}) {value};\n" for name, value in lines
    )
    return f"    // {text}\n{members}"


def _words(spec: Spec) -> Iterator[Line]:
    for pattern, name in spec.status_names.items():
        yield f"SW_{constant(name)}", f"0x{pattern.replace('x', '0')}"


def _instructions(spec: Spec) -> Iterator[Line]:
    for name, command in spec.commands.items():
        if not command.draft:
            yield f"INS_{constant(name)}", f"0x{command.ins:02X}"


def _tags(spec: Spec) -> Iterator[Line]:
    for name, tag in _firsts((o.name, o.tag) for o in spec.objects.values()):
        yield f"TAG_{name}", tag


def _dgis(spec: Spec) -> Iterator[Line]:
    for name, tag in _firsts((d.name, d.tag) for d in spec.dgis.values() if not d.draft):
        yield f"DGI_{name}", tag


def _firsts(entries: Iterable[tuple[str, int]]) -> Iterator[Line]:
    """Yield the first of the entries that have one name."""
    seen = set()
    for name, tag in entries:
        if name not in seen:
            seen.add(name)
            yield constant(name), f"0x{tag:04X}"


def _states(spec: Spec) -> Iterator[Line]:
    for name, state in spec.states.items():
        yield f"STATE_{name}", f"0x{state.code:02X}"


def _limits(spec: Spec) -> Iterator[Line]:
    for name, value in spec.limits.items():
        if value <= 0x7FFF:
            yield f"LIMIT_{constant(name)}", str(value)


def _roles(spec: Spec) -> Iterator[Line]:
    for name, slot in (("A", "role slot A"), ("B", "role slot B")):
        yield f"SLOT_{name}_FIRST", f"0x{spec.key_ranges[slot].first:02X}"
        yield f"SLOT_{name}_LAST", f"0x{spec.key_ranges[slot].last:02X}"
    channel = spec.secure_channel
    yield "SCP", f"0x{channel.protocol:02X}"
    yield "ROLE_I", f"0x{channel.i:02X}"
    yield "MAC_LENGTH", str(channel.mac_length)
    yield "ROLE_LEVEL", f"0x{channel.daily_level:02X}"
    yield "WRITE_LEVEL", f"0x{channel.write_level:02X}"
    yield "READ_LEVEL", f"0x{channel.read_level:02X}"


def _proof(spec: Spec) -> Iterator[Line]:
    tag = spec.domain_tag.hex().upper()
    yield "PROOF_DOMAIN_TAG", f"0x{tag[:4]}"
    yield "PROOF_DOMAIN_TAG_END", f"0x{tag[4:]}"
