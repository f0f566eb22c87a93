"""Software cards of the contract's card types: how they are made, recognised and described."""

from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator.blanks import new_chips
from card_simulator.card_manager import blank_image
from card_simulator.describe import describe
from card_simulator.profiles import factory_keys, profile_of, software_profiles
from card_simulator.scp03_options import Options
from tests.card_simulator.sim_host import new_card
from tests.support.factory import host_of
from tests.support.terminal import Keys, Terminal

NAMES = software_profiles()
PROFILES = spec().card_profiles


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
    host = host_of(card, PROFILES["unicard-s16"])
    host.authenticate()
    data = host.key_data(0x30, Keys(b"A" * 16, b"B" * 16, b"C" * 16))
    assert host.sw(0x80, 0xD8, 0, 0x81, data[:47]) == 0x9000
    shown = describe(card.memory.image)
    assert (shown["profile"], shown["i"]) == ("unicard-s16", "61")
    assert (shown["key_versions"], shown["key_bits"]) == (["FF"], {"FF": 256})
    assert shown["incomplete_key_versions"] == ["30"]
