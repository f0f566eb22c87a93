"""Data objects: where their values lie, who may read and write them, and reading in parts.

An object of at most 128 bytes is one cell, ``object.TAG``. A longer one has two slots,
``object.TAG.0`` and ``object.TAG.1``, and a cell ``object.TAG`` that says which of them is valid
and how long it is: a new value goes to the spare slot, outside the transaction that then switches.
One that the card computes has no cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from applet_spec import DataObject
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.formats import can_hold
from card_simulator.application.state import State, Verified, object_cell

LONG_OBJECT = 0x6A81
WRONG_OFFSET = 0x6B00

_TAG_LIST, _OFFSET, _TOTAL, _PART = 0x5C, 0x54, 0x80, 0x53


class Objects:
    """The application's data objects, by tag.

    ``computed`` makes the values of some, ``written`` takes new values of some of these.
    """

    def __init__(
        self,
        state: State,
        computed: Mapping[int, Callable[[], bytes]],
        written: Mapping[int, Callable[[bytes], None]],
    ) -> None:
        self._state = state
        self._computed = computed
        self._written = written
        self._cells = state.cells
        self._table = state.spec.objects
        self._atomic = state.spec.limits["atomic_object_bytes"]

    # Values

    def value(self, tag: int) -> bytes:
        """Return the object's value, empty where it has none."""
        if tag in self._computed:
            return self._computed[tag]()
        held = self._cells.read(object_cell(tag))
        if not held or not self._has_slots(tag):
            return held
        return self._cells.read(_slot(tag, held[0]))[: int.from_bytes(held[1:], "big")]

    def stage(self, tag: int, value: bytes) -> bytes:
        """Prepare a new value and return what `switch` is to be given inside the transaction."""
        if not self._has_slots(tag):
            return value
        held = self._cells.read(object_cell(tag))
        spare = 1 - held[0] if held else 0
        self._cells.write_non_atomic(_slot(tag, spare), value)
        return bytes((spare,)) + len(value).to_bytes(2, "big")

    def switch(self, tag: int, staged: bytes) -> None:
        """Make a staged value the object's value; to be called in a transaction."""
        self._cells.write(object_cell(tag), staged)

    def erase(self, tag: int) -> None:
        """Erase the object's value and its slots."""
        for cell in (_slot(tag, 0), _slot(tag, 1), object_cell(tag)):
            self._cells.erase(cell)

    # Commands

    def get_data(self, command: Command) -> Answer:
        """GET DATA: the whole value of an object that is not long."""
        target = self._readable(command.p1p2)
        if target.long:
            raise StatusError(LONG_OBJECT)
        return Answer(self._stored(target))

    def get_data_part(self, command: Command) -> Answer:
        """GET DATA with odd instruction: total length, and a part of the value from an offset."""
        tag, offset = _part_wanted(command.data)
        value = self._stored(self._readable(tag))
        if offset >= len(value):
            raise StatusError(WRONG_OFFSET)
        part = value[offset : offset + self._state.spec.limits["object_part"]]
        return Answer(
            tlv.write(_TOTAL, len(value).to_bytes(2, "big")) + tlv.write(_PART, part),
        )

    def put_data(self, command: Command) -> Answer:
        """PUT DATA: a new value for an object whose write rule names the session."""
        target = self._known(command.p1p2)
        if not any(self._met(condition) for condition in target.write):
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        held = self.value(target.tag)
        if target.computed and not held:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if not can_hold(target, command.data, held):
            raise StatusError(SW.WRONG_DATA)
        if target.tag in self._written:
            self._written[target.tag](command.data)
        else:
            self.switch(target.tag, self.stage(target.tag, command.data))
        return Answer()

    def check_readable(self, tag: int) -> None:
        """Raise `StatusError` 6982 unless the object may be read now."""
        self._readable(tag)

    # Inside

    def _known(self, tag: int) -> DataObject:
        if tag not in self._table:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return self._table[tag]

    def _readable(self, tag: int) -> DataObject:
        """Return the object if it may be read now; raises `StatusError` 6A88 or 6982.

        A session is there because somebody may listen: what is not for everyone needs R-ENC in it,
        whoever asks and whatever has been verified.
        """
        target = self._known(tag)
        met = any(self._met(condition) for condition in target.read)
        if not met or not ("anyone" in target.read or self._unheard()):
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        return target

    def _unheard(self) -> bool:
        """Say whether no session is open, or one that encrypts answers."""
        channel = self._state.channel
        return channel.session is None or channel.has(self._state.spec.secure_channel.read_level)

    def _met(self, condition: str) -> bool:
        """Say whether a read condition is met; ``role:6`` is met by role 6 only."""
        kind, _, number = condition.partition(":")
        if kind == "issuer":
            return self._state.channel.issuer
        if kind == "role":
            role = self._state.channel.role
            return role is not None and number in ("", str(role))
        if condition == "pin":
            return bool(self._state.verified & Verified.PIN)
        if condition == "finger":
            return bool(self._state.verified & Verified.FINGER)
        return condition == "anyone"

    def _stored(self, target: DataObject) -> bytes:
        value = self.value(target.tag)
        if not value:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return value

    def _has_slots(self, tag: int) -> bool:
        return self._table[tag].length.most > self._atomic


def _slot(tag: int, slot: int) -> str:
    return f"{object_cell(tag)}.{slot}"


def _part_wanted(data: bytes) -> tuple[int, int]:
    """Read tag list and offset; anything else, or one missing, raises `StatusError` 6A80."""
    try:
        found = list(tlv.read(data))
        tags = [part.tag for part in found]
        if tags not in ([_TAG_LIST], [_TAG_LIST, _OFFSET]):
            raise StatusError(SW.WRONG_DATA)
        wanted = found[0].value
        # A tag followed by an empty value is a data object, so the reader of those can check it.
        tag = tlv.read_one(wanted + b"\x00").tag
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    offset = found[1].value if len(found) == 2 else bytes(2)
    if len(wanted) > 2 or len(offset) != 2:
        raise StatusError(SW.WRONG_DATA)
    return tag, int.from_bytes(offset, "big")
