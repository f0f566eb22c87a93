"""The slots of role keys, PUT KEY and DELETE KEY of the application."""

from collections.abc import Callable
from dataclasses import replace

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import role_keys
from card_simulator.application.role_keys import RoleKeys, RoleKeySet
from card_simulator.dispatch import CommandTable, Situation
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    answering,
    forgiving,
    no_session_needed,
    replaced,
)

_PUT_KEY, _DELETE_KEY = 0xD8, 0xE4


def _versions_only(self: RoleKeys) -> bytes:
    return bytes(each.version for each in self.sets())


def _masters_first(self: RoleKeys) -> bytes:
    return b"".join(bytes((each.master_version, each.version)) for each in self.sets())


def _highest_first(self: RoleKeys) -> bytes:
    sets = reversed(self.sets())
    return b"".join(bytes((each.version, each.master_version)) for each in sets)


def _slot_a_only(self: RoleKeys) -> bytes:
    sets = (each for each in self.sets() if each.version < 0x60)
    return b"".join(bytes((each.version, each.master_version)) for each in sets)


def _keys_swapped(patch: Patcher) -> None:
    original = RoleKeys.find

    def find(self: RoleKeys, version: int) -> RoleKeySet | None:
        found = original(self, version)
        return found and replace(found, enc=found.mac, mac=found.enc)

    patch.setattr(RoleKeys, "find", find)


def _puts_nothing(_self: RoleKeys, command: Command) -> Answer:
    data = command.data
    return Answer(data[:1] + data[21:24] + data[44:47])


def _check_values_forgotten(answer: Answer) -> Answer:
    return Answer(answer.data[:1])


def _one_slot(version: int) -> str:
    return f"role.{version & 0x0F | 0x50:02X}"


def _slot_first(patch: Patcher) -> None:
    """Look at the slot before the key blocks."""
    original = RoleKeys.put

    def put(self: RoleKeys, command: Command) -> Answer:
        if self.find(command.data[0]):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        return original(self, command)

    patch.setattr(RoleKeys, "put", put)


def _overwrites(patch: Patcher) -> None:
    original = RoleKeys.put

    def put(self: RoleKeys, command: Command) -> Answer:
        self._cells.erase(role_keys._cell(command.data[0]))
        return original(self, command)

    patch.setattr(RoleKeys, "put", put)


def _form_ignored(patch: Patcher) -> None:
    original = RoleKeys._key

    def key(self: RoleKeys, block: bytes) -> bytes:
        return original(self, b"\x88\x11\x10" + block[3:19] + b"\x03" + block[20:])

    patch.setattr(RoleKeys, "_key", key)


def _deletes_nothing(self: RoleKeys, command: Command) -> Answer:
    if self.find(command.data[2]) is None:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return Answer(b"\x00")


def _only_unlisted(patch: Patcher) -> None:
    """Take a deleted key set off the list, and leave its keys."""
    sets, delete = RoleKeys.sets, RoleKeys.delete
    deleted: set[int] = set()

    def shown(self: RoleKeys) -> list[RoleKeySet]:
        return [each for each in sets(self) if each.version not in deleted]

    def mark(self: RoleKeys, command: Command) -> Answer:
        if command.data[2] not in {each.version for each in shown(self)}:
            return delete(self, command)
        deleted.add(command.data[2])
        return Answer(b"\x00")

    patch.setattr(RoleKeys, "sets", shown)
    patch.setattr(RoleKeys, "delete", mark)


def _deletes_both_slots(patch: Patcher) -> None:
    original = RoleKeys.delete

    def delete(self: RoleKeys, command: Command) -> Answer:
        answer = original(self, command)
        self._cells.erase(role_keys._cell(command.data[2] ^ 0x30))
        return answer

    patch.setattr(RoleKeys, "delete", delete)


def _erases_while_it_refuses(patch: Patcher) -> None:
    original = RoleKeys.put

    def put(self: RoleKeys, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError:
            self._cells.erase(role_keys._cell(command.data[0]))
            raise

    patch.setattr(RoleKeys, "put", put)


def _seen_as(change: Callable[[Command], Command]) -> Patch:
    """Return a patch under which PUT KEY and DELETE KEY are checked as if they were others."""

    def patch(monkey: Patcher) -> None:
        original = CommandTable.run

        def run(self: CommandTable, command: Command, situation: Situation) -> Answer:
            changed = change(command) if command.ins in (_PUT_KEY, _DELETE_KEY) else command
            return original(self, changed, situation)

        monkey.setattr(CommandTable, "run", run)

    return patch


def _of_right_length(command: Command) -> Command:
    length = 48 if command.ins == _PUT_KEY else 3
    return replace(command, data=command.data.ljust(length, b"\x00")[:length])


def _with_right_parameters(command: Command) -> Command:
    return replace(command, p1=0x00, p2=0x81 if command.ins == _PUT_KEY else 0x00)


def _any_reference(data: bytes) -> int:
    return data[2]


MUTANTS: Rows = (
    ("lists no master versions", "ROL-08", replaced(RoleKeys, "listed", _versions_only)),
    ("lists master versions first", "ROL-08", replaced(RoleKeys, "listed", _masters_first)),
    ("lists the highest key version first", "ROL-08", replaced(RoleKeys, "listed", _highest_first)),
    ("lists slot A only", "ROL-08", replaced(RoleKeys, "listed", _slot_a_only)),
    ("takes a role's keys the wrong way round", "RPK-01", _keys_swapped),
    ("puts no role keys", "RPK-01", replaced(RoleKeys, "put", _puts_nothing)),
    (
        "answers PUT KEY without check values",
        "RPK-01",
        answering(RoleKeys, "put", _check_values_forgotten),
    ),
    ("puts role keys for anyone", "RPK-02", no_session_needed("PUT KEY")),
    (
        "ignores check values of role keys",
        "RPK-03",
        replaced(role_keys, "compare_digest", lambda _a, _b: True),
    ),
    ("ignores the form of role key blocks", "RPK-03", _form_ignored),
    (
        "takes role keys of any version",
        "RPK-03",
        replaced(RoleKeys, "owns", lambda _self, _version: True),
    ),
    ("looks at the slot before the key blocks", "RPK-03", _slot_first),
    ("overwrites role keys", "RPK-04", _overwrites),
    (
        "has one slot for both key versions of a role",
        "RPK-06",
        replaced(role_keys, "_cell", _one_slot),
    ),
    ("deletes both slots of a role", "RPK-06", _deletes_both_slots),
    ("deletes no role keys", "RDK-01", replaced(RoleKeys, "delete", _deletes_nothing)),
    ("leaves deleted role keys in their slot", "RDK-01", _only_unlisted),
    (
        "confirms no deletion of role keys",
        "RDK-01",
        answering(RoleKeys, "delete", lambda _answer: Answer()),
    ),
    ("deletes role keys for anyone", "RDK-02", no_session_needed("DELETE KEY")),
    (
        "deletes what is not there",
        "RDK-03",
        forgiving(RoleKeys, "delete", SW.REFERENCED_DATA_NOT_FOUND),
    ),
    (
        "takes any data for a key reference",
        "RDK-04",
        replaced(role_keys, "_version_to_delete", _any_reference),
    ),
    ("erases role keys while it refuses others", "GEN-10", _erases_while_it_refuses),
    ("takes role key commands of any length", "GEN-07", _seen_as(_of_right_length)),
    ("takes role key commands with any P1 and P2", "GEN-06", _seen_as(_with_right_parameters)),
)
