"""Invented citizens and fingers: valid in form, the same for the same seed."""

import json
import random
from base64 import b64decode
from datetime import date
from itertools import islice
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator.samples import citizens, columns, enrolments, finger_record
from card_simulator.samples.fingers import FEWEST, HEIGHT, MOST, WIDTH

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "applet_spec/formats/enrolment.schema.json").read_text()
)


def typed(record: dict[str, str]) -> dict[str, object]:
    """Read the CSV text of a record as the schema's types."""
    booleans = {"true": True, "false": False}
    found: dict[str, object] = {}
    for name, text in record.items():
        kind = SCHEMA["properties"][name]["type"]
        found[name] = int(text) if kind == "integer" else booleans.get(text, text)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_record_fits_the_schema(seed: int) -> None:
    validator = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for record in enrolments(60, seed):
        validator.validate(typed(record))
        assert list(record) == [name for name in columns() if name in record]


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    assert list(enrolments(5, 1)) == list(enrolments(5, 1)) != list(enrolments(5, 2))
    assert list(enrolments(5, 1)) == list(enrolments(9, 1))[:5]


def test_a_list_has_variety() -> None:
    records = list(enrolments(200, seed=1))
    assert len({record["national_id"] for record in records}) == 200
    assert len({record["enrolment_id"] for record in records}) == 200
    assert len({record["governorate"] for record in records}) > 8
    assert any("finger_exempt" in record for record in records)
    assert any("finger_1" in record and "finger_2" not in record for record in records)
    assert any("replaces_card" in record for record in records)
    assert all("finger_exempt" in record or "finger_1" in record for record in records)


def test_the_national_id_says_birth_date_and_sex() -> None:
    for citizen in islice(citizens(random.Random(1)), 300):
        number = citizen.national_id
        century = {"2": 1900, "3": 2000}[number[0]]
        born = date(century + int(number[1:3]), int(number[3:5]), int(number[5:7]))
        assert born == citizen.birth_date
        assert 18 <= (date(2026, 1, 1) - born).days / 365.25 < 86
    sexes = {
        int(citizen.national_id[9:13]) % 2 for citizen in islice(citizens(random.Random(1)), 50)
    }
    assert sexes == {0, 1}


def test_replaced_card_numbers_have_their_check_digit() -> None:
    # ISO/IEC 7812-1, annex B
    numbers = [r["replaces_card"] for r in enrolments(300, 4) if "replaces_card" in r]
    assert numbers
    for number in numbers:
        odd = sum(int(digit) for digit in number[-1::-2])
        even = sum(int(d) for digit in number[-2::-2] for d in str(2 * int(digit)))
        assert (odd + even) % 10 == 0


@given(seed=st.integers(0, 10_000), position=st.integers(1, 10))
def test_a_finger_is_a_well_formed_record(seed: int, position: int) -> None:
    # ISO/IEC 19794-2:2005, table 4
    record = finger_record(random.Random(seed), position)
    assert record[:8] == b"FMR\x00 20\x00"
    assert int.from_bytes(record[8:12], "big") == len(record)
    assert (record[24], record[22]) == (position, 1)
    count = record[27]
    assert FEWEST <= count <= MOST
    assert len(record) == 28 + 6 * count + 2
    points = []
    for at in range(28, 28 + 6 * count, 6):
        first, second = (int.from_bytes(record[i : i + 2], "big") for i in (at, at + 2))
        assert first >> 14 in (1, 2)
        assert second >> 14 == 0
        points.append((first & 0x3FFF, second))
    assert all(x < WIDTH and y < HEIGHT for x, y in points)
    assert len(set(points)) == count
    assert max(x for x, _ in points) - min(x for x, _ in points) > WIDTH / 3


def test_the_fingers_of_a_record_are_different() -> None:
    record = next(r for r in enrolments(50, 1) if "finger_2" in r)
    assert b64decode(record["finger_1"]) != b64decode(record["finger_2"])
