"""The key pair and the states of the application."""

from card_simulator.apdu import Answer
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.life_cycle import LifeCycle
from tests.card_conformance.mutants.base import (
    Patcher,
    Rows,
    no_session_needed,
    replaced,
    state_unchecked,
    stays_open,
)


def _make_once(patch: Patcher) -> None:
    original = KeyPair._make

    def make(self: KeyPair) -> None:
        if not self.exists:
            original(self)

    patch.setattr(KeyPair, "_make", make)


MUTANTS: Rows = (
    ("keeps the old key pair", "KEY-01", _make_once),
    ("makes a key pair for anyone", "KEY-02", no_session_needed("GENERATE ASYMMETRIC KEY PAIR")),
    (
        "replaces the key pair of an issued card",
        "KEY-03",
        state_unchecked("GENERATE ASYMMETRIC KEY PAIR"),
    ),
    ("keeps the session after SET STATUS", "STA-01", stays_open),
    (
        "suspends nothing",
        "STA-01",
        replaced(LifeCycle, "set_status", lambda _self, _command: Answer()),
    ),
    ("lets anyone suspend", "STA-02", no_session_needed("SET STATUS")),
    ("resumes what is not suspended", "STA-03", state_unchecked("SET STATUS")),
    ("verifies while suspended", "STA-04", state_unchecked("VERIFY")),
    ("signs while suspended", "STA-04", state_unchecked("INTERNAL AUTHENTICATE")),
    ("skips the state", "GEN-05", state_unchecked("VERIFY")),
)
