"""A card with role keys of its own keeps them through a run, and no test needs their slots."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from card_conformance.formats import Json
from card_conformance.needs import Profile
from card_conformance.plan import StoreAccess
from card_simulator import card_file
from tests.card_conformance.conftest import IssuedCard, outcomes_of, results_of, run_suite

ROLES = ("ROL", "RPK", "RDK")
INSPECT = (0x56, 0x66)


def give_keys(card: IssuedCard, versions: Iterable[int]) -> dict[str, bytes]:
    """Give the card keys in these slots, as some issuer would have; return what it holds then."""
    cells = card.cells()
    mark = next(name for name in cells if name.endswith(".personalized"))
    for version in versions:
        name = mark.removesuffix("personalized") + f"role.{version:02X}"
        cells[name] = bytes((version,)) * 32 + b"\x01"
    image = replace(card_file.read(card.path), cells=cells)
    card.path.unlink()
    card_file.create(card.path, image)
    return cells


def run(card: IssuedCard, keys: StoreAccess) -> list[Json]:
    return run_suite(*ROLES, reader=card.reader, keys=keys, profile=Profile.STANDARD)


def not_run(events: list[Json]) -> dict[str, str]:
    found = (result for result in results_of(events) if result["outcome"] == "not run")
    return {result["name"]: result["reason"] for result in found}


def test_a_card_whose_slots_are_all_full_is_left_alone(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    before = give_keys(issued, range(0x50, 0x70))
    events = run(issued, keys)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    assert set(not_run(events).values()) == {
        "the card has keys in every role slot that this test could use",
        "the card has no role of which both slots are free",
        "needs the destructive profile",
        "no PIN given",
    }
    assert issued.cells() == before


@pytest.mark.parametrize("full", [range(0x50, 0x60), [*INSPECT, 0x5F, 0x6F]])
def test_keys_in_some_slots_stay_and_the_tests_use_others(
    issued: IssuedCard, keys: StoreAccess, full: Iterable[int]
) -> None:
    before = give_keys(issued, full)
    events = run(issued, keys)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    assert outcomes_of(events)["passed"] > 25
    assert issued.cells() == before


def test_a_card_whose_office_slots_are_full_shows_what_other_roles_may(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    give_keys(issued, INSPECT)
    events = run(issued, keys)
    left_out = {name for name, why in not_run(events).items() if "role slot" in why}
    assert left_out == {
        "role_session::a_role_reads_what_it_may_and_nothing_else[INSPECT]",
        "role_session::what_an_office_reads_is_what_the_issuer_reads",
    }
