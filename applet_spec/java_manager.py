"""Writes the contract's constants for the card manager that is written in Java."""

import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent, wrap

from applet_spec.java_text import LINE, constant
from applet_spec.model import CommandSpec, Spec, Variant


def card_manager(spec: Spec) -> str:
    """Return the constants of the card manager: package ``unicard.manager``, class ``Contract``."""
    major, minor = spec.version
    members = (
        _numbers("Sw", "Status words; the last digit of NOT_VERIFIED counts tries.", _words(spec)),
        _numbers("Limit", "What the card has room for, and longest data, in bytes.", _limits(spec)),
        _aids(spec),
        _channel(spec),
        _card_state(spec),
        _numbers("ContentState", "States in the registry.", _content_states(spec)),
        _session(),
        _VARIANT,
        _instruction(spec),
    )
    body = "\n".join(indent(member, "    ") for member in members)
    return (
        "package unicard.manager;\n\n"
        "import java.util.EnumSet;\nimport java.util.List;\nimport java.util.Set;\n\n"
        f"/** What the contract, profile version {major}.{minor}, says of the card manager. */\n"
        "public final class Contract {\n"
        f"    private Contract() {{}}\n\n{body}}}\n"
    )


def _numbers(name: str, text: str, lines: Iterable[str]) -> str:
    return _class(name, text, [f"public static final int {line};" for line in lines])


def _class(name: str, text: str, members: Iterable[str]) -> str:
    inside = "\n".join(indent(member, "    ") for member in members)
    return (
        f"/** {text} */\npublic static final class {name} {{\n"
        f"    private {name}() {{}}\n\n{inside}\n}}\n"
    )


def _words(spec: Spec) -> Iterator[str]:
    for pattern, name in spec.status_names.items():
        yield f"{constant(name)} = 0x{pattern.replace('x', '0')}"


def _limits(spec: Spec) -> Iterator[str]:
    for name, value in spec.limits.items():
        yield f"{constant(name)} = {value}"


def _content_states(spec: Spec) -> Iterator[str]:
    for state in spec.content_states.values():
        yield f"{state.name} = 0x{state.code:02X}"
    yield f"LOCK_BIT = 0x{spec.lock_bit:02X}"


def _aids(spec: Spec) -> str:
    aids = spec.aids
    named = {
        "ISD": aids.isd, "PACKAGE": aids.package, "MODULE": aids.module, "INSTANCE": aids.instance
    }  # fmt: skip
    return _class(
        "Aid",
        "Application identifiers, in hexadecimal digits.",
        [
            f'public static final String {name} = "{aid.hex().upper()}";'
            for name, aid in named.items()
        ],
    )


def _channel(spec: Spec) -> str:
    channel = spec.secure_channel
    numbers = [
        f"public static final int PROTOCOL = 0x{channel.protocol:02X};",
        f"public static final int SEQUENCE_COUNTER_LENGTH = {channel.sequence_counter_length};",
        "/** The i of the reference card. */",
        f"public static final int I = 0x{channel.i:02X};",
        "/** Bits of i. */",
        *(
            f"public static final int {constant(name)} = 0x{bit:02X};"
            for bit, name in channel.i_bits.items()
        ),
        "/** Security levels, each followed by the bits of i that it needs. */",
        "public static final List<Integer> LEVELS =",
        f"        List.of({_hex(_pairs(channel.level_needs))});",
    ]
    return _class("Channel", "SCP03 (GlobalPlatform Amendment D).", numbers)


def _pairs(pairs: Mapping[int, int]) -> Iterator[int]:
    for first, second in pairs.items():
        yield from (first, second)


def _card_state(spec: Spec) -> str:
    entries = ",\n".join(f"{s.name}(0x{s.code:02X})" for s in spec.card_states.values())
    cases = "\n".join(
        f"case {state.name} -> {_set('CardState', state.next, spec.card_states)};"
        for state in spec.card_states.values()
    )
    return f"""\
/** States of the card's life cycle. */
public enum CardState {{
{indent(entries, "    ")};

    /** Life cycle code. */
    public final int code;

    CardState(int code) {{
        this.code = code;
    }}

    /** The state of this code; null where there is none. */
    public static CardState of(int code) {{
        for (CardState state : values()) {{
            if (state.code == code) {{
                return state;
            }}
        }}
        return null;
    }}

    /** The states that SET STATUS leads to from here. */
    public Set<CardState> next() {{
        return switch (this) {{
{indent(cases, " " * 12)}
        }};
    }}
}}
"""


