"""Writes the table of the application's commands that the applet walks in the order of checks.

One row a command: instruction, class, states, needs, count of forms; then seven bytes for each
form: mask and value of P1, of P2, states, least and most bytes of data. A state is the bit of its
place in the life cycle.
"""

from collections.abc import Mapping

from applet_spec.java_text import constant
from applet_spec.model import CommandSpec, Length, Spec, Variant

INDENT = " " * 8

SESSIONS = {"none": 0, "any": 1, "pending": 2, "issuer": 3, "role": 4, "issuer or role": 5}
WRITES = 0x10
UNHEARD_CONTACTLESS = 0x20
NEEDS = {
    **{f"SESSION_{constant(name)}": number for name, number in SESSIONS.items()},
    "SESSION_MASK": 0x0F,
    "WRITES": WRITES,
    "CONTACTLESS": UNHEARD_CONTACTLESS,
}
"""Names and values of what can stand in a command's needs."""

Form = tuple[int, ...]


def command_table(spec: Spec) -> str:
    """Return the constants of the table and the table itself, as members of a class."""
    states = {f"IN_{name}": bit for name, bit in _bits(spec).items()}
    names = {**states, **{f"NEEDS_{name.upper()}": value for name, value in NEEDS.items()}}
    constants = "".join(
        f"    static final byte {name} = 0x{value:02X};\n" for name, value in names.items()
    )
    rows = "".join(_row(command, spec) for command in spec.commands.values() if not command.draft)
    return (
        "    // Bits of states, and what commands need.\n"
        f"{constants}\n"
        "    /**\n"
        "     * Commands: instruction, class, states, needs, count of forms; each form: mask and\n"
        "     * value of P1, of P2, states, least and most bytes of data.\n     */\n"
        f"    static final byte[] COMMANDS = {{\n{rows}    }};\n"
    )


def _bits(spec: Spec) -> Mapping[str, int]:
    """Return a bit for each state that commands are taken in; TERMINATED takes none."""
    return {name: 1 << place for place, name in enumerate(spec.states) if name != "TERMINATED"}


def _states(names: frozenset[str] | None, spec: Spec) -> int:
    bits = _bits(spec)
    return sum(bit for name, bit in bits.items() if names is None or name in names)


def _row(command: CommandSpec, spec: Spec) -> str:
    forms = [_form(variant, command, spec) for variant in command.variants]
    head = (
        command.ins,
        command.cla,
        _states(command.states, spec),
        _need(command),
        len(forms),
    )
    lines = [f"{INDENT}// {command.name}", f"{INDENT}{_bytes(head)}"]
    lines += [f"{INDENT}    {_bytes(form)}" for form in forms]
    return "\n".join(lines) + "\n"


def _form(variant: Variant, command: CommandSpec, spec: Spec) -> Form:
    length = variant.length() or Length(0, spec.limits["command_data"])
    return (
        *_parameter(variant.p1),
        *_parameter(variant.p2),
        _states(variant.states or command.states, spec),
        length.least,
        length.most,
    )


def _parameter(text: str) -> tuple[int, int]:
    """Return mask and value of a parameter; what is named in words takes every value."""
    try:
        return 0xFF, int(text, 16)
    except ValueError:
        return 0, 0


def _need(command: CommandSpec) -> int:
    """Return the session a command needs, and whether it writes in each of its forms.

    Of a command that only reads in one of its forms, its handler looks at the level.
    """
    reads = any(variant.name == "read" for variant in command.variants)
    writes = command.session == "issuer" and not reads
    unheard = UNHEARD_CONTACTLESS * command.contactless_session
    return SESSIONS[command.session] | WRITES * writes | unheard


def _bytes(values: tuple[int, ...]) -> str:
    return " ".join(f"{_byte(value)}," for value in values)


def _byte(value: int) -> str:
    return f"(byte) 0x{value:02X}" if value > 0x7F else f"0x{value:02X}"
