"""PUT KEY and DELETE KEY."""

from collections.abc import Callable

from card_simulator import key_sets, listing
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.key_set import KeySet
from card_simulator.key_sets import KeySets
from card_simulator.secure_channel import SecureChannel
from tests.card_conformance.mutants.base import (
    Patcher,
    Rows,
    answering,
    no_session_needed,
    nothing,
    replaced,
)


def _without_check_values(patch: Patcher) -> None:
    patch.setattr(key_sets, "compare_digest", lambda _left, _right: True)


def _transport_set_stays(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        blank = self.keys(0xFF) if 0xFF in self.versions() else None
        answer = original(self, command, decrypt)
        if blank is not None:
            self.store(0xFF, blank)
        return answer

    patch.setattr(KeySets, "put", put)


def _overwrites(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        version = command.data[0] if command.data else 0
        p1 = version if command.p1 == 0 and version in self.versions() else command.p1
        cla, ins, _, p2 = command.header
        return original(self, Command(cla, ins, p1, p2, command.data, command.ne), decrypt)

    patch.setattr(KeySets, "put", put)


def _any_version(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        self._versions = range(0x01, 0x80)
        return original(self, command, decrypt)

    patch.setattr(KeySets, "put", put)


def _stores_other_keys(patch: Patcher) -> None:
    original = KeySets._write

    def write(self: KeySets, kvn: int, key_set: KeySet) -> None:
        swapped = {{1: 2, 2: 1}.get(key_id, key_id): key for key_id, key in key_set.keys.items()}
        original(self, kvn, KeySet(swapped))

    patch.setattr(KeySets, "_write", write)


def _deletes_all(patch: Patcher) -> None:
    def delete(self: KeySets, command: Command, _session_kvn: int) -> Answer:
        kvn = command.data[2]
        if kvn not in self.versions():
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        self._memory.erase(f"isd.keys.{kvn:02X}")
        return Answer(b"\x00")

    patch.setattr(KeySets, "delete", delete)


def _deletes_session_set(patch: Patcher) -> None:
    original = KeySets.delete

    def delete(self: KeySets, command: Command, _session_kvn: int) -> Answer:
        return original(self, command, 0x00)

    patch.setattr(KeySets, "delete", delete)


def _deletes_by_first_byte(patch: Patcher) -> None:
    original = KeySets.delete

    def delete(self: KeySets, command: Command, session_kvn: int) -> Answer:
        data = command.data
        if len(data) > 3 and data[0] == 0xD2 and len(data) == 2 + data[1]:
            data = bytes((0xD2, 1, data[2]))
        cla, ins, p1, p2 = command.header
        return original(self, Command(cla, ins, p1, p2, data, command.ne), session_kvn)

    patch.setattr(KeySets, "delete", delete)


def _deletes_nothing(_self: KeySets, _command: Command, _session_kvn: int) -> Answer:
    return Answer(b"\x00")


MUTANTS: Rows = (
    ("stores the keys the wrong way round", "PUK-01", _stores_other_keys),
    (
        "answers other check values",
        "PUK-01",
        answering(KeySets, "put", lambda answer: Answer(answer.data[:-1] + b"\x00")),
    ),
    ("puts keys for anyone", "PUK-02", no_session_needed("PUT KEY")),
    ("ignores check values of keys", "PUK-03", _without_check_values),
    ("overwrites a key set", "PUK-04", _overwrites),
    ("keeps the transport keys", "PUK-07", _transport_set_stays),
    ("deletes nothing", "DLK-01", replaced(KeySets, "delete", _deletes_nothing)),
    ("deletes for anyone", "DLK-02", no_session_needed("DELETE KEY")),
    ("takes any key version", "PUK-08", _any_version),
    ("deletes the last key set", "DLK-03", _deletes_all),
    ("deletes the keys of its session", "DLK-03", _deletes_session_set),
    (
        "deletes the keys of its session under another version",
        "DLK-03",
        replaced(SecureChannel, "renumbered", nothing),
    ),
    ("takes a key reference of two bytes", "GEN-08", _deletes_by_first_byte),
    ("searches for a name longer than a name", "GEN-08", replaced(listing, "_LONGEST_AID", 255)),
)
