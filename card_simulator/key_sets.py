"""The key sets of the issuer security domain: reading them, PUT KEY and DELETE KEY.

A key set is one cell, ``isd.keys.XX`` with its version in hex: ENC, MAC and DEK joined. It appears,
changes and disappears as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.memory import Memory
from card_simulator.scp03 import KEY_LENGTHS, StaticKeys
from host_lib.primitives import key_check_value

TRANSPORT_KVN = 0xFF
"""Version of the key set of blank cards; it cannot be written by PUT KEY."""

MOST_KEY_SETS = 4

_CELL = "isd.keys."
_AES = 0x88
_KEY_IDS = (1, 2, 3)

Decrypt = Callable[[bytes], bytes]


class KeySets:
    """The key sets in the card's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._issuer = spec().key_ranges["issuer"]

    def versions(self) -> list[int]:
        """Return the versions (KVN) that exist, in rising order."""
        return [int(name.removeprefix(_CELL), 16) for name in self._memory.names(_CELL)]

    def choose(self, kvn: int) -> int:
        """Return the version asked for, 00 for the lowest; raises `StatusError` 6A88."""
        versions = self.versions()
        chosen = versions[0] if kvn == 0 else kvn
        if chosen not in versions:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return chosen

    def keys(self, kvn: int) -> StaticKeys:
        """Return the keys of a version that exists."""
        return StaticKeys.split(self._memory.read(_cell(kvn)))

    def store(self, kvn: int, keys: StaticKeys) -> None:
        """Write a key set as one cell."""
        self._memory.write(_cell(kvn), keys.joined())

    def template(self) -> bytes:
        """Return the key information template (tag E0; GlobalPlatform Card 2.3.1, 11.3.3.1)."""
        return tlv.write(
            0xE0,
            *(
                tlv.write(0xC0, bytes((key_id, kvn, _AES, len(self.keys(kvn).enc))))
                for kvn in self.versions()
                for key_id in _KEY_IDS
            ),
        )

    def put(self, command: Command, decrypt: Decrypt) -> Answer:
        """PUT KEY (GlobalPlatform Card 2.3.1, 11.8; Amendment D, 7.2): one complete key set.

        P1 = 00 adds the set, any other P1 names the set that it replaces. The first complete new
        set takes the transport set with it, in the same commit. Answers the version and the three
        check values. New versions are those of the issuer: 50 to 6F are the application's role
        slots, and a set of that version here could open a session nowhere but here.
        """
        kvn, keys, check_values = _parse(command.data, decrypt)
        versions = self.versions()
        leaving = {TRANSPORT_KVN} & set(versions)
        if command.p1:
            if command.p1 not in versions:
                raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
            leaving.add(command.p1)
        staying = set(versions) - leaving
        if not self._issuer.first <= kvn <= self._issuer.last:
            raise StatusError(SW.WRONG_DATA)
        if kvn in staying:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if len(staying) >= MOST_KEY_SETS:
            raise StatusError(SW.NO_SPACE)
        with self._memory.transaction():
            self.store(kvn, keys)
            for old in leaving - {kvn}:
                self._memory.erase(_cell(old))
        return Answer(bytes((kvn,)) + check_values)

    def delete(self, command: Command, session_kvn: int) -> Answer:
        """DELETE [key] (GlobalPlatform Card 2.3.1, 11.2): a whole key set, named by D2.

        Two sets cannot be deleted (6985): the last, because nobody could open a session any
        more, and that of the open session, because the host has not proven that it can use another.
        """
        try:
            reference = tlv.read_one(command.data)
        except tlv.TlvError as error:
            raise StatusError(SW.WRONG_DATA) from error
        if reference.tag != 0xD2 or len(reference.value) != 1:
            raise StatusError(SW.WRONG_DATA)
        kvn = reference.value[0]
        versions = self.versions()
        if kvn not in versions:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if kvn == session_kvn or len(versions) == 1:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._memory.erase(_cell(kvn))
        return Answer(b"\x00")


def _cell(kvn: int) -> str:
    return f"{_CELL}{kvn:02X}"


def _parse(data: bytes, decrypt: Decrypt) -> tuple[int, StaticKeys, bytes]:
    """Return version, keys and check values of a PUT KEY data field."""
    if not data:
        raise StatusError(SW.WRONG_DATA)
    kvn, rest = data[0], data[1:]
    keys = []
    check_values = b""
    for _ in _KEY_IDS:
        key, check_value, rest = _parse_key(rest, decrypt)
        keys.append(key)
        check_values += check_value
    if rest or len({len(key) for key in keys}) != 1:
        raise StatusError(SW.WRONG_DATA)
    return kvn, StaticKeys(*keys), check_values


def _parse_key(data: bytes, decrypt: Decrypt) -> tuple[bytes, bytes, bytes]:
    """Return one key, its check value and what follows it.

    Type, length of the key field, [length of the key,] encrypted key, length of the check value,
    check value. The inner length is optional where the key fills whole blocks, as cards of
    different makers have it.
    """
    if len(data) < 2:
        raise StatusError(SW.WRONG_DATA)
    field, rest = data[2 : 2 + data[1]], data[2 + data[1] :]
    check_value, rest = rest[1:4], rest[4:]
    if data[0] != _AES or len(field) != data[1] or len(check_value) != 3 or data[2 + data[1]] != 3:
        raise StatusError(SW.WRONG_DATA)
    size = len(field)
    if size % 16 == 1:
        size, field = field[0], field[1:]
    if size not in KEY_LENGTHS or len(field) != -(-size // 16) * 16:
        raise StatusError(SW.WRONG_DATA)
    key = decrypt(field)[:size]
    if not compare_digest(key_check_value(key), check_value):
        raise StatusError(SW.WRONG_DATA)
    return key, check_value, rest
