"""Command and response APDUs: every case, short and extended, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec.errors import Changed
from host_lib.apdu import Apdu, Response
from host_lib.errors import ProtocolError

BYTE = st.integers(0, 255)
APDUS = st.builds(
    Apdu,
    cla=BYTE,
    ins=BYTE,
    p1=BYTE,
    p2=BYTE,
    data=st.one_of(st.binary(max_size=300), st.sampled_from([255, 256, 65535]).map(bytes)),
    ne=st.one_of(st.integers(0, 65536), st.sampled_from([0, 1, 255, 256, 257, 65535, 65536])),
)

# ISO/IEC 7816-4, 5.1: case 1 no data, case 2 Le only, case 3 data only, case 4 both.
ENCODED = {
    "case 1": (Apdu(0x80, 0xF2, 0x20, 0x02), "80F22002"),
    "case 2, one byte": (Apdu(0, 0xB0, 0, 0, ne=1), "00B0000001"),
    "case 2, 256 bytes": (Apdu(0, 0xCA, 0, 0x66, ne=256), "00CA006600"),
    "case 3": (Apdu(0, 0xA4, 4, 0, b"\x3f\x00"), "00A40400023F00"),
    "case 4": (Apdu(0, 0xA4, 4, 0, b"\x3f\x00", 256), "00A40400023F0000"),
    "case 3, 255 bytes": (Apdu(0, 0xDA, 0, 0, bytes(255)), "00DA0000FF" + "00" * 255),
    "case 2 extended": (Apdu(0, 0xB0, 0, 0, ne=257), "00B00000000101"),
    "case 2 extended, 65536 bytes": (Apdu(0, 0xB0, 0, 0, ne=65536), "00B00000000000"),
    "case 3 extended": (Apdu(0, 0xDA, 0, 0, bytes(256)), "00DA0000000100" + "00" * 256),
    "case 4 extended": (Apdu(0, 0xDA, 0, 0, b"\x01", 257), "00DA0000000001010101"),
    "case 4 extended by data": (
        Apdu(0, 1, 0, 0, bytes(256), 256),
        f"00010000000100{'00' * 256}0100",
    ),
}


@pytest.mark.parametrize("name", ENCODED)
def test_each_case_is_encoded_as_in_iso_7816_4(name: str) -> None:
    apdu, wire = ENCODED[name]
    assert apdu.encode().hex().upper() == wire
    assert Apdu.parse(bytes.fromhex(wire)) == apdu


@given(APDUS)
def test_a_command_is_read_back_as_it_was_sent(apdu: Apdu) -> None:
    assert Apdu.parse(apdu.encode()) == apdu


@given(APDUS)
def test_short_length_fields_are_used_wherever_they_suffice(apdu: Apdu) -> None:
    fits = len(apdu.data) <= 255 and apdu.ne <= 256
    overhead = (1 if apdu.data else 0) + (1 if apdu.ne else 0)
    assert (len(apdu.encode()) == 4 + len(apdu.data) + overhead) == (fits or not overhead)
    assert apdu.is_extended != fits


@given(st.binary(max_size=40))
def test_any_bytes_are_a_command_or_a_protocol_error(data: bytes) -> None:
    try:
        apdu = Apdu.parse(data)
    except ProtocolError:
        return
    assert apdu.header == data[:4]
    assert apdu.data in data


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "00A404",
        "00A40400023F",
        "00A40400023F000000",
        "00A404000000",
        "00A404000000000101",
        "00A40400000000FF",
        "00A4040000000201",
        "00A40400000002010200",
        "00A4040000000201020000FF",
    ],
)
def test_lengths_that_do_not_fit_are_refused(wire: str) -> None:
    with pytest.raises(ProtocolError, match="no command APDU") as caught:
        Apdu.parse(bytes.fromhex(wire))
    assert caught.value.changed is Changed.NO


@pytest.mark.parametrize(
    "fields",
    [
        {"cla": 256},
        {"ins": -1},
        {"p1": 0x100},
        {"p2": -256},
        {"data": bytes(65536)},
        {"ne": 65537},
        {"ne": -1},
    ],
)
def test_values_that_no_command_can_carry_are_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"one byte each|at most"):
        Apdu(**({"cla": 0, "ins": 0, "p1": 0, "p2": 0} | fields))  # type: ignore[arg-type]


def test_secret_bytes_are_stars_in_print_and_marked_on_the_wire() -> None:
    apdu = Apdu(0, 0x24, 0, 0x80, bytes.fromhex("241234FF"), label="CHANGE", secret=((1, 3),))
    assert "24****FF" in repr(apdu)
    wire = apdu.encode()
    assert wire == bytes.fromhex("0024008004241234FF")
    assert wire.label == "CHANGE"
    assert wire.secret == ((6, 8),)
    long = Apdu(0, 0xDB, 0, 0, bytes(300), secret=((1, 3),)).encode()
    assert long.secret == ((8, 10),), "an extended Lc has three bytes"


def test_a_wholly_secret_command_shows_none_of_its_data_and_compares_as_any_other() -> None:
    hidden = Apdu(0, 0x20, 0, 0x80, b"\x24\x12\x34", secret=True)
    assert "1234" not in repr(hidden)
    assert hidden == Apdu(0, 0x20, 0, 0x80, b"\x24\x12\x34", label="VERIFY")
    assert hidden.encode().secret == ((5, 8),)
    assert Apdu(0, 0x20, 0, 0x80, secret=True).encode().secret == ()


def test_a_response_is_data_and_status_word() -> None:
    response = Response.parse(bytes.fromhex("0102036283"))
    assert response == Response(b"\x01\x02\x03", 0x6283)
    assert (response.sw1, response.sw2) == (0x62, 0x83)
    assert response.encode() == bytes.fromhex("0102036283")


@pytest.mark.parametrize("answer", [b"", b"\x90"])
def test_a_truncated_response_is_a_clear_error_of_unknown_outcome(answer: bytes) -> None:
    with pytest.raises(ProtocolError, match="truncated") as caught:
        Response.parse(answer)
    assert caught.value.changed is Changed.UNKNOWN
