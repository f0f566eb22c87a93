"""Every fault of every record is reported, and no person is exposed by the report."""

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.card_number import check_digit, has_check_digit, random_card_number
from personalization.enrolment import EnrolmentInvalid, check_list, read_list
from personalization.national_id import parse_national_id
from personalization.problems import Problem, shown
from tests.personalization.perso_bureau import NOW
from tests.personalization.test_perso_finger import finger_record

GOOD: dict[str, Any] = {
    "enrolment_id": "01-2026-000001",
    "national_id": "28503150112345",
    "name": "منى أحمد حسن",
    "birth_date": "1985-03-15",
    "governorate": "21",
    "mobile": "01012345678",
    "finger_1_position": 2,
    "finger_1": base64.b64encode(finger_record(position=2)).decode(),
    "ration_points": 200,
}
"""An invented citizen."""
MISSING = object()


def problems_of(folder: Path, *records: dict[str, Any]) -> tuple[Problem, ...]:
    path = folder / "list.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return check_list(path, today=NOW.date())[1]


def changed(**fields: Any) -> dict[str, Any]:
    return {k: v for k, v in (GOOD | fields).items() if v is not MISSING}


def test_a_good_record_has_no_fault(tmp_path: Path) -> None:
    assert problems_of(tmp_path, GOOD) == ()


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"enrolment_id": MISSING}, "enrolment_id", "is missing"),
        (
            {"enrolment_id": "a"},
            "enrolment_id",
            "no valid enrolment_id: the enrolment office's reference",
        ),
        ({"national_id": "2850315011234"}, "national_id", "14 digits"),
        ({"national_id": "48503150112345"}, "national_id", "century 2 or 3"),
        ({"national_id": 28503150112345}, "national_id", "14 digits"),
        ({"national_id": "28513150112345"}, "national_id", "no date"),
        ({"national_id": "28503160112345"}, "national_id", "its birth date"),
        ({"national_id": "38503150112345", "birth_date": "1985-03-15"}, "national_id", "century"),
        ({"national_id": "28503150512345"}, "national_id", "no governorate of birth"),
        ({"name": "Mona Ahmed"}, "name", "Arabic"),
        ({"name": "منى"}, "name", "Arabic"),
        ({"name": "منى " + "أ" * 58}, "name", "more than 60"),
        ({"name": "منى " + "أ" * 57 + " ب"}, "name", "more than 60"),
        ({"birth_date": "1985-02-30"}, "birth_date", "no valid birth_date"),
        ({"birth_date": "15/03/1985"}, "birth_date", "YYYY-MM-DD"),
        ({"governorate": "05"}, "governorate", "governorate of residence"),
        ({"governorate": "05"}, "governorate", "allowed: 01, 02, 03, 04, 11, 12"),
        ({"bread_loaves": -3}, "bread_loaves", "loaves a day; allowed: 1 to 1000"),
        ({"bread_loaves": 1001}, "bread_loaves", "loaves a day; allowed: 1 to 1000"),
        ({"bread_loaves": "many"}, "bread_loaves", "loaves a day; allowed: 1 to 1000"),
        ({"finger_exempt": "maybe"}, "finger_exempt", "no usable prints"),
        ({"mobile": "01312345678"}, "mobile", "Egyptian mobile"),
        ({"mobile": "+201012345678"}, "mobile", "Egyptian mobile"),
        ({"finger_1": MISSING}, "finger_1", "a finger is needed"),
        ({"finger_1": MISSING, "finger_1_position": MISSING}, "finger_1", "a finger is needed"),
        ({"finger_1_position": MISSING}, "finger_1_position", "finger_1 needs it"),
        ({"finger_1_position": 11}, "finger_1_position", "finger position code"),
        ({"finger_1_position": 3}, "finger_1", "the record of finger 2"),
        ({"finger_1": "%%%"}, "finger_1", "base64"),
        ({"finger_1": "AAA"}, "finger_1", "is not base64"),
        ({"finger_1": "AAAA"}, "finger_1", "too few"),
        ({"finger_2": GOOD["finger_1"]}, "finger_2_position", "is missing"),
        (
            {"finger_2": GOOD["finger_1"], "finger_2_position": 2},
            "finger_2_position",
            "is the finger of finger_1_position",
        ),
        ({"ration_points": 0}, "ration_points", "ration points"),
        ({"ration_points": "200"}, "ration_points", "ration points"),
        ({"health_class": 100}, "health_class", "class of health cover"),
        ({"card_kind": "guest"}, "card_kind", "allowed: holder, delegate"),
        ({"card_kind": True}, "card_kind", "delegate"),
        (
            {"card_kind": "delegate", "health_class": 1},
            "health_class",
            "a delegate's card has no health cover",
        ),
        ({"replaces_card": "9818010000000016"}, "replaces_card", "no number of our cards"),
        ({"replaces_card": "4111111111111111"}, "replaces_card", "no number of our cards"),
        ({"iban": "EG1"}, "iban", "is no field"),
    ],
)
def test_one_wrong_field_is_named_with_what_is_wrong(
    tmp_path: Path, fields: dict[str, Any], field: str, message: str
) -> None:
    found = problems_of(tmp_path, GOOD | {"enrolment_id": "OTHER-1"}, changed(**fields))
    named = {p.field: p.message for p in found if p.record == 2 and "already" not in p.message}
    assert message in named[field]
    assert all(p.line == 2 for p in found)


