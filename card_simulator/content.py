"""Changes of the card's content: INSTALL of applications, DELETE, and locking them.

GlobalPlatform Card 2.3.1, 11.5, 11.2 and 11.10. Everything is checked before the registry is
changed, which is one visible step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from applet_spec import spec
from card_simulator import install_data, tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.registry import Instance, Mark, Registry

FOR_INSTALL, MAKE_SELECTABLE = 0x04, 0x08

_WITH_INSTANCES = 0x80
_DONE = Answer(b"\x00")

StateOf = Callable[[bytes], int]


class Content:
    """The applications on the card; ``state_of`` answers one's own life cycle code by its AID."""

    def __init__(self, registry: Registry, state_of: StateOf) -> None:
        self.registry = registry
        self._state_of = state_of
        self._aids = spec().aids
        self._most = spec().limits["applications"]
        self._lock_bit = spec().lock_bit
        self._codes = {name: state.code for name, state in spec().content_states.items()}

    def applications(self) -> list[bytes]:
        """Return the AIDs of the installed applications, sorted."""
        return [instance.aid for instance in self.registry.instances()]

    def state_code(self, instance: Instance) -> int:
        """Return the life cycle code that GET STATUS shows: its own, with a bit when locked."""
        if instance.installed_only:
            code = self._codes["INSTALLED"]
        elif instance.inert:
            code = self._codes["SELECTABLE"]
        else:
            code = self._state_of(instance.aid)
        return code | (self._lock_bit if instance.locked else 0)

    # INSTALL

    def install(self, command: Command) -> Answer:
        """INSTALL [for install], perhaps with [for make selectable]: a new instance of a module."""
        parts = install_data.fields(command.data, 6)
        load_file, module, aid, privileges, parameters, token = parts
        for name in (load_file, module, aid):
            install_data.check_aid(name)
        install_data.check_no_privilege(privileges)
        install_data.check_parameters(parameters, for_application=True)
        install_data.check_no_token(token)
        file = self.registry.load_file(load_file)
        if file is None or module not in file.modules:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if self._is_taken(aid):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if len(self.registry.instances()) >= self._most:
            raise StatusError(SW.NO_SPACE)
        marks = Mark.NOTHING if command.p1 & MAKE_SELECTABLE else Mark.NOT_SELECTABLE
        self.registry.put_instance(Instance(aid, load_file, module, marks))
        return _DONE

    def make_selectable(self, command: Command) -> Answer:
        """INSTALL [for make selectable]: an instance that is INSTALLED only."""
        parts = install_data.fields(command.data, 6)
        load_file, module, aid, privileges, parameters, token = parts
        install_data.check_no_privilege(privileges)
        install_data.check_parameters(parameters, for_application=False)
        install_data.check_no_token(load_file + module + token)
        instance = self.installed(aid)
        if not instance.installed_only:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self.registry.put_instance(replace(instance, marks=instance.marks & ~Mark.NOT_SELECTABLE))
        return _DONE

    def installed(self, aid: bytes) -> Instance:
        """Return an installed application; raises `StatusError` 6A80 or 6A88."""
        install_data.check_aid(aid)
        instance = self.registry.instance(aid)
        if instance is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return instance

    # DELETE

    def delete(self, command: Command) -> Answer:
        """DELETE [application or load file], the latter with P2 = 80 with its applications.

        The security domain, the load file that came with the card, and one that applications were
        installed from stay (6985).
        """
        aid = _aid_to_delete(command.data)
        if aid in (self._aids.isd, self._aids.package):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        instance, file = self.registry.instance(aid), self.registry.load_file(aid)
        if instance:
            self.registry.delete_instance(instance)
        elif file is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        elif self.registry.instances_of(aid) and command.p2 != _WITH_INSTANCES:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        else:
            self.registry.delete_load_file(file)
        return _DONE

    # SET STATUS

    def set_status(self, command: Command) -> Answer:
        """SET STATUS [application]: lock, or unlock to the state before; all else is 6985."""
        instance = self.installed(command.data)
        lock = bool(command.p2 & self._lock_bit)
        if lock == instance.locked:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self.registry.put_instance(replace(instance, marks=instance.marks ^ Mark.LOCKED))
        return Answer()

    def _is_taken(self, aid: bytes) -> bool:
        registry = self.registry
        return bool(aid == self._aids.isd or registry.load_file(aid) or registry.instance(aid))


def _aid_to_delete(data: bytes) -> bytes:
    """Return the AID of a DELETE; raises `StatusError` 6A80 for anything beside it, as a token."""
    try:
        target = tlv.read_one(data)
    except tlv.TlvError as error:
        raise StatusError(SW.WRONG_DATA) from error
    if target.tag != 0x4F:
        raise StatusError(SW.WRONG_DATA)
    install_data.check_aid(target.value)
    return target.value
