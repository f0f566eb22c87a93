"""The key sets of the issuer security domain: reading them, PUT KEY and DELETE KEY.

A key set is one cell, ``isd.keys.XX`` with its version in hex (`KeySet.encode`), so that it
appears, changes and disappears as a whole. Its sequence counter is another, ``isd.sequence.XX``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.key_set import ENC, KEY_IDS, KeySet
from card_simulator.memory import Memory
from card_simulator.scp03 import KEY_LENGTHS, StaticKeys
from host_lib.primitives import key_check_value

TRANSPORT_KVN = 0xFF
"""Version of the key set of blank cards; it cannot be written by PUT KEY."""

_CELL = "isd.keys."
_SEQUENCE_CELL = "isd.sequence."
_AES = 0x88
_SEVERAL = 0x80
_KEY_ID, _KEY_VERSION = 0xD0, 0xD2

Decrypt = Callable[[bytes], bytes]
Sets = Mapping[int, KeySet]


class KeySets:
    """The key sets in the card's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        limits = spec().limits
        self._versions = range(limits["key_version_min"], limits["key_version_max"] + 1)
        self._most = limits["key_sets"]
        self._sequence_length = spec().secure_channel.sequence_counter_length

    def versions(self) -> list[int]:
        """Return the versions (KVN) of which there are keys, in rising order."""
        return [int(name.removeprefix(_CELL), 16) for name in self._memory.names(_CELL)]

    def complete(self) -> list[int]:
        """Return the versions that open sessions, in rising order."""
        return sorted(_complete(self._sets()))

    def choose(self, kvn: int) -> int:
        """Return the version asked for, 00 for the lowest.

        Raises `StatusError` 6A88 unless its set is complete, which a session needs.
        """
        complete = self.complete()
        chosen = complete[0] if kvn == 0 and complete else kvn
        if chosen not in complete:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return chosen

    def keys(self, kvn: int) -> StaticKeys:
        """Return the keys of a complete set; raises `StatusError` 6A88 for any other version."""
        keys = self._set(kvn).static
        if keys is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return keys

    def store(self, kvn: int, keys: StaticKeys) -> None:
        """Write a complete set as one cell."""
        self._write(kvn, KeySet.of(keys))

    def template(self) -> bytes:
        """Return the key information template (tag E0; GlobalPlatform Card 2.3.1, 11.3.3.1)."""
        return tlv.write(
            0xE0,
            *(
                tlv.write(0xC0, bytes((key_id, kvn, _AES, len(key))))
                for kvn, key_set in self._sets().items()
                for key_id, key in sorted(key_set.keys.items())
            ),
        )

    def sequence(self, kvn: int) -> bytes:
        """Return the sequence counter (3 bytes) of a set as its last session used it."""
        return self._memory.read(_sequence_cell(kvn), bytes(self._sequence_length))

    def next_sequence(self, kvn: int) -> bytes:
        """Move the sequence counter of a set on, for good, and return it.

        Raises `StatusError` 6985 at its end: it never begins again while its Key-ENC is in use.
        """
        last = self.sequence(kvn)
        if not last.strip(b"\xff"):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        following = (int.from_bytes(last) + 1).to_bytes(len(last))
        self._memory.write(_sequence_cell(kvn), following)
        return following

    def put(self, command: Command, decrypt: Decrypt) -> Answer:
        """PUT KEY (GlobalPlatform Card 2.3.1, 11.8; Amendment D, 7.2): one to three keys.

        P2 is the identifier of the first key, with its highest bit where more follow. P1 = 00 adds
        keys, to a new version or to one that lacks them; any other P1 names the set that gets them
        and the new version. The first complete set takes the transport set with it, in the same
        commit. Answers the version and the check values.
        """
        kvn, keys, check_values = _parse(command, decrypt)
        before = self._sets()
        after = dict(before)
        if kvn not in self._versions:
            raise StatusError(SW.WRONG_DATA)
        if command.p1 and command.p1 not in before:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        changed = after.pop(command.p1 or kvn, KeySet())
        if kvn in after or (not command.p1 and changed.keys.keys() & keys.keys()):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        after[kvn] = changed.with_keys(keys)
        if _complete(after).keys() - {TRANSPORT_KVN}:
            after.pop(TRANSPORT_KVN, None)
        same_enc = changed.keys.get(ENC) == after[kvn].keys.get(ENC)
        moving = self._memory.read(_sequence_cell(command.p1)) if same_enc else b""
        self._change(before, after, moving)
        return Answer(bytes((kvn,)) + check_values)

    def delete(self, command: Command, session_kvn: int) -> Answer:
        """DELETE [key] (GlobalPlatform Card 2.3.1, 11.2): a whole set (D2) or one key (D0 and D2).

        Two sets cannot be deleted from (6985): the last complete one, because nobody could open a
        session any more, and that of the open session, because the host has not proven that it can
        use another.
        """
        kvn, key_id = _key_reference(command.data)
        before = self._sets()
        key_set = before.get(kvn, KeySet())
        leaving = set(key_set.keys) if key_id is None else {key_id} & set(key_set.keys)
        if not leaving:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if kvn == session_kvn:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._change(before, {**before, kvn: key_set.without(leaving)})
        return Answer(b"\x00")

    def _sets(self) -> dict[int, KeySet]:
        return {kvn: self._set(kvn) for kvn in self.versions()}

    def _set(self, kvn: int) -> KeySet:
        cell = self._memory.read(_cell(kvn))
        return KeySet.decode(cell) if cell else KeySet()

    def _change(self, before: Sets, after: Sets, moving: bytes = b"") -> None:
        """Bring the sets from one state to another in one commit.

        Raises `StatusError` 6985 where no complete set would be left, 6A84 where there are too
        many. A new Key-ENC begins with a sequence counter of zero; one that only gets another
        version takes its counter along (``moving``), so that no challenge comes twice.
        """
        if not _complete(after):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if sum(bool(key_set.keys) for key_set in after.values()) > self._most:
            raise StatusError(SW.NO_SPACE)
        with self._memory.transaction():
            for kvn in sorted(before.keys() | after.keys()):
                old, new = before.get(kvn, KeySet()), after.get(kvn, KeySet())
                if old.keys != new.keys:
                    self._write(kvn, new)
                if old.keys.get(ENC) == new.keys.get(ENC):
                    continue
                if moving and ENC in new.keys:
                    self._memory.write(_sequence_cell(kvn), moving)
                else:
                    self._memory.erase(_sequence_cell(kvn))

    def _write(self, kvn: int, key_set: KeySet) -> None:
        if key_set.keys:
            self._memory.write(_cell(kvn), key_set.encode())
        else:
            self._memory.erase(_cell(kvn))


