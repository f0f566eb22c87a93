"""The application on the software card, one module per concern, driven by the contract's tables.

May import what the room may; only `card_simulator.card` imports it.
"""

from card_simulator.application.application import Application
from card_simulator.application.role_keys import RoleKeySet

__all__ = ["Application", "RoleKeySet"]
