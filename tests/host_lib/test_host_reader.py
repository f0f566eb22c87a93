"""Readers are found by one string, through entry points."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from types import ModuleType

import pytest

from host_lib import reader
from host_lib.errors import ReaderError, ReaderNotFound
from host_lib.reader import open_reader, reader_kinds


class FakeKind:
    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, argument: str) -> str:
        self.opened.append(argument)
        return f"<reader {argument}>"

    def names(self) -> list[str]:
        return ["fake", "fake:2"]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeKind:
    kind = FakeKind()
    module = ModuleType("fake_reader_module")
    module.KIND = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_reader_module", module)
    points = EntryPoints(
        [
            EntryPoint("fake", "fake_reader_module:KIND", reader.ENTRY_POINT_GROUP),
            EntryPoint("absent", "no_such_module_here:KIND", reader.ENTRY_POINT_GROUP),
            EntryPoint("fake", "elsewhere:KIND", "another.group"),
        ]
    )
    monkeypatch.setattr(reader, "entry_points", points.select)
    monkeypatch.delenv(reader.ENVIRONMENT_VARIABLE, raising=False)
    return kind


@pytest.mark.parametrize(
    ("name", "argument"), [("fake", ""), ("fake:", ""), ("fake:a b:c", "a b:c")]
)
def test_what_stands_after_the_kind_is_given_to_it(
    fake: FakeKind, name: str, argument: str
) -> None:
    open_reader(name)
    assert fake.opened == [argument]


def test_without_a_name_the_environment_decides(
    fake: FakeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_READER", "fake:from-environment")
    open_reader()
    assert fake.opened == ["from-environment"]
    open_reader("fake:named")
    assert fake.opened[-1] == "named"


@pytest.mark.usefixtures("fake")
def test_no_name_at_all_says_how_to_name_one() -> None:
    with pytest.raises(ReaderNotFound, match="no reader is named") as caught:
        open_reader()
    assert "UNICARD_READER" in caught.value.advice


@pytest.mark.usefixtures("fake")
def test_an_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(ReaderNotFound, match="'nonsense'") as caught:
        open_reader("nonsense:3")
    assert "absent, fake" in caught.value.advice


@pytest.mark.usefixtures("fake")
def test_a_kind_whose_package_is_broken_is_a_clear_error() -> None:
    with pytest.raises(ReaderError, match="cannot be loaded"):
        open_reader("absent")


def test_kinds_can_be_listed(fake: FakeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints([EntryPoint("fake", "fake_reader_module:KIND", reader.ENTRY_POINT_GROUP)])
    monkeypatch.setattr(reader, "entry_points", points.select)
    assert dict(reader_kinds()).keys() == {"fake"}
    assert dict(reader_kinds())["fake"].names() == fake.names()
