"""Sessions with role keys, and what a role may do in them."""

from collections.abc import Callable
from dataclasses import replace

from applet_spec import CommandSpec
from card_simulator import dispatch
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application.application import Application
from card_simulator.application.objects import Objects
from card_simulator.application.role_session import RoleSession
from card_simulator.chip import Chip
from card_simulator.scp03 import Handshake, Session
from card_simulator.secure_channel import SecureChannel, is_initialize_update
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    answering,
    replaced,
    state_unchecked,
)

_OF_ROLES = range(0x50, 0x70)
_ANY_LEVEL = frozenset(range(0x100))
_BLOCKED = 0x6983
_FEW = 10
"""Failures after which a card that counts them is blocked."""


def _begins(command: Command) -> bool:
    return is_initialize_update(command) and command.p1 in _OF_ROLES


# INITIALIZE UPDATE and EXTERNAL AUTHENTICATE


def _offers(at: int, instead: bytes) -> Patch:
    """Return a patch under which some bytes of a role's offer are others."""

    def change(answer: Answer) -> Answer:
        return Answer(answer.data[:at] + instead + answer.data[at + len(instead) :])

    return answering(RoleSession, "initialize_update", change)


def _master_version_lost(patch: Patcher) -> None:
    """Answer the version of the master of the other slot, as an index that is off by one would."""
    original = RoleSession.initialize_update

    def initialize_update(self: RoleSession, command: Command) -> Answer:
        data = original(self, command).data
        return Answer(data[:9] + bytes((data[9] ^ 0x01,)) + data[10:])

    patch.setattr(RoleSession, "initialize_update", initialize_update)


def _zeros(_self: Chip) -> Callable[[int], bytes]:
    return bytes


def _takes_a_long_challenge(patch: Patcher) -> None:
    original = dispatch.CommandTable.run

    def run(self: dispatch.CommandTable, command: Command, situation: dispatch.Situation) -> Answer:
        if _begins(command) and len(command.data) > 8:
            command = replace(command, data=command.data[:8])
        return original(self, command, situation)

    patch.setattr(dispatch.CommandTable, "run", run)


def _levels(levels: frozenset[int] | None) -> Patch:
    """Return a patch under which roles have other levels; None: those of the issuer."""

    def patch(monkey: Patcher) -> None:
        original = SecureChannel.begin

        def begin(
            self: SecureChannel,
            handshake: Handshake,
            offered: frozenset[int],
            *,
            role: int | None = None,
        ) -> None:
            if role is not None:
                offered = self.options.levels if levels is None else levels
            original(self, handshake, offered, role=role)

        monkey.setattr(SecureChannel, "begin", begin)

    return patch


def _counts_failures(patch: Patcher) -> None:
    authenticate, begin = SecureChannel.external_authenticate, RoleSession.initialize_update
    failures: list[int] = []

    def external_authenticate(self: SecureChannel, command: Command) -> Answer:
        try:
            return authenticate(self, command)
        except StatusError as error:
            if error.sw == SW.AUTHENTICATION_FAILED:
                failures.append(error.sw)
            raise

    def initialize_update(self: RoleSession, command: Command) -> Answer:
        if len(failures) >= _FEW:
            raise StatusError(_BLOCKED)
        return begin(self, command)

    patch.setattr(SecureChannel, "external_authenticate", external_authenticate)
    patch.setattr(RoleSession, "initialize_update", initialize_update)


