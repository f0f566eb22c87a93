"""How large an applet's load file would be, reckoned from its class files.

A converter keeps each method's code but for operands that get shorter, turns constant arrays into
bytes of the StaticField component, and gives every member that the code names one entry of four
bytes. The components (Java Card Virtual Machine Specification 3.0.5, chapter 6) are added up so
that what is not known comes out too large: Java's longer jumps, switches and field references are
counted as they are. It is an estimate; no converter has been asked.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from java_card.build import find_runtime

_FRAME = 200
"""Bytes of Header, Directory, Import and Applet, and of what comes before each component."""
_CONSTANT = 4
_METHOD = 3
_HANDLER = 8
_CLASS = 12
_TABLE_ENTRY = 2
_ARRAY = 3

_PRIVATE, _STATIC, _ABSTRACT = 0x0002, 0x0008, 0x0400
_UTF8, _CLASS_NAME, _NAME_AND_TYPE = 1, 7, 12
_MEMBERS = (9, 10, 11)
_CONSTANT_LENGTHS = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4}

_ELEMENT = {4: 1, 8: 1, 9: 2}
"""Bytes of an array's element by the operand of ``newarray``: boolean, byte, short."""
_BIPUSH, _SIPUSH, _NEWARRAY, _TABLESWITCH, _LOOKUPSWITCH = 16, 17, 188, 170, 171
_TWO = {16, 18, *range(21, 26), *range(54, 59), 169, 188}
_THREE = {17, 19, 20, 132, *range(153, 169), *range(178, 185), 187, 189, 192, 193, 198, 199}
_REFERS = {*range(178, 186), 187, 189, 192, 193}


@dataclass(frozen=True)
class CodeSize:
    """Bytes of a load file: methods, names and their places, constant arrays, everything."""

    methods: int
    constants: int
    arrays: int
    classes: int

    @property
    def total(self) -> int:
        """Return the size of the load file."""
        return self.methods + self.constants + self.arrays + self.classes + _FRAME


def applet_classes() -> list[bytes]:
    """Return the applet's class files out of the built card. Raises JavaCardMissing."""
    (jar,) = (jar for jar in find_runtime().class_path if jar.match("unicard-application-*.jar"))
    with zipfile.ZipFile(jar) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".class"))
        return [archive.read(name) for name in names]


def code_size(classes: Iterable[bytes]) -> CodeSize:
    """Return the size of the package that these class files are."""
    files = [_ClassFile(content) for content in classes]
    named = {member for file in files for member in file.names}
    references = sum(file.references for file in files)
    return CodeSize(
        methods=sum(file.methods for file in files),
        constants=_CONSTANT * len(named) + references,
        arrays=sum(file.arrays for file in files),
        classes=sum(file.tables for file in files),
    )


class _ClassFile:
    """What one class file (Java Virtual Machine Specification 7, chapter 4) adds."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 8
        self._constants = self._read_constants()
        self.names = set(self._named())
        self.methods = self.arrays = self.references = 0
        self._at += 6
        interfaces = self._number(2)
        self._at += 2 * interfaces
        for _ in range(self._number(2)):
            self._skip_field()
        virtual = sum(self._method() for _ in range(self._number(2)))
        self.tables = _CLASS + _TABLE_ENTRY * virtual

    def _number(self, size: int) -> int:
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "big")

    def _read_constants(self) -> list[tuple[int, bytes]]:
        constants = [(0, b"")]
        count = self._number(2)
        while len(constants) < count:
            tag = self._number(1)
            size = self._number(2) if tag == _UTF8 else _CONSTANT_LENGTHS[tag]
            constants.append((tag, self._data[self._at : self._at + size]))
            self._at += size
        return constants

    def _text(self, index: bytes) -> bytes:
        return self._constants[int.from_bytes(index, "big")][1]

    def _named(self) -> Iterator[tuple[bytes, ...]]:
        """Yield the classes and members that the class names."""
        for tag, content in self._constants:
            if tag == _CLASS_NAME:
                yield (self._text(content),)
            elif tag in _MEMBERS:
                owner = self._text(self._text(content[:2]))
                kind = self._text(content[2:])
                yield owner, self._text(kind[:2]), self._text(kind[2:])

    def _skip_field(self) -> None:
        self._at += 6
        for _ in range(self._number(2)):
            self._at += 2
            size = self._number(4)
            self._at += size

    def _method(self) -> bool:
        """Count a method; return whether the class's table has it."""
        flags = self._number(2)
        name = self._constants[self._number(2)][1]
        self._at += 2
        for _ in range(self._number(2)):
            attribute = self._constants[self._number(2)][1]
            size = self._number(4)
            end = self._at + size
            if attribute == b"Code":
                self._code(name)
            self._at = end
        return not flags & (_PRIVATE | _STATIC) and name != b"<init>"

    def _code(self, name: bytes) -> None:
        self._at += 4
        size = self._number(4)
        code = self._data[self._at : self._at + size]
        self._at += size
        handlers = self._number(2)
        if name == b"<clinit>":
            self.arrays += sum(_ARRAY + size for size in _arrays(code))
            return
        self.methods += _METHOD + len(code) + _HANDLER * handlers
        self.references += sum(code[at] in _REFERS for at, _ in _instructions(code))


def _arrays(code: Sequence[int]) -> Iterator[int]:
    """Yield the sizes in bytes of the constant arrays that a class initialiser makes."""
    pushed = 0
    for at, length in _instructions(code):
        if code[at] == _NEWARRAY:
            yield pushed * _ELEMENT[code[at + 1]]
        elif code[at] in (_BIPUSH, _SIPUSH):
            pushed = int.from_bytes(bytes(code[at + 1 : at + length]), "big")
        else:
            pushed = code[at] - 3


def _instructions(code: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield where each instruction begins, and its length."""
    at = 0
    while at < len(code):
        length = _length(code, at)
        yield at, length
        at += length


def _length(code: Sequence[int], at: int) -> int:
    operation = code[at]
    if operation in _TWO:
        return 2
    if operation in _THREE:
        return 3
    if operation in (_TABLESWITCH, _LOOKUPSWITCH):
        return _switch_length(code, at)
    if operation in (185, 200):
        return 5
    return 1


def _switch_length(code: Sequence[int], at: int) -> int:
    """Return the length of a switch, whose table begins at a multiple of four."""
    table = (at + 4) // 4 * 4

    def word(index: int) -> int:
        start = table + 4 * index
        return int.from_bytes(bytes(code[start : start + 4]), "big", signed=True)

    if code[at] == _TABLESWITCH:
        return table + 4 * (3 + word(2) - word(1) + 1) - at
    return table + 4 * (2 + 2 * word(1)) - at
