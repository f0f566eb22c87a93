"""The forms that an enrolment list can have, and what is none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.enrolment import check_list
from personalization.errors import FileMissing, ListUnreadable
from personalization.fields import enrolment_fields
from personalization.records import LARGEST_LINE, RawRecord, read_records
from tests.personalization.perso_bureau import NOW, list_text


def records(path: Path) -> list[RawRecord]:
    return list(read_records(path, enrolment_fields()))


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "list"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def as_objects(text: str) -> list[dict[str, object]]:
    header, *rows = text.splitlines()
    table = enrolment_fields()
    return [
        {n: table.typed(n, c) for n, c in zip(header.split(","), row.split(","), strict=True) if c}
        for row in rows
    ]


def test_a_list_reads_the_same_as_csv_as_json_lines_and_as_a_json_array(tmp_path: Path) -> None:
    objects = as_objects(list_text(4))
    lines = "\n".join(json.dumps(o, ensure_ascii=False) for o in objects)
    forms = (
        list_text(4),
        lines,
        lines + "\n\n",
        json.dumps(objects),
        json.dumps(objects, indent=1),
    )
    for form in forms:
        for bom in (b"", b"\xef\xbb\xbf"):
            found = records(written(tmp_path, bom + form.encode()))
            assert [dict(record.fields) for record in found] == objects
            assert [record.number for record in found] == [1, 2, 3, 4]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    header, *rows = list_text(2).splitlines()
    found = records(written(tmp_path, f"{header}\r\n{rows[0]}\r\n\r\n{rows[1]}"))
    assert [record.line for record in found] == [2, 4]
    objects = as_objects(list_text(2))
    assert next(r.line for r in records(written(tmp_path, json.dumps(objects, indent=1)))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04\x00\x00", "binary"),
        ("enrolment_id".encode("utf-16"), "UTF-16"),
        (b"a,b\n\x00", "binary"),
        ("enrolment_id,الاسم\n".encode("cp1256"), "not UTF-8"),
        (b"x,y\n1,2\n", "unknown columns: 'x', 'y'; missing columns"),
        (list_text(1).replace("mobile", "Mobile"), "unknown columns: 'Mobile'; missing columns"),
        (list_text(1).replace("mobile", "name"), "twice: 'name'"),
        (list_text(1) + "x" * (LARGEST_LINE + 1), "longer than"),
        (b'[{"a": 1} {"b": 2}]', "no comma"),
        (b"[] []", "follows the array"),
    ],
)
def test_what_is_no_list_is_refused_whole(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(ListUnreadable, match=message):
        records(written(tmp_path, content))


def test_a_missing_file_is_a_wrong_name_and_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="there is no file"):
        records(tmp_path / "none")
    with pytest.raises(ListUnreadable, match="cannot be read"):
        records(tmp_path)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"enrolment_id": "A-001", "enrolment_id": "A-002"}', "twice"),
        ('{"enrolment_id": }', "no JSON"),
        ("[1, 2]", "object"),
        ('{"a":' * 60000, "nested"),
        ("{}x", "no JSON"),
    ],
)
def test_a_line_that_is_no_record_is_one_fault_and_the_next_is_read(
    tmp_path: Path, line: str, fault: str
) -> None:
    objects = [json.dumps(o) for o in as_objects(list_text(2))]
    path = written(tmp_path, "\n".join([objects[0], line[:60000], objects[1]]))
    found = records(path)
    assert [bool(record.fault) for record in found] == [False, True, False]
    assert fault in found[1].fault


def test_a_row_with_too_few_or_too_many_cells_is_one_fault(tmp_path: Path) -> None:
    header, row = list_text(1).splitlines()
    faults = [r.fault for r in records(written(tmp_path, f'{header}\n{row},x\nA-1,b\n"a\n{row}'))]
    assert "cells instead of" in faults[0]
    assert "cells instead of" in faults[1]
    assert "CSV" in faults[2] or "quoted" in faults[2]
    assert faults[3] == ""


@given(st.binary(max_size=400))
def test_no_bytes_at_all_do_anything_worse_than_a_clear_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), data)
    try:
        _, problems = check_list(path, today=NOW.date())
    except ListUnreadable:
        return
    assert problems


@given(st.lists(st.dictionaries(st.text(max_size=9), st.integers() | st.text() | st.none())))
def test_no_json_at_all_does_anything_worse_than_faults(
    tmp_path_factory: pytest.TempPathFactory, objects: list[dict[str, object]]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), json.dumps(objects))
    _, problems = check_list(path, today=NOW.date())
    assert problems
