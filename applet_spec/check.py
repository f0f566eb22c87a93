"""Checks the contract: each file against its schema, then the files against each other.

The only module that imports jsonschema, which takes longer than all of the command line: import
this one where a check is asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from applet_spec.checks import (
    apdus,
    keys,
    layout,
    life_cycle,
    limits,
    names,
    profiles,
    services,
)
from applet_spec.checks.contract import FileCheck, Files, Finding, SpecCheck, data_file
from applet_spec.loader import Json, build, read_data, read_json

__all__ = ["FILE_CHECKS", "SPEC_CHECKS", "Finding", "check"]

DATA_FILES = (
    "card",
    "lifecycle",
    "roles",
    "keys",
    "card_profiles",
    "objects",
    "dgis",
    "services",
    "transactions",
    "commands",
    "card_manager",
    "status_words",
    "requirements",
)

FILE_CHECKS: tuple[FileCheck, ...] = names.CHECKS

SPEC_CHECKS: tuple[SpecCheck, ...] = (
    *apdus.CHECKS,
    *layout.CHECKS,
    *services.CHECKS,
    *keys.CHECKS,
    *limits.CHECKS,
    *life_cycle.CHECKS,
    *profiles.CHECKS,
)

Read = Callable[[str], Json]


def read_format(name: str) -> Json:
    """Return the parsed schema ``formats/NAME.schema.json``. Raises SpecError."""
    return read_json("formats", f"{name}.schema.json")


def check(read: Read = read_data, read_format: Read = read_format) -> list[Finding]:
    """Return what is wrong in the contract; nothing when it holds together.

    ``read`` and ``read_format`` return a parsed file of ``data/`` and of ``formats/`` by its name.
    Rules that go across files are looked at once every file follows its schema. Raises SpecError
    when a file cannot be read.
    """
    data = {name: read(name) for name in DATA_FILES}
    formats = {name: read_format(name) for name in format_names()}
    shape = [*_schema_findings(data), *_format_findings(formats)]
    return shape or list(_cross_findings(Files(data, formats)))


def format_names() -> list[str]:
    """Return the names of the schemas in ``formats/``."""
    return _schema_names(package_files("applet_spec") / "formats")


def _schema_names(folder: Traversable) -> list[str]:
    ending = ".schema.json"
    return sorted(
        entry.name.removesuffix(ending) for entry in folder.iterdir() if entry.name.endswith(ending)
    )


def _schema_findings(data: Mapping[str, Json]) -> Iterator[Finding]:
    for name, content in data.items():
        schema_name = "commands" if name == "card_manager" else name
        validator = Draft202012Validator(read_json("schemas", f"{schema_name}.schema.json"))
        for error in sorted(validator.iter_errors(content), key=lambda error: error.json_path):
            yield Finding(data_file(name), _place(content, error), _sentence(error))


def _format_findings(formats: Mapping[str, Json]) -> Iterator[Finding]:
    for name, schema in formats.items():
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            file = f"applet_spec/formats/{name}.schema.json"
            yield Finding(file, error.json_path, f"This is no JSON Schema: {error.message}.")


def _place(content: Json, error: ValidationError) -> str:
    """Return the path in words: an entry of a list by its name where it has one."""
    words: list[str] = []
    here: object = content
    for step in error.absolute_path:
        here = here[step]  # type: ignore[index]
        words.append(_name_of(here) if isinstance(step, int) else str(step))
        if isinstance(step, int) and not words[-1]:
            words[-1] = f"entry {step + 1}"
    return ", ".join(words)


def _name_of(entry: object) -> str:
    if not isinstance(entry, dict):
        return ""
    found = (entry.get(member) for member in ("name", "id", "sw", "tag"))
    return next((str(name) for name in found if name), "")


def _sentence(error: ValidationError) -> str:
    """Return what a schema found as a sentence of reasonable length."""
    value = str(error.instance)
    if isinstance(error.instance, (dict, list)) or len(value) > 60:
        value = "The entry" if isinstance(error.instance, (dict, list)) else f"{value[:57]}…"
    match error.validator:
        case "pattern":
            return f"{value!r} is not written as it must be: {error.validator_value}."
        case "required" | "additionalProperties" | "unevaluatedProperties":
            return f"{error.message[0].upper()}{error.message[1:]}."
        case "if" | "oneOf" | "anyOf" | "not":
            return f"{value} does not fit the rule of its schema: {error.validator}."
    return f"{error.message}."


def _cross_findings(files: Files) -> Iterator[Finding]:
    found = [finding for rule in FILE_CHECKS for finding in rule(files)]
    yield from found
    try:
        spec = build(files.data.__getitem__)
    except (KeyError, TypeError, ValueError) as error:
        if not found:
            yield Finding("applet_spec/data", "", f"The files do not fit together: {error!r}.")
        return
    for rule in SPEC_CHECKS:
        yield from rule(files, spec)
