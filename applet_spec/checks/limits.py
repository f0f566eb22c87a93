"""Limits follow from each other and from the secure channel."""

from collections.abc import Iterator

from applet_spec.checks.apdus import BLOCK, SHORT_RESPONSE, secured_size
from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import Spec

CARD = data_file("card")
RID = 5
"""Bytes of an AID that name its owner (ISO/IEC 7816-4)."""
PIN_BLOCK_DIGITS = 12
"""Digits that a format 2 block holds (ISO 9564-1)."""
PART_OVERHEAD = 4 + 3
"""Bytes around a part in the answer of GET DATA PART: 80 02 total, 53 81 length."""
MINUTIA = 3
"""Bytes of one minutia in the compact card format (ISO/IEC 19794-2); before them the position."""


def secured_commands_fit(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The most data of a command in a session is what padding and C-MAC leave."""
    mac = spec.secure_channel.mac_length
    most = (spec.limits["command_data"] - mac) // BLOCK * BLOCK - 1
    if spec.limits["secured_data"] != most:
        what = f"In a session a command carries {most} bytes, padding and C-MAC apart."
        yield Finding(CARD, "limits, secured_data", what)


def object_parts_fit(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A part of a long object fits one response in a session."""
    size = secured_size(spec.limits["object_part"] + PART_OVERHEAD, spec.secure_channel.mac_length)
    if size > SHORT_RESPONSE:
        what = f"In a session a part makes {size} bytes, more than one response holds."
        yield Finding(CARD, "limits, object_part", what)


def pin_lengths_fit_the_block(_files: Files, spec: Spec) -> Iterator[Finding]:
    """PINs are as long as ISO 9564-1 format 2 allows, the shortest no longer than the longest."""
    least, most = spec.limits["pin_digits_min"], spec.limits["pin_digits_max"]
    if not least <= most <= PIN_BLOCK_DIGITS:
        what = f"PINs of {least} to {most} digits do not fit a PIN block."
        yield Finding(CARD, "limits, pin_digits_max", what)


def finger_templates_fit(_files: Files, spec: Spec) -> Iterator[Finding]:
    """There are as many templates as fingers, each with room for all minutiae."""
    size = 1 + MINUTIA * spec.limits["finger_minutiae"]
    templates = [entry for entry in spec.objects.values() if entry.format == "finger"]
    if len(templates) != spec.limits["fingers"]:
        what = f"objects.json has {len(templates)} finger templates."
        yield Finding(CARD, "limits, fingers", what)
    for entry in templates:
        if entry.length.most != size:
            what = f"{spec.limits['finger_minutiae']} minutiae take {size} bytes in {entry.name}."
            yield Finding(CARD, "limits, finger_minutiae", what)


def proof_message_has_the_domain_tag(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The signed message begins with the domain tag, in its length."""
    if spec.proof_message[0] != f"domain tag {len(spec.domain_tag)}":
        what = f"The message must begin with the domain tag of {len(spec.domain_tag)} bytes."
        yield Finding(CARD, "authentication, message", what)


def channel_offers_its_levels(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The MAC length and the security levels are those that i announces."""
    channel = spec.secure_channel
    if not channel.knows(channel.i):
        yield Finding(CARD, "secure_channel, i", f"SCP03 has no i = {channel.i:02X}.")
    if channel.mac_length != channel.mac_length_for(channel.i):
        what = f"i = {channel.i:02X} does not announce MACs of {channel.mac_length} bytes."
        yield Finding(CARD, "secure_channel, mac_length", what)
    for level in sorted(channel.issuer_levels - channel.levels_for(channel.i)):
        what = f"i = {channel.i:02X} does not announce what level {level:02X} needs."
        yield Finding(CARD, "secure_channel, issuer_levels", what)
    levels = {name: getattr(channel, name) for name in ("write_level", "read_level", "daily_level")}
    for name, level in levels.items():
        if level not in channel.issuer_levels:
            what = f"Level {level:02X} is not among the levels that the card offers."
            yield Finding(CARD, f"secure_channel, {name}", what)


def key_versions_fit_put_key(_files: Files, spec: Spec) -> Iterator[Finding]:
    """PUT KEY takes the issuer's versions, and not that of blank cards."""
    least, most = spec.limits["key_version_min"], spec.limits["key_version_max"]
    issuer, blank = spec.key_ranges["issuer"], spec.key_ranges["blank"]
    if not least <= issuer.first <= issuer.last <= most:
        what = "PUT KEY does not take all versions of the issuer."
        yield Finding(CARD, "limits, key_version_max", what)
    if least <= blank.last <= most:
        yield Finding(CARD, "limits, key_version_max", "PUT KEY takes the version of blank cards.")


def aids_share_their_owner(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Package, module and instance have the same RID (Java Card VM 3.0.5, 4.2)."""
    rid = spec.aids.package[:RID]
    for name, aid in (("module", spec.aids.module), ("instance", spec.aids.instance)):
        if aid[:RID] != rid:
            yield Finding(CARD, f"aids, {name}", "The AID has another RID than the package.")


def card_numbers_differ(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Prefix and check digit leave digits for the single card."""
    if len(spec.card_number.prefix) + 2 > spec.card_number.digits:
        yield Finding(CARD, "card_number", "The prefix leaves no digits that tell cards apart.")


CHECKS: tuple[SpecCheck, ...] = (
    secured_commands_fit,
    object_parts_fit,
    pin_lengths_fit_the_block,
    finger_templates_fit,
    proof_message_has_the_domain_tag,
    channel_offers_its_levels,
    key_versions_fit_put_key,
    aids_share_their_owner,
    card_numbers_differ,
)
