"""The PIN: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER."""

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import pin
from card_simulator.application import state as cell
from card_simulator.application.formats import is_pin_block
from card_simulator.application.pin import Pin
from card_simulator.application.state import Verified
from tests.card_conformance.mutants.base import (
    Patcher,
    Rows,
    after,
    before,
    flags_survive,
    no_session_needed,
    nothing,
    replaced,
)


def _compare_anything(self: Pin, _block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))


def _compare_for_nothing(self: Pin, block: bytes) -> None:
    if self._cells.read(cell.PIN)[1:] != block:
        self._state.verified &= ~Verified.PIN
        raise StatusError(pin.TRIES_LEFT | self.tries)


def _compare_digits_only(self: Pin, block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))
    if self._cells.read(cell.PIN)[1:5] != block[:4]:
        self._state.verified &= ~Verified.PIN
        raise StatusError(pin.TRIES_LEFT | self.tries)


def _compare_and_keep_the_flag(patch: Patcher) -> None:
    original = Pin._compare

    def compare(self: Pin, block: bytes) -> None:
        before = self._state.verified
        try:
            original(self, block)
        except StatusError:
            self._state.verified = before
            raise

    patch.setattr(Pin, "_compare", compare)


def _compare_twice_as_dear(self: Pin, _block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((max(0, self.tries - 1),)))


def _never_blocked(patch: Patcher) -> None:
    patch.setattr(Pin, "_need_tries", nothing)
    real = Pin._compare

    def compare(self: Pin, block: bytes) -> None:
        if not self.tries:
            self._cells.write(cell.PIN_TRIES, b"\x01")
        real(self, block)

    patch.setattr(Pin, "_compare", compare)


def _ask_costs_a_try(self: Pin, command: Command) -> None:
    if not command.data and not self._state.verified & Verified.PIN and self.tries > 1:
        self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))


def _own_pin_as_transport(self: Pin, command: Command) -> None:
    self._cells.write(cell.PIN, b"\x01" + command.data[8:])


def _transport_pin_as_own(self: Pin, command: Command) -> None:
    if command.data:
        self._cells.write(cell.PIN, b"\x00" + command.data)


def _flag_set(self: Pin, *_args: object) -> None:
    self._state.verified |= Verified.PIN


def _equal_pins_allowed(patch: Patcher) -> None:
    original = Pin.change

    def change(self: Pin, command: Command) -> Answer:
        old, new = command.data[:8], command.data[8:]
        if old == new:
            self._compare(old)
            self._restore()
            return Answer()
        return original(self, command)

    patch.setattr(Pin, "change", change)


def _new_pin_before_tries(patch: Patcher) -> None:
    original = Pin.change

    def change(self: Pin, command: Command) -> Answer:
        if not is_pin_block(command.data[8:]):
            raise StatusError(SW.WRONG_DATA)
        return original(self, command)

    patch.setattr(Pin, "change", change)


MUTANTS: Rows = (
    ("looks at the new PIN before the tries", "PIN-03", _new_pin_before_tries),
    ("keeps the flag with a PIN of the issuer", "RRC-01", flags_survive("reset", Pin)),
    ("sets a malformed PIN", "RRC-01", replaced(pin, "is_pin_block", lambda _block: True)),
    ("accepts a wrong PIN", "PIN-02", replaced(Pin, "_compare", _compare_anything)),
    ("takes no try for a wrong PIN", "PIN-02", replaced(Pin, "_compare", _compare_for_nothing)),
    ("compares half of the PIN", "PIN-02", replaced(Pin, "_compare", _compare_digits_only)),
    ("keeps the flag after a wrong PIN", "PIN-02", _compare_and_keep_the_flag),
    ("takes two tries", "PIN-02", before(Pin, "_compare", _compare_twice_as_dear)),
    ("gives no tries back", "PIN-01", replaced(Pin, "_restore", nothing)),
    (
        "sets no flag",
        "PIN-01",
        after(Pin, "verify", lambda self, _: self._state.clear_verified()),
    ),
    ("goes on after the last try", "PIN-03", _never_blocked),
    ("verifies a transport PIN", "PIN-04", replaced(Pin, "_is_transport", lambda _self: False)),
    ("takes a try for a question", "PIN-05", before(Pin, "verify", _ask_costs_a_try)),
    ("keeps the flag over SELECT and reset", "PIN-08", flags_survive("deselect")),
    ("keeps the flag over INITIALIZE UPDATE", "PIN-08", flags_survive("process")),
    ("keeps the flag over SELECT", "SEL-04", flags_survive("deselect")),
    (
        "changes the PIN whatever the old one",
        "CHG-02",
        replaced(Pin, "_compare", _compare_anything),
    ),
    ("sets the flag with a new PIN", "CHG-01", after(Pin, "change", _flag_set)),
    (
        "keeps the transport mark",
        "CHG-01",
        after(Pin, "change", _own_pin_as_transport),
    ),
    (
        "changes no PIN",
        "CHG-01",
        replaced(Pin, "change", lambda _self, _command: Answer()),
    ),
    ("takes a malformed PIN", "CHG-03", replaced(pin, "is_pin_block", lambda _block: True)),
    ("takes the same PIN again", "CHG-03", _equal_pins_allowed),
    ("restores no tries", "RRC-01", replaced(Pin, "reset", lambda _self, _command: Answer())),
    ("makes the issuer's PIN an own one", "RRC-01", after(Pin, "reset", _transport_pin_as_own)),
    ("resets for anyone", "RRC-02", no_session_needed("RESET RETRY COUNTER")),
)
