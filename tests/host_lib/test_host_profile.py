"""Card types: each profile recognises its cards and says why; what is used follows from it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from applet_spec import CardProfile, spec
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_file import create
from card_simulator.card_manager import blank_image
from card_simulator.profiles import software_profiles
from card_simulator.reader import SimReader
from host_lib.card import Card as HostCard
from host_lib.command import Cplc
from host_lib.commands import card as card_group
from host_lib.drive import drive
from host_lib.flow.probe import Probe, probe
from host_lib.flow.session import SessionTerms
from host_lib.profile import (
    IMPLEMENTED_QUIRKS,
    Evidence,
    Verdict,
    contradictions,
    nearest,
    recognised,
    terms_of,
)
from host_lib.tlv import encode

PROFILES = spec().card_profiles
SPECIFIC = [profile for profile in PROFILES.values() if not profile.generic]


def cplc(rule_of: CardProfile) -> Cplc | None:
    rule = rule_of.recognise[0]
    if rule.fabricator is None:
        return None
    release = b"\x00\x00" + (rule.os_release_level or b"\x00\x00")
    parts = (rule.fabricator, rule.ic_type or bytes(2), rule.os_id or bytes(2), release)
    return Cplc(b"".join(parts) + bytes(32))


def evidence(profile: CardProfile) -> Evidence:
    rule = profile.recognise[0]
    return Evidence(atr=rule.atr, cplc=cplc(profile), options=None)


def a_reader(name: str) -> SimReader:
    (chip,) = new_chips(1, 1, PROFILES[name])
    return SimReader("sim", Card(blank_image(chip, PROFILES[name])))


def probed(reader: SimReader) -> Probe:
    return drive(probe(reader.atr), reader)


def test_every_quirk_of_the_contract_is_one_that_the_host_implements() -> None:
    named = {quirk for profile in PROFILES.values() for quirk in profile.quirks}
    assert named == IMPLEMENTED_QUIRKS == spec().quirks.keys()


@pytest.mark.parametrize("profile", SPECIFIC, ids=lambda profile: profile.name)
def test_a_card_that_shows_what_a_profile_asks_for_is_of_that_profile(
    profile: CardProfile,
) -> None:
    fit = recognised(evidence(profile))
    assert fit is not None
    assert fit.profile == profile
    assert {check.verdict for check in fit.checks} == {Verdict.MET}


@pytest.mark.parametrize("profile", SPECIFIC, ids=lambda profile: profile.name)
def test_one_condition_that_is_not_met_is_enough_for_another_profile(profile: CardProfile) -> None:
    shown = evidence(profile)
    if shown.cplc is not None:
        raw = bytearray(shown.cplc.raw)
        raw[2] ^= 0xFF
        shown = replace(shown, cplc=Cplc(bytes(raw)))
    else:
        assert shown.atr is not None
        shown = replace(shown, atr=shown.atr + b"\x00")
    assert recognised(shown) is None
    generic = recognised(replace(shown, options=(0x70,)))
    assert generic is not None
    assert generic.profile.name == "globalplatform-scp03"
    near = nearest(shown)
    assert [check.what for check in near.differing]


def test_what_a_card_does_not_say_is_not_held_to_be_met() -> None:
    silent = nearest(Evidence())
    assert {check.verdict for check in silent.checks} == {Verdict.NOT_SAID}
    assert not silent.fits
    assert recognised(Evidence()) is None


def test_a_card_without_scp03_is_of_no_profile() -> None:
    assert recognised(Evidence(options=())) is None


def test_a_card_of_several_options_is_used_with_the_one_of_its_profile() -> None:
    jcop = PROFILES["jcop4"]
    said = replace(evidence(jcop), options=(0x00, 0x10, 0x20, 0x60, 0x70))
    assert terms_of(jcop, said).i == 0x70
    assert contradictions(jcop, said) == ()
    other = replace(said, options=(0x20,))
    assert (terms_of(jcop, other).i, terms_of(jcop, other).level) == (0x20, 0x13)
    (difference,) = contradictions(jcop, other)
    assert (difference.what, difference.wanted, difference.found) == ("i", "70", "20")


def test_a_card_manager_that_takes_less_than_its_profile_says_gets_less() -> None:
    reference = PROFILES["unicard-reference"]
    assert terms_of(reference, Evidence(largest=200)).max_lc == 200
    assert terms_of(reference, Evidence(largest=1000)).max_lc == 255
    (difference,) = contradictions(reference, Evidence(largest=200))
    assert difference.what == "command data"


def test_only_a_profile_with_extended_length_gets_longer_commands() -> None:
    long = replace(PROFILES["unicard-reference"], largest_command_data=2048, extended=True)
    assert terms_of(long).max_lc == 2048
    assert terms_of(replace(long, extended=False)).max_lc == 255


def test_the_level_is_what_profile_and_options_have_of_the_daily_one() -> None:
    levels = {name: terms_of(PROFILES[name]).level for name in PROFILES}
    assert levels.pop("unicard-mac-only") == 0x03
    assert set(levels.values()) == {0x33}
    only = replace(PROFILES["unicard-reference"], levels=frozenset({0x01, 0x11, 0x03}))
    assert terms_of(only).level == 0x03, "what protects commands counts more"


def test_the_form_of_put_key_follows_from_the_quirk() -> None:
    assert not terms_of(PROFILES["yubikey-5"]).inner_length
    assert terms_of(PROFILES["jcop4"]).inner_length
    assert SessionTerms().blank_version == 0xFF
    assert terms_of(PROFILES["jcop4"]).blank_version == 0x01


@pytest.mark.parametrize("name", software_profiles())
def test_a_software_card_is_recognised_and_nothing_is_written(name: str) -> None:
    reader = a_reader(name)
    before = reader.card.memory.image
    found = probed(reader)
    assert found.fit is not None
    assert found.fit.profile.name == name
    assert found.contradictions == ()
    assert not found.asked_update
    assert found.terms is not None
    assert found.terms.i == PROFILES[name].i
    assert (found.sequence is not None) is bool((PROFILES[name].i or 0) & 0x10)
    assert reader.card.memory.image == before
    facts = HostCard(reader).identify()
    assert facts.profile == PROFILES[name]
    assert facts.is_blank


class Reticent(SimReader):
    """A card that refuses some GET DATA, and notes what it is sent."""

    def __init__(self, name: str, *refused: int) -> None:
        self.refused = {tag.to_bytes(2, "big") for tag in refused}
        self.sent: list[bytes] = []
        (chip,) = new_chips(1, 1, PROFILES[name])
        super().__init__("sim", Card(blank_image(chip, PROFILES[name])))

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        self.sent.append(command)
        if command[1] == 0xCA and command[2:4] in self.refused:
            return b"\x6a\x88"
        return super().transmit(command, timeout)


@pytest.mark.parametrize(("name", "i"), [("unicard-reference", 0x60), ("unicard-s16", 0x61)])
def test_initialize_update_is_sent_only_when_nothing_else_tells_the_options(
    name: str, i: int
) -> None:
    silent = Reticent(name, 0x66)
    found = probed(silent)
    assert found.asked_update
    assert found.options == (i,)
    assert all(command[1] != 0x82 for command in silent.sent)
    assert silent.sent[-1][1] == 0xA4, "and the pending session is dropped"
    telling = Reticent(name)
    probed(telling)
    assert all(command[1] != 0x50 for command in telling.sent)


def test_a_card_that_answers_nothing_but_select_still_gets_a_report() -> None:
    reader = Reticent("unicard-reference", 0x66, 0xE0, 0x9F7F, 0xCF, 0xC1)
    found = probed(reader)
    assert found.fit is not None
    assert found.fit.profile.generic


def run(reader: str, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(card_group, ["probe", "--reader", reader, *words])
    return result.exit_code, result.stdout


def test_the_command_says_the_profile_why_and_what_is_used(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    create(path, a_reader("unicard-s16-pseudo-random").card.memory.image)
    code, text = run(f"sim:{path}")
    assert code == 0
    for part in (
        "Profile unicard-s16-pseudo-random",
        "release level 0103: met",
        "key versions 01 (AES-192)",
        "SCP03 option i 71 (from card data)",
        "factory keys version 01, AES-192, the same for every card",
        "security level 33",
        "command data at most 255 bytes, no extended length",
    ):
        assert part in " ".join(text.split())
    assert not set("[]'") & set(text)
    code, text = run(f"sim:{path}", "--json")
    shown = json.loads(text)
    assert shown["profile"] == "unicard-s16-pseudo-random"
    assert {check["verdict"] for check in shown["checks"]} == {"met"}
    assert shown["used"]["command_data"] == 255
    assert shown["card"]["sequence_counter"] == 0
    assert shown["card"]["keys"][0] == {
        "version": "01",
        "identifier": 1,
        "type": "88",
        "length": 24,
    }


class OtherProtocol(Reticent):
    """A card without production data that offers SCP02 only."""

    def __init__(self) -> None:
        super().__init__("unicard-reference", 0x9F7F)

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        if command[1:4] == b"\xca\x00\x66":
            version = encode(0x60, bytes.fromhex("060A2A864886FC6B02020301"))
            scp02 = encode(0x64, bytes.fromhex("06092A864886FC6B040255"))
            return encode(0x66, encode(0x73, version + scp02)) + b"\x90\x00"
        return super().transmit(command, timeout)


def test_for_a_card_of_no_profile_the_command_says_what_differs_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("host_lib.commands.open_reader", lambda _: OtherProtocol())
    code, text = run("sim")
    assert code == 0
    assert "No profile fits" in text
    assert "the card does not say" in text
    assert "offers no SCP03" in text
    _, text = run("sim", "--json")
    shown = json.loads(text)
    assert shown["profile"] is None
    assert shown["nearest"]["checks"]
    assert shown["advice"]
