"""Invented enrolment records, in the form of ``applet_spec/formats/enrolment.schema.json``."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice

from applet_spec import spec
from card_simulator.samples.citizens import Citizen, citizens
from card_simulator.samples.fingers import finger_record

_RIGHT_INDEX, _LEFT_INDEX = 2, 7
_EXEMPT = 0.08
_ONE_FINGER = 0.1
_REPLACES = 0.08
_ONE_DELEGATE_IN = 9
_SHARES = {"ration_points": 0.7, "bread_loaves": 0.8, "health_class": 0.9}


def columns() -> list[str]:
    """Return the names of an enrolment's fields, in the schema's order."""
    schema = files("applet_spec") / "formats" / "enrolment.schema.json"
    return list(json.loads(schema.read_text(encoding="utf-8"))["properties"])


def enrolments(count: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield invented records, fields as CSV text, absent ones missing; same seed, same records."""
    numbers = random.Random(seed)
    for number, citizen in enumerate(islice(citizens(numbers), count), start=1):
        yield _enrolment(numbers, number, citizen)


def _enrolment(numbers: random.Random, number: int, citizen: Citizen) -> dict[str, str]:
    record = {
        "enrolment_id": f"{citizen.governorate}-2026-{number:06d}",
        "national_id": citizen.national_id,
        "name": citizen.name,
        "birth_date": citizen.birth_date.isoformat(),
        "governorate": citizen.governorate,
        "mobile": citizen.mobile,
    }
    if number % _ONE_DELEGATE_IN:
        return record | _fingers(numbers) | _entitlements(numbers)
    record |= {"card_kind": "delegate"} | _fingers(numbers) | _entitlements(numbers)
    record.pop("health_class", None)  # delegates have no health cover
    return record


def _fingers(numbers: random.Random) -> dict[str, str]:
    if numbers.random() < _EXEMPT:
        return {"finger_exempt": "true"}
    positions = [_RIGHT_INDEX] if numbers.random() < _ONE_FINGER else [_RIGHT_INDEX, _LEFT_INDEX]
    fields = {}
    for n, position in enumerate(positions, start=1):
        fields[f"finger_{n}_position"] = str(position)
        fields[f"finger_{n}"] = b64encode(finger_record(numbers, position)).decode()
    return fields


def _entitlements(numbers: random.Random) -> dict[str, str]:
    household = numbers.randint(1, 7)
    amounts = {
        "ration_points": 50 * household,
        "bread_loaves": 5 * household,
        "health_class": numbers.randint(1, 3),
    }
    fields = {name: str(n) for name, n in amounts.items() if numbers.random() < _SHARES[name]}
    if numbers.random() < _REPLACES:
        fields["replaces_card"] = _card_number(numbers)
    return fields


def _card_number(numbers: random.Random) -> str:
    """Return a card number of the contract's form, with its check digit (ISO/IEC 7812-1)."""
    form = spec().card_number
    length = form.digits - len(form.prefix) - 1
    body = form.prefix + f"{numbers.randrange(10**length):0{length}d}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    total = sum(value // 10 + value % 10 for value in doubled)
    return body + str(-total % 10)
