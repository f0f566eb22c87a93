"""Proofs of INTERNAL AUTHENTICATE."""

from dataclasses import replace

from card_simulator.apdu import Answer, Command
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.state import Verified
from tests.card_conformance.mutants.base import Patcher, Rows, after, flags_survive


def _signs(patch: Patcher, **fixed: bytes) -> None:
    original = KeyPair.authenticate

    def authenticate(self: KeyPair, command: Command) -> Answer:
        challenge = fixed.get("challenge", command.data[:16])
        service = fixed.get("service", command.data[16:])
        return original(self, replace(command, data=challenge + service))

    patch.setattr(KeyPair, "authenticate", authenticate)


def _presence_for_nothing(patch: Patcher) -> None:
    original = KeyPair.authenticate

    def authenticate(self: KeyPair, command: Command) -> Answer:
        before = self._state.verified
        self._state.verified |= Verified.PIN
        answer = original(self, command)
        self._state.verified = before & self._state.verified
        return answer

    patch.setattr(KeyPair, "authenticate", authenticate)


def _proof_clears_flags(self: KeyPair, _command: Command) -> None:
    self._state.clear_verified()


MUTANTS: Rows = (
    (
        "signs a challenge of its own",
        "AUT-01",
        lambda patch: _signs(patch, challenge=bytes(16)),
    ),
    ("signs another service", "AUT-01", lambda patch: _signs(patch, service=b"\x09")),
    ("proves presence of nobody", "AUT-02", _presence_for_nothing),
    ("keeps the flags after a presence proof", "AUT-03", flags_survive("authenticate", KeyPair)),
    (
        "clears flags with a card proof",
        "AUT-03",
        after(KeyPair, "authenticate", _proof_clears_flags),
    ),
)