def _empty_slot_answers(patch: Patcher) -> None:
    original = RoleSession.initialize_update

    def initialize_update(self: RoleSession, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError:
            return Answer(bytes(10) + bytes((command.p1, 0x03, 0x60)) + bytes(16))

    patch.setattr(RoleSession, "initialize_update", initialize_update)


def _needs_le(patch: Patcher) -> None:
    original = RoleSession.initialize_update

    def initialize_update(self: RoleSession, command: Command) -> Answer:
        if not command.ne:
            raise StatusError(SW.WRONG_LENGTH)
        return original(self, command)

    patch.setattr(RoleSession, "initialize_update", initialize_update)


def _role_keys_in_the_domain(patch: Patcher) -> None:
    """Answer with the issuer's keys where the domain is asked for a role's."""
    original = SecureChannel.initialize_update

    def initialize_update(self: SecureChannel, command: Command, invoker: bytes) -> Answer:
        if _begins(command):
            command = replace(command, p1=0x00)
        return original(self, command, invoker)

    patch.setattr(SecureChannel, "initialize_update", initialize_update)


def _length_of_authentication_ignored(patch: Patcher) -> None:
    original = Handshake.authenticate

    def authenticate(self: Handshake, command: Command) -> Session:
        size = 2 * self._size
        return original(self, replace(command, data=command.data.ljust(size, b"\x00")[:size]))

    patch.setattr(Handshake, "authenticate", authenticate)


def _earlier_handshakes_count(patch: Patcher) -> None:
    begin, authenticate = SecureChannel.begin, Handshake.authenticate
    begun: list[Handshake] = []

    def keep(self: SecureChannel, handshake: Handshake, *args: object, **options: object) -> None:
        begun.append(handshake)
        begin(self, handshake, *args, **options)  # type: ignore[arg-type]

    def any_of_them(_self: Handshake, command: Command) -> Session:
        for handshake in begun[:-1]:
            try:
                return authenticate(handshake, command)
            except StatusError:
                continue
        return authenticate(begun[-1], command)

    patch.setattr(SecureChannel, "begin", keep)
    patch.setattr(Handshake, "authenticate", any_of_them)


def _session_survives_a_role(patch: Patcher) -> None:
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        session, role = self._session, self._role
        answer = original(self, command, handler)
        if _begins(command):
            self._session, self._role = session, role
        return answer

    patch.setattr(SecureChannel, "run", run)


def _flag_survives_a_role(patch: Patcher) -> None:
    original = Application.process

    def process(self: Application, command: Command) -> bytes:
        verified = self._state.verified
        answer = original(self, command)
        if _begins(command):
            self._state.verified |= verified
        return answer

    patch.setattr(Application, "process", process)


# What a role may


def _is_the_issuers(self: SecureChannel) -> bool:
    return self.session is not None


def _refusal_ends_role_session(patch: Patcher) -> None:
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        answer = original(self, command, handler)
        if self.role is not None and answer == b"\x69\x82":
            self.close()
        return answer

    patch.setattr(SecureChannel, "run", run)


def _role_needs_no_issuer_for(name: str) -> Patch:
    """Return a patch under which one of the issuer's commands is a role's, too."""

    def patch(monkey: Patcher) -> None:
        original = dispatch._check_session

        def check(wanted: CommandSpec, secret: bool, situation: dispatch.Situation) -> None:
            if wanted.name == name and situation.session and not situation.issuer:
                return
            original(wanted, secret, situation)

        monkey.setattr(dispatch, "_check_session", check)

    return patch


def _meets(told: Callable[[str, SecureChannel], bool | None]) -> Patch:
    """Return a patch under which read conditions are met otherwise; None: as they should be."""

    def patch(monkey: Patcher) -> None:
        original = Objects._met

        def met(self: Objects, condition: str) -> bool:
            otherwise = told(condition, self._state.channel)
            return original(self, condition) if otherwise is None else otherwise

        monkey.setattr(Objects, "_met", met)

    return patch


def _issuers_is_a_roles(condition: str, channel: SecureChannel) -> bool | None:
    return True if condition == "issuer" and channel.session is not None else None


def _every_role_inspects(condition: str, channel: SecureChannel) -> bool | None:
    return channel.role is not None if condition.startswith("role:") else None


def _nobody_inspects(condition: str, _channel: SecureChannel) -> bool | None:
    return False if condition.startswith("role:") else None


def _roles_read_nothing(condition: str, _channel: SecureChannel) -> bool | None:
    return False if condition == "role" else None


MUTANTS: Rows = (
    ("names another role in its offer", "ROL-01", _offers(8, b"\x00")),
    ("names another master version in its offer", "ROL-01", _master_version_lost),
    ("diversifies a role's keys by its chip", "ROL-01", _offers(0, b"UC" + bytes(6))),
    ("announces pseudo-random challenges to roles", "ROL-01", _offers(12, b"\x70")),
    ("announces no R-ENC to roles", "ROL-01", _offers(12, b"\x20")),
    ("repeats its challenge to roles", "ROL-01", replaced(Chip, "random", property(_zeros))),
    ("takes a long challenge of a role", "ROL-01", _takes_a_long_challenge),
    ("opens a role session at any level", "ROL-02", _levels(_ANY_LEVEL)),
    ("opens a role session at the issuer's levels", "ROL-02", _levels(None)),
    ("opens no role session at all", "ROL-02", _levels(frozenset())),
    ("opens role sessions while BLANK", "ROL-03", state_unchecked("INITIALIZE UPDATE")),
    (
        "takes a role for the issuer",
        "ROL-04",
        replaced(SecureChannel, "issuer", property(_is_the_issuers)),
    ),
    ("ends a role's session for asking too much", "ROL-04", _refusal_ends_role_session),
    ("lets a role suspend", "ROL-04", _role_needs_no_issuer_for("SET STATUS")),
    ("lets a role delete keys", "ROL-04", _role_needs_no_issuer_for("DELETE KEY")),
    ("lets a role give tries back", "ROL-04", _role_needs_no_issuer_for("RESET RETRY COUNTER")),
    (
        "lets a role ask for the public key",
        "ROL-04",
        _role_needs_no_issuer_for("GENERATE ASYMMETRIC KEY PAIR"),
    ),
    ("answers a role what is the issuer's", "ROL-05", _meets(_issuers_is_a_roles)),
    ("takes every role for INSPECT", "ROL-05", _meets(_every_role_inspects)),
    ("shows INSPECT no more than others", "ROL-05", _meets(_nobody_inspects)),
    ("shows roles what is for anyone only", "ROL-05", _meets(_roles_read_nothing)),
    ("blocks role keys after wrong cryptograms", "ROL-06", _counts_failures),
    ("answers with keys of an empty slot", "SCP-02", _empty_slot_answers),
    ("keeps the session over a role's INITIALIZE UPDATE", "SCP-08", _session_survives_a_role),
    ("keeps the flag over a role's INITIALIZE UPDATE", "PIN-08", _flag_survives_a_role),
    ("needs Le of a role", "SCP-13", _needs_le),
    ("has role keys in the domain too", "ROL-01", _role_keys_in_the_domain),
    ("takes an authentication of any length", "GEN-07", _length_of_authentication_ignored),
    ("takes the cryptogram of an earlier handshake", "SCP-06", _earlier_handshakes_count),
)
