"""Cards of the contract's card types: what a new one holds, how it is recognised, what it does."""

from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.describe import describe
from card_simulator.profiles import factory_keys, profile_of, software_profiles
from card_simulator.scp03_options import Options
from tests.card_simulator.sim_host import new_card
from tests.support.terminal import Keys, Terminal

NAMES = software_profiles()
PROFILES = spec().card_profiles


def host_of(card: Card, name: str) -> Terminal:
    keys = factory_keys(PROFILES[name])
    own = Keys(keys.enc, keys.mac, keys.dek)
    return Terminal(card.transmit, keys=own, size=16 if "s16" in name else 8)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_card_of_a_type_is_what_the_type_says(name: str) -> None:
    profile = PROFILES[name]
    card = new_card(profile)
    host = host_of(card, name)
    offer = host.initialize()
    assert offer[10:13] == bytes([profile.factory_version, 0x03, profile.i or 0])
    assert len(host.keys.enc) == profile.key_length
    for level in (0x01, 0x03, 0x11, 0x13, 0x33):
        host.initialize()
        expected = 0x9000 if level in profile.levels else 0x6A86
        assert host.external_authenticate(level) == expected
    information = Terminal(new_card(profile).transmit).raw("80CA00E000")[0]
    expected_set = "".join(
        f"c004{key_id:02x}{profile.factory_version:02x}88{profile.key_length:02x}"
        for key_id in (1, 2, 3)
    )
    assert information.hex() == "e012" + expected_set


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_recognised_by_its_production_data(name: str) -> None:
    card = new_card(PROFILES[name])
    cplc = Terminal(card.transmit).raw("80CA9F7F00")[0][3:]
    assert profile_of(cplc) == name
    (rule,) = PROFILES[name].recognise
    shown = (cplc[0:2], cplc[2:4], cplc[4:6], cplc[8:10])
    assert shown == (rule.fabricator, rule.ic_type, rule.os_id, rule.os_release_level)


def test_production_data_of_another_maker_is_not_recognised() -> None:
    assert profile_of(bytes(42)) is None


@pytest.mark.parametrize("name", sorted(PROFILES.keys() - set(NAMES)))
def test_the_software_card_is_no_real_card(name: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be {name}"):
        list(new_chips(1, profile=PROFILES[name]))


def test_a_card_whose_i_nobody_knows_is_not_made() -> None:
    (chip,) = new_chips(1)
    with pytest.raises(ValueError, match="not known"):
        blank_image(chip, PROFILES["globalplatform-scp03"])


def test_the_factory_key_is_the_public_test_key_counted_on() -> None:
    keys = {PROFILES[name].key_length: factory_keys(PROFILES[name]) for name in NAMES}
    assert {size: key.enc.hex() for size, key in keys.items()} == {
        16: "404142434445464748494a4b4c4d4e4f",
        24: "404142434445464748494a4b4c4d4e4f5051525354555657",
        32: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
    }
    assert all(key.enc == key.mac == key.dek for key in keys.values())


def test_a_factory_set_of_an_ordinary_version_stays_until_it_is_deleted() -> None:
    card = new_card(PROFILES["unicard-mac-only"])
    host = host_of(card, "unicard-mac-only")
    host.authenticate(0x20, level=0x03)
    assert host.put_key(0x30, Keys(b"A" * 16, b"B" * 16, b"C" * 16))[1] == 0x9000
    assert card.key_sets.versions() == [0x20, 0x30]


def test_the_page_about_the_software_card_has_the_types_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "software-card.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    for row, name in zip(rows, NAMES, strict=True):
        profile = PROFILES[name]
        (rule,) = profile.recognise
        options = Options(profile.i or 0)
        assert row == [
            f"`{name}`",
            f"{options.i:02X}",
            f"S{options.size}",
            "from a counter" if options.pseudo_random else "random",
            " ".join(f"{level:02X}" for level in sorted(options.levels)),
            f"{profile.factory_version:02X}, AES-{8 * profile.key_length}",
            (rule.os_release_level or b"").hex(),
        ]


def test_a_card_is_described_with_its_type_and_its_keys() -> None:
    card = new_card(PROFILES["unicard-s16"])
    host = host_of(card, "unicard-s16")
    host.authenticate()
    data = host.key_data(0x30, Keys(b"A" * 16, b"B" * 16, b"C" * 16))
    assert host.sw(0x80, 0xD8, 0, 0x81, data[:47]) == 0x9000
    shown = describe(card.memory.image)
    assert (shown["profile"], shown["i"]) == ("unicard-s16", "61")
    assert (shown["key_versions"], shown["key_bits"]) == (["FF"], {"FF": 256})
    assert shown["incomplete_key_versions"] == ["30"]
