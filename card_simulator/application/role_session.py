"""INITIALIZE UPDATE of a terminal role: the application's own SCP03, the same on every card."""

from __future__ import annotations

from dataclasses import replace

from applet_spec import spec
from applet_spec.model import CommandSpec
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.objects import Objects
from card_simulator.application.role_keys import RoleKeys
from card_simulator.application.state import State
from card_simulator.scp03 import Handshake, StaticKeys

NAME = "INITIALIZE UPDATE"


def role_form() -> CommandSpec:
    """Return what the contract says of INITIALIZE UPDATE where P1 names a role key set.

    S8 on every card, and not in BLANK, which is looked at before the length (ROL-01, ROL-03).
    """
    command = spec().commands[NAME]
    s8 = next(variant for variant in command.variants if variant.name == "S8")
    return replace(command, variants=(replace(s8, states=command.states - {"BLANK"}),))


class RoleSession:
    """Begins sessions with the key sets of terminal roles."""

    def __init__(self, state: State, objects: Objects, keys: RoleKeys) -> None:
        self._state = state
        self._objects = objects
        self._keys = keys
        self._serial = state.spec.object_named("card serial").tag

    def initialize_update(self, command: Command) -> Answer:
        """Answer challenge and cryptogram; card serial, role and master version diversify keys."""
        chosen = self._keys.find(command.p1)
        if chosen is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        state, scp03 = self._state, self._state.spec.secure_channel
        handshake = Handshake(
            StaticKeys(chosen.enc, chosen.mac),
            command.data,
            state.chip.random(scp03.mac_length),
            last_count=state.spec.limits["role_session_commands"],
        )
        state.channel.begin(handshake, frozenset({scp03.daily_level}), role=chosen.role)
        return Answer(
            self._objects.value(self._serial)
            + bytes((chosen.role, chosen.master_version))
            + bytes((chosen.version, scp03.protocol, scp03.i))
            + handshake.card_challenge
            + handshake.card_cryptogram
        )
