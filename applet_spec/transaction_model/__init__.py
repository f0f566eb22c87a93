"""A small explicit-state model of transactions: one card, two terminals, their issuer.

It stands beside the contract, knows its protocol and none of the cards, and is enumerated whole.
``values`` are its states, ``card`` and ``terminal`` what the two sides do, ``events`` everything
that can happen next, ``search`` the enumeration, ``wrong`` the designs that must fail. It imports
nothing of this room but the contract's errors, and nothing of others.
"""

from applet_spec.transaction_model.canonical import canonical
from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.events import EVENTS, Move, first_world, moves
from applet_spec.transaction_model.invariants import INVARIANTS
from applet_spec.transaction_model.search import Counterexample, Enumeration, enumerate_model
from applet_spec.transaction_model.wrong import WRONG_DESIGNS, WrongDesign

__all__ = [
    "EVENTS",
    "INVARIANTS",
    "WRONG_DESIGNS",
    "Bounds",
    "Counterexample",
    "Design",
    "Enumeration",
    "Move",
    "WrongDesign",
    "canonical",
    "enumerate_model",
    "first_world",
    "moves",
]
