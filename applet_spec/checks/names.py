"""Names are unique, and every name that one part uses is given by another."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from applet_spec.checks.contract import FileCheck, Files, Finding, data_file
from applet_spec.loader import Json, written_out

COMMAND_FILES = ("commands", "card_manager")
CARD_MANAGER = "card manager: "
EVERY_COMMAND = "every command"
BEFORE_DATA = "Lc"
"""The last check that looks at no data."""

Entries = Iterable[Json]
Table = tuple[str, str, Entries, tuple[str, ...]]


def names_are_unique(files: Files) -> Iterator[Finding]:
    """No two entries of a table share a value that tells them apart."""
    for file, kind, entries, members in _tables(files):
        rows = list(entries)
        for member in members:
            for value in _repeated(str(row.get(member, "")) for row in rows):
                what = f"The {member} {value!r} is given to more than one {kind}."
                yield Finding(data_file(file), kind, what)


def _tables(files: Files) -> Iterator[Table]:
    """Give each table: file, what an entry is, the entries, the members that are unique."""
    services, keys = files["services"], files["keys"]
    life_cycle, profiles = files["lifecycle"], files["card_profiles"]
    yield "lifecycle", "state", life_cycle["states"], ("name", "code")
    yield "lifecycle", "card state", life_cycle["card_states"], ("name", "code")
    yield "lifecycle", "content state", life_cycle["content_states"], ("name", "code")
    yield "card_profiles", "profile", profiles["profiles"], ("name", "title")
    yield "card_profiles", "quirk", profiles["quirks"], ("name",)
    yield from _channel_tables(files["card"]["secure_channel"])
    yield "roles", "role", files["roles"]["roles"], ("name", "role")
    yield "keys", "key set", keys["key_sets"], ("name",)
    yield "keys", "derivation", keys["derivations"], ("name",)
    yield "keys", "check value", keys["check_values"], ("name",)
    yield "objects", "object", written_out(files["objects"]["objects"]), ("name", "tag")
    yield "dgis", "DGI", written_out(files["dgis"]["dgis"]), ("name", "tag")
    yield "services", "service", services["profile"], ("id", "label")
    yield "services", "delegate's service", services["delegate_profile"], ("id", "label")
    yield "services", "kind", services["kinds"], ("code", "name")
    yield "services", "verification rule", services["verification_rules"], ("code", "name")
    yield "requirements", "requirement", files["requirements"]["requirements"], ("id",)
    yield "status_words", "common status word", files["status_words"]["common"], ("sw",)
    yield from _nested_tables(files)


def _channel_tables(channel: Json) -> Iterator[Table]:
    yield "card", "bit of i", channel["i_bits"], ("bit", "name")
    yield "card", "security level", channel["levels"], ("level",)


def _nested_tables(files: Files) -> Iterator[Table]:
    for entry in files["objects"]["objects"]:
        yield "objects", f"field of {entry['name']}", entry.get("fields", ()), ("name", "tag")
    for file, command in _commands(files):
        yield file, f"status word of {command['name']}", command["status"], ("sw",)
        yield file, f"variant of {command['name']}", command["variants"], ("name",)
    for file in COMMAND_FILES:
        yield file, "command", files[file]["commands"], ("name",)


def _repeated(values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    again: dict[str, None] = {}
    for value in values:
        if value in seen:
            again[value] = None
        seen.add(value)
    return list(again)


def _commands(files: Files) -> Iterator[tuple[str, Json]]:
    for file in COMMAND_FILES:
        for command in files[file]["commands"]:
            yield file, command


def _status_words(files: Files) -> Iterator[tuple[str, str, Json]]:
    """Give every status word with its file and the place where it stands."""
    for file, command in _commands(files):
        for word in command["status"]:
            yield file, command["name"], word
    for word in files["status_words"]["common"]:
        yield "status_words", "common", word


def commands_are_told_apart(files: Files) -> Iterator[Finding]:
    """Commands of the same class and instruction differ in the first tag of their data."""
    for file in COMMAND_FILES:
        for one, other in combinations(files[file]["commands"], 2):
            tags = [set(command.get("begins_with", ())) for command in (one, other)]
            apart = all(tags) and not tags[0] & tags[1]
            if (one["cla"], one["ins"]) == (other["cla"], other["ins"]) and not apart:
                what = f"The CLA INS '{one['cla']} {one['ins']}' is given to more than one command."
                yield Finding(data_file(file), other["name"], what)


def targets_fit_files(files: Files) -> Iterator[Finding]:
    """Each file of commands says for whom they are."""
    for file, target in zip(COMMAND_FILES, ("application", "card manager"), strict=True):
        if files[file]["target"] != target:
            yield Finding(data_file(file), "target", f"These are commands of the {target}.")


def orders_begin_alike(files: Files) -> Iterator[Finding]:
    """Both targets look at a command in the same order until they look at its data."""
    one, other = (files[file]["order_of_checks"] for file in COMMAND_FILES)
    start = one[: one.index(BEFORE_DATA) + 1] if BEFORE_DATA in one else one
    if other[: len(start)] != start:
        what = "The order differs from the application's before the data is looked at."
        yield Finding(data_file("card_manager"), "order_of_checks", what)


def status_words_are_named(files: Files) -> Iterator[Finding]:
    """Every status word that a command answers has a name."""
    for file, place, word in _status_words(files):
        if word["sw"] not in files["status_words"]["names"]:
            what = f"Status word {word['sw']} has no name in status_words.json."
            yield Finding(data_file(file), place, what)


def commands_can_succeed(files: Files) -> Iterator[Finding]:
    """Every command that is no draft says what 9000 means."""
    for file, command in _commands(files):
        words = {word["sw"] for word in command["status"]}
        if "9000" not in words and not command.get("draft"):
            yield Finding(data_file(file), command["name"], "The command has no status word 9000.")


def states_exist(files: Files) -> Iterator[Finding]:
    """Commands and DGIs name states of the life cycle, variants those of their command."""
    known = {state["name"] for state in files["lifecycle"]["states"]}
    cards = {state["name"] for state in files["lifecycle"]["card_states"]}
    for file, command in _commands(files):
        own = command["states"]
        named = set() if isinstance(own, str) else set(own)
        for variant in command["variants"]:
            named |= set(variant.get("states", ()))
        states = cards if file == "card_manager" else known
        yield from _unknown_states(file, command["name"], named - states)
    for dgi in files["dgis"]["dgis"]:
        yield from _unknown_states("dgis", dgi["name"], set(dgi["states"]) - known)


def _unknown_states(file: str, place: str, names: set[str]) -> Iterator[Finding]:
    for name in sorted(names):
        yield Finding(data_file(file), place, f"The life cycle has no state {name}.")


def requirements_exist(files: Files) -> Iterator[Finding]:
    """Status words name requirements that exist, and drafts only where the command is one."""
    listed = {entry["id"]: entry for entry in files["requirements"]["requirements"]}
    drafts = {(file, c["name"]) for file, c in _commands(files) if c.get("draft")}
    for file, place, word in [*_status_words(files), ("status_words", "rmac", _rmac(files))]:
        name = word["requirement"]
        if name not in listed:
            what = f"Status word {word['sw']} names requirement {name}, which does not exist."
            yield Finding(data_file(file), place, what)
        elif listed[name].get("draft") and (file, place) not in drafts:
            what = f"Status word {word['sw']} is no draft, but its requirement {name} is."
            yield Finding(data_file(file), place, what)


def _rmac(files: Files) -> Json:
    return {"sw": "9000", **files["status_words"]["rmac"]}


def requirements_have_a_place(files: Files) -> Iterator[Finding]:
    """Every requirement that is no draft belongs to a status word or says to which commands."""
    named = {word["requirement"] for _, _, word in _status_words(files)}
    named.add(_rmac(files)["requirement"])
    for entry in files["requirements"]["requirements"]:
        if not (entry["id"] in named or "applies_to" in entry or entry.get("draft")):
            yield Finding(
                data_file("requirements"),
                entry["id"],
                "No status word names the requirement, and it has no applies_to.",
            )


def requirements_apply_to_commands(files: Files) -> Iterator[Finding]:
    """A requirement's applies_to names commands that exist."""
    known = {EVERY_COMMAND}
    known |= {command["name"] for command in files["commands"]["commands"]}
    known |= {CARD_MANAGER + command["name"] for command in files["card_manager"]["commands"]}
    for entry in files["requirements"]["requirements"]:
        for name in entry.get("applies_to", ()):
            if name not in known:
                what = f"The requirement applies to {name}, which is no command."
                yield Finding(data_file("requirements"), entry["id"], what)


CHECKS: tuple[FileCheck, ...] = (
    names_are_unique,
    commands_are_told_apart,
    targets_fit_files,
    orders_begin_alike,
    status_words_are_named,
    commands_can_succeed,
    states_exist,
    requirements_exist,
    requirements_have_a_place,
    requirements_apply_to_commands,
)
