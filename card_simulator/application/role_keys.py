"""The key sets of terminal roles: two slots for each role, PUT KEY and DELETE KEY.

A key set is one cell, ``role.XX`` with its version in hex: ENC, MAC and the version of the master
that both were derived from. So it appears and disappears as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest

from applet_spec.model import KeyRange
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.state import State
from host_lib.primitives import key_check_value

ROLE_SLOTS = ("role slot A", "role slot B")

_KEY = 16
_BLOCK_HEAD = bytes((0x88, 1 + _KEY, _KEY))
"""AES, length of the field, length of the key (Amendment D, 7.2)."""
_CHECK_VALUE = 3
_BLOCK = len(_BLOCK_HEAD) + _KEY + 1 + _CHECK_VALUE
_KEY_VERSION = 0xD2


@dataclass(frozen=True, slots=True)
class RoleKeySet:
    """The keys of one role slot, 16 bytes each; ``repr`` shows none of them."""

    version: int
    role: int
    master_version: int
    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)


class RoleKeys:
    """The role slots in the application's cells."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cells = state.cells
        self._slots: list[KeyRange] = [state.spec.key_ranges[name] for name in ROLE_SLOTS]

    def owns(self, version: int) -> bool:
        """Say whether a key version is one of a role slot."""
        return any(slot.first <= version <= slot.last for slot in self._slots)

    def find(self, version: int) -> RoleKeySet | None:
        """Return the key set of a version, None where its slot is empty or there is none."""
        slot = next((slot for slot in self._slots if slot.first <= version <= slot.last), None)
        held = self._cells.read(_cell(version))
        if slot is None or not held:
            return None
        return RoleKeySet(
            version, version - slot.first, held[2 * _KEY], held[:_KEY], held[_KEY : 2 * _KEY]
        )

    def sets(self) -> list[RoleKeySet]:
        """Return the key sets that are there, in the order of their versions."""
        versions = (v for slot in self._slots for v in range(slot.first, slot.last + 1))
        found = (self.find(version) for version in sorted(versions))
        return [each for each in found if each is not None]

    def listed(self) -> bytes:
        """Return the value of object DF55: version and master version of each key set."""
        return b"".join(bytes((each.version, each.master_version)) for each in self.sets())

    def erase(self) -> None:
        """Erase every key set."""
        for each in self.sets():
            self._cells.erase(_cell(each.version))

    def put(self, command: Command) -> Answer:
        """PUT KEY: ENC and MAC of a role into its empty slot; a key is never overwritten."""
        version, master_version = command.data[0], command.data[-1]
        blocks = command.data[1 : 1 + _BLOCK], command.data[1 + _BLOCK : -1]
        if not self.owns(version):
            raise StatusError(SW.WRONG_DATA)
        enc, mac = (self._key(block) for block in blocks)
        if self.find(version):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._cells.write(_cell(version), enc + mac + bytes((master_version,)))
        return Answer(bytes((version,)) + b"".join(block[-_CHECK_VALUE:] for block in blocks))

    def delete(self, command: Command) -> Answer:
        """DELETE KEY: empty one slot."""
        version = _version_to_delete(command.data)
        if self.find(version) is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        self._cells.erase(_cell(version))
        return Answer(b"\x00")

    def _key(self, block: bytes) -> bytes:
        """Return the key of a key block; 6A80 for a wrong form or check value."""
        head, rest = block[: len(_BLOCK_HEAD)], block[len(_BLOCK_HEAD) :]
        cryptogram, length, check_value = rest[:_KEY], rest[_KEY], rest[_KEY + 1 :]
        if head != _BLOCK_HEAD or length != _CHECK_VALUE:
            raise StatusError(SW.WRONG_DATA)
        key = self._state.channel.decrypt_data(cryptogram)
        if not compare_digest(key_check_value(key), check_value):
            raise StatusError(SW.WRONG_DATA)
        return key


def _version_to_delete(data: bytes) -> int:
    try:
        wanted = tlv.read_one(data)
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    if wanted.tag != _KEY_VERSION or len(wanted.value) != 1:
        raise StatusError(SW.WRONG_DATA)
    return wanted.value[0]


def _cell(version: int) -> str:
    return f"role.{version:02X}"