def test_the_same_person_or_reference_twice_is_a_fault_of_the_second(tmp_path: Path) -> None:
    found = problems_of(tmp_path, GOOD, changed(enrolment_id="01-2026-000002"), GOOD)
    assert [(p.record, p.field) for p in found] == [
        (2, "national_id"),
        (3, "enrolment_id"),
        (3, "national_id"),
    ]
    assert "record 1 already" in found[0].message


def test_all_faults_of_all_records_are_reported_at_once(tmp_path: Path) -> None:
    bad = changed(mobile="1", governorate="99", ration_points=-1, enrolment_id="A-0001")
    worse = {"name": "x"}
    found = problems_of(tmp_path, GOOD, bad, worse)
    assert {p.record for p in found} == {2, 3}
    assert {p.field for p in found if p.record == 2} >= {"mobile", "governorate", "ration_points"}
    assert {p.field for p in found if p.record == 3} >= {
        *("enrolment_id", "national_id", "birth_date", "governorate", "mobile", "name", "finger_1")
    }


def test_births_in_the_future_and_long_ago_are_faults(tmp_path: Path) -> None:
    future = changed(birth_date="2027-01-01", national_id="32701010112345")
    old = changed(birth_date="1900-01-01", national_id="20001010112345", enrolment_id="B-0001")
    messages = [p.message for p in problems_of(tmp_path, future, old)]
    assert messages == ["lies in the future", "lies more than 120 years ago"]


def test_a_person_without_usable_prints_needs_no_finger(tmp_path: Path) -> None:
    exempt = changed(finger_1=MISSING, finger_1_position=MISSING, finger_exempt=True)
    assert problems_of(tmp_path, exempt) == ()


def test_a_name_that_fits_the_letters_but_not_the_card_is_a_fault(tmp_path: Path) -> None:
    longest = "ا" * 29 + " " + "ا" * 30
    assert len(longest.encode()) == 119
    assert problems_of(tmp_path, changed(name=longest)) == ()


def test_people_born_abroad_are_citizens_too(tmp_path: Path) -> None:
    assert problems_of(tmp_path, changed(national_id="28503158812345")) == ()


def test_a_list_with_faults_gives_no_enrolments_at_all(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps({"name": "x"}), encoding="utf-8")
    with pytest.raises(EnrolmentInvalid, match="1 of 2 records have faults") as caught:
        read_list(path, today=NOW.date())
    assert caught.value.as_dict()["problems"]


def test_an_array_without_records_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("[]")
    assert [p.message for p in check_list(path)[1]] == ["the list holds no record"]


@given(st.text(min_size=1))
def test_personal_values_are_shown_without_a_letter_or_digit_of_theirs(text: str) -> None:
    for field in ("national_id", "name", "birth_date", "mobile", "replaces_card", "unknown"):
        masked = shown(field, text)
        assert not {c for c in masked if c.isalnum()}
        assert masked.isprintable()
        assert len(masked) == min(len(text), 40)


def test_no_report_of_faults_shows_a_person(tmp_path: Path) -> None:
    record = changed(mobile="0101234567x", name="منى Ahmed", birth_date="1985-03-16")
    text = repr(problems_of(tmp_path, record))
    for secret in ("010123", "Ahmed", "منى", "1985", "285031", str(GOOD["finger_1"])[:20]):
        assert secret not in text


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 99), st.integers(0, 99999))
def test_a_national_id_says_birth_date_and_governorate(born: date, place: int, rest: int) -> None:
    century = "2" if born.year < 2000 else "3"
    found = parse_national_id(f"{century}{born:%y%m%d}{place:02d}{rest:05d}")
    assert (found.birth_date, found.governorate) == (born, f"{place:02d}")


def test_card_numbers_have_the_check_digit_of_iso_7812() -> None:
    assert check_digit("7992739871") == "3"  # the worked example known for this formula
    numbers = {random_card_number() for _ in range(200)}
    assert len(numbers) == 200
    assert all(len(n) == 16 and n.startswith("981801") and has_check_digit(n) for n in numbers)
    assert not has_check_digit("9818010000000016")
