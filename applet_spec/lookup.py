"""Finds what a name, tag, status word or number stands for in the contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from applet_spec.errors import ExitCode, UnicardError
from applet_spec.model import (
    CardProfile,
    CardState,
    CommandSpec,
    DataObject,
    Dgi,
    KeyRange,
    LifeCycleState,
    Requirement,
    Role,
    ServiceProfile,
    Spec,
    StatusWord,
    pattern_matches,
)


class NotInSpecError(UnicardError):
    """The contract has nothing of the name that was asked for."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class StatusName:
    """A status word and what it is called, whatever command it answers."""

    pattern: str
    name: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status word means as the answer to one command."""

    command: CommandSpec
    word: StatusWord


Entry = (
    CardProfile
    | CardState
    | CommandSpec
    | DataObject
    | Dgi
    | KeyRange
    | LifeCycleState
    | Meaning
    | Requirement
    | Role
    | ServiceProfile
    | StatusName
)


def look_up(spec: Spec, name: str, command: str | None = None) -> list[Entry]:
    """Return everything that a name stands for, in any case of letters.

    ``name`` is a name, a tag, a status word, a class and instruction or a requirement's number;
    ``command`` keeps only what a status word means for the commands of that name. Raises
    NotInSpecError.
    """
    wanted = _plain(name)
    if command is not None:
        return list(_meanings_for(spec, wanted, _plain(command)))
    found: list[Entry] = list(_status_names(spec, wanted))
    found += _meanings(_every_command(spec), wanted)
    for key, entry in _index(spec):
        if key.upper() == wanted and all(entry is not other for other in found):
            found.append(entry)
    if not found:
        raise _unknown(spec, wanted)
    return found


def names(spec: Spec) -> list[str]:
    """Return every name that ``look_up`` knows, status words by their patterns."""
    return list(dict.fromkeys([key for key, _ in _index(spec)] + list(spec.status_names)))


def _plain(name: str) -> str:
    return " ".join(name.split()).upper()


def _every_command(spec: Spec) -> list[CommandSpec]:
    return [*spec.commands.values(), *spec.card_manager.values()]


def _meanings_for(spec: Spec, wanted: str, command: str) -> Iterator[Meaning]:
    commands = [entry for entry in _every_command(spec) if entry.name == command]
    if not commands:
        raise _unknown(spec, command)
    meanings = list(_meanings(commands, wanted))
    if not meanings:
        raise NotInSpecError(
            f"{command} has no status word {wanted}.",
            advice=f"`unicard spec show {command}` lists those that it has.",
        )
    yield from meanings


def _meanings(commands: list[CommandSpec], wanted: str) -> Iterator[Meaning]:
    for command in commands:
        for word in command.status:
            if _falls_under(word.pattern, wanted):
                yield Meaning(command, word)


def _status_names(spec: Spec, wanted: str) -> Iterator[StatusName]:
    for pattern, name in spec.status_names.items():
        if _falls_under(pattern, wanted):
            yield StatusName(pattern, name)


def _falls_under(pattern: str, wanted: str) -> bool:
    """Say whether a status word, or a pattern itself, falls under a pattern."""
    if pattern.upper() == wanted:
        return True
    hexadecimal = len(wanted) == 4 and all(digit in "0123456789ABCDEF" for digit in wanted)
    return hexadecimal and pattern_matches(pattern, int(wanted, 16))


def _index(spec: Spec) -> Iterator[tuple[str, Entry]]:
    """Give each entry under every name that people call it by."""
    for command in (*spec.commands.values(), *spec.card_manager.values()):
        yield command.name, command
        yield f"{command.cla:02X} {command.ins:02X}", command
        yield f"{command.cla:02X}{command.ins:02X}", command
    for entry in spec.objects.values():
        yield entry.name, entry
        yield f"{entry.tag:X}", entry
    for dgi in spec.dgis.values():
        yield dgi.name, dgi
        yield f"{dgi.tag:04X}", dgi
    for requirement in spec.requirements.values():
        yield requirement.id, requirement
    yield from _small_tables(spec)


def _small_tables(spec: Spec) -> Iterator[tuple[str, Entry]]:
    for state in spec.states.values():
        yield state.name, state
    for card_state in spec.card_states.values():
        yield card_state.name, card_state
    for profile in spec.card_profiles.values():
        yield profile.name, profile
    for role in spec.roles.values():
        yield role.name, role
    for service in spec.services.profile:
        yield service.label, service
    for keys in spec.key_ranges.values():
        yield keys.name, keys


def _unknown(spec: Spec, wanted: str) -> NotInSpecError:
    near = get_close_matches(wanted, [name.upper() for name in names(spec)], n=3)
    advice = "Name a command, a data object, a DGI, a tag, a status word or a requirement."
    if near:
        advice = f"Did you mean {' or '.join(near)}?"
    return NotInSpecError(f"The contract has nothing called {wanted}.", advice=advice)
