"""Cards of the contract's card types: what a new one holds, how it is recognised, what it does."""

import pytest

from applet_spec import spec
from card_simulator.profiles import profile_of, software_profiles
from tests.card_manager.manager_views import versions
from tests.support.any_card import MakeCard
from tests.support.factory import host_of
from tests.support.terminal import Keys, Terminal

NAMES = software_profiles()
PROFILES = spec().card_profiles


@pytest.mark.parametrize("name", NAMES)
def test_a_new_card_of_a_type_is_what_the_type_says(make_card: MakeCard, name: str) -> None:
    profile = PROFILES[name]
    card = make_card(profile)
    host = host_of(card, PROFILES[name])
    offer = host.initialize()
    assert offer[10:13] == bytes([profile.factory_version, 0x03, profile.i or 0])
    assert len(host.keys.enc) == profile.key_length
    for level in (0x01, 0x03, 0x11, 0x13, 0x33):
        host.initialize()
        expected = 0x9000 if level in profile.levels else 0x6A86
        assert host.external_authenticate(level) == expected
    information = Terminal(make_card(profile).transmit).raw("80CA00E000")[0]
    expected_set = "".join(
        f"c004{key_id:02x}{profile.factory_version:02x}88{profile.key_length:02x}"
        for key_id in (1, 2, 3)
    )
    assert information.hex() == "e012" + expected_set


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_recognised_by_its_production_data(make_card: MakeCard, name: str) -> None:
    card = make_card(PROFILES[name])
    cplc = Terminal(card.transmit).raw("80CA9F7F00")[0][3:]
    assert profile_of(cplc) == name
    (rule,) = PROFILES[name].recognise
    shown = (cplc[0:2], cplc[2:4], cplc[4:6], cplc[8:10])
    assert shown == (rule.fabricator, rule.ic_type, rule.os_id, rule.os_release_level)


def test_a_factory_set_of_an_ordinary_version_stays_until_it_is_deleted(
    make_card: MakeCard,
) -> None:
    card = make_card(PROFILES["unicard-mac-only"])
    host = host_of(card, PROFILES["unicard-mac-only"])
    host.authenticate(0x20, level=0x03)
    assert host.put_key(0x30, Keys(b"A" * 16, b"B" * 16, b"C" * 16))[1] == 0x9000
    assert versions(host) == [0x20, 0x30]
