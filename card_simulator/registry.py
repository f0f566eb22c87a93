"""The registry: which load files and instances the card's memory holds.

An instance is one cell, ``content.AID``; a load file that was loaded is one cell, ``load.AID``.
Each appears, changes and disappears by a single write. The application's own load file came with
the card, so it is no cell.

Erasing is longer than one write, so a mark comes first: from then on nobody sees the instance, or
the load file with its instances, and what power failure left of it is erased at the next reset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntFlag

from applet_spec import spec
from card_simulator.load_files import LoadFile
from card_simulator.memory import Memory

_INSTANCE, _LOAD_FILE = "content.", "load."
_PRIVILEGES = bytes(3)
"""An instance has none on this card."""

_BUILT_IN_VERSION = b"\x01\x00"


class Mark(IntFlag):
    """What is special about an instance or a load file."""

    NOTHING = 0x00
    NOT_SELECTABLE = 0x01
    ERASING = 0x40
    LOCKED = 0x80


@dataclass(frozen=True, slots=True)
class Instance:
    """An installed application: its AID, and the load file and module that it is made of."""

    aid: bytes
    load_file: bytes
    module: bytes
    marks: Mark = Mark.NOTHING

    @property
    def locked(self) -> bool:
        """Whether the issuer has locked it."""
        return Mark.LOCKED in self.marks

    @property
    def installed_only(self) -> bool:
        """Whether it still has to be made selectable."""
        return Mark.NOT_SELECTABLE in self.marks

    @property
    def selectable(self) -> bool:
        """Whether SELECT finds it."""
        return not self.marks

    @property
    def inert(self) -> bool:
        """Whether it is made of a module that this card has no program for."""
        return self.load_file != spec().aids.package


class Registry:
    """Load files and instances in the card's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        aids = spec().aids
        self._built_in = LoadFile(aids.package, _BUILT_IN_VERSION, (aids.module,), 0)

    # Reading

    def load_files(self) -> list[LoadFile]:
        """Return the load files, sorted by AID."""
        return sorted([self._built_in, *self.loaded()], key=lambda file: file.aid)

    def loaded(self) -> list[LoadFile]:
        """Return the load files that were loaded, sorted by AID."""
        found = (self._read_load_file(aid) for aid in self._aids(_LOAD_FILE))
        return [file for file, marks in found if Mark.ERASING not in marks]

    def load_file(self, aid: bytes) -> LoadFile | None:
        """Return a load file by its AID."""
        return next((file for file in self.load_files() if file.aid == aid), None)

    def instances(self) -> list[Instance]:
        """Return the installed applications, sorted by AID."""
        files = {file.aid for file in self.load_files()}
        found = (self._read_instance(aid) for aid in self._aids(_INSTANCE))
        return [i for i in found if Mark.ERASING not in i.marks and i.load_file in files]

    def instance(self, aid: bytes) -> Instance | None:
        """Return an installed application by its AID."""
        return next((each for each in self.instances() if each.aid == aid), None)

    def instances_of(self, load_file: bytes) -> list[Instance]:
        """Return the applications that were installed from a load file."""
        return [each for each in self.instances() if each.load_file == load_file]

    # Writing, one visible step each

    def put_instance(self, instance: Instance) -> None:
        """Add an installed application, or change its marks."""
        parts = (instance.load_file, instance.module)
        value = _PRIVILEGES + bytes((instance.marks,)) + b"".join(_lv(part) for part in parts)
        self._memory.write(_cell(_INSTANCE, instance.aid), value)

    def put_load_file(self, file: LoadFile, marks: Mark = Mark.NOTHING) -> None:
        """Add a load file, or mark it."""
        value = bytes((marks,)) + file.size.to_bytes(4, "big") + file.version
        value += b"".join(_lv(module) for module in file.modules)
        self._memory.write(_cell(_LOAD_FILE, file.aid), value)

    def delete_instance(self, instance: Instance) -> None:
        """Delete an application with everything that it keeps."""
        self.put_instance(replace(instance, marks=instance.marks | Mark.ERASING))
        self._erase_instance(instance.aid)

    def delete_load_file(self, file: LoadFile) -> None:
        """Delete a loaded file with its instances and everything that they keep."""
        self.put_load_file(file, Mark.ERASING)
        self._erase_load_file(file.aid)

    def complete_deletions(self) -> None:
        """Erase what a deletion that lost its power has left."""
        for aid in self._aids(_LOAD_FILE):
            if Mark.ERASING in self._read_load_file(aid)[1]:
                self._erase_load_file(aid)
        for aid in self._aids(_INSTANCE):
            if Mark.ERASING in self._read_instance(aid).marks:
                self._erase_instance(aid)

    # Inside

    def _erase_load_file(self, load_file: bytes) -> None:
        for aid in self._aids(_INSTANCE):
            if self._read_instance(aid).load_file == load_file:
                self._erase_instance(aid)
        self._memory.erase(_cell(_LOAD_FILE, load_file))

    def _erase_instance(self, aid: bytes) -> None:
        for name in self._memory.names(cells_of(aid)):
            self._memory.erase(name)
        self._memory.erase(_cell(_INSTANCE, aid))

    def _aids(self, prefix: str) -> list[bytes]:
        return [bytes.fromhex(n.removeprefix(prefix)) for n in self._memory.names(prefix)]

    def _read_instance(self, aid: bytes) -> Instance:
        """Read a cell; one of privileges only is of a card that knew its own load file only."""
        value = self._memory.read(_cell(_INSTANCE, aid))[len(_PRIVILEGES) :]
        if not value:
            return Instance(aid, self._built_in.aid, self._built_in.modules[0])
        load_file, module = _length_values(value[1:])
        return Instance(aid, load_file, module, Mark(value[0]))

    def _read_load_file(self, aid: bytes) -> tuple[LoadFile, Mark]:
        value = self._memory.read(_cell(_LOAD_FILE, aid))
        size = int.from_bytes(value[1:5], "big")
        file = LoadFile(aid, value[5:7], tuple(_length_values(value[7:])), size)
        return file, Mark(value[0])


def cells_of(aid: bytes) -> str:
    """Return how the names of the cells begin in which an application keeps what it knows."""
    return f"app.{aid.hex().upper()}."


def _cell(prefix: str, aid: bytes) -> str:
    return prefix + aid.hex().upper()


def _lv(value: bytes) -> bytes:
    return bytes((len(value),)) + value


def _length_values(data: bytes) -> Iterator[bytes]:
    while data:
        yield data[1 : 1 + data[0]]
        data = data[1 + data[0] :]
