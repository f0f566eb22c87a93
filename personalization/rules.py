"""What the JSON Schema of an enrolment cannot say: how the fields of one record agree."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import date

from applet_spec import spec
from personalization.card_number import has_check_digit
from personalization.errors import FingerRecordInvalid
from personalization.fmr import parse_finger_record
from personalization.national_id import ABROAD, NationalId, parse_national_id
from personalization.services import is_delegate

Fault = tuple[str, str]
"""A field and what is wrong with it."""
OLDEST_YEARS = 120


def cross_field_faults(
    fields: Mapping[str, object], *, today: date, governorates: frozenset[str]
) -> Iterator[Fault]:
    """Yield the faults of a record whose single fields have the right form, as far as they have it.

    A field that the schema refused is absent from ``fields``. ``governorates`` are the codes that
    a governorate of birth may have, besides 88 for abroad.
    """
    birth_date = _date(fields.get("birth_date"))
    if isinstance(fields.get("birth_date"), str):
        yield from _birth_date_faults(birth_date, today)
    if isinstance(national_id := fields.get("national_id"), str):
        yield from _national_id_faults(national_id, birth_date, governorates)
    yield from _name_faults(fields.get("name"))
    yield from _finger_faults(fields)
    if is_delegate(fields) and "health_class" in fields:
        yield "health_class", "a delegate's card has no health cover"
    replaced = fields.get("replaces_card")
    if isinstance(replaced, str) and not _is_own_card(replaced):
        yield "replaces_card", "this is no number of our cards: prefix or check digit is wrong"


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _birth_date_faults(birth_date: date | None, today: date) -> Iterator[Fault]:
    if birth_date is None:
        yield "birth_date", "there is no such day"
    elif birth_date > today:
        yield "birth_date", "lies in the future"
    elif birth_date.year < today.year - OLDEST_YEARS:
        yield "birth_date", f"lies more than {OLDEST_YEARS} years ago"


def _national_id_faults(
    digits: str, birth_date: date | None, governorates: frozenset[str]
) -> Iterator[Fault]:
    try:
        national_id = parse_national_id(digits)
    except ValueError as error:
        yield "national_id", str(error)
        return
    if birth_date is not None and national_id.birth_date != birth_date:
        yield "national_id", f"its {_difference(national_id, birth_date)} is not that of birth_date"
    if national_id.governorate not in governorates | {ABROAD}:
        yield "national_id", "digits 8 and 9 are no governorate of birth"


def _difference(national_id: NationalId, birth_date: date) -> str:
    in_id = national_id.birth_date
    if (in_id.month, in_id.day) == (birth_date.month, birth_date.day) and (
        abs(in_id.year - birth_date.year) == 100
    ):
        return "century (first digit)"
    return "birth date (digits 2 to 7)"


def _name_faults(name: object) -> Iterator[Fault]:
    field = next(f for f in spec().object_named("cardholder data").fields if f.name == "name")
    if isinstance(name, str) and len(name.encode("utf-8")) > field.length.most:
        size = len(name.encode("utf-8"))
        yield "name", f"{size} bytes of UTF-8; the card holds {field.length.most}"


def _finger_faults(fields: Mapping[str, object]) -> Iterator[Fault]:
    positions = [fields.get("finger_1_position"), fields.get("finger_2_position")]
    if positions[0] is not None and positions[0] == positions[1]:
        yield "finger_2_position", "is the finger of finger_1_position"
    for number, position in enumerate(positions, 1):
        text = fields.get(f"finger_{number}")
        if isinstance(text, str):
            yield from _finger_record_faults(f"finger_{number}", text, position)


def needs_a_finger(fields: Mapping[str, object]) -> bool:
    """Say whether the record lacks both a finger and the mark of a person without usable prints."""
    return "finger_1" not in fields and fields.get("finger_exempt") is not True


def _finger_record_faults(field: str, text: str, position: object) -> Iterator[Fault]:
    try:
        record = parse_finger_record(base64.b64decode(text, validate=True))
    except binascii.Error:
        yield field, "is not base64"
    except FingerRecordInvalid as error:
        yield field, error.message
    else:
        if isinstance(position, int) and record.position not in (0, position):
            yield field, f"is the record of finger {record.position}, not of {field}_position"


def _is_own_card(number: str) -> bool:
    return number.startswith(spec().card_number.prefix) and has_check_digit(number)
