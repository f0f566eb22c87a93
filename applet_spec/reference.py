"""Writes the APDU reference in Markdown from the contract: ``docs/reference/`` holds its pages."""

from collections.abc import Iterator, Mapping
from functools import cache

from applet_spec.loader import build, read_data
from applet_spec.model import Spec
from applet_spec.sections import (
    apdus,
    card,
    data,
    keys,
    profiles,
    requirements,
    rights,
    services,
    transactions,
)
from applet_spec.sections.example import example
from applet_spec.sections.markdown import Read, Section, link

COMMAND = "unicard spec docs"
"""What writes the pages anew."""

APDU_SECTIONS: tuple[Section, ...] = (
    example,
    card.names,
    card.life_cycle,
    card.card_life_cycle,
    card.sessions,
    apdus.order_of_checks,
    apdus.application_commands,
    apdus.card_manager_commands,
    apdus.status_words,
    data.fci,
    data.objects,
    data.dgis,
    services.services,
    transactions.transactions,
    apdus.proof,
    keys.keys,
    profiles.card_profiles,
    card.roles,
    card.limits,
)


def pages(read: Read = read_data) -> Mapping[str, str]:
    """Return the text of every page by its file name. Raises SpecError."""
    once = cache(read)
    spec = build(once)
    return {
        "apdu.md": _apdu(spec, once),
        "requirements.md": _requirements(spec, once),
        "rights.md": _rights(spec, once),
    }


def render(read: Read = read_data) -> str:
    """Return the APDU reference. Raises SpecError."""
    return pages(read)["apdu.md"]


def _apdu(spec: Spec, read: Read) -> str:
    body = [text for section in APDU_SECTIONS for text in section(spec, read)]
    return _page(
        "APDU reference",
        spec,
        "What a terminal can say to the card and what the card answers: commands, data objects, "
        "status words, keys. The numbered [requirements](requirements.md) say what a card must do. "
        "Bytes are hexadecimal, lengths are in bytes and decimal. What no card does yet is marked "
        "**draft**.",
        body,
    )


def _requirements(spec: Spec, read: Read) -> str:
    return _page(
        "Requirements",
        spec,
        "What a card must do, one sentence each. The conformance suite names these numbers; a "
        "requirement that no command sequence can show says what shows it instead. The commands "
        "are in the [APDU reference](apdu.md).",
        list(requirements.requirements(spec, read)),
    )


def _rights(spec: Spec, read: Read) -> str:
    return _page(
        "Rights",
        spec,
        "Who may do what on a card of the reference profile, reckoned from the contract: its "
        "services, roles, commands and objects. Both cards are asked for every cell, and for every "
        "state and verification behind it. The rules are in the [APDU reference](apdu.md).",
        list(rights.rights(spec, read)),
    )


def _page(title: str, spec: Spec, introduction: str, body: list[str]) -> str:
    major, minor = spec.version
    head = [
        f"<!-- Written by `{COMMAND}` from applet_spec/data: change those files, not this one. -->",
        f"# {title}",
        f"Profile version {major}.{minor}. {introduction}",
        "\n".join(_contents(body)),
    ]
    return "\n\n".join([*head, *body]) + "\n"


def _contents(body: list[str]) -> Iterator[str]:
    for text in body:
        marks, _, heading = text.partition(" ")
        if marks == "##":
            yield f"- {link(heading)}"
