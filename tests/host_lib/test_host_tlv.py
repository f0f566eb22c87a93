"""Strict BER-TLV: one encoding for one meaning, and a located error for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_lib.errors import TlvError
from host_lib.tlv import Tlv, encode, find, parse


def _one_byte(first: int) -> bool:
    return first & 0x1F != 0x1F


FIRST_OF_LONG = st.sampled_from([0x1F, 0x3F, 0x5F, 0x7F, 0x9F, 0xBF, 0xDF, 0xFF])
TAGS = st.one_of(
    st.integers(1, 0xFF).filter(_one_byte),
    st.builds(lambda a, b: a << 8 | b, FIRST_OF_LONG, st.integers(0x1F, 0x7F)),
    st.builds(
        lambda a, b, c: a << 16 | b << 8 | c,
        FIRST_OF_LONG,
        st.integers(0x81, 0xFF),
        st.integers(0, 0x7F),
    ),
)
VALUES = st.one_of(
    st.binary(max_size=20), st.sampled_from([127, 128, 255, 256, 65535, 65536]).map(bytes)
)
OBJECTS = st.lists(st.builds(Tlv, TAGS, VALUES), max_size=5)


@given(OBJECTS)
def test_objects_are_read_back_as_they_were_written(objects: list[Tlv]) -> None:
    assert parse(b"".join(o.encode() for o in objects)) == tuple(objects)


@given(st.binary(max_size=64))
def test_bytes_that_parse_have_that_one_encoding(data: bytes) -> None:
    try:
        objects = parse(data)
    except TlvError as error:
        assert 0 <= error.offset <= len(data), "the fault lies in the data"  # noqa: PT017
        return
    assert b"".join(o.encode() for o in objects) == data


@given(st.lists(st.builds(Tlv, TAGS, st.binary(max_size=300)), min_size=1, max_size=3), st.data())
def test_an_encoding_cut_anywhere_but_between_objects_is_refused(
    objects: list[Tlv], data: st.DataObject
) -> None:
    whole = b"".join(o.encode() for o in objects)
    ends = {sum(len(o.encode()) for o in objects[:n]) for n in range(len(objects) + 1)}
    cut = data.draw(st.integers(0, len(whole) - 1).filter(lambda n: n not in ends))
    with pytest.raises(TlvError):
        parse(whole[:cut])


@pytest.mark.parametrize(
    ("wire", "offset", "why"),
    [
        ("00", 0, "00 is no tag"),
        ("8401AA00", 3, "00 is no tag"),
        ("84", 1, "length is missing"),
        ("9F", 0, "tag is cut off"),
        ("8401AA9F81", 3, "tag is cut off"),
        ("9F1E00", 0, "shorter form"),
        ("9F0100", 0, "shorter form"),
        ("9F800100", 0, "shorter form"),
        ("9F81818100", 0, "longer than 3"),
        ("8480AA0000", 1, "length byte 80"),
        ("84850000000001AA", 1, "length byte 85"),
        ("84FF", 1, "length byte FF"),
        ("848105AABBCCDDEE", 1, "shorter form"),
        ("84820080" + "00" * 128, 1, "shorter form"),
        ("8483000100" + "00" * 256, 1, "shorter form"),
        ("8482", 1, "length is cut off"),
        ("848200", 1, "length is cut off"),
        ("8402AA", 1, "1 bytes short"),
        ("8400840AAA", 3, "9 bytes short"),
    ],
)
def test_each_malformed_encoding_is_refused_where_it_is_wrong(
    wire: str, offset: int, why: str
) -> None:
    with pytest.raises(TlvError, match=why) as caught:
        parse(bytes.fromhex(wire))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("tag", "value", "wire"),
    [
        (0x84, b"", "8400"),
        (0x5F20, b"A", "5F200141"),
        (0x7F49, bytes(127), "7F497F" + "00" * 127),
        (0x53, bytes(128), "538180" + "00" * 128),
        (0x53, bytes(256), "53820100" + "00" * 256),
        (0xDF8101, b"\x01", "DF81010101"),
    ],
)
def test_lengths_take_their_shortest_form(tag: int, value: bytes, wire: str) -> None:
    assert encode(tag, value).hex().upper() == wire


@pytest.mark.parametrize("tag", [-1, 0, 0x1F, 0x9F01, 0x8401, 0x9F80, 0x9F8001, 0x9F818101])
def test_numbers_that_are_no_tags_are_not_encoded(tag: int) -> None:
    with pytest.raises(ValueError, match="no BER-TLV tag"):
        encode(tag, b"")


def test_an_object_is_found_by_the_tags_that_lead_to_it() -> None:
    # The FCI of a GlobalPlatform issuer security domain: 6F { 84, A5 { 9F65 } }.
    objects = parse(bytes.fromhex("6F108408A000000151000000A5049F6501FF"))
    assert find(objects, 0x6F, 0xA5, 0x9F65) == Tlv(0x9F65, b"\xff")
    assert find(objects, 0x6F, 0x84) == Tlv(0x84, bytes.fromhex("A000000151000000"))
    assert find(objects, 0x84) is None
    assert find(objects, 0x6F, 0x9F65) is None
    assert objects[0].constructed
    assert not objects[0].children()[0].constructed
    with pytest.raises(TlvError):
        find(objects, 0x6F, 0x84, 0x80)
