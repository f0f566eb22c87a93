"""Commands, status words and the order in which a card checks a command."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from applet_spec.checks.names import CARD_MANAGER, EVERY_COMMAND
from applet_spec.errors import Changed
from applet_spec.model import CommandSpec, Field, Requirement, Spec, StatusWord, Variant
from applet_spec.sections.markdown import (
    Read,
    and_list,
    byte,
    code,
    drafted,
    link,
    requirement,
    table,
)

SESSIONS = {
    "none": "not needed",
    "any": "with or without",
    "pending": "directly after INITIALIZE UPDATE",
    "issuer": "issuer session",
    "issuer or role": "issuer or role session",
    "role": "role session",
}


def order_of_checks(spec: Spec, read: Read) -> Iterator[str]:
    """Write in which order a card looks at a command."""
    yield "## Order of checks"
    yield "The first check that fails decides the status word, and nothing later is looked at."
    rows = [
        ("application", " → ".join(spec.order_of_checks)),
        ("card manager", " → ".join(read("card_manager")["order_of_checks"])),
    ]
    yield table(["", "order"], rows)


def application_commands(spec: Spec, read: Read) -> Iterator[str]:
    """Write the application's commands, an overview first."""
    yield "## Commands of the application"
    yield _overview(spec, spec.commands)
    for command in spec.commands.values():
        yield from _command(spec, read, command)


def card_manager_commands(spec: Spec, read: Read) -> Iterator[str]:
    """Write the card manager's commands, an overview first."""
    yield "## Commands of the card manager"
    yield (
        "The card manager is GlobalPlatform's issuer security domain. Its states are those of the "
        f"{link('Life cycle of the card')}."
    )
    yield _overview(spec, spec.card_manager)
    for command in spec.card_manager.values():
        yield from _command(spec, read, command)


def heading(command: CommandSpec) -> str:
    """Return the heading under which a command stands."""
    return command.name if command.target == "application" else f"Card manager {command.name}"


def _overview(spec: Spec, commands: Mapping[str, CommandSpec]) -> str:
    rows = [
        (
            drafted(link(heading(c)).replace("Card manager ", "", 1), c.draft),
            code(f"{c.cla:02X} {c.ins:02X}"),
            SESSIONS[c.session],
            _command_states(spec, c, c.states),
            c.who,
        )
        for c in commands.values()
    ]
    return table(["command", "CLA INS", "session", "states", "who"], rows)


def _command_states(spec: Spec, command: CommandSpec, names: frozenset[str]) -> str:
    """Return states of a command or variant: the application's, or the card's."""
    return states(spec.states if command.target == "application" else spec.card_states, names)


def states(order: Collection[str], allowed: frozenset[str]) -> str:
    """Return the states of a set in the life cycle's order, or how they differ from all."""
    missing = [name for name in order if name not in allowed]
    if not missing:
        return "all"
    if len(missing) == 1:
        return f"all but {missing[0]}"
    return and_list(name for name in order if name in allowed)


def _command(spec: Spec, read: Read, command: CommandSpec) -> Iterator[str]:
    yield f"### {heading(command)}"
    if command.draft:
        yield f"{drafted('No card does this yet', True)}. {command.summary}"
    else:
        yield command.summary
    yield " · ".join(_facts(spec, command))
    if command.variants:
        yield _variants(spec, command)
        yield _status_table(own_words(spec, read, command))
    further = [req for req in spec.requirements.values() if _is_about(req, command)]
    if further:
        yield "Besides:"
        yield "\n".join(f"- {requirement(req.id)}: {req.text}" for req in further)


def _facts(spec: Spec, command: CommandSpec) -> Iterator[str]:
    yield f"CLA INS {code(f'{command.cla:02X} {command.ins:02X}')}"
    if command.other_cla is not None:
        yield f"CLA {code(f'{command.other_cla:02X}')} is taken as well"
    if command.begins_with:
        yield f"data begins with {and_list(map(byte, sorted(command.begins_with)))}"
    yield f"who: {command.who}"
    yield f"session: {SESSIONS[command.session]}"
    yield f"states: {_command_states(spec, command, command.states)}"
    yield f"takes about {command.typical} ms, a host waits {command.timeout:g} s"
    if command.contactless_session:
        yield "over contactless: only inside a session"


