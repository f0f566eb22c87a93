"""What is on the card: the security domain, the load file with its module, installed applications.

INSTALL and GET STATUS (GlobalPlatform Card 2.3.1, 11.5 and 11.4). The package is loaded before the
card leaves its maker, so the load file is a constant; an installed application is one cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.memory import Memory

MOST_APPLICATIONS = 16
ISD_PRIVILEGES = bytes.fromhex("9EFE80")
"""Those of an issuer security domain (GlobalPlatform 2.3.1, 6.6)."""

_CELL = "content."
_STATE = "isd.state"
_LOADED = b"\x01"
_FIRST, _NEXT = 0x02, 0x03
_NO_PRIVILEGES = bytes(3)
_LOAD_FILE_VERSION = b"\x01\x00"

StateOf = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list that did not fit one answer: for which P1 and search, and what is left."""

    p1: int
    search: bytes
    left: tuple[bytes, ...]


class Content:
    """The card's registry; ``state_of`` answers an application's life cycle code by its AID."""

    def __init__(self, memory: Memory, state_of: StateOf, answer_length: int) -> None:
        self._memory = memory
        self._state_of = state_of
        self._answer_length = answer_length
        self._aids = spec().aids
        self._listing: _Listing | None = None

    def forget_listing(self) -> None:
        """Drop a list that could be continued; called at deselection and reset."""
        self._listing = None

    def applications(self) -> list[bytes]:
        """Return the AIDs of the installed applications, sorted."""
        return [bytes.fromhex(n.removeprefix(_CELL)) for n in self._memory.names(_CELL)]

    def find(self, name: bytes) -> bytes | None:
        """Return the AID that a SELECT by ``name`` means, whole or its first bytes."""
        if self._aids.isd.startswith(name):
            return self._aids.isd
        return next((aid for aid in self.applications() if aid.startswith(name)), None)

    def install(self, command: Command) -> Answer:
        """INSTALL [for install and make selectable]: a new instance of the loaded module."""
        load_file, module, instance, privileges, parameters, token = _length_values(command.data)
        if load_file != self._aids.package or module != self._aids.module:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        well_formed = (
            5 <= len(instance) <= 16
            and privileges in (b"\x00", _NO_PRIVILEGES)
            and not token
            and _holds_one(0xC9, parameters)
        )
        if not well_formed:
            raise StatusError(SW.WRONG_DATA)
        installed = self.applications()
        if instance in installed or instance == self._aids.isd:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if len(installed) >= MOST_APPLICATIONS:
            raise StatusError(SW.NO_SPACE)
        self._memory.write(_CELL + instance.hex().upper(), _NO_PRIVILEGES)
        return Answer(b"\x00")

    def get_status(self, command: Command) -> Answer:
        """GET STATUS: E3 templates, 6310 where more follow, which P2 = 03 then answers."""
        listing, self._listing = self._listing, None
        search = _search_name(command.data)
        if command.p2 == _FIRST:
            entries = tuple(self._entries(command.p1, search))
        elif listing and (listing.p1, listing.search) == (command.p1, search):
            entries = listing.left
        else:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if not entries:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        data, count = b"", 0
        while count < len(entries) and len(data + entries[count]) <= self._answer_length:
            data += entries[count]
            count += 1
        if count == len(entries):
            return Answer(data)
        self._listing = _Listing(command.p1, search, entries[count:])
        return Answer(data, SW.WARNING_MORE_DATA)

    def _entries(self, p1: int, search: bytes) -> Iterator[bytes]:
        aids = self._aids
        domain = tlv.write(0xCC, aids.isd)
        if p1 == 0x80 and aids.isd.startswith(search):
            state = self._memory.read(_STATE)
            yield _entry(aids.isd, state, tlv.write(0xC5, ISD_PRIVILEGES))
        elif p1 == 0x40:
            for aid in self.applications():
                if aid.startswith(search):
                    state = bytes((self._state_of(aid),))
                    privileges = tlv.write(0xC5, self._memory.read(_CELL + aid.hex().upper()))
                    yield _entry(aid, state, privileges, tlv.write(0xC4, aids.package), domain)
        elif p1 in (0x20, 0x10) and aids.package.startswith(search):
            version = tlv.write(0xCE, _LOAD_FILE_VERSION)
            modules = tlv.write(0x84, aids.module) if p1 == 0x10 else b""
            yield _entry(aids.package, _LOADED, version, modules, domain)


def _entry(aid: bytes, state: bytes, *more: bytes) -> bytes:
    return tlv.write(0xE3, tlv.write(0x4F, aid), tlv.write(0x9F70, state), *more)


def _length_values(data: bytes) -> tuple[bytes, ...]:
    """Cut the six length-value fields of INSTALL out of its data."""
    values = []
    for _ in range(6):
        if not data or len(data) < 1 + data[0]:
            raise StatusError(SW.WRONG_DATA)
        values.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    if data:
        raise StatusError(SW.WRONG_DATA)
    return tuple(values)


def _holds_one(tag: int, data: bytes) -> bool:
    try:
        return tlv.read_one(data).tag == tag
    except tlv.TlvError:
        return False


def _search_name(data: bytes) -> bytes:
    try:
        criterion = tlv.read_one(data)
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    if criterion.tag != 0x4F or len(criterion.value) > 16:
        raise StatusError(SW.WRONG_DATA)
    return criterion.value
