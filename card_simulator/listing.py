"""GET STATUS (GlobalPlatform Card 2.3.1, 11.4): what is on the card, as E3 templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.registry import Instance, Registry

ISD_PRIVILEGES = bytes.fromhex("9EFE80")
"""Those of an issuer security domain (GlobalPlatform 2.3.1, 6.6)."""

_NO_PRIVILEGES = bytes(3)
_FIRST = 0x02
_DOMAIN, _APPLICATIONS, _LOAD_FILES, _WITH_MODULES = 0x80, 0x40, 0x20, 0x10
_AID, _STATE, _PRIVILEGES, _LOAD_FILE, _DOMAIN_AID = 0x4F, 0x9F70, 0xC5, 0xC4, 0xCC
_VERSION, _MODULE, _TAG_LIST, _ENTRY = 0xCE, 0x84, 0x5C, 0xE3
_LONGEST_AID = 16

Part = tuple[int, bytes]
StateOf = Callable[[Instance], int]


@dataclass(frozen=True, slots=True)
class _Search:
    """What is asked for; ``tags`` are those that the answer is to have, empty for all."""

    p1: int
    name: bytes
    tags: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Rest:
    """A list that did not fit one answer."""

    search: _Search
    entries: tuple[bytes, ...]


class Listing:
    """Answers GET STATUS; ``state_of`` is how the card shows an application's life cycle."""

    def __init__(self, registry: Registry, life_cycle: CardLifeCycle, state_of: StateOf) -> None:
        self._registry = registry
        self._life_cycle = life_cycle
        self._state_of = state_of
        self._isd = spec().aids.isd
        self._answer_length = spec().limits["secured_data"]
        self._loaded = spec().content_states["LOADED"].code
        self._rest: _Rest | None = None

    def forget(self) -> None:
        """Drop a list that could be gone on with."""
        self._rest = None

    def get_status(self, command: Command) -> Answer:
        """GET STATUS: 6310 where more entries follow, which P2 = 03 then answers."""
        rest, self._rest = self._rest, None
        search = _search_wanted(command)
        if command.p2 == _FIRST:
            entries = tuple(self._entries(search))
        elif rest and rest.search == search:
            entries = rest.entries
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
        self._rest = _Rest(search, entries[count:])
        return Answer(data, SW.WARNING_MORE_DATA)

    def _entries(self, search: _Search) -> Iterator[bytes]:
        for aid, parts in self._found(search.p1):
            if aid.startswith(search.name):
                shown = [(_AID, aid), *parts]
                wanted = (p for p in shown if not search.tags or p[0] in search.tags)
                yield tlv.write(_ENTRY, *(tlv.write(tag, value) for tag, value in wanted))

    def _found(self, p1: int) -> Iterator[tuple[bytes, list[Part]]]:
        """Yield AIDs with the parts of their entries."""
        if p1 == _DOMAIN:
            state = bytes((self._life_cycle.state.code,))
            yield self._isd, [(_STATE, state), (_PRIVILEGES, ISD_PRIVILEGES)]
        elif p1 == _APPLICATIONS:
            for each in self._registry.instances():
                yield each.aid, self._instance(each)
        else:
            for file in self._registry.load_files():
                modules = file.modules if p1 == _WITH_MODULES else ()
                yield (
                    file.aid,
                    [
                        (_STATE, bytes((self._loaded,))),
                        (_VERSION, file.version),
                        *((_MODULE, module) for module in modules),
                        (_DOMAIN_AID, self._isd),
                    ],
                )

    def _instance(self, instance: Instance) -> list[Part]:
        return [
            (_STATE, bytes((self._state_of(instance),))),
            (_PRIVILEGES, _NO_PRIVILEGES),
            (_LOAD_FILE, instance.load_file),
            (_DOMAIN_AID, self._isd),
        ]


def _search_wanted(command: Command) -> _Search:
    """Read the search: 4F with a name or its beginning, and perhaps a tag list 5C."""
    try:
        found = list(tlv.read(command.data))
        tags = frozenset(tlv.read_tags(found[1].value)) if found[1:] else frozenset()
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    if [part.tag for part in found] not in ([_AID], [_AID, _TAG_LIST]):
        raise StatusError(SW.WRONG_DATA)
    name = found[0].value
    if len(name) > _LONGEST_AID:
        raise StatusError(SW.WRONG_DATA)
    return _Search(command.p1, name, tags)
