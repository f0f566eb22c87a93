"""What state a card is in, for people: no keys, no PIN, nothing of the holder."""

from __future__ import annotations

from typing import TypedDict

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.card_manager import STATE_CELL, STATE_NAMES
from card_simulator.memory import Image


class ApplicationState(TypedDict):
    """An installed application; ``card_serial`` in hex, None before personalization."""

    aid: str
    state: str
    card_serial: str | None
    pin_tries: int


class CardState(TypedDict):
    """A card; numbers in hex."""

    chip_serial: str
    card_state: str
    key_versions: list[str]
    applications: list[ApplicationState]


def describe(image: Image) -> CardState:
    """Return chip serial, card life cycle, key versions and applications of a card's memory."""
    card = Card(image)
    card.reset()
    return {
        "chip_serial": card.chip.serial.hex().upper(),
        "card_state": STATE_NAMES[card.memory.read(STATE_CELL)],
        "key_versions": [f"{kvn:02X}" for kvn in card.key_sets.versions()],
        "applications": [_application(card, aid) for aid in card.content.applications()],
    }


def _application(card: Card, aid: bytes) -> ApplicationState:
    application = card.application(aid)
    serial = application.value(spec().object_named("card serial").tag)
    return {
        "aid": aid.hex().upper(),
        "state": application.state,
        "card_serial": serial.hex().upper() or None,
        "pin_tries": application.pin_tries,
    }