def _set(kind: str, names: Iterable[str], order: Iterable[str]) -> str:
    kept = [f"{kind}.{name}" for name in order if name in set(names)]
    return f"EnumSet.of({', '.join(kept)})" if kept else f"EnumSet.noneOf({kind}.class)"


def _session() -> str:
    return """\
/** What a command needs: nothing, a handshake directly before it, or an open session. */
public enum Session {
    NONE,
    ANY,
    PENDING,
    ISSUER,
    ROLE
}
"""


_VARIANT = """\
/**
 * One form of a command.
 *
 * @param name as the contract has it; empty where there is one form only
 * @param p1 values that are taken; null: any
 * @param p2 values that are taken; null: any
 * @param least bytes of data at least
 * @param most bytes of data at most
 */
public record Variant(String name, Set<Integer> p1, Set<Integer> p2, int least, int most) {
    /** Whether P1 and P2 are of this form. */
    public boolean takes(int first, int second) {
        return (p1 == null || p1.contains(first)) && (p2 == null || p2.contains(second));
    }

    /** Whether the data may be so long. */
    public boolean takes(int length) {
        return length >= least && length <= most;
    }
}
"""


def _instruction(spec: Spec) -> str:
    entries = ",\n".join(_entry(c, spec) for c in spec.card_manager.values() if not c.draft)
    return f"""\
/** The commands, in the contract's order. */
public enum Instruction {{
{indent(entries, "    ")};

    /** Class without secure messaging, except where the command always has it. */
    public final int cla;

    /** Another class that is taken; -1: none. */
    public final int otherCla;

    public final int ins;

    /** First bytes of the data that tell the command from another of the same instruction. */
    public final Set<Integer> beginsWith;

    public final Set<CardState> states;
    public final Session session;
    public final List<Variant> variants;

    Instruction(
            int cla,
            int otherCla,
            int ins,
            Set<Integer> beginsWith,
            Set<CardState> states,
            Session session,
            Variant... variants) {{
        this.cla = cla;
        this.otherCla = otherCla;
        this.ins = ins;
        this.beginsWith = beginsWith;
        this.states = states;
        this.session = session;
        this.variants = List.of(variants);
    }}
}}
"""


def _entry(command: CommandSpec, spec: Spec) -> str:
    other = -1 if command.other_cla is None else command.other_cla
    head = [
        f"0x{command.cla:02X}, {other if other < 0 else f'0x{other:02X}'}, 0x{command.ins:02X}",
        f"Set.of({_hex(sorted(command.begins_with))})",
        _set("CardState", command.states, spec.card_states),
        f"Session.{command.session.upper()}",
    ]
    arguments = ",\n".join(
        _folded(part) for part in [*head, *(_form(variant) for variant in command.variants)]
    )
    return f"{constant(command.name)}(\n{indent(arguments, ' ' * 8)})"


def _folded(text: str) -> str:
    lines = wrap(text, LINE - 16, break_long_words=False, break_on_hyphens=False)
    return "\n".join([lines[0], *(f"        {line}" for line in lines[1:])])


def _form(variant: Variant) -> str:
    length = variant.length()
    least, most = (length.least, length.most) if length else (0, 255)
    return (
        f'new Variant("{variant.name}", {_values(variant.p1)}, {_values(variant.p2)}, '
        f"{least}, {most})"
    )


def _values(text: str) -> str:
    """Return the values of P1 or P2, or null where the contract names what the byte holds."""
    if re.fullmatch(r"[0-9A-F]{2}(, [0-9A-F]{2})*", text):
        return f"Set.of({_hex(int(value, 16) for value in text.split(', '))})"
    return "null"


def _hex(values: Iterable[int]) -> str:
    return ", ".join(f"0x{value:02X}" for value in values)
