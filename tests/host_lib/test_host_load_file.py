"""Load files: read from a CAP file or as bare components, checked, cut into blocks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import Changed, ExitCode
from host_lib.load_file import LoadFile, LoadFileInvalid, parse_load_file, read_load_file
from tests.support.cap_files import (
    MODULE,
    OTHER_MODULE,
    PACKAGE,
    cap_file,
    component,
    contents,
    load_file,
)

AIDS = st.binary(min_size=5, max_size=16)


def test_a_cap_file_names_its_package_and_its_modules() -> None:
    found = parse_load_file(cap_file(contents(modules=(MODULE, OTHER_MODULE))))
    assert (found.package, found.version) == (PACKAGE, (1, 3))
    assert found.modules == (MODULE, OTHER_MODULE)


def test_the_card_gets_the_components_in_the_order_of_the_standard_and_no_descriptor() -> None:
    assert parse_load_file(cap_file()).code == load_file()


def test_bare_components_are_a_load_file_too_and_go_to_the_card_as_they_are() -> None:
    bare = load_file() + component(11, contents()[11])
    assert parse_load_file(bare).code == bare


def test_a_library_has_no_modules() -> None:
    assert parse_load_file(cap_file(contents(modules=()))).modules == ()


@given(AIDS, st.lists(AIDS, unique=True, max_size=5), st.integers(0, 300))
def test_every_package_reads_as_it_was_written(
    package: bytes, modules: list[bytes], code: int
) -> None:
    parts = contents(package, modules, code)
    found = parse_load_file(cap_file(parts))
    assert (found.package, found.modules) == (package, tuple(modules))
    assert LoadFile.of(found.code) == found


@given(st.integers(0, 4000), st.integers(16, 247))
def test_blocks_of_any_size_join_to_the_same_load_file(code: int, size: int) -> None:
    found = parse_load_file(load_file(contents(code=code)))
    pieces = found.cut(size)
    assert b"".join(pieces) == found.data
    assert all(len(piece) == size for piece in pieces[:-1])
    assert 1 <= len(pieces[-1]) <= size


def test_the_load_file_data_block_is_tag_c4_and_a_ber_length() -> None:
    found = parse_load_file(load_file(contents(code=300)))
    size = len(found.code)
    assert found.data[:4] == b"\xc4\x82" + size.to_bytes(2, "big")
    assert found.data[4:] == found.code


def test_more_blocks_than_load_can_count_are_refused() -> None:
    found = parse_load_file(load_file(contents(code=5000)))
    with pytest.raises(LoadFileInvalid, match="counts to 256"):
        found.cut(16)


def without(tag: int) -> dict[int, bytes]:
    return {other: part for other, part in contents().items() if other != tag}


def other_with(tag: int, part: bytes) -> bytes:
    """Return bare components of which one is replaced, whatever the directory says."""
    parts = contents() | {tag: part}
    sizes = b"".join(len(parts.get(n, b"")).to_bytes(2, "big") for n in range(1, 12))
    return load_file(parts | {2: sizes + parts[2][22:]})


def damaged(archive: bytes, name: bytes) -> bytes:
    """Overwrite the start of an entry's packed bytes."""
    start = archive.index(name) + len(name)
    return archive[:start] + b"\xff" * 8 + archive[start + 8 :]


HEADER, APPLET = contents()[1], contents()[3]

BAD = {
    "nothing": b"",
    "text": b"no load file at all",
    "a card's answer": bytes.fromhex("6F10840800"),
    "cut in the middle": load_file()[:-3],
    "cut in a size": load_file() + b"\x0b\x00",
    "an unknown component": load_file() + component(14, b"\x00"),
    "a component twice": load_file() + component(9, contents()[9]),
    "no header": load_file(without(1)),
    "no directory": load_file(without(2)),
    "components in another order": component(2, contents()[2]) + component(1, HEADER),
    "another size than the directory says": load_file(contents() | {7: bytes(7)}),
    "a header without its magic": other_with(1, bytes(4) + HEADER[4:]),
    "a header that is cut off": other_with(1, HEADER[:9]),
    "a package name that is cut off": other_with(1, HEADER[:-1]),
    "a package name of 4 bytes": other_with(1, HEADER[:9] + b"\x04" + PACKAGE[:4]),
    "applets that are cut off": other_with(3, APPLET[:-1]),
    "more after the applets": other_with(3, APPLET + b"\x00"),
    "an applet twice": other_with(3, b"\x02" + APPLET[1:] * 2),
    "an applet name of 17 bytes": other_with(3, b"\x01\x11" + bytes(19)),
    "an archive cut off": cap_file()[:-30],
    "an archive damaged": damaged(cap_file(), b"Method.cap"),
    "an archive without components": cap_file({}),
    "an archive without header": cap_file(without(1)),
    "a component under another's name": cap_file().replace(b"Method.cap", b"Export.cap"),
    "a component that is not there": cap_file().replace(b"Class.cap", b"Debug.cap"),
    "a component that the directory does not know": load_file() + component(10, b"\x00"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_no_card_could_take_is_refused_before_a_card_hears_of_it(what: str) -> None:
    with pytest.raises(LoadFileInvalid) as caught:
        parse_load_file(BAD[what])
    assert caught.value.changed is Changed.NO
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.advice


@given(st.data())
def test_a_flipped_byte_never_ends_in_another_error(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([load_file(), cap_file()])))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_load_file(bytes(whole))
    except LoadFileInvalid:
        return
    assert LoadFile.of(found.code) == found


def test_the_extended_format_is_refused_by_name() -> None:
    extended = cap_file().replace(b"javacard/Method.cap", b"javacard/Metho.capx")
    with pytest.raises(LoadFileInvalid, match="extended CAP format"):
        parse_load_file(extended)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadFileInvalid, match=r"absent\.cap cannot be read"):
        read_load_file(tmp_path / "absent.cap")


def test_a_file_that_is_no_load_file_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.cap"
    path.write_bytes(cap_file()[:-30])
    with pytest.raises(LoadFileInvalid, match=r"broken\.cap is no load file: the archive"):
        read_load_file(path)
    path.write_bytes(bytes(2 << 20))
    with pytest.raises(LoadFileInvalid, match="longer than 1048576 bytes"):
        read_load_file(path)
    path.write_bytes(cap_file())
    assert read_load_file(path).package == PACKAGE
