"""What a check looks at, and what it finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from applet_spec.loader import Json
from applet_spec.model import Spec


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in the contract: the file, the place in it and what is wrong there."""

    file: str
    place: str
    what: str

    def __str__(self) -> str:
        """Return the finding as one line for a person."""
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Files:
    """The parsed files of ``data/`` and ``formats/`` by their names without endings."""

    data: Mapping[str, Json]
    formats: Mapping[str, Json]

    def __getitem__(self, name: str) -> Json:
        """Return a file of ``data/``."""
        return self.data[name]


FileCheck = Callable[[Files], Iterator[Finding]]
"""A rule about the files as written, which may be so wrong that no typed contract can be built."""

SpecCheck = Callable[[Files, Spec], Iterator[Finding]]
"""A rule about the typed contract."""


def data_file(name: str) -> str:
    """Return how findings call a file of ``data/``."""
    return f"applet_spec/data/{name}.json"
