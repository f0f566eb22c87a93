"""INSTALL, GET STATUS and SET STATUS of the card."""

from card_simulator.apdu import SW, Answer, Command
from card_simulator.card_life_cycle import STATE_CELL, CardLifeCycle
from card_simulator.card_manager import CardManager
from card_simulator.content import Content
from card_simulator.listing import Listing
from card_simulator.registry import Registry
from tests.card_conformance.mutants.base import (
    Patcher,
    Rows,
    forgiving,
    no_session_needed,
    nothing,
    replaced,
)


def _installs_twice(patch: Patcher) -> None:
    patch.setattr(Content, "install", lambda _self, _command: Answer(b"\x00"))


def _installs_unknown(patch: Patcher) -> None:
    forgiving(Content, "install", SW.REFERENCED_DATA_NOT_FOUND)(patch)


def _without_modules(patch: Patcher) -> None:
    original = Listing._found

    def found(self: Listing, p1: int) -> object:
        return original(self, 0x20 if p1 == 0x10 else p1)

    patch.setattr(Listing, "_found", found)


def _without_applications(patch: Patcher) -> None:
    original = Listing._found

    def found(self: Listing, p1: int) -> object:
        return iter(()) if p1 == 0x40 else original(self, p1)

    patch.setattr(Listing, "_found", found)


def _any_card_state(self: CardLifeCycle, code: int) -> None:
    self._memory.write(STATE_CELL, bytes((code,)))


def _no_card_state(_self: CardManager, _command: Command) -> Answer:
    return Answer()


MUTANTS: Rows = (
    ("installs nothing", "INS-01", replaced(Registry, "put_instance", nothing)),
    ("installs for anyone", "INS-02", no_session_needed("INSTALL")),
    ("installs twice", "INS-03", _installs_twice),
    ("installs what it does not have", "INS-04", _installs_unknown),
    ("lists no modules", "GST-01", _without_modules),
    ("lists no applications", "GST-01", _without_applications),
    ("lists for anyone", "GST-03", no_session_needed("GET STATUS")),
    ("moves no life cycle", "SST-01", replaced(CardManager, "_set_status", _no_card_state)),
    ("moves the card for anyone", "SST-02", no_session_needed("SET STATUS")),
    ("moves the card back", "SST-03", replaced(CardLifeCycle, "move", _any_card_state)),
)
