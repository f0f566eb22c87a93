"""What state a card is in, for people: no keys, no PIN, nothing of the holder."""

from __future__ import annotations

from typing import TypedDict

from applet_spec import spec
from card_simulator.application import RoleKeySet
from card_simulator.card import Card
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.memory import Image
from card_simulator.profiles import profile_of
from card_simulator.registry import Instance


class RoleKeysState(TypedDict):
    """A key set of a terminal role: versions in hex; a role without a name is ``ROLE n``."""

    version: str
    role: str
    master_version: str


class ApplicationState(TypedDict):
    """An installed application; ``card_serial`` in hex, None before personalization."""

    aid: str
    state: str
    card_serial: str | None
    pin_tries: int
    role_key_sets: list[RoleKeysState]


class CardState(TypedDict):
    """A card; numbers in hex. ``profile`` is its type, None where it is not one that is known.

    ``key_versions`` are those that open sessions, with ``key_bits`` the length of their keys;
    ``incomplete_key_versions`` are those that lack keys.
    """

    chip_serial: str
    profile: str | None
    i: str
    card_state: str
    key_versions: list[str]
    incomplete_key_versions: list[str]
    key_bits: dict[str, int]
    applications: list[ApplicationState]


def describe(image: Image) -> CardState:
    """Return chip serial, type, life cycle, key versions and applications of a card's memory."""
    card = Card(image)
    card.reset()
    versions, complete = card.key_sets.versions(), card.key_sets.complete()
    return {
        "chip_serial": card.chip.serial.hex().upper(),
        "profile": profile_of(card.chip.cplc),
        "i": f"{card.options.i:02X}",
        "card_state": CardLifeCycle(card.memory).state.name,
        "key_versions": [f"{kvn:02X}" for kvn in complete],
        "incomplete_key_versions": [f"{kvn:02X}" for kvn in versions if kvn not in complete],
        "key_bits": {f"{kvn:02X}": 8 * len(card.key_sets.keys(kvn).enc) for kvn in complete},
        "applications": [_application(card, each) for each in card.content.registry.instances()],
    }


def _application(card: Card, instance: Instance) -> ApplicationState:
    """Return our own application's state, or that of the registry where it has no other."""
    locked = " (locked)" if instance.locked else ""
    aid = instance.aid.hex().upper()
    if instance.installed_only or instance.inert:
        state = "INSTALLED" if instance.installed_only else "SELECTABLE"
        return {
            "aid": aid,
            "state": state + locked,
            "card_serial": None,
            "pin_tries": 0,
            "role_key_sets": [],
        }
    application = card.application(instance.aid)
    serial = application.value(spec().object_named("card serial").tag)
    return {
        "aid": aid,
        "state": application.state + locked,
        "card_serial": serial.hex().upper() or None,
        "pin_tries": application.pin_tries,
        "role_key_sets": [_role_keys(each) for each in application.role_key_sets],
    }


def _role_keys(keys: RoleKeySet) -> RoleKeysState:
    known = spec().roles.get(keys.role)
    return {
        "version": f"{keys.version:02X}",
        "role": known.name if known else f"ROLE {keys.role}",
        "master_version": f"{keys.master_version:02X}",
    }
