"""Says what an entry of the contract holds, as values that JSON and a table can both show."""

from collections.abc import Iterable

from applet_spec.lookup import Entry, Meaning, StatusName
from applet_spec.model import (
    CardProfile,
    CardState,
    CommandSpec,
    DataObject,
    Dgi,
    Field,
    KeyRange,
    LifeCycleState,
    Requirement,
    Role,
    ServiceProfile,
    Spec,
    StatusWord,
)

Facts = dict[str, object]
"""Text, numbers, lists of text and lists of further facts, by what they are called."""


def shown(spec: Spec, entry: Entry) -> Facts:
    """Return an entry's facts; ``kind`` and ``name`` come first. Tags and codes are hex text."""
    match entry:
        case CommandSpec():
            return _command(spec, entry)
        case Meaning():
            return _meaning(spec, entry)
        case DataObject():
            return _object(spec, entry)
        case Dgi():
            return _dgi(spec, entry)
        case Requirement():
            return _requirement(spec, entry)
        case LifeCycleState():
            return {
                "kind": "state",
                "name": entry.name,
                "code": f"{entry.code:02X}",
                "works": entry.works,
                "left_by": entry.leaves_by,
            }
    return _small(entry)


def _small(
    entry: CardProfile | CardState | Role | KeyRange | ServiceProfile | StatusName,
) -> Facts:
    match entry:
        case CardProfile():
            return _profile(entry)
        case CardState():
            facts: Facts = {"kind": "state of the card", "name": entry.name}
            facts |= {"code": f"{entry.code:02X}", "works": entry.works}
            return facts | {"leads_to": sorted(entry.next)}
        case StatusName():
            return {"kind": "status word", "name": entry.name, "sw": entry.pattern}
        case Role():
            facts = {"kind": "role", "name": entry.name, "number": entry.role}
            return facts | {"held_by": entry.held_by, "may": entry.may}
        case KeyRange():
            facts = {"kind": "key set", "name": entry.name, "draft": entry.draft}
            facts |= {"first_version": f"{entry.first:02X}", "last_version": f"{entry.last:02X}"}
            return facts | {"held_by": entry.held_by, "may": entry.may}
        case ServiceProfile():
            return {
                "kind": "service",
                "name": entry.label,
                "id": entry.id,
                "service_kind": entry.kind,
                "unit": entry.unit,
                "verification": entry.verification,
                "debit_roles": list(entry.debit_roles),
                "credit_roles": list(entry.credit_roles),
                **entry.settings,
            }


def _profile(entry: CardProfile) -> Facts:
    return {
        "kind": "card profile",
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "factory_version": f"{entry.factory_version:02X}",
        "key_length": entry.key_length,
        "i": "ask the card" if entry.i is None else f"{entry.i:02X}",
        "levels": [f"{level:02X}" for level in sorted(entry.levels)],
        "largest_command_data": entry.largest_command_data,
        "extended": entry.extended,
        "derivation": entry.derivation,
        "software": entry.software,
        "quirks": sorted(entry.quirks),
    }


def _states(spec: Spec, states: frozenset[str], target: str = "application") -> Facts:
    order = spec.states if target == "application" else spec.card_states
    return {"states": [name for name in order if name in states]}


def _command(spec: Spec, entry: CommandSpec) -> Facts:
    return {
        "kind": f"command of the {entry.target}",
        "name": entry.name,
        "draft": entry.draft,
        "summary": entry.summary,
        "cla": f"{entry.cla:02X}",
        "ins": f"{entry.ins:02X}",
        "who": entry.who,
        "session": entry.session,
        "contactless_session_only": entry.contactless_session,
        **_states(spec, entry.states, entry.target),
        "timeout_s": entry.timeout,
        "typical_ms": entry.typical,
        "forms": [
            {
                "name": variant.name,
                "p1": variant.p1,
                "p2": variant.p2,
                "data": _fields(variant.data),
                "answer": _fields(variant.response),
                **(_states(spec, variant.states, entry.target) if variant.states else {}),
            }
            for variant in entry.variants
        ],
        "status_words": [_word(word) for word in entry.status],
    }


def _fields(parts: Iterable[Field]) -> list[str]:
    return [f"{part.name} ({part.length}{', secret' if part.secret else ''})" for part in parts]


def _word(word: StatusWord) -> Facts:
    return {
        "sw": word.pattern,
        "name": word.name,
        "meaning": word.meaning,
        "changed": word.changed.name.lower(),
        "advice": word.advice,
        "requirement": word.requirement,
    }


def _meaning(spec: Spec, entry: Meaning) -> Facts:
    word = _word(entry.word)
    return {
        "kind": f"status word of {entry.command.name}",
        "name": word.pop("name"),
        "sw": word.pop("sw"),
        "command": entry.command.name,
        "of": entry.command.target,
        **word,
        "requirement_text": spec.requirements[entry.word.requirement].text,
    }


def _object(spec: Spec, entry: DataObject) -> Facts:
    filled_by = [d for d in spec.dgis.values() if any(f.object == entry.tag for f in d.fields)]
    return {
        "kind": "data object",
        "name": entry.name,
        "tag": f"{entry.tag:X}",
        "length": str(entry.length),
        "format": entry.format,
        "read": sorted(entry.read),
        "written": sorted(entry.write),
        "long": entry.long,
        "computed": entry.computed,
        "remarks": entry.text,
        "bits": [f"{bit:02X} {name}" for bit, name in entry.bits.items()],
        "filled_by": [f"{dgi.tag:04X} {dgi.name}" for dgi in filled_by],
        "fields": [
            {
                "tag": f"{field.tag:X}",
                "name": field.name,
                "length": str(field.length),
                "format": field.format,
                "remarks": field.text,
            }
            for field in entry.fields
        ],
    }


def _dgi(spec: Spec, entry: Dgi) -> Facts:
    return {
        "kind": "DGI",
        "name": entry.name,
        "draft": entry.draft,
        "tag": f"{entry.tag:04X}",
        "length": str(entry.length),
        "mandatory": entry.mandatory,
        "secret": entry.secret,
        **({"secret_length": entry.secret_length} if entry.secret else {}),
        **_states(spec, entry.states),
        "remarks": entry.text,
        "fills": [f"{f.object:X} {spec.objects[f.object].name}" for f in entry.fields],
    }


def _requirement(spec: Spec, entry: Requirement) -> Facts:
    commands = [*spec.commands.values(), *spec.card_manager.values()]
    named = [
        f"{word.pattern} of {command.name} ({command.target})"
        for command in commands
        for word in command.status
        if word.requirement == entry.id
    ]
    return {
        "kind": "requirement",
        "name": entry.id,
        "draft": entry.draft,
        "text": entry.text,
        "source": entry.source,
        "applies_to": list(entry.applies_to),
        "status_words": named,
        "shown_elsewhere": entry.shown_elsewhere,
    }
