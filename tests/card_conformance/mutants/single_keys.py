"""PUT KEY of parts of a set, its forms, and DELETE KEY of one key."""

from collections.abc import Callable

from card_simulator import key_sets
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.key_set import KeySet
from card_simulator.key_sets import KeySets
from tests.card_conformance.mutants.base import Patcher, Rows, forgiving

Decrypt = Callable[[bytes], bytes]


def _needs_inner_length(patch: Patcher) -> None:
    original = key_sets._parse_key

    def parse_key(data: bytes, decrypt: Decrypt) -> tuple[bytes, bytes, bytes]:
        if len(data) > 1 and data[1] % 16 == 0:
            raise StatusError(SW.WRONG_DATA)
        return original(data, decrypt)

    patch.setattr(key_sets, "_parse_key", parse_key)


def _keeps_the_old_version(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Decrypt) -> Answer:
        before = self._sets()
        answer = original(self, command, decrypt)
        if command.p1 and command.p1 not in self.versions():
            self._write(command.p1, before[command.p1])
        return answer

    patch.setattr(KeySets, "put", put)


def _replaces_all_keys(patch: Patcher) -> None:
    patch.setattr(KeySet, "with_keys", lambda _self, keys: KeySet(keys))


def _opens_with_less(patch: Patcher) -> None:
    """Open sessions with a set that lacks a key: its ENC stands for what is missing."""
    original = KeySet.static.fget  # type: ignore[attr-defined]

    def static(self: KeySet) -> object:
        keys = dict(self.keys)
        for number in (1, 2, 3):
            keys.setdefault(number, next(iter(keys.values()), b""))
        return original(KeySet(keys)) if self.keys else None

    patch.setattr(KeySet, "static", property(static))


def _any_count(patch: Patcher) -> None:
    original = key_sets._parse

    def parse(command: Command, decrypt: Decrypt) -> object:
        cla, ins, p1, p2 = command.header
        for several in (p2, p2 ^ 0x80):
            try:
                changed = Command(cla, ins, p1, several, command.data, command.ne)
                return original(changed, decrypt)
            except StatusError as error:
                last = error
        raise last

    patch.setattr(key_sets, "_parse", parse)


def _deletes_the_whole_set(patch: Patcher) -> None:
    original = key_sets._key_reference

    def key_reference(data: bytes) -> tuple[int, None]:
        return original(data)[0], None

    patch.setattr(key_sets, "_key_reference", key_reference)


def _takes_any_reference(patch: Patcher) -> None:
    original = key_sets._key_reference

    def key_reference(data: bytes) -> tuple[int, int | None]:
        try:
            return original(data)
        except StatusError:
            return 0x3F, None

    patch.setattr(key_sets, "_key_reference", key_reference)


def _adds_over(patch: Patcher) -> None:
    forgiving(KeySets, "put", SW.CONDITIONS_NOT_SATISFIED)(patch)


MUTANTS: Rows = (
    ("wants the key's length before it", "PUK-09", _needs_inner_length),
    ("keeps a replaced set beside the new one", "PUK-10", _keeps_the_old_version),
    ("forgets the keys that are not sent", "PUK-11", _replaces_all_keys),
    ("opens sessions with an incomplete set", "PUK-11", _opens_with_less),
    ("does not count the key blocks", "PUK-12", _any_count),
    ("gives one version to two sets", "PUK-13", _adds_over),
    ("adds a key that is there", "PUK-04", _adds_over),
    ("deletes the set for one key", "DLK-05", _deletes_the_whole_set),
    ("takes any key reference", "DLK-06", _takes_any_reference),
    (
        "takes a single key off its only set",
        "DLK-03",
        forgiving(KeySets, "delete", SW.CONDITIONS_NOT_SATISFIED),
    ),
)