def _cell(kvn: int) -> str:
    return f"{_CELL}{kvn:02X}"


def _sequence_cell(kvn: int) -> str:
    return f"{_SEQUENCE_CELL}{kvn:02X}"


def _complete(sets: Sets) -> dict[int, KeySet]:
    return {kvn: key_set for kvn, key_set in sets.items() if key_set.static}


def _parse(command: Command, decrypt: Decrypt) -> tuple[int, dict[int, bytes], bytes]:
    """Return version, keys by their identifiers and check values of a PUT KEY command.

    P2 is one that the contract allows: it names an identifier, and no first of several that is the
    last one.
    """
    first, several = command.p2 & ~_SEVERAL, bool(command.p2 & _SEVERAL)
    rest = command.data[1:]
    keys: dict[int, bytes] = {}
    check_values = b""
    for key_id in range(first, KEY_IDS[-1] + 1):
        if rest:
            keys[key_id], check_value, rest = _parse_key(rest, decrypt)
            check_values += check_value
    if rest or not keys or several != (len(keys) > 1) or len(set(map(len, keys.values()))) != 1:
        raise StatusError(SW.WRONG_DATA)
    return command.data[0], keys, check_values


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


def _key_reference(data: bytes) -> tuple[int, int | None]:
    """Return key version and, where one key is meant, its identifier (11.2.2.3)."""
    try:
        objects = list(tlv.read(data))
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    values = {each.tag: each.value for each in objects}
    wanted = {_KEY_VERSION} | values.keys() & {_KEY_ID}
    if values.keys() != wanted or [len(each.value) for each in objects] != [1] * len(values):
        raise StatusError(SW.WRONG_DATA)
    return values[_KEY_VERSION][0], values[_KEY_ID][0] if _KEY_ID in values else None
