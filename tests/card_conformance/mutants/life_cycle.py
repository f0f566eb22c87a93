"""Locked applications, the locked card and the terminated one."""

from dataclasses import replace

from card_simulator import card_manager, dispatch
from card_simulator.apdu import SW, Answer, Command
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.content import Content
from card_simulator.registry import Mark, cells_of
from card_simulator.selection import Selection
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, forgiving, replaced


def _lock_without_effect(patch: Patcher) -> None:
    original = Selection._names

    def names(self: Selection) -> list[bytes]:
        found = original(self)
        locked = [each.aid for each in self._registry.instances() if each.locked]
        return [*found, *locked]

    patch.setattr(Selection, "_names", names)


def _lock_unseen(patch: Patcher) -> None:
    original = Content.state_code
    patch.setattr(Content, "state_code", lambda self, each: original(self, each) & 0x7F)


def _unlocks_to_selectable(patch: Patcher) -> None:
    original = Content.set_status

    def set_status(self: Content, command: Command) -> Answer:
        answer = original(self, command)
        instance = self.installed(command.data)
        if not instance.locked:
            self.registry.put_instance(replace(instance, marks=Mark.NOTHING))
        return answer

    patch.setattr(Content, "set_status", set_status)


def _lock_erases(patch: Patcher) -> None:
    original = Content.set_status

    def set_status(self: Content, command: Command) -> Answer:
        answer = original(self, command)
        for name in self.registry._memory.names(cells_of(command.data)):
            if name.endswith("tries"):
                self.registry._memory.write(name, b"\x01")
        return answer

    patch.setattr(Content, "set_status", set_status)


def _works_in(state: str) -> Patch:
    """Return a patch under which every command of the card manager works in a state."""

    def patch(monkey: Patcher) -> None:
        original = dispatch.CommandTable.run

        def run(
            self: dispatch.CommandTable, command: Command, situation: dispatch.Situation
        ) -> Answer:
            if situation.state == state:
                situation = replace(situation, state=None)
            return original(self, command, situation)

        monkey.setattr(dispatch.CommandTable, "run", run)

    return patch


def _terminated_card_comes_back(patch: Patcher) -> None:
    _works_in("TERMINATED")(patch)
    patch.setattr(CardLifeCycle, "terminated", property(lambda _self: False))


MUTANTS: Rows = (
    ("selects a locked application", "SST-04", _lock_without_effect),
    ("does not say that an application is locked", "SST-04", _lock_unseen),
    ("makes selectable what it unlocks", "SST-05", _unlocks_to_selectable),
    ("locks twice", "SST-05", forgiving(Content, "set_status", SW.CONDITIONS_NOT_SATISFIED)),
    ("locks what is not there", "SST-06", forgiving(Content, "set_status", 0x6A88)),
    ("takes tries with a lock", "SST-07", _lock_erases),
    (
        "selects applications of a locked card",
        "LCK-01",
        replaced(CardLifeCycle, "locked", property(lambda _self: False)),
    ),
    ("does not warn of a lock", "LCK-01", replaced(card_manager, "SELECTED_BUT_LOCKED", 0x9000)),
    ("changes content of a locked card", "LCK-02", _works_in("CARD_LOCKED")),
    ("goes on after its end", "LCK-03", _terminated_card_comes_back),
    (
        "answers SELECT after its end",
        "LCK-03",
        replaced(CardLifeCycle, "terminated", property(lambda _self: False)),
    ),
)