def _variants(spec: Spec, command: CommandSpec) -> str:
    rows = []
    for variant in command.variants:
        own = variant.states
        allowed = "" if own is None else _command_states(spec, command, own)
        rows.append((variant.name, code(variant.p1), code(variant.p2), *_parts(variant), allowed))
    return table(["form", "P1", "P2", "data", "answer", "states"], rows)


def _parts(variant: Variant) -> tuple[str, str]:
    return fields(variant.data) or "none", fields(variant.response) or "none"


def fields(parts: Iterable[Field]) -> str:
    """Return the parts of data in their order: name, length in bytes or form, mark of secrets."""
    return "<br>".join(
        f"{part.name} ({part.length}{', secret' if part.secret else ''})" for part in parts
    )


def own_words(spec: Spec, read: Read, command: CommandSpec) -> Iterator[StatusWord]:
    """Give the status words that mean something else for the command than for any other."""
    common = list(common_words(spec, read))
    return (word for word in command.status if word not in common)


def common_words(spec: Spec, read: Read) -> Iterator[StatusWord]:
    """Give the status words that any command can answer."""
    for word in read("status_words")["common"]:
        name = spec.status_names[word["sw"]]
        changed = Changed[word["changed"].upper()]
        advice, source = word["advice"], word["requirement"]
        yield StatusWord(word["sw"], name, word["meaning"], changed, advice, source)


def _status_table(words: Iterable[StatusWord]) -> str:
    rows = [
        (
            code(word.pattern),
            f"{word.name}: {word.meaning}",
            word.changed.name.lower(),
            word.advice,
            requirement(word.requirement),
        )
        for word in words
    ]
    return table(["status", "meaning", "changed", "what to do", "requirement"], rows)


def _is_about(req: Requirement, command: CommandSpec) -> bool:
    prefix = CARD_MANAGER if command.target == "card manager" else ""
    return prefix + command.name in req.applies_to


def status_words(spec: Spec, read: Read) -> Iterator[str]:
    """Write the status words that any command can answer, and the names of all."""
    yield "## Status words"
    rmac = read("status_words")["rmac"]
    yield (
        "Any command can answer these; a command's own table goes before them. *Changed* says "
        "whether the card differs from before. "
        f"{rmac['text'][0].upper()}{rmac['text'][1:]} ({requirement(rmac['requirement'])})."
    )
    yield _status_table(common_words(spec, read))
    yield "### Names of status words"
    yield "`x` stands for any digit."
    yield table(["status", "name"], ((code(sw), name) for sw, name in spec.status_names.items()))
    yield "### For every command"
    yield "\n".join(
        f"- {requirement(req.id)}: {req.text}"
        for req in spec.requirements.values()
        if EVERY_COMMAND in req.applies_to
    )


def proof(spec: Spec, read: Read) -> Iterator[str]:
    """Write the message that INTERNAL AUTHENTICATE signs."""
    entry = read("card")["authentication"]
    yield "## The proof of a genuine card"
    yield (
        f"{link('INTERNAL AUTHENTICATE')} signs these parts, one after the other: "
        f"{entry['algorithm']}. The domain tag is {code(spec.domain_tag.hex().upper())}; challenge "
        "and service come from the caller, what follows them from the answer."
    )
    yield table(["part", "length", "remarks"], map(_proof_part, spec.proof_message))


def _proof_part(part: str) -> tuple[str, str, str]:
    """Split ``kind 1 (00 card proof)`` into name, length and remark."""
    text, _, remark = part.partition(" (")
    name, _, length = text.rpartition(" ")
    return name, length, remark.removesuffix(")")
