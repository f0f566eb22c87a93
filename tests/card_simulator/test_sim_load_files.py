"""What the card reads of a CAP file.

Comments name the requirements that a test shows.
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator.card import Card
from card_simulator.load_files import LoadFileError, read_load_file
from tests.card_simulator.sim_host import new_card
from tests.support.content import (
    APPLET,
    HEADER,
    MALFORMED,
    MODULE,
    PACKAGE,
    cap,
    component,
)
from tests.support.terminal import Terminal, lv

AIDS_OF_ANY_LENGTH = st.binary(min_size=5, max_size=16)


@pytest.fixture
def card() -> Card:
    return new_card()


@pytest.fixture
def issuer(card: Card) -> Terminal:
    host = Terminal(card.transmit)
    host.authenticate()
    return host


# The reader


@given(package=AIDS_OF_ANY_LENGTH, modules=st.lists(AIDS_OF_ANY_LENGTH, max_size=9, unique=True))
def test_a_cap_file_says_its_package_version_and_modules(
    package: bytes, modules: list[bytes]
) -> None:
    content = cap(package, modules)
    file = read_load_file(content)
    assert (file.aid, file.modules) == (package, tuple(modules))
    assert (file.version, file.size) == (b"\x02\x03", len(content))


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_by_the_readers_own_error(data: bytes) -> None:
    with pytest.raises(LoadFileError):
        read_load_file(data)


@given(at=st.integers(0, 200), byte=st.integers(0, 255), length=st.integers(0, 200))
def test_a_spoiled_cap_file_is_read_or_refused_by_the_readers_own_error(
    at: int, byte: int, length: int
) -> None:
    spoiled = bytearray(cap())
    spoiled[at % len(spoiled)] = byte
    for data in (bytes(spoiled), bytes(spoiled)[:length]):
        with suppress(LoadFileError):
            assert len(read_load_file(data).aid) in range(5, 17)


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_cap_file_is_refused(content: bytes) -> None:
    with pytest.raises(LoadFileError):
        read_load_file(content)


def test_a_name_in_the_header_and_custom_components_are_passed_over() -> None:
    named = component(1, HEADER[3:] + lv(b"com/example"))
    file = read_load_file(named + component(200, b"debug") + APPLET)
    assert (file.aid, file.modules) == (PACKAGE, (MODULE,))
