"""SELECT of the application."""

from applet_spec import spec
from card_simulator.apdu import SW, Answer, Command
from card_simulator.application import life_cycle
from card_simulator.application.application import Application
from card_simulator.application.life_cycle import LifeCycle
from card_simulator.card import Card
from tests.card_conformance.mutants.base import Patcher, Rows, status_of
from tests.card_conformance.mutants.sessions import session_survives_select


def _leaks_number(patch: Patcher) -> None:
    original = LifeCycle.select

    def select(self: LifeCycle, aid: bytes) -> Answer:
        answer = original(self, aid)
        number = self._objects.value(spec().object_named("card number").tag)
        more = b"\x84\x08" + number
        return Answer(bytes((0x6F, len(answer.data) - 2 + len(more))) + answer.data[2:] + more)

    patch.setattr(LifeCycle, "select", select)


def _serial_as_details(patch: Patcher) -> None:
    original = LifeCycle.select

    def select(self: LifeCycle, aid: bytes) -> Answer:
        # One more object in A5, whose length byte and that of 6F grow with it.
        data = bytearray(original(self, aid).data + b"\x85\x01\x00")
        data[1] += 3
        data[data.index(0xA5) + 1] += 3
        return Answer(bytes(data))

    patch.setattr(LifeCycle, "select", select)


def _failed_select_deselects(patch: Patcher) -> None:
    original = Card.transmit

    def transmit(self: Card, raw: bytes) -> bytes:
        answer = original(self, raw)
        if raw[:2] == b"\x00\xa4" and status_of(answer) == SW.NOT_FOUND:
            self._selected = self._manager
            self._channel.close()
        return answer

    patch.setattr(Card, "transmit", transmit)


def _terminates_halfway(patch: Patcher) -> None:
    """Let a terminated card answer SELECT as if it were blank again."""
    patch.setattr(life_cycle, "TERMINATED_WARNING", 0x9000)


def _terminated_with_secure_messaging(patch: Patcher) -> None:
    original = Application.process

    def process(self: Application, command: Command) -> bytes:
        if command.secure and self.state == "TERMINATED":
            return Answer(sw=SW.SECURITY_NOT_SATISFIED).encode()
        return original(self, command)

    patch.setattr(Application, "process", process)


MUTANTS: Rows = (
    ("shows the card number in the FCI", "SEL-05", _leaks_number),
    ("shows more in the FCI", "SEL-05", _serial_as_details),
    ("shows more in the FCI", "SEL-01", _serial_as_details),
    ("forgets the selection", "SEL-02", _failed_select_deselects),
    ("keeps the session over SELECT", "SEL-04", session_survives_select),
    ("answers SELECT when terminated", "SEL-03", _terminates_halfway),
    ("asks for a session when terminated", "SEL-03", _terminated_with_secure_messaging),
)
