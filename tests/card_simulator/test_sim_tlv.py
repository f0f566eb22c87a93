"""How the software card reads BER-TLV and command APDUs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator import tlv
from card_simulator.apdu import Command, StatusError, check_class, parse

TAGS = st.sampled_from([0x4F, 0x5C, 0x84, 0x5F20, 0x7F21, 0x9F70, 0xDF51, 0x5F8101])
OBJECTS = st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=5)


@given(OBJECTS)
def test_what_is_written_is_read_back(objects: list[tuple[int, bytes]]) -> None:
    encoded = b"".join(tlv.write(tag, value) for tag, value in objects)
    assert [(part.tag, part.value) for part in tlv.read(encoded)] == objects


@given(st.binary(max_size=40))
def test_any_bytes_are_read_exactly_or_refused(data: bytes) -> None:
    try:
        found = list(tlv.read(data))
    except tlv.TlvError:
        return
    assert b"".join(tlv.write(part.tag, part.value) for part in found) == data


def test_lengths_take_one_two_or_three_bytes() -> None:
    # ISO/IEC 7816-4:2020, 5.2.2.2
    for size, field in ((127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100")):
        assert tlv.write(0x53, bytes(size)).startswith(bytes.fromhex("53" + field))


@pytest.mark.parametrize(
    "data",
    ["00", "0000", "FF00", "5F", "5F1F", "9F8000", "DF1000", "9F01", "5F81818100", "84", "8401",
     "8480", "84810000", "84817F", "848200FF", "84830000010000", "8400" "00"],
)  # fmt: skip
def test_anything_but_shortest_form_ber_is_refused(data: str) -> None:
    with pytest.raises(tlv.TlvError):
        list(tlv.read(bytes.fromhex(data)))


def test_one_object_means_exactly_one() -> None:
    for data in ("", "84008400"):
        with pytest.raises(tlv.TlvError):
            tlv.read_one(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("raw", "data", "ne"),
    [
        ("00CA005A", "", None),
        ("00CA005A08", "", 8),
        ("00CA005A00", "", 256),
        ("00200081020102", "0102", None),
        ("0020008102010205", "0102", 5),
    ],
)
def test_short_commands_of_all_cases_are_read(raw: str, data: str, ne: int | None) -> None:
    command = parse(bytes.fromhex(raw))
    assert command == Command(0, int(raw[2:4], 16), 0, int(raw[6:8], 16), bytes.fromhex(data), ne)


@pytest.mark.parametrize(
    "raw",
    ["", "00", "00CA00", "002000810201", "00200081020102FFFF", "00200081000001FF",
     "00CA005A000000"],
)  # fmt: skip
def test_truncated_contradictory_and_extended_lengths_get_6700(raw: str) -> None:
    with pytest.raises(StatusError, match="6700"):
        parse(bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("cla", "sw"),
    [(0x01, "6881"), (0x83, "6881"), (0x42, "6881"), (0xC0, "6881"), (0x10, "6884"),
     (0x94, "6884"), (0x08, "6E00"), (0x0C, "6E00"), (0xA0, "6E00"), (0x20, "6E00"),
     (0xFF, "6E00")],
)  # fmt: skip
def test_every_other_class_has_its_status_word(cla: int, sw: str) -> None:
    # GEN-01, GEN-02, GEN-03
    with pytest.raises(StatusError, match=sw):
        check_class(cla)


def test_the_four_classes_of_the_card_pass() -> None:
    for cla in (0x00, 0x04, 0x80, 0x84):
        check_class(cla)
