"""SELECT by name (GlobalPlatform Card 2.3.1, 6.4.2 and 11.9): which application is meant."""

from __future__ import annotations

from applet_spec import spec
from card_simulator.apdu import SW, Command, StatusError
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.registry import Registry

_BY_NAME = 0x04
_NEXT = 0x02
_OCCURRENCES = (0x00, _NEXT)
_RETURN_FCP = 0x04
"""Bit of P2 that asks for control parameters; the FCI is all that there is to answer."""

_NAME_LENGTHS = (0, *range(5, 17))


class Selection:
    """Finds the application that a SELECT means."""

    def __init__(self, registry: Registry, life_cycle: CardLifeCycle) -> None:
        self._registry = registry
        self._life_cycle = life_cycle

    def find(self, command: Command, selected: bytes) -> bytes:
        """Return the AID that begins with the name, or is the next one after ``selected`` to do so.

        The security domain comes first, then the selectable applications, sorted. Raises
        `StatusError` 6985 on a terminated card, 6A86, 6700, or 6A82 where nothing fits.
        """
        if self._life_cycle.terminated:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        occurrence = command.p2 & ~_RETURN_FCP
        if command.p1 != _BY_NAME or occurrence not in _OCCURRENCES:
            raise StatusError(SW.WRONG_P1P2)
        if len(command.data) not in _NAME_LENGTHS:
            raise StatusError(SW.WRONG_LENGTH)
        names = self._names()
        if occurrence == _NEXT:
            names = names[names.index(selected) + 1 :]
        found = next((name for name in names if name.startswith(command.data)), None)
        if found is None:
            raise StatusError(SW.NOT_FOUND)
        return found

    def _names(self) -> list[bytes]:
        """Return what can be selected; on a locked card the security domain only."""
        isd = spec().aids.isd
        if self._life_cycle.locked:
            return [isd]
        return [isd, *(each.aid for each in self._registry.instances() if each.selectable)]
