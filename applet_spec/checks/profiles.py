"""Card profiles fit the secure channel and the derivations, and can be told apart."""

from collections.abc import Iterator
from itertools import combinations

from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import CardProfile, Spec

PROFILES = data_file("card_profiles")
NONE = "none"
OF_THE_SERIAL = frozenset({"UC1"})
"""Derivations from the card serial, which blank stock does not have."""
TDES_KEY = 16
"""Bytes of a two-key TDES key, and of what comes out of it."""


def profile_levels_fit_i(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A card offers levels that its i announces; a software card all of them."""
    channel = spec.secure_channel
    for profile in spec.card_profiles.values():
        i = sum(channel.i_bits) if profile.i is None else profile.i
        if profile.i is not None and not channel.knows(i):
            yield Finding(PROFILES, profile.name, f"SCP03 has no i = {i:02X}.")
        for level in sorted(profile.levels - channel.levels_for(i)):
            what = f"i = {i:02X} does not announce level {level:02X}."
            yield Finding(PROFILES, profile.name, what)
        if profile.software and profile.levels != channel.levels_for(i):
            what = f"A software card offers all levels that i = {i:02X} announces."
            yield Finding(PROFILES, profile.name, what)


def profiles_derive_their_keys(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The derivation of transport keys is one for blank cards and makes keys of this length."""
    for profile in spec.card_profiles.values():
        if profile.derivation == NONE:
            continue
        derivation = spec.derivations.get(profile.derivation)
        if derivation is None or derivation.draft or derivation.name in OF_THE_SERIAL:
            what = f"No card derives its keys by {profile.derivation}."
            yield Finding(PROFILES, profile.name, what)
        elif derivation.function == "TDES-ECB" and profile.key_length != TDES_KEY:
            what = f"{profile.derivation} makes keys of {TDES_KEY} bytes."
            yield Finding(PROFILES, profile.name, what)


def quirks_exist(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A profile's quirks are described, and every described quirk is some profile's."""
    used: set[str] = set()
    for profile in spec.card_profiles.values():
        used |= profile.quirks
        for name in sorted(profile.quirks - set(spec.quirks)):
            yield Finding(PROFILES, profile.name, f"There is no quirk {name!r}.")
    for name in spec.quirks:
        if name not in used:
            yield Finding(PROFILES, name, "No card has this quirk.")


def profiles_are_told_apart(_files: Files, spec: Spec) -> Iterator[Finding]:
    """No two profiles have the same rule, and the one that fits every card is the last."""
    for one, other in combinations(spec.card_profiles.values(), 2):
        if set(one.recognise) & set(other.recognise):
            what = f"It is recognised by the same rule as {other.name}."
            yield Finding(PROFILES, one.name, what)
    generic = [profile.generic for profile in spec.card_profiles.values()]
    if generic.count(True) != 1 or not generic[-1]:
        yield Finding(PROFILES, "profiles", "The last profile, and no other, fits every card.")


def software_profiles_fit_the_card(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The software card takes short commands; one of its profiles is the reference."""
    software = [profile for profile in spec.card_profiles.values() if profile.software]
    for profile in software:
        if profile.extended or profile.largest_command_data != spec.limits["command_data"]:
            yield Finding(PROFILES, profile.name, "The software card takes short commands only.")
    if not any(_is_reference(spec, profile) for profile in software):
        what = f"No software card speaks the reference dialect, i = {spec.secure_channel.i:02X}."
        yield Finding(PROFILES, "profiles", what)


def _is_reference(spec: Spec, profile: CardProfile) -> bool:
    return profile.i == spec.secure_channel.i


CHECKS: tuple[SpecCheck, ...] = (
    profile_levels_fit_i,
    profiles_derive_their_keys,
    quirks_exist,
    profiles_are_told_apart,
    software_profiles_fit_the_card,
)
