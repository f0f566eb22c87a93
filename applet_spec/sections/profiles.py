"""Card types: how they are recognised and what is odd about them."""

from collections.abc import Iterator

from applet_spec.model import CardProfile, Recognition, Spec
from applet_spec.sections.markdown import Read, and_list, byte, code, table


def card_profiles(spec: Spec, _read: Read) -> Iterator[str]:
    """Write the card types and the quirks."""
    yield "## Card profiles"
    yield (
        "A host takes the first profile of which a rule fits the card, and asks the card for i "
        "where the profile leaves it open."
    )
    rows = [_row(profile) for profile in spec.card_profiles.values()]
    head = ["profile", "key set", "keys", "i", "levels", "most data", "derivation", "recognised by"]
    yield table([*head, "quirks"], rows)
    yield "\n".join(
        f"- {profile.name}: {profile.title}. Source: {profile.source}."
        for profile in spec.card_profiles.values()
    )
    yield "### Quirks"
    yield table(["name", "what it is"], spec.quirks.items())


def _row(profile: CardProfile) -> tuple[object, ...]:
    most = f"{profile.largest_command_data}{', extended lengths' if profile.extended else ''}"
    return (
        profile.name,
        byte(profile.factory_version),
        f"AES-{8 * profile.key_length}",
        "ask the card" if profile.i is None else byte(profile.i),
        and_list(byte(level) for level in sorted(profile.levels)),
        most,
        profile.derivation,
        "<br>".join(map(rule_in_words, profile.recognise)) or "anything",
        and_list(sorted(profile.quirks)),
    )


def rule_in_words(rule: Recognition) -> str:
    """Return what a rule looks at, and what it must find."""
    parts = {
        "ATR": rule.atr,
        "CPLC fabricator": rule.fabricator,
        "IC type": rule.ic_type,
        "operating system": rule.os_id,
        "release level": rule.os_release_level,
    }
    words = [f"{name} {code(v.hex().upper())}" for name, v in parts.items() if v is not None]
    if rule.i is not None:
        words.append(f"i {byte(rule.i)}")
    if rule.key_versions is not None:
        words.append(f"key versions {and_list(map(byte, sorted(rule.key_versions)))}")
    return ", ".join(words)
