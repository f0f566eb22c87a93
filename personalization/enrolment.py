"""Checks an enrolment list: every fault of every record is found, none is repaired."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from personalization.errors import PersonalizationError
from personalization.fields import enrolment_fields
from personalization.problems import Problem, shown
from personalization.records import RawRecord, read_records
from personalization.rules import cross_field_faults, needs_a_finger

_UNIQUE = ("enrolment_id", "national_id")


class EnrolmentInvalid(PersonalizationError):
    """A list with faults; ``problems`` are all of them, in the order of the list."""

    advice = "correct the list and check it again; nothing was prepared"

    def __init__(self, path: Path, problems: tuple[Problem, ...], records: int) -> None:
        bad = len({problem.record for problem in problems})
        said = f"{bad} of {records} records have faults ({len(problems)} faults in all)"
        super().__init__(f"{path}: {said if records else problems[0].message}")
        self.problems = problems

    def as_dict(self) -> dict[str, object]:
        """Return the error with every fault."""
        return super().as_dict() | {"problems": [problem.as_dict() for problem in self.problems]}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One valid record: its place in the list and its fields, typed as the schema says."""

    number: int
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def enrolment_id(self) -> str:
        """The enrolment office's reference."""
        return str(self.fields["enrolment_id"])


@dataclass(slots=True)
class _Seen:
    """Where each value that must be unique stood first."""

    places: dict[tuple[str, object], int] = field(default_factory=dict)

    def faults(self, record: RawRecord) -> Iterator[tuple[str, str]]:
        for name in _UNIQUE:
            value = record.fields.get(name)
            if isinstance(value, str):
                first = self.places.setdefault((name, value), record.number)
                if first != record.number:
                    yield name, f"stands in record {first} already"


def checked(
    path: Path, *, today: date | None = None
) -> Iterator[tuple[Enrolment | None, tuple[Problem, ...]]]:
    """Yield each record of a list as an enrolment, or None with its faults.

    Raises `ListUnreadable` for what is no list. ``today`` (UTC) judges birth dates.
    """
    judge = _Judge(today or datetime.now(UTC).date())
    for record in read_records(path, enrolment_fields()):
        problems = judge.problems(record)
        yield (None if problems else Enrolment(record.number, record.fields)), problems


def check_list(path: Path, *, today: date | None = None) -> tuple[int, tuple[Problem, ...]]:
    """Return how many records a list has, and every fault. Raises `ListUnreadable`."""
    count, problems = 0, list[Problem]()
    for _, faults in checked(path, today=today):
        count += 1
        problems += faults
    return count, tuple(problems) or _empty(count)


def read_list(path: Path, *, today: date | None = None) -> tuple[Enrolment, ...]:
    """Return a faultless list's enrolments. Raises `EnrolmentInvalid`, `ListUnreadable`."""
    enrolments, problems, count = list[Enrolment](), list[Problem](), 0
    for enrolment, faults in checked(path, today=today):
        count += 1
        problems += faults
        if enrolment is not None:
            enrolments.append(enrolment)
    problems += _empty(count)
    if problems:
        raise EnrolmentInvalid(path, tuple(problems), count)
    return tuple(enrolments)


def _empty(count: int) -> tuple[Problem, ...]:
    return () if count else (Problem(0, 1, "", "the list holds no record", ""),)


class _Judge:
    def __init__(self, today: date) -> None:
        table = enrolment_fields()
        self._validator = Draft202012Validator(table.schema, format_checker=FormatChecker())
        self._governorates = frozenset(table.schema["properties"]["governorate"]["enum"])
        self._today = today
        self._seen = _Seen()

    def problems(self, record: RawRecord) -> tuple[Problem, ...]:
        """Return every fault of a record, by the order of the fields in the schema."""

        def problem(name: str, message: str) -> Problem:
            value = shown(name, record.fields.get(name))
            return Problem(record.number, record.line, name, message, value)

        if record.fault:
            return (problem("", record.fault),)
        faults = dict.fromkeys(self._schema_faults(record.fields))
        formed = {n: v for n, v in record.fields.items() if n not in {name for name, _ in faults}}
        faults |= dict.fromkeys(
            cross_field_faults(formed, today=self._today, governorates=self._governorates)
        )
        if needs_a_finger(record.fields):
            faults["finger_1", "a finger is needed, or finger_exempt for who has no print"] = None
        faults |= dict.fromkeys(self._seen.faults(record))
        return tuple(problem(name, message) for name, message in faults)

    def _schema_faults(self, fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        errors: Iterable[ValidationError] = self._validator.iter_errors(dict(fields))
        for error in errors:
            yield from _WORDS.get(str(error.validator), _by_description)(error)


def _by_description(error: ValidationError) -> Iterator[tuple[str, str]]:
    name = str(error.path[0]) if error.path else ""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    yield name, f"is no valid {name}: {schema.get('description', error.validator)}"


def _out_of_range(error: ValidationError) -> Iterator[tuple[str, str]]:
    schema: Mapping[str, object] = error.schema  # type: ignore[assignment]
    low, high = schema.get("minimum", "any"), schema.get("maximum", "any")
    for name, message in _by_description(error):
        yield name, f"{message}; allowed: {low} to {high}"


def _no_such_value(error: ValidationError) -> Iterator[tuple[str, str]]:
    allowed: Sequence[object] = error.validator_value  # type: ignore[assignment]
    for name, message in _by_description(error):
        yield name, f"{message}; allowed: {', '.join(str(value) for value in allowed)}"


def _wrong_type(error: ValidationError) -> Iterator[tuple[str, str]]:
    schema: Mapping[str, object] = error.schema  # type: ignore[assignment]
    if "minimum" in schema:
        yield from _out_of_range(error)
    else:
        yield from _by_description(error)


def _missing(error: ValidationError) -> Iterator[tuple[str, str]]:
    fields: Mapping[str, object] = error.instance  # type: ignore[assignment]
    for name in error.validator_value:  # type: ignore[union-attr]
        if name not in fields:
            yield str(name), "is missing"


def _unknown(error: ValidationError) -> Iterator[tuple[str, str]]:
    known = error.schema["properties"]  # type: ignore[index]
    for name in error.instance:  # type: ignore[union-attr]
        if name not in known:
            yield str(name)[:40], "is no field of an enrolment record"


def _dependent(error: ValidationError) -> Iterator[tuple[str, str]]:
    fields: Mapping[str, object] = error.instance  # type: ignore[assignment]
    needs: Mapping[str, list[str]] = error.validator_value  # type: ignore[assignment]
    for name, others in needs.items():
        for other in others:
            if name in fields and other not in fields:
                yield other, f"is missing, and {name} needs it"


def _too_long(error: ValidationError) -> Iterator[tuple[str, str]]:
    yield str(error.path[0]), f"has more than {error.validator_value} characters"


def _too_short(error: ValidationError) -> Iterator[tuple[str, str]]:
    yield str(error.path[0]), f"has fewer than {error.validator_value} characters"


_WORDS: Mapping[str, Callable[[ValidationError], Iterator[tuple[str, str]]]] = {
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "enum": _no_such_value,
    "type": _wrong_type,
    "required": _missing,
    "additionalProperties": _unknown,
    "dependentRequired": _dependent,
    "maxLength": _too_long,
    "minLength": _too_short,
}
