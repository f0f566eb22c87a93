"""Finger records are read strictly and become what the card compares."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.tlv import parse
from personalization.errors import FingerRecordInvalid
from personalization.finger import biometric_information, biometric_subtype, card_finger
from personalization.fmr import FingerRecord, Minutia, parse_finger_record

Row = tuple[int, int, int, int, int]
"""Type, x, y, angle, quality."""


def finger_record(
    minutiae: Sequence[Row] = ((1, 100, 120, 64, 80), (2, 30, 40, 0, 0)),
    *,
    position: int = 2,
    size: tuple[int, int] = (300, 400),
    resolution: int = 197,
    extended: bytes = b"",
) -> bytes:
    """Lay out a record by ISO/IEC 19794-2:2005, 7.2 to 7.5, apart from the code under test."""
    body = bytes((position, 0, 60, len(minutiae)))
    for kind, x, y, angle, quality in minutiae:
        body += (kind << 14 | x).to_bytes(2, "big") + y.to_bytes(2, "big") + bytes((angle, quality))
    body += len(extended).to_bytes(2, "big") + extended
    header = b"FMR\0 20\0" + (24 + len(body)).to_bytes(4, "big") + bytes(2)
    header += b"".join(n.to_bytes(2, "big") for n in (*size, resolution, resolution))
    return header + bytes((1, 0)) + body


rows = st.tuples(
    st.integers(0, 2),
    st.integers(0, 299),
    st.integers(0, 399),
    st.integers(0, 255),
    st.integers(0, 100),
)


@given(st.lists(rows, min_size=1, max_size=255), st.integers(0, 10))
def test_a_record_reads_back_as_it_was_laid_out(minutiae: list[Row], position: int) -> None:
    record = parse_finger_record(finger_record(minutiae, position=position))
    assert record.minutiae == tuple(Minutia(*row) for row in minutiae)
    assert (record.position, record.width, record.height) == (position, 300, 400)
    assert (record.x_resolution, record.y_resolution, record.quality) == (197, 197, 60)


@given(st.lists(rows, min_size=1, max_size=40), st.data())
def test_no_shortened_record_is_accepted(minutiae: list[Row], data: st.DataObject) -> None:
    whole = finger_record(minutiae)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for broken in (whole[:cut], whole + b"\0"):
        with pytest.raises(FingerRecordInvalid):
            parse_finger_record(broken)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_anything_worse_than_a_clear_refusal(data: bytes) -> None:
    for attempt in (data, b"FMR\0 20\0" + (12 + len(data)).to_bytes(4, "big") + data):
        try:
            parse_finger_record(attempt)
        except FingerRecordInvalid:
            continue


def test_extended_data_is_walked_and_left_alone() -> None:
    good = bytes.fromhex("0001 0006 AABB 0102 0004")
    assert parse_finger_record(finger_record(extended=good)).minutiae
    for bad in ("0001 0007 AABB", "0001 0003 AA", "0001"):
        with pytest.raises(FingerRecordInvalid, match="extended"):
            parse_finger_record(finger_record(extended=bytes.fromhex(bad)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minutiae": [(3, 1, 1, 0, 0)]}, "reserved type"),
        ({"minutiae": [(1, 300, 1, 0, 0)]}, "outside the image"),
        ({"minutiae": [(1, 1, 0x8000, 0, 0)]}, "reserved bits"),
        ({"minutiae": [(1, 1, 1, 0, 101)]}, "quality"),
        ({"minutiae": []}, "too few|no minutiae"),
        ({"position": 11}, "out of range"),
        ({"resolution": 0}, "zero"),
        ({"size": (0, 400)}, "zero"),
    ],
)
def test_what_the_standard_forbids_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FingerRecordInvalid, match=message):
        parse_finger_record(finger_record(**change))


@pytest.mark.parametrize(("at", "value"), [(0, 0x66), (5, 0x33), (22, 2), (22, 0), (23, 1)])
def test_another_format_version_or_number_of_views_is_refused(at: int, value: int) -> None:
    data = bytearray(finger_record())
    data[at] = value
    with pytest.raises(FingerRecordInvalid):
        parse_finger_record(bytes(data))


def template(*minutiae: Row, **more: Any) -> tuple[int, list[tuple[int, int, int, int]]]:
    """Return position and minutiae (x, y, type, angle) of a card template, unpacked by hand."""
    data = card_finger(parse_finger_record(finger_record(minutiae, **more)), 2).template
    points = [data[i : i + 3] for i in range(1, len(data), 3)]
    return data[0], [(p[0], p[1], p[2] >> 6, p[2] & 0x3F) for p in points]


def test_a_minutia_is_given_in_tenths_of_a_millimetre_and_64ths_of_a_circle() -> None:
    # 197 pixels are 10 mm: 100 pixels 5.08 mm, 120 pixels 6.09 mm. 64/256 of a circle are 16/64.
    assert template((1, 100, 120, 64, 0)) == (2, [(51, 61, 1, 16)])
    assert template((2, 100, 120, 255, 0), resolution=394) == (2, [(25, 30, 2, 0)])


@given(st.lists(rows, min_size=1, max_size=120))
def test_a_template_has_at_most_60_minutiae_and_none_is_far_from_where_it_was(
    minutiae: list[Row],
) -> None:
    position, points = template(*minutiae)
    assert position == 2
    assert len(points) == min(len(minutiae), 60)
    assert points == sorted(points, key=lambda p: (p[1], p[0], p[2], p[3]))
    for x, y, kind, angle in points:
        assert any(
            kind == row[0]
            and math.dist((x, y), (row[1] / 1.97, row[2] / 1.97)) < 0.8
            and abs((angle * 4 - row[3] + 128) % 256 - 128) <= 2
            for row in minutiae
        )


def test_of_too_many_minutiae_those_of_low_quality_go_first_then_the_far_ones() -> None:
    good = [(1, 140 + n % 8, 190 + n // 8, 0, 90) for n in range(58)]
    far, near = (1, 0, 0, 0, 50), (2, 150, 200, 0, 50)
    poor = [(1, 145, 195, 128, 10)] * 5
    record = parse_finger_record(finger_record([far, *poor, near, *good, (1, 149, 195, 0, 49)]))
    finger = card_finger(record, 2)
    assert finger.minutiae == 60
    assert finger.notes == ("6 of 66 minutiae dropped",)
    _, points = template(far, *poor, near, *good, (1, 149, 195, 0, 49))
    assert (0, 0, 1, 0) in points, "a far one of higher quality stays"
    assert not [p for p in points if p[3] == 32], "the poor ones went"


def test_a_print_wider_than_the_card_can_say_is_cut_around_its_centroid_and_said_so() -> None:
    size = (2000, 2000)
    cluster = [(1, 900 + n, 900, 0, 0) for n in range(40)]
    record = parse_finger_record(finger_record([(1, 0, 900, 0, 0), *cluster], size=size))
    finger = card_finger(record, 1)
    assert finger.minutiae == 40
    assert finger.notes == ("print larger than 25.5 mm: 1 of 41 minutiae cut off",)


def test_a_small_print_in_a_large_image_is_moved_and_nothing_is_lost() -> None:
    _, points = template((1, 1000, 1500, 0, 0), (1, 1100, 1500, 0, 0), size=(2000, 2000))
    assert points == [(0, 761 - 761, 1, 0)] or len(points) == 2
    (first, second) = points
    assert second[0] - first[0] in (50, 51)


def test_the_information_template_names_format_and_fingers() -> None:
    records = [parse_finger_record(finger_record(position=p)) for p in (2, 7)]
    value = biometric_information([card_finger(r, r.position) for r in records])
    right, left, parameters = parse(value)
    assert right.encode() == bytes.fromhex("A10E 810108 820109 87020101 88020005")
    assert left.encode() == bytes.fromhex("A10E 810108 82010A 87020101 88020005")
    assert parameters.encode() == bytes.fromhex("B104 8102013C")
    assert len(value) in spec().object_named("biometric information template").length


def test_subtypes_say_side_and_finger() -> None:
    # ISO/IEC 19785-3: right thumb 05, index 09 … little 15; left 06, 0A … 16.
    expected = [0x05, 0x09, 0x0D, 0x11, 0x15, 0x06, 0x0A, 0x0E, 0x12, 0x16]
    assert [biometric_subtype(p) for p in range(1, 11)] == expected


def test_templates_fit_the_card_s_object() -> None:
    minutiae = tuple(Minutia(1, n, n, n, 0) for n in range(255))
    record = FingerRecord(1, 300, 300, 197, 197, 0, minutiae)
    length = spec().object_named("finger template 1").length
    assert len(card_finger(record, 1).template) == length.most == 181
