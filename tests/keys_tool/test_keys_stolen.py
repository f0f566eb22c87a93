"""What a stolen master can do is worked out from the contract, and the docs say the same."""

from pathlib import Path

import pytest

from applet_spec import spec
from host_lib.roles import Role
from keys_tool.purpose import Purpose
from keys_tool.stolen import gains, losses, sentence, table_as_text

THREATS = Path(__file__).parents[2] / "docs" / "threats.md"
WALLET = "between two payments that the holder verifies"


def test_the_table_of_worst_losses_in_the_docs_is_the_contract_s() -> None:
    assert "\n".join(table_as_text()) in THREATS.read_text("utf-8")


def test_bread_is_worked_out_from_the_profile_by_hand() -> None:
    # Carry-over of three days and today's; then 92 days to the horizon, three months ahead.
    bread = "bread: 96 allowances of a day, 92 of them early, and none until then"
    assert losses(Role.BREAD, verified=False) == (
        bread,
        f"wallet: 200.00 EGP {WALLET}, 50.00 EGP at a time",
    )
    assert losses(Role.BREAD, verified=True) == (
        bread,
        "wallet: 5,000.00 EGP between two LOADs, 50.00 EGP at a time",
    )


def test_a_role_whose_own_service_needs_the_holder_takes_nothing_without_them() -> None:
    for role in (Role.RATION, Role.HEALTH):
        assert losses(role, verified=False) == ()
        assert len(losses(role, verified=True)) == 2


def test_a_merchant_is_held_by_the_unverified_allowance() -> None:
    assert losses(Role.MERCHANT, verified=False) == (f"wallet: 200.00 EGP {WALLET}",)
    assert losses(Role.MERCHANT, verified=True) == (
        "wallet: 5,000.00 EGP between two LOADs, 3,000.00 EGP at a time",
    )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LOAD])
def test_no_role_but_load_creates_value(role: Role) -> None:
    assert gains(role) == ()


def test_load_creates_value_and_debits_nothing() -> None:
    assert len(gains(Role.LOAD)) == len(spec().services.profile)
    assert losses(Role.LOAD, verified=True) == losses(Role.INSPECT, verified=True) == ()


def test_what_is_said_when_a_key_is_handed_over_has_the_numbers() -> None:
    assert "50.00 EGP at a time" in sentence(Purpose.ROLE_BREAD)
    assert "without its holder: nothing" in sentence(Purpose.ROLE_HEALTH)
    assert "10,000.00 EGP at a time, without end" in sentence(Purpose.ROLE_LOAD)
    assert "all that the issuer does" in sentence(Purpose.RECEIPT)
    assert "role 9 on every card" in sentence(Purpose.ROLE_9)
