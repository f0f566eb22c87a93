"""Data objects: GET DATA, GET DATA PART, PUT DATA."""

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.objects import LONG_OBJECT, Objects
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    answering,
    no_session_needed,
    replaced,
)


def _heard_when_verified(patch: Patcher) -> None:
    original = Objects._unheard
    patch.setattr(Objects, "_unheard", lambda self: bool(self._state.verified) or original(self))


def _put_and_refuse(patch: Patcher) -> None:
    original = Objects.put_data

    def put_data(self: Objects, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw == SW.WRONG_DATA:
                self.switch(command.p1p2, self.stage(command.p1p2, command.data))
            raise

    patch.setattr(Objects, "put_data", put_data)


def _put_anything(patch: Patcher) -> None:
    def put_data(self: Objects, command: Command) -> Answer:
        self.switch(command.p1p2, self.stage(command.p1p2, command.data))
        return Answer()

    patch.setattr(Objects, "put_data", put_data)


def _offset_one_too_far(patch: Patcher) -> None:
    original = Objects.get_data_part

    def get_data_part(self: Objects, command: Command) -> Answer:
        answer = original(self, command)
        total, part = answer.data[:4], answer.data[4:]
        start = 2 if part[1] < 0x80 else 3
        moved = part[start + 1 :] + b"\x00"
        return Answer(total + part[:start] + moved) if part[1:] else answer

    patch.setattr(Objects, "get_data_part", get_data_part)


def _total_of_the_part(answer: Answer) -> Answer:
    length = len(answer.data) - 6
    return Answer(b"\x80\x02" + length.to_bytes(2, "big") + answer.data[4:])


def _readable(condition: str) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = Objects._met
        monkey.setattr(
            Objects, "_met", lambda self, wanted: wanted == condition or original(self, wanted)
        )

    return patch


def _length_told_first(patch: Patcher) -> None:
    original = Objects.get_data

    def get_data(self: Objects, command: Command) -> Answer:
        if self._known(command.p1p2).long:
            raise StatusError(LONG_OBJECT)
        return original(self, command)

    patch.setattr(Objects, "get_data", get_data)


def _absence_told_first(patch: Patcher) -> None:
    original = Objects.get_data

    def get_data(self: Objects, command: Command) -> Answer:
        self._stored(self._readable(command.p1p2))
        return original(self, command)

    patch.setattr(Objects, "get_data", get_data)


MUTANTS: Rows = (
    ("says what is long to those who may not read it", "GDA-03", _length_told_first),
    ("says that a long object is not there", "GDA-04", _absence_told_first),
    ("shows the card number to anyone", "GDA-03", _readable("issuer")),
    ("shows finger templates", "GDA-03", _readable("never")),
    ("shows the holder in clear", "GDA-05", replaced(Objects, "_unheard", lambda _self: True)),
    ("shows the holder in clear once verified", "GDA-05", _heard_when_verified),
    (
        "does not know the PIN's rights",
        "GDA-01",
        replaced(Objects, "_met", lambda _s, c: c != "pin"),
    ),
    ("begins a part one byte late", "GDP-01", _offset_one_too_far),
    (
        "announces the part as the whole",
        "GDP-01",
        answering(Objects, "get_data_part", _total_of_the_part),
    ),
    ("keeps nothing of PUT DATA", "PDA-01", replaced(Objects, "put_data", lambda _s, _c: Answer())),
    ("lets anyone write", "PDA-02", no_session_needed("PUT DATA")),
    ("writes what nobody may write", "PDA-02", _put_anything),
    ("writes what it refuses", "PDA-03", _put_and_refuse),
    ("takes any value", "PDA-03", _put_anything),
    ("changes while it refuses", "GEN-10", _put_and_refuse),
)
